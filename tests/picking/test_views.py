"""The doors of picking, over HTTP: every screen, every POST, repeats, races, and life without JavaScript."""

import re
import threading
import uuid

import pytest
import sqlalchemy as sa

from floor.events.models import AuditEvent
from floor.inventory.models import CountTask
from floor.kit.uow import database, reading
from floor.people.models import User
from floor.picking import drawing, queries
from floor.picking.models import WalkTote
from floor.picking.states import StopState, WalkState
from tests.factories import stock
from tests.furnished import Furniture
from tests.picking.conftest import Floor, a_floor, kept, person, rows
from tests.web_client import HTMX

WANTS = [{0: 2, 3: 8}, {0: 1, 2: 1}]


def a_started_walk() -> tuple[Floor, int | None]:
    """Ana picks a walk of two totes."""
    with kept() as db:
        floor = a_floor(db)
        return floor, floor.started(db, WANTS, person(db, "Ana")).id


def a_free_walk() -> tuple[Floor, int | None]:
    """A walk anybody may take."""
    with kept() as db:
        floor = a_floor(db)
        return floor, floor.walk(db, WANTS).id


@pytest.fixture
def furniture(request) -> Furniture | None:
    if "started" in request.fixturenames:
        return a_started_walk
    return a_free_walk if "free" in request.fixturenames else None


@pytest.fixture
def started(app, furnished):
    with reading() as db:
        return furnished(db)


@pytest.fixture
def free(app, furnished):
    with reading() as db:
        return furnished(db)


def view_of(walk_id: int) -> queries.WalkView:
    with reading() as db:
        return queries.walk_view(db, walk_id)


def scan(who, walk_id: int, code: str, **kwargs):
    """Scan as the screen does: with the stop that is on it."""
    view = view_of(walk_id)
    here = view.after(None)
    data = {"code": code, "stop": here.id if here else "", "at": "stop" if here else "finish"}
    return who.post(f"/walks/{walk_id}/scans", data, **kwargs)


def to_the_put(who, floor, walk_id: int) -> None:
    for code in ("A01-02-1", *[floor.code(0)] * 3):
        assert scan(who, walk_id, code).status_code == 200


def test_strangers_are_sent_to_the_door(stranger, free):
    answer = stranger.get("/walks")
    assert answer.status_code == 303
    assert answer.location.startswith("/session")


def test_a_packer_may_not_pick(sign_in, free):
    assert sign_in("Bo").get("/walks").status_code == 403
    assert sign_in("Bo").post("/walks/next").status_code == 403


def test_the_list_offers_the_next_walk_and_gives_it(sign_in, free):
    _floor, walk_id = free
    ana = sign_in("Ana")
    assert "W-000001" in ana.get("/walks").text
    answer = ana.post("/walks/next")
    assert (answer.status_code, answer.location) == (303, f"/walks/{walk_id}")
    assert "Scan your cart" in ana.get(answer.location).text


def test_nothing_to_pick_is_said_on_the_list(sign_in):
    ana = sign_in("Ana")
    assert ana.post("/walks/next").location == "/walks"
    assert "No walk is waiting" in ana.get("/walks").text


def test_the_second_picker_gets_409(sign_in, free):
    _floor, walk_id = free
    assert sign_in("Ana").post(f"/walks/{walk_id}/claim").status_code == 303
    late = sign_in("Ben").post(f"/walks/{walk_id}/claim")
    assert late.status_code == 409
    assert "Somebody else was faster" in late.text


