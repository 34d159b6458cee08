"""Who may decide a variance, small ones in one go, results and figures; the rules; and that counting is blind."""

import csv
import io
import re
from datetime import timedelta

import pytest
from sqlmodel import select

from floor.events.models import AuditEvent
from floor.inventory import books, count_figures, count_review, counting, queries, service, tasks
from floor.inventory.count_review import Swept, Why
from floor.inventory.models import CountReason, CountTask, LedgerRow
from floor.inventory.models_counting import CountRules
from floor.inventory.service import Wish
from floor.inventory.states import CountState
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.errors import Conflict, NotAllowed
from floor.kit.uow import reading, unit_of_work
from tests.factories import a_bin, a_sku, a_warehouse, count, ean, stock
from tests.web_client import HTMX

ANA, BEN, DAI, EVE = (Actor("user", n, name) for n, name in ((1, "Ana"), (2, "Ben"), (5, "Dai"), (6, "Eve")))


@pytest.fixture
def house(db):
    """Nothing adjusts itself, one person may count, two sign above 500 yuan."""
    found = a_warehouse(db)
    db.add(CountRules(warehouse_id=found.id, auto_fen=0, other_fen=10**8, approval_fen=50_000))
    return found


def variance(db, house, counted, n=1, price=9900, who=ANA):
    """Ten units in a bin of their own, counted twice."""
    where, sku = a_bin(db, house, f"A01-0{n}-1"), a_sku(db, f"SKU-{n}", price=price)
    stock(db, where, sku, 10)
    task = counting.ask_count(db, where, sku.id, CountReason.ASKED, SYSTEM)
    for _twice in range(2):
        counting.scan(db, task, where.code, who)
        counting.scan(db, task, ean(sku), who)
        counting.count(db, task, counted, who)
    assert task.state is CountState.VARIANCE
    return task


def test_a_middle_variance_needs_one_supervisor_and_a_reason(db, house):
    task = variance(db, house, 8)
    assert count_review.adjust(db, task, Why.THEFT, DAI) == -2
    assert (task.state, task.why, task.decided_by, task.value_fen) == (CountState.DONE, "theft", 5, -19_800)
    assert books.broken_counts(db) == books.broken_balances(db) == []
    with pytest.raises(Conflict):
        count_review.adjust(db, task, Why.THEFT, DAI)


def test_a_large_one_needs_two_supervisors_neither_of_whom_counted(db, house):
    task = variance(db, house, 4)
    assert count_review.adjust(db, task, Why.THEFT, DAI) is None
    assert (task.state, task.approved_by) == (CountState.APPROVED, DAI.id)
    assert count(db, LedgerRow, LedgerRow.subject == "count") == 0
    for who, code in ((DAI, "inventory.second_person"), (ANA, "inventory.own_count")):
        with pytest.raises(NotAllowed) as refused:
            count_review.adjust(db, task, Why.THEFT, who)
        assert (refused.value.code, refused.value.status) == (code, 403)
    assert count_review.adjust(db, task, Why.THEFT, EVE) == -6
    assert (task.state, task.approved_by, task.decided_by) == (CountState.DONE, DAI.id, EVE.id)
    kinds = db.exec(select(AuditEvent.kind, AuditEvent.actor_name).where(AuditEvent.subject_id == task.id)).all()
    assert kinds[-2:] == [("inventory.count.approve", "Dai"), ("inventory.count.adjust", "Eve")]


def test_whoever_counted_signs_no_large_difference_not_even_first(db, house):
    with pytest.raises(NotAllowed):
        count_review.adjust(db, variance(db, house, 4, who=DAI), Why.THEFT, DAI)
    assert count_review.adjust(db, variance(db, house, 9, 2, who=DAI), Why.THEFT, DAI) == -1


def test_the_limit_itself_still_needs_one_only(db, house):
    """Five at 100 yuan are 500."""
    assert count_review.adjust(db, variance(db, house, 5, price=10_000), Why.UNKNOWN, DAI) == -5
    assert count_review.adjust(db, variance(db, house, 5, 2, price=10_001), Why.UNKNOWN, DAI) is None


def test_a_rejected_count_changes_nothing_and_is_over(db, house):
    task = variance(db, house, 8)
    count_review.reject(db, task, DAI)
    assert (task.state, task.decided_by) == (CountState.REJECTED, DAI.id)
    assert queries.balance_of(db, task.bin_id, task.sku_id) == 10
    for verb in (count_review.reject, count_review.recount):
        with pytest.raises(Conflict):
            verb(db, task, DAI)
    assert books.broken_counts(db) == []


