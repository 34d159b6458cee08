"""Verbs of waybills: a number asked for once, whatever the carrier does; and what a person does when it is unclear.

The row is written before the carrier hears of it and carries the request id of every try. A number is given up only
where it is certain that none was issued, or after the carrier cancelled it. Locks: the parcel, its waybill, then its
carrier's health.
"""

from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.db import upsert
from floor.kit.errors import Unknown
from floor.packing import queries as packing
from floor.packing.models import Parcel
from floor.shipments.models import Carrier, Shipment
from floor.shipping import choosing, queries
from floor.shipping.choosing import Choice
from floor.shipping.models import PrintJob, PrintState, Waybill
from floor.shipping.models_carriers import CarrierHealth
from floor.shipping.states import WAYBILL, WaybillAction, WaybillState

#: How long one call may hold a waybill; well above what a call may take.
LEASE = timedelta(seconds=60)
#: Unclear answers before a person is asked: with the pauses about five minutes.
DOUBTS = 6
_SHORTEST, _LONGEST = timedelta(seconds=3), timedelta(minutes=2)


def begin(db: Session, parcel: Parcel, choice: Choice | None) -> Waybill:
    """The row that asks. `choice` None: nobody else takes it, so the plan's carrier is asked as it is."""
    shipment = db.get_one(Shipment, parcel.shipment_id)
    before = db.exec(select(func.count()).select_from(Waybill).where(Waybill.parcel_id == parcel.id)).one()
    offer = choice.offer if choice else None
    waybill = Waybill(
        parcel_id=parcel.id,
        carrier_id=offer.carrier_id if offer else shipment.carrier_id,
        service_id=offer.service_id if offer else None,
        cost_fen=offer.cost_fen if offer else 0,
        request_id=f"{parcel.number}-{before + 1}",
        choice=choice.kept() if choice else {},
        next_try_at=clock.now(),
    )
    db.add(waybill)
    db.flush()
    return waybill


def waybill_for(db: Session, waybill_id: int, *, lock: bool = False) -> Waybill:
    """The waybill, or Unknown; locked and fresh if asked."""
    waybill = db.get(Waybill, waybill_id, with_for_update=lock or None, populate_existing=lock)
    if waybill is None:
        raise Unknown("shipping.unknown_waybill")
    return waybill


# --- asking --------------------------------------------------------------------------------------------------------


def claim(db: Session, waybill_id: int) -> bool:
    """Begin a call, if nobody else is calling and the carrier is not known to be away. Counts the try.

    While a carrier is away one caller knocks, when its time has come; the others come back then.
    """
    waybill, moment = waybill_for(db, waybill_id, lock=True), clock.now()
    if waybill.state not in (WaybillState.REQUESTED, WaybillState.CANCELLING):
        return False
    if is_calling(waybill) or waybill.next_try_at is None or waybill.next_try_at > moment:
        return False
    health = health_of(db, waybill.carrier_id)
    if health is not None and health.retry_at is not None:
        if health.retry_at > moment:
            waybill.next_try_at = health.retry_at
            waybill.problem = waybill.problem or health.error
            db.add(waybill)
            db.flush()
            return False
        health.retry_at = moment + LEASE
        db.add(health)
    if waybill.asking_until is not None:  # whoever called died before it could say what came of it
        waybill.is_sure = False
    waybill.tries += 1
    waybill.first_asked_at = waybill.first_asked_at or moment
    waybill.asking_until = moment + LEASE
    waybill.next_try_at = moment + LEASE
    db.add(waybill)
    db.flush()
    return True


def receive(db: Session, waybill_id: int, number: str, route_code: str, actor: Actor) -> None:
    """The carrier answered. The same answer again changes nothing; another number is written down to be cancelled."""
    waybill = waybill_for(db, waybill_id, lock=True)
    answered(db, waybill.carrier_id)
    if waybill.state is WaybillState.VOID and waybill.number is None:  # voided while it was asked for
        waybill.number, waybill.undo_at, waybill.tries = number, clock.now(), 0
        db.add(waybill)
        db.flush()
        return
    if waybill.state in (WaybillState.ACTIVE, WaybillState.VOID):
        if waybill.number != number:
            _stray(db, waybill, number, actor)
        return
    waybill.number, waybill.route_code = number, route_code
    waybill.received_at = waybill.received_at or clock.now()
    waybill.asking_until = None
    if waybill.state is not WaybillState.CANCELLING:
        waybill.state = WAYBILL.after(waybill.state, WaybillAction.RECEIVE)
        waybill.next_try_at, waybill.problem, waybill.problem_detail = None, "", ""
        fresh_papers(db, waybill.parcel_id)
    db.add(waybill)
    db.flush()
    if waybill.state is WaybillState.ACTIVE:
        tell(db, "shipping.waybill.received", waybill, actor, waybill=number)


