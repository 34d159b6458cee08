"""Labels and lorries over HTTP, and one whole day at the bench with real paper read back by a scanner."""

import io
import subprocess
import uuid

import pytest
from flask import Flask
from PIL import Image
from sqlmodel import select

from floor.cli import run_checks
from floor.inventory.models import Balance
from floor.kit import compute
from floor.kit.uow import reading, unit_of_work
from floor.packing.models import Parcel
from floor.packing.states import ParcelState
from floor.paper.codes import read_codes
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentState
from floor.shipping import jobs, queries
from floor.shipping.models import Manifest, ManifestState, PaperKind, PrintJob, PrintState
from tests import factories
from tests.factories import count, ean
from tests.packing.worlds import World, a_boxed_parcel, a_picked_shipment, a_world
from tests.web_client import HTMX


@pytest.fixture
def no_paper(monkeypatch):
    monkeypatch.setattr(compute, "run", lambda fn, *_args: b"%PDF-1.7 " + fn.__name__.encode())


@pytest.fixture
def boxed(app, no_paper) -> list[Parcel]:
    """Two committed parcels with their waybills and papers."""
    with unit_of_work() as db:
        world = a_world(db)
        parcels = [a_boxed_parcel(db, world), a_boxed_parcel(db, world)]
    for parcel in parcels:
        jobs.send_out_papers(parcel.id)
    return parcels


def number_of(parcel: Parcel) -> str:
    with reading() as db:
        return queries.waybill_of(db, parcel.id).number


def job_of(parcel: Parcel, kind: PaperKind = PaperKind.WAYBILL) -> PrintJob:
    with reading() as db:
        return queries.jobs_of(db, parcel.id)[kind]


def state_of(parcel: Parcel) -> ParcelState:
    with reading() as db:
        return db.get_one(Parcel, parcel.id).state


def test_the_label_screen_polls_until_the_paper_is_there(app, no_paper, sign_in):
    with unit_of_work() as db:
        parcel = a_boxed_parcel(db, a_world(db))
    bo, url = sign_in("Bo"), f"/parcels/{parcel.id}/label"
    waiting = bo.get(url).text
    assert "every 0.5s" in waiting
    assert 'http-equiv="refresh"' in waiting
    jobs.send_out_papers(parcel.id)
    ready = bo.get(url, headers=HTMX).text
    assert "every 0.5s" not in ready
    assert f"/print-jobs/{job_of(parcel).id}.pdf" in ready


def test_the_pdf_is_served_to_the_bench_only(boxed, sign_in, stranger):
    url = f"/print-jobs/{job_of(boxed[0]).id}.pdf"
    answer = sign_in("Bo").get(url)
    assert (answer.mimetype, answer.data[:5]) == ("application/pdf", b"%PDF-")
    assert sign_in("Ana").get(url).status_code == 403
    assert stranger.get(url).status_code == 303
    assert sign_in("Bo").get("/print-jobs/999.pdf").status_code == 404
    assert sign_in("Bo").get(f"/print-jobs/{job_of(boxed[0]).id}").location == f"/parcels/{boxed[0].id}/label"


def test_its_own_label_closes_the_parcel_and_leads_back_to_the_bench(boxed, sign_in):
    bo, parcel, once = sign_in("Bo"), boxed[0], str(uuid.uuid4())
    url, data = f"/parcels/{parcel.id}/scans", {"code": number_of(parcel)}
    answers = [bo.post(url, data, command_id=once) for _ in range(2)]
    assert [answer.location for answer in answers] == [f"/stations/P-SHA-1?done={parcel.number}"] * 2
    assert state_of(parcel) is ParcelState.LABELLED
    assert job_of(parcel).state is PrintState.PRINTED
    assert f"Parcel {parcel.number} is closed" in bo.get(answers[0].location).text
    assert bo.post(url, data).status_code == 409
    assert bo.get(url).status_code == 405


