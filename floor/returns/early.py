"""Money before the goods: paid back by rule or with a supervisor, and written off when they never come."""

from sqlmodel import Session

from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid
from floor.kit.units import yuan
from floor.people.models import User
from floor.returns import cases, finding, money, ruleset, service
from floor.returns.models import CaseKind, RefundWhy, ReturnReason
from floor.returns.states import CaseAction, CaseState


def pay(db: Session, case_id: int, second: User | None, limit_fen: int, actor: Actor) -> int:
    """Pay a case back before its goods are here. Returns fen.

    Raises Conflict when they are here or it is paid, Invalid when its reason or the house's limit asks for a second
    person and none agreed.
    """
    case = cases.locked(db, case_id)
    found = cases.items(db, case_id)
    if case.state is not CaseState.REQUESTED or case.kind is not CaseKind.REFUND:
        raise Conflict("returns.not_early")
    if any(item.settled_at is not None for item in found):
        raise Conflict("returns.settled_already")
    if money.owed(db, case, found) > min(limit_fen, ruleset.now(db).terms[case.reason].early_fen):
        cases.second_person(second, actor)
    money.settle(db, case, found)
    return money.pay_rest(db, case, found, RefundWhy.EARLY, actor, second)


def write_off(db: Session, case_id: int, why: str, actor: Actor) -> None:
    """The goods were paid for and will not come. Raises Conflict unless they were, Invalid without a reason."""
    case = cases.locked(db, case_id)
    found = cases.items(db, case_id)
    if any(item.settled_at is None for item in found):
        raise Conflict("returns.not_settled")
    if not why:
        raise Invalid("returns.why_never", field="why")
    for item in found:
        item.override_reason = why
        cases.never_came(db, case, item, actor)
    cases.advance(db, case, CaseAction.WRITE_OFF, actor, units=sum(item.qty for item in found))


def lost(db: Session, parcel_id: int, asked_fen: int, limit_fen: int, actor: Actor) -> None:
    """Tracking gave a parcel up and asks for money: a case of what no case holds yet of it, paid and written off at
    once. Where less is asked for than is owed, or a second person has to agree, it waits at the desk with what was
    asked in its note. Done again it finds nothing left."""
    order_id, wants = service.unclaimed(db, parcel_id)
    if not any(wants.values()):
        return
    waybill = finding.waybill_on(db, parcel_id)
    case = service.request(db, order_id, wants, ReturnReason.LOST, f"¥{yuan(asked_fen)}", waybill, actor)
    claims = money.quotes(db, case, cases.items(db, case.id or 0))
    owed, early_fen = sum(one.total_fen for one in claims), ruleset.now(db).terms[case.reason].early_fen
    if asked_fen < sum(one.goods_fen for one in claims) or owed > min(limit_fen, early_fen):
        return
    pay(db, case.id or 0, None, limit_fen, actor)
    write_off(db, case.id or 0, waybill, actor)
