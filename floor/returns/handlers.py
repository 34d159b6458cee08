"""What returns do when something happened."""

from sqlmodel import select

from floor.events.relay import Happened
from floor.intake.models import Channel
from floor.inventory.handlers import post
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders import queries as orders
from floor.orders.joining import shops_number
from floor.returns import early, queries
from floor.returns.models import RefundKind
from floor.settings import bound


def pay_lost(happened: Happened) -> None:
    """tracking.exception.refund_asked: the customer of a parcel that was given up gets the money for it."""
    with unit_of_work() as db:
        early.lost(db, happened.subject_id, happened.data["amount_fen"], bound().second_person_fen, SYSTEM)


def tell_channel(happened: Happened) -> None:
    """returns.refund.recorded: the shop that hears of parcels is told of money, too. Raises OSError to be tried again.

    A credit pays for an order of ours and is no refund of the shop's; shops read through an interface of their own
    have their refunds made there.
    """
    if happened.data["kind"] != RefundKind.MONEY:
        return
    with reading() as db:
        case = queries.case_for(db, happened.subject_id)
        order = orders.order_for(db, case.order_id)
        channel = db.exec(select(Channel).where(Channel.code == order.channel)).first()
    if channel is None or not channel.is_active or channel.adapter or not channel.shipped_url:
        return
    told = {
        "kind": "refund", "order_id": shops_number(order), "return": case.number, "amount_fen": happened.data["fen"],
        "currency": order.currency, "why": happened.data["why"], "reason": case.reason.value,
    }  # fmt: skip
    post(channel.shipped_url, told, channel.secret, f"refund-{happened.event_id}")
