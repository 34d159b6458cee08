"""Safety stock: the formula by hand, demand from the ledger, what is kept and what is computed."""

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from floor.inventory import keeping, safety, service
from floor.inventory.models import LedgerRow, MoveReason, PlaceKind, SafetyStock
from floor.inventory.models_supply import SupplyDefaults, SupplyTerms
from floor.inventory.safety import Abc, Demand, Lead, Level
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.errors import Invalid
from floor.kit.uow import reading, unit_of_work
from tests.factories import a_sku, a_warehouse

# --- by hand -------------------------------------------------------------------------------------------------------


def test_mean_and_deviation_count_days_without_demand():
    """2 and 4 units on two of four days: mean 1.5, squares 20, variance (20 - 36/4) / 3 = 11/3."""
    demand = Demand(units=6, squares=20, busy_days=2, days=4)
    assert demand.mean == 1.5
    assert demand.sd == pytest.approx(1.914854)
    assert demand.is_rare
    assert Demand().sd == Demand().mean == 0
    assert not Demand().is_rare


def test_what_sells_on_most_days_is_not_rare():
    """56 days / 1.32 = 42.4: 43 busy days are often enough, 42 are not."""
    assert not Demand(43, 43, 43).is_rare
    assert Demand(42, 42, 42).is_rare


def a_demand(mean, sd, days=56):
    """A demand with this mean and deviation: squares = (n - 1) sd^2 + n mean^2."""
    return Demand(mean * days, round((days - 1) * sd**2 + days * mean**2), days, days)


@pytest.mark.parametrize(
    ("demand", "lead", "service", "level"),
    [
        # z(0.95) = 1.6449; sqrt(9 * 3^2 + 10^2 * 2^2) = sqrt(481) = 21.932; 36.07 -> 37; 90 + 36.07 -> 127
        (a_demand(10, 3), Lead(9, 2), 0.95, Level(37, 127)),
        # Delivery always on the day: z(0.98) = 2.0537; sqrt(4 * 5^2) = 10; 20.54 -> 21; 80 + 20.54 -> 101
        (a_demand(20, 5), Lead(4), 0.98, Level(21, 101)),
        # The same demand every day, delivery +- 3 days: 8 * 3 = 24; z(0.9) = 1.2816; 30.76 -> 31; 80 + 30.76 -> 111
        (a_demand(8, 0), Lead(10, 3), 0.9, Level(31, 111)),
        # Half the deliveries may come late: z(0.5) = 0
        (a_demand(8, 4), Lead(10, 3), 0.5, Level(0, 80)),
        # Delivered at once
        (a_demand(8, 4), Lead(0), 0.99, Level(0, 0)),
        (Demand(), Lead(14, 5), 0.99, Level(0, 0)),
    ],
)
def test_safety_stock_and_reorder_point_as_computed_by_hand(demand, lead, service, level):
    assert safety.level_for(demand, lead, service) == level


def test_classes_by_the_money_moved():
    """Of 100: A until 80 is reached, B until 95, C the rest; what moved nothing is C."""
    assert safety.classes({"a": 70, "b": 15, "c": 10, "d": 5, "e": 0}) == {
        "a": Abc.A, "b": Abc.A, "c": Abc.B, "d": Abc.C, "e": Abc.C
    }  # fmt: skip
    assert safety.classes({"only": 1}) == {"only": Abc.A}
    assert safety.classes({"nothing": 0}) == {"nothing": Abc.C}


# --- from the ledger -----------------------------------------------------------------------------------------------


def sold(db, house, sku, qty, days_ago, reason=MoveReason.SHIP):
    """Units that went to a customer so many days (of 24 hours) before now."""
    ends = [service.beyond(db, kind, house.id) for kind in (PlaceKind.SUPPLIER, PlaceKind.CUSTOMER)]
    at = clock.now() - timedelta(days=days_ago, minutes=5)
    row = {"sku_id": sku.id, "qty": qty, "from_place_id": ends[0], "to_place_id": ends[1], "reason": reason, "at": at}
    db.execute(sa.insert(LedgerRow), [row])


