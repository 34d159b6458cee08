"""The books of stock: the identities `flask check` proves, and the caches made anew from the ledger.

The statements are built once: they are long, and a test that proves the books after every step asks them often.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col

from floor.catalog.models import Sku, Tracking
from floor.inventory.models import (
    PHYSICAL,
    UNNAMED,
    Balance,
    Bin,
    CountTask,
    DeliveryLine,
    LedgerRow,
    Lot,
    LotBalance,
    MoveReason,
    Place,
    PlaceKind,
    Reservation,
    Transfer,
    TransferLine,
)
from floor.inventory.states import CountState, TransferState
from floor.kit.db import upsert


def broken_balances(db: Session) -> list[str]:
    """Check: the balance of every physical place is the sum of its ledger rows, and never negative."""
    return [
        f"stock_balance place {row.place} sku {row.sku}: the ledger says {row.off:+d} more"
        for row in db.execute(_off_balances())
    ]


@cache
def _off_balances() -> sa.Select:
    gained: sa.Select = sa.select(
        col(LedgerRow.to_place_id).label("place"), col(LedgerRow.sku_id).label("sku"), col(LedgerRow.qty).label("qty")
    )
    lost = sa.select(col(LedgerRow.from_place_id), col(LedgerRow.sku_id), -col(LedgerRow.qty))
    cached = sa.select(col(Balance.place_id), col(Balance.sku_id), -col(Balance.qty))
    every = sa.union_all(gained, lost, cached).subquery()
    return (
        sa.select(every.c.place, every.c.sku, sa.func.sum(every.c.qty).label("off"))
        .join(Place, col(Place.id) == every.c.place)
        .where(col(Place.kind).in_(PHYSICAL))
        .group_by(every.c.place, every.c.sku)
        .having(sa.func.sum(every.c.qty) != 0)
    )


def broken_reservations(db: Session) -> list[str]:
    """Check: what a bin has reserved is the sum of pending promises, and no more than lies there."""
    off, over = _off_promises()
    wrong = [
        f"stock_balance place {row.place} sku {row.sku}: promises say {row.off:+d} more" for row in db.execute(off)
    ]
    return wrong + [
        f"stock_balance place {row.place_id} sku {row.sku_id}: {row.reserved} of {row.qty} reserved"
        for row in db.execute(over)
    ]


@cache
def _off_promises() -> tuple[sa.Select, sa.Select]:
    r = Reservation
    promised: sa.Select = sa.select(col(r.bin_id).label("place"), col(r.sku_id).label("sku"), _pending().label("qty"))
    cached = sa.select(col(Balance.place_id), col(Balance.sku_id), -col(Balance.reserved))
    every = sa.union_all(promised, cached).subquery()
    off = (
        sa.select(every.c.place, every.c.sku, sa.func.sum(every.c.qty).label("off"))
        .group_by(every.c.place, every.c.sku)
        .having(sa.func.sum(every.c.qty) != 0)
    )
    row = (col(Balance.place_id), col(Balance.sku_id), col(Balance.qty), col(Balance.reserved))
    return off, sa.select(*row).where(col(Balance.reserved) + col(Balance.held) > col(Balance.qty))


def _pending() -> sa.ColumnElement[int]:
    return col(Reservation.qty) - col(Reservation.posted) - col(Reservation.released)


def broken_lots(db: Session) -> list[str]:
    """Check: lots say what their ledger rows say, and of tracked SKUs every unit of a place belongs to a lot."""
    off, mixed = _off_lots()
    wrong = [f"stock_lot_balance place {r.place} lot {r.lot}: the ledger says {r.off:+d} more" for r in db.execute(off)]
    return wrong + [
        f"stock_balance place {r.place_id} sku {r.sku_id}: {r.qty} units, {r.lots} of them in lots"
        for r in db.execute(mixed)
    ]


@cache
def _off_lots() -> tuple[sa.Select, sa.Select]:
    row = LedgerRow
    gained: sa.Select = sa.select(
        col(row.to_place_id).label("place"), col(row.lot_id).label("lot"), col(row.qty).label("qty")
    )
    lost = sa.select(col(row.from_place_id), col(row.lot_id), -col(row.qty))
    cached = sa.select(col(LotBalance.place_id), col(LotBalance.lot_id), -col(LotBalance.qty))
    every = sa.union_all(gained.where(col(row.lot_id).is_not(None)), lost.where(col(row.lot_id).is_not(None)), cached)
    parts = every.subquery()
    off = (
        sa.select(parts.c.place, parts.c.lot, sa.func.sum(parts.c.qty).label("off"))
        .join(Place, col(Place.id) == parts.c.place)
        .where(col(Place.kind).in_(PHYSICAL))
        .group_by(parts.c.place, parts.c.lot)
        .having(sa.func.sum(parts.c.qty) != 0)
    )
    lots = sa.func.coalesce(_lot_units(), 0)
    mixed = (
        sa.select(col(Balance.place_id), col(Balance.sku_id), col(Balance.qty), lots.label("lots"))
        .join(Sku, col(Sku.id) == col(Balance.sku_id))
        .where(sa.case((col(Sku.tracking) == Tracking.NONE, 0), else_=col(Balance.qty)) != lots)
    )
    return off, mixed


def broken_holds(db: Session) -> list[str]:
    """Check: every bin holds back the units of lots on hold that are not promised; a serial number is in one place."""
    off, twice = _off_holds()
    wrong = [
        f"stock_balance place {r.place_id} sku {r.sku_id}: {r.held} held back instead of {r.due}"
        for r in db.execute(off)
    ]
    return wrong + [f"lot {r.id}: serial number {r.code} is {r.units} units" for r in db.execute(twice)]


@cache
def _off_holds() -> tuple[sa.Select, sa.Select]:
    blocked = sa.func.coalesce(_lot_units(col(Lot.hold_reason) != ""), 0)
    free = col(Balance.qty) - col(Balance.reserved)
    due = sa.case((blocked < free, blocked), else_=free)
    off = (
        sa.select(col(Balance.place_id), col(Balance.sku_id), col(Balance.held), due.label("due"))
        .outerjoin(Bin, col(Bin.id) == col(Balance.place_id))
        .where(col(Balance.held) != sa.case((col(Bin.id).is_(None), 0), else_=due))
    )
    twice = (
        sa.select(col(Lot.id), col(Lot.code), sa.func.sum(col(LotBalance.qty)).label("units"))
        .join(LotBalance, col(LotBalance.lot_id) == col(Lot.id))
        .join(Sku, col(Sku.id) == col(Lot.sku_id))
        .where(col(Sku.tracking) == Tracking.SERIAL, col(Lot.code) != UNNAMED)
        .group_by(col(Lot.id), col(Lot.code))
        .having(sa.func.sum(col(LotBalance.qty)) > 1)
    )
    return off, twice


def broken_counts(db: Session) -> list[str]:
    """Check: an adjusted count moved its difference (goods without lots: in one row), any other count moved nothing."""
    task, row = CountTask, LedgerRow
    booked = sa.case((col(row.to_place_id) == col(task.bin_id), col(row.qty)), else_=-col(row.qty))
    moved, rows = sa.func.coalesce(sa.func.sum(booked), 0), sa.func.count(col(row.id))
    gap = sa.func.coalesce(col(task.counted_qty) - col(task.system_qty), 0)
    due = sa.case((col(task.state) == CountState.DONE, gap), else_=0)
    of_task = (col(row.subject) == "count") & (col(row.subject_id) == col(task.id))
    off = (
        sa.select(col(task.id), moved.label("moved"), due.label("due"), rows.label("rows"))
        .join(Sku, col(Sku.id) == col(task.sku_id))
        .outerjoin(row, of_task)
        .group_by(col(task.id), col(Sku.tracking))
        .having(sa.or_(moved != due, (col(Sku.tracking) == Tracking.NONE) & (rows > 1)))
    )
    return [f"count_task {r.id}: {r.rows} ledger rows of {r.moved:+d} instead of {r.due:+d}" for r in db.execute(off)]


def _lot_units(*where: sa.ColumnElement[bool]) -> sa.ScalarSelect:
    """Units of a balance's SKU in its place, by lots; of a tracked or untracked SKU alike."""
    return (
        sa.select(sa.func.sum(col(LotBalance.qty)))
        .join(Lot, col(Lot.id) == col(LotBalance.lot_id))
        .where(col(LotBalance.place_id) == col(Balance.place_id), col(Lot.sku_id) == col(Balance.sku_id), *where)
        .correlate(Balance)
        .scalar_subquery()
    )