def _stray(db: Session, waybill: Waybill, number: str, actor: Actor) -> None:
    """A second number for one request: it is nobody's, and is cancelled like any other."""
    known = db.exec(select(Waybill.id).where(Waybill.number == number)).first()
    if known is not None:
        return
    db.add(
        Waybill(
            parcel_id=waybill.parcel_id, carrier_id=waybill.carrier_id, service_id=waybill.service_id, number=number,
            request_id=waybill.request_id, state=WaybillState.VOID, problem="stray",
        )
    )  # fmt: skip
    db.flush()
    tell(db, "shipping.waybill.stray", waybill, actor, waybill=number)


def answered(db: Session, carrier_id: int) -> None:
    """The carrier can be reached."""
    health = health_of(db, carrier_id)
    if health is not None and (health.fails or health.retry_at):
        health.down_since, health.retry_at, health.fails, health.error = None, None, 0, ""
        db.add(health)
        db.flush()


def was_down(db: Session, waybill_id: int, code: str, detail: str) -> None:
    """The call did not get through: nothing was issued by it. The carrier is left alone for a while."""
    waybill = waybill_for(db, waybill_id, lock=True)
    _is_away(db, waybill, code)
    settle_call(db, waybill, code, detail)


def was_unsure(db: Session, waybill_id: int, code: str, detail: str) -> None:
    """The call may have issued a number. It is asked for under the same id; after some tries a person is asked."""
    waybill = waybill_for(db, waybill_id, lock=True)
    waybill.is_sure = False
    _is_away(db, waybill, code)
    settle_call(db, waybill, code, detail)
    if waybill.state is WaybillState.REQUESTED and waybill.tries >= DOUBTS:
        doubt(db, waybill, SYSTEM)


def doubt(db: Session, waybill: Waybill, actor: Actor) -> None:
    waybill.state = WAYBILL.after(waybill.state, WaybillAction.DOUBT)
    waybill.next_try_at = None
    db.add(waybill)
    db.flush()
    tell(db, "shipping.waybill.unclear", waybill, actor, problem=waybill.problem)


def was_refused(db: Session, waybill_id: int, code: str, detail: str) -> None:
    """The carrier said no. If an earlier call is unclear, that proves nothing, and a person finds out."""
    waybill = waybill_for(db, waybill_id, lock=True)
    answered(db, waybill.carrier_id)
    settle_call(db, waybill, code, detail)
    if waybill.state is not WaybillState.REQUESTED:
        return
    if not waybill.is_sure:
        doubt(db, waybill, SYSTEM)
        return
    waybill.state = WAYBILL.after(waybill.state, WaybillAction.REFUSE)
    waybill.next_try_at = None
    db.add(waybill)
    db.flush()
    tell(db, "shipping.waybill.refused", waybill, SYSTEM, problem=code, detail=detail)


def stumbled(db: Session, waybill_id: int, code: str) -> bool:
    """The call ended in an error of our own. True when the parcel may go another way: our range of numbers is used up,
    and the carrier's rule lets its parcels go."""
    waybill = waybill_for(db, waybill_id, lock=True)
    carrier = db.get_one(Carrier, waybill.carrier_id)
    waybill.is_sure = waybill.is_sure and carrier.adapter == "manual"
    health = health_of(db, waybill.carrier_id)
    if health is not None and health.retry_at is not None:
        health.retry_at = clock.now() + _pause(health.fails)
        db.add(health)
    settle_call(db, waybill, code, "")
    if code != "no_numbers" or carrier.fallback_minutes is None or waybill.state is not WaybillState.REQUESTED:
        return False
    waybill.state = WAYBILL.after(waybill.state, WaybillAction.REFUSE)
    waybill.next_try_at = None
    db.add(waybill)
    db.flush()
    return True


def settle_call(db: Session, waybill: Waybill, code: str, detail: str) -> None:
    health = health_of(db, waybill.carrier_id)
    waybill.asking_until = None
    waybill.problem, waybill.problem_detail = code, detail
    waybill.next_try_at = health.retry_at if health and health.retry_at else clock.now() + _pause(waybill.tries)
    db.add(waybill)
    db.flush()


def _pause(fails: int) -> timedelta:
    return min(_LONGEST, _SHORTEST * 2 ** min(max(fails - 1, 0), 10))


