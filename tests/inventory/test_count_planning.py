"""Which bins are worth counting: the arithmetic by hand, then a house's own books, once a day."""

from datetime import timedelta

import pytest
from sqlmodel import select

from floor.events.models import AuditEvent
from floor.inventory import count_days, count_review, counting, service
from floor.inventory.count_planning import INTERVAL_DAYS, Candidate, Klass, classes, daily_load, worth_counting
from floor.inventory.count_review import Why
from floor.inventory.models import CountReason, CountTask, MoveReason
from floor.inventory.models_counting import CountPlan, CountRules
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.uow import reading, unit_of_work
from tests.factories import a_bin, a_sku, a_warehouse, count, ean, stock

ANA, DAI = Actor("user", 1, "Ana"), Actor("user", 5, "Dai")


def test_the_first_80_percent_of_the_value_are_a_the_next_15_b_the_rest_c():
    assert classes({1: 700, 2: 150, 3: 100, 4: 30, 5: 20}) == {
        1: Klass.A, 2: Klass.A, 3: Klass.B, 4: Klass.C, 5: Klass.C,
    }  # fmt: skip


def test_a_bin_belongs_to_the_class_its_value_begins_in():
    assert classes({1: 95, 2: 5}) == {1: Klass.A, 2: Klass.C}
    assert classes({7: 1_000_000}) == {7: Klass.A}
    assert classes({1: 0, 2: 0}) == {1: Klass.C, 2: Klass.C}
    assert classes({}) == {}


def test_a_is_counted_monthly_b_quarterly_c_yearly():
    assert INTERVAL_DAYS == {Klass.A: 30, Klass.B: 91, Klass.C: 365}
    assert daily_load([Klass.A] * 30) == 1
    assert daily_load([Klass.A] * 300 + [Klass.B] * 910 + [Klass.C] * 3650) == 30
    assert daily_load([]) == 0


def ranked(*candidates, capacity=10):
    return [(one.bin_id, one.score) for one in worth_counting(candidates, capacity)]


def test_the_oldest_of_its_class_comes_first_and_what_is_not_due_stays_away():
    a, b, c = (Candidate(n, value, 31) for n, value in ((1, 8000), (2, 1500), (3, 500)))
    assert ranked(a, b, c) == [(1, 1033)], "a month is old for A, young for B and C"
    assert ranked(Candidate(1, 8000, 30), Candidate(2, 1500, 182), Candidate(3, 500, 365)) == [
        (2, 2000), (1, 1000), (3, 1000),
    ]  # fmt: skip


def test_every_doubt_counts_as_half_an_interval():
    quiet, doubted = Candidate(1, 100, 45), Candidate(2, 100, 0, doubts=3)
    assert ranked(quiet, doubted) == [(1, 1500), (2, 1500)]
    assert ranked(Candidate(1, 100, 0, doubts=1)) == [(1, 500)], "one doubt is enough to be worth a look"


def test_what_nobody_ever_looked_at_is_due_and_value_decides_among_equals():
    assert ranked(Candidate(1, 5, None), Candidate(2, 9, None), Candidate(3, 7, None)) == [
        (2, 1000), (3, 1000), (1, 1000),
    ]  # fmt: skip


def test_the_capacity_is_kept_and_the_same_house_gets_the_same_plan():
    many = [Candidate(n, 100, n) for n in range(100)]
    first = ranked(*many, capacity=7)
    assert (len(first), first[0]) == (7, (79, 2633)), "the oldest of class A before the oldest of B"
    assert ranked(*reversed(many), capacity=7) == first
    assert ranked(*many, capacity=0) == ranked(*many, capacity=-3) == []


# --- a house ------------------------------------------------------------------------------------------------------


@pytest.fixture
def house(db):
    return a_warehouse(db)


def filled(db, house, code, qty=10, price=9900, received=True):
    """A bin with goods of its own; received ones were looked at when they came."""
    where, sku = a_bin(db, house, code), a_sku(db, f"SKU-{code}", price=price)
    if received:
        service.receive(db, where, sku.id, qty, SYSTEM)
    else:
        stock(db, where, sku, qty)
    return where, sku


def known(db, house):
    return {one.bin_id: one for one in count_days.candidates(db, house.id)}


def test_the_value_age_and_doubts_of_a_bin_come_from_the_books(db, house):
    here, sku = filled(db, house, "A01-01-1")
    assert known(db, house) == {here.id: Candidate(here.id, 99_000, 0, 0)}
    with clock.shifted(timedelta(days=40)):
        assert known(db, house)[here.id].age_days == 40
        service.adjust(db, here, sku.id, -1, MoveReason.LOST, "", SYSTEM)
        count_days.doubt(db, here.id, sku.id, "wrong_scan", SYSTEM)
        assert known(db, house)[here.id] == Candidate(here.id, 89_100, 40, 2)


