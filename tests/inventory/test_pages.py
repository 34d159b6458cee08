"""The stock list, bins, goods and totes over HTTP, receiving, and stock from files."""

import uuid

import pytest

from floor.inventory import books, jobs, queries, service
from floor.inventory.models import BinKind, CountTask, SafetyStock
from floor.inventory.service import Wish
from floor.kit import spreadsheet
from floor.kit.actor import SYSTEM
from floor.kit.errors import Invalid
from floor.kit.uow import reading, unit_of_work
from floor.people.queries import by_badge
from tests.factories import a_bin, a_sku, a_warehouse, count, ean, stock


@pytest.fixture
def world(app):
    """Two houses: ten shirts in SHA (three promised), none but two wanted in CAN; the same bin codes in both."""
    with unit_of_work() as db:
        sha, can = a_warehouse(db), a_warehouse(db, "CAN")
        here, tee = a_bin(db, sha), a_sku(db)
        a_bin(db, can)
        a_bin(db, sha, "A01-02-1")
        aside = a_bin(db, sha, "A01-03-1", BinKind.QUARANTINE)
        stock(db, here, tee, 10)
        stock(db, aside, tee, 4)
        service.reserve(db, [Wish(here.id, tee.id, 3, shipment_line_id=1)])
        db.add(SafetyStock(warehouse_id=can.id, sku_id=tee.id, qty=2))
        return {"sku": tee.code, "ean": ean(tee), "id": tee.id, "bin": here.id}


def test_stock_is_told_per_house_what_is_short_first(world):
    with reading() as db:
        (low, fine), total = queries.stock_rows(db)
        assert total == 2
        assert (low.site, low.free, low.safety, low.is_low) == ("CAN", 0, 2, True)
        assert (fine.on_hand, fine.free, fine.reserved, fine.aside, fine.is_low) == (10, 7, 3, 4, False)


@pytest.mark.parametrize(
    ("text", "site", "found"),
    [("tee-navy", "", 2), ("TEE", "SHA", 1), ("69000000000", "", 0), ("100%", "", 0), ("_", "", 0), ("圆领", "CAN", 1)],
)
def test_stock_is_found_by_code_and_name_and_wildcards_mean_themselves(world, text, site, found):
    with reading() as db:
        assert queries.stock_rows(db, text, site)[1] == found


def test_stock_is_found_by_barcode(world):
    with reading() as db:
        assert queries.stock_rows(db, world["ean"])[1] == 2


def test_the_list_the_csv_and_the_pages_show_the_same_numbers(world, sign_in):
    chen = sign_in("Chen")
    assert "Below safety stock" in chen.get("/stock").text
    assert "Nothing found" in chen.get("/stock?q=nothing").text
    lines = chen.get("/stock.csv?warehouse=SHA").text.splitlines()
    assert lines[1].startswith("TEE-NAVY-L")
    assert lines[1].endswith("SHA,10,7,3,4,0")
    assert sign_in("Ana").get("/stock").status_code == 403


def test_a_bin_tells_its_contents_its_story_and_its_neighbours(world, sign_in):
    ana = sign_in("Ana")
    assert ana.get("/bins/a01-01-1").location == "/bins/SHA/A01-01-1"
    page = ana.get("/bins/SHA/A01-01-1").text
    assert world["sku"] in page
    assert "Opening stock" in page
    assert "<svg" in page
    assert ana.get("/bins/SHA/Z99-01-1").status_code == 404
    assert ana.get("/bins/NOWHERE/A01-01-1").status_code == 404


def test_somebody_of_the_whole_house_chooses_among_bins_of_one_name(world, sign_in):
    with unit_of_work() as db:
        by_badge(db, "B-1001").site = ""
    page = sign_in("Ana").get("/bins/A01-01-1").text
    assert "/bins/SHA/A01-01-1" in page
    assert "/bins/CAN/A01-01-1" in page


def test_goods_and_totes_have_pages_too(world, sign_in):
    bo = sign_in("Bo")
    assert "A01-01-1" in bo.get(f"/skus/{world['sku'].lower()}").text
    assert "Empty" in bo.get("/totes/t-sha-1").text
    assert bo.get("/skus/NOTHING").status_code == 404
    assert bo.get("/totes/T-0").status_code == 404


@pytest.mark.parametrize("path", ["/bins/SHA/A01-01-1", "/skus/TEE-NAVY-L", "/totes/T-SHA-1"])
def test_labels_come_as_pdf(world, sign_in, path):
    answer = sign_in("Ana").get(f"{path}/label.pdf")
    assert answer.status_code == 200, answer.text
    assert answer.data.startswith(b"%PDF")
    assert answer.content_type == "application/pdf"