def health_of(db: Session, carrier_id: int) -> CarrierHealth | None:
    return db.get(CarrierHealth, carrier_id, with_for_update=True, populate_existing=True)


def _is_away(db: Session, waybill: Waybill, code: str) -> None:
    health = health_of(db, waybill.carrier_id)
    if health is None:
        row = {"carrier_id": waybill.carrier_id, "fails": 0, "error": ""}
        db.execute(upsert(db, CarrierHealth).values(row).on_conflict_do_nothing())
        health = health_of(db, waybill.carrier_id)
        assert health is not None
    health.down_since = health.down_since or clock.now()
    health.fails += 1
    health.error = code
    health.retry_at = clock.now() + _pause(health.fails)
    db.add(health)
    db.flush()


# --- another way ---------------------------------------------------------------------------------------------------


def fall_back(db: Session, parcel_id: int) -> bool:
    """Another carrier by rule, where the present one is away for too long or said no, and certainly issued nothing.

    True when the parcel's number is now asked for elsewhere.
    """
    parcel = packing.parcel_for(db, parcel_id, lock=True)
    waybill = queries.waybill_of(db, parcel_id, lock=True)
    if waybill is None or not waybill.is_sure or is_calling(waybill):
        return False
    carrier = db.get_one(Carrier, waybill.carrier_id)
    if carrier.fallback_minutes is None:
        return False
    is_away = waybill.state is WaybillState.REQUESTED and choosing.waited_out(carrier, health_of(db, carrier.id or 0))
    if not is_away and waybill.state is not WaybillState.REFUSED:
        return False
    choice = choosing.choose(db, parcel, _tried(db, parcel_id))
    if choice is None:
        return False
    drop(db, waybill)
    fresh = begin(db, parcel, choice)
    to = db.get_one(Carrier, fresh.carrier_id).code
    tell(db, "shipping.waybill.fell_back", fresh, SYSTEM, was=carrier.code, carrier=to, problem=waybill.problem)
    return True


def _tried(db: Session, parcel_id: int) -> set[int]:
    """Carriers this parcel's number was asked for at; one that a person cancelled may be asked again by a person."""
    return set(db.exec(select(Waybill.carrier_id).where(Waybill.parcel_id == parcel_id)))


def drop(db: Session, waybill: Waybill) -> None:
    waybill.state = WAYBILL.after(waybill.state, WaybillAction.DROP)
    waybill.next_try_at = waybill.asking_until = None
    db.add(waybill)
    db.flush()


def is_calling(waybill: Waybill) -> bool:
    return waybill.asking_until is not None and waybill.asking_until > clock.now()


# --- papers and the trail --------------------------------------------------------------------------------------------


def fresh_papers(db: Session, parcel_id: int) -> None:
    """A label of another number is worth nothing: print the one of this number."""
    failed = sa.update(PrintJob).where(col(PrintJob.parcel_id) == parcel_id, col(PrintJob.state) == PrintState.FAILED)
    db.execute(failed.values(state=PrintState.QUEUED, error="").execution_options(synchronize_session=False))


def wait_for_papers(db: Session, parcel_id: int) -> None:
    """The label that is there is not to be stuck on any more."""
    gone = sa.update(PrintJob).where(col(PrintJob.parcel_id) == parcel_id, col(PrintJob.state) != PrintState.QUEUED)
    again = {"state": PrintState.QUEUED, "pdf": None, "error": ""}
    db.execute(gone.values(again).execution_options(synchronize_session="fetch"))


def say(db: Session, kind: str, one: Waybill, actor: Actor, /, **data: object) -> None:
    """Keep the row and record what happened: a worker that subscribes hears of it at once, not at the next round."""
    db.add(one)
    db.flush()
    tell(db, kind, one, actor, **data)


def tell(db: Session, kind: str, one: Waybill, actor: Actor, /, **data: object) -> None:
    """Into the trail of the parcel and of its order; codes and numbers only."""
    parcel = db.get_one(Parcel, one.parcel_id)
    order_id = db.get_one(Shipment, parcel.shipment_id).order_id
    given = {"request": one.request_id, **data}
    record(db, Event(kind, "parcel", parcel.id, order_id, given), actor)


def due(db: Session, limit: int = 20) -> list[int]:
    """Parcels whose number, or cancellation, is to be asked for now."""
    moment = clock.now()
    query = (
        select(Waybill.parcel_id)
        .where(col(Waybill.state).in_((WaybillState.REQUESTED, WaybillState.CANCELLING)))
        .where(col(Waybill.next_try_at) <= moment)
        .order_by(col(Waybill.next_try_at), col(Waybill.id))
        .limit(limit)
    )
    return list(db.exec(query))
