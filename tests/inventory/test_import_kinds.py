"""What files may hold, and what comes of it: stock, lots, SKUs, bins, warehouses; out and in again."""

from datetime import date

import pytest
from sqlmodel import select

from floor.catalog.models import Barcode, Sku, Tracking
from floor.catalog.queries import resolve
from floor.inventory import books, files, jobs, lots, queries, service
from floor.inventory.kinds import KINDS
from floor.inventory.models import (
    Bin,
    BinKind,
    ImportKind,
    Lot,
    LotBalance,
    Warehouse,
)
from floor.inventory.service import Wish
from floor.inventory.states import ImportState
from floor.kit import spreadsheet
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from tests.factories import a_sku
from tests.inventory.importing import (
    applied,
    examined,
    faults,
    held,
    now,
    sheet,
)

# --- files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"a,b\n1,2\n", "columns_missing"),
        (b"\n\n", "file_empty"),
        (b"PK\x03\x04 not really", "file_broken"),
        (b"\xd0\xcf\x11\xe0 old", "file_old_excel"),
        (b"sku,SKU code,warehouse,bin,qty\n", "column_twice"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_whole(shelves, body, problem):
    it = now(examined(body))
    assert (it.state, it.problem, it.rows) == (ImportState.FAILED, f"inventory.{problem}", 0)


@pytest.mark.parametrize("kind", ["csv", "gb18030", "utf-16", "semicolon", "xlsx"])
def test_whatever_excel_writes_in_either_language_is_understood(shelves, kind):
    head, row = ["SKU编码", "仓库", "库位", "数量", "备注"], ["TEE-NAVY-L", "SHA", "A01-02-1", "9", "新到"]
    text = f"{','.join(head)}\r\n{','.join(row)}\r\n"
    body = {
        "csv": text.encode("utf-8-sig"),
        "gb18030": text.encode("gb18030"),
        "utf-16": text.replace(",", "\t").encode("utf-16"),
        "semicolon": text.replace(",", ";").encode(),
        "xlsx": spreadsheet.to_workbook(head, [[*row[:3], 9, row[4]]]),
    }[kind]
    it = applied(examined(body))
    assert (it.state, it.made, it.unused, held(shelves, 1)) == (ImportState.DONE, 1, ["备注"], 9)


def test_a_row_with_lost_characters_is_a_bad_row(shelves):
    body = b"sku,warehouse,bin,qty\nTEE-NAVY-L,SHA,A01-02-1,4\n" + b"TEE\xff\xff,SHA,A01-02-1,4\n"
    assert faults(examined(body)) == [(3, "", "encoding")]


# --- master data ---------------------------------------------------------------------------------------------------


def test_skus_are_made_and_changed_with_their_barcodes(shelves):
    head = "SKU编码,名称,英文名称,条码,长mm,宽mm,高mm,重量g,价格,包装类型"
    body = sheet(
        "cup-1,茶杯,Cup,6901234567892;CUP1,80,120,90,250,12.5,易碎",
        f"TEE-NAVY-L,圆领短袖,Tee,{'690999'},300,220,30,200,99,",
        "BAD-1,,x,,1,1,1,1,1,", "BAD-2,x,x,,0,1,1,1,1,", "BAD-3,x,x,6901234567892,1,1,1,1,1,", "CUP-1,x,x,,1,1,1,1,1,",
        "BAD-4,x,x,,1,1,1,1,1.005,",
        head=head,
    )  # fmt: skip
    it = applied(examined(body, ImportKind.SKUS))
    assert faults(it.id) == [
        (4, "name", "missing"), (5, "length_mm", "number"), (6, "barcodes", "twice"), (7, "code", "twice"),
        (8, "price", "money"),
    ]  # fmt: skip
    assert (it.made, it.changed) == (1, 1)
    with reading() as db:
        cup = db.exec(select(Sku).where(Sku.code == "CUP-1")).one()
        assert (cup.length_mm, cup.width_mm, cup.height_mm, cup.price_fen) == (120, 90, 80, 1250)
        assert cup.packing_class.value == "fragile"
        assert resolve(db, "CUP1").sku.code == "CUP-1"
        assert resolve(db, "690999").sku.code == "TEE-NAVY-L"
        assert resolve(db, shelves["ean"]).sku is None, "the file names another barcode"


def test_a_column_left_out_stays_and_a_new_sku_needs_its_measures(shelves):
    it = applied(examined(sheet("TEE-NAVY-L,88", "NEW-1,5", head="code,price"), ImportKind.SKUS))
    assert faults(it.id) == [(3, "name", "new_sku")]
    with reading() as db:
        tee = db.get(Sku, shelves["tee"])
        assert (tee.price_fen, tee.weight_g, resolve(db, shelves["ean"]).sku.id) == (8800, 200, tee.id)


def test_a_barcode_of_other_goods_is_not_taken_away(shelves):
    assert faults(examined(sheet(f"MUG-RED,{shelves['ean']}", head="code,barcodes"), ImportKind.SKUS)) == [
        (2, "barcodes", "barcode_taken")
    ]


def test_bins_are_made_moved_and_closed_but_not_under_a_promise(shelves):
    head = "仓库,货位,巷道,货架,层,侧,x毫米,y毫米,类型,停用"
    body = sheet(
        "SHA,B01-01-1,B01,1,1,右,18000,1500,存储,否", "SHA,A01-02-1,A01,2,1,R,2000,9000,pick,yes",
        "SHA,A01-01-1,A01,1,1,L,2000,1500,pick,1", "SHA,B02-01-1,B02,one,1,,1,1,,", "NON,X,,1,1,,1,1,,",
        "SHA,B03-01-1,B03,1,1,,1,1,cellar,", head=head,
    )  # fmt: skip
    it = applied(examined(body, ImportKind.BINS))
    assert faults(it.id) == [
        (4, "closed", "promised"), (5, "bay", "number"), (6, "warehouse", "warehouse"), (7, "kind", "choice"),
    ]  # fmt: skip
    assert (it.made, it.changed) == (1, 1)
    with reading() as db:
        house = queries.warehouse_by_code(db, "SHA")
        new, old = queries.bin_by_code(db, house.id, "B01-01-1"), queries.bin_by_code(db, house.id, "A01-02-1")
        assert (new.kind, new.side, new.x_mm) == (BinKind.RESERVE, "R", 18000)
        assert (old.is_closed, old.y_mm) == (True, 9000)


def test_warehouses_and_floor_plans_come_one_row_each(shelves):
    head = "code,name,province,city,address,cutoff,aisles_x_mm,cross_y_mm,depot,lanes"
    body = sheet(
        "PEK,北京仓,北京市,北京市,顺义区 1 号,16:30:00,1000 3000 5000,0 20000,1000 0,L1 L2",
        'SHA,上海仓,上海市,上海市,青浦区华新镇 1 号,15:00,"2000;6000;10000;14000",0 17000,2000 0,L1',
        "CAN,广州仓,广东省,广州市,1 号,15:00,3000 1000,0 20000,,", "CTU,成都仓,四川省,成都市,1 号,25:00,1,0 1,,",
        "XIY,西安仓,陕西省,西安市,1 号,15:00,1000,5,,", head=head,
    )  # fmt: skip
    it = applied(examined(body, ImportKind.LAYOUTS))
    assert faults(it.id) == [(4, "aisles_x_mm", "not_rising"), (5, "cutoff", "time"), (6, "cross_y_mm", "too_few")]
    with reading() as db:
        pek, sha = queries.warehouse_by_code(db, "PEK"), queries.warehouse_by_code(db, "SHA")
        assert pek.layout == {
            "aisles_x_mm": [1000, 3000, 5000], "cross_y_mm": [0, 20000], "depot": [1000, 0], "lanes": ["L1", "L2"]
        }  # fmt: skip
        assert (pek.cutoff, sha.layout["cross_y_mm"], sha.contact) == ("16:30", [0, 17000], "仓库")


# --- out and in again ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(ImportKind))
@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_what_was_exported_comes_back_as_it_is(shelves, kind, suffix):
    with unit_of_work() as db:
        tee = db.get(Sku, shelves["tee"])
        tee.name, tee.name_en, tee.category, tee.size = "=1+1 \u5927", "'quoted", "  - a\r\nb ", "+86"
        db.add_all([tee, Barcode(code="00012", sku_id=tee.id)])
        db.get(Warehouse, db.get(Bin, shelves["bins"][0]).warehouse_id).phone = "+86 21 1234"
    write = {"csv": spreadsheet.to_csv, "xlsx": spreadsheet.to_workbook}[suffix]
    for chinese in (False, True):
        with reading() as db:
            body = write(files.headings(kind, chinese), KINDS[kind].export(db))
        it = now(examined(body, kind))
        assert (it.to_make, it.to_change, it.bad, it.unused, it.problem) == (0, 0, 0, [], "")
        assert it.same == it.rows > 0


def test_an_export_runs_nothing_in_a_spreadsheet(shelves):
    with unit_of_work() as db:
        db.get(Sku, shelves["tee"]).name = "=cmd|'/c calc'!A1"
    with reading() as db:
        body = spreadsheet.to_csv(files.headings(ImportKind.SKUS, False), KINDS[ImportKind.SKUS].export(db))
    assert b",'=cmd" in body


# --- lots and serial numbers -----------------------------------------------------------------------------------------

LOTS = "sku,warehouse,bin,qty,lot,expiry"


@pytest.fixture
def tracked(shelves):
    """TEA in lots: ten of L1 and five of L2, which is on hold, in the first bin, six promised; CAM by serial number."""
    with unit_of_work() as db:
        tea, cam, where = a_sku(db, "TEA"), a_sku(db, "CAM"), db.get_one(Bin, shelves["bins"][0])
        tea.tracking, cam.tracking = Tracking.LOT, Tracking.SERIAL
        db.add_all([tea, cam])
        for code, qty in (("L1", 10), ("L2", 5)):
            lot = lots.lot_for(db, tea, code, date(2035, 1, 31))
            service.receive(db, where, tea.id, qty, SYSTEM, lot.id)
        lots.hold(db, lots.lot_called(db, tea.id, "L2"), lots.Held.QUALITY, SYSTEM)
        service.receive(db, where, cam.id, 1, SYSTEM, lots.lot_for(db, cam, "S1", None).id)
        service.reserve(db, [Wish(where.id, tea.id, 6, shipment_line_id=2)])
        return shelves | {"tea": tea.id, "cam": cam.id}


def lying(sku_id):
    with reading() as db:
        rows = select(Bin.code, Lot.code, LotBalance.qty).join(Lot, Lot.id == LotBalance.lot_id)
        found = db.exec(rows.join(Bin, Bin.id == LotBalance.place_id).where(Lot.sku_id == sku_id, LotBalance.qty > 0))
        wrong = (
            books.broken_lots(db) + books.broken_holds(db) + books.broken_balances(db) + books.broken_reservations(db)
        )
        assert wrong == []
        return {(where, lot): qty for where, lot, qty in found}


def test_tracked_goods_are_set_lot_by_lot(tracked):
    body = sheet(
        "TEA,SHA,A01-01-1,7,L1,", "TEA,SHA,A01-01-1,2,L2,", "TEA,SHA,A01-02-1,4,l3,2036/2/1", "CAM,SHA,A01-02-1,1,S2,",
        "TEA,SHA,A01-02-1,3,L4,2020-01-01", "CAM,SHA,A01-01-1,0,S1,", head=LOTS,
    )  # fmt: skip
    it = applied(examined(body))
    assert (it.state, it.made, it.changed, it.refused, faults(it.id)) == (ImportState.DONE, 3, 3, 0, [])
    assert lying(tracked["tea"]) == {
        ("A01-01-1", "L1"): 7, ("A01-01-1", "L2"): 2, ("A01-02-1", "L3"): 4, ("A01-02-1", "L4"): 3
    }  # fmt: skip
    assert lying(tracked["cam"]) == {("A01-02-1", "S2"): 1}
    with reading() as db:
        assert lots.lot_called(db, tracked["tea"], "L3").expires_on == date(2036, 2, 1)
        assert lots.lot_called(db, tracked["tea"], "L4").hold_reason == lots.Held.EXPIRED
    again = now(examined(body))
    assert (again.same, again.rows) == (6, 6)


def test_what_cannot_be_of_a_lot_is_a_bad_row(tracked):
    body = sheet(
        "TEA,SHA,A01-02-1,4,,", "TEE-NAVY-L,SHA,A01-02-1,4,L1,", "TEA,SHA,A01-02-1,4,L1,2035-02-01",
        "TEA,SHA,A01-02-1,4,L9,next year", "CAM,SHA,A01-02-1,2,S9,", "CAM,SHA,A01-02-1,1,S1,", "CAM,SHA,A01-02-1,1,S3,",
        "CAM,SHA,A01-03-1,1,S3,", "TEA,SHA,A01-01-1,5,L1,", "TEA,SHA,A01-01-1,0,L2,", head=LOTS,
    )  # fmt: skip
    it = applied(examined(body))
    assert faults(it.id) == [
        (2, "lot", "lot_needed"), (3, "lot", "no_lots"), (4, "expiry", "other_expiry"), (5, "expiry", "date"),
        (6, "qty", "serial_one"), (7, "lot", "serial_known"), (9, "lot", "twice"), (10, "qty", "promised"),
    ]  # fmt: skip
    assert lying(tracked["tea"]) == {("A01-01-1", "L1"): 10}, "six of them are promised; those on hold may go"
    assert lying(tracked["cam"]) == {("A01-01-1", "S1"): 1, ("A01-02-1", "S3"): 1}


def test_how_a_sku_is_tracked_stays_once_stock_was_booked(tracked):
    body = sheet("TEA,none,30", "CAM,序列号,0", "MUG-RED,lot,10", head="code,tracking,min_life_days")
    it = applied(examined(body, ImportKind.SKUS))
    assert faults(it.id) == [(2, "tracking", "tracking_fixed")]
    assert (it.changed, it.kept) == (1, 1)


def test_a_delivery_of_lots_names_them(tracked):
    body = sheet("TEA,SHA,A01-03-1,4,L7,2036-01-01", "CAM,SHA,A01-03-1,1,S7,", head=LOTS)
    assert jobs.receive(body, False, SYSTEM).units == 5
    assert lying(tracked["tea"])["A01-03-1", "L7"] == 4
    assert [line.fault.reason for line in jobs.receive(sheet("TEA,SHA,A01-03-1,4"), False, SYSTEM).faults] == [
        "lot_needed"
    ]


def test_an_export_of_lots_comes_back_as_it_is(tracked):
    for write in (spreadsheet.to_csv, spreadsheet.to_workbook):
        with reading() as db:
            body = write(files.headings(ImportKind.STOCK, True), KINDS[ImportKind.STOCK].export(db))
        it = now(examined(body))
        assert (it.rows, it.same) == (4, 4)
