"""The benches over HTTP: who may, what a scan answers, and that nothing happens twice."""

import re
import uuid

import pytest
from sqlmodel import select

from floor.kit import compute
from floor.kit.uow import reading, unit_of_work
from floor.packing.models import Pack, PackLine, PackScan, Parcel
from floor.packing.states import PackState
from floor.people.models import Login
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentState
from tests import factories
from tests.factories import count, ean
from tests.furnished import Furniture
from tests.packing.worlds import World, a_picked_shipment, a_world
from tests.web_client import HTMX

POSTS = ["/stations", "/stations/P-SHA-1/scans", "/packs/1/scans", "/packs/1/undo", "/packs/1/parcel",
         "/packs/1/exception", "/packs/1/abandon"]  # fmt: skip


def a_bench_with_a_tote() -> World:
    """Two tees and a mug are in it."""
    with unit_of_work() as db:
        world = a_world(db)
        a_picked_shipment(db, world, [(world.tee, 2), (world.mug, 1)])
        return world


@pytest.fixture
def furniture(request) -> Furniture | None:
    return a_bench_with_a_tote if "world" in request.fixturenames else None


@pytest.fixture
def world(app, furnished) -> World:
    with reading() as db:
        return furnished(db)


@pytest.fixture
def bo(world, sign_in):
    """Bo at the bench, with the tote opened: pack 1."""
    bo = sign_in("Bo")
    assert bo.post("/stations/P-SHA-1/scans", {"code": "T-SHA-1"}).location == "/packs/1"
    return bo


@pytest.fixture
def quick_box(monkeypatch):
    """The solver in this process: its own tests run it elsewhere."""
    monkeypatch.setattr(compute, "run", lambda fn, *args: fn(*args))


def check_everything(bo, world) -> None:
    for sku in (world.tee, world.tee, world.mug):
        assert bo.post("/packs/1/scans", {"code": ean(sku)}).status_code == 200
    assert "Wrap in bubble wrap" in bo.post("/packs/1/scans", {"code": "CMD-CONFIRM"}).text


def verified() -> list[int]:
    with reading() as db:
        return [line.verified for line in db.exec(select(PackLine).order_by(PackLine.id))]


@pytest.mark.parametrize("path", POSTS)
def test_actions_answer_to_posts_only_or_show_their_screen(bo, path):
    assert bo.get(path).status_code in (200, 303, 405)
    assert bo.get("/packs/1/scans").status_code == bo.get("/packs/1/undo").status_code == 405


@pytest.mark.parametrize("path", POSTS)
def test_a_picker_may_not_pack_and_a_stranger_must_sign_in(bo, sign_in, stranger, path):
    assert sign_in("Ana").post(path, {"code": "x"}).status_code == 403
    assert stranger.get(path).status_code in (303, 405)


@pytest.mark.parametrize("path", [path.replace("/1/", "/77/") for path in POSTS if path.startswith("/packs")])
def test_an_unknown_pack_is_404(bo, path):
    assert bo.post(path, {"code": "x"}).status_code == 404
    assert bo.post("/stations/P-NO-1/scans", {"code": "x"}).status_code == 404


def test_choosing_a_bench_is_remembered_for_the_device(world, sign_in):
    bo = sign_in("Bo")
    assert "P-SHA-1" in bo.get("/stations").text
    assert bo.post("/stations", {"code": "p-sha-1"}).location == "/stations/P-SHA-1"
    assert bo.get("/stations").location == "/stations/P-SHA-1"
    assert bo.get("/stations?choose=1").status_code == 200
    with reading() as db:
        assert db.exec(select(Login.station).where(Login.station != "")).all() == ["P-SHA-1"]


@pytest.mark.parametrize("code", ["", "P-NO-9", "P-CAN-1"])
def test_no_bench_of_this_site_is_refused(world, sign_in, code):
    with unit_of_work() as db:
        factories.a_warehouse(db, "CAN")
    answer = sign_in("Bo").post("/stations", {"code": code})
    assert answer.status_code in (404, 422)
    assert 'class="flash err"' in answer.text