def test_a_count_is_asked_for_once_however_often_one_asks(world, sign_in):
    ana, at = sign_in("Ana"), "/bins/SHA/A01-01-1/counts"
    assert ana.post(at, {"sku": world["sku"]}).status_code == 303
    assert ana.post(at, {"sku": world["sku"]}).status_code == 303
    with reading() as db:
        assert count(db, CountTask) == 1
    assert ana.post(at, {"sku": "NOTHING"}).status_code == 404
    assert ana.post("/bins/SHA/Z01-01-1/counts", {"sku": world["sku"]}).status_code == 404
    assert ana.get(at).status_code == 405
    assert sign_in("Chen").post(at, {"sku": world["sku"]}).status_code == 403


def test_received_goods_lie_on_the_shelf_and_in_the_books(world, sign_in):
    dai, same = sign_in("Dai"), str(uuid.uuid4())
    form = {"warehouse": "SHA", "sku": world["ean"], "bin": "A01-01-1", "qty": "5"}
    for _ in range(2):
        assert dai.post("/stock/receive", form, command_id=same).status_code == 303
    with reading() as db:
        assert queries.balance_of(db, world["bin"], world["id"]) == 15
        assert books.broken_balances(db) == []


def test_a_bad_receipt_says_where_it_is_wrong_and_keeps_the_input(world, sign_in):
    dai = sign_in("Dai")
    page = dai.post("/stock/receive", {"warehouse": "SHA", "sku": "NOPE", "bin": "Z1", "qty": "5"})
    assert page.status_code == 422
    assert 'value="NOPE"' in page.text
    assert "There is no bin Z1." in page.text
    assert dai.post("/stock/receive", {"warehouse": "SHA", "sku": "NOPE", "bin": "Z1", "qty": "0"}).status_code == 422
    assert sign_in("Ana").post("/stock/receive", {}).status_code == 403
    assert sign_in("Ana").get("/stock/receive").status_code == 403


# --- files -------------------------------------------------------------------------------------------------------


def sheet(*rows):
    return "\n".join(["sku,warehouse,bin,qty", *rows]).encode("utf-8-sig")


def held(world):
    with reading() as db:
        return queries.balance_of(db, world["bin"], world["id"])


def test_a_delivery_is_all_or_nothing_and_a_file_counts_once(world):
    bad = sheet("TEE-NAVY-L,SHA,A01-01-1,5", "NOPE,SHA,A01-01-1,1")
    assert jobs.receive(bad, False, SYSTEM).faults
    assert held(world) == 10
    good = sheet("TEE-NAVY-L,SHA,A01-01-1,5")
    assert not jobs.receive(good, False, SYSTEM).is_known
    assert jobs.receive(good, False, SYSTEM).is_known
    assert held(world) == 15


def test_a_delivery_names_its_bad_rows_and_takes_a_workbook(world):
    head = ["SKU编码", "仓库", "货位", "数量"]
    rows = [
        ["TEE-NAVY-L", "SHA", "A01-01-1", 5],
        ["TEE-NAVY-L", "SHA", "A01-01-1", 5],
        ["TEE-NAVY-L", "SHA", "A01-02-1", 0],
    ]
    found = jobs.receive(spreadsheet.to_workbook(head, rows), False, SYSTEM)
    assert [(line.row.number, line.fault.reason) for line in found.faults] == [(3, "twice"), (4, "number")]
    assert jobs.receive(spreadsheet.to_workbook(head, rows[:1]), False, SYSTEM).units == 5
    assert held(world) == 15
    with pytest.raises(Invalid):
        jobs.receive(b"a,b\n1,2\n", False, SYSTEM)


def test_the_command_receives_a_file_once(world, app, tmp_path):
    path = tmp_path / "stock.csv"
    path.write_bytes(sheet("TEE-NAVY-L,SHA,A01-01-1,12"))
    answer = app.test_cli_runner().invoke(args=["stock", "receive", str(path), "--dry-run"])
    assert "would receive 12 units on 1 rows" in answer.output
    answer = app.test_cli_runner().invoke(args=["stock", "receive", str(path)])
    assert answer.exit_code == 0, answer.output
    assert held(world) == 22
    assert app.test_cli_runner().invoke(args=["stock", "receive", str(path)]).exit_code == 1
