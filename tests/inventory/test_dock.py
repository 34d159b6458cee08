"""The screens of the dock, of put-away, of moving goods and of transfers, over HTTP."""

import io
from datetime import timedelta

import pytest
from sqlmodel import select

from floor.catalog.models import Sku, Tracking
from floor.inventory import books, inbound, lots, queries, receiving, service, transfers
from floor.inventory.models import BinKind, Delivery, Lot, MoveReason, PlaceKind, Reservation, Transfer
from floor.inventory.receiving import NewDelivery
from floor.inventory.service import Move
from floor.inventory.states import TransferState
from floor.inventory.transfers import NewTransfer
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from tests.factories import a_bin, a_sku, a_warehouse, ean, stock
from tests.web_client import HTMX

TODAY = clock.now().date()
LATER = TODAY + timedelta(days=400)


@pytest.fixture
def world(app):
    """SHA with dock, quality control, quarantine and two shelves; ten shirts expected today, tea and phones in lots."""
    with unit_of_work() as db:
        sha, can = a_warehouse(db), a_warehouse(db, "CAN")
        for code, kind in (("A04-01-1", BinKind.DOCK), ("A04-02-1", BinKind.QC), ("A04-03-1", BinKind.QUARANTINE)):
            a_bin(db, sha, code, kind)
        a_bin(db, can, "A04-01-1", BinKind.DOCK)
        shelf, _second = a_bin(db, sha), a_bin(db, sha, "A01-02-1")
        tee, tea, phone, mug = (a_sku(db, code) for code in ("TEE-NAVY-L", "TEA", "PHONE", "MUG"))
        tea.tracking, phone.tracking = Tracking.LOT, Tracking.SERIAL
        new = NewDelivery(sha.id, "Li & Fung", "LF-7", TODAY, {tee.id: 10, tea.id: 20, phone.id: 1})
        made = receiving.announce(db, new, SYSTEM)
        return {
            "delivery": made.id, "tee": ean(tee), "tea": ean(tea), "phone": ean(phone), "mug": ean(mug),
            "ids": {sku.code: sku.id for sku in (tee, tea, phone, mug)}, "shelf": shelf.id, "sha": sha.id,
            "can": can.id,
        }  # fmt: skip


@pytest.fixture(autouse=True)
def books_are_right(app):
    yield
    with reading() as db:
        checks = (
            books.broken_balances, books.broken_reservations, books.broken_lots, books.broken_holds,
            books.broken_deliveries, books.broken_transfers,
        )  # fmt: skip
        assert [row for check in checks for row in check(db)] == []


def units(world, code, kind=BinKind.DOCK, house="sha"):
    with reading() as db:
        return queries.balance_of(db, receiving.open_bin(db, world[house], kind).id, world["ids"][code])


# --- receiving ---------------------------------------------------------------------------------------------------


def test_what_is_due_is_found_by_number_reference_or_its_goods(world, sign_in):
    ana = sign_in("Ana")
    assert "LF-7" in ana.get("/receiving").text
    here = f"/receiving/{world['delivery']}"
    for code in ("lf-7", "D-0001", world["tee"]):
        assert ana.post("/receiving/scans", {"code": code}).location == here
    unknown = ana.post("/receiving/scans", {"code": "NOBODY"})
    assert (unknown.status_code, "NOBODY" in unknown.text) == (422, True)


def test_every_scan_is_one_unit_and_a_number_is_the_rest(world, sign_in):
    ana, here = sign_in("Ana"), f"/receiving/{world['delivery']}"
    for _ in range(2):
        assert ana.post(f"{here}/scans", {"code": world["tee"]}, headers=HTMX).status_code == 200
    assert units(world, "TEE-NAVY-L") == 2
    form = {"sku": world["ids"]["TEE-NAVY-L"], "qty": "12"}
    over = ana.post(f"{here}/number", form)
    assert "2 more than announced" in over.text
    assert units(world, "TEE-NAVY-L") == 12
    less = ana.post(f"{here}/number", {**form, "qty": "3"})
    assert (less.status_code, "12 are counted already" in less.text) == (422, True)
    assert ana.post(f"{here}/number", {**form, "sku": world["ids"]["MUG"]}).status_code == 409
    ana.post(f"{here}/undo")
    assert units(world, "TEE-NAVY-L") == 2


