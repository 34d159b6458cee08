"""Goods for another warehouse of ours: planned, loaded from free units, on the road, received, the rest written off.

Between the two houses the units lie in the TRANSIT place of the one they go to: they are ours, and `flask check` proves
that what lies there is what was sent and neither received nor written off.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku, Tracking
from floor.events.models import AuditEvent
from floor.events.service import Event, record
from floor.inventory import service, steps
from floor.inventory.models import (
    FOR_SALE,
    Balance,
    Bin,
    BinKind,
    LedgerRow,
    Lot,
    LotBalance,
    MoveReason,
    PlaceKind,
    Transfer,
    TransferLine,
    Warehouse,
)
from floor.inventory.queries import FREE
from floor.inventory.receiving import open_bin
from floor.inventory.service import Move
from floor.inventory.states import TRANSFER, TransferAction, TransferState
from floor.kit import clock, ids
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown

LOADED, RECEIVED = "inventory.transfer.loaded", "inventory.transfer.received"
UNLOADED = "inventory.transfer.unloaded"


@dataclass(frozen=True)
class NewTransfer:
    """What should go from one warehouse to another: sku_id -> units."""

    from_warehouse_id: int
    to_warehouse_id: int
    lines: Mapping[int, int]
    note: str = ""


def plan(db: Session, new: NewTransfer, actor: Actor) -> Transfer:
    """Write a transfer down; nothing moves and nothing is promised yet.

    Raises Unknown for a warehouse nobody knows, Invalid for one and the same house or nothing to send.
    """
    if new.from_warehouse_id == new.to_warehouse_id:
        raise Invalid("inventory.same_house", field="to")
    if any(db.get(Warehouse, house) is None for house in (new.from_warehouse_id, new.to_warehouse_id)):
        raise Unknown("inventory.unknown_warehouse")
    if not new.lines or any(qty < 1 for qty in new.lines.values()):
        raise Invalid("inventory.no_units", field="lines")
    transfer = Transfer(
        number=ids.public_token()[:20],  # unique until the id is known
        from_warehouse_id=new.from_warehouse_id, to_warehouse_id=new.to_warehouse_id, note=new.note[:200],
        created_by=actor.name,
    )  # fmt: skip
    db.add(transfer)
    db.flush()
    assert transfer.id is not None
    transfer.number = f"TR-{transfer.id:04d}"
    db.add_all(TransferLine(transfer_id=transfer.id, sku_id=sku, wanted=qty) for sku, qty in sorted(new.lines.items()))
    db.flush()
    _tell(db, transfer, "planned", {"units": sum(new.lines.values())}, actor)
    return transfer


# --- loading -----------------------------------------------------------------------------------------------------


def load(
    db: Session, transfer: Transfer, where: Bin, sku_id: int, qty: int, actor: Actor, lot_id: int | None = None
) -> TransferLine:  # fmt: skip
    """Free units of a bin go onto the lorry: on the road, by the books, from now on. The transfer is locked.

    Raises Invalid for goods nobody wanted, more than wanted or another house's bin, Conflict for too few free units.
    """
    if transfer.state is not TransferState.DRAFT:
        raise Conflict("inventory.transfer_over")
    if where.warehouse_id != transfer.from_warehouse_id:
        raise Invalid("inventory.not_this_house", bin=where.code)
    line = line_of(db, transfer, sku_id)
    if line.id is None:
        raise Invalid("inventory.not_in_transfer")
    if not 0 < qty <= line.wanted - line.sent:
        raise Invalid("inventory.not_so_many", field="qty", most=line.wanted - line.sent)
    step = Move(sku_id, qty, where.id, on_the_road(db, transfer), MoveReason.TRANSFER, lot_id=lot_id)
    booked = service.move(db, [step], "transfer", transfer.id or 0, actor)
    line.sent += qty
    db.add(line)
    db.flush()
    data = {"sku": sku_id, "qty": qty, "lot": lot_id, "bin": where.id, "moves": service.as_data(booked)}
    _tell(db, transfer, "loaded", data, actor)
    return line


def load_rest(db: Session, transfer: Transfer, actor: Actor) -> int:
    """What is not loaded yet is taken from free units by the books, first expired first. Returns how many were not."""
    missing = 0
    for line in lines_of(db, transfer):
        rest = line.wanted - line.sent
        for where, free in sources(db, transfer.from_warehouse_id, [line.sku_id]).get(line.sku_id, []):
            units = min(rest, free)
            if units:
                load(db, transfer, where, line.sku_id, units, actor)
                rest -= units
        missing += rest
    return missing


def send(db: Session, transfer: Transfer, actor: Actor) -> None:
    """The lorry leaves with what was loaded. Raises Invalid when it is empty."""
    lines = lines_of(db, transfer)
    if not any(line.sent for line in lines):
        raise Invalid("inventory.nothing_loaded")
    short = {str(line.sku_id): line.wanted - line.sent for line in lines if line.wanted > line.sent}
    advance(db, transfer, TransferAction.SEND, actor, units=sum(line.sent for line in lines), short=short)


def cancel(db: Session, transfer: Transfer, actor: Actor) -> None:
    """It is not sent after all. Raises Invalid while units are on the lorry: they have to be unloaded first."""
    if any(line.sent for line in lines_of(db, transfer)):
        raise Invalid("inventory.unload_first")
    advance(db, transfer, TransferAction.CANCEL, actor)


def unload(db: Session, transfer: Transfer, actor: Actor) -> int:
    """Everything loaded goes back into the bins it came from, before the lorry leaves. Returns the units."""
    if transfer.state is not TransferState.DRAFT:
        raise Conflict("inventory.transfer_over")
    road = on_the_road(db, transfer)
    went: dict[tuple[int, int, int | None], int] = defaultdict(int)
    for row in _rows(db, transfer):
        place, sign = (row.from_place_id, 1) if row.to_place_id == road else (row.to_place_id, -1)
        went[place, row.sku_id, row.lot_id] += sign * row.qty
    back = [
        Move(sku, qty, road, place, MoveReason.CORRECTION, lot_id=lot)
        for (place, sku, lot), qty in sorted(went.items(), key=lambda item: item[0][:2])
        if qty
    ]
    service.move(db, back, "transfer", transfer.id or 0, actor)
    for line in lines_of(db, transfer):
        line.sent = 0
        db.add(line)
    db.flush()
    units = sum(move.qty for move in back)
    if units:
        _tell(db, transfer, "unloaded", {"units": units}, actor)
    return units


# --- unloading ---------------------------------------------------------------------------------------------------


def receive(
    db: Session, transfer: Transfer, sku: Sku, qty: int, actor: Actor, lot: Lot | None = None
) -> TransferLine:  # fmt: skip
    """So many units came off the lorry, onto the dock; what is more than was sent counts as found.

    The last unit closes the transfer. Raises Conflict when it is not on the road, Invalid for found units of tracked
    goods without a lot.
    """
    if transfer.state is not TransferState.SENT:
        raise Conflict("inventory.transfer_over")
    assert sku.id is not None
    line = line_of(db, transfer, sku.id)
    dock = open_bin(db, transfer.to_warehouse_id, BinKind.DOCK)
    road = on_the_road(db, transfer)
    moves, rest = [], qty
    for lot_id, units in aboard(db, transfer, sku.id).items():
        take = min(rest, units) if lot is None or lot_id == lot.id else 0
        if take:
            moves.append(Move(sku.id, take, road, dock.id, MoveReason.TRANSFER, lot_id=lot_id))
            rest -= take
    if rest:
        if sku.tracking is not Tracking.NONE and lot is None:
            raise Invalid("inventory.lot_needed", field="lot")
        found = service.beyond(db, PlaceKind.FOUND, transfer.to_warehouse_id)
        moves.append(Move(sku.id, rest, found, dock.id, MoveReason.FOUND, lot_id=lot.id if lot else None))
    booked = service.move(db, moves, "transfer", transfer.id or 0, actor)
    line.received += qty - rest
    line.extra += rest
    db.add(line)
    db.flush()
    named = lot.id if lot else None
    data = {"sku": sku.id, "qty": qty - rest, "extra": rest, "lot": named, "moves": service.as_data(booked)}
    _tell(db, transfer, "received", data, actor)
    _close_if_empty(db, transfer, actor)
    return line


def write_off(db: Session, transfer: Transfer, sku_id: int, qty: int, note: str, actor: Actor) -> TransferLine:
    """Units that never came are lost, and why. The last ones close the transfer. Raises Invalid without a reason."""
    if transfer.state is not TransferState.SENT:
        raise Conflict("inventory.transfer_over")
    if not note.strip():
        raise Invalid("inventory.say_why", field="note")
    line = line_of(db, transfer, sku_id)
    left = line.sent - line.received - line.lost
    if not 0 < qty <= left:
        raise Invalid("inventory.not_so_many", field="qty", most=left)
    lost = service.beyond(db, PlaceKind.LOST, transfer.to_warehouse_id)
    moves, rest = [], qty
    for lot_id, units in aboard(db, transfer, sku_id).items():
        if take := min(rest, units):
            moves.append(Move(sku_id, take, on_the_road(db, transfer), lost, MoveReason.LOST, lot_id=lot_id))
            rest -= take
    service.move(db, moves, "transfer", transfer.id or 0, actor)
    line.lost += qty
    db.add(line)
    db.flush()
    _tell(db, transfer, "written_off", {"sku": sku_id, "qty": qty, "note": note.strip()[:120]}, actor)
    _close_if_empty(db, transfer, actor)
    return line


def undo(db: Session, transfer: Transfer, actor: Actor) -> AuditEvent:
    """Take back this person's last loading or receiving here, within a minute; the last unit opens it again."""
    kind = LOADED if transfer.state is TransferState.DRAFT else RECEIVED
    mine = steps.of_person(db, (kind,), actor, ("transfer", transfer.id or 0))
    if kind == LOADED and mine and _was_unloaded_since(db, transfer, mine[0].id or 0):
        raise Invalid("inventory.nothing_to_undo")
    step = steps.take_back(db, (kind,), actor, ("transfer", transfer.id or 0))
    line = line_of(db, transfer, step.data["sku"])
    if kind == LOADED:
        line.sent -= step.data["qty"]
    else:
        line.received -= step.data["qty"]
        line.extra -= step.data["extra"]
    db.add(line)
    db.flush()
    if transfer.state is TransferState.CLOSED:
        advance(db, transfer, TransferAction.REOPEN, actor)
    return step


