"""What people do about a waybill: try again, send it another way, type the number in, cancel it.

A number that may have been issued is cancelled at the carrier before the label is void and another is asked for.
"""

import re

from sqlmodel import Session, select

from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.errors import Conflict, Invalid
from floor.packing import queries as packing
from floor.packing.models import Parcel
from floor.packing.states import ParcelState
from floor.shipments.models import Carrier
from floor.shipping import choosing, voiding, waybills
from floor.shipping.choosing import Choice
from floor.shipping.models import Waybill
from floor.shipping.states import WAYBILL, WaybillAction, WaybillState

_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{5,38}")


def try_again(db: Session, waybill: Waybill, actor: Actor) -> None:
    """Ask now: for the number, or to take a void one back. Raises Conflict for one that needs no asking, and while it
    is being asked."""
    if waybill.state is WaybillState.VOID:
        voiding.ask_again(db, waybill, actor)
        return
    _may_change(db, waybill)
    if waybill.state in (WaybillState.UNSURE, WaybillState.REFUSED):
        waybill.state = WAYBILL.after(waybill.state, WaybillAction.RETRY)
        waybill.tries = 0
    elif waybill.state not in (WaybillState.REQUESTED, WaybillState.CANCELLING):
        raise Conflict("shipping.number_there")
    waybill.next_try_at = clock.now()
    health = waybills.health_of(db, waybill.carrier_id)
    if health is not None and health.retry_at is not None:
        health.retry_at = clock.now()
        db.add(health)
    waybills.say(db, "shipping.waybill.asked_again", waybill, actor)


def go_by(db: Session, waybill: Waybill, carrier_id: int, service_id: int | None, actor: Actor) -> None:
    """Another way, as a person says. What may have been issued is cancelled first; the rest is asked for at once.

    Raises Conflict for a parcel that is closed or gone, and while the number is being asked for; Invalid for no way.
    """
    parcel = _may_change(db, waybill)
    way = choosing.by_person(db, parcel, carrier_id, service_id)
    if way is None:
        raise Invalid("shipping.unknown_service", field="way")
    if waybill.number is None and waybill.is_sure:
        waybills.drop(db, waybill)
        _begin(db, parcel, way, actor)
        return
    waybill.choice = {**waybill.choice, "then": [carrier_id, service_id]}
    cancel(db, waybill, actor)


def _begin(db: Session, parcel: Parcel, way: Choice | None, actor: Actor) -> None:
    fresh = waybills.begin(db, parcel, way)
    waybills.wait_for_papers(db, parcel.id)
    waybills.say(db, "shipping.waybill.went_by", fresh, actor, carrier=db.get_one(Carrier, fresh.carrier_id).code)


def enter_number(db: Session, waybill: Waybill, number: str, actor: Actor) -> None:
    """The number as the carrier told it by telephone or on its page. Raises Invalid for none, and for one in use."""
    _may_change(db, waybill)
    number = number.strip().upper()
    if waybill.number is not None or waybill.state is WaybillState.CANCELLING:
        raise Conflict("shipping.number_there")
    if not _NUMBER.fullmatch(number):
        raise Invalid("shipping.no_number", field="number")
    if db.exec(select(Waybill.id).where(Waybill.number == number)).first() is not None:
        raise Invalid("shipping.number_used", field="number")
    waybill.is_by_hand = True
    waybill.number, waybill.received_at = number, clock.now()
    waybill.state = WAYBILL.after(waybill.state, WaybillAction.RECEIVE)
    waybill.next_try_at, waybill.problem, waybill.problem_detail = None, "", ""
    waybills.fresh_papers(db, waybill.parcel_id)
    waybills.say(db, "shipping.waybill.entered", waybill, actor, waybill=number)


def none_was_issued(db: Session, waybill: Waybill, actor: Actor) -> None:
    """A person asked the carrier: it knows no such order. From here it counts as never asked, under a new id."""
    parcel = _may_change(db, waybill)
    if waybill.state is not WaybillState.UNSURE:
        raise Conflict("shipping.not_unclear")
    waybills.drop(db, waybill)
    fresh = waybills.begin(db, parcel, choosing.choose(db, parcel))
    waybills.say(db, "shipping.waybill.none_issued", fresh, actor)


