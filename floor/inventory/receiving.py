"""What comes in: deliveries announced, scanned at the dock, set aside when in doubt, closed with what differs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sqlmodel import Session, col, select

from floor.catalog.models import Sku, Tracking
from floor.events.models import AuditEvent
from floor.events.service import Event, record
from floor.inventory import service, steps
from floor.inventory.models import Bin, BinKind, Delivery, DeliveryLine, Lot, MoveReason, PlaceKind
from floor.inventory.service import Move
from floor.inventory.states import DELIVERY, DeliveryAction, DeliveryState
from floor.kit import clock, ids
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid

TAKEN_IN, SET_ASIDE = "inventory.delivery.taken_in", "inventory.delivery.set_aside"


class Aside(StrEnum):
    """Why units that came are not put away like the others."""

    DAMAGED = "damaged"
    IN_DOUBT = "in_doubt"


#: Where such units go from the dock, and under which reason.
_ASIDE = {
    Aside.DAMAGED: (BinKind.QUARANTINE, MoveReason.DAMAGE),
    Aside.IN_DOUBT: (BinKind.QC, MoveReason.RELOCATE),
}


@dataclass(frozen=True)
class NewDelivery:
    """What a supplier announces: sku_id -> units. No lines: the goods stand at the dock and nobody told us."""

    warehouse_id: int
    supplier: str = ""
    reference: str = ""
    expected_on: date | None = None
    lines: Mapping[int, int] = field(default_factory=dict)


def announce(db: Session, new: NewDelivery, actor: Actor) -> Delivery:
    """Expect a delivery. Raises Invalid for units below one, Conflict when this supplier's reference is known here."""
    if any(qty < 1 for qty in new.lines.values()):
        raise Invalid("inventory.no_units", field="lines")
    reference = new.reference.strip()
    if reference and is_known(db, new.warehouse_id, new.supplier, reference):
        raise Conflict("inventory.delivery_known", field="reference", reference=reference)
    stand_in = ids.public_token()[:20]  # unique until the id is known
    delivery = Delivery(
        number=stand_in, warehouse_id=new.warehouse_id, supplier=new.supplier.strip(),
        reference=reference or stand_in, expected_on=new.expected_on, created_by=actor.name,
    )  # fmt: skip
    db.add(delivery)
    db.flush()
    assert delivery.id is not None
    delivery.number = f"D-{delivery.id:04d}"
    delivery.reference = reference or delivery.number
    db.add_all(
        DeliveryLine(delivery_id=delivery.id, sku_id=sku, expected=qty) for sku, qty in sorted(new.lines.items())
    )
    db.flush()
    _tell(db, delivery, "announced", {"units": sum(new.lines.values())}, actor)
    return delivery


def is_known(db: Session, warehouse_id: int, supplier: str, reference: str) -> bool:
    """Whether this supplier's reference was announced for this warehouse before."""
    same = (Delivery.warehouse_id == warehouse_id, Delivery.supplier == supplier.strip())
    return db.exec(select(Delivery.id).where(*same, Delivery.reference == reference)).first() is not None


def take_in(
    db: Session, delivery: Delivery, sku: Sku, qty: int, actor: Actor, lot: Lot | None = None
) -> DeliveryLine:  # fmt: skip
    """So many units were scanned: they stand at the dock. The first ones open the delivery, which is locked.

    Raises Invalid without a lot for goods that want one, and for several units of one serial number.
    """
    assert sku.id is not None and delivery.id is not None
    if sku.tracking is not Tracking.NONE and lot is None:
        raise Invalid("inventory.lot_needed", field="lot")
    if sku.tracking is Tracking.SERIAL and qty != 1:
        raise Invalid("inventory.one_by_one", field="qty")
    dock = _dock_of(db, delivery)
    if delivery.state is DeliveryState.EXPECTED:
        advance(db, delivery, DeliveryAction.ARRIVE, actor)
    elif delivery.state is not DeliveryState.RECEIVING:
        raise Conflict("inventory.delivery_over")
    line = line_of(db, delivery, sku.id)
    supplier = service.beyond(db, PlaceKind.SUPPLIER, delivery.warehouse_id)
    step = Move(sku.id, qty, supplier, dock.id, MoveReason.RECEIVE, lot_id=lot.id if lot else None)
    booked = service.move(db, [step], "delivery", delivery.id, actor)
    line.received += qty
    db.add(line)
    db.flush()
    data = {"sku": sku.id, "lot": step.lot_id, "qty": qty, "moves": service.as_data(booked)}
    _tell(db, delivery, "taken_in", data, actor)
    return line