def test_two_pickers_at_the_same_moment_one_walk_one_winner(app, sign_in, free):
    _floor, walk_id = free
    people = [sign_in("Ana"), sign_in("Ben")]
    start, answers = threading.Barrier(2), []

    def go(person) -> None:
        start.wait()
        answers.append(person.post(f"/walks/{walk_id}/claim").status_code)

    threads = [threading.Thread(target=go, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 409]


def test_two_pickers_asking_for_the_next_walk_get_two(app, sign_in, free):
    floor, _walk_id = free
    with kept() as db:
        floor.walk(db, [{1: 1}])
    people = [sign_in("Ana"), sign_in("Ben")]
    start, answers = threading.Barrier(2), []

    def go(person) -> None:
        start.wait()
        answers.append(person.post("/walks/next").location)

    threads = [threading.Thread(target=go, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 2


def test_from_cart_to_lane_by_scanning_alone(sign_in, free):
    floor, walk_id = free
    ana = sign_in("Ana")
    ana.post("/walks/next")
    said = [scan(ana, walk_id, code) for code in ("C-SHA-1", "T-SHA-1", "T-SHA-2")]
    assert [answer.status_code for answer in said] == [200, 200, 200]
    assert "Scan the bin" in said[-1].text
    to_the_put(ana, floor, walk_id)
    for code in ("T-SHA-1", "T-SHA-2", "A03-04-1", floor.code(2), "T-SHA-2", "A04-08-3", *[floor.code(3)] * 8):
        assert scan(ana, walk_id, code).status_code == 200
    end = scan(ana, walk_id, "T-SHA-1")
    assert "Leave the totes in a lane" in end.text
    assert 'data-verdict="done"' in end.text
    done = scan(ana, walk_id, "L1")
    assert "Walk done" in done.text
    assert 'data-verdict="walk"' in done.text
    assert view_of(walk_id).state is WalkState.DONE


def test_a_wrong_cart_tote_or_lane_stays_on_its_screen_with_the_reason(sign_in, free):
    _floor, walk_id = free
    ana = sign_in("Ana")
    ana.post("/walks/next")
    for wrong, right, words in (
        ("C-9", "C-SHA-1", "This is no cart"), ("C-SHA-1", "T-SHA-1", "This is no tote"),
        ("T-SHA-1", "T-SHA-2", "already carries an order"),
    ):  # fmt: skip
        answer = scan(ana, walk_id, wrong)
        assert answer.status_code == 422
        assert words in answer.text
        assert scan(ana, walk_id, right).status_code == 200
    answer = ana.post(f"/walks/{walk_id}/scans", {"code": "L9", "at": "finish"})
    assert answer.status_code == 422
    assert "This is no lane" in answer.text


def test_a_wrong_item_is_a_red_screen_that_keeps_the_stop(sign_in, started):
    floor, walk_id = started
    ana = sign_in("Ana")
    scan(ana, walk_id, "A01-02-1")
    answer = scan(ana, walk_id, floor.code(1))
    assert answer.status_code == 422
    assert 'role="alertdialog"' in answer.text
    assert "Wrong colour" in answer.text
    assert floor.bins[1].code in answer.text
    stop = view_of(walk_id).stops[0]
    assert f'name="stop" value="{stop.id}"' in answer.text
    assert stop.scanned == 0


@pytest.mark.parametrize(
    ("code", "words"),
    [("A01-06-2", "4 bays back"), ("4006381333931", "Unknown code"), ("T-SHA-1", "Scan the bin first")],
)
def test_wrong_scans_at_the_bin_answer_422(sign_in, started, code, words):
    _floor, walk_id = started
    answer = scan(sign_in("Ana"), walk_id, code)
    assert answer.status_code == 422
    assert words in answer.text


def test_the_wrong_tote_shows_both_numbers(sign_in, started):
    floor, walk_id = started
    ana = sign_in("Ana")
    to_the_put(ana, floor, walk_id)
    answer = scan(ana, walk_id, "T-SHA-2")
    assert answer.status_code == 422
    assert re.findall(r'class="no num c(\d)">(\d)<', answer.text) == [("2", "2"), ("1", "1")]


def test_htmx_gets_the_fragment_with_its_sound_and_address(sign_in, started):
    _floor, walk_id = started
    answer = scan(sign_in("Ana"), walk_id, "A01-02-1", headers=HTMX)
    assert answer.text.lstrip().startswith('<div id="screen"')
    assert answer.headers["HX-Push-Url"] == f"/walks/{walk_id}/stops/1"
    assert '"verdict": "step"' in answer.headers["HX-Trigger"]
    wrong = scan(sign_in("Ana"), walk_id, "nonsense", headers=HTMX)
    assert '"verdict": "err"' in wrong.headers["HX-Trigger"]


def test_the_same_scan_sent_twice_counts_once_and_answers_the_same(sign_in, started):
    floor, walk_id = started
    ana = sign_in("Ana")
    scan(ana, walk_id, "A01-02-1")
    stop = view_of(walk_id).stops[0]
    data, command = {"code": floor.code(0), "stop": stop.id, "at": "stop"}, str(uuid.uuid4())
    first = ana.post(f"/walks/{walk_id}/scans", data, command_id=command)
    again = ana.post(f"/walks/{walk_id}/scans", data, command_id=command)
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.text == first.text
    assert view_of(walk_id).stops[0].in_hand == 1


def test_a_scan_that_arrives_after_its_stop_is_done_is_told_so(sign_in, started):
    floor, walk_id = started
    ana = sign_in("Ana")
    first = view_of(walk_id).stops[0]
    to_the_put(ana, floor, walk_id)
    scan(ana, walk_id, "T-SHA-1")
    scan(ana, walk_id, "T-SHA-2")
    late = ana.post(f"/walks/{walk_id}/scans", {"code": floor.code(0), "stop": first.id, "at": "stop"})
    assert late.status_code == 422
    assert "That stop is done already" in late.text
    assert "A03-04-1" in late.text or "A03" in late.text
    assert view_of(walk_id).stops[0].picked == 3


def test_somebody_elses_walk_cannot_be_scanned(sign_in, started):
    _floor, walk_id = started
    answer = scan(sign_in("Ben"), walk_id, "A01-02-1")
    assert answer.status_code == 409
    assert "somebody else" in answer.text


def test_every_screen_of_a_walk_opens_for_its_picker_and_for_the_supervisor(sign_in, started):
    floor, walk_id = started
    to_the_put(sign_in("Ana"), floor, walk_id)
    paths = ["", "/totes", "/stops", "/stops/1", "/stops/2", "/stops/1/exception?got=0&why=empty", "/map", "/map?n=2",
             "/finish", "/handover"]  # fmt: skip
    for name in ("Ana", "Dai"):
        person = sign_in(name)
        for path in paths:
            assert person.get(f"/walks/{walk_id}{path}").status_code == 200, path


def test_walks_and_stops_that_do_not_exist_are_404(sign_in, started):
    _floor, walk_id = started
    ana = sign_in("Ana")
    for path in ("/walks/99", f"/walks/{walk_id}/stops/9", "/walks/99/map", "/walks/99/stops/1/exception"):
        assert ana.get(path).status_code == 404
    for path in ("/walks/99/claim", "/walks/99/release", "/walks/99/undo", "/walks/99/totes/undo"):
        assert ana.post(path).status_code == 404, path
    for path, data in POSTS.items():
        assert ana.post(f"/walks/99{path}", data | {"stop": 1}).status_code == 404, path


def test_a_walk_of_another_site_is_unknown(sign_in, started):
    _floor, walk_id = started
    with kept() as db:
        rows(db, User, name="Ben")[0].site = "BJS"
    assert sign_in("Ben").get(f"/walks/{walk_id}").status_code == 404


#: What each POST of a stop needs besides its stop.
POSTS = {
    "/scans": {"code": "A01-02-1", "at": "stop"},
    "/stops/1/quantity": {"qty": 3},
    "/stops/1/skip": {},
    "/stops/1/empty": {"empty": 1},
    "/stops/1/exception": {"got": 1, "why": "short"},
    "/reports": {"code": "4006381"},
}


@pytest.mark.parametrize("path", [*POSTS, "/claim", "/release", "/undo", "/totes/undo"])
def test_posts_take_forms_only_and_only_from_pickers(sign_in, started, path):
    _floor, walk_id = started
    url = f"/walks/{walk_id}{path}"
    if not path.endswith("exception"):
        assert sign_in("Ana").get(url).status_code == 405
    assert sign_in("Chen").post(url, POSTS.get(path, {})).status_code == 403


@pytest.mark.parametrize("path", POSTS)
def test_a_form_that_cannot_be_read_is_refused(sign_in, started, path):
    _floor, walk_id = started
    answer = sign_in("Ana").post(f"/walks/{walk_id}{path}", {"stop": "x", "code": "y"})
    assert answer.status_code == 422


def test_a_number_instead_of_many_scans(sign_in, app):
    with kept() as db:
        floor = a_floor(db)
        walk_id = floor.started(db, [{3: 8}, {3: 1}], person(db, "Ana")).id
    ana = sign_in("Ana")
    scan(ana, walk_id, "A04-08-3")
    counted = scan(ana, walk_id, floor.code(3))
    assert "All 9 taken" in counted.text
    stop = view_of(walk_id).stops[0]
    url, command = f"/walks/{walk_id}/stops/1/quantity", str(uuid.uuid4())
    wrong = ana.post(url, {"stop": stop.id, "qty": 12})
    assert wrong.status_code == 422
    assert "Enter a number from 1 to 9." in wrong.text
    first = ana.post(url, {"stop": stop.id, "qty": 9}, command_id=command)
    assert "Put 8 in" in first.text
    assert ana.post(url, {"stop": stop.id, "qty": 9}, command_id=command).text == first.text


def test_the_exception_sheet_shows_what_will_happen_and_then_it_does(sign_in, started):
    _floor, walk_id = started
    ana = sign_in("Ana")
    url = f"/walks/{walk_id}/stops/1/exception"
    sheet = ana.get(f"{url}?got=1&why=short").text
    assert "Report 2 short" in sheet
    assert "An order will be late." in sheet
    assert "Ask for a count of A01-02-1" in sheet
    assert "Nothing is missing" in ana.get(f"{url}?got=3").text
    stop = view_of(walk_id).stops[0]
    form, command = {"stop": stop.id, "got": 1, "why": "short"}, str(uuid.uuid4())
    answer = ana.post(url, form, command_id=command)
    assert "Reported 2 short" in answer.text
    assert "Put 1 in" in answer.text
    assert ana.post(url, form, command_id=command).text == answer.text
    with reading() as db:
        assert len(rows(db, CountTask)) == 1
    assert ana.post(url, {**form, "got": 9}).status_code == 422


def test_the_problem_card_opens_the_sheet(sign_in, started):
    _floor, walk_id = started
    answer = scan(sign_in("Ana"), walk_id, "CMD-PROBLEM", headers=HTMX)
    assert "How many are there?" in answer.text
    assert answer.headers["HX-Push-Url"].endswith("/stops/1/exception")


def test_undo_and_skip_by_button(sign_in, started):
    _floor, walk_id = started
    ana = sign_in("Ana")
    assert ana.post(f"/walks/{walk_id}/undo").status_code == 422
    scan(ana, walk_id, "A01-02-1")
    assert "Undone" in ana.post(f"/walks/{walk_id}/undo").text
    stop = view_of(walk_id).stops[0]
    answer = ana.post(f"/walks/{walk_id}/stops/1/skip", {"stop": stop.id})
    assert "Put aside" in answer.text
    assert view_of(walk_id).stops[0].state is StopState.SKIPPED


def test_the_zero_check_is_asked_on_the_next_screen_and_a_no_makes_a_count(sign_in, app):
    with kept() as db:
        floor = a_floor(db)
        walk_id = floor.started(db, [{0: 10}, {3: 1}], person(db, "Ana")).id
    ana = sign_in("Ana")
    scan(ana, walk_id, "A01-02-1")
    scan(ana, walk_id, floor.code(0))
    stop = view_of(walk_id).stops[0]
    ana.post(f"/walks/{walk_id}/stops/1/quantity", {"stop": stop.id, "qty": 10})
    asked = scan(ana, walk_id, "T-SHA-1")
    assert "Is A01-02-1 empty now?" in asked.text
    answer = ana.post(f"/walks/{walk_id}/stops/1/empty", {"stop": stop.id, "empty": "0"})
    assert "empty now?" not in answer.text
    with reading() as db:
        assert [task.reason for task in rows(db, CountTask)] == ["zero_check"]


def test_totes_are_taken_off_the_cart_and_the_walk_given_back(sign_in, free):
    _floor, walk_id = free
    ana = sign_in("Ana")
    ana.post("/walks/next")
    assert ana.post(f"/walks/{walk_id}/totes/undo").status_code == 422
    scan(ana, walk_id, "C-SHA-1")
    scan(ana, walk_id, "T-SHA-1")
    assert "0 of 2 totes" in ana.post(f"/walks/{walk_id}/totes/undo").text
    assert ana.post(f"/walks/{walk_id}/release").location == "/walks"
    assert view_of(walk_id).state is WalkState.PUBLISHED


def test_the_cart_drawing_keeps_places_on_which_no_tote_stands(sign_in, app):
    with kept() as db:
        walk = a_floor(db).walk(db, WANTS)
        db.exec(sa.update(WalkTote).where(WalkTote.walk_id == walk.id, WalkTote.slot == 2).values(slot=7))
        walk_id = walk.id
    ana = sign_in("Ana")
    ana.post("/walks/next")
    page = scan(ana, walk_id, "C-SHA-1").text
    assert re.findall(r'class="slot (\w*) c\d"', page) == ["on", "", "", "", "", "", "free"]
    assert "Lower shelf, place 3 from the left" in scan(ana, walk_id, "T-SHA-1").text


def test_a_leg_walked_in_and_out_carries_one_arrow(app):
    there_and_back = [(0.0, 0.0), (0.0, 100.0), (0.0, 0.0), (60.0, 0.0)]
    assert [(a.x, a.y) for a in drawing._arrows(there_and_back)] == [(0.0, 50.0), (30.0, 0.0)]


def test_the_walk_is_handed_over_by_badge(sign_in, started):
    _floor, walk_id = started
    ana, ben = sign_in("Ana"), sign_in("Ben")
    wrong = ana.post(f"/walks/{walk_id}/scans", {"code": "B-7", "at": "handover"})
    assert wrong.status_code == 422
    assert "Nobody has this badge" in wrong.text
    answer = ana.post(f"/walks/{walk_id}/scans", {"code": "B-1002", "at": "handover"})
    assert (answer.status_code, answer.location) == (303, "/walks")
    assert scan(ben, walk_id, "A01-02-1").status_code == 200


def test_a_reported_label_returns_to_the_stop(sign_in, started):
    _floor, walk_id = started
    stop = view_of(walk_id).stops[0]
    answer = sign_in("Ana").post(f"/walks/{walk_id}/reports", {"code": "4006381333931", "stop": stop.id})
    assert answer.location == f"/walks/{walk_id}/stops/1"
    with reading() as db:
        assert len(rows(db, AuditEvent, kind="picking.walk.code_reported")) == 1


def test_no_screen_of_a_walk_names_the_customer(sign_in, started):
    floor, walk_id = started
    ana = sign_in("Ana")
    to_the_put(ana, floor, walk_id)
    for path in ("", "/stops", "/stops/1", "/map", "/finish", "/stops/1/exception?got=0&why=empty"):
        text = ana.get(f"/walks/{walk_id}{path}").text
        assert "张小明" not in text
        assert "13812341234" not in text


def test_a_scan_asks_the_database_few_questions(sign_in, started):
    """The screen is read in a handful of queries, however long the walk is."""
    _floor, walk_id = started
    ana, asked = sign_in("Ana"), []
    data = {"code": "A01-02-1", "stop": view_of(walk_id).stops[0].id, "at": "stop"}

    def note(_connection, _cursor, statement, *_rest) -> None:
        asked.append(statement)

    sa.event.listen(database().engine, "before_cursor_execute", note)
    try:
        assert ana.post(f"/walks/{walk_id}/scans", data).status_code == 200
    finally:
        sa.event.remove(database().engine, "before_cursor_execute", note)
    assert len(asked) <= 32, "\n".join(asked)


def test_large_numbers_of_stock_use_the_number_field(sign_in, app):
    """Nine keys at most; above that a field, so that the screen still fits."""
    with kept() as db:
        floor = a_floor(db)
        stock(db, floor.bins[0], floor.skus[0], 40)
        walk_id = floor.started(db, [{0: 30}, {3: 1}], person(db, "Ana")).id
    ana = sign_in("Ana")
    scan(ana, walk_id, "A01-02-1")
    text = scan(ana, walk_id, floor.code(0)).text
    assert 'inputmode="numeric"' in text
    assert "All 30 taken" in text
    assert 'name="got"' in ana.get(f"/walks/{walk_id}/stops/1/exception").text


def test_the_whole_walk_works_by_forms_alone(sign_in, started):
    """No script: the scan form is an ordinary form whose hidden fields come with each answer."""
    floor, walk_id = started
    ana = sign_in("Ana")
    page = ana.get(f"/walks/{walk_id}/stops/1").text
    for code in ("A01-02-1", floor.code(0)):
        fields = dict(re.findall(r'form="scan" name="(\w+)" value="([^"]*)"', page))
        command = re.search(r'name="command_id" value="([^"]+)" form="scan"', page)[1]
        action = re.search(r'<form id="scan" method="post" action="([^"]+)"', page)[1]
        page = ana.post(action, {"code": code, **fields}, command_id=command).text
    assert view_of(walk_id).stops[0].in_hand == 1
