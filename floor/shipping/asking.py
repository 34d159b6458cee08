"""Asking a carrier for a number, or to cancel one: work that spans transactions, and may be killed between any two.

write that a call begins -> call, with no transaction open -> write what came of it. A try after one whose outcome is
unknown never orders afresh: it recalls what the same request id got.
"""

from collections.abc import Callable

from sqlmodel import Session

from floor.kit.actor import SYSTEM
from floor.kit.errors import Refused
from floor.kit.uow import reading, unit_of_work
from floor.shipping import calls, queries, resolving, service, waybills
from floor.shipping.carriers.base import (
    CarrierPort,
    CarrierTrouble,
    Down,
    Rejected,
    Unsure,
    WaybillAnswer,
    WaybillRequest,
)
from floor.shipping.models import Waybill
from floor.shipping.states import WaybillState

#: Carriers one parcel may be offered to in one go.
_ROUNDS = 4


def ask(parcel_id: int) -> bool:
    """Get the parcel its number, by another carrier where the rules say so. True when it is there.

    False: it is asked for again by itself, or waits for a person. Raises Refused when our own range is used up.
    """
    with unit_of_work() as db:
        service.ask_waybill(db, parcel_id)
    for _round in range(_ROUNDS):
        with reading() as db:
            waybill = queries.waybill_of(db, parcel_id)
        if waybill is None:
            return False
        if waybill.state is WaybillState.ACTIVE:
            return True
        if waybill.state is WaybillState.CANCELLING:
            if not _cancel(waybill.id or 0):
                return False
            continue
        if waybill.state is WaybillState.REQUESTED and _call(waybill.id or 0):
            return True
        with unit_of_work() as db:
            if not waybills.fall_back(db, parcel_id):
                return False
    return False


def _call(waybill_id: int) -> bool:
    """One call, if it may be made now; whether the number came."""
    with unit_of_work() as db:
        if not waybills.claim(db, waybill_id):
            return False
        port, request, waybill = calls.prepared(db, waybill_id)
    try:
        answer = _answer(port, request, waybill)
    except CarrierTrouble as trouble:
        _write_down(waybill_id, trouble, waybills.was_refused)
    except Exception as error:
        # Our own: a range used up, or an answer we stumbled over, after which nobody knows whether a number was issued.
        is_empty = isinstance(error, Refused) and error.code == "shipping.no_numbers"
        with unit_of_work() as db:
            goes_another_way = waybills.stumbled(db, waybill_id, "no_numbers" if is_empty else "unreadable")
        if not goes_another_way:
            raise
    else:
        with unit_of_work() as db:
            service.receive_waybill(db, waybill_id, answer.number, answer.route_code, SYSTEM)
        return True
    return False


def _answer(port: CarrierPort, request: WaybillRequest, waybill: Waybill) -> WaybillAnswer:
    """While nothing was issued for certain, order; else recall."""
    if waybill.is_sure:
        return port.issue(request)
    assert waybill.first_asked_at is not None
    return port.recall(request, waybill.first_asked_at)


def _cancel(waybill_id: int) -> bool:
    """One call, if it may be made now; whether anything came of it."""
    with unit_of_work() as db:
        if not waybills.claim(db, waybill_id):
            return False
        port, request, waybill = calls.prepared(db, waybill_id)
    try:
        port.cancel(request, waybill.number)
    except CarrierTrouble as trouble:
        _write_down(waybill_id, trouble, resolving.cancel_refused)
    else:
        with unit_of_work() as db:
            resolving.cancelled(db, waybill_id, SYSTEM)
    return True


def _write_down(waybill_id: int, trouble: CarrierTrouble, refused: Callable[[Session, int, str, str], object]) -> None:
    """Why the call brought nothing; what a clear no means is the caller's."""
    verb = {Down: waybills.was_down, Unsure: waybills.was_unsure, Rejected: refused}[type(trouble)]
    with unit_of_work() as db:
        verb(db, waybill_id, trouble.code, trouble.detail)


def due(limit: int = 20) -> list[int]:
    """Parcels to ask for now, for the chore."""
    with reading() as db:
        return waybills.due(db, limit)
