"""What customers of the demo send back: one of each kind, as far along as the desk's screens want it."""

from sqlmodel import Session, col, select

from floor.kit.actor import Actor
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import OrderLine
from floor.returns import repairing, strays
from floor.returns import service as returns
from floor.returns.models import CaseKind, Grade, ReturnCase, ReturnReason
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentState

_WELL = {"complete": True, "packaging": True, "clean": True, "works": True}
#: What each customer wants, and why.
_WISHES = (
    (CaseKind.REFUND, ReturnReason.WRONG_SIZE),
    (CaseKind.REFUND, ReturnReason.DAMAGED),
    (CaseKind.REFUND, ReturnReason.NO_LONGER_WANTED),
    (CaseKind.EXCHANGE, ReturnReason.WRONG_SIZE),
    (CaseKind.REPAIR, ReturnReason.DEFECTIVE),
    (CaseKind.REFUND, ReturnReason.NOT_AS_DESCRIBED),
)


def send_back(clerk: Actor) -> None:
    """One return is announced, one on the desk, one settled; an exchange is here, a repair has its price, one waits for
    a new bag; and a parcel came that nobody knows."""
    for n, (order_id, (kind, reason)) in enumerate(zip(_delivered_orders(), _WISHES, strict=False)):
        with unit_of_work() as db:
            line = db.exec(select(OrderLine).where(OrderLine.order_id == order_id)).first()
            assert line is not None and line.id is not None
            case = returns.request(db, order_id, {line.id: 1}, reason, "", "", Actor("customer"), kind=kind)
            if n:
                returns.arrive(db, case.id or 0, None, clerk)
            if kind is CaseKind.REPAIR:
                repairing.diagnose(db, case.id or 0, "开线，需重新缝合", clerk)
                repairing.quote(db, case.id or 0, 1500, clerk)
            elif n in (2, 5):
                _settle(db, case, line.sku_id, _WELL | {"packaging": n != 5}, clerk)
    with unit_of_work() as db:
        strays.keep(db, "YT4412907733", "", None, clerk)


def _settle(db: Session, case: ReturnCase, sku_id: int, found: dict[str, bool], clerk: Actor) -> None:
    returns.matched(db, case.id or 0, 1, sku_id)
    returns.decide(db, case.id or 0, 1, returns.Decision(Grade.A, found), None, 10**9, clerk)
    returns.close(db, case.id or 0, clerk)


def _delivered_orders() -> list[int]:
    with reading() as db:
        arrived = select(Shipment.order_id).where(Shipment.state == ShipmentState.DELIVERED)
        return list(dict.fromkeys(db.exec(arrived.order_by(col(Shipment.id)))))