def test_another_parcels_label_is_full_red(boxed, sign_in):
    bo, (mine, other) = sign_in("Bo"), boxed
    answer = bo.post(f"/parcels/{mine.id}/scans", {"code": number_of(other)}, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (422, '{"verdict": "err"}')
    assert 'class="stop"' in answer.text
    assert other.number in answer.text
    unknown = bo.post(f"/parcels/{mine.id}/scans", {"code": "nonsense"}, headers=HTMX)
    assert (unknown.status_code, "Not our label" in unknown.text) == (422, True)
    assert state_of(mine) is ParcelState.BOXED


def test_a_reprint_is_counted_once_per_command(boxed, relay, sign_in):
    bo, job, once = sign_in("Bo"), job_of(boxed[0]), str(uuid.uuid4())
    for _ in range(2):
        assert bo.post(f"/print-jobs/{job.id}/reprint", command_id=once).status_code == 200
    assert bo.post(f"/print-jobs/{job.id}/reprint").status_code == 409
    assert bo.get(f"/print-jobs/{job.id}.pdf").status_code == 404
    relay.drain()
    assert (job_of(boxed[0]).state, job_of(boxed[0]).copies) == (PrintState.READY, 1)
    assert bo.post(f"/parcels/{boxed[0].id}/scans", {"code": "CMD-REPRINT"}).status_code == 200
    relay.drain()
    assert job_of(boxed[0]).copies == 2
    assert "Reprint 2" in bo.get(f"/parcels/{boxed[0].id}/label").text


def test_a_failed_paper_says_why_and_can_be_tried_again(boxed, relay, sign_in):
    with unit_of_work() as db:
        job = db.get_one(PrintJob, job_of(boxed[0]).id)
        job.state, job.error = PrintState.FAILED, "shipping.no_numbers"
    bo = sign_in("Bo")
    assert "used up" in bo.get(f"/parcels/{boxed[0].id}/label").text
    bo.post(f"/print-jobs/{job.id}/reprint")
    relay.drain()
    assert (job_of(boxed[0]).state, job_of(boxed[0]).copies) == (PrintState.READY, 0)


@pytest.mark.parametrize(
    "path",
    ["/parcels/{p}/scans", "/print-jobs/{j}/reprint", "/manifests"]
    + [f"/manifests/{{m}}/{verb}" for verb in ("scans", "undo", "handover")],
)
def test_only_the_bench_and_the_supervisor_may(boxed, sign_in, path):
    bo = sign_in("Bo")
    manifest = bo.post("/manifests", {"warehouse": "SHA", "carrier": "sf"}).location.split("/")[-1]
    known = path.format(p=boxed[0].id, j=job_of(boxed[0]).id, m=manifest)
    assert sign_in("Ana").post(known, {"code": "x"}).status_code == 403
    if "{" in path:
        assert bo.post(path.format(p=999, j=999, m=999), {"code": "x", "driver": "W"}).status_code == 404
        assert bo.get(known).status_code in (200, 405)


def closed(bo, parcel: Parcel) -> None:
    assert bo.post(f"/parcels/{parcel.id}/scans", {"code": number_of(parcel)}).status_code == 303


def test_a_lorry_is_opened_loaded_and_handed_over(boxed, sign_in):
    bo, (first, second) = sign_in("Bo"), boxed
    closed(bo, first)
    assert "SF Express" in bo.get("/manifests").text
    url = bo.post("/manifests", {"warehouse": "SHA", "carrier": "sf"}).location
    assert bo.post("/manifests", {"warehouse": "SHA", "carrier": "sf"}).location == url
    once = str(uuid.uuid4())
    for _ in range(2):
        answer = bo.post(f"{url}/scans", {"code": number_of(first)}, command_id=once, headers=HTMX)
        assert (answer.status_code, answer.headers["HX-Trigger"]) == (200, '{"verdict": "step"}')
    twice = bo.post(f"{url}/scans", {"code": number_of(first)}, headers=HTMX)
    assert (twice.status_code, twice.headers["HX-Trigger"]) == (422, '{"verdict": "err"}')
    not_closed = bo.post(f"{url}/scans", {"code": number_of(second)}, headers=HTMX)
    assert (not_closed.status_code, "Label not proven" in not_closed.text) == (422, True)
    assert bo.post(f"{url}/scans", {"code": "CMD-UNDO"}).status_code == 200
    assert bo.post(f"{url}/undo").status_code == 409
    bo.post(f"{url}/scans", {"code": number_of(first)})
    assert bo.post(f"{url}/scans", {"code": "CMD-DONE"}).location == f"{url}/handover"
    assert "Hand over 1 parcel" in bo.get(f"{url}/handover").text
    bad = bo.post(f"{url}/handover", {"driver": "", "seal": "S-9"})
    assert (bad.status_code, 'value="S-9"' in bad.text) == (422, True)
    twice = str(uuid.uuid4())
    for _ in range(2):
        assert bo.post(f"{url}/handover", {"driver": "Wang", "seal": "S-9"}, command_id=twice).location == url
    assert bo.get(f"{url}/handover").location == url
    assert bo.post(f"{url}/handover", {"driver": "Wang"}).status_code == 409
    assert bo.get(f"{url}.pdf").mimetype == "application/pdf"
    assert "Wang" in bo.get("/manifests").text
    with reading() as db:
        assert db.exec(select(Manifest.state)).one() is ManifestState.CLOSED


def test_a_parcel_of_another_carrier_is_full_red(boxed, sign_in):
    bo, (first, _second) = sign_in("Bo"), boxed
    closed(bo, first)
    with unit_of_work() as db:
        factories.a_carrier(db, "zto").name_en = "ZTO Express"
    url = bo.post("/manifests", {"warehouse": "SHA", "carrier": "zto"}).location
    answer = bo.post(f"{url}/scans", {"code": number_of(first)}, headers=HTMX)
    assert (answer.status_code, "Other carrier" in answer.text) == (422, True)
    assert "SF Express" in answer.text
    assert "ZTO Express" in answer.text


def test_an_empty_lorry_and_an_unknown_carrier_are_refused(boxed, sign_in):
    bo = sign_in("Bo")
    url = bo.post("/manifests", {"carrier": "sf"}).location
    assert bo.post(f"{url}/handover", {"driver": "Wang"}).status_code == 422
    assert bo.post("/manifests", {"warehouse": "SHA", "carrier": "none"}).status_code == 422
    assert bo.post("/manifests", {"warehouse": "XXX", "carrier": "sf"}).status_code == 422


def picture_of(pdf: bytes) -> bytes:
    """The first page as a thermal printer would draw it."""
    drawn = subprocess.run(
        ["pdftoppm", "-r", "203", "-mono", "-f", "1", "-l", "1", "-"], input=pdf, capture_output=True, check=True
    ).stdout
    picture = io.BytesIO()
    Image.open(io.BytesIO(drawn)).convert("L").save(picture, "PNG")
    return picture.getvalue()


def test_a_day_at_the_bench_from_tote_to_lorry(app: Flask, relay, sign_in):
    """Scan, check, box, read the printed label with a real reader, close, load, hand over; the books agree."""
    with unit_of_work() as db:
        world: World = a_world(db)
        a_picked_shipment(db, world, [(world.tee, 2), (world.mug, 1)])
    bo = sign_in("Bo")
    assert bo.post("/stations/P-SHA-1/scans", {"code": "T-SHA-1"}).location == "/packs/1"
    relay.drain()
    for sku in (world.mug, world.tee, world.tee):
        assert bo.post("/packs/1/scans", {"code": ean(sku)}).status_code == 200
    assert 'value="K3" selected' in bo.get("/packs/1/parcel").text
    assert bo.post("/packs/1/cares/1").status_code in (200, 303)  # the mug is wrapped
    label_page = bo.post("/packs/1/scans", {"code": "1.10 kg", "carton": "K3"}).location
    relay.drain()
    with reading() as db:
        parcel = db.exec(select(Parcel)).one()
        papers = {kind: job.id for kind, job in queries.jobs_of(db, parcel.id).items()}
    seen = {code.text for code in read_codes(picture_of(bo.get(f"/print-jobs/{papers[PaperKind.WAYBILL]}.pdf").data))}
    slip = {code.text for code in read_codes(picture_of(bo.get(f"/print-jobs/{papers[PaperKind.SLIP]}.pdf").data))}
    assert seen == {"SF000000001000"}
    assert slip == {f"http://127.0.0.1:8000/t/{world.orders[0].public_token}"}
    closing = bo.post(label_page.replace("/label", "/scans"), {"code": seen.pop()})
    assert closing.location.startswith("/stations/P-SHA-1")
    lorry = bo.post("/manifests", {"warehouse": "SHA", "carrier": "sf"}).location
    assert bo.post(f"{lorry}/scans", {"code": "SF000000001000"}).status_code == 200
    assert bo.post(f"{lorry}/handover", {"driver": "Wang", "seal": ""}).location == lorry
    assert bo.get(f"{lorry}.pdf").data[:5] == b"%PDF-"
    relay.drain()
    with reading() as db:
        assert db.exec(select(Shipment.state)).one() is ShipmentState.SHIPPED
        assert count(db, PrintJob) == 2
    assert {name: rows for name, rows in run_checks(app.extensions["checks"]).items() if rows} == {}


def test_a_handover_refused_half_way_leaves_nothing_behind(boxed, sign_in):
    """Stock that is not where the books say it is stops the lorry; no unit is shipped on paper only."""
    bo, (first, _second) = sign_in("Bo"), boxed
    closed(bo, first)
    url = bo.post("/manifests", {"carrier": "sf"}).location
    bo.post(f"{url}/scans", {"code": number_of(first)})
    with unit_of_work() as db:
        for balance in db.exec(select(Balance).where(Balance.place_id == first.id)):
            balance.qty -= 1
    assert bo.post(f"{url}/handover", {"driver": "Wang"}).status_code == 409
    with reading() as db:
        lines = db.exec(select(ShipmentLine)).all()
        assert [(line.packed, line.shipped) for line in lines] == [(2, 0), (2, 0)]
        assert db.exec(select(Manifest.state)).one() is ManifestState.OPEN
    assert state_of(first) is ParcelState.LABELLED