def set_aside(
    db: Session, delivery: Delivery, sku_id: int, qty: int, why: Aside, actor: Actor, lot_id: int | None = None
) -> Bin:  # fmt: skip
    """Of what came, so many are damaged, or quality control should see them: off the dock, not for sale.

    Raises Invalid for more than came, or without an open bin for it; Conflict when they left the dock meanwhile.
    """
    assert delivery.id is not None
    if delivery.state is not DeliveryState.RECEIVING:
        raise Conflict("inventory.delivery_over")
    line = line_of(db, delivery, sku_id)
    most = line.received - line.damaged - line.in_doubt
    if not 0 < qty <= most:
        raise Invalid("inventory.not_so_many", field="qty", most=most)
    kind, reason = _ASIDE[why]
    target = open_bin(db, delivery.warehouse_id, kind)
    step = Move(sku_id, qty, _dock_of(db, delivery).id, target.id, reason, lot_id=lot_id)
    booked = service.move(db, [step], "delivery", delivery.id, actor)
    _shift(line, why, qty)
    db.add(line)
    db.flush()
    data = {"sku": sku_id, "lot": lot_id, "qty": qty, "why": why.value, "moves": service.as_data(booked)}
    _tell(db, delivery, "set_aside", data, actor)
    return target


def undo(db: Session, delivery: Delivery, actor: Actor) -> AuditEvent:
    """Take back this person's last step here, within a minute and while the units are where it left them."""
    assert delivery.id is not None
    if delivery.state is not DeliveryState.RECEIVING:
        raise Conflict("inventory.delivery_over")
    step = steps.take_back(db, (TAKEN_IN, SET_ASIDE), actor, ("delivery", delivery.id))
    line = line_of(db, delivery, step.data["sku"])
    if step.kind == TAKEN_IN:
        line.received -= step.data["qty"]
    else:
        _shift(line, Aside(step.data["why"]), -step.data["qty"])
    db.add(line)
    db.flush()
    return step


def use_dock(db: Session, delivery: Delivery, dock: Bin) -> None:
    """What is scanned from now on is set down there. Raises Invalid for a bin that is no open dock of the house."""
    if dock.kind is not BinKind.DOCK or dock.is_closed or dock.warehouse_id != delivery.warehouse_id:
        raise Invalid("inventory.not_a_dock", bin=dock.code)
    delivery.dock_id = dock.id
    db.add(delivery)
    db.flush()


def close(db: Session, delivery: Delivery, actor: Actor) -> None:
    """Nothing more comes of it. What is missing, too many or damaged is written down for whoever calls the supplier."""
    lines = db.exec(select(DeliveryLine).where(DeliveryLine.delivery_id == delivery.id)).all()
    gaps = {line.sku_id: line.received - line.expected for line in lines}
    advance(
        db, delivery, DeliveryAction.CLOSE, actor,
        missing={str(sku): -gap for sku, gap in gaps.items() if gap < 0},
        extra={str(sku): gap for sku, gap in gaps.items() if gap > 0},
        damaged={str(line.sku_id): line.damaged for line in lines if line.damaged},
    )  # fmt: skip


def cancel(db: Session, delivery: Delivery, actor: Actor) -> None:
    """It will not come after all."""
    advance(db, delivery, DeliveryAction.CANCEL, actor)