def test_unknown_and_not_announced_goods_are_red_and_count_nothing_until_told(world, sign_in):
    ana, here = sign_in("Ana"), f"/receiving/{world['delivery']}"
    unknown = ana.post(f"{here}/scans", {"code": "6900000000000"}, headers=HTMX)
    assert (unknown.status_code, 'role="alertdialog"' in unknown.text) == (422, True)
    other = ana.post(f"{here}/scans", {"code": world["mug"]})
    assert (other.status_code, "Not announced" in other.text, units(world, "MUG")) == (422, True, 0)
    assert ana.post(f"{here}/scans", {"code": world["mug"], "anyway": "1"}).status_code == 200
    assert ana.post(f"{here}/scans", {"code": world["mug"]}).status_code == 200
    assert units(world, "MUG") == 2


def test_one_gs1_scan_brings_goods_lot_and_expiry(world, sign_in):
    ana, here = sign_in("Ana"), f"/receiving/{world['delivery']}"
    code = f"]C1010{world['tea']}17{LATER:%y%m%d}10L-55"
    page = ana.post(f"{here}/scans", {"code": code})
    assert (page.status_code, "L-55" in page.text, str(LATER) in page.text) == (200, True, True)
    again = ana.post(f"{here}/scans", {"code": world["tea"]})
    assert (again.status_code, units(world, "TEA")) == (200, 2)
    assert ana.post(f"{here}/number", {"sku": world["ids"]["TEA"], "qty": "20"}).status_code == 200
    with reading() as db:
        lot = db.exec(select(Lot)).one()
        assert (lot.code, lot.expires_on) == ("L-55", LATER)


def test_a_plain_barcode_of_tracked_goods_asks_for_the_lot(world, sign_in):
    ana, here = sign_in("Ana"), f"/receiving/{world['delivery']}"
    asked = ana.post(f"{here}/scans", {"code": world["tea"]})
    assert "Lot number" in asked.text
    assert f'form="scan" name="sku" value="{world["ids"]["TEA"]}"' in asked.text
    assert units(world, "TEA") == 0
    scanned = ana.post(f"{here}/scans", {"code": "l-9", "sku": world["ids"]["TEA"]})
    assert 'value="l-9"' in scanned.text, "the lot is new: its date is asked"
    form = {"sku": world["ids"]["TEA"], "lot": "l-9", "expires": str(LATER), "qty": "6"}
    assert ana.post(f"{here}/lots", {**form, "lot": ""}).status_code == 422
    assert ana.post(f"{here}/lots", form).status_code == 200
    other = ana.post(f"{here}/lots", {**form, "expires": str(TODAY)})
    assert (other.status_code, "Look again" in other.text) == (422, True)
    assert ana.post(f"{here}/scans", {"code": "L-9", "sku": world["ids"]["TEA"]}).status_code == 200
    assert units(world, "TEA") == 7


def test_serial_numbers_are_scanned_one_by_one_and_never_twice(world, sign_in):
    ana, here = sign_in("Ana"), f"/receiving/{world['delivery']}"
    assert "Serial number" in ana.post(f"{here}/scans", {"code": world["phone"]}).text
    assert ana.post(f"{here}/scans", {"code": "SN-1", "sku": world["ids"]["PHONE"]}).status_code == 200
    assert ana.post(f"{here}/scans", {"code": f"(01)0{world['phone']}(21)SN-2"}).status_code == 200
    assert ana.post(f"{here}/scans", {"code": "SN-1", "sku": world["ids"]["PHONE"]}).status_code == 409
    twice = ana.post(f"{here}/lots", {"sku": world["ids"]["PHONE"], "lot": "SN-2"})
    assert (twice.status_code, "in the house already" in twice.text) == (422, True)
    assert units(world, "PHONE") == 2


