"""The POST doors of inventory."""

import io

from sqlmodel import Session

from floor.catalog.models import Sku
from floor.inventory import counting, putaway, receiving, refilling, tasks, transfers
from floor.inventory import service as inventory
from floor.inventory.models import Bin, Delivery, Transfer
from floor.inventory.queries import bin_by_code
from tests.house.doors.door import NO, Door
from tests.house.doors_world import Ids
from tests.packing.worlds import person


def _stock_file(_ids: Ids) -> tuple[io.BytesIO, str]:
    return io.BytesIO("SKU编码,仓库,货位,数量\nTEE-NAVY-L,SHA,A01-01-1,99\n".encode("gb18030")), "stock.csv"


def _scanned_count(db: Session, ids: Ids) -> None:
    task = tasks.count_for(db, ids["count"], lock=True)
    for code in (ids["count_bin"], ids["mug"]):
        counting.scan(db, task, code, person(db, "Ana"))


def _at_the_reserve(db: Session, ids: Ids) -> None:
    refilling.scan_refill(db, tasks.refill_for(db, ids["refill"], lock=True), ids["reserve_bin"], person(db, "Ana"))


def _received(db: Session, ids: Ids) -> None:
    receiving.take_in(db, db.get_one(Delivery, ids["come"]), db.get_one(Sku, ids["wool_id"]), 1, person(db, "Ana"))


def _put_away(db: Session, ids: Ids) -> None:
    putaway.put(db, ids["dock_key"], ids["shelf"], 1, person(db, "Ana"))


def _moved(db: Session, ids: Ids) -> None:
    here = db.get_one(Bin, ids["shelf_id"])
    there = bin_by_code(db, here.warehouse_id, "A01-01-1")
    assert there is not None
    inventory.relocate(db, here, there, ids["wool_id"], 1, person(db, "Ana"))


def _loaded(db: Session, ids: Ids) -> None:
    shelf = db.get_one(Bin, ids["shelf_id"])
    transfers.load(db, db.get_one(Transfer, ids["planned_lorry"]), shelf, ids["wool_id"], 1, person(db, "Ana"))


def _unloaded(db: Session, ids: Ids) -> None:
    transfers.receive(db, db.get_one(Transfer, ids["road"]), db.get_one(Sku, ids["wool_id"]), 1, person(db, "Ana"))


def _deliveries_file(_ids: Ids) -> tuple[io.BytesIO, str]:
    rows = "reference,supplier,expected_on,warehouse,sku,qty\nF-1,Li,2026-12-01,SHA,WOOL,5\n"
    return io.BytesIO(rows.encode()), "deliveries.csv"


