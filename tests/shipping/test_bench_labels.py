"""What a bench sees of its labels, and labels that call a parcel 1 of 1 when there are two by now."""

import pytest
from sqlmodel import select

from floor.cli import run_checks
from floor.kit import compute
from floor.kit.uow import reading, unit_of_work
from floor.packing import reopening, service
from floor.packing.models import Pack, PackLine, Parcel
from floor.packing.states import ParcelState
from floor.shipping import printing, queries
from floor.shipping import service as shipping
from floor.shipping.models import PaperKind, PrintState
from floor.shipping.models_printing import Printer, PrinterKind, Sending
from floor.shipping.printing import PrinterTerms
from floor.shipping.service import LabelVerdict, LoadVerdict
from tests.packing.worlds import a_picked_shipment, a_world, check_all, person
from tests.web_client import HTMX


@pytest.fixture
def no_paper(monkeypatch):
    monkeypatch.setattr(compute, "run", lambda fn, *_args: b"%PDF-1.7 " + fn.__name__.encode())


def the_label(db, parcel_id: int):
    return queries.jobs_of(db, parcel_id)[PaperKind.WAYBILL]


def number_of(db, parcel_id: int) -> str:
    return queries.waybill_of(db, parcel_id).number


def box(db, world, pack: Pack, units: dict[int, int]) -> Parcel:
    grams = {line.id: 450 if line.sku_id == world.mug.id else world.tee.weight_g for line in lines_of(db, pack)}
    weight = world.carton.tare_g + sum(grams[line] * qty for line, qty in units.items())
    return service.box(db, pack, world.carton, weight, units, is_sure=True, actor=person(db, "Bo"))


def lines_of(db, pack: Pack):
    return db.exec(select(PackLine).where(PackLine.pack_id == pack.id).order_by(PackLine.id)).all()


@pytest.fixture
def two_boxes(app, relay, no_paper):
    """One order in two closed boxes of two tees and two mugs: their labels say 1/2 and 2/2."""
    with unit_of_work() as db:
        world = a_world(db)
        _shipment, tote = a_picked_shipment(db, world, [(world.tee, 2), (world.mug, 2)])
        pack = service.open_tote(db, world.bench, tote.code, person(db, "Bo"))
        check_all(db, pack, person(db, "Bo"))
        tees, mugs = lines_of(db, pack)
        parcels = [box(db, world, pack, {tees.id: 2}).id, box(db, world, pack, {mugs.id: 2}).id]
    relay.drain()
    with unit_of_work() as db:
        for parcel_id in parcels:
            parcel = db.get_one(Parcel, parcel_id)
            scan = shipping.prove_label(db, parcel, number_of(db, parcel_id), person(db, "Bo"))
            assert scan.verdict is LabelVerdict.CLOSED
    return world, pack.id, parcels


