"""Pages of insight over many parcels, beside the bare query: python -m benchmarks.insight [--parcels 1000000] [--help].

Rows are made by bulk SQL (tests/analytics/parcels.py), summed up by the house's own command, and every page is then
asked for over HTTP, in this process, warm. Beside it stands the time of the one indexed query that answers the page
from the rows themselves: the parcels of the page's days, by ix_shipment_shipped_at.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import sqlalchemy as sa
from sqlmodel import select
from sqlmodel.sql.sqltypes import UTCDateTime

from floor import cli
from floor.analytics import jobs, summing
from floor.analytics.metrics import PAGES
from floor.factory import create_app
from floor.inventory.count_days import start_of
from floor.kit import uow
from floor.kit.uow import reading, unit_of_work
from floor.people.models import User
from floor.settings import Settings
from tests.analytics.parcels import FIRST, make
from tests.cast import hire_cast
from tests.servers import empty_database
from tests.web_client import Person

#: The days a page shows by itself, and the longest the benchmark asks for.
SPANS = (28, 365)


@dataclass(frozen=True)
class Taken:
    page: str
    days: int
    milliseconds: float
    bare_milliseconds: float


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parcels", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder, empty_database(asked.database, Path(folder)) as url:
        run(url, asked.parcels, asked.days, asked.rounds)


def run(url: str, parcels: int, days: int, rounds: int) -> list[Taken]:
    app = create_app(Settings(database_url=url, rate_limits=False).checked())
    with app.app_context():
        cli.migrate()
        with unit_of_work() as db:
            hire_cast(db)
            db.exec(select(User).where(User.name == "Dai")).one().site = ""
        said("rows", lambda: _make(parcels, days))
        with unit_of_work() as db:
            db.execute(sa.text("ANALYZE"))
        said("sums of every day", lambda: jobs.sum_up(anew=True))
        with unit_of_work() as db:
            day = FIRST + timedelta(days=days // 2)
            said("sums of one day", lambda: summing.sum_day(db, day))
    dai, taken = Person(app, "Dai"), []
    for span in sorted({min(span, days) for span in SPANS}):
        first, last = FIRST + timedelta(days=days - span), FIRST + timedelta(days=days - 1)
        bare = _time(lambda a=first, b=last: _bare(a, b), rounds)
        for name in PAGES:
            at = f"/insight/{name}?first={first}&last={last}"
            assert dai.get(at).status_code == 200
            taken.append(Taken(name, span, _time(lambda at=at: dai.get(at), rounds), bare))
    print(f"\n{parcels:,} parcels on {uow.database().engine.dialect.name}, medians of {rounds}")
    print(f"{'page':<12}{'days':>6}{'page, ms':>12}{'bare query, ms':>18}")
    for one in taken:
        print(f"{one.page:<12}{one.days:>6}{one.milliseconds:>12.0f}{one.bare_milliseconds:>18.0f}")
    uow.database().dispose()
    return taken


def _make(parcels: int, days: int) -> None:
    with unit_of_work() as db:
        make(db, parcels, days, skus=200)


def _bare(first: date, last: date) -> None:
    """Parcels, those in time and those delivered, by province and carrier, from the rows themselves."""
    span = {"first": start_of(first), "last": start_of(last + timedelta(days=1))}
    rows = sa.text("""
        SELECT a.province, w.carrier_id, COUNT(*), COUNT(t.delivered_at),
               SUM(CASE WHEN s.shipped_at <= s.promised_at THEN 1 ELSE 0 END), SUM(w.cost_fen)
        FROM shipment s JOIN parcel p ON p.shipment_id = s.id JOIN address a ON a.order_id = s.order_id
        LEFT JOIN waybill w ON w.parcel_id = p.id AND w.state <> 'void' LEFT JOIN track t ON t.parcel_id = p.id
        WHERE s.shipped_at >= :first AND s.shipped_at < :last GROUP BY a.province, w.carrier_id
    """).bindparams(*(sa.bindparam(name, value, UTCDateTime()) for name, value in span.items()))
    with reading() as db:
        assert db.execute(rows).all()


def _time(deed: Callable[[], object], rounds: int) -> float:
    took = []
    for _ in range(rounds):
        begun = time.perf_counter()
        deed()
        took.append(time.perf_counter() - begun)
    return 1000 * median(took)


def said(what: str, deed: Callable[[], object]) -> None:
    begun = time.perf_counter()
    deed()
    print(f"{what}: {time.perf_counter() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
