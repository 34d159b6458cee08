"""The doors of the put wall and of the board, over HTTP: screens, repeats, refusals, and who may."""

import re

import pytest

from floor.kit.uow import reading
from floor.picking import queries
from floor.picking.models import Walk
from floor.picking.models_wall import Wall, WallLine, WallPut
from floor.picking.states import WalkState
from tests.picking.conftest import a_floor, kept, person, rows
from tests.picking.test_board import waiting
from tests.web_client import HTMX


@pytest.fixture
def at_wall(app):
    """(floor codes, address of the batch, tote)"""
    with kept() as db:
        floor = a_floor(db)
        wall, walk, tote = floor.at_the_wall(db, [{0: 2, 3: 1}, {0: 1}], person(db, "Ana"))
        return [floor.code(n) for n in range(4)], f"/walls/{wall.id}/batches/{walk.id}", tote


def test_the_wall_shows_what_waits_and_a_tote_leads_to_its_sorting(sign_in, at_wall):
    _codes, batch, tote = at_wall
    ben = sign_in("Ben")
    assert "W1" in ben.get("/walls").text
    assert "4 of 4 units to sort" in ben.get("/walls/1").text
    answer = ben.post("/walls/1/scans", {"code": tote})
    assert (answer.status_code, answer.location.split("?")[0]) == (303, batch)
    wrong = ben.post("/walls/1/scans", {"code": "T-SHA-8"})
    assert wrong.status_code == 422
    assert "T-SHA-8" in wrong.text


def test_an_item_answers_with_its_slot_in_huge_numerals_and_colour(sign_in, at_wall):
    codes, batch, _tote = at_wall
    answer = sign_in("Ben").post(f"{batch}/scans", {"code": codes[3]})
    assert re.search(r'<section class="put c1"><b class="bigno num">1</b>', answer.text)
    assert "Row 1, place 1 from the left" in answer.text
    assert "Scan slot 1" in answer.text


def test_a_double_tap_and_a_lost_reply_count_once(sign_in, at_wall):
    codes, batch, _tote = at_wall
    ben = sign_in("Ben")
    first = ben.post(f"{batch}/scans", {"code": codes[3]}, command_id="the-same-scan")
    again = ben.post(f"{batch}/scans", {"code": codes[3]}, command_id="the-same-scan")
    assert first.text == again.text
    slot = ben.post(f"{batch}/scans", {"code": "W1-01"}, command_id="the-same-slot")
    assert ben.post(f"{batch}/scans", {"code": "W1-01"}, command_id="the-same-slot").text == slot.text
    with reading() as db:
        assert len(rows(db, WallPut)) == 1
        assert sum(line.in_slot for line in rows(db, WallLine)) == 1


def test_a_wrong_slot_is_a_red_screen_and_a_wrong_moment_an_amber_bar(sign_in, at_wall):
    codes, batch, _tote = at_wall
    ben = sign_in("Ben")
    early = ben.post(f"{batch}/scans", {"code": "W1-01"}, headers=HTMX)
    assert early.status_code == 422
    assert "Scan the item first" in early.text
    assert early.headers["HX-Trigger"] == '{"verdict": "warn"}'
    ben.post(f"{batch}/scans", {"code": codes[3]})
    red = ben.post(f"{batch}/scans", {"code": "W1-05"}, headers=HTMX)
    assert red.status_code == 422
    assert 'role="alertdialog"' in red.text
    assert "Put it into slot 1" in red.text


def test_the_other_sorter_is_told_who_has_it(sign_in, at_wall):
    codes, batch, _tote = at_wall
    sign_in("Ben").post(f"{batch}/scans", {"code": codes[3]})
    told = sign_in("Ana").post(f"{batch}/scans", {"code": codes[3]})
    assert told.status_code == 422
    assert "Ben has it for slot 1" in told.text


def test_undo_without_anything_to_undo_is_said_on_the_same_screen(sign_in, at_wall):
    _codes, batch, _tote = at_wall
    answer = sign_in("Ben").post(f"{batch}/undo")
    assert answer.status_code == 422
    assert "Nothing to undo" in answer.text


def test_missing_units_are_listed_before_they_are_reported(sign_in, at_wall):
    codes, batch, _tote = at_wall
    ben = sign_in("Ben")
    for code in (codes[0], "W1-01", codes[0], "W1-01", codes[0], "W1-02"):
        assert ben.post(f"{batch}/scans", {"code": code}).status_code == 200
    page = ben.get(f"{batch}/missing").text
    assert "Report 1 missing" in page
    assert "Let 1 unit wait for the next allocation" in page
    assert ben.post(f"{batch}/missing", {"units": "7"}).status_code == 409
    answer = ben.post(f"{batch}/missing", {"units": "1"})
    assert (answer.status_code, answer.location) == (303, "/walls/1")
    assert "1 unit reported missing" in ben.get("/walls/1").text