def test_a_recount_forgets_the_first_signature(db, house):
    task = variance(db, house, 4)
    count_review.adjust(db, task, Why.THEFT, DAI)
    count_review.recount(db, task, EVE)
    assert (task.state, task.approved_by, task.why) == (CountState.OPEN, None, "")


def test_the_small_ones_are_adjusted_in_one_go_and_the_others_left(db, house):
    small, large = variance(db, house, 9), variance(db, house, 4, 2)
    promised = variance(db, house, 9, 3)
    service.reserve(db, [Wish(promised.bin_id, promised.sku_id, 10, shipment_line_id=1)])
    unsure = variance(db, house, 8, 4)
    unsure.state = CountState.OPEN
    count_review.recount(db, _again(db, unsure), DAI)
    for who, qty in ((BEN, 9), (BEN, 7), (EVE, 8)):
        _say(db, unsure, qty, who)
    assert unsure.state is CountState.VARIANCE
    other = a_warehouse(db, "CAN")
    assert count_review.adjust_small(db, house.id, 100_000, Why.MISCOUNTED, DAI) == Swept(1, 3)
    assert [task.state for task in (small, large, promised, unsure)] == [
        CountState.DONE, CountState.VARIANCE, CountState.VARIANCE, CountState.VARIANCE,
    ]  # fmt: skip
    assert count_review.adjust_small(db, other.id, 100_000, Why.MISCOUNTED, DAI) == Swept(0, 0)
    assert books.broken_counts(db) == books.broken_balances(db) == []


def _again(db, task):
    task.state = CountState.VARIANCE
    db.flush()
    return task


def _say(db, task, qty, who):
    row = tasks.count_row(db, task)
    counting.scan(db, task, row.where.code, who)
    counting.scan(db, task, ean(row.sku), who)
    counting.count(db, task, qty, who)


def test_the_figures_of_a_week_say_how_often_the_books_were_right_and_what_they_were_off(db, house):
    count_review.adjust(db, variance(db, house, 8), Why.THEFT, DAI)
    count_review.adjust(db, variance(db, house, 13, 2), Why.ELSEWHERE, DAI)
    variance(db, house, 9, 3)
    where, sku = a_bin(db, house, "A01-04-1"), a_sku(db, "SKU-4")
    stock(db, where, sku, 3)
    task = counting.ask_count(db, where, sku.id, CountReason.CYCLE, SYSTEM)
    _say(db, task, 3, ANA)
    *before, week = count_figures.weekly(db, "SHA")
    assert (week.counts, week.right, week.right_percent) == (4, 1, 25)
    assert (week.net_fen, week.gross_fen) == (9_900, 49_500)
    assert {(old.counts, old.right_percent, old.gross_fen) for old in before} == {(0, None, 0)}
    assert len(before) == count_figures.WEEKS - 1
    assert count_figures.weekly(db, "CAN")[-1].counts == 0
    with clock.shifted(timedelta(weeks=1)):
        assert [one.counts for one in count_figures.weekly(db)][-2:] == [4, 0]


# --- doors -------------------------------------------------------------------------------------------------------


@pytest.fixture
def world(app):
    """One small and one large variance; ids."""
    with unit_of_work() as db:
        found = a_warehouse(db)
        db.add(CountRules(warehouse_id=found.id, auto_fen=0, other_fen=10**8, approval_fen=50_000))
        db.flush()
        return {"small": variance(db, found, 9).id, "large": variance(db, found, 4, 2).id, "house": found.id}


def test_a_decision_needs_a_reason_and_a_large_one_a_second_supervisor(world, sign_in):
    dai, eve, at = sign_in("Dai"), sign_in("Eve"), f"/counts/{world['large']}/adjust"
    bad = dai.post(at, {"why": "because"})
    assert (bad.status_code, "Choose why the books were wrong" in bad.text) == (422, True)
    assert dai.post(at, {"why": "theft"}).status_code == 303
    page = dai.get("/counts/review?tab=second").text
    assert "Agreed to by Dai" in page
    assert "You agreed. Another supervisor has to, too." in page
    refused = dai.post(at, {"why": "theft"})
    assert (refused.status_code, "A second supervisor has to agree" in refused.text) == (403, True)
    assert eve.post(at, {"why": "theft"}).status_code == 303
    decided = dai.get("/counts/review?tab=decided").text
    assert "Theft or loss" in decided
    assert re.search(r"Decided \d\d:\d\d by Eve", decided)