def test_demand_is_what_was_shipped_in_56_days_day_by_day(db):
    sha, can, tee, cup = a_warehouse(db), a_warehouse(db, "CAN"), a_sku(db), a_sku(db, "CUP")
    for qty, days_ago in ((2, 0), (3, 0), (4, 1), (6, 55)):
        sold(db, sha, tee, qty, days_ago)
    sold(db, sha, tee, 100, 56)
    sold(db, sha, tee, 100, 2, MoveReason.SCRAP)
    sold(db, can, tee, 7, 3)
    sold(db, can, cup, 1, 3)
    assert safety.demands(db) == {
        (sha.id, tee.id): Demand(15, 25 + 16 + 36, 3), (can.id, tee.id): Demand(7, 49, 1),
        (can.id, cup.id): Demand(1, 1, 1),
    }  # fmt: skip
    assert safety.demands(db, can.id, [tee.id]) == {(can.id, tee.id): Demand(7, 49, 1)}


@pytest.fixture
def house(db):
    """Shirts sold ten a day for eight weeks, caps once; cups kept by hand."""
    sha, tee, cap, cup = a_warehouse(db), a_sku(db), a_sku(db, "CAP"), a_sku(db, "CUP")
    for day in range(56):
        sold(db, sha, tee, 10, day)
    sold(db, sha, cap, 3, 20)
    keeping.keep(db, sha.id, cup.id, 4, 9, SYSTEM)
    return sha, tee, cap, cup


def by_code(db, sha):
    return {row.sku.code: row for row in keeping.proposals(db, sha)}


def test_proposals_compare_what_is_kept_with_what_demand_says(db, house):
    sha, tee, _cap, _cup = house
    rows = by_code(db, sha)
    shirt, cup = rows["TEE-NAVY-L"], rows["CUP"]
    # The house's guess: 7 days +- 2, class A at 98 %: 2.0537 * 10 * 2 = 41.07 -> 42; 70 + 41.07 -> 112
    assert (shirt.kind, shirt.level, shirt.kept, shirt.differs) == (Abc.A, Level(42, 112), None, True)
    assert rows["CAP"].demand.is_rare
    assert (cup.level, cup.kept_qty, cup.is_manual) == (Level(0, 0), 4, True)
    terms = SupplyTerms(sku_id=tee.id, supplier="Mill", lead_days=9, lead_sd_days=0)
    keeping.keep_terms(db, terms, SYSTEM)
    keeping.keep_defaults(db, SupplyDefaults(warehouse_id=sha.id, level_a=950), SYSTEM)
    shirt = by_code(db, sha)["TEE-NAVY-L"]
    assert (shirt.lead, shirt.service, shirt.level) == (Lead(9, 0, "Mill"), 0.95, Level(0, 90))


def test_accepting_all_leaves_alone_what_a_person_set(db, house):
    sha, tee, cap, cup = house
    assert keeping.accept(db, sha, keeping.proposals(db, sha), SYSTEM) == 2
    kept = {
        row.sku_id: (row.qty, row.reorder_point, row.is_manual) for row in db.exec(sa.select(SafetyStock)).scalars()
    }
    assert kept[tee.id] == (42, 112, False)
    assert kept[cup.id] == (4, 9, True)
    assert kept[cap.id][2] is False
    db.expire_all()
    assert keeping.accept(db, sha, keeping.proposals(db, sha), SYSTEM) == 0
    assert keeping.accept(db, sha, keeping.proposals(db, sha, cup.id), SYSTEM) == 1, "asked for alone it is meant"
    db.expire_all()
    assert (by_code(db, sha)["CUP"].kept_qty, by_code(db, sha)["CUP"].is_manual) == (0, False)


def test_a_reorder_point_below_the_safety_stock_cannot_be(db, house):
    sha, tee, _cap, _cup = house
    with pytest.raises(Invalid):
        keeping.keep(db, sha.id, tee.id, 9, 8, SYSTEM)
    with pytest.raises(Invalid):
        keeping.keep_defaults(db, SupplyDefaults(warehouse_id=sha.id, level_a=900, level_b=950), SYSTEM)