def cancel(db: Session, waybill: Waybill, actor: Actor) -> None:
    """Have the carrier cancel it; the label is void when it has. Raises Conflict once the parcel left."""
    _may_change(db, waybill)
    if waybill.state is WaybillState.REFUSED:
        raise Conflict("shipping.number_missing")
    waybill.state = WAYBILL.after(waybill.state, WaybillAction.CANCEL)
    waybill.next_try_at, waybill.tries = clock.now(), 0
    # From here on: sure what became of the cancellation. With a number heard, the issuing is settled.
    waybill.is_sure = waybill.is_sure or waybill.number is not None
    waybill.problem, waybill.problem_detail = "", ""
    waybills.wait_for_papers(db, waybill.parcel_id)
    waybills.say(db, "shipping.waybill.cancel_asked", waybill, actor)


def cancelled(db: Session, waybill_id: int, actor: Actor) -> None:
    """The carrier cancelled it, or never had it: the label is void. What a person chose next is asked for now."""
    waybill = waybills.waybill_for(db, waybill_id, lock=True)
    waybills.answered(db, waybill.carrier_id)
    if waybill.state is not WaybillState.CANCELLING:
        return
    then = waybill.choice.get("then")
    waybills.drop(db, waybill)
    waybills.tell(db, "shipping.waybill.cancelled", waybill, actor, waybill=waybill.number or "")
    if then is not None:
        parcel = db.get_one(Parcel, waybill.parcel_id)
        _begin(db, parcel, choosing.by_person(db, parcel, then[0], then[1]), actor)


def cancel_refused(db: Session, waybill_id: int, code: str, detail: str) -> None:
    """The carrier would not cancel: a number that was heard goes on living. One that was not, or whose cancellation may
    have been done by a call before, stays with a person."""
    waybill = waybills.waybill_for(db, waybill_id, lock=True)
    waybills.answered(db, waybill.carrier_id)
    if waybill.state is not WaybillState.CANCELLING:
        return
    waybills.settle_call(db, waybill, "not_cancelled", detail or code)
    waybill.next_try_at = None
    if waybill.number is not None and waybill.is_sure:
        _keep(db, waybill)
    db.add(waybill)
    db.flush()
    waybills.tell(db, "shipping.waybill.not_cancelled", waybill, SYSTEM, detail=detail)


def keep(db: Session, waybill: Waybill, actor: Actor) -> None:
    """A person found that the number lives on: its label is printed again."""
    _may_change(db, waybill)
    if waybill.state is not WaybillState.CANCELLING or waybill.number is None:
        raise Conflict("shipping.not_unclear")
    _keep(db, waybill)
    waybills.say(db, "shipping.waybill.kept", waybill, actor, waybill=waybill.number)


def _keep(db: Session, waybill: Waybill) -> None:
    waybill.state = WAYBILL.after(waybill.state, WaybillAction.KEEP)
    waybill.choice = {key: value for key, value in waybill.choice.items() if key != "then"}
    waybill.next_try_at = None


def let_go(db: Session, waybill: Waybill, actor: Actor) -> None:
    """A person settled the cancellation with the carrier: void, without asking it again."""
    if waybill.state is WaybillState.VOID and (waybill.problem or waybill.undo_at):
        voiding.taken_back(db, waybill, actor)
        return
    _may_change(db, waybill)
    if waybill.state is not WaybillState.CANCELLING:
        raise Conflict("shipping.not_unclear")
    cancelled(db, waybill.id or 0, actor)


def _may_change(db: Session, waybill: Waybill) -> Parcel:
    """Lock the parcel, then the waybill, in the one order; look at both afresh."""
    parcel = packing.parcel_for(db, waybill.parcel_id, lock=True)
    waybills.waybill_for(db, waybill.id or 0, lock=True)
    if parcel.state is not ParcelState.BOXED:
        raise Conflict("shipping.label_proven")
    if waybills.is_calling(waybill):
        raise Conflict("shipping.being_asked")
    return parcel
