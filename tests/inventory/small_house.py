"""The model's house in a database: nine bins, two totes, two parcels, four SKUs; and a look at its stock by name."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, select

from floor.catalog.models import Tracking
from floor.inventory import lots, service
from floor.inventory.models import (
    Balance,
    Bin,
    BinKind,
    LedgerRow,
    Lot,
    LotBalance,
    PlaceKind,
    Reservation,
    Tote,
)
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.uow import unit_of_work
from floor.people.models import User
from tests.cast import hire_cast
from tests.factories import a_bin, a_sku, a_warehouse, ean
from tests.inventory.model import BINS, LIFE, NOON, PARCELS, SKUS, TOTES
from tests.inventory.model_dock import DockBooks

SPOTS = {
    "P1": "A01-01-1", "P2": "A01-02-1", "R": "A02-01-1", "Back": "A03-01-1", "Sick": "A04-01-1", "Dock": "A04-02-1",
    "Look": "A04-03-1", "Far": "A01-01-1", "Quay": "A04-01-1",
}  # fmt: skip
#: List price of a unit, fen: a difference of few adjusts itself, one of many wants two supervisors.
PRICES = {"plain": 500, "hot": 9_900, "tea": 1_000, "phone": 600_000}
#: What lies there when a sequence begins: bin, SKU, units, lot.
OPENING = (
    ("P1", "plain", 6, None), ("R", "plain", 9, None), ("P1", "hot", 3, None), ("Far", "hot", 2, None),
    ("P1", "tea", 4, "B"), ("P1", "tea", 3, "A"), ("R", "tea", 5, "C"), ("P2", "phone", 1, "S1"),
)  # fmt: skip


def expiry(lot: str | None, days: int | None = None) -> date | None:
    """The last day of a lot: its own, or `days` after the beginning."""
    life = days if days is not None else LIFE.get(lot or "")
    return None if life is None else NOON.date() + timedelta(days=life)


def opening_books() -> DockBooks:
    books = DockBooks()
    for where, sku, qty, lot in OPENING:
        books.receive(where, sku, qty, lot, expiry(lot))
    books.rows.clear()
    return books


@dataclass(frozen=True)
class SmallHouse:
    """Ids by name and names by id. `scans` are what a scanner reads: labels of bins, barcodes of SKUs."""

    places: dict[str, int]
    skus: dict[str, int]
    scans: dict[str, str]
    people: dict[str, Actor]

    def place_names(self) -> dict[int, str]:
        return {place: name for name, place in self.places.items()}

    def sku_names(self) -> dict[int, str]:
        return {sku: name for name, sku in self.skus.items()}

    def bin(self, db: Session, name: str) -> Bin:
        return db.get_one(Bin, self.places[name])

    def lot(self, db: Session, sku: str, code: str | None) -> Lot | None:
        return lots.lot_called(db, self.skus[sku], code) if code else None


@contextmanager
def at(moment: timedelta = timedelta()) -> Iterator[None]:
    """The house's clock stands (all but) still, so long after the beginning."""
    with clock.shifted(NOON + moment - clock.now()):
        yield


def build() -> SmallHouse:
    """Write the house and its opening stock into the bound, migrated database. Every place beyond is there already."""
    with unit_of_work() as db, at():
        if db.exec(select(User)).first() is None:
            hire_cast(db)
        houses = {code: a_warehouse(db, code) for code in ("SHA", "CAN")}
        bins = {name: a_bin(db, houses[site], SPOTS[name], BinKind(kind)) for name, (site, kind) in BINS.items()}
        goods = {name: a_sku(db, name.upper(), price=PRICES[name]) for name in SKUS}
        for name, (tracking, days) in SKUS.items():
            goods[name].tracking, goods[name].min_life_days = Tracking(tracking), days
        sha = houses["SHA"].id or 0
        totes = db.exec(sa.select(Tote).where(Tote.warehouse_id == sha).order_by(Tote.code)).scalars().all()
        places = {name: where.id for name, where in bins.items()}
        places |= {name: tote.id for name, tote in zip(TOTES, totes, strict=False)}
        places |= {name: service.new_place(db, PlaceKind.PARCEL, sha) for name in PARCELS}
        for site, house in houses.items():
            for kind in ("supplier", "customer", "found", "lost", "scrap", "transit"):
                places[f"{kind} {site}"] = service.beyond(db, PlaceKind(kind), house.id or 0)
        db.flush()
        for where, sku, qty, code in OPENING:
            lot = lots.lot_for(db, goods[sku], code, expiry(code)) if code else None
            service.receive(db, bins[where], goods[sku].id or 0, qty, SYSTEM, lot_id=lot.id if lot else None)
        scans = SPOTS | {name: ean(sku) for name, sku in goods.items()} | {"nonsense": "nonsense"}
        people = {user.name: Actor("user", user.id, user.name) for user in db.exec(select(User))}
        return SmallHouse(places, {name: sku.id or 0 for name, sku in goods.items()}, scans, people)


