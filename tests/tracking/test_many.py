"""With a million parcels every page and chore is a look-up: no table that grows with them is read through."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import Session

from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.shipments import queries as shipments
from floor.tracking import exceptions, polling, queries, resending, service
from floor.tracking.kinds import Kind
from tests.tracking.test_exceptions import Road
from tests.tracking.worlds import World, a_world

#: Tables with a row or more for every parcel there ever was.
GROWING = ("parcel", "track", "carrier_event", "parcel_exception", "shipment", "customer_order", "waybill", "address",
           "parcel_line", "shipment_line", "order_line", "tracking_letter", "carrier_claim")  # fmt: skip


@pytest.fixture
def world(db) -> World:
    return a_world(db)


def scans(db: Session, work: Callable[[], object]) -> list[str]:
    """Of the growing tables those that one of the statements of `work` reads through, by SQLite's own plan."""
    said: list[tuple[str, object]] = []

    def listen(_line, _cursor, statement, parameters, _context, _many) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "WITH")):
            said.append((statement, parameters))

    line = db.connection()
    sa.event.listen(line, "before_cursor_execute", listen)
    work()
    sa.event.remove(line, "before_cursor_execute", listen)
    found = []
    for statement, parameters in said:
        for row in line.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
            words = str(row[3]).split()
            if words[0] == "SCAN" and words[1] in GROWING and "INDEX" not in words:
                found.append(f"{row[3]} in {statement[:300]}")
    assert said
    return found


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_page_and_no_chore_reads_a_growing_table_through(db, world):
    road = Road(world, "103", "209")
    exceptions.claim(db, road.open.id, 100, "", SYSTEM)
    (shipment,) = shipments.of_order(db, road.order.id)
    with clock.shifted(timedelta(days=1)):
        assert scans(db, lambda: queries.board(db)) == []
        assert scans(db, lambda: queries.column(db, Kind.DAMAGED)) == []
        assert scans(db, lambda: queries.counts(db)) == []
        assert scans(db, lambda: queries.snoozed(db)) == []
        assert scans(db, lambda: queries.claims(db)) == []
        assert scans(db, lambda: queries.shipment_story(db, shipment)) == []
        assert scans(db, lambda: resending.sent_instead(db, road.id)) == []
        assert scans(db, lambda: service.look_due(db, 50)) == []
        assert scans(db, lambda: polling._due(db, 20)) == []
        assert scans(db, lambda: road.hear_now("5")) == []
