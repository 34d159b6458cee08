"""A batch from the shelves to the parcels: Ana picks it unsorted, Ben sorts it at the wall beside her, Bo packs a slot.

Played with JavaScript and without, on SQLite and on PostgreSQL.
"""

import re
from collections.abc import Callable

import pytest
from sqlmodel import select

from floor.catalog.models import Sku
from floor.inventory.queries import bin_by_code, warehouse_by_code
from floor.kit.actor import SYSTEM
from floor.kit.uow import unit_of_work
from floor.picking import walls
from floor.picking.states import WalkMode
from floor.shipments.models import Carrier
from tests.journeys.conftest import House
from tests.journeys.person import Person
from tests.journeys.test_order_whole_way import Story, _boxes_it, _proves_the_label
from tests.picking.conftest import Floor

pytestmark = [pytest.mark.browser, pytest.mark.either_way]

TEE, CAP = "TEE-NAVY-L", "CAP-RED"
#: Units of tee and cap each order wants; the first is promised earliest.
WANTED = [{0: 2, 1: 1}, {0: 1}, {1: 1}]


def a_batch(house: House) -> None:
    """A wall, and a walk for it that anybody may take."""
    with unit_of_work() as db:
        where = warehouse_by_code(db, "SHA")
        assert where is not None
        walls.put_up(db, where.id or 0, "W1", 6, walls.Terms(3, True, 2), SYSTEM)
        bins = [bin_by_code(db, where.id or 0, code) for code in ("A01-02-1", "A02-03-1")]
        skus = [db.exec(select(Sku).where(Sku.code == code)).one() for code in (TEE, CAP)]
        Floor(where, bins, skus, db.exec(select(Carrier)).one()).walk(db, WANTED, mode=WalkMode.WALL)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_batch_goes_over_the_wall_into_parcels(
    house: House, someone: Callable[..., Person], script: bool
) -> None:  # fmt: skip
    a_batch(house)
    ana, ben = someone("Ana", script=script), someone("Ben", script=script)
    ana_picks_it_into_one_tote(ana, house)
    ben_sorts_it_and_is_told_of_every_mistake(ben, ana, house)
    house.is_sound()
    bo_packs_the_first_slot(someone("Bo", script=script), Story(house, someone, script), house)
    house.is_sound()


def ana_picks_it_into_one_tote(ana: Person, house: House) -> None:
    ana.open("/walks")
    ana.tap("Start")
    ana.sees("3 orders for the put wall")
    ana.scan("C-SHA-1")
    ana.scan("W1-01")
    ana.sees("W1-01 is a slot of the put wall")
    ana.scan("T-SHA-1")
    ana.sees("All into tote T-SHA-1")
    for shelf, code, units in (("A01-02-1", TEE, 3), ("A02-03-1", CAP, 2)):
        ana.scan(shelf)
        for _ in range(units):
            ana.scan(house.ean[code])
    ana.sees("Bring the totes to the put wall")
    ana.scan("W1")
    ana.sees("Walk done")


def ben_sorts_it_and_is_told_of_every_mistake(ben: Person, ana: Person, house: House) -> None:
    ben.open("/walls")
    ben.tap(re.compile("W1"), role="link")
    ben.sees("5 of 5 units to sort")
    ben.scan("T-SHA-8")
    ben.sees("Nothing to sort has the code T-SHA-8")
    ben.scan("T-SHA-1")
    ben.sees("Scan the next item")
    ben.scan(house.ean["BAG-BLACK"])
    ben.is_stopped("Not of this batch")
    ben.scan(house.ean[TEE])
    assert _slot(ben) == 1
    ben.scan("W1-04")
    ben.is_stopped("Wrong slot")
    ben.scan("W1-01")
    ben.sees("In slot 1")
    ben.tap("Undo the last step")
    ben.sees("Put it back into tote T-SHA-1")
    for code in (TEE, TEE, CAP):
        _sorts(ben, house.ean[code])
    ben.sees("Slot 1 is complete")
    _sorts(ben, house.ean[TEE])
    ben.scan(house.ean[CAP])
    ana.open(ben.page.url.split("/scans")[0].removeprefix(house.url))
    ana.scan(house.ean[CAP])
    ana.sees("Ben has it for slot 3")
    ben.scan("W1-03")
    ben.sees("Tote T-SHA-1 is empty")
    ana.scan(house.ean[CAP])
    ana.is_stopped("One too many")


def _slot(sorter: Person) -> int:
    return int(sorter.page.locator(".put .bigno").inner_text())


def _sorts(sorter: Person, code: str) -> None:
    sorter.scan(code)
    sorter.scan(f"W1-{_slot(sorter):02d}")


def bo_packs_the_first_slot(bo: Person, story: Story, house: House) -> None:
    bo.open("/stations")
    bo.scan("P-SHA-1")
    bo.sees("W1-01")
    bo.scan("W1-01")
    for code in (TEE, CAP, TEE):
        bo.scan(house.ean[code])
    _boxes_it(bo, by_scale=False)
    _proves_the_label(bo, story)
    bo.open("/walls/1")
    bo.sees("Complete: to a bench")
    assert bo.page.locator("#wall [aria-label='1: Free']").count() == 1