# --- looking -----------------------------------------------------------------------------------------------------


class Look:
    """Everything the tables of stock hold, by name; equal looks are equal tables."""

    def __init__(self, house: SmallHouse, line: sa.Connection, after: int) -> None:
        place, sku = house.place_names(), house.sku_names()
        self.balances = {
            (place[r.place_id], sku[r.sku_id]): (r.qty, r.reserved, r.held)
            for r in line.execute(_BALANCES)
            if r.qty or r.reserved or r.held
        }
        self.lots = {(sku[r.sku_id], r.code): (r.expires_on, r.hold_reason) for r in line.execute(_LOTS)}
        self.units = {(place[r.place_id], sku[r.sku_id], r.code): r.qty for r in line.execute(_LOT_BALANCES)}
        self.promises = {
            r.id: (place[r.bin_id], sku[r.sku_id], r.qty, r.posted, r.released) for r in line.execute(_PROMISES)
        }
        #: Rows of the tasks of stock, as they are.
        self.tasks = tasks_now(line)
        self.deliveries = {r.id: [r.state.value, place.get(r.dock_id)] for r in self.tasks["delivery"].values()}
        self.transfers = {r.id: [r.state.value] for r in self.tasks["transfer"].values()}
        for r in self.tasks["delivery_line"].values():
            self.deliveries[r.delivery_id].append((sku[r.sku_id], r.expected, r.received, r.damaged, r.in_doubt))
        for r in self.tasks["transfer_line"].values():
            self.transfers[r.transfer_id].append((sku[r.sku_id], r.wanted, r.sent, r.received, r.lost, r.extra))
        self.closed = {place[r.id] for r in line.execute(_CLOSED)}
        self.newest_row = after
        self.rows: Counter = Counter()
        for r in line.execute(_LEDGER, {"after": after}):
            self.newest_row = max(self.newest_row, r.id)
            ends = place[r.from_place_id], place[r.to_place_id]
            self.rows[sku[r.sku_id], r.code or "", *ends, r.reason.value] += r.qty


def tasks_now(line: sa.Connection) -> dict[str, dict[int, sa.Row]]:
    """Table -> its rows by id."""
    return {name: {r.id: r for r in line.execute(query)} for name, query in _TASKS.items()}


def foretold(books: DockBooks) -> dict[str, object]:
    """What a Look must see when the model is right."""
    spots = {(place, sku) for (place, sku, _lot), n in books.units.items() if n}
    return {
        "balances": {
            spot: (books.qty(*spot), books.promised(*spot) if spot[0] in BINS else 0, books.held(*spot))
            for spot in spots
        },
        "lots": {key: (lot.expires, lot.why) for key, lot in books.lots.items()},
        "units": {key: n for key, n in books.units.items() if n and key[2]},
        "promises": {k: (p.bin, p.sku, p.qty, p.posted, p.released) for k, p in books.promises.items()},
        "deliveries": {k: [d.state, d.dock, *_lines(d.lines)] for k, d in books.deliveries.items()},
        "transfers": {k: [t.state, *_lines(t.lines)] for k, t in books.transfers.items()},
        "closed": books.closed,
        "rows": books.rows,
    }


def _lines(lines: dict[str, list[int]]) -> list[tuple]:
    return [(sku, *numbers) for sku, numbers in lines.items()]


_BALANCES = sa.select(Balance.place_id, Balance.sku_id, Balance.qty, Balance.reserved, Balance.held)
_LOTS = sa.select(Lot.sku_id, Lot.code, Lot.expires_on, Lot.hold_reason)
_LOT_BALANCES = (
    sa.select(LotBalance.place_id, Lot.sku_id, Lot.code, LotBalance.qty)
    .join(Lot, Lot.id == LotBalance.lot_id)
    .where(LotBalance.qty != 0)
)
_PROMISES = sa.select(
    Reservation.id, Reservation.bin_id, Reservation.sku_id, Reservation.qty, Reservation.posted, Reservation.released
)
_TASKS = {
    table.name: sa.select(table).order_by(table.c.id)
    for table in (
        SQLModel.metadata.tables[name]
        for name in (
            "count_task",
            "count_entry",
            "replenishment",
            "delivery",
            "delivery_line",
            "transfer",
            "transfer_line",
        )
    )
}
_CLOSED = sa.select(Bin.id).where(Bin.is_closed)
_LEDGER = (
    sa.select(
        LedgerRow.id, LedgerRow.sku_id, Lot.code, LedgerRow.qty, LedgerRow.from_place_id, LedgerRow.to_place_id,
        LedgerRow.reason,
    )
    .outerjoin(Lot, Lot.id == LedgerRow.lot_id)
    .where(LedgerRow.id > sa.bindparam("after"))
)  # fmt: skip
