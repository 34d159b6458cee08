"""Orders of every channel reach release by themselves; what the audit holds is decided at the desk, a key an order."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from floor.intake import accounts
from floor.intake.models import ShopFeed
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Order
from floor.orders.states import OrderState
from tests.intake.shop_server import KINDS, Bought, account, serving
from tests.journeys import outside
from tests.journeys.conftest import House
from tests.journeys.person import PATIENCE, Person

pytestmark = pytest.mark.browser

ASKS = "先不发"
BUYER = ("王芳", "13800001111", "浙江省杭州市西湖区文三路 90 号")
GOODS = [("TEE-NAVY-L", 1, 9900), ("MUG-WHITE", 1, 9900)]


@contextmanager
def five_shops() -> Iterator[None]:
    """Each sold one order that is clean, and one whose buyer asks to wait; the house reads them from now on."""
    now = clock.now().replace(microsecond=0) - timedelta(minutes=2)
    with ExitStack() as stack:
        for kind in KINDS:
            shop = stack.enter_context(serving(kind))
            for number, note in ((7001, ""), (7002, ASKS)):
                shop.orders[number] = Bought(number, now, now, lines=list(GOODS), note=note)
            with unit_of_work() as db:
                channel = accounts.set_up(db, kind, account(shop) | {"every_s": 10}, SYSTEM)
                db.get_one(ShopFeed, channel.id).read_to = now - timedelta(minutes=5)
        yield


def until(wanted: dict[tuple[str, str], OrderState]) -> None:
    """Until these orders are so; nobody helps."""
    last = time.monotonic() + PATIENCE / 1000
    while True:
        with reading() as db:
            there = {(one.channel, one.external_id): one.state for one in db.exec(select(Order))}
        mine = {(where, number): there.get((where, number)) for where, number in wanted}
        if mine == wanted:
            return
        assert time.monotonic() < last, {key: state for key, state in mine.items() if state != wanted[key]}
        time.sleep(0.1)


def test_every_channel_reaches_release_and_flags_take_a_key_each(house: House, someone: Callable[..., Person]) -> None:
    clean: dict[tuple[str, str], OrderState] = {}
    held: dict[tuple[str, str], OrderState] = {}
    with five_shops():
        for kind in KINDS:
            clean[kind, "7001"], held[kind, "7002"] = OrderState.RELEASED, OrderState.HELD

        with unit_of_work() as db:
            key = accounts.new_key(db, "web", "journey", SYSTEM)
        for number, note in (("api-1", ""), ("api-2", ASKS)):
            body = outside.an_order(number, {"TEE-NAVY-L": 1}, note)
            status, said = outside.calls(f"{house.url}/api/v1/orders", key, body)
            assert (status, said["outcome"]) == (200, "accepted")
        clean["web", "api-1"], held["web", "api-2"] = OrderState.RELEASED, OrderState.HELD

        dai = someone("Dai")
        dai.open("/intake")
        sheet = outside.a_shop_file(house.folder, {"file-1": {"SOCK-GREY": 2}})
        dai.page.get_by_label("File", exact=True).set_input_files(sheet)
        dai.page.get_by_label("Mapping", exact=True).select_option("shop_export")
        dai.tap("Import")
        dai.wait_until_settled()
        with reading() as db:
            where = db.exec(select(Order.channel).where(Order.external_id == "file-1")).one()
        clean[where, "file-1"] = OrderState.RELEASED

        chen = someone("Chen")
        chen.open("/till")
        for code in ("CAP-RED", "CAP-RED", "SOCK-GREY"):
            chen.scan(house.ean[code])
        chen.sees("297.00")
        chen.tap("Customer", "link")
        chen.page.get_by_label("Is sent").check()
        for label, text in zip(("Name", "Phone", "Address"), BUYER, strict=True):
            chen.page.get_by_role("textbox", name=label).fill(text)
        chen.tap("Money received")
        chen.sees("297.00 paid")
        with reading() as db:
            sold = db.exec(select(Order.external_id).where(Order.channel == "till")).one()
        clean["till", sold] = OrderState.RELEASED

        until(clean | held)
        chen.open("/audit")
        expect(chen.page.get_by_text(f"{len(held)} orders on hold")).to_be_visible()
        with chen.changed():
            chen.page.keyboard.press("j")
        keys = 0
        while "/audit/orders/" in chen.page.url:
            with chen.changed():
                chen.page.keyboard.press("F9")
            keys += 1
        assert keys == len(held)
        until(clean | dict.fromkeys(held, OrderState.RELEASED))
    house.is_sound()