def test_the_list_can_be_narrowed_to_a_bin_and_to_a_worth(world, sign_in):
    dai = sign_in("Dai")
    both = dai.get("/counts/review").text
    assert "SKU-1" in both
    assert "SKU-2" in both
    assert "SKU-1" not in dai.get("/counts/review?over=200").text
    assert "SKU-2" in dai.get("/counts/review?over=200").text
    assert "SKU-2" not in dai.get("/counts/review?q=a01-01").text
    assert dai.get("/counts/review?over=x&tab=none&q=%25").status_code == 200


def test_the_small_ones_go_in_one_command(world, sign_in):
    dai = sign_in("Dai")
    bad = dai.post("/counts/review/adjust", {"limit": "-5", "why": "theft"})
    assert (bad.status_code, 'value="-5"' in bad.text) == (422, True)
    assert dai.post("/counts/review/adjust", {"limit": "100", "why": "miscounted"}).status_code == 303
    assert "1 adjusted, 1 left for a closer look" in dai.get("/counts/review").text


def test_results_come_as_a_file_that_no_spreadsheet_runs(world, sign_in):
    dai = sign_in("Dai")
    assert sign_in("Ana").get("/counts/results.csv").status_code == 403
    answer = dai.get("/counts/results.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(row["sku"], row["difference"], row["value_yuan"], row["counted_by"]) for row in rows] == [
        ("SKU-2", "-6", "-594.00", "Ana"), ("SKU-1", "-1", "-99.00", "Ana"),
    ]  # fmt: skip


def test_the_rules_of_a_house_can_be_changed_by_its_supervisor_and_the_change_is_known(world, sign_in):
    dai = sign_in("Dai")
    assert "Keeping to this takes 1 bin a day" in dai.get("/counts/rules").text
    good = {"warehouse": "SHA", "daily_bins": "12", "auto": "5", "other": "300", "approval": "900"}
    bad = dai.post("/counts/rules", good | {"auto": "901"})
    assert (bad.status_code, 'value="901"' in bad.text) == (422, True)
    assert dai.post("/counts/rules", good | {"warehouse": "NOWHERE"}).status_code == 404
    assert dai.post("/counts/rules", good).status_code == 303
    with reading() as db:
        rules = counting.rules_of(db, world["house"])
        assert (rules.daily_bins, rules.auto_fen, rules.other_fen, rules.approval_fen) == (12, 500, 30_000, 90_000)
        assert rules.lists_goods is False
        told = db.exec(select(AuditEvent).where(AuditEvent.kind == "inventory.counts.rules_changed")).one()
        assert (told.actor_name, told.data["approval_fen"]) == ("Dai", 90_000)


# --- blind -------------------------------------------------------------------------------------------------------

#: What the books have of three goods: numbers that can be there by chance only in a command id, which is random.
BOOKS = (7919, 6841, 5477)
NUMBERS = re.compile("|".join(str(qty) for qty in BOOKS) + "|7,919|6,841|5,477")
COMMAND_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(params=[True, False], ids=["goods listed", "goods hidden"])
def blind(app, request):
    """A bin to be counted whole, its goods by barcode; where the list of goods is shown, and where it is not."""
    with unit_of_work() as db:
        house = a_warehouse(db)
        db.add(CountRules(warehouse_id=house.id, lists_goods=request.param))
        here, skus = a_bin(db, house), [a_sku(db, code) for code in ("TEE", "MUG", "SOCK")]
        a_sku(db, "CAP")
        for sku, qty in zip(skus, BOOKS, strict=True):
            stock(db, here, sku, qty)
        found = counting.ask_bin(db, here, CountReason.CYCLE, SYSTEM)
        return {"tasks": [task.id for task in found], "ean": [ean(sku) for sku in skus], "lists": request.param}