def test_goods_too_old_to_sell_come_in_on_hold_and_the_screen_says_so(world, sign_in):
    ana, here = sign_in("Ana"), f"/receiving/{world['delivery']}"
    code = f"010{world['tea']}17{TODAY - timedelta(days=2):%y%m%d}10OLD"
    assert "Too old to sell" in ana.post(f"{here}/scans", {"code": code}).text


def test_damaged_and_doubtful_units_are_set_aside_with_a_number(world, sign_in):
    ana, here = sign_in("Ana"), f"/receiving/{world['delivery']}"
    assert "Scan the item first" in ana.get(f"{here}/problem").text
    ana.post(f"{here}/scans", {"code": world["tee"]})
    ana.post(f"{here}/number", {"sku": world["ids"]["TEE-NAVY-L"], "qty": "8"})
    form = {"sku": world["ids"]["TEE-NAVY-L"], "qty": "2", "why": "damaged"}
    assert ana.post(f"{here}/problem", {**form, "qty": "9"}).status_code == 422
    assert "A04-03-1" in ana.post(f"{here}/problem", form).text
    ana.post(f"{here}/problem", {**form, "why": "in_doubt", "qty": "3"})
    assert [units(world, "TEE-NAVY-L", kind) for kind in (BinKind.DOCK, BinKind.QUARANTINE, BinKind.QC)] == [3, 2, 3]


def test_a_dock_is_chosen_by_its_label_and_undo_by_its_card(world, sign_in):
    with unit_of_work() as db:
        second = a_bin(db, db.get_one(type(queries.warehouses(db)[0]), world["sha"]), "A04-09-1", BinKind.DOCK).id
    ana, here = sign_in("Ana"), f"/receiving/{world['delivery']}"
    assert "Goods go to A04-09-1 now" in ana.post(f"{here}/scans", {"code": "A04-09-1"}).text
    assert ana.post(f"{here}/scans", {"code": "A01-01-1"}).status_code == 422
    ana.post(f"{here}/scans", {"code": world["tee"]})
    with reading() as db:
        assert queries.balance_of(db, second, world["ids"]["TEE-NAVY-L"]) == 1
    assert "Taken back" in ana.post(f"{here}/scans", {"code": "CMD-UNDO"}).text
    assert ana.post(f"{here}/scans", {"code": "CMD-UNDO"}).status_code == 422


def test_closing_says_plainly_what_differs_and_the_desk_gets_it_as_a_file(world, sign_in):
    ana, here = sign_in("Ana"), f"/receiving/{world['delivery']}"
    ana.post(f"{here}/scans", {"code": world["tee"]})
    page = ana.get(f"{here}/close").text
    assert "9 missing" in page
    assert ana.post(f"{here}/close").status_code == 303
    assert "Receiving closed" in ana.get(here).text
    assert ana.post(f"{here}/scans", {"code": world["tee"]}).status_code == 409
    dai = sign_in("Dai")
    lines = dai.get(f"/deliveries/{world['delivery']}/differences.csv").text.splitlines()
    assert lines[1].startswith("D-0001,LF-7,Li & Fung,TEE-NAVY-L,")
    assert lines[1].endswith(",10,1,9,0,0,0")
    assert "-9" in dai.get(f"/deliveries/{world['delivery']}").text


def test_goods_nobody_announced_are_received_blind(world, sign_in):
    ana = sign_in("Ana")
    made = ana.post("/receiving/blind", {"supplier": "Somebody", "reference": ""})
    assert made.status_code == 303
    assert ana.post(f"{made.location}/scans", {"code": world["mug"]}).status_code == 200
    known = ana.post("/receiving/blind", {"supplier": "Li & Fung", "reference": "LF-7"})
    assert (known.status_code, 'value="LF-7"' in known.text) == (409, True)
    assert sign_in("Bo").get("/receiving").status_code == 403


