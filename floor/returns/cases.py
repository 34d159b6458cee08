"""What every verb of returns begins and ends with: the case behind its order's lock, and the door to its state."""

from sqlmodel import Session, select

from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.orders.models import Order
from floor.people.models import Role, User
from floor.returns import queries
from floor.returns.models import CaseKind, Disposition, ReturnCase, ReturnItem
from floor.returns.states import CASE, CaseAction, CaseState

_HAPPENED = {
    CaseAction.ARRIVE: "arrived", CaseAction.CLOSE: "closed", CaseAction.CANCEL: "cancelled",
    CaseAction.WRITE_OFF: "written_off",
}  # fmt: skip


def lock_order(db: Session, order_id: int) -> None:
    """Returns of one order happen one after another: quantities and money are read behind this lock."""
    if db.exec(select(Order.id).where(Order.id == order_id).with_for_update()).first() is None:
        raise Unknown("orders.unknown")


def locked(db: Session, case_id: int) -> ReturnCase:
    """The case as it is now, its order locked."""
    lock_order(db, queries.case_for(db, case_id).order_id)
    return db.get_one(ReturnCase, case_id, populate_existing=True)


def items(db: Session, case_id: int) -> list[ReturnItem]:
    """The items of a locked case as they are now, in their order."""
    mine = select(ReturnItem).where(ReturnItem.case_id == case_id).order_by(ReturnItem.position)  # type: ignore[arg-type]
    return list(db.exec(mine.execution_options(populate_existing=True)))


def locked_item(db: Session, case_id: int, position: int) -> tuple[ReturnCase, ReturnItem]:
    case = locked(db, case_id)
    for item in items(db, case_id):
        if item.position == position:
            return case, item
    raise Unknown("returns.unknown")


def open_item(db: Session, case_id: int, position: int) -> tuple[ReturnCase, ReturnItem]:
    """An item somebody may still work on. Raises Conflict when it was decided meanwhile or the case is not here."""
    case, item = locked_item(db, case_id, position)
    if case.state != CaseState.ARRIVED:
        raise Conflict("returns.not_on_the_desk")
    if item.inspected_at is not None:
        raise Conflict("returns.already_decided")
    return case, item


def never_came(db: Session, case: ReturnCase, item: ReturnItem, actor: Actor) -> None:
    """Goods that were paid or sent for did not come. Of an exchange, no more than was sent for them is given."""
    if case.kind is CaseKind.EXCHANGE:
        item.refund_fen = item.credit_fen
    item.disposition, item.inspected_at, item.inspected_by = Disposition.NEVER_CAME, clock.now(), actor.id
    db.add(item)
    db.flush()


def advance(db: Session, case: ReturnCase, action: CaseAction, actor: Actor, **data: object) -> None:
    """The only door to a case's state. Raises Conflict when the table has no such move."""
    assert case.id is not None
    case.state = CASE.after(case.state, action)
    if action is CaseAction.ARRIVE:
        case.arrived_at = clock.now()
    elif case.state is CaseState.CLOSED:
        case.closed_at = clock.now()
    db.add(case)
    db.flush()
    record(db, Event(f"returns.case.{_HAPPENED[action]}", "return", case.id, case.order_id, data), actor)


def second_person(second: User | None, actor: Actor) -> None:
    """Raises Invalid unless another person, a supervisor, agreed."""
    if second is None:
        raise Invalid("returns.second_person", field="badge")
    if second.id == actor.id or second.role not in (Role.SUPERVISOR, Role.ADMIN):
        raise Invalid("returns.not_a_second", field="badge")