# --- the caches made anew ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stale:
    """A cached row, `key` (place, SKU or lot), that is not what ledger, promises and holds make it."""

    table: str
    key: tuple[int, int]
    #: (units,) of a lot; (qty, reserved, held) of a balance.
    have: tuple[int, ...]
    due: tuple[int, ...]


def stale(db: Session) -> list[Stale]:
    """What `rebuild` would write."""
    found = []
    for table, (query, names) in _due().items():
        for row in db.execute(query.order_by(*query.selected_columns[:2])):
            cells, n = tuple(map(int, row)), len(names)
            found.append(Stale(table, (cells[0], cells[1]), cells[2 + n :], cells[2 : 2 + n]))
    return found


def rebuild(db: Session) -> int:
    """Write every balance that is not what ledger, promises and holds make it. Returns how many rows.

    Nobody moves, promises or holds stock meanwhile. Raises IntegrityError when the ledger itself cannot be: fewer than
    no units somewhere, or more promised than lie there.
    """
    if db.get_bind().dialect.name != "sqlite":
        # Every verb of stock touches a balance before it writes anything that is summed here: this stops them all.
        db.execute(sa.text("LOCK TABLE stock_balance IN EXCLUSIVE MODE"))
    written = 0
    for name, (query, names) in _due().items():
        table = SQLModel.metadata.tables[name]
        keys = [column.name for column in table.primary_key]
        due = query.with_only_columns(*query.selected_columns[: 2 + len(names)])
        new = upsert(db, table).from_select([*keys, *names], due)
        fresh = new.on_conflict_do_update(index_elements=keys, set_={n: new.excluded[n] for n in names})
        written += db.execute(fresh.execution_options(preserve_rowcount=True)).rowcount  # type: ignore[attr-defined]
    db.expire_all()
    return written