def test_a_delivery_is_announced_at_the_desk_by_form_and_by_file(world, sign_in):
    dai = sign_in("Dai")
    form = {
        "warehouse": "SHA",
        "supplier": "New",
        "reference": "N-1",
        "expected": "2026-12-01",
        "lines": "tee-navy-l 5",
    }
    assert dai.post("/deliveries/new", form).status_code == 303
    for wrong, says in (
        ({"lines": "NOPE 1"}, "Line 1: There is no SKU NOPE."),
        ({"warehouse": "XXX"}, "no such"),
        ({"lines": " "}, "Fill"),
    ):
        page = dai.post("/deliveries/new", {**form, **wrong})
        assert (page.status_code, says in page.text) == (422, True)
    assert dai.post("/deliveries/new", form).status_code == 409
    head = "reference,supplier,expected_on,warehouse,sku,qty\n"
    good = {"file": (io.BytesIO(f"{head}F-1,New,,SHA,MUG,5\n".encode()), "d.csv")}
    assert dai.post("/deliveries/files", good).status_code == 303
    bad = {"file": (io.BytesIO(f"{head}F-2,New,,SHA,NOPE,5\n".encode()), "d.csv")}
    page = dai.post("/deliveries/files", bad)
    assert (page.status_code, "There is no SKU NOPE." in page.text) == (422, True)
    with reading() as db:
        assert {one.reference for one in db.exec(select(Delivery))} == {"LF-7", "N-1", "F-1"}
        new = inbound.delivery_called(db, "N-1").id
    assert dai.post(f"/deliveries/{new}/cancel").status_code == 303
    assert "N-1" in dai.get("/deliveries?state=cancelled").text
    assert sign_in("Ana").get("/deliveries").status_code == 403


def test_the_supervisor_decides_what_quality_control_found(world, sign_in):
    ana, dai, here = sign_in("Ana"), sign_in("Dai"), f"/receiving/{world['delivery']}"
    ana.post(f"{here}/scans", {"code": world["tee"]})
    ana.post(f"{here}/problem", {"sku": world["ids"]["TEE-NAVY-L"], "qty": "1", "why": "in_doubt"})
    assert "TEE-NAVY-L" in dai.get("/qc").text
    with reading() as db:
        qc = receiving.open_bin(db, world["sha"], BinKind.QC).id
    form = {"bin": qc, "sku": world["ids"]["TEE-NAVY-L"], "qty": "1", "outcome": "good"}
    assert dai.post("/qc/releases", {**form, "outcome": "?"}).status_code == 422
    assert dai.post("/qc/releases", form).status_code == 303
    assert dai.post("/qc/releases", form).status_code == 409
    assert units(world, "TEE-NAVY-L") == 1
    assert ana.get("/qc").status_code == 403


# --- put-away and moving -----------------------------------------------------------------------------------------


def test_goods_on_the_dock_are_put_away_by_two_scans(world, sign_in):
    ana, here = sign_in("Ana"), f"/receiving/{world['delivery']}"
    ana.post(f"{here}/scans", {"code": world["tee"]})
    ana.post(f"{here}/number", {"sku": world["ids"]["TEE-NAVY-L"], "qty": "6"})
    page = ana.get("/putaways").text
    assert "A01" in page
    hand = ana.post("/putaways/scan", {"code": world["tee"]})
    with reading() as db:
        key = f"{receiving.open_bin(db, world['sha'], BinKind.DOCK).id}.{world['ids']['TEE-NAVY-L']}.0"
    assert f'name="item" value="{key}"' in hand.text
    wrong = ana.post("/putaways/scan", {"code": "A04-02-1", "item": key, "qty": "4"})
    assert (wrong.status_code, f'value="{key}"' in wrong.text) == (422, True)
    done = ana.post("/putaways/scan", {"code": "A01-02-1", "item": key, "qty": "4"})
    assert "Put away in A01-02-1" in done.text
    assert units(world, "TEE-NAVY-L") == 2
    assert "Taken back" in ana.post("/putaways/undo").text
    assert units(world, "TEE-NAVY-L") == 6
    assert ana.post("/putaways/scan", {"code": world["mug"]}).status_code == 422
    assert ana.post("/putaways/scan", {"code": "A01-02-1", "item": "9.9.9"}).status_code == 404
    assert ana.get("/putaways?item=nonsense&qty=x&n=-7").status_code == 200