def test_no_byte_the_phone_gets_says_what_the_books_have(blind, sign_in):
    """Pages and fragments of a whole count: every step, every refusal, every repeat, and the headers."""
    ana, bens, got = sign_in("Ana"), sign_in("Ben"), []
    first, at = blind["tasks"][0], f"/counts/{blind['tasks'][0]}"

    def kept(answer, status):
        assert answer.status_code in status, answer.text
        got.append(answer.text + str(answer.headers))
        return answer

    def send(path, form, *status, who=ana):
        for headers in ({}, HTMX):
            kept(who.post(path, form, headers=headers), status)
        for headers in ({}, HTMX):
            kept(who.get(at, headers=headers), (200, 403))
            kept(who.get("/counts", headers=headers), (200,))

    send(f"{at}/scans", {"code": "Z99"}, 422)
    send(f"{at}/number", {"qty": "3"}, 409)
    send(f"{at}/scans", {"code": "A01-01-1"}, 200)
    send(f"{at}/scans", {"code": "what"}, 422)
    send(f"{at}/scans", {"code": "CAP"}, 422)
    send(f"{at}/scans", {"code": blind["ean"][0]}, 200)
    send(f"{at}/number", {"qty": "many"}, 422)
    kept(ana.post(f"{at}/number", {"qty": "7000"}), (303,))
    send(f"{at}/scans", {"code": "A01-01-1"}, 200)
    send(f"{at}/scans", {"code": blind["ean"][0], "task": str(first)}, 200)
    kept(ana.post(f"{at}/number", {"qty": "7001"}, headers=HTMX), (200,))
    kept(ana.get(at), (200,))
    kept(ana.post(f"{at}/number", {"qty": "7001"}), (403,))
    kept(ana.get("/counts"), (200,))
    second = f"/counts/{blind['tasks'][1]}"
    kept(ana.post(f"{second}/scans", {"code": "A01-01-1"}), (200,))
    kept(ana.post(f"{second}/scans", {"code": blind["ean"][1]}), (200,))
    kept(ana.post(f"{second}/number", {"qty": str(BOOKS[1] - 1)}), (303,))
    kept(ana.get(second), (200,))
    kept(ana.post(f"{second}/scans", {"code": "A01-01-1"}), (200,))
    kept(ana.post(f"{second}/finish", {}), (303,))
    kept(ana.get("/counts"), (200,))
    send(f"{at}/scans", {"code": "A01-01-1"}, 200, who=bens)
    kept(bens.post(f"{at}/goods", {"sku": "CAP"}), (303,))
    kept(bens.post(f"{at}/whole", {}), (303,))
    kept(bens.post(f"{at}/empty", {}), (303,))
    kept(bens.get("/counts"), (200,))
    told = [found for found in got if NUMBERS.search(COMMAND_ID.sub("", found))]
    assert told == []
    assert len(got) > 60


def test_without_the_list_no_page_names_the_goods_before_they_are_scanned(blind, sign_in):
    ana, at = sign_in("Ana"), f"/counts/{blind['tasks'][0]}"
    pages = [ana.get("/counts").text, ana.get(at).text, ana.post(f"{at}/scans", {"code": "A01-01-1"}).text]
    named = [any(word in page for word in ("Tee TEE", *blind["ean"])) for page in pages]
    assert named == [blind["lists"]] * 3
    assert "Tee TEE" in ana.post(f"{at}/scans", {"code": blind["ean"][0]}).text


def test_who_may_not_count_again_does_not_see_the_bin_and_is_told_why(blind, sign_in):
    ana, ben, at = sign_in("Ana"), sign_in("Ben"), f"/counts/{blind['tasks'][0]}"
    with unit_of_work() as db:
        for task in db.exec(select(CountTask).where(CountTask.id != blind["tasks"][0])).all():
            db.delete(task)
    for qty in ("1", "2"):
        ana.post(f"{at}/scans", {"code": "A01-01-1"})
        ana.post(f"{at}/scans", {"code": blind["ean"][0]})
        ana.post(f"{at}/number", {"qty": qty})
    with unit_of_work() as db:
        for task in db.exec(select(CountTask).where(CountTask.id != blind["tasks"][0])).all():
            task.state = CountState.DONE
    assert "A01-01-1" not in ana.get("/counts").text
    assert ana.post(f"{at}/number", {"qty": "2"}).status_code == 403
    assert "Does anything else lie here?" in ana.get(at).text
    ana.post(f"{at}/finish")
    refused = ana.get(at)
    assert (refused.status_code, "You counted these already" in refused.text) == (403, True)
    assert ana.post(f"{at}/number", {"qty": "2"}).status_code == 403
    assert "A01-01-1" in ben.get("/counts").text
    assert ben.get(at).status_code == 200


def test_the_bin_is_done_on_the_phone_kind_by_kind(blind, sign_in):
    ana, at = sign_in("Ana"), f"/counts/{blind['tasks'][0]}"
    ana.post(f"{at}/scans", {"code": "A01-01-1"})
    for code, qty, task in zip(reversed(blind["ean"]), reversed(BOOKS), reversed(blind["tasks"]), strict=True):
        page = ana.post(f"{at}/scans", {"code": code, "task": str(task)}).text
        assert f'action="/counts/{task}/number"' in page
        answer = ana.post(f"/counts/{task}/number", {"qty": str(qty)})
    page = ana.get(answer.location).text
    assert "Does anything else lie here?" in page
    assert ana.post(f"{at}/finish").location == "/counts"
    assert ana.post(f"{at}/finish").status_code == 409
    with reading() as db:
        assert {task.state for task in db.exec(select(CountTask))} == {CountState.DONE}