def _was_unloaded_since(db: Session, transfer: Transfer, event_id: int) -> bool:
    """The whole lorry was unloaded after this step: nothing of it is left to take back."""
    event = AuditEvent
    later = select(event.id).where(event.kind == UNLOADED, event.subject == "transfer", event.subject_id == transfer.id)
    return db.exec(later.where(col(event.id) > event_id).limit(1)).first() is not None


def advance(db: Session, transfer: Transfer, action: TransferAction, actor: Actor, **data: object) -> None:
    """The only door to a transfer's state. Raises Conflict when the table has no such move."""
    transfer.state = TRANSFER.after(transfer.state, action)
    if action is TransferAction.SEND:
        transfer.sent_at = clock.now()
    elif action is TransferAction.CLOSE:
        transfer.closed_at = clock.now()
    db.add(transfer)
    db.flush()
    _tell(db, transfer, action.value, data, actor)


# --- reads -------------------------------------------------------------------------------------------------------


def on_the_road(db: Session, transfer: Transfer) -> int:
    """The place between the two houses."""
    return service.beyond(db, PlaceKind.TRANSIT, transfer.to_warehouse_id)


def lines_of(db: Session, transfer: Transfer) -> Sequence[TransferLine]:
    wanted = select(TransferLine).where(TransferLine.transfer_id == transfer.id).order_by(col(TransferLine.id))
    return db.exec(wanted.execution_options(populate_existing=True)).all()