def test_a_split_prints_the_other_labels_anew_and_their_boxes_wait_for_them(app, two_boxes, relay, sign_in):
    world, _pack_id, (first, second) = two_boxes
    with reading() as db:
        assert [the_label(db, parcel).says for parcel in (first, second)] == ["1/2", "2/2"]
        number, copies = number_of(db, first), the_label(db, first).copies
    with unit_of_work() as db:
        pack = reopening.reopen(db, db.get_one(Parcel, second), world.bench, person(db, "Bo"))
        mugs = lines_of(db, pack)[1]
        parts = [box(db, world, pack, {mugs.id: 1}).id for _part in range(2)]
    relay.drain()
    assert parts[0] == second
    with unit_of_work() as db:
        label = the_label(db, first)
        assert (label.says, label.replaces, label.copies) == ("1/3", "1/2", copies + 1)
        assert (label.state, number_of(db, first)) == (PrintState.READY, number), "made anew under its number"
        assert db.get_one(Parcel, first).state is ParcelState.BOXED
        assert [the_label(db, parcel).says for parcel in parts] == ["2/3", "3/3"]
        lorry = shipping.open_manifest(db, world.house.id, world.carrier, person(db, "Bo"))
        assert shipping.load(db, lorry, number, person(db, "Bo")).verdict is LoadVerdict.NOT_CLOSED
    bo = sign_in("Bo")
    for page in (bo.get("/stations/P-SHA-1").text, bo.get(f"/parcels/{first}/label").text):
        assert "it says 1/2, now it is 1/3" in page
        assert "The slip in the box says 1/2" in page
    with reading() as db:
        slip = queries.jobs_of(db, first)[PaperKind.SLIP].id
    assert bo.post(f"/print-jobs/{slip}/reprint").status_code in (200, 303)
    relay.drain()
    assert "The slip in the box" not in bo.get(f"/parcels/{first}/label").text
    assert bo.post(f"/parcels/{first}/scans", {"code": number}).status_code == 303
    with unit_of_work() as db:
        assert (db.get_one(Parcel, first).state, the_label(db, first).replaces) == (ParcelState.LABELLED, "")
        for parcel in parts:
            shipping.prove_label(db, db.get_one(Parcel, parcel), number_of(db, parcel), person(db, "Bo"))
        for parcel in (first, *parts):
            seen = shipping.load(db, lorry, number_of(db, parcel), person(db, "Bo"))
            assert seen.verdict is LoadVerdict.LOADED
    assert {name: rows for name, rows in run_checks(app.extensions["checks"]).items() if rows} == {}


def test_a_box_that_went_into_its_brother_leaves_no_label_that_says_of_two(two_boxes, relay):
    world, _pack_id, (first, second) = two_boxes
    with unit_of_work() as db:
        for parcel in (second, first):
            pack = reopening.reopen(db, db.get_one(Parcel, parcel, with_for_update=True), world.bench, person(db, "Bo"))
        tees, mugs = lines_of(db, pack)
        box(db, world, pack, {tees.id: 2, mugs.id: 2})
    relay.drain()
    with reading() as db:
        assert (db.get_one(Parcel, second).state, the_label(db, first).says) == (ParcelState.VOID, "1/1")


def test_the_bench_shows_a_label_that_fails_and_sends_it_to_another_printer(app, relay, sign_in, monkeypatch):
    monkeypatch.setattr(compute, "run", lambda fn, labels, *_: [b"^XA^XZ"] if "zpl" in fn.__name__ else b"%PDF-1.7")
    with unit_of_work() as db:
        world = a_world(db)
        for name, port in (("P1", 1), ("P2", 1)):  # nobody listens there
            terms = PrinterTerms(name, world.house.id, PrinterKind.ZPL, "127.0.0.1", port, 203, "100x180", True)
            printing.keep_printer(db, None, terms, person(db, "Dai"))
        _shipment, tote = a_picked_shipment(db, world, [(world.tee, 2)])
        pack = service.open_tote(db, world.bench, tote.code, person(db, "Bo"))
        check_all(db, pack, person(db, "Bo"))
        parcel = box(db, world, pack, {lines_of(db, pack)[0].id: 2})
    bo = sign_in("Bo")
    labels = {**HTMX, "HX-Target": "labels"}
    waiting = bo.get("/stations/P-SHA-1", headers=labels).text
    assert parcel.number in waiting
    assert 'hx-trigger="every 0.5s"' in waiting
    assert "Scan a tote" not in waiting, "the card alone"
    relay.drain()
    failed = bo.get("/stations/P-SHA-1").text
    assert "does not answer" in failed or "switched on" in failed
    with reading() as db:
        sending = db.exec(select(Sending)).one()
        other = db.exec(select(Printer).where(Printer.name == "P2")).one()
    answer = bo.post(f"/printing/{sending.id}/retry", {"printer": other.id, "back": "bench"})
    assert answer.location == "/stations/P-SHA-1"
    with reading() as db:
        assert db.exec(select(Sending)).one().printer_id == other.id
    assert "every 0.5s" in bo.get("/stations/P-SHA-1", headers=labels).text
