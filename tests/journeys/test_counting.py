"""A day's counting in the browser: planned, counted blind by keyed scans, counted again by a colleague, decided."""

import re

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from floor.catalog.models import Sku
from floor.inventory import counting, queries
from floor.inventory.models import CountReason, CountTask
from floor.inventory.models_counting import CountRules
from floor.inventory.queries import bin_by_code, warehouse_by_code
from floor.inventory.states import CountState
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from tests.factories import stock

pytestmark = [pytest.mark.browser, pytest.mark.either_way]


@pytest.fixture
def rules(house):
    """Nothing adjusts itself, half a thousand wants a second counter; mugs lie with the large tees."""
    with unit_of_work() as db:
        sha = warehouse_by_code(db, "SHA")
        db.add(CountRules(warehouse_id=sha.id, auto_fen=0, other_fen=50_000, daily_bins=1))
        tees = bin_by_code(db, sha.id, "A01-02-1")
        mug = db.exec(select(Sku).where(Sku.code == "MUG-WHITE")).one()
        stock(db, tees, mug, 5)


def balance(site_bin, sku):
    with reading() as db:
        where = bin_by_code(db, warehouse_by_code(db, "SHA").id, site_bin)
        return queries.balance_of(db, where.id, db.exec(select(Sku.id).where(Sku.code == sku)).one())


def states():
    with reading() as db:
        return sorted(task.state.value for task in db.exec(select(CountTask)))


def test_a_bin_is_planned_counted_counted_again_and_adjusted(house, someone, rules):
    dai = someone("Dai")
    dai.open("/counts")
    dai.tap("Plan today's counts")
    dai.sees("1 bin planned for today")
    dai.sees("A01-02-1")

    ana = someone("Ana")
    ana.open("/counts")
    ana.tap(re.compile("Start with A01-02-1"), role="link")
    ana.scan("A01-06-1")
    ana.sees("This is not the bin to count")
    ana.scan("A01-02-1")
    ana.sees("Also to count here")
    ana.scan(house.ean["CAP-RED"])
    ana.sees("Nobody asked to count these here")
    ana.scan(house.ean["MUG-WHITE"])
    _type(ana, "5")
    ana.scan(house.ean["TEE-NAVY-L"])
    expect(ana.page.locator("#screen")).not_to_contain_text("20")
    _type(ana, "13")
    ana.sees("Count again: scan the bin once more")
    ana.scan("A01-02-1")
    ana.scan(house.ean["TEE-NAVY-L"])
    _type(ana, "13")
    ana.sees("Somebody else counts these once more")
    ana.sees("Does anything else lie here?")
    ana.tap("Nothing else here")
    ana.sees("Nothing to count")

    ben = someone("Ben")
    ben.open("/counts")
    ben.tap(re.compile("Start with A01-02-1"), role="link")
    ben.scan("A01-02-1")
    ben.scan(house.ean["TEE-NAVY-L"])
    _type(ben, "13")
    assert states() == ["done", "variance"]

    dai.open("/counts/review")
    dai.sees("-7")
    dai.page.get_by_label("Why were the books wrong?").first.select_option("theft")
    dai.tap(re.compile("Adjust by -7"))
    dai.sees("Stock adjusted by -7")
    assert balance("A01-02-1", "TEE-NAVY-L") == 13
    house.is_sound()


def test_goods_found_in_a_bin_are_counted_there_and_the_same_without_javascript(house, someone, rules):
    with unit_of_work() as db:
        sha = warehouse_by_code(db, "SHA")
        counting.ask_bin(db, bin_by_code(db, sha.id, "A02-03-1"), CountReason.CYCLE, SYSTEM)
    for n, person in enumerate((someone("Ana"), someone("Ben", script=False))):
        with unit_of_work() as db:
            task = db.exec(select(CountTask.id).where(CountTask.state == CountState.OPEN)).first()
        person.open(f"/counts/{task}")
        person.scan("A02-03-1")
        if not n:
            person.scan(house.ean["CAP-RED"])
            _type(person, "20")
        person.scan(house.ean["SOCK-GREY"])
        if not n:
            person.tap("Count them here")
        _type(person, "2")
        if not n:
            person.sees("Count again")
    assert states() == ["done", "variance"]
    assert balance("A02-03-1", "SOCK-GREY") == 0


def _type(person, number: str) -> None:
    """The number by hand, and the big button."""
    field = person.page.get_by_label("How many do you count?")
    expect(field).to_be_visible()
    field.fill(number)
    person.tap("Write it down")
