"""Reads of what comes in and what is on the road between our houses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.inventory import steps
from floor.inventory.models import (
    Balance,
    Bin,
    BinKind,
    Delivery,
    DeliveryLine,
    Lot,
    LotBalance,
    Transfer,
    TransferLine,
    Warehouse,
)
from floor.inventory.receiving import SET_ASIDE, TAKEN_IN
from floor.inventory.states import DeliveryState, TransferState
from floor.inventory.transfers import LOADED, RECEIVED
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Unknown

#: Not closed, not cancelled.
OPEN_DELIVERIES = (DeliveryState.EXPECTED, DeliveryState.RECEIVING)
#: Units scanned one after another count as one run this long.
_RUN = timedelta(minutes=10)


# --- deliveries --------------------------------------------------------------------------------------------------


def delivery_for(db: Session, delivery_id: int, *, lock: bool = False) -> Delivery:
    """The delivery, or Unknown; locked and fresh if asked."""
    found = db.get(Delivery, delivery_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise Unknown("inventory.unknown_delivery")
    return found


def delivery_called(db: Session, code: str, site: str = "") -> Delivery | None:
    """By our number, or the supplier's; open ones of this house before others."""
    wanted = code.strip().upper()
    if not wanted:
        return None
    is_open = sa.case((col(Delivery.state).in_(OPEN_DELIVERIES), 0), else_=1)
    here = sa.case((col(Warehouse.code) == site, 0), else_=1)
    named = select(Delivery).join(Warehouse, col(Warehouse.id) == Delivery.warehouse_id)
    named = named.where((col(Delivery.number) == wanted) | (sa.func.upper(col(Delivery.reference)) == wanted))
    return db.exec(named.order_by(is_open, here, col(Delivery.id).desc())).first()


@dataclass(frozen=True)
class DeliveryRow:
    """A delivery with its sums."""

    delivery: Delivery
    site: str
    expected: int
    received: int
    lines: int

    @property
    def is_due(self) -> bool:
        """Today or before."""
        day = self.delivery.expected_on
        return day is not None and day <= clock.now().date()


def deliveries(
    db: Session, site: str = "", states: Sequence[DeliveryState] = (), limit: int = 200, offset: int = 0
) -> list[DeliveryRow]:
    """Deliveries in hand first, then by the day they are due; those nobody gave a day come last."""
    sums = (
        sa.select(
            col(DeliveryLine.delivery_id).label("id"), sa.func.sum(col(DeliveryLine.expected)).label("expected"),
            sa.func.sum(col(DeliveryLine.received)).label("received"), sa.func.count().label("lines"),
        )
        .group_by(col(DeliveryLine.delivery_id))
        .subquery()
    )  # fmt: skip
    zero = lambda column: sa.func.coalesce(column, 0)  # noqa: E731
    day = col(Delivery.expected_on)
    query = (
        sa.select(Delivery, col(Warehouse.code), zero(sums.c.expected), zero(sums.c.received), zero(sums.c.lines))
        .join(Warehouse, col(Warehouse.id) == col(Delivery.warehouse_id))
        .outerjoin(sums, sums.c.id == col(Delivery.id))
        .order_by(
            sa.case({s: n for n, s in enumerate((DeliveryState.RECEIVING, DeliveryState.EXPECTED))},
                    value=col(Delivery.state), else_=2),
            day.is_(None), sa.case((col(Delivery.state) == DeliveryState.EXPECTED, day)), col(Delivery.id).desc(),
        )
        .limit(limit).offset(offset)
    )  # fmt: skip
    if site:
        query = query.where(col(Warehouse.code) == site)
    if states:
        query = query.where(col(Delivery.state).in_(states))
    return [DeliveryRow(*row) for row in db.execute(query)]


def delivery_lines(db: Session, delivery: Delivery) -> Sequence[tuple[DeliveryLine, Sku]]:
    joined = select(DeliveryLine, Sku).join(Sku, col(Sku.id) == DeliveryLine.sku_id)
    return db.exec(joined.where(DeliveryLine.delivery_id == delivery.id).order_by(col(DeliveryLine.id))).all()


def expecting(db: Session, sku_id: int, site: str = "") -> list[int]:
    """Open deliveries of a house in which these goods were announced."""
    query = (
        select(Delivery.id)
        .join(DeliveryLine, col(DeliveryLine.delivery_id) == Delivery.id)
        .join(Warehouse, col(Warehouse.id) == Delivery.warehouse_id)
        .where(DeliveryLine.sku_id == sku_id, DeliveryLine.expected > 0)
        .where(col(Delivery.state).in_(OPEN_DELIVERIES))
    )
    return [found or 0 for found in db.exec(query.where(Warehouse.code == site) if site else query)]


@dataclass(frozen=True)
class Run:
    """What a person scanned last: so many units of one SKU and lot in a row, `aside` of them set aside."""

    sku: Sku
    lot: Lot | None
    units: int
    aside: int
    can_undo: bool
    #: Loading: the bin the units come from.
    bin_id: int | None = None


