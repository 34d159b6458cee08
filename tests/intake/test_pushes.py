"""Pushes are hints: proven, kept once, and followed by reading the order again."""

import json
import time

import pytest
from sqlmodel import select

from floor.catalog.models import Sku
from floor.intake import accounts
from floor.intake.channels import outside, shopify
from floor.intake.channels.wechat import crypt
from floor.intake.models import InboxMessage, InboxState, MessageKind
from floor.inventory import chores, feeds
from floor.inventory.feeds import FeedTerms, Share
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Order
from tests.factories import a_bin, a_sku, a_warehouse, stock
from tests.intake.shop_server import KEY, SECRET, Bought, account, serving

TOKEN, AES_KEY = "push-token", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"


def the_push(kind: str, order_id: int, *, forged: bool = False) -> dict:
    """What the platform sends about an order: body, headers, query."""
    if kind == "wechat":
        said = json.dumps({"Event": "channels_ec_order_pay", "order_info": {"order_id": order_id}}).encode()
        sealed = crypt.encrypt(AES_KEY, said, KEY, b"0123456789abcdef")
        words = (TOKEN, str(int(time.time())), "n1")
        signature = crypt.signature(*words, "x" if forged else sealed)
        query = {"msg_signature": signature, "timestamp": words[1], "nonce": words[2]}
        xml = f"<xml><ToUserName><![CDATA[gh]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        return {"data": xml, "query_string": query}
    body = json.dumps({"id": order_id, "total_price": "0.01"}).encode()
    signature = shopify.webhook_signature("wrong" if forged else SECRET if kind == "shopify" else "hook", body)
    if kind == "shopify":
        return {"data": body, "headers": {"X-Shopify-Hmac-Sha256": signature, "X-Shopify-Topic": "orders/paid"}}
    return {"data": body, "headers": {"X-WC-Webhook-Signature": signature, "X-WC-Webhook-Topic": "order.updated"}}


@pytest.mark.parametrize("kind", ["wechat", "woocommerce", "shopify"])
def test_a_push_is_kept_once_and_the_order_is_read_again(stranger, sign_in, relay, monkeypatch, kind):
    monkeypatch.setattr(outside, "PAUSE", 0.0)
    with serving(kind) as shop:
        now = clock.now().replace(microsecond=0)
        shop.orders[7001] = Bought(7001, now, now)
        with unit_of_work() as db:
            a_sku(db), a_sku(db, "MUG"), a_sku(db, "CAP")
            told = account(shop)
            told["options"] |= {"push_token": TOKEN, "aes_key": AES_KEY}
            accounts.set_up(db, "shop", told, SYSTEM)
        forged = stranger.post("/hooks/shops/shop", **the_push(kind, 7001, forged=True))
        assert forged.status_code == 401
        good = the_push(kind, 7001)
        assert [stranger.post("/hooks/shops/shop", **good).status_code for _ in range(3)] == [200, 200, 200]
        assert stranger.post("/hooks/shops/nobody", **good).status_code == 404
        shop.script = ["500"]
        relay.drain()
        with reading() as db:
            messages = db.exec(select(InboxMessage).order_by(InboxMessage.id)).all()
            order = db.exec(select(Order)).one()
        assert [(one.kind, one.state) for one in messages] == [
            (MessageKind.HINT, InboxState.APPLIED), (MessageKind.ORDER, InboxState.APPLIED)
        ]  # fmt: skip
        assert order.total_fen == 22600, "what the push says of money is not believed"
        stranger.post("/hooks/shops/shop", **the_push(kind, 9999))
        relay.drain()
        with reading() as db:
            lost = db.exec(select(InboxMessage).where(InboxMessage.external_id == "9999")).one()
        assert lost.state is InboxState.DEAD
        shop.orders[9999] = Bought(9999, now, now)
        dai = sign_in("Dai")
        assert dai.post(f"/intake/messages/{lost.id}/retry").status_code == 303
        assert "1 message is tried soon" in dai.get("/intake").text
        relay.drain()
        with reading() as db:
            assert db.get_one(InboxMessage, lost.id).state is InboxState.APPLIED, "a dead push can be tried again"
        if kind == "wechat":
            words = (TOKEN, "1", "n")
            query = {"signature": crypt.signature(*words), "timestamp": "1", "nonce": "n", "echostr": "hello"}
            assert stranger.get("/hooks/shops/shop", query_string=query).text == "hello"
            assert stranger.get("/hooks/shops/shop", query_string=query | {"nonce": "m"}).status_code == 401
        if kind == "woocommerce":
            with unit_of_work() as db:
                feeds.keep_feed(db, "shop", FeedTerms(Share(), url=feeds.BY_SHOP), SYSTEM)
                where = a_bin(db, a_warehouse(db))
                for code, qty in (("MUG", 5), ("CAP", 9)):
                    stock(db, where, db.exec(select(Sku).where(Sku.code == code)).one(), qty)
            assert chores.tell_channels() == 2
            relay.drain()
            assert list(shop.stock) == ["MUG"], "what the shop does not sell is passed over"