def test_a_preferred_supplier_takes_the_place_of_the_one_before(db, house):
    _sha, tee, _cap, _cup = house
    for name, price in (("Mill", 900), ("Weaver", 800), ("Mill", 850)):
        keeping.keep_terms(db, SupplyTerms(sku_id=tee.id, supplier=name, lead_days=5, price_fen=price), SYSTEM)
    db.expire_all()
    assert [(one.supplier, one.price_fen, one.is_preferred) for one in keeping.terms_of(db, tee.id)] == [
        ("Mill", 850, True), ("Weaver", 800, False)
    ]  # fmt: skip


# --- over HTTP -----------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(app):
    with unit_of_work() as db:
        sha, tee = a_warehouse(db), a_sku(db)
        a_sku(db, "CUP")
        for day in range(56):
            sold(db, sha, tee, 10, day)


def test_a_supervisor_accepts_one_value_and_all(shop, sign_in):
    dai = sign_in("Dai")
    assert sign_in("Chen").get("/stock/safety").status_code == 403
    assert "112" in dai.get("/stock/safety").text
    assert dai.post("/stock/safety/accept", {"warehouse": "SHA", "sku": "TEE-NAVY-L"}).status_code == 303
    with reading() as db:
        assert (db.get(SafetyStock, (1, 1)).qty, db.get(SafetyStock, (1, 1)).reorder_point) == (42, 112)
    assert dai.post("/stock/safety/accept", {"warehouse": "SHA"}).status_code == 303
    assert dai.post("/stock/safety/accept", {"warehouse": "XXX"}).status_code == 404
    (row,) = csv.DictReader(io.StringIO(dai.get("/stock/safety.csv?warehouse=SHA").text.lstrip("\ufeff")))
    assert (row["sku"], row["per_day"], row["safety"], row["kept_safety"], row["manual"]) == (
        "TEE-NAVY-L", "10.000", "42", "42", "0"
    )  # fmt: skip


def test_a_house_writes_down_what_it_assumes(shop, sign_in):
    dai, form = sign_in("Dai"), {"warehouse": "SHA", "lead_days": "7.5", "lead_sd_days": "0"}
    levels = {"level_a": "97.5", "level_b": "95", "level_c": "90"}
    assert dai.post("/stock/safety/defaults", form | levels).status_code == 303
    with reading() as db:
        assumed = db.get(SupplyDefaults, 1)
        assert (assumed.lead_days, assumed.level_a) == (7.5, 975)
    bad = dai.post("/stock/safety/defaults", form | levels | {"level_b": "99"})
    assert (bad.status_code, 'value="99"' in bad.text) == (422, True)
    assert dai.post("/stock/safety/defaults", form | levels | {"lead_days": "nan"}).status_code == 422


def test_a_skus_terms_and_safety_stock_are_set_on_its_page(shop, sign_in):
    dai, at = sign_in("Dai"), "/skus/TEE-NAVY-L"
    assert "10.00" in dai.get(f"{at}/supply").text
    terms = {"supplier": "Mill", "lead_days": "9", "price": "12.50", "is_preferred": "1"}
    assert dai.post(f"{at}/terms", terms).status_code == 303
    bad = dai.post(f"{at}/terms", terms | {"price": "dear"})
    assert (bad.status_code, 'value="dear"' in bad.text) == (422, True)
    assert dai.post(f"{at}/safety", {"warehouse": "SHA", "qty": "5", "reorder_point": "20"}).status_code == 303
    assert dai.post(f"{at}/safety", {"warehouse": "SHA", "qty": "5", "reorder_point": "2"}).status_code == 422
    with reading() as db:
        assert keeping.terms_of(db, 1)[0].price_fen == 1250
        assert db.get(SafetyStock, (1, 1)).is_manual
    assert "Mill" in dai.get(f"{at}/supply").text