def line_of(db: Session, transfer: Transfer, sku_id: int) -> TransferLine:
    """The transfer's line of a SKU; a fresh one that nobody planned where there is none."""
    wanted = select(TransferLine).where(TransferLine.transfer_id == transfer.id, TransferLine.sku_id == sku_id)
    line = db.exec(wanted.execution_options(populate_existing=True)).first()
    return line or TransferLine(transfer_id=transfer.id or 0, sku_id=sku_id)


def aboard(db: Session, transfer: Transfer, sku_id: int) -> dict[int | None, int]:
    """Lot (None: goods without lots) -> units of this transfer still on the road; what expires first in front."""
    road = on_the_road(db, transfer)
    units: dict[int | None, int] = defaultdict(int)
    for row in _rows(db, transfer):
        if row.sku_id == sku_id and road in (row.to_place_id, row.from_place_id):
            units[row.lot_id] += row.qty if row.to_place_id == road else -row.qty
    dates = dict(db.execute(sa.select(col(Lot.id), col(Lot.expires_on)).where(col(Lot.id).in_(set(units)))).all())

    def soonest(lot_id: int | None) -> tuple[bool, Any, int]:
        expires = dates.get(lot_id)
        return (expires is None, expires or clock.now().date(), lot_id or 0)

    return {lot: units[lot] for lot in sorted(units, key=soonest) if units[lot] > 0}


