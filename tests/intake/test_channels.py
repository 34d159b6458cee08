"""Every shop is read against a server that checks by the platform's rules: every order once, whatever befalls."""

import json
from datetime import timedelta

import pytest
from sqlmodel import func, select

from floor.intake import accounts, queries, syncing
from floor.intake.channels import outside
from floor.intake.channels.port import Shipped, ShopTrouble
from floor.intake.models import Channel, InboxMessage, InboxState, MessageKind, ShopFeed
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Address, Order, OrderLine
from floor.orders.states import OrderState
from tests.factories import a_sku
from tests.intake.shop_server import KINDS, Bought, account, serving

HOURS = 3


@pytest.fixture(params=KINDS)
def shop(request, app, monkeypatch):
    """A platform with 110 orders of the last hours, five of them unpaid, and channel `shop` that reads it."""
    monkeypatch.setattr(outside, "PAUSE", 0.0)
    with serving(request.param) as found:
        now = clock.now().replace(microsecond=0)
        for n in range(110):
            placed = now - timedelta(minutes=HOURS * 60 - n)
            found.orders[7000 + n] = Bought(7000 + n, placed, placed, "unpaid" if n % 26 == 3 else "paid")
        with unit_of_work() as db:
            a_sku(db), a_sku(db, "MUG")
            channel = accounts.set_up(db, "shop", account(found), SYSTEM)
            db.get_one(ShopFeed, channel.id).read_to = now - timedelta(hours=HOURS, minutes=5)
        yield found


def read(tries: int = 1) -> None:
    """Read the shop; as the chore does, again after it failed."""
    for left in range(tries - 1, -1, -1):
        try:
            syncing.read_shop("shop")
            return
        except ShopTrouble:
            if not left:
                raise


def by_number() -> dict[str, Order]:
    with reading() as db:
        return {order.external_id: order for order in db.exec(select(Order))}


def test_every_order_comes_once_whatever_befalls(shop):
    shop.doubles = True
    shop.restless = [7100, 7064, 7001, 7109]
    shop.script = ["500", "ok", "busy", "ok", "expired", "cut", "garbage", "lost", "ok", "busy", "500"]
    read(3)
    read()
    found = by_number()
    assert len(found) == 110
    assert shop.forged == 0
    assert sum(order.paid_at is None for order in found.values()) == 5
    if shop.kind in ("top", "jd", "wechat"):
        assert shop.renewed >= 1
    order = found["7000"]
    assert (order.goods_fen, order.discount_fen, order.freight_fen, order.total_fen) == (22300, 700, 1000, 22600)
    with reading() as db:
        lines = db.exec(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.id)).all()
        assert [(line.qty, line.unit_price_fen) for line in lines] == [(2, 9900), (1, 2500)]
        assert sum(line.discount_fen for line in lines) == 700, "the shares add up to the discount"
        assert all(line.channel_line for line in lines)
        where = db.get_one(Address, order.id)
        wanted = ("浙江省", "杭州市") if shop.kind in ("woocommerce", "shopify") else ("浙江省", "杭州市", "西湖区")
        assert (where.province, where.city, where.district)[: len(wanted)] == wanted
        assert where.street == "文三路 90 号"
        assert where.division[:4] == "3301"
        assert where.phone == ("138****1234" if shop.kind == "top" else "13812341234")
        assert (where.oaid == "oaid-7000") == (shop.kind == "top")
        assert queries.broken_inbox(db) == []
        feed = db.exec(select(ShopFeed)).one()
        assert feed.fails == 0
        assert clock.now() - feed.read_to < timedelta(minutes=1)
        before = db.exec(select(func.count()).select_from(InboxMessage)).one()
    read()
    with reading() as db:
        assert db.exec(select(func.count()).select_from(InboxMessage)).one() == before, "nothing new, nothing stored"

    # The shop changes its mind.
    now = clock.now().replace(microsecond=0)
    for number, change in (
        (7003, {"status": "paid"}), (7004, {"status": "cancelled"}), (7005, {"street": "龙井路 1 号"}),
        (7006, {"note": "请放门口"}), (7007, {"status": "unpaid"}),
    ):  # fmt: skip
        one = shop.orders[number]
        one.modified = now
        for name, value in change.items():
            setattr(one, name, value)
    shop.orders[8000] = Bought(8000, now, now, "cancelled")
    read()
    found = by_number()
    assert found["7003"].paid_fen == 22600
    assert found["7003"].paid_at is not None
    assert found["7004"].state is OrderState.CANCELLED
    assert found["7006"].buyer_note == "请放门口"
    assert found["7007"].state is OrderState.HELD, "the shop forbids it now"
    assert "8000" not in found, "cancelled before we saw it"
    with reading() as db:
        assert db.get_one(Address, found["7005"].id).street == "龙井路 1 号"
        latest = db.exec(
            select(InboxMessage).where(InboxMessage.external_id == "7005").order_by(InboxMessage.id.desc())
        ).first()

    # An older version that comes late changes nothing.
    with unit_of_work() as db:
        first = db.exec(
            select(InboxMessage).where(InboxMessage.external_id == "7005").order_by(InboxMessage.id)
        ).first()
        first.state = InboxState.WAITING
    syncing.jobs.apply(first.id)
    with reading() as db:
        assert db.get_one(InboxMessage, first.id).outcome == "older"
        assert latest.outcome == "changed"
        assert db.get_one(Address, found["7005"].id).street == "龙井路 1 号"