def test_the_bench_shows_the_queue_without_names(world, sign_in):
    text = sign_in("Bo").get("/stations/P-SHA-1").text
    assert f"…{world.orders[0].number[-4:]}" in text
    assert "T-SHA-1" in text
    assert "张" not in text


def test_another_bench_scanned_moves_there(world, sign_in):
    with unit_of_work() as db:
        db.add(factories.Station(code="P-SHA-2", name="2", warehouse_id=world.house.id))
    assert sign_in("Bo").post("/stations/P-SHA-1/scans", {"code": "P-SHA-2"}).location == "/stations/P-SHA-2"


def test_a_wrong_tote_is_red_at_the_bench(bo):
    answer = bo.post("/stations/P-SHA-1/scans", {"code": "T-SHA-5"}, headers=HTMX)
    assert (answer.status_code, "carries nothing" in answer.text) == (422, True)
    assert answer.headers["HX-Trigger"] == '{"verdict": "err"}'


def test_two_packers_at_one_tote_the_second_gets_409_and_who(bo, sign_in):
    answer = sign_in("Dai").post("/stations/P-SHA-1/scans", {"code": "T-SHA-1"})
    assert (answer.status_code, "Bo is packing this tote" in answer.text) == (409, True)
    with reading() as db:
        assert count(db, Pack) == 1


def test_the_tail_of_the_order_is_all_the_pack_shows_of_it(bo, world):
    text = bo.get("/packs/1").text
    assert world.orders[0].number not in text
    assert world.orders[0].number[-4:] in text
    assert "张" not in text
    assert "1381234" not in text


