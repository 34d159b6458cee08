"""Goods come in, are put away, moved and sent to another house, scan by scan at the real screens."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import select

from floor.catalog.models import Sku, Tracking
from floor.inventory import inbound, queries, receiving, transfers
from floor.inventory.models import Bin, BinKind, Lot, LotBalance
from floor.inventory.receiving import NewDelivery
from floor.inventory.transfers import NewTransfer
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from tests import factories
from tests.journeys.conftest import House
from tests.journeys.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.either_way]

TODAY = clock.now().date()
EXPIRES = TODAY + timedelta(days=500)
REFERENCE = "JY-261187"


def _sku(db, code: str) -> Sku:
    return db.exec(select(Sku).where(Sku.code == code)).one()


@pytest.fixture
def expected(house: House) -> dict[str, int]:
    """Five caps and twelve boxes of tea are announced for today; three mugs should go to the house CAN."""
    with unit_of_work() as db:
        sha = queries.warehouse_by_code(db, "SHA")
        assert sha is not None
        assert sha.id is not None
        can = factories.a_warehouse(db, "CAN")
        factories.a_bin(db, can, "A01-09-1", BinKind.DOCK)
        tea = factories.a_sku(db, "TEA-50")
        tea.tracking = Tracking.LOT
        house.ean["TEA-50"] = factories.ean(tea)
        factories.a_bin(db, sha, "A03-09-1")
        wanted = {_sku(db, "CAP-RED").id or 0: 5, tea.id or 0: 12}
        come = receiving.announce(db, NewDelivery(sha.id, "Jinyi", REFERENCE, TODAY, wanted), SYSTEM)
        lines = {_sku(db, "MUG-WHITE").id or 0: 3}
        lorry = transfers.plan(db, NewTransfer(sha.id, can.id or 0, lines), SYSTEM)
        return {"delivery": come.id or 0, "lorry": lorry.id or 0}


def units(code: str, sku: str, site: str = "SHA") -> int:
    with reading() as db:
        where, _house = queries.bin_for(db, site, code)
        return queries.balance_of(db, where.id, _sku(db, sku).id or 0)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_goods_come_in_are_put_away_moved_and_sent_on(
    house: House, someone: Callable[..., Person], expected: dict[str, int], script: bool
) -> None:
    ana = someone("Ana", script=script)
    ana_receives_what_was_announced(ana, house, expected["delivery"])
    house.is_sound()
    ana_puts_it_away(ana, house)
    ana_moves_caps_and_takes_it_back(ana, house)
    ana_loads_a_lorry_and_unloads_it(ana, house, expected["lorry"])
    house.is_sound()


def ana_receives_what_was_announced(ana: Person, house: House, delivery: int) -> None:
    ana.open("/receiving")
    ana.scan(REFERENCE)
    ana.sees("Jinyi")
    for _ in range(2):
        ana.scan(house.ean["CAP-RED"])
    ana.sees("of 5")
    ana.scan("6900000000000")
    ana.is_stopped("Unknown code")
    ana.scan(house.ean["MUG-WHITE"])
    ana.is_stopped("Not announced")
    assert units("A04-07-1", "MUG-WHITE") == 0
    ana.scan(house.ean["CAP-RED"])
    ana.tap("All 5 as announced")
    assert units("A04-07-1", "CAP-RED") == 5
    ana.tap("Undo the last step")
    ana.sees("Taken back")
    ana.tap("All 5 as announced")
    ana.tap("Problem", role="link")
    ana.tap(re.compile("Damaged"))
    ana.sees("put them into A04-10-1")
    ana.scan(f"010{house.ean['TEA-50']}17{EXPIRES:%y%m%d}10L-2611")
    ana.sees("L-2611")
    ana.page.get_by_label("How many in all?").fill("10")
    ana.tap("Enter")
    ana.tap("Close this delivery", role="link")
    ana.sees("2 missing")
    ana.tap("Close the delivery")
    ana.sees("Receiving closed")
    with reading() as db:
        lot = db.exec(select(Lot)).one()
        assert (lot.code, lot.expires_on) == ("L-2611", EXPIRES)
        assert inbound.delivery_for(db, delivery).closed_at is not None
    assert (units("A04-07-1", "CAP-RED"), units("A04-07-1", "TEA-50")) == (4, 10)


def ana_puts_it_away(ana: Person, house: House) -> None:
    ana.open("/putaways")
    ana.scan(house.ean["CAP-RED"])
    ana.sees("A02")
    ana.scan("A04-08-1")
    ana.is_stopped("Not this bin")
    ana.scan("A02-03-1")
    ana.sees("Put away in A02-03-1")
    assert units("A02-03-1", "CAP-RED") == 24
    ana.scan(house.ean["TEA-50"])
    ana.scan("A03-09-1")
    ana.sees("Docks and returns shelf are empty")
    with reading() as db:
        lying = db.exec(select(LotBalance.qty).join(Bin, Bin.id == LotBalance.place_id).where(Bin.code == "A03-09-1"))
        assert lying.one() == 10


def ana_moves_caps_and_takes_it_back(ana: Person, house: House) -> None:
    ana.open("/relocate")
    ana.scan("A02-03-1")
    ana.scan(house.ean["CAP-RED"])
    ana.page.get_by_label("How many?").fill("6")
    ana.tap("Enter")
    ana.scan("A03-09-1")
    ana.sees("A02-03-1 → A03-09-1")
    assert units("A03-09-1", "CAP-RED") == 6
    ana.tap("Undo the last step")
    ana.sees("the goods lie where they were")
    assert units("A03-09-1", "CAP-RED") == 0


def ana_loads_a_lorry_and_unloads_it(ana: Person, house: House, lorry: int) -> None:
    ana.open(f"/transfers/{lorry}/load")
    ana.scan("A01-06-1")
    ana.scan(house.ean["MUG-WHITE"])
    ana.tap("All 3")
    ana.sees("The lorry leaves with 3")
    ana.tap("The lorry leaves with 3")
    ana.sees("On the road")
    ana.open(f"/transfers/{lorry}/receive")
    ana.scan(house.ean["MUG-WHITE"])
    ana.scan(house.ean["CAP-RED"])
    ana.is_stopped("Not sent")
    ana.scan(house.ean["MUG-WHITE"])
    ana.scan(house.ean["MUG-WHITE"])
    ana.sees("Complete")
    assert units("A01-09-1", "MUG-WHITE", "CAN") == 3
