"""Scan anything, camera pictures, cards and labels to print."""

import io
from importlib import import_module

import pytest
from PIL import Image

from floor.events.messages import sentence
from floor.events.models import AuditEvent
from floor.kit.uow import unit_of_work
from floor.paper.codes import code128_png
from floor.wiring import SLICES
from tests.factories import a_sku, an_order, ean
from tests.packing.worlds import a_picked_shipment, a_world


@pytest.fixture
def world(app):
    with unit_of_work() as db:
        one = a_world(db)
        _shipment, tote = a_picked_shipment(db, one, [(one.tee, 1)])
        order = an_order(db, [(a_sku(db, "CAP-RED"), 1)])
        return {
            "bin": "A01-01-1", "ean": ean(one.tee), "tote": tote.code, "order": order.number, "walk": one.walk.number,
            "bench": one.bench.code, "id": order.id, "walk_id": one.walk.id,
        }  # fmt: skip


def test_whatever_is_scanned_its_page_opens(world, sign_in):
    dai = sign_in("Dai")
    goes = {
        world["bin"]: "/bins/SHA/A01-01-1", world["ean"]: "/skus/TEE-NAVY-L", "tee-navy-l": "/skus/TEE-NAVY-L",
        world["tote"].lower(): f"/totes/{world['tote']}", world["order"]: f"/orders/{world['id']}",
        world["walk"]: f"/walks/{world['walk_id']}", world["bench"]: f"/stations/{world['bench']}",
    }  # fmt: skip
    for code, page in goes.items():
        assert dai.get(f"/scan?code={code}").location == page
        assert dai.post("/scan", {"code": code}).location == page
        assert dai.get(page).status_code == 200


def test_an_unknown_code_says_so_and_can_be_typed(world, sign_in):
    ana = sign_in("Ana")
    assert ana.get("/scan").status_code == 200
    page = ana.post("/scan", {"code": "NOBODY<b>"})
    assert page.status_code == 422
    assert "The system does not know this code" in page.text
    assert "NOBODY&lt;b&gt;" in page.text
    assert ana.get("/scan?code=NOBODY").status_code == 422


def test_a_scan_without_its_id_is_refused_and_strangers_go_to_the_door(world, sign_in, stranger):
    ana = sign_in("Ana")
    assert ana.client.post("/scan", data={"csrf_token": ana.token, "code": "x"}).status_code == 422
    assert stranger.get("/scan?code=x").status_code == 303


def frame_of(text):
    """A camera picture with a barcode in it."""
    picture = Image.new("RGB", (640, 480), "white")
    bars = Image.open(io.BytesIO(code128_png(text, module_px=2, height_px=120)))
    picture.paste(bars.convert("RGB"), (60, 160))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def send(person, body):
    data = {"frame": (io.BytesIO(body), "frame.jpg")}
    headers = {"X-CSRFToken": person.token, "Accept": "application/json"}
    return person.client.post("/scan/frames", data=data, headers=headers)


def test_a_camera_picture_is_read(world, sign_in):
    ana = sign_in("Ana")
    assert send(ana, frame_of("A01-01-1")).json == {"codes": ["A01-01-1"]}
    blank = io.BytesIO()
    Image.new("RGB", (64, 48), "white").save(blank, "JPEG")
    assert send(ana, blank.getvalue()).json == {"codes": []}


def test_a_broken_picture_is_refused_and_so_is_a_stranger(world, sign_in, stranger):
    ana = sign_in("Ana")
    assert send(ana, b"no picture").status_code == 422
    token = {"X-CSRFToken": ana.token, "Accept": "application/json"}
    assert ana.client.post("/scan/frames", headers=token).status_code == 422
    assert ana.client.post("/scan/frames", data={"frame": (io.BytesIO(b"x"), "x")}).status_code == 400
    assert ana.get("/scan/frames").status_code == 405
    assert stranger.post("/scan/frames").status_code in (303, 400)


def test_command_cards_are_on_the_screen_and_on_paper(world, sign_in):
    ana = sign_in("Ana")
    page = ana.get("/commands").text
    assert all(f"CMD-{one}" in page for one in ("UNDO", "PROBLEM", "SKIP", "CONFIRM", "REPRINT", "DONE"))
    assert ana.get("/commands.pdf").data.startswith(b"%PDF")


@pytest.mark.parametrize("path", ["/badges.pdf", "/totes.pdf"])
def test_badges_and_tote_labels_are_for_supervisors(world, sign_in, path):
    assert sign_in("Ana").get(path).status_code == 403
    assert sign_in("Dai").get(path).data.startswith(b"%PDF")


def test_every_sentence_of_what_happened_can_be_said_without_its_values(app):
    """A stray percent sign in a sentence would break an order's page."""
    with app.test_request_context():
        for name in SLICES:
            for kind in import_module(f"floor.{name}.messages").EVENTS:
                event = AuditEvent(kind=kind, subject="x", subject_id=1, actor_kind="system")
                assert sentence(event) != kind