def test_a_right_item_counts_and_shows_the_bar(bo, world):
    answer = bo.post("/packs/1/scans", {"code": ean(world.tee)}, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (200, '{"verdict": "step"}')
    assert "1\u00a0/\u00a02" in answer.text
    assert "<html" not in answer.text
    assert verified() == [1, 0]


def test_the_last_item_shows_the_box_and_its_address(bo, world):
    check_everything(bo, world)
    with reading() as db:
        assert db.get(Pack, 1).state is PackState.VERIFIED
    assert "Taken back: Wrap in bubble wrap" in bo.post("/packs/1/undo", headers=HTMX).text
    answer = bo.post("/packs/1/undo", headers=HTMX)
    assert answer.headers["HX-Push-Url"] == "/packs/1"
    answer = bo.post("/packs/1/scans", {"code": ean(world.mug)}, headers=HTMX)
    assert answer.headers["HX-Push-Url"] == "/packs/1/parcel"
    assert answer.headers["HX-Trigger"] == '{"verdict": "done"}'
    assert "Weight" in answer.text


def test_a_wrong_item_is_full_red_and_says_whose_it_is(bo, world):
    with unit_of_work() as db:
        sock = factories.a_sku(db, "SOCK")
        world.bins[sock.id] = factories.a_bin(db, world.house, "A03-01-1")
        factories.stock(db, world.bins[sock.id], sock, 5)
        a_picked_shipment(db, world, [(sock, 1)])
    answer = bo.post("/packs/1/scans", {"code": ean(sock)}, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (422, '{"verdict": "err"}')
    assert re.search('class="stop" role="alertdialog"', answer.text)
    assert world.orders[1].number[-4:] in answer.text
    assert world.orders[1].number not in answer.text
    assert "T-SHA-2" in answer.text
    assert verified() == [0, 0]


def test_an_unknown_code_is_red_and_a_tote_amber(bo):
    unknown = bo.post("/packs/1/scans", {"code": "4006381333931"}, headers=HTMX)
    assert (unknown.status_code, "Unknown code" in unknown.text) == (422, True)
    tote = bo.post("/packs/1/scans", {"code": "t-sha-1"}, headers=HTMX)
    assert (tote.status_code, tote.headers["HX-Trigger"]) == (422, '{"verdict": "warn"}')


def test_more_than_needed_is_amber(bo, world):
    bo.post("/packs/1/scans", {"code": ean(world.mug)})
    answer = bo.post("/packs/1/scans", {"code": ean(world.mug)}, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (422, '{"verdict": "warn"}')
    assert verified() == [0, 1]


def test_the_same_scan_sent_twice_counts_once(bo, world):
    once = str(uuid.uuid4())
    first, second = (bo.post("/packs/1/scans", {"code": ean(world.tee)}, command_id=once) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert (first.text, second.headers["Idempotent-Replay"]) == (second.text, "true")
    assert verified() == [1, 0]
    wrong = str(uuid.uuid4())
    answers = [bo.post("/packs/1/scans", {"code": "4006381333931"}, command_id=wrong) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [422, 422]


def test_undo_by_button_and_by_card(bo, world):
    bo.post("/packs/1/scans", {"code": ean(world.tee)})
    bo.post("/packs/1/scans", {"code": ean(world.mug)})
    assert "Taken back" in bo.post("/packs/1/scans", {"code": "CMD-UNDO"}).text
    assert verified() == [1, 0]
    assert bo.post("/packs/1/undo").status_code == 200
    assert bo.post("/packs/1/undo").status_code == 409
    with reading() as db:
        assert count(db, PackScan) == 2


def test_box_and_weight_make_the_parcel_and_go_to_its_label(bo, world, quick_box):
    check_everything(bo, world)
    text = bo.get("/packs/1/parcel").text
    assert "K3" in text
    assert "1100" in text
    assert "<polygon" in text
    data = {"carton": "K3", "weight": "1110", "units-1": "2", "units-2": "1"}
    once = str(uuid.uuid4())
    answers = [bo.post("/packs/1/parcel", data, command_id=once) for _ in range(2)]
    with reading() as db:
        parcel = db.exec(select(Parcel)).one()
        assert db.exec(select(Shipment.state)).one() is ShipmentState.PACKED
    assert [answer.location for answer in answers] == [f"/parcels/{parcel.id}/label"] * 2
    assert bo.get("/packs/1").location == f"/parcels/{parcel.id}/label"


def test_a_scale_and_a_carton_may_be_scanned_without_a_tap(bo, world):
    check_everything(bo, world)
    with unit_of_work() as db:
        factories.a_carton(db, "K5", (500, 400, 300))
    assert 'value="K5" selected' in bo.post("/packs/1/scans", {"code": "k5"}).text
    answer = bo.post("/packs/1/scans", {"code": "1.100", "carton": "K5"})
    with reading() as db:
        parcel = db.exec(select(Parcel)).one()
    assert (answer.location, parcel.weight_g) == (f"/parcels/{parcel.id}/label", 1100)


@pytest.mark.parametrize(
    ("typed", "words"),
    [({"weight": ""}, "Fill this in"), ({"weight": "abc"}, "whole number"), ({"weight": "0"}, "1 or more"),
     ({"carton": "K9"}, "Choose a carton"), ({"units-1": "3"}, "no more than are here"),
     ({"units-1": "x"}, "no more than are here")],
)  # fmt: skip
def test_a_bad_box_form_keeps_what_was_typed(bo, world, typed, words):
    check_everything(bo, world)
    data = {"carton": "K3", "weight": "1110", "units-1": "2", "units-2": "1", **typed}
    answer = bo.post("/packs/1/parcel", data)
    assert (answer.status_code, words in answer.text) == (422, True)
    if "weight" not in typed:
        assert 'value="1110"' in answer.text
    with reading() as db:
        assert count(db, Parcel) == 0


def test_a_weight_off_shows_the_likeliest_lines_and_a_confirm(bo, world):
    check_everything(bo, world)
    data = {"carton": "K3", "weight": "650", "units-1": "2", "units-2": "1"}
    answer = bo.post("/packs/1/parcel", data, headers=HTMX)
    assert (answer.status_code, 'name="why" value="counted"' in answer.text) == (422, True)
    assert "Tee MUG-RED" in answer.text
    assert "perhaps 1 too few" in answer.text
    assert bo.post("/packs/1/parcel", {**data, "why": "filling"}).location.endswith("/label")
    with reading() as db:
        assert db.exec(select(Parcel.weight_why)).one() == "filling"


def test_units_can_be_split_into_two_boxes(bo, world):
    check_everything(bo, world)
    assert 'name="units-1"' in bo.get("/packs/1/parcel?split=1").text
    first = bo.post("/packs/1/parcel", {"carton": "K3", "weight": "650", "units-1": "2", "units-2": "0"})
    assert first.location == "/packs/1/parcel"
    text = bo.get("/packs/1/parcel").text
    assert "Box 2" in text
    assert 'name="units-1"' not in text
    second = bo.post("/packs/1/parcel", {"carton": "K3", "weight": "700", "units-2": "1"})
    with reading() as db:
        first_parcel = db.exec(select(Parcel).order_by(Parcel.id)).first()
    assert second.location == f"/parcels/{first_parcel.id}/label"


def test_the_problem_screen_tells_what_will_happen_before_it_does(bo, world):
    assert "Which item?" in bo.get("/packs/1/exception").text
    part = bo.get("/packs/1/exception?line=2&qty=1&why=missing", headers=HTMX).text
    assert "A02-03-2" in part
    assert "<form" not in part
    assert "quarantine" in bo.get("/packs/1/exception?line=2&qty=1&why=damaged", headers=HTMX).text
    assert bo.post("/packs/1/scans", {"code": "CMD-PROBLEM"}).location == "/packs/1/exception"


def test_missing_units_leave_the_pack(bo, world):
    once = str(uuid.uuid4())
    data = {"line": "2", "qty": "1", "why": "missing"}
    answers = [bo.post("/packs/1/exception", data, command_id=once) for _ in range(2)]
    assert [answer.location for answer in answers] == ["/packs/1", "/packs/1"]
    with reading() as db:
        assert [line.missing for line in db.exec(select(PackLine).order_by(PackLine.id))] == [0, 1]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"qty": "1", "why": "missing"}, "Choose the item"),
        ({"line": "99", "qty": "1", "why": "missing"}, "Choose the item"),
        ({"line": "1", "qty": "5", "why": "missing"}, "At most 2"),
        ({"line": "1", "qty": "1", "why": "lost"}, "Choose one"),
    ],
)
def test_a_bad_report_is_refused_with_a_reason(bo, data, words):
    answer = bo.post("/packs/1/exception", data)
    assert (answer.status_code, words in answer.text) == (422, True)


def test_a_tote_put_aside_waits_in_the_queue_again(bo):
    assert bo.post("/packs/1/abandon").location == "/stations/P-SHA-1"
    assert "T-SHA-1" in bo.get("/stations/P-SHA-1").text
    assert bo.post("/packs/1/abandon").status_code == 409
    assert bo.post("/packs/1/scans", {"code": "x"}).location == "/stations/P-SHA-1"


def test_packs_of_another_site_are_not_there(bo, world, app, sign_in):
    with unit_of_work() as db:
        factories.a_warehouse(db, "CAN")
        db.exec(select(factories.Warehouse).where(factories.Warehouse.code == "SHA")).one().code = "PEK"
    assert bo.get("/packs/1").status_code == 404
    assert bo.get("/stations/P-SHA-1").status_code == 404


def test_hints_of_the_order_reach_the_bench(world, sign_in):
    with unit_of_work() as db:
        a_picked_shipment(db, world, [(world.mug, 1)], gift_wrap=True, gift_message="Hi")
    bo = sign_in("Bo")
    bo.post("/stations/P-SHA-1/scans", {"code": "T-SHA-2"})
    text = bo.get("/packs/1").text
    for words in ("Gift wrap", "Gift card", "No prices in the box", "Wrap in bubble wrap", "Fragile"):
        assert words in text