def test_goods_are_moved_by_bin_item_and_bin(world, sign_in):
    with unit_of_work() as db:
        where = queries.bin_by_code(db, world["sha"], "A01-01-1")
        service.receive(db, where, world["ids"]["TEE-NAVY-L"], 5, SYSTEM)
    ana = sign_in("Ana")
    first = ana.post("/relocate/scans", {"code": world["tee"]})
    assert (first.status_code, "Scan the bin first" in first.text) == (422, True)
    assert f'name="bin" value="{world["shelf"]}"' in ana.post("/relocate/scans", {"code": "a01-01-1"}).text
    hand = {"bin": world["shelf"]}
    assert "Not in this bin" in ana.post("/relocate/scans", {**hand, "code": world["mug"]}).text
    item = ana.post("/relocate/scans", {**hand, "code": world["tee"]})
    assert 'name="qty" value="1"' in item.text
    hand |= {"sku": world["ids"]["TEE-NAVY-L"], "qty": "1"}
    assert 'name="qty" value="2"' in ana.post("/relocate/scans", {**hand, "code": world["tee"]}).text
    hand["qty"] = "4"
    same = ana.post("/relocate/scans", {**hand, "code": "A01-01-1"})
    assert (same.status_code, "lie in A01-01-1 already" in same.text) == (422, True)
    moved = ana.post("/relocate/scans", {**hand, "code": "A01-02-1"})
    assert "4 × TEE-NAVY-L: A01-01-1 → A01-02-1" in moved.text
    assert ana.post("/relocate/scans", {**hand, "code": "A01-02-1"}).status_code == 409
    assert "Taken back" in ana.post("/relocate/undo").text
    assert ana.post("/relocate/undo").status_code == 422
    with reading() as db:
        assert queries.free_in(db, world["shelf"], world["ids"]["TEE-NAVY-L"]) == 5
    assert ana.get(f"/relocate?bin={world['shelf']}&sku={world['ids']['TEE-NAVY-L']}&qty=3").status_code == 200
    assert ana.get("/relocate?bin=x&qty=9999999999").status_code == 200


# --- transfers ---------------------------------------------------------------------------------------------------


@pytest.fixture
def lorry(world):
    with unit_of_work() as db:
        stock(db, queries.bin_by_code(db, world["sha"], "A01-01-1"), db.get_one(Sku, world["ids"]["TEE-NAVY-L"]), 9)
        wanted = {world["ids"]["TEE-NAVY-L"]: 6}
        return transfers.plan(db, NewTransfer(world["sha"], world["can"], wanted), SYSTEM).id


def test_a_transfer_is_planned_at_the_desk(world, sign_in):
    dai = sign_in("Dai")
    form = {"origin": "SHA", "to": "CAN", "lines": f"{world['tee']} 3", "note": "for the sale"}
    made = dai.post("/transfers/new", form)
    assert made.status_code == 303
    assert "for the sale" in dai.get(made.location).text
    for wrong, says in (
        ({"to": "SHA"}, "two different"),
        ({"lines": "NOPE"}, "no SKU NOPE"),
        ({"to": "X"}, "no such warehouse"),
    ):
        page = dai.post("/transfers/new", {**form, **wrong})
        assert (page.status_code, says in page.text, "for the sale" in page.text) == (422, True, True)
    assert sign_in("Ana").get("/transfers/new").status_code == 403