def run_of(db: Session, thing: Delivery | Transfer, actor: Actor) -> Run | None:
    """The present run of this person at a delivery or a transfer; None when they have not begun, or a while ago."""
    is_delivery = isinstance(thing, Delivery)
    subject = ("delivery" if is_delivery else "transfer", thing.id or 0)
    loading = not is_delivery and thing.state is TransferState.DRAFT
    kinds = (TAKEN_IN, SET_ASIDE) if is_delivery else (LOADED,) if loading else (RECEIVED,)
    mine = steps.of_person(db, kinds, actor, subject, within=_RUN)
    if not mine:
        return None
    first = mine[0].data
    units = aside = 0
    for step in mine:
        if any(step.data.get(part) != first.get(part) for part in ("sku", "lot", "bin")):
            if step.kind == SET_ASIDE:
                continue  # of other goods, and no end of these
            break
        if step.kind == SET_ASIDE:
            aside += step.data["qty"]
        else:
            units += step.data["qty"] + step.data.get("extra", 0)
    lot = db.get(Lot, first["lot"]) if first.get("lot") else None
    can_undo = mine[0].at >= clock.now() - steps.WITHIN
    return Run(db.get_one(Sku, first["sku"]), lot, units, aside, can_undo, first.get("bin"))


# --- quality control ---------------------------------------------------------------------------------------------


def in_qc(db: Session, site: str = "") -> list[tuple[Bin, str, Sku, int, Lot | None]]:
    """What waits for quality control: (bin, site, SKU, units, lot)."""
    joined = sa.select(col(LotBalance.place_id), col(LotBalance.qty), Lot).join(Lot, col(Lot.id) == LotBalance.lot_id)
    lot = joined.where(col(LotBalance.qty) > 0).subquery()
    rows = (
        sa.select(Bin, col(Warehouse.code), Sku, sa.func.coalesce(lot.c.qty, col(Balance.qty)), aliased(Lot, lot))
        .join(Warehouse, col(Warehouse.id) == col(Bin.warehouse_id))
        .join(Balance, col(Balance.place_id) == col(Bin.id))
        .join(Sku, col(Sku.id) == col(Balance.sku_id))
        .outerjoin(lot, (lot.c.place_id == col(Bin.id)) & (lot.c.sku_id == col(Sku.id)))
        .where(col(Bin.kind) == BinKind.QC, col(Balance.qty) > 0)
        .order_by(col(Warehouse.code), col(Bin.code), col(Sku.code), lot.c.id)
    )
    found = db.execute(rows.where(col(Warehouse.code) == site) if site else rows)
    return [(row[0], row[1], row[2], row[3], row[4]) for row in found]


# --- transfers ---------------------------------------------------------------------------------------------------


def transfer_for(db: Session, transfer_id: int, *, lock: bool = False) -> Transfer:
    """The transfer, or Unknown; locked and fresh if asked."""
    found = db.get(Transfer, transfer_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise Unknown("inventory.unknown_transfer")
    return found


def transfer_called(db: Session, code: str) -> Transfer | None:
    return db.exec(select(Transfer).where(Transfer.number == code.strip().upper())).first()


@dataclass(frozen=True)
class TransferRow:
    """A transfer with its sums and the codes of its two houses."""

    transfer: Transfer
    origin: str
    target: str
    wanted: int
    sent: int
    received: int
    lost: int

    @property
    def on_the_road(self) -> int:
        return self.sent - self.received - self.lost


def transfers(
    db: Session, site: str = "", states: Sequence[TransferState] = (), transfer_id: int | None = None
) -> list[TransferRow]:
    """Transfers from or to a house ("" = any), open ones first, newest first."""
    line = TransferLine
    origin, target = aliased(Warehouse), aliased(Warehouse)
    sums = [sa.func.sum(col(column)) for column in (line.wanted, line.sent, line.received, line.lost)]
    is_open = sa.case((col(Transfer.state).in_((TransferState.DRAFT, TransferState.SENT)), 0), else_=1)
    query = (
        sa.select(Transfer, col(origin.code), col(target.code), *sums)
        .join(origin, col(origin.id) == col(Transfer.from_warehouse_id))
        .join(target, col(target.id) == col(Transfer.to_warehouse_id))
        .join(line, col(line.transfer_id) == col(Transfer.id))
        .group_by(*sa.inspect(Transfer).columns, col(origin.code), col(target.code))
        .order_by(is_open, col(Transfer.id).desc())
        .limit(200)
    )
    if site:
        query = query.where((col(origin.code) == site) | (col(target.code) == site))
    if states:
        query = query.where(col(Transfer.state).in_(states))
    if transfer_id is not None:
        query = query.where(col(Transfer.id) == transfer_id)
    return [TransferRow(*row) for row in db.execute(query)]


def transfer_lines(db: Session, transfer: Transfer) -> Sequence[tuple[TransferLine, Sku]]:
    joined = select(TransferLine, Sku).join(Sku, col(Sku.id) == TransferLine.sku_id)
    return db.exec(joined.where(TransferLine.transfer_id == transfer.id).order_by(col(TransferLine.id))).all()
