"""Goods moved by keyed scans on the phone: a pick face filled from the reserve, units brought from bin to bin."""

import re
from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import expect
from sqlmodel import col, select

from floor.catalog.models import Sku
from floor.inventory import chores, facing, queries
from floor.inventory.models import BinKind, LedgerRow, Replenishment
from floor.inventory.queries import bin_by_code, warehouse_by_code
from floor.inventory.states import ReplenishmentState
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from tests.factories import a_bin, stock
from tests.journeys.conftest import House
from tests.journeys.person import Person

pytestmark = [pytest.mark.browser, pytest.mark.either_way]

RESERVE, FACE, CLOSED = "A01-02-5", "A01-02-1", "A02-08-1"

both_ways = pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])

#: (units, from, to, reason, who) of every ledger row but the opening stock.
Moves = Sequence[tuple[int, str, str, str, str]]


@pytest.fixture
def reserve(house: House) -> None:
    """The face of the large tees has room for ten more; above it lie thirty, beside three mugs. The chore asked."""
    with unit_of_work() as db:
        sha = warehouse_by_code(db, "SHA")
        assert sha is not None
        tee, mug = (db.exec(select(Sku).where(Sku.code == code)).one() for code in ("TEE-NAVY-L", "MUG-WHITE"))
        above, face = a_bin(db, sha, RESERVE, BinKind.RESERVE), bin_by_code(db, sha.id or 0, FACE)
        assert face is not None
        stock(db, above, tee, 30)
        stock(db, above, mug, 3)
        facing.keep_face(db, face, tee.id or 0, 25, 30, SYSTEM)
    chores.look_at_faces()  # unless the house's own clock was faster
    assert len(refills()) == 1


@pytest.fixture
def closed(house: House) -> None:
    """A bin nobody may bring anything to."""
    with unit_of_work() as db:
        sha = warehouse_by_code(db, "SHA")
        assert sha is not None
        a_bin(db, sha, CLOSED).is_closed = True


def units(code: str, sku: str) -> int:
    with reading() as db:
        where, _house = queries.bin_for(db, "SHA", code)
        return queries.balance_of(db, where.id, db.exec(select(Sku.id).where(Sku.code == sku)).one() or 0)


def moves() -> Moves:
    with reading() as db:
        rows = db.exec(select(LedgerRow).where(LedgerRow.subject != "opening").order_by(col(LedgerRow.id))).all()
        names = queries.place_names(db, [end for row in rows for end in (row.from_place_id, row.to_place_id)])
        return [
            (row.qty, names[row.from_place_id].code, names[row.to_place_id].code, row.reason.value, row.actor_name)
            for row in rows
        ]


def refills() -> list[tuple[int, int | None, ReplenishmentState]]:
    """(asked for, taken, state) of every replenishment."""
    with reading() as db:
        return [(one.qty, one.taken, one.state) for one in db.exec(select(Replenishment).order_by(Replenishment.id))]


@both_ways
def test_a_face_is_filled_from_the_reserve(
    house: House, someone: Callable[..., Person], reserve: None, script: bool
) -> None:
    ana = someone("Ana", script=script)
    ana.open("/replenishments")
    ana.tap(re.compile(f"Start with {RESERVE}"), role="link")
    ana.scan(FACE)
    ana.sees("Not the bin that is due")
    ana.scan(RESERVE)
    ana.sees("Scan the item")
    ana.scan(house.ean["MUG-WHITE"])
    ana.sees("Not the goods to take")
    ana.sees("MUG-WHITE")
    ana.scan(FACE)
    ana.sees("scan the item first")
    assert moves() == []
    ana.scan(house.ean["TEE-NAVY-L"])
    type_number(ana, "Number taken", "11")
    ana.sees("between 1 and 10")
    type_number(ana, "Number taken", "8")
    ana.sees("Bring it here")
    ana.scan("A01-02-2")
    ana.sees("Not the bin that is due")
    assert (units(RESERVE, "TEE-NAVY-L"), units(FACE, "TEE-NAVY-L"), moves()) == (30, 20, [])
    ana.scan(FACE)
    ana.sees("Pick face filled")
    assert moves() == [(8, RESERVE, FACE, "replenish", "Ana")]
    assert (units(RESERVE, "TEE-NAVY-L"), units(FACE, "TEE-NAVY-L"), units(RESERVE, "MUG-WHITE")) == (22, 28, 3)
    assert refills() == [(10, 8, ReplenishmentState.DONE), (2, None, ReplenishmentState.OPEN)]
    house.is_sound()
    house.passes_flask_check()


def test_a_face_is_filled_by_scans_alone(house: House, someone: Callable[..., Person], reserve: None) -> None:
    """Bin, goods, bin: whoever brings all that was asked for types and taps nothing."""
    ana = someone("Ana")
    ana.open("/replenishments")
    ana.tap(re.compile(f"Start with {RESERVE}"), role="link")
    for code in (RESERVE, house.ean["TEE-NAVY-L"], FACE):
        ana.scan(code)
    ana.sees("Every pick face is filled")
    assert moves() == [(10, RESERVE, FACE, "replenish", "Ana")]
    assert (units(RESERVE, "TEE-NAVY-L"), units(FACE, "TEE-NAVY-L")) == (20, 30)
    house.is_sound()


@both_ways
def test_units_are_moved_from_bin_to_bin(
    house: House, someone: Callable[..., Person], closed: None, script: bool
) -> None:
    ana = someone("Ana", script=script)
    ana.open("/relocate")
    ana.scan(house.ean["CAP-RED"])
    ana.is_stopped("Scan the bin first")
    ana.scan("A02-03-1")
    ana.sees("What lies here")
    ana.scan(house.ean["MUG-WHITE"])
    ana.is_stopped("Not in this bin")
    ana.scan(house.ean["CAP-RED"])
    ana.scan(house.ean["CAP-RED"])
    expect(ana.page.get_by_label("How many?")).to_have_value("2")
    type_number(ana, "How many?", "6")
    expect(ana.page.get_by_label("How many?")).to_have_value("6")
    ana.scan(house.ean["CAP-RED"])
    expect(ana.page.get_by_label("How many?")).to_have_value("7")
    for refused in (CLOSED, "A02-03-1"):
        ana.scan(refused)
        ana.is_stopped("Not this bin")
    assert (units("A02-03-1", "CAP-RED"), moves()) == (20, [])
    ana.scan("A03-04-1")
    ana.sees("7 × CAP-RED: A02-03-1 → A03-04-1")
    there = (7, "A02-03-1", "A03-04-1", "relocate", "Ana")
    assert moves() == [there]
    assert (units("A02-03-1", "CAP-RED"), units("A03-04-1", "CAP-RED"), units("A03-04-1", "SCARF-BLUE")) == (13, 7, 4)
    ana.scan("CMD-UNDO")
    ana.sees("Taken back: the goods lie where they were")
    assert moves() == [there, (7, "A03-04-1", "A02-03-1", "correction", "Ana")]
    assert (units("A02-03-1", "CAP-RED"), units("A03-04-1", "CAP-RED")) == (20, 0)
    house.is_sound()
    house.passes_flask_check()


def type_number(who: Person, label: str, number: str) -> None:
    """The number by the phone's own keyboard and its Enter; nothing on the screen is tapped."""
    field = who.page.get_by_label(label)
    expect(field).to_be_visible()
    field.fill(number)
    with who.changed():
        field.press("Enter")
