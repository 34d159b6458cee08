"""Shares of stock for channels: counted, pulled with a key, pushed on change to a real server."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from floor.catalog.models import Sku
from floor.events.models import AuditEvent, OutboxMessage
from floor.inventory import chores, feeds, service
from floor.inventory.feeds import FeedTerms, Share
from floor.inventory.models import SafetyStock
from floor.inventory.models_supply import FeedRow
from floor.inventory.service import Wish
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict, Invalid
from floor.kit.uow import reading, unit_of_work
from floor.web import signing
from tests.factories import a_bin, a_sku, a_warehouse, count, stock
from tests.listening import listening


@pytest.mark.parametrize(
    ("share", "available", "told"),
    [
        (Share(), 7, 7),
        (Share(50), 7, 3),  # parts of a unit are not told
        (Share(0), 7, 0),
        (Share(10, floor=3), 20, 3),  # 2 by percent, 3 at least
        (Share(10, floor=3), 2, 2),  # never more than there are
        (Share(100, ceiling=5), 20, 5),
        (Share(50, floor=2, ceiling=4), 6, 3),
        (Share(50, floor=2, ceiling=4), 0, 0),
        (Share(0, floor=1, ceiling=0), 9, 0),
    ],
)
def test_a_share_is_percent_between_floor_and_ceiling_and_never_more_than_there_is(share, available, told):
    assert share.of(available) == told


@pytest.fixture
def house(app):
    """Twenty shirts and ten cups in SHA, thirty shirts in CAN; two shirts kept back in SHA."""
    with unit_of_work() as db:
        sha, can = a_warehouse(db), a_warehouse(db, "CAN")
        face, there, tee, cup = a_bin(db, sha), a_bin(db, can), a_sku(db), a_sku(db, "CUP")
        for where, sku, qty in ((face, tee, 20), (face, cup, 10), (there, tee, 30)):
            stock(db, where, sku, qty)
        db.add(SafetyStock(warehouse_id=sha.id, sku_id=tee.id, qty=2))
        return {"face": face.id, "tee": tee.id, "cup": cup.id}


def make(channel="taobao", share=None, **terms):
    with unit_of_work() as db:
        return feeds.keep_feed(db, channel, FeedTerms(share or Share(), **terms), SYSTEM)


def listing(channel="taobao"):
    with reading() as db:
        return dict(feeds.listing(db, feeds.feed_for(db, channel)))


def test_a_channel_is_told_its_share_of_its_warehouses_with_exceptions_for_single_skus(house):
    make(share=Share(50), warehouses=("SHA",))
    assert listing() == {"TEE-NAVY-L": 9, "CUP": 5}
    with unit_of_work() as db:
        feeds.keep_share(db, feeds.feed_for(db, "taobao"), house["tee"], Share(100, ceiling=4), SYSTEM)
    assert listing() == {"TEE-NAVY-L": 4, "CUP": 5}
    with unit_of_work() as db:
        feeds.keep_share(db, feeds.feed_for(db, "taobao"), house["tee"], None, SYSTEM)
    assert listing() == {"TEE-NAVY-L": 9, "CUP": 5}
    with unit_of_work() as db, pytest.raises(Conflict):
        feeds.keep_share(db, feeds.feed_for(db, "taobao"), house["tee"], None, SYSTEM)
    make(share=Share(100))
    assert listing() == {"TEE-NAVY-L": 48, "CUP": 10}


def test_more_than_a_hundred_percent_in_one_warehouse_must_be_meant(house):
    make("taobao", Share(60), warehouses=("SHA",))
    make("jd", Share(60), warehouses=("CAN",))
    with pytest.raises(Invalid) as refused:
        make("web", Share(50))
    assert (refused.value.code, refused.value.values) == ("inventory.feeds_oversell", {"percent": 110})
    make("web", Share(50), is_active=False)
    make("web", Share(40))
    make("web", Share(50), may_oversell=True)
    with reading() as db:
        assert feeds.promised(db) == {"CAN": 110, "SHA": 110}


def pushes(db):
    mine = select(AuditEvent).where(AuditEvent.kind == "inventory.feed.pushed")
    return db.exec(mine.order_by(col(AuditEvent.id))).all()


def test_the_chore_tells_only_what_changed_and_records_it_with_the_rows(house):
    make(share=Share(50), url="http://127.0.0.1:9/nobody")
    assert chores.tell_channels() == 2
    assert chores.tell_channels() == 0
    with unit_of_work() as db:
        service.reserve(db, [Wish(house["face"], house["cup"], 4, shipment_line_id=1)])
    assert chores.tell_channels() == 1
    with reading() as db:
        first, second = pushes(db)
        assert first.data == {"channel": "taobao", "sequence": 1, "stock": {"TEE-NAVY-L": 24, "CUP": 5}}
        assert second.data == {"channel": "taobao", "sequence": 2, "stock": {"CUP": 3}}
        assert count(db, OutboxMessage, OutboxMessage.handler == "inventory.push_stock") == 2
        row = db.get(FeedRow, (1, house["cup"]))
        assert (row.qty, row.sequence) == (3, 2)


def test_a_push_is_rolled_back_with_its_event(house):
    made = make(url="http://127.0.0.1:9/nobody")

    def breaks():
        with unit_of_work() as db:
            assert feeds.tell(db, made.id, [house["tee"], house["cup"]], SYSTEM) == 2
            raise RuntimeError

    with pytest.raises(RuntimeError):
        breaks()
    with reading() as db:
        assert (count(db, FeedRow), pushes(db)) == (0, [])


def test_what_is_retired_is_told_as_none(house):
    make(url="http://127.0.0.1:9/nobody")
    chores.tell_channels()
    with unit_of_work() as db:
        db.get(Sku, house["cup"]).is_active = False
    assert chores.tell_channels() == 1
    with reading() as db:
        assert pushes(db)[-1].data["stock"] == {"CUP": 0}
    assert listing() == {"TEE-NAVY-L": 48}


def test_feeds_that_are_off_or_only_read_are_not_pushed(house):
    make()
    make("jd", url="http://127.0.0.1:9/nobody", is_active=False)
    assert chores.tell_channels() == 0


def test_a_push_is_signed_tried_again_and_arrives_once_more(house, relay):
    """A real server refuses twice, then takes it: the same body, the same key, a good signature."""
    with listening(503, 500) as channel:
        made = make(share=Share(50), url=f"{channel.url}/stock")
        chores.tell_channels()
        assert relay.run_once() == 1
        with reading() as db:
            (state,) = feeds.states(db)
            assert (state.waiting, state.feed.delivered_at) == (1, None)
            assert "503" in state.error
        for seconds in (60, 600):
            with clock.shifted(timedelta(seconds=seconds)):
                relay.drain()
        first, second, third = channel.heard
        message = {
            "channel": "taobao",
            "sequence": 1,
            "stock": [{"sku": "CUP", "qty": 5}, {"sku": "TEE-NAVY-L", "qty": 24}],
        }
        assert first.json == second.json == third.json == message
        assert {one.headers["idempotency-key"] for one in channel.heard} == {"stock-taobao-1"}
        stamp, signature = third.headers["x-floor-timestamp"], third.headers["x-floor-signature"]
        assert signing.verify(made.secret, stamp, signature, third.body, clock.now() + timedelta(seconds=600))
        with reading() as db:
            (state,) = feeds.states(db)
        assert (state.waiting, state.dead, state.error, state.rows) == (0, 0, "", 2)
        assert state.feed.delivered_at is not None
        relay.drain()
        assert len(channel.heard) == 3


def test_a_push_that_was_overtaken_carries_only_what_is_still_true(house, relay):
    with listening(500) as channel:
        make(url=channel.url)
        chores.tell_channels()
        relay.run_once()
        with unit_of_work() as db:
            service.reserve(db, [Wish(house["face"], house["cup"], 4, shipment_line_id=1)])
        chores.tell_channels()
        with clock.shifted(timedelta(seconds=60)):
            relay.drain()
        assert [one.json["stock"] for one in channel.heard[1:]] in (
            [[{"sku": "CUP", "qty": 6}], [{"sku": "TEE-NAVY-L", "qty": 48}]],
            [[{"sku": "TEE-NAVY-L", "qty": 48}], [{"sku": "CUP", "qty": 6}]],
        )


def test_a_redirect_is_not_followed(house, relay):
    with listening(302) as channel:
        make(url=channel.url)
        chores.tell_channels()
        relay.run_once()
        assert len(channel.heard) == 1
    with reading() as db:
        assert "302" in feeds.states(db)[0].error


# --- over HTTP ---------------------------------------------------------------------------------------------------


def test_machines_read_a_feed_with_its_key_and_nothing_without(house, stranger, sign_in):
    made = make(share=Share(50))
    make("jd", is_active=False)
    key = {"Authorization": f"Bearer {made.key}"}
    for path in ("/stock/feed/taobao.json", "/stock/feed/nobody.json", "/stock/feed/jd.csv"):
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
            answer = stranger.get(path, headers=headers)
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert stranger.get("/stock/feed/jd.csv", headers=key).status_code == 401, "another feed's key opens nothing"
    body = stranger.get("/stock/feed/taobao.json", headers=key).json
    assert (body["channel"], body["sequence"]) == ("taobao", 0)
    assert body["stock"] == [{"sku": "CUP", "qty": 5}, {"sku": "TEE-NAVY-L", "qty": 24}]
    table = stranger.get("/stock/feed/taobao.csv", headers=key)
    assert table.text.lstrip("\ufeff").splitlines() == ["sku,qty", "CUP,5", "TEE-NAVY-L,24"]
    assert sign_in("Dai").get("/stock/feed/jd.json").status_code == 200
    assert sign_in("Dai").get("/stock/feed/nobody.json").status_code == 404
    assert sign_in("Ana").get("/stock/feed/taobao.json").status_code == 401


FORM = {"channel": "web", "percent": "60", "floor": "1", "ceiling": "9", "warehouses": "SHA", "is_active": "1"}


def test_a_supervisor_makes_a_feed_changes_it_and_sees_how_it_does(house, sign_in):
    dai = sign_in("Dai")
    assert sign_in("Ana").get("/stock/feeds").status_code == 403
    assert dai.post("/stock/feeds", FORM).location == "/stock/feeds/web"
    page = dai.get("/stock/feeds/web").text
    assert 'value="60"' in page
    assert "/stock/feed/web.json" in page
    for bad in ({"percent": "101"}, {"url": "ftp://x"}, {"ceiling": "0"}, {"channel": "No Way"}, {"warehouses": "XXX"}):
        answer = dai.post("/stock/feeds", {**FORM, **bad})
        assert answer.status_code == 422, bad
    assert dai.post("/stock/feeds", {**FORM, "channel": "jd", "percent": "41", "warehouses": ""}).status_code == 422
    over = {**FORM, "channel": "jd", "percent": "41", "may_oversell": "1"}
    assert dai.post("/stock/feeds", over).status_code == 303
    assert "told 101 % of the stock of SHA" in dai.get("/stock/feeds").text
    with reading() as db:
        before = feeds.feed_for(db, "web")
    assert dai.post("/stock/feeds/web/key").status_code == 303
    with reading() as db:
        after = feeds.feed_for(db, "web")
    assert (before.key != after.key, before.secret != after.secret) == (True, True)


def test_a_supervisor_gives_one_sku_its_own_share(house, sign_in):
    make(share=Share(50))
    dai, at = sign_in("Dai"), "/stock/feeds/taobao/shares"
    assert dai.post(at, {"sku": "cup", "percent": "100", "ceiling": "2"}).status_code == 303
    assert listing()["CUP"] == 2
    assert dai.post(at, {"sku": "NOBODY", "percent": "77"}).status_code == 422
    assert 'value="77"' in dai.post(at, {"sku": "NOBODY", "percent": "77"}).text
    assert dai.post(at, {"sku": "CUP", "percent": "5", "floor": "3", "ceiling": "2"}).status_code == 422
    assert dai.post(at, {"sku": "CUP", "drop": "1"}).status_code == 303
    assert dai.post(at, {"sku": "CUP", "drop": "1"}).status_code == 409
    assert listing()["CUP"] == 5