def sources(db: Session, warehouse_id: int, sku_ids: Sequence[int]) -> dict[int, list[tuple[Bin, int]]]:
    """SKU -> bins with free units to send: what expires first, then reserve storage before pick faces, small rests."""
    soonest = (
        sa.select(col(LotBalance.place_id), col(Lot.sku_id), sa.func.min(col(Lot.expires_on)).label("day"))
        .join(Lot, col(Lot.id) == col(LotBalance.lot_id))
        .where(col(LotBalance.qty) > 0, col(Lot.hold_reason) == "", col(Lot.sku_id).in_(sku_ids))
        .group_by(col(LotBalance.place_id), col(Lot.sku_id))
        .subquery()
    )
    rows = (
        sa.select(Bin, col(Balance.sku_id), FREE.label("free"))
        .join(Balance, col(Balance.place_id) == col(Bin.id))
        .outerjoin(soonest, (soonest.c.place_id == col(Bin.id)) & (soonest.c.sku_id == col(Balance.sku_id)))
        .where(col(Bin.warehouse_id) == warehouse_id, col(Bin.kind).in_(FOR_SALE), col(Bin.is_closed).is_(False))
        .where(col(Balance.sku_id).in_(sku_ids), FREE > 0)
        .order_by(
            soonest.c.day.is_(None), soonest.c.day, sa.case((col(Bin.kind) == BinKind.RESERVE, 0), else_=1), FREE,
            col(Bin.id),
        )
    )  # fmt: skip
    found: dict[int, list[tuple[Bin, int]]] = defaultdict(list)
    for where, sku_id, free in db.execute(rows):
        found[sku_id].append((where, free))
    return found


def _rows(db: Session, transfer: Transfer) -> Sequence[LedgerRow]:
    mine = (LedgerRow.subject == "transfer", LedgerRow.subject_id == transfer.id)
    return db.exec(select(LedgerRow).where(*mine).order_by(col(LedgerRow.id))).all()


def _close_if_empty(db: Session, transfer: Transfer, actor: Actor) -> None:
    if all(line.sent == line.received + line.lost for line in lines_of(db, transfer)):
        advance(db, transfer, TransferAction.CLOSE, actor)


def _tell(db: Session, transfer: Transfer, what: str, data: Mapping[str, object], actor: Actor) -> None:
    assert transfer.id is not None
    record(db, Event(f"inventory.transfer.{what}", "transfer", transfer.id, data=data), actor)