def test_a_batch_of_another_wall_is_unknown_here(sign_in, at_wall):
    _codes, batch, _tote = at_wall
    dai = sign_in("Dai")
    form = {"warehouse": "SHA", "code": "W2", "slots": "6", "columns": "3", "is_confirmed": "1"}
    assert dai.post("/walls/setup", form).status_code == 303
    assert dai.get(batch.replace("/walls/1/", "/walls/2/")).status_code == 404
    twice = dai.post("/walls/setup", form)
    assert twice.status_code == 422
    assert "W2 is taken already" in twice.text


def test_terms_of_a_wall_are_changed_and_kept_when_wrong(sign_in, at_wall):
    dai = sign_in("Dai")
    assert dai.post("/walls/1/terms", {"columns": "6", "plan_lines": "3"}).status_code == 303
    with reading() as db:
        (wall,) = rows(db, Wall)
    assert (wall.columns, wall.is_confirmed, wall.plan_lines) == (6, False, 3)
    wrong = dai.post("/walls/1/terms", {"columns": "60", "plan_lines": "3"})
    assert wrong.status_code == 422
    assert 'value="60"' in wrong.text


@pytest.mark.parametrize("path", ["/walls", "/walls/1"])
def test_service_may_not_sort_and_strangers_go_to_the_door(sign_in, stranger, at_wall, path):
    assert sign_in("Chen").get(path).status_code == 403
    assert stranger.get(path).status_code == 303


# --- the board --------------------------------------------------------------------------------------------------------


@pytest.fixture
def two_walks(app):
    """Ana picks one, the other is free, an order waits; gives (walk, walk, shipment)."""
    with kept() as db:
        floor = a_floor(db)
        mine, free = floor.started(db, [{0: 2}, {3: 1}], person(db, "Ana")), floor.walk(db, [{2: 1}])
        return mine.id, free.id, waiting(db, floor, {1: 1}).id


def test_the_board_shows_walks_people_cut_offs_and_what_waits(sign_in, two_walks):
    page = sign_in("Dai").get("/walks/board").text
    for words in (
        "W-000001",
        "W-000002",
        "Ana",
        "Ben",
        "Until the cut-offs",
        "On no walk yet",
        "Too few finished walks",
    ):
        assert words in page
    assert 'hx-trigger="every 15s"' in page
    assert '<meta http-equiv="refresh" content="15">' in page


def test_a_free_walk_is_given_and_one_with_totes_is_asked_for(sign_in, two_walks):
    mine, free, _shipment = two_walks
    dai = sign_in("Dai")
    with reading() as db:
        ben = person(db, "Ben").id
    assert "It waits for the first who takes it." in dai.get(f"/walks/board/{free}").text
    assert "phone asks for the other badge" in dai.get(f"/walks/board/{mine}").text
    assert dai.post(f"/walks/board/{mine}/assign", {"person": ben}).status_code == 409
    assert dai.post(f"/walks/board/{mine}/ask", {"person": ben}).status_code == 303
    assert "Hand over to Ben" in sign_in("Ana").get(f"/walks/{mine}/stops/1").text
    assert dai.post(f"/walks/board/{free}/assign", {"person": ben}).location == "/walks/board"
    with reading() as db:
        assert queries.active_walk(db, ben).id == free
    late = dai.post(f"/walks/board/{free}/assign", {"person": ben})
    assert late.status_code == 422
    assert "Ben has a walk already" in late.text


def test_an_urgent_order_is_shown_its_consequences_and_joins_once(sign_in, two_walks):
    mine, free, shipment = two_walks
    dai = sign_in("Dai")
    page = dai.get(f"/walks/board/urgent/{shipment}").text
    assert "Add 1 stop" in page
    assert "No order is late." in page
    assert f"?walk={free}" in page
    assert dai.post(f"/walks/board/urgent/{shipment}", {"walk": mine}, command_id="join-once").status_code == 303
    assert dai.post(f"/walks/board/urgent/{shipment}", {"walk": mine}, command_id="join-once").status_code == 303
    assert dai.post(f"/walks/board/urgent/{shipment}", {"walk": free}).status_code == 409
    with reading() as db:
        assert len(queries.walk_view(db, mine).slots) == 3
        assert db.get_one(Walk, mine).state is WalkState.PICKING


def test_a_picker_sees_their_own_pace_and_not_the_board(sign_in, two_walks):
    ana = sign_in("Ana")
    assert "Too few walks to say" in ana.get("/walks/board/mine").text
    assert ana.get("/walks/board").status_code == 403