def test_a_lorry_is_loaded_from_bin_to_bin_and_unloaded_at_the_other_end(world, lorry, sign_in):
    ana, at = sign_in("Ana"), f"/transfers/{lorry}"
    assert "A01" in ana.get(f"{at}/load").text
    assert "Scan the bin first" in ana.post(f"{at}/load/scans", {"code": world["tee"]}).text
    assert ana.post(f"{at}/load/scans", {"code": "A01-01-1"}).status_code == 200
    hand = {"bin": world["shelf"]}
    assert ana.post(f"{at}/load/scans", {**hand, "code": world["mug"]}).status_code == 422
    assert ana.post(f"{at}/load/scans", {**hand, "code": world["tee"]}).status_code == 200
    number = {"sku": world["ids"]["TEE-NAVY-L"], "bin": world["shelf"], "qty": "6"}
    assert ana.post(f"{at}/load/number", {**number, "qty": "7"}).status_code == 422
    assert ana.post(f"{at}/load/number", number).status_code == 200
    assert "Enough loaded" in ana.post(f"{at}/load/scans", {**hand, "code": world["tee"]}).text
    assert ana.post(f"{at}/send").status_code == 303
    assert ana.post(f"{at}/receive/scans", {"code": world["mug"]}).status_code == 422
    assert ana.post(f"{at}/receive/scans", {"code": world["tee"]}).status_code == 200
    assert "Taken back" in ana.post(f"{at}/undo").text
    ana.post(f"{at}/receive/scans", {"code": world["tee"]})
    assert ana.post(f"{at}/receive/number", {"sku": number["sku"], "qty": "1"}).status_code == 422
    assert "Complete" in ana.post(f"{at}/receive/number", {"sku": number["sku"], "qty": "7"}).text
    assert units(world, "TEE-NAVY-L", house="can") == 7
    with reading() as db:
        (row,) = inbound.transfers(db)
        assert (row.transfer.state, row.received, row.on_the_road) == (TransferState.CLOSED, 6, 0)


def test_a_transfer_by_the_books_and_what_never_came(world, lorry, sign_in):
    dai, at = sign_in("Dai"), f"/transfers/{lorry}"
    assert dai.post(f"{at}/send").status_code == 422
    assert dai.post(f"{at}/send", {"rest": "1"}).status_code == 303
    dai.post(f"{at}/receive/scans", {"code": world["tee"]})
    loss = {"sku": world["ids"]["TEE-NAVY-L"], "qty": "5", "note": "stolen on the way"}
    page = dai.post(f"{at}/losses", {**loss, "note": ""})
    assert page.status_code == 422
    assert dai.post(f"{at}/losses", {**loss, "qty": "6"}).status_code == 422
    assert dai.post(f"{at}/losses", loss).status_code == 303
    assert "Complete" in dai.get(at).text
    assert sign_in("Ana").post(f"{at}/losses", loss).status_code == 403


def test_a_loaded_lorry_is_unloaded_before_it_is_cancelled(world, lorry, sign_in):
    dai, at = sign_in("Dai"), f"/transfers/{lorry}"
    dai.post(f"{at}/load/scans", {"bin": world["shelf"], "code": world["tee"]})
    assert dai.post(f"{at}/cancel").status_code == 422
    assert dai.post(f"{at}/unload").status_code == 303
    assert dai.post(f"{at}/cancel").status_code == 303
    assert dai.post(f"{at}/send", {"rest": "1"}).status_code == 409
    with reading() as db:
        assert db.get_one(Transfer, lorry).state is TransferState.CANCELLED


# --- bins and lots -----------------------------------------------------------------------------------------------


@pytest.fixture
def shelved(world):
    """Five shirts on the shelf; of tea three of lot L1 and two that came back without a number."""
    with unit_of_work() as db:
        where = queries.bin_by_code(db, world["sha"], "A01-01-1")
        service.receive(db, where, world["ids"]["TEE-NAVY-L"], 5, SYSTEM)
        tea = db.get_one(Sku, world["ids"]["TEA"])
        lot = lots.lot_for(db, tea, "L1", LATER)
        service.receive(db, where, tea.id, 3, SYSTEM, lot_id=lot.id)
        outside = service.beyond(db, PlaceKind.CUSTOMER, world["sha"])
        service.move(db, [Move(tea.id, 2, outside, where.id, MoveReason.RETURN)], "return", 1, SYSTEM)
        return lot.id


def test_damage_and_adjustments_are_booked_from_the_bins_page(world, shelved, sign_in):
    dai, at = sign_in("Dai"), "/bins/SHA/A01-01-1/skus/TEE-NAVY-L"
    assert at in dai.get("/bins/SHA/A01-01-1").text
    assert dai.post(f"{at}/damage", {"qty": "2"}).status_code == 303
    many = dai.post(f"{at}/damage", {"qty": "77"})
    assert (many.status_code, 'value="77"' in many.text) == (409, True)
    adjust = {"qty": "2", "reason": "found", "note": "behind the shelf"}
    assert dai.post(f"{at}/adjust", {**adjust, "note": ""}).status_code == 422
    assert dai.post(f"{at}/adjust", adjust).status_code == 303
    assert dai.post(f"{at}/adjust", {**adjust, "reason": "lost", "qty": "1"}).status_code == 303
    with reading() as db:
        assert queries.free_in(db, world["shelf"], world["ids"]["TEE-NAVY-L"]) == 4
    ana = sign_in("Ana")
    assert ana.post(f"{at}/adjust", adjust).status_code == 403
    assert ana.post("/bins/SHA/A01-01-1/skus/NOPE/damage", {"qty": "1"}).status_code == 404


