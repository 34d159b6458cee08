"""Real order files, where this machine has them: the counts add up, and the second run doubles nothing."""

import gzip
import io
from itertools import islice
from pathlib import Path

import pytest
from sqlmodel import select

from floor.audit import jobs as audit
from floor.intake import jobs, queries
from floor.intake.channels.mapping import read_mapping
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading
from floor.orders.models import Order
from tests.factories import count

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "orders"


def bring(name, rows=None):
    """Import the file, or its first rows."""
    path = DATA / f"{name}.csv.gz"
    if not path.exists():
        pytest.skip(f"{path.name} is a public file that is not on this machine: nothing to import")
    mapping = read_mapping((ROOT / "docs" / "mappings" / f"{name}.toml").read_bytes())
    with gzip.open(path) as file:
        body = b"".join(islice(file, None if rows is None else rows + 1))
    return jobs.import_file(path.name, lambda: io.BytesIO(gzip.compress(body, 1)), mapping, True, SYSTEM)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_uci_online_retail_every_row_is_accounted_for(app):
    batch = bring("uci_online_retail")
    assert (batch.rows, batch.lines, batch.rejected) == (39530, 25027, 14503)
    assert batch.orders == 1335
    with reading() as db:
        reasons = dict(queries.reasons(db, batch.id))
        assert queries.broken_batches(db) == []
    assert reasons == {"missing": 13687, "cancellation": 680, "not_goods": 134, "encoding": 1, "row_short": 1}
    again = bring("uci_online_retail")
    assert (again.orders, again.known_orders, again.known_rows, again.rejected) == (0, 1335, 25027, 14503)
    with reading() as db:
        assert count(db, Order) == 1335


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_warehouse_lines_become_orders(app):
    batch = bring("warehouse_lines")
    assert (batch.rows, batch.orders, batch.lines, batch.rejected) == (4604, 3263, 4604, 0)
    with reading() as db:
        assert len(set(db.exec(select(Order.number)))) == 3263


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_audit_can_judge_the_orders_of_warehouse_lines(app):
    batch = bring("warehouse_lines", 600)
    assert batch.rows == 600
    assert batch.orders > 300
    counted = audit.audit_received()
    assert (counted.released, counted.held) == (batch.orders, 0), "the mapping supplies whole addresses and payment"
