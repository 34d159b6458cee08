"""Verbs of returns: announce, receive, inspect, decide, pay back once, put away.

Money and quantities of an order are settled under the lock of its row: whoever comes second sees what the first did.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from sqlmodel import Session, func, select

from floor.events.service import Event, record
from floor.inventory import queries as inventory_queries
from floor.inventory import service as inventory
from floor.inventory.models import Bin, BinKind, MoveReason, PlaceKind
from floor.inventory.service import Move
from floor.kit import clock, ids
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.orders.models import Order
from floor.people.models import Role, User
from floor.returns import queries
from floor.returns.models import Disposition, Grade, Refund, ReturnCase, ReturnItem, ReturnReason
from floor.returns.rules import suggest
from floor.returns.states import CASE, CaseAction, CaseState

#: How long a decision may be taken back.
UNDO_WITHIN = timedelta(seconds=30)

_HAPPENED = {CaseAction.ARRIVE: "arrived", CaseAction.CLOSE: "closed", CaseAction.CANCEL: "cancelled"}


def request(
    db: Session,
    order_id: int,
    wants: Mapping[int, int],
    reason: ReturnReason,
    note: str,
    waybill: str,
    actor: Actor,
) -> ReturnCase:
    """Announce a return: order_line_id -> units. Raises Invalid when nothing or more than is out was chosen."""
    _lock_order(db, order_id)
    open_lines = {one.line.id: one for one in queries.returnable(db, order_id)}
    chosen = {line_id: qty for line_id, qty in sorted(wants.items()) if qty}
    if not chosen:
        raise Invalid("returns.nothing_chosen")
    for line_id, qty in chosen.items():
        left = open_lines[line_id].left if line_id in open_lines else 0
        if not 0 < qty <= left:
            raise Invalid("returns.too_many", field=f"qty_{line_id}", left=left)
    case = ReturnCase(
        number=ids.public_token()[:20],  # unique until the id is known
        order_id=order_id,
        warehouse_id=queries.home_of(db, chosen),
        reason=reason,
        note=note,
        waybill_number=waybill.upper(),
    )
    db.add(case)
    db.flush()
    assert case.id is not None
    case.number = f"R-{case.id:04d}"
    for position, (line_id, qty) in enumerate(chosen.items(), start=1):
        sku_id = open_lines[line_id].line.sku_id
        db.add(ReturnItem(case_id=case.id, position=position, order_line_id=line_id, sku_id=sku_id, qty=qty))
    db.flush()
    data = {"reason": reason, "units": sum(chosen.values())}
    record(db, Event("returns.case.requested", "return", case.id, order_id, data), actor)
    return case


def arrive(db: Session, case_id: int, site: int | None, actor: Actor) -> ReturnCase:
    """The parcel is on our desk: its announced units stand on the returns shelf of this site from now on.

    `site` is the warehouse of the clerk; None keeps the one the goods came from.
    """
    case = _locked(db, case_id)
    if site is not None:
        case.warehouse_id = site
    advance(db, case, CaseAction.ARRIVE, actor)
    shelf = queries.bin_of_kind(db, case.warehouse_id, BinKind.RETURNS).id
    outside = inventory.beyond(db, PlaceKind.CUSTOMER, case.warehouse_id)
    units = [Move(i.sku_id, i.qty, outside, shelf, MoveReason.RETURN) for i, _sku in queries.items_of(db, case_id)]
    inventory.move(db, units, "return", case_id, actor)
    return case


def cancel(db: Session, case_id: int, actor: Actor) -> None:
    """The goods will not come after all."""
    advance(db, _locked(db, case_id), CaseAction.CANCEL, actor)


def advance(db: Session, case: ReturnCase, action: CaseAction, actor: Actor, **data: object) -> None:
    """The only door to a case's state. Raises Conflict when the table has no such move."""
    assert case.id is not None
    case.state = CASE.after(case.state, action)
    if action is CaseAction.ARRIVE:
        case.arrived_at = clock.now()
    elif action is CaseAction.CLOSE:
        case.closed_at = clock.now()
    db.add(case)
    db.flush()
    record(db, Event(f"returns.case.{_HAPPENED[action]}", "return", case.id, case.order_id, data), actor)


# --- one item at the desk ----------------------------------------------------------------------------------------


def matched(db: Session, case_id: int, position: int, sku_id: int) -> ReturnItem:
    """The goods in hand were scanned. Raises Invalid unless they are what this line sold."""
    _case, item = _open_item(db, case_id, position)
    if item.sku_id != sku_id:
        raise Invalid("returns.not_this_item")
    item.scanned_at = item.scanned_at or clock.now()
    db.add(item)
    db.flush()
    return item