def test_a_parcel_is_told_once_although_the_answer_was_lost(shop):
    line_ids = ("P0:S0", "P1:S1") if shop.kind == "wechat" else ("70000", "70001")
    parcel = Shipped("7000", "PKG-1", "sf", "顺丰速运", "SF1", clock.now(), 1, list(zip(line_ids, (2, 1), strict=True)))
    shop.script = ["ok"] * (1 if shop.kind in ("woocommerce", "shopify") else 0) + ["lost"]
    try:
        syncing.tell_shipped("shop", parcel)
    except ShopTrouble:  # Shopify's is not asked twice in one go: the notice tries again
        syncing.tell_shipped("shop", parcel)
    syncing.tell_shipped("shop", parcel)
    assert shop.shipped == [(7000, "SF1")]
    assert shop.forged == 0
    with pytest.raises(ShopTrouble):
        syncing.tell_shipped("shop", Shipped("7003", "PKG-2", "sf", "S", "SF2", clock.now(), 1, parcel.lines))


def test_a_shop_that_is_away_is_written_down_and_its_mark_stays(shop):
    shop.script = ["500"] * 40
    with pytest.raises(ShopTrouble):
        read()
    with reading() as db:
        feed = db.exec(select(ShopFeed)).one()
        (row,) = [row for row in queries.feeds(db) if row.channel.code == "shop"]
    assert (feed.fails, feed.error) == (1, "out_of_reach")
    assert feed.next_at > clock.now()
    assert row.lag_s > HOURS * 3600
    assert by_number() == {}
    assert syncing.read_due() == 0, "it is left alone for a while"
    shop.script = []
    read()
    assert len(by_number()) == 110


def test_an_unreadable_order_holds_up_no_other_and_its_reason_is_listed(shop):
    shop.orders[7050].lines = [("NOBODY-KNOWS", 1, 22600)]
    read()
    assert len(by_number()) == 109
    with reading() as db:
        (dead,) = queries.dead_letters(db)
        assert (dead.external_id, dead.problem, dead.kind) == ("7050", "unknown_sku", MessageKind.ORDER)
        assert queries.dead_reasons(db) == [("shop", "unknown_sku", 1)]
        assert json.loads(dead.body)
        assert db.exec(select(Channel)).one().last_message_at is not None


def test_stock_is_told_of_what_the_shop_sells_and_again_after_trouble(shop):
    shop.script = ["ok", "busy", "500", "ok", "lost", "garbage"]
    syncing.tell_stock("shop", {"TEE-NAVY-L": 5, "MUG": 3, "NOBODY-SELLS": 9})
    assert shop.stock == {"TEE-NAVY-L": 5, "MUG": 3}
    syncing.tell_stock("shop", {"MUG": 0})
    assert shop.stock == {"TEE-NAVY-L": 5, "MUG": 0}
    assert shop.forged == 0
    ids = {"top": "7:71", "jd": "71", "wechat": "P1:S1", "shopify": "gid://i/71"}
    if shop.kind in ids:  # WooCommerce always asks
        named = account(shop)
        named["options"]["stock_ids"] = {"MUG": ids[shop.kind]}
        with unit_of_work() as db:
            accounts.set_up(db, "shop", named, SYSTEM)
        before = len(shop.calls)
        syncing.tell_stock("shop", {"MUG": 4})
        assert (shop.stock["MUG"], len(shop.calls) - before) == (4, 1), "nothing is searched for"
