"""Numbers that were bought and are void: the carrier is asked to take them back until it has, or a person settles it.

The label is void at once, for the box waits for its new one; what the carrier says of the old number can take its time.
claim -> call, with no transaction open -> write what came of it; a worker killed in between asks again.
"""

from dataclasses import replace
from datetime import timedelta

from sqlmodel import Session, col, select

from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.errors import Conflict
from floor.kit.uow import reading, unit_of_work
from floor.shipments.models import Carrier
from floor.shipping import calls, waybills
from floor.shipping.carriers.base import CarrierTrouble, Rejected
from floor.shipping.models import Waybill
from floor.shipping.states import WaybillState

_SHORTEST, _LONGEST = timedelta(seconds=10), timedelta(hours=1)
#: With the pauses about a day: then a person telephones.
MOST_TRIES = 32


def give_back(db: Session, waybill: Waybill) -> None:
    """A void number goes back to the carrier that sold it; our own range takes none back. The caller keeps the row."""
    if waybill.number is not None and db.get_one(Carrier, waybill.carrier_id).adapter != "manual":
        waybill.undo_at, waybill.tries = clock.now(), 0
        waybill.problem = waybill.problem_detail = ""
    waybill.next_try_at = None


def ask_due(limit: int = 20) -> int:
    """Ask for what is due; returns how many carriers were called."""
    due = select(Waybill.id).where(col(Waybill.undo_at) <= clock.now()).order_by(col(Waybill.undo_at)).limit(limit)
    with reading() as db:
        ids = list(db.exec(due))
    return sum(_ask(waybill_id or 0) for waybill_id in ids)


def _ask(waybill_id: int) -> bool:
    with unit_of_work() as db:
        if not _claim(db, waybill_id):
            return False
        port, request, waybill = calls.prepared(db, waybill_id)
        if is_second(db, waybill):
            request = replace(request, request_id="")
    trouble = None
    try:
        port.cancel(request, waybill.number)
    except CarrierTrouble as no:
        trouble = no
    with unit_of_work() as db:
        _settle(db, waybill_id, trouble)
    return True


def _claim(db: Session, waybill_id: int) -> bool:
    """Begin a call. A carrier known to be away is left alone until its time has come."""
    waybill, moment = waybills.waybill_for(db, waybill_id, lock=True), clock.now()
    if waybill.state is not WaybillState.VOID or waybill.undo_at is None or waybill.undo_at > moment:
        return False
    health = waybills.health_of(db, waybill.carrier_id)
    is_away = health is not None and health.retry_at is not None and health.retry_at > moment
    waybill.undo_at = health.retry_at if health and is_away else moment + waybills.LEASE
    waybill.tries += not is_away
    db.add(waybill)
    db.flush()
    return not is_away


def _settle(db: Session, waybill_id: int, trouble: CarrierTrouble | None) -> None:
    waybill = waybills.waybill_for(db, waybill_id, lock=True)
    if waybill.undo_at is None:  # a person was faster
        return
    if trouble is None:
        taken_back(db, waybill, SYSTEM)
    elif isinstance(trouble, Rejected) or waybill.tries >= MOST_TRIES:
        waybill.undo_at, waybill.problem, waybill.problem_detail = None, "not_cancelled", trouble.detail or trouble.code
        waybills.say(db, "shipping.waybill.not_cancelled", waybill, SYSTEM, detail=trouble.detail)
    else:
        waybill.undo_at = clock.now() + min(_LONGEST, _SHORTEST * 2 ** min(waybill.tries - 1, 10))
        waybill.problem, waybill.problem_detail = trouble.code, trouble.detail
        db.add(waybill)
        db.flush()


def taken_back(db: Session, waybill: Waybill, actor: Actor) -> None:
    """The number is nobody's any more, by the carrier's word or a person's."""
    waybill.undo_at, waybill.cancelled_at = None, clock.now()
    waybill.problem = waybill.problem_detail = ""
    waybills.say(db, "shipping.waybill.cancelled", waybill, actor, waybill=waybill.number or "")


def ask_again(db: Session, waybill: Waybill, actor: Actor) -> None:
    """A person has it asked now. Raises Conflict for one that went back already, and for a second number of an order
    that lives: the carrier would cancel that one too."""
    if waybill.cancelled_at is not None or waybill.number is None or is_second(db, waybill):
        raise Conflict("shipping.not_unclear")
    give_back(db, waybill)
    waybills.say(db, "shipping.waybill.asked_again", waybill, actor)


# --- a second number of a request whose first one lives ------------------------------------------------------------


def is_second(db: Session, waybill: Waybill) -> bool:
    """Whether the carrier had given another number for the same request before."""
    first = select(Waybill.id).where(Waybill.request_id == waybill.request_id, col(Waybill.id) < waybill.id)
    return waybill.request_id != "" and db.exec(first).first() is not None


def can_give_back_second(db: Session, waybill: Waybill) -> bool:
    """Whether the carrier takes back one number of a request and leaves the other. SF does not: it cancels orders."""
    return calls.port_of(db.get_one(Carrier, waybill.carrier_id)).cancels_numbers


def give_back_second(db: Session, waybill: Waybill, actor: Actor) -> None:
    """A person has the carrier asked to take back this number alone. Raises Conflict for one that is settled, and
    where the carrier would cancel the living one with it."""
    _must_be_stray(waybill)
    if not can_give_back_second(db, waybill):
        raise Conflict("shipping.by_telephone")
    give_back(db, waybill)
    waybills.say(db, "shipping.waybill.asked_again", waybill, actor)


def keep_second(db: Session, waybill: Waybill, reason: str, actor: Actor) -> None:
    """A person leaves it with the carrier, and says why: nobody is asked any more. Conflict for one that is settled."""
    _must_be_stray(waybill)
    waybill.problem = waybill.problem_detail = ""
    waybills.say(db, "shipping.waybill.second_kept", waybill, actor, waybill=waybill.number or "", reason=reason)


def _must_be_stray(waybill: Waybill) -> None:
    if waybill.problem != "stray":
        raise Conflict("shipping.not_unclear")
