"""The shop that hears of parcels hears of returns: once each, signed, by its own order number; other shops nothing."""

from datetime import timedelta

from sqlmodel import Session, select

from floor.intake import accounts
from floor.intake import service as intake
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import unit_of_work
from floor.orders.models import Order, OrderLine
from floor.orders.service import advance
from floor.orders.states import OrderAction
from floor.returns import service
from floor.returns.models import ReturnCase
from floor.web import signing
from tests.factories import an_order
from tests.intake.shop_server import account, serving
from tests.listening import listening
from tests.packing.worlds import person
from tests.returns.worlds import clerk, decide_all, on_the_desk
from tests.tracking.worlds import World, a_world

SECRET = "what only the web shop knows"


def tells_the_shop_at(db: Session, url: str) -> None:
    shop = intake.ensure_channel(db, "web")
    shop.secret = SECRET
    intake.tell_shipped_to(db, shop, url, person(db, "Dai"))


def an_order_with_another_s_sock(world: World) -> Order:
    """Two tees of order 1001 and a sock of 1002 that the audit merged into it, out in one parcel."""
    order = world.shipped([(world.tee, 2), (world.sock, 1)], external_id="1001")
    other = an_order(world.db, [(world.sock, 1)], external_id="1002", released=False)
    mine = select(OrderLine.id).where(OrderLine.order_id == order.id, OrderLine.sku_id == world.sock.id)
    advance(world.db, other, OrderAction.CANCEL, SYSTEM, merged_into=order.id, lines=[world.db.exec(mine).one()])
    return order


def settled(world: World, order: Order) -> ReturnCase:
    """A tee and the sock came back and are good."""
    case = on_the_desk(world, order, [1, 1])
    decide_all(world, case)
    service.close(world.db, case.id, clerk(world))
    return case


def test_money_and_goods_are_told_once_each_under_the_numbers_the_shop_knows(app, relay):
    with listening(503) as shop:
        with unit_of_work() as db:
            world = a_world(db)
            tells_the_shop_at(db, f"{shop.url}/floor")
            number = settled(world, an_order_with_another_s_sock(world)).number
        for minutes in (0, 5, 10):
            with clock.shifted(timedelta(minutes=minutes)):
                relay.drain()
    told = {one.headers["idempotency-key"]: one for one in shop.heard if "shipped" not in one.json["kind"]}
    again = [one.headers["idempotency-key"] for one in shop.heard]
    assert sorted(again) == sorted([*told, again[0]]), "the first was refused, and asked again under its key"
    for one in told.values():
        stamp, proof = (one.headers[name.lower()] for name in (signing.TIMESTAMP_HEADER, signing.SIGNATURE_HEADER))
        assert signing.verify(SECRET, stamp, proof, one.body, clock.now())
    money = [one.json for key, one in sorted(told.items()) if key.startswith("refund-")]
    assert [(one["order_id"], one["amount_fen"], one["return"], one["currency"]) for one in money] == [
        ("1001", 12900, number, "CNY"), ("1002", 1990, number, "CNY"),
    ]  # fmt: skip
    goods = {key: one.json for key, one in told.items() if key.startswith("returned-")}
    assert {key: [(line["sku"], line["qty"]) for line in one["lines"]] for key, one in goods.items()} == {
        f"returned-{number}": [("TEE-NAVY-L", 1)], f"returned-{number}-1002": [("SOCK-GREEN", 1)],
    }  # fmt: skip
    assert [one["order_id"] for _key, one in sorted(goods.items())] == ["1001", "1002"]


def test_a_platform_is_told_nothing_because_its_refunds_begin_there(app, relay):
    with serving("top") as platform, listening() as ours:
        with unit_of_work() as db:
            world = a_world(db)
            tells_the_shop_at(db, ours.url)
            accounts.set_up(db, "web", account(platform), person(db, "Dai"))
            order = world.shipped([(world.tee, 2), (world.sock, 1)], external_id="7001")
            settled(world, order)
        relay.drain()
    assert ours.heard == []
    assert [call for call in platform.calls if "refund" in str(call)] == []