DOORS = {
    "count_review.adjust": Door(
        "/counts/{variance}/adjust", "Dai", "Ana", {"why": "theft"}, f"/counts/{NO}/adjust", bad={"why": "because"}
    ),
    "count_review.adjust_small": Door(
        "/counts/review/adjust", "Dai", "Ana", {"limit": "500", "why": "miscounted"},
        bad={"limit": "-7", "why": "miscounted"}, keeps='value="-7"',
    ),
    "count_review.plan": Door("/counts/plan", "Dai", "Ana"),
    "count_review.recount": Door("/counts/{variance}/recount", "Dai", "Ana", unknown=f"/counts/{NO}/recount"),
    "count_review.reject": Door("/counts/{variance}/reject", "Dai", "Ana", unknown=f"/counts/{NO}/reject"),
    "count_review.save_rules": Door(
        "/counts/rules", "Dai", "Ana",
        {"warehouse": "SHA", "daily_bins": "9", "auto": "5", "other": "300", "approval": "900", "lists_goods": "1"},
        bad={"warehouse": "SHA", "daily_bins": "-7", "auto": "5", "other": "300", "approval": "900"},
        keeps='value="-7"',
    ),
    "counts.add": Door(
        "/counts/{count}/goods", "Ana", "Bo", {"sku": "TEE-NAVY-L"}, f"/counts/{NO}/goods", before=_scanned_count
    ),
    "counts.empty": Door("/counts/{count}/empty", "Ana", "Bo", unknown=f"/counts/{NO}/empty", before=_scanned_count),
    "counts.finish": Door("/counts/{count}/finish", "Ana", "Bo", unknown=f"/counts/{NO}/finish", before=_scanned_count),
    "counts.number": Door(
        "/counts/{count}/number", "Ana", "Bo", {"qty": "7"}, f"/counts/{NO}/number",
        bad={"qty": "many"}, keeps='value="many"', before=_scanned_count,
    ),
    "counts.scan": Door(
        "/counts/{count}/scans", "Ana", "Bo", {"code": "{count_bin}", "task": "{count}"}, f"/counts/{NO}/scans",
        bad={"code": "Z99-99-9", "task": "{count}"},
    ),
    "counts.whole": Door("/counts/{count}/whole", "Ana", "Bo", unknown=f"/counts/{NO}/whole", before=_scanned_count),
    "bins.adjust": Door(
        "/bins/SHA/{shelf}/skus/WOOL/adjust", "Dai", "Ana", {"qty": "2", "reason": "lost", "note": "gone"},
        "/bins/SHA/A02-08-1/skus/NOPE/adjust",
        bad={"qty": "2", "reason": "lost", "note": "", "lot": "77"}, keeps='value="2"',
    ),
    "bins.damage": Door(
        "/bins/SHA/{shelf}/skus/WOOL/damage", "Ana", "Bo", {"qty": "1"}, "/bins/SHA/Z99/skus/WOOL/damage",
        bad={"qty": "many"}, keeps='value="many"',
    ),
    "bins.give_back": Door("/asides/{aside}/give-back", "Chen", "Ana", unknown=f"/asides/{NO}/give-back"),
    "bins.name_lot": Door(
        "/bins/SHA/{shelf}/skus/TEA-50/lot", "Ana", "Bo", {"qty": "1", "lot": "L-3", "expires": "2031-01-01"},
        "/bins/SHA/Z99/skus/TEA-50/lot", bad={"qty": "3", "lot": "L-77"}, keeps='value="L-77"',
    ),
    "bins.put_aside": Door(
        "/bins/SHA/{shelf}/skus/WOOL/aside", "Chen", "Ana", {"qty": "1", "until": "2031-01-01T10:00", "note": "for Bo"},
        "/bins/SHA/Z99/skus/WOOL/aside", bad={"qty": "1", "until": "2020-01-01T10:00", "note": "for Bo"},
        keeps="for Bo",
    ),
    "deliveries.announce": Door(
        "/deliveries/new", "Dai", "Ana",
        {"warehouse": "SHA", "supplier": "Li", "reference": "LI-9", "expected": "2026-12-01", "lines": "WOOL 3"},
        bad={"warehouse": "SHA", "supplier": "Li", "reference": "LI-77", "lines": "NOPE 3"}, keeps='value="LI-77"',
    ),
    "deliveries.cancel": Door("/deliveries/{expected}/cancel", "Dai", "Ana", unknown=f"/deliveries/{NO}/cancel"),
    "deliveries.upload": Door(
        "/deliveries/files", "Dai", "Ana", {"file": _deliveries_file}, bad={"file": "no file"}
    ),
    "inventory.ask_count": Door(
        "/bins/SHA/A01-01-1/counts", "Ana", "Bo", {"sku": "TEE-NAVY-L"}, "/bins/SHA/Z99-99-9/counts"
    ),
    "feeds.new_key": Door("/stock/feeds/shop/key", "Dai", "Ana", unknown="/stock/feeds/nobody/key"),
    "feeds.save": Door(
        "/stock/feeds", "Dai", "Ana", {"channel": "web", "percent": "50", "ceiling": "9", "is_active": "1"},
        bad={"channel": "web", "percent": "777"}, keeps='value="777"',
    ),
    "feeds.save_share": Door(
        "/stock/feeds/shop/shares", "Dai", "Ana", {"sku": "TEE-NAVY-L", "percent": "20", "ceiling": "9"},
        "/stock/feeds/nobody/shares", bad={"sku": "TEE-NAVY-L", "percent": "777"}, keeps='value="777"',
    ),
    "supply.accept": Door("/stock/safety/accept", "Dai", "Ana", {"warehouse": "SHA", "sku": "TEE-NAVY-L"}),
    "supply.check": Door("/purchasing/check", "Dai", "Ana"),
    "supply.dismiss": Door("/purchasing/{request}/dismiss", "Dai", "Ana", unknown=f"/purchasing/{NO}/dismiss"),
    "supply.drop_face": Door(
        "/skus/TEE-NAVY-L/faces/drop", "Dai", "Ana", {"warehouse": "SHA", "bin": "A01-01-1"}, "/skus/NOBODY/faces/drop"
    ),
    "supply.order": Door(
        "/purchasing/{request}/order", "Dai", "Ana", {"qty": "24"}, f"/purchasing/{NO}/order",
        bad={"qty": "many"}, keeps='value="many"',
    ),
    "supply.plan_transfer": Door("/purchasing/transfers", "Dai", "Ana", {"from": "CAN", "to": "SHA"}),
    "supply.save_defaults": Door(
        "/stock/safety/defaults", "Dai", "Ana",
        {"warehouse": "SHA", "lead_days": "9", "lead_sd_days": "2", "level_a": "98", "level_b": "95", "level_c": "90"},
        bad={"warehouse": "SHA", "lead_days": "777"}, keeps='value="777"',
    ),
    "supply.save_face": Door(
        "/skus/TEE-NAVY-L/faces", "Dai", "Ana",
        {"warehouse": "SHA", "bin": "A03-01-1", "min_qty": "3", "max_qty": "9"}, "/skus/NOBODY/faces",
        bad={"warehouse": "SHA", "bin": "Z99-99-9", "min_qty": "3", "max_qty": "9"}, keeps="Z99-99-9",
    ),
    "supply.save_safety": Door(
        "/skus/TEE-NAVY-L/safety", "Dai", "Ana", {"warehouse": "SHA", "qty": "3", "reorder_point": "9"},
        "/skus/NOBODY/safety", bad={"warehouse": "SHA", "qty": "77", "reorder_point": "9"}, keeps='value="77"',
    ),
    "supply.save_terms": Door(
        "/skus/TEE-NAVY-L/terms", "Dai", "Ana", {"supplier": "Mill", "lead_days": "9", "price": "12.50"},
        "/skus/NOBODY/terms", bad={"supplier": "Mill", "lead_days": "9", "price": "dear"}, keeps='value="dear"',
    ),
    "refilling.cancel": Door(
        "/replenishments/{refill}/cancel", "Dai", "Ana", unknown=f"/replenishments/{NO}/cancel"
    ),
    "refilling.fewer": Door(
        "/replenishments/{refill}/fewer", "Ana", "Bo", {"qty": "2"}, f"/replenishments/{NO}/fewer",
        bad={"qty": "999"}, keeps='value="999"', before=_at_the_reserve,
    ),
    "inventory.receive": Door(
        "/stock/receive", "Dai", "Ana", {"warehouse": "SHA", "sku": "TEE-NAVY-L", "bin": "A01-01-1", "qty": "3"},
        bad={"warehouse": "SHA", "sku": "NOBODY", "bin": "A01-01-1", "qty": "3"}, keeps="NOBODY",
    ),
    "refilling.take": Door(
        "/replenishments/{refill}/number", "Ana", "Bo", {"qty": "2"}, f"/replenishments/{NO}/number",
        bad={"qty": "999"}, keeps='value="999"', before=_at_the_reserve,
    ),
    "refilling.undo": Door(
        "/replenishments/{refill}/undo", "Ana", "Bo", unknown=f"/replenishments/{NO}/undo", before=_at_the_reserve
    ),
    "refilling.scan": Door(
        "/replenishments/{refill}/scans", "Ana", "Bo", {"code": "{reserve_bin}"}, f"/replenishments/{NO}/scans",
        bad={"code": "Z99-99-9"}, keeps="Z99-99-9",
    ),
    "lots.hold": Door("/lots/{lot}/hold", "Dai", "Ana", {"why": "recall"}, f"/lots/{NO}/hold", bad={"why": "mood"}),
    "lots.release": Door("/lots/{held_lot}/release", "Dai", "Ana", unknown=f"/lots/{NO}/release"),
    "putaway.put": Door(
        "/putaways/scan", "Ana", "", {"item": "{item}", "code": "A01-01-1"},
        bad={"item": "{item}", "code": "Z99-99-9"}, keeps="Z99-99-9",
    ),
    "putaway.undo": Door("/putaways/undo", "Ana", "", before=_put_away),
    "qc.release": Door(
        "/qc/releases", "Dai", "Ana", {"bin": "{qc_id}", "sku": "{wool_id}", "qty": "1", "outcome": "good"},
        bad={"bin": "{qc_id}", "sku": "{wool_id}", "qty": "many", "outcome": "good"}, keeps='value="many"',
    ),
    "receiving.blind": Door(
        "/receiving/blind", "Ana", "Bo", {"supplier": "Wang", "reference": "W-1"},
        bad={"supplier": "Wang", "reference": "W" * 41}, keeps='value="Wang"',
    ),
    "receiving.close": Door("/receiving/{come}/close", "Ana", "Bo", unknown=f"/receiving/{NO}/close"),
    "receiving.find": Door(
        "/receiving/scans", "Ana", "Bo", {"code": "LI-1"}, bad={"code": "NOBODY"}, keeps="NOBODY", is_reading=True
    ),
    "receiving.name_lot": Door(
        "/receiving/{expected}/lots", "Ana", "Bo",
        {"sku": "{tea_id}", "lot": "L-9", "expires": "2031-01-01", "qty": "5"}, f"/receiving/{NO}/lots",
        bad={"sku": "{tea_id}", "lot": "L-9", "qty": "many"}, keeps='value="many"',
    ),
    "receiving.number": Door(
        "/receiving/{come}/number", "Ana", "Bo", {"sku": "{wool_id}", "qty": "3"}, f"/receiving/{NO}/number",
        bad={"sku": "{wool_id}", "qty": "many"}, keeps='value="many"', before=_received,
    ),
    "receiving.scan": Door(
        "/receiving/{come}/scans", "Ana", "Bo", {"code": "{wool}"}, f"/receiving/{NO}/scans", bad={"code": "NOBODY"},
        keeps="NOBODY",
    ),
    "receiving.set_aside": Door(
        "/receiving/{come}/problem", "Ana", "Bo", {"sku": "{wool_id}", "qty": "1", "why": "in_doubt"},
        f"/receiving/{NO}/problem", bad={"sku": "{wool_id}", "qty": "many", "why": "in_doubt"}, keeps='value="many"',
        before=_received,
    ),
    "receiving.undo": Door(
        "/receiving/{come}/undo", "Ana", "Bo", unknown=f"/receiving/{NO}/undo", before=_received
    ),
    "relocate.scan": Door(
        "/relocate/scans", "Ana", "Bo", {"bin": "{shelf_id}", "sku": "{wool_id}", "qty": "2", "code": "A01-01-1"},
        bad={"bin": "{shelf_id}", "code": "NOBODY"}, keeps="NOBODY",
    ),
    "relocate.undo": Door("/relocate/undo", "Ana", "Bo", before=_moved),
    "stock_files.cancel": Door(
        "/stock/imports/{import}/cancel", "Dai", "Ana", unknown=f"/stock/imports/{NO}/cancel"
    ),
    "stock_files.confirm": Door(
        "/stock/imports/{import}/confirm", "Dai", "Ana", unknown=f"/stock/imports/{NO}/confirm"
    ),
    "stock_files.upload": Door(
        "/stock/imports", "Dai", "Ana", {"kind": "stock", "file": _stock_file}, bad={"kind": "stock"},
        keeps='value="stock" selected',
    ),
    "transfers.cancel": Door("/transfers/{empty_lorry}/cancel", "Dai", "Ana", unknown=f"/transfers/{NO}/cancel"),
    "transfers.number_load": Door(
        "/transfers/{planned_lorry}/load/number", "Ana", "Bo", {"sku": "{wool_id}", "bin": "{shelf_id}", "qty": "3"},
        f"/transfers/{NO}/load/number", bad={"sku": "{wool_id}", "bin": "{shelf_id}", "qty": "many"},
        keeps='value="many"', before=_loaded,
    ),
    "transfers.number_receive": Door(
        "/transfers/{road}/receive/number", "Ana", "Bo", {"sku": "{wool_id}", "qty": "2"},
        f"/transfers/{NO}/receive/number", bad={"sku": "{wool_id}", "qty": "many"}, keeps='value="many"',
        before=_unloaded,
    ),
    "transfers.plan": Door(
        "/transfers/new", "Dai", "Ana", {"origin": "SHA", "to": "CAN", "lines": "WOOL 3", "note": "sale"},
        bad={"origin": "SHA", "to": "SHA", "lines": "WOOL 3", "note": "a sale"}, keeps="a sale",
    ),
    "transfers.scan_load": Door(
        "/transfers/{planned_lorry}/load/scans", "Ana", "Bo", {"bin": "{shelf_id}", "code": "{wool}"},
        f"/transfers/{NO}/load/scans", bad={"code": "NOBODY"}, keeps="NOBODY",
    ),
    "transfers.scan_receive": Door(
        "/transfers/{road}/receive/scans", "Ana", "Bo", {"code": "{wool}"}, f"/transfers/{NO}/receive/scans",
        bad={"code": "NOBODY"}, keeps="NOBODY",
    ),
    "transfers.send": Door("/transfers/{planned_lorry}/send", "Ana", "Bo", {"rest": "1"}, f"/transfers/{NO}/send"),
    "transfers.undo": Door(
        "/transfers/{planned_lorry}/undo", "Ana", "Bo", unknown=f"/transfers/{NO}/undo", before=_loaded
    ),
    "transfers.unload": Door("/transfers/{planned_lorry}/unload", "Ana", "Bo", unknown=f"/transfers/{NO}/unload"),
    "transfers.write_off": Door(
        "/transfers/{road}/losses", "Dai", "Ana", {"sku": "{wool_id}", "qty": "1", "note": "stolen"},
        f"/transfers/{NO}/losses", bad={"sku": "{wool_id}", "qty": "77", "note": "stolen"}, keeps='value="77"',
    ),
}  # fmt: skip