@cache
def _due() -> dict[str, tuple[sa.Select, tuple[str, ...]]]:
    """Table -> (its wrong rows: two keys, what is due, what is cached; the names of the numbers)."""
    return {
        "stock_lot_balance": (_due_lots(), ("qty",)),
        "stock_balance": (_due_balances(), ("qty", "reserved", "held")),
    }


def _due_lots() -> sa.Select:
    has_lot = col(LedgerRow.lot_id).is_not(None)
    parts: list[sa.Select] = [
        sa.select(
            place.label("place"),
            col(LedgerRow.lot_id).label("lot"),
            sa.func.sum(units).label("units"),
            sa.literal(0).label("cached"),
        )
        .where(has_lot)
        .group_by(place, col(LedgerRow.lot_id))
        for place, units in _ends()
    ]
    parts.append(sa.select(col(LotBalance.place_id), col(LotBalance.lot_id), sa.literal(0), col(LotBalance.qty)))
    every = sa.union_all(*parts).subquery()
    due, cached = sa.func.sum(every.c.units), sa.func.sum(every.c.cached)
    return (
        sa.select(every.c.place, every.c.lot, due.label("due"), cached.label("have"))
        .join(Place, col(Place.id) == every.c.place)
        .where(col(Place.kind).in_(PHYSICAL))
        .group_by(every.c.place, every.c.lot)
        .having(due != cached)
    )


def _due_balances() -> sa.Select:
    """Units from the ledger, promises from the reservations, and of the rest what is of lots on hold, in bins."""
    none, on_hold = sa.literal(0), col(Lot.hold_reason) != ""
    names = ("units", "blocked", "reserved", "has_units", "has_reserved", "has_held")

    def part(place: Any, sku: Any, *cells: Any) -> sa.Select:
        named = (cell.label(name) for name, cell in zip(names, cells, strict=True))
        return sa.select(place.label("place"), sku.label("sku"), *named)

    parts = [
        part(
            place,
            col(LedgerRow.sku_id),
            sa.func.sum(units),
            sa.func.sum(sa.case((on_hold, units), else_=0)),
            none,
            none,
            none,
            none,
        )
        .select_from(LedgerRow)
        .outerjoin(Lot, col(Lot.id) == col(LedgerRow.lot_id))
        .group_by(place, col(LedgerRow.sku_id))
        for place, units in _ends()
    ]
    r, b = Reservation, Balance
    parts.append(part(col(r.bin_id), col(r.sku_id), none, none, _pending(), none, none, none).where(_pending() != 0))
    parts.append(part(col(b.place_id), col(b.sku_id), none, none, none, col(b.qty), col(b.reserved), col(b.held)))
    every = sa.union_all(*parts).subquery()
    sums = (
        sa.select(every.c.place, every.c.sku, *(sa.func.sum(every.c[name]).label(name) for name in names))
        .group_by(every.c.place, every.c.sku)
        .subquery()
    )
    c, free = sums.c, sums.c.units - sums.c.reserved
    held = sa.case((col(Bin.id).is_(None), 0), (c.blocked < free, c.blocked), else_=free)
    return (
        sa.select(c.place, c.sku, c.units, c.reserved, held.label("held"), c.has_units, c.has_reserved, c.has_held)
        .join(Place, col(Place.id) == c.place)
        .outerjoin(Bin, col(Bin.id) == c.place)
        .where(col(Place.kind).in_(PHYSICAL))
        .where(sa.or_(c.units != c.has_units, c.reserved != c.has_reserved, held != c.has_held))
    )