def advance(db: Session, delivery: Delivery, action: DeliveryAction, actor: Actor, **data: object) -> None:
    """The only door to a delivery's state. Raises Conflict when the table has no such move."""
    delivery.state = DELIVERY.after(delivery.state, action)
    if action is DeliveryAction.ARRIVE:
        delivery.arrived_at = clock.now()
    elif action is DeliveryAction.CLOSE:
        delivery.closed_at = clock.now()
    db.add(delivery)
    db.flush()
    _tell(db, delivery, action.value, data, actor)


# --- quality control ---------------------------------------------------------------------------------------------


class Outcome(StrEnum):
    """What becomes of units quality control has seen."""

    GOOD = "good"
    BAD = "bad"
    BACK = "back"


def release_from_qc(
    db: Session, where: Bin, sku_id: int, qty: int, outcome: Outcome, actor: Actor, lot_id: int | None = None
) -> None:
    """Good units go to the dock and on to the shelves, bad ones to quarantine, or all the way back to the supplier.

    Raises Invalid for another kind of bin or none to go to, Conflict when fewer lie there.
    """
    if where.kind is not BinKind.QC:
        raise Invalid("inventory.not_qc", bin=where.code)
    match outcome:
        case Outcome.GOOD:
            target, reason = open_bin(db, where.warehouse_id, BinKind.DOCK).id, MoveReason.RELOCATE
        case Outcome.BAD:
            target, reason = open_bin(db, where.warehouse_id, BinKind.QUARANTINE).id, MoveReason.DAMAGE
        case Outcome.BACK:
            target, reason = service.beyond(db, PlaceKind.SUPPLIER, where.warehouse_id), MoveReason.RETURN
    service.move(db, [Move(sku_id, qty, where.id, target, reason, lot_id=lot_id)], "bin", where.id, actor)
    data = {"sku": sku_id, "qty": qty, "lot": lot_id, "outcome": outcome.value}
    record(db, Event("inventory.stock.checked", "bin", where.id, data=data), actor)


# --- parts -------------------------------------------------------------------------------------------------------


def line_of(db: Session, delivery: Delivery, sku_id: int) -> DeliveryLine:
    """The delivery's line of a SKU; a fresh one that nobody announced where there is none."""
    wanted = select(DeliveryLine).where(DeliveryLine.delivery_id == delivery.id, DeliveryLine.sku_id == sku_id)
    line = db.exec(wanted.execution_options(populate_existing=True)).first()
    return line or DeliveryLine(delivery_id=delivery.id or 0, sku_id=sku_id)


_NO_BIN = {
    BinKind.DOCK: "inventory.no_dock",
    BinKind.QC: "inventory.no_qc",
    BinKind.QUARANTINE: "inventory.no_quarantine",
}


def open_bin(db: Session, warehouse_id: int, kind: BinKind) -> Bin:
    """The first open bin of a kind. Raises Invalid when the warehouse has none."""
    wanted = select(Bin).where(Bin.warehouse_id == warehouse_id, Bin.kind == kind, col(Bin.is_closed).is_(False))
    found = db.exec(wanted.order_by(col(Bin.id))).first()
    if found is None:
        raise Invalid(_NO_BIN[kind])
    return found


def _dock_of(db: Session, delivery: Delivery) -> Bin:
    chosen = db.get(Bin, delivery.dock_id) if delivery.dock_id else None
    if chosen is not None and not chosen.is_closed:
        return chosen
    dock = open_bin(db, delivery.warehouse_id, BinKind.DOCK)
    use_dock(db, delivery, dock)
    return dock


def _shift(line: DeliveryLine, why: Aside, qty: int) -> None:
    if why is Aside.DAMAGED:
        line.damaged += qty
    else:
        line.in_doubt += qty


def _tell(db: Session, delivery: Delivery, what: str, data: Mapping[str, object], actor: Actor) -> None:
    assert delivery.id is not None
    record(db, Event(f"inventory.delivery.{what}", "delivery", delivery.id, data=data), actor)
