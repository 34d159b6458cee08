"""The books of stock: the identities `flask check` proves."""

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku, Tracking
from floor.inventory.models import (
    PHYSICAL,
    UNNAMED,
    Balance,
    Bin,
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
from floor.inventory.states import TransferState


def broken_balances(db: Session) -> list[str]:
    """Check: the balance of every physical place is the sum of its ledger rows, and never negative."""
    gained: sa.Select = sa.select(
        col(LedgerRow.to_place_id).label("place"), col(LedgerRow.sku_id).label("sku"), col(LedgerRow.qty).label("qty")
    )
    lost = sa.select(col(LedgerRow.from_place_id), col(LedgerRow.sku_id), -col(LedgerRow.qty))
    cached = sa.select(col(Balance.place_id), col(Balance.sku_id), -col(Balance.qty))
    every = sa.union_all(gained, lost, cached).subquery()
    off = (
        sa.select(every.c.place, every.c.sku, sa.func.sum(every.c.qty).label("off"))
        .join(Place, col(Place.id) == every.c.place)
        .where(col(Place.kind).in_(PHYSICAL))
        .group_by(every.c.place, every.c.sku)
        .having(sa.func.sum(every.c.qty) != 0)
    )
    return [
        f"stock_balance place {row.place} sku {row.sku}: the ledger says {row.off:+d} more" for row in db.execute(off)
    ]


def broken_reservations(db: Session) -> list[str]:
    """Check: what a bin has reserved is the sum of pending promises, and no more than lies there."""
    r = Reservation
    promised: sa.Select = sa.select(
        col(r.bin_id).label("place"),
        col(r.sku_id).label("sku"),
        (col(r.qty) - col(r.posted) - col(r.released)).label("qty"),
    )
    cached = sa.select(col(Balance.place_id), col(Balance.sku_id), -col(Balance.reserved))
    every = sa.union_all(promised, cached).subquery()
    off = (
        sa.select(every.c.place, every.c.sku, sa.func.sum(every.c.qty).label("off"))
        .group_by(every.c.place, every.c.sku)
        .having(sa.func.sum(every.c.qty) != 0)
    )
    wrong = [
        f"stock_balance place {row.place} sku {row.sku}: promises say {row.off:+d} more" for row in db.execute(off)
    ]
    over = db.exec(select(Balance).where(col(Balance.reserved) + col(Balance.held) > col(Balance.qty)))
    return wrong + [f"stock_balance place {b.place_id} sku {b.sku_id}: {b.reserved} of {b.qty} reserved" for b in over]


def broken_lots(db: Session) -> list[str]:
    """Check: lots say what their ledger rows say, and of tracked SKUs every unit of a place belongs to a lot."""
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
    wrong = [f"stock_lot_balance place {r.place} lot {r.lot}: the ledger says {r.off:+d} more" for r in db.execute(off)]
    lots = sa.func.coalesce(_lot_units(), 0)
    mixed = (
        sa.select(col(Balance.place_id), col(Balance.sku_id), col(Balance.qty), lots.label("lots"))
        .join(Sku, col(Sku.id) == col(Balance.sku_id))
        .where(sa.case((col(Sku.tracking) == Tracking.NONE, 0), else_=col(Balance.qty)) != lots)
    )
    return wrong + [
        f"stock_balance place {r.place_id} sku {r.sku_id}: {r.qty} units, {r.lots} of them in lots"
        for r in db.execute(mixed)
    ]


def broken_holds(db: Session) -> list[str]:
    """Check: every bin holds back the units of lots on hold that are not promised; a serial number is in one place."""
    blocked = sa.func.coalesce(_lot_units(col(Lot.hold_reason) != ""), 0)
    free = col(Balance.qty) - col(Balance.reserved)
    due = sa.case((blocked < free, blocked), else_=free)
    off = (
        sa.select(col(Balance.place_id), col(Balance.sku_id), col(Balance.held), due.label("due"))
        .outerjoin(Bin, col(Bin.id) == col(Balance.place_id))
        .where(col(Balance.held) != sa.case((col(Bin.id).is_(None), 0), else_=due))
    )
    wrong = [
        f"stock_balance place {r.place_id} sku {r.sku_id}: {r.held} held back instead of {r.due}"
        for r in db.execute(off)
    ]
    twice = (
        sa.select(col(Lot.id), col(Lot.code), sa.func.sum(col(LotBalance.qty)).label("units"))
        .join(LotBalance, col(LotBalance.lot_id) == col(Lot.id))
        .join(Sku, col(Sku.id) == col(Lot.sku_id))
        .where(col(Sku.tracking) == Tracking.SERIAL, col(Lot.code) != UNNAMED)
        .group_by(col(Lot.id), col(Lot.code))
        .having(sa.func.sum(col(LotBalance.qty)) > 1)
    )
    return wrong + [f"lot {r.id}: serial number {r.code} is {r.units} units" for r in db.execute(twice)]


def _lot_units(*where: sa.ColumnElement[bool]) -> sa.ScalarSelect:
    """Units of a balance's SKU in its place, by lots; of a tracked or untracked SKU alike."""
    return (
        sa.select(sa.func.sum(col(LotBalance.qty)))
        .join(Lot, col(Lot.id) == col(LotBalance.lot_id))
        .where(col(LotBalance.place_id) == col(Balance.place_id), col(Lot.sku_id) == col(Balance.sku_id), *where)
        .correlate(Balance)
        .scalar_subquery()
    )


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
