"""What returns do when something happened."""

from floor.events.relay import Happened
from floor.intake.models import Channel
from floor.inventory.handlers import post
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders import queries as orders
from floor.orders.joining import shops_number
from floor.orders.models import Order
from floor.returns import early, queries, telling
from floor.returns.models import CaseKind, RefundKind
from floor.settings import bound


def pay_lost(happened: Happened) -> None:
    """tracking.exception.refund_asked: the customer of a parcel that was given up gets the money for it."""
    with unit_of_work() as db:
        early.lost(db, happened.subject_id, happened.data["amount_fen"], bound().second_person_fen, SYSTEM)


def tell_channel(happened: Happened) -> None:
    """returns.refund.recorded: the shop that hears of parcels is told of money, too. Raises OSError to be tried again.

    A credit pays for an order of ours and is no refund of the shop's.
    """
    if happened.data["kind"] != RefundKind.MONEY:
        return
    with reading() as db:
        case = queries.case_for(db, happened.subject_id)
        order = orders.order_for(db, case.order_id)
        shop = telling.listening(db, order)
        parts = happened.data.get("lines", [[None, happened.data["fen"]]])
        told = telling.refunds(db, order, case, parts, happened.data["why"]) if shop else []
    _tell(shop, order, told, f"refund-{happened.event_id}")


def tell_returned(happened: Happened) -> None:
    """returns.case.closed: and of the goods that came back and stay. Raises OSError to be tried again."""
    with reading() as db:
        case = queries.case_for(db, happened.subject_id)
        order = orders.order_for(db, case.order_id)
        shop = telling.listening(db, order) if case.kind is not CaseKind.REPAIR else None
        told = telling.returned(db, order, case) if shop else []
    _tell(shop, order, told, f"returned-{case.number}")


def _tell(shop: Channel | None, order: Order, told: list[dict[str, object]], key: str) -> None:
    """An order that came along in another's parcel has a key of its own."""
    for one in told if shop else []:
        assert shop is not None
        own = one["order_id"] == shops_number(order)
        post(shop.shipped_url, one, shop.secret, key if own else f"{key}-{one['order_id']}")