def _ends() -> Iterable[tuple[Any, Any]]:
    """Both ends of a ledger row, with what it does there."""
    return (col(LedgerRow.to_place_id), col(LedgerRow.qty)), (col(LedgerRow.from_place_id), -col(LedgerRow.qty))


def broken_deliveries(db: Session) -> list[str]:
    """Check: what a delivery's lines received, and set aside, is what the ledger wrote down for it."""
    row, line = LedgerRow, DeliveryLine
    outside = sa.select(col(Place.id)).where(col(Place.kind) == PlaceKind.SUPPLIER)
    came = sa.case(
        (col(row.from_place_id).in_(outside), col(row.qty)), (col(row.to_place_id).in_(outside), -col(row.qty)), else_=0
    )
    is_inside = sa.not_(col(row.from_place_id).in_(outside) | col(row.to_place_id).in_(outside))
    sign = sa.case((col(row.reason) == MoveReason.CORRECTION, -col(row.qty)), else_=col(row.qty))
    aside = sa.case((is_inside, sign), else_=0)
    booked: sa.Select = sa.select(
        col(row.subject_id).label("delivery"), col(row.sku_id).label("sku"), came.label("came"), aside.label("aside")
    ).where(col(row.subject) == "delivery")
    told = sa.select(
        col(line.delivery_id), col(line.sku_id), -col(line.received), -col(line.damaged) - col(line.in_doubt)
    )
    every = sa.union_all(booked, told).subquery()
    came_off, aside_off = sa.func.sum(every.c.came), sa.func.sum(every.c.aside)
    off = (
        sa.select(every.c.delivery, every.c.sku, came_off.label("came"), aside_off.label("aside"))
        .group_by(every.c.delivery, every.c.sku)
        .having(sa.or_(came_off != 0, aside_off != 0))
    )
    return [
        f"delivery {r.delivery} sku {r.sku}: the ledger says {r.came:+d} received, {r.aside:+d} set aside"
        for r in db.execute(off)
    ]


def broken_transfers(db: Session) -> list[str]:
    """Check: on the road to a house lies what was sent, less what was received or written off; closed ones owe none."""
    line, road = TransferLine, PlaceKind.TRANSIT
    lying: sa.Select = (
        sa.select(
            col(Place.warehouse_id).label("house"), col(Balance.sku_id).label("sku"), col(Balance.qty).label("qty")
        )
        .join(Place, col(Place.id) == col(Balance.place_id))
        .where(col(Place.kind) == road)
    )
    owed = sa.select(
        col(Transfer.to_warehouse_id), col(line.sku_id), col(line.received) + col(line.lost) - col(line.sent)
    ).join(Transfer, col(Transfer.id) == col(line.transfer_id))
    every = sa.union_all(lying, owed).subquery()
    off = (
        sa.select(every.c.house, every.c.sku, sa.func.sum(every.c.qty).label("off"))
        .group_by(every.c.house, every.c.sku)
        .having(sa.func.sum(every.c.qty) != 0)
    )
    wrong = [
        f"on the road to warehouse {r.house} sku {r.sku}: {r.off:+d} more than sent - received - lost"
        for r in db.execute(off)
    ]
    over = (
        sa.select(col(Transfer.number), col(Transfer.state), col(line.sku_id))
        .join(line, col(line.transfer_id) == col(Transfer.id))
        .where(col(Transfer.state).in_((TransferState.CLOSED, TransferState.CANCELLED)))
        .where(col(line.sent) != col(line.received) + col(line.lost))
    )
    return wrong + [f"{r.number} is {r.state}, but units of sku {r.sku_id} are on the road" for r in db.execute(over)]