def test_a_count_makes_the_books_young_again_and_settles_every_doubt(db, house):
    here, sku = filled(db, house, "A01-01-1")
    with clock.shifted(timedelta(days=40)):
        service.adjust(db, here, sku.id, -1, MoveReason.LOST, "", SYSTEM)
        task = counting.ask_count(db, here, sku.id, CountReason.ASKED, SYSTEM)
        counting.scan(db, task, here.code, ANA)
        counting.scan(db, task, ean(sku), ANA)
        counting.count(db, task, 9, ANA)
        assert known(db, house)[here.id] == Candidate(here.id, 89_100, 0, 0)
    with clock.shifted(timedelta(days=45)):
        assert known(db, house)[here.id].age_days == 5


def test_a_rejected_count_leaves_a_doubt(db, house):
    here, sku = filled(db, house, "A01-01-1")
    task = counting.ask_count(db, here, sku.id, CountReason.ASKED, SYSTEM)
    for _twice in range(2):
        counting.scan(db, task, here.code, ANA)
        counting.scan(db, task, ean(sku), ANA)
        counting.count(db, task, 7, ANA)
    count_review.reject(db, task, DAI)
    assert known(db, house)[here.id].doubts == 1


def test_opening_stock_nobody_checked_is_due_at_once_and_docks_are_left_alone(db, house):
    here, _sku = filled(db, house, "A01-01-1", received=False)
    other, _sku = filled(db, house, "A01-02-1")
    other.is_closed = True
    db.flush()
    assert known(db, house)[here.id].age_days is None
    assert other.id not in known(db, house)


def test_the_plan_asks_for_every_line_of_the_bins_it_chose_once_a_day(db, house):
    here, _sku = filled(db, house, "A01-01-1", received=False)
    more = a_sku(db, "MUG")
    stock(db, here, more, 3)
    filled(db, house, "A01-02-1")
    first = count_days.plan_day(db, house, DAI)
    assert (first.is_new, first.plan.bins) == (True, 1)
    asked = db.exec(select(CountTask)).all()
    assert [(task.bin_id, task.reason) for task in asked] == [(here.id, CountReason.CYCLE)] * 2
    again = count_days.plan_day(db, house, DAI)
    assert (again.is_new, again.plan.bins, count(db, CountTask)) == (False, 1, 2)
    assert count(db, AuditEvent, AuditEvent.kind == "inventory.counts.planned") == 1
    with clock.shifted(timedelta(days=1)):
        assert count_days.plan_day(db, house, DAI).plan.bins == 0, "what waits already is not asked for again"


def test_the_day_has_room_for_so_many_bins_less_those_that_wait(db, house):
    db.add(CountRules(warehouse_id=house.id, daily_bins=2))
    for n in range(1, 6):
        filled(db, house, f"A01-0{n}-1", qty=n, received=False)
    assert count_days.plan_day(db, house, DAI).plan.bins == 2
    with clock.shifted(timedelta(days=1)):
        assert count_days.plan_day(db, house, DAI).plan.bins == 0
    db.exec(select(CountTask)).first().state = "done"
    db.flush()
    with clock.shifted(timedelta(days=2)):
        assert count_days.plan_day(db, house, DAI).plan.bins == 1


def test_an_adjusted_bin_is_not_doubted_for_its_own_adjustment(db, house):
    here, sku = filled(db, house, "A01-01-1")
    task = counting.ask_count(db, here, sku.id, CountReason.ASKED, SYSTEM)
    for _twice in range(2):
        counting.scan(db, task, here.code, ANA)
        counting.scan(db, task, ean(sku), ANA)
        counting.count(db, task, 8, ANA)
    count_review.adjust(db, task, Why.MISCOUNTED, DAI)
    assert known(db, house)[here.id].doubts == 0


# --- doors --------------------------------------------------------------------------------------------------------


@pytest.fixture
def world(app):
    with unit_of_work() as db:
        house = a_warehouse(db)
        filled(db, house, "A01-01-1", received=False)
        filled(db, a_warehouse(db, "CAN"), "A01-02-1", received=False)


def test_the_button_plans_the_house_of_whoever_presses_it_once(world, sign_in):
    dai = sign_in("Dai")
    assert sign_in("Ana").post("/counts/plan").status_code == 403
    assert dai.post("/counts/plan").location == "/counts"
    page = dai.get("/counts").text
    assert "1 bin planned for today" in page
    assert "A01-01-1" in page
    assert "A01-02-1" not in page
    dai.post("/counts/plan")
    assert "Planned already today: 1 bin" in dai.get("/counts").text
    with reading() as db:
        assert [plan.bins for plan in db.exec(select(CountPlan))] == [1]


def test_the_command_plans_every_house_and_tells_what_was_planned_before(world, app):
    run = app.test_cli_runner()
    day = count_days.today()
    assert run.invoke(args=["stock", "plan-counts", "--warehouse", "SHA"]).output == f"SHA {day}: 1 bins planned\n"
    assert run.invoke(args=["stock", "plan-counts"]).output.splitlines() == [
        f"CAN {day}: 1 bins planned",
        f"SHA {day}: 1 bins were planned before",
    ]
    assert run.invoke(args=["stock", "plan-counts", "--warehouse", "X"]).exit_code == 1