def split(db: Session, case_id: int, position: int, actor: Actor) -> ReturnItem:
    """One unit differs from the others: keep one here, the rest becomes an item of its own. Returns the rest."""
    case, item = _open_item(db, case_id, position)
    if item.qty < 2:
        raise Invalid("returns.nothing_to_split")
    last = db.exec(select(func.max(ReturnItem.position)).where(ReturnItem.case_id == case_id)).one()
    rest = ReturnItem(
        case_id=case_id, position=last + 1, order_line_id=item.order_line_id, sku_id=item.sku_id, qty=item.qty - 1
    )
    item.qty = 1
    db.add_all([item, rest])
    db.flush()
    data = {"position": position, "rest": rest.position}
    record(db, Event("returns.item.split", "return", case_id, case.order_id, data), actor)
    return rest


def missing(db: Session, case_id: int, position: int, actor: Actor) -> None:
    """Announced but not in the parcel: the units are still with the customer, and bring no money."""
    case, item = _open_item(db, case_id, position)
    shelf = queries.bin_of_kind(db, case.warehouse_id, BinKind.RETURNS).id
    outside = inventory.beyond(db, PlaceKind.CUSTOMER, case.warehouse_id)
    inventory.move(db, [Move(item.sku_id, item.qty, shelf, outside, MoveReason.CORRECTION)], "return", case_id, actor)
    db.delete(item)
    db.flush()
    data = {"position": position, "units": item.qty}
    record(db, Event("returns.item.missing", "return", case_id, case.order_id, data), actor)


@dataclass(frozen=True)
class Decision:
    """What the clerk found. `disposition` None follows the rule; `photo` is a checked JPEG."""

    grade: Grade
    checks: Mapping[str, bool] = field(default_factory=dict)
    disposition: Disposition | None = None
    override_reason: str = ""
    photo: bytes | None = None


def decide(
    db: Session, case_id: int, position: int, found: Decision, second: User | None, limit_fen: int, actor: Actor
) -> ReturnItem:
    """Settle one item: what becomes of it and what goes back for it.

    Raises Conflict when a colleague was faster; Invalid when the goods were not scanned, when an override has no
    reason, and when a refund above `limit_fen` has no second person.
    """
    case, item = _open_item(db, case_id, position)
    if item.scanned_at is None:
        raise Invalid("returns.not_scanned")
    rule = suggest(found.grade, case.reason, found.checks)
    disposition = found.disposition or rule.disposition
    if disposition != rule.disposition and not found.override_reason:
        raise Invalid("returns.reason_needed", field="override_reason")
    money = queries.quote(db, case, item)
    if money.total_fen > limit_fen:
        _second_person(second, actor)
    item.checks, item.grade = dict(found.checks), found.grade
    item.suggested, item.disposition = rule.disposition, disposition
    item.override_reason = found.override_reason if disposition != rule.disposition else ""
    item.refund_fen, item.freight_fen = money.total_fen, money.freight_fen
    item.photo = found.photo
    item.inspected_at, item.inspected_by = clock.now(), actor.id
    db.add(item)
    db.flush()
    data = {
        "position": position, "grade": found.grade, "rule": rule.code, "disposition": disposition,
        "refund_fen": item.refund_fen, "second": second.id if second else None,
    }  # fmt: skip
    record(db, Event("returns.item.decided", "return", case_id, case.order_id, data), actor)
    return item


def _second_person(second: User | None, actor: Actor) -> None:
    if second is None:
        raise Invalid("returns.second_person", field="badge")
    if second.id == actor.id or second.role not in (Role.SUPERVISOR, Role.ADMIN):
        raise Invalid("returns.not_a_second", field="badge")


def take_back(db: Session, case_id: int, position: int, actor: Actor) -> None:
    """Undo a decision of the last 30 seconds, while the case is open."""
    case, item = _locked_item(db, case_id, position)
    recent = item.inspected_at is not None and clock.now() - item.inspected_at <= UNDO_WITHIN
    if case.state != CaseState.ARRIVED or not recent:
        raise Conflict("returns.too_late")
    item.grade = item.suggested = item.disposition = item.inspected_at = item.inspected_by = None
    item.override_reason, item.refund_fen, item.freight_fen = "", 0, 0
    db.add(item)
    db.flush()
    record(db, Event("returns.item.taken_back", "return", case_id, case.order_id, {"position": position}), actor)


