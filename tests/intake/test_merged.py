"""An order that was merged into another's parcel stays its shop's own: told as shipped, asked for, cancelled."""

from datetime import timedelta

from sqlmodel import col, select

from floor.audit import merging, queries, undoing
from floor.audit import service as audit
from floor.catalog.models import Sku
from floor.intake import accounts, following, service
from floor.intake.channels import outside
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders import joining
from floor.orders import service as orders
from floor.orders.models import Order, OrderLine
from floor.orders.states import OrderAction, OrderState
from floor.shipments.models import Shipment
from tests.factories import a_sku, an_order
from tests.intake.shop_server import Bought, account, serving
from tests.intake.test_webhook import SECRET, send
from tests.listening import listening
from tests.shipping.test_notices import handed_over


def merged(db, channel="shop"):
    """Three orders of one buyer in one parcel: the third was merged into the second, that into the first."""
    tee, mug = db.exec(select(Sku).where(Sku.code == "TEE-NAVY-L")).one(), a_sku(db, "A-MUG")
    found = []
    for n in range(3):
        one = an_order(
            db, [(tee, 2), (mug, 1)], released=False, buyer_id="b", channel=channel, external_id=str(8001 + n),
            placed_at=clock.now() - timedelta(minutes=9 - n),
        )  # fmt: skip
        rows = db.exec(select(OrderLine).where(OrderLine.order_id == one.id).order_by(col(OrderLine.id)))
        for at, line in enumerate(rows):
            line.channel_line = f"P{at}:S{at}"
        found.append(one)
    first, second, third = found
    for one in found:
        audit.audit_order(db, one, SYSTEM)
    merging.merge(db, third, second, SYSTEM)
    orders.advance(db, second, OrderAction.HOLD, SYSTEM)  # no twin any more, it went its way
    merging.merge(db, second, first, SYSTEM)
    return found


def test_every_order_of_a_parcel_is_told_shipped_with_its_waybill(app, relay, monkeypatch):
    monkeypatch.setattr(outside, "PAUSE", 0.0)
    with serving("wechat") as shop:
        with unit_of_work() as db:
            parcel = handed_over(db)
            now = clock.now()
            shop.orders = {n: Bought(n, now, now) for n in (8001, 8002, 8003)}
            accounts.set_up(db, "shop", account(shop), SYSTEM)
            found = merged(db)
            assert [one for one, _lines in joining.carried(db, found[0])] == found
            assert all(len(lines) == 2 for _one, lines in joining.carried(db, found[0]))
            db.get_one(Shipment, parcel.shipment_id).order_id = found[0].id
        relay.drain()
    assert shop.shipped == [(n, "SF000000001000") for n in (8001, 8002, 8003)]


def test_a_shop_that_gave_an_address_hears_of_each_and_not_of_one_taken_out_again(app, relay):
    with listening() as shop:
        with unit_of_work() as db:
            parcel = handed_over(db)
            channel = service.ensure_channel(db, "shop")
            channel.secret = SECRET
            service.tell_shipped_to(db, channel, f"{shop.url}/shipped", SYSTEM)
            first, second, third = merged(db)
            undoing.undo(db, second, SYSTEM)
            undoing.undo(db, third, SYSTEM)
            merging.merge(db, third, first, SYSTEM)
            db.get_one(Shipment, parcel.shipment_id).order_id = first.id
        relay.drain()
    assert [told.json["order_id"] for told in shop.heard] == ["8001", "8003"]
    assert len({told.headers["idempotency-key"] for told in shop.heard}) == 2
    assert {told.json["waybill"] for told in shop.heard} == {"SF000000001000"}


def test_what_its_shop_says_of_a_merged_order_is_told_at_the_one_that_brings_it(app, relay, stranger):
    with unit_of_work() as db:
        a_sku(db)
        service.ensure_channel(db, "shop").secret = SECRET
        key = accounts.new_key(db, "shop", "till", SYSTEM)
        first, second, third = merged(db)
    relay.drain()
    mine = stranger.get("/api/v1/orders/8003", headers={"Authorization": f"Bearer {key}"}).json
    assert (mine["state"], [line["qty"] for line in mine["lines"]]) == ("waiting", [2, 1])

    def flags():
        relay.drain()
        with reading() as db:
            said = [flag.values for flag in queries.flags_of(db, first.id) if flag.rule not in ("twin", "together")]
            return db.get_one(Order, first.id).state, [(v["case"], v["of"]) for v in said]

    address = {"type": "address", "order_id": "8003", "address": {"recipient": "A", "street": "龙井路 1 号"}}
    assert send(stranger, address, key="m-1").json["outcome"] == "late"
    assert flags() == (OrderState.HELD, [("address_late_of", third.number)])
    assert send(stranger, {"type": "cancel", "order_id": "8002"}, key="m-2").json["outcome"] == "held"
    assert flags() == (OrderState.HELD, [("address_late_of", third.number), ("cancel_asked_of", second.number)])
    with unit_of_work() as db:
        following.refunding(db, db.get_one(Order, third.id), SYSTEM, asked=True)
    assert flags()[1][-1] == ("refund_asked_of", third.number)