def test_units_are_put_aside_until_a_moment_and_given_back(world, shelved, sign_in):
    chen, at = sign_in("Chen"), "/bins/SHA/A01-01-1/skus/TEE-NAVY-L/aside"
    form = {"qty": "2", "until": (clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M"), "note": "Mrs Wang"}
    past = chen.post(at, {**form, "until": "2020-01-01T10:00"})
    assert (past.status_code, "in the future" in past.text) == (422, True)
    assert chen.post(at, form).status_code == 303
    assert "Mrs Wang" in chen.get("/bins/SHA/A01-01-1").text
    with reading() as db:
        promise = db.exec(select(Reservation.id)).one()
    assert chen.post(f"/asides/{promise}/give-back").status_code == 303
    assert "Mrs Wang" not in chen.get("/bins/SHA/A01-01-1").text
    assert chen.post("/asides/999/give-back").status_code == 404
    assert chen.post(at, {**form, "qty": "6"}).status_code == 409


def test_a_lot_number_found_later_is_written_down(world, shelved, sign_in):
    ana, at = sign_in("Ana"), "/bins/SHA/A01-01-1/skus/TEA/lot"
    assert "2 units here have no lot number" in ana.get("/bins/SHA/A01-01-1/skus/TEA").text
    form = {"lot": "L1", "qty": "2"}
    many = ana.post(at, {**form, "qty": "3"})
    assert (many.status_code, "Only 2 are left" in many.text) == (422, True)
    assert ana.post(at, form).status_code == 303
    with reading() as db:
        assert queries.free_in(db, world["shelf"], world["ids"]["TEA"]) == 5


def test_a_lots_page_tells_where_it_lies_and_went_and_holds_it(world, shelved, sign_in):
    dai = sign_in("Dai")
    assert "A01-01-1" in dai.get(f"/lots/{shelved}").text
    assert dai.get("/lots/l1").location == f"/lots/{shelved}"
    assert dai.get("/lots/nothing").status_code == 404
    assert dai.get("/lots/999").status_code == 404
    assert dai.post(f"/lots/{shelved}/hold", {"why": "?"}).status_code == 422
    assert dai.post(f"/lots/{shelved}/hold", {"why": "recall"}).status_code == 303
    assert "Recalled" in dai.get(f"/lots/{shelved}").text
    assert dai.post(f"/lots/{shelved}/hold", {"why": "recall"}).status_code == 409
    assert dai.post(f"/lots/{shelved}/release").status_code == 303
    assert sign_in("Ana").post(f"/lots/{shelved}/hold", {"why": "recall"}).status_code == 403
    for page in ("/skus/TEA", "/bins/SHA/A01-01-1"):
        assert f"/lots/{shelved}" in dai.get(page).text
    label = dai.get(f"/lots/{shelved}/label.pdf")
    assert label.data.startswith(b"%PDF")


def test_scan_anything_finds_lots_deliveries_and_transfers(world, shelved, lorry, sign_in):
    dai = sign_in("Dai")
    for code, page in (
        ("l1", f"/lots/{shelved}"), (f"010{world['tea']}10L1", f"/lots/{shelved}"), ("TR-0001", f"/transfers/{lorry}"),
        ("LF-7", f"/receiving/{world['delivery']}"), ("D-0001", f"/receiving/{world['delivery']}"),
    ):  # fmt: skip
        assert dai.get("/scan", query_string={"code": code}).location == page
    assert sign_in("Chen").get("/scan?code=LF-7").location == f"/deliveries/{world['delivery']}"