def close(db: Session, case_id: int, actor: Actor) -> Refund:
    """Every item is decided: record the refund, once, and send the goods where they were decided to go.

    Restocked goods stay on the returns shelf until somebody puts them away.
    """
    case = _locked(db, case_id)
    items = [item for item, _sku in queries.items_of(db, case_id)]
    if any(item.inspected_at is None for item in items):
        raise Invalid("returns.not_all_inspected")
    amount = sum(item.refund_fen for item in items)
    order = db.get(Order, case.order_id)
    before = select(func.coalesce(func.sum(Refund.amount_fen), 0)).where(Refund.order_id == case.order_id)
    if order is None or db.exec(before).one() + amount > order.paid_fen:
        raise Conflict("returns.more_than_paid")
    advance(db, case, CaseAction.CLOSE, actor, refund_fen=amount)
    refund = Refund(case_id=case_id, order_id=case.order_id, amount_fen=amount, recorded_by=actor.id)
    db.add(refund)
    db.flush()
    _send_on(db, case, items, actor)
    return refund


def _send_on(db: Session, case: ReturnCase, items: list[ReturnItem], actor: Actor) -> None:
    house = case.warehouse_id
    shelf = queries.bin_of_kind(db, house, BinKind.RETURNS).id
    moves = []
    for item in items:
        match item.disposition:
            case Disposition.SECOND_CHOICE:
                target, why = queries.bin_of_kind(db, house, BinKind.QUARANTINE).id, MoveReason.PUT_AWAY
            case Disposition.SCRAP:
                target, why = inventory.beyond(db, PlaceKind.SCRAP, house), MoveReason.DAMAGE
            case Disposition.SUPPLIER:
                target, why = inventory.beyond(db, PlaceKind.SUPPLIER, house), MoveReason.RETURN
            case _:
                continue
        moves.append(Move(item.sku_id, item.qty, shelf, target, why))
    inventory.move(db, moves, "return", case.id or 0, actor)


# --- put-away ----------------------------------------------------------------------------------------------------


def put_away(db: Session, item_id: int, bin_code: str, actor: Actor) -> Bin:
    """Bring a restocked item from the returns shelf to a pick face of its warehouse.

    Raises Conflict when a colleague already did, Invalid for a code that is no open pick face here.
    """
    item = db.exec(select(ReturnItem).where(ReturnItem.id == item_id).with_for_update()).first()
    if item is None:
        raise Unknown("returns.unknown")
    case = queries.case_for(db, item.case_id)
    if case.state != CaseState.CLOSED or item.disposition != Disposition.RESTOCK or item.put_away_at is not None:
        raise Conflict("returns.put_away_already")
    target = inventory_queries.bin_by_code(db, case.warehouse_id, bin_code.strip().upper())
    if target is None or target.kind != BinKind.PICK or target.is_closed:
        raise Invalid("returns.no_pick_face", scanned=bin_code.strip()[:20])
    shelf = queries.bin_of_kind(db, case.warehouse_id, BinKind.RETURNS).id
    step = Move(item.sku_id, item.qty, shelf, target.id, MoveReason.PUT_AWAY)
    inventory.move(db, [step], "return", item.case_id, actor)
    item.put_away_at = clock.now()
    db.add(item)
    db.flush()
    data = {"position": item.position, "bin": target.code, "units": item.qty}
    record(db, Event("returns.item.put_away", "return", item.case_id, case.order_id, data), actor)
    return target


# --- locks -------------------------------------------------------------------------------------------------------


def _lock_order(db: Session, order_id: int) -> None:
    """Returns of one order happen one after another: quantities and money are read behind this lock."""
    if db.exec(select(Order.id).where(Order.id == order_id).with_for_update()).first() is None:
        raise Unknown("orders.unknown")


def _locked(db: Session, case_id: int) -> ReturnCase:
    """The case as it is now, its order locked."""
    _lock_order(db, queries.case_for(db, case_id).order_id)
    case = db.get(ReturnCase, case_id, populate_existing=True)
    if case is None:
        raise Unknown("returns.unknown")
    return case


def _locked_item(db: Session, case_id: int, position: int) -> tuple[ReturnCase, ReturnItem]:
    case = _locked(db, case_id)
    wanted = select(ReturnItem).where(ReturnItem.case_id == case_id, ReturnItem.position == position)
    item = db.exec(wanted.execution_options(populate_existing=True)).first()
    if item is None:
        raise Unknown("returns.unknown")
    return case, item


def _open_item(db: Session, case_id: int, position: int) -> tuple[ReturnCase, ReturnItem]:
    """An item somebody may still work on. Raises Conflict when it was decided meanwhile or the case is not here."""
    case, item = _locked_item(db, case_id, position)
    if case.state != CaseState.ARRIVED:
        raise Conflict("returns.not_on_the_desk")
    if item.inspected_at is not None:
        raise Conflict("returns.already_decided")
    return case, item
