"""The POST doors of shipping."""

from sqlmodel import Session

from floor.shipping import resolving, waybills
from tests.house.doors.door import NO, Door
from tests.house.doors_world import Ids
from tests.packing.worlds import person


def _being_cancelled(db: Session, ids: Ids) -> None:
    resolving.cancel(db, waybills.waybill_for(db, ids["waybill"]), person(db, "Dai"))


PRINTER = {"name": "P7", "warehouse": "SHA", "kind": "zpl", "host": "127.0.0.1", "port": "9100", "is_active": "1"}


ZONE = {"warehouse": "SHA", "name": "邻省", "provinces": "江苏 安徽", "transit_days": "2", "first_g": "1000",
        "first": "14.00", "step_g": "1000", "step": "4.5"}  # fmt: skip

DOORS = {
    "printing.add_printer": Door(
        "/printers", "Dai", "Bo", {**PRINTER, "name": "P9"}, bad={**PRINTER, "port": "-7"}, keeps='value="-7"',
    ),
    "printing.ask_batch": Door(
        "/print-batches", "Bo", "Ana", {"kind": "slip", "warehouse": "SHA"}, bad={"kind": "none", "warehouse": "SHA"},
    ),
    "printing.change_printer": Door(
        "/printers/{printer}", "Dai", "Bo", {**PRINTER, "port": "9101"}, f"/printers/{NO}",
        bad={**PRINTER, "port": "-7"}, keeps='value="-7"',
    ),
    "printing.retry": Door("/printing/{sending}/retry", "Bo", "Ana", {"printer": ""}, f"/printing/{NO}/retry"),
    "printing.retry_batch": Door("/print-batches/{batch_bad}/retry", "Bo", "Ana", unknown=f"/print-batches/{NO}/retry"),
    "printing.retry_printer": Door("/printers/{printer}/retry", "Bo", "Ana", unknown=f"/printers/{NO}/retry"),
    "carriers.add": Door(
        "/carriers", "Dai", "Bo",
        {"code": "yto", "name": "圆通", "adapter": "manual", "next_number": "1000", "last_number": "1999"},
        bad={"code": "Not A Code", "name": "圆通", "adapter": "manual"}, keeps="Not A Code",
    ),
    "carriers.add_rule": Door(
        "/carrier-rules", "Dai", "Bo", {"service": "{service}", "verdict": "use", "over_g": "9000"},
        bad={"service": "{service}", "verdict": "use"},
    ),
    "carriers.add_service": Door(
        "/carriers/sf/services", "Dai", "Bo", {"code": "night", "name": "夜配", "kind": "express", "cutoff": "22:00"},
        "/carriers/nobody/services", bad={"code": "night", "name": "夜配", "kind": "express", "cutoff": "25:99"},
        keeps="25:99",
    ),
    "carriers.add_zone": Door(
        "/carrier-services/{service}/zones", "Dai", "Bo", ZONE, f"/carrier-services/{NO}/zones",
        bad={**ZONE, "first": "much"}, keeps="much",
    ),
    "carriers.drop_rule": Door("/carrier-rules/{rule}/drop", "Dai", "Bo", unknown=f"/carrier-rules/{NO}/drop"),
    "carriers.drop_zone": Door("/carrier-zones/{zone}/drop", "Dai", "Bo", unknown=f"/carrier-zones/{NO}/drop"),
    "carriers.save": Door(
        "/carriers/sf", "Dai", "Bo", {"name": "顺丰", "adapter": "sf", "fallback_minutes": "15", "is_active": "1"},
        "/carriers/nobody", bad={"name": "顺丰", "adapter": "sf", "fallback_minutes": "soon"}, keeps="soon",
    ),
    "carriers.save_service": Door(
        "/carrier-services/{service}", "Dai", "Bo",
        {"code": "std", "name": "特快", "kind": "express", "cutoff": "19:15", "is_active": "1"},
        f"/carrier-services/{NO}", bad={"code": "std", "name": "特快", "kind": "express", "cutoff": "late"},
        keeps="late",
    ),
    "invoices.again": Door(
        "/invoices/files/{invoice_file}/again", "Chen", "Bo", unknown=f"/invoices/files/{NO}/again"
    ),
    "invoices.ask": Door(
        "/invoices", "Chen", "Bo", {"order": "{to_bill}", "kind": "person", "title": "Li Si"},
        bad={"order": "{to_bill}", "kind": "company", "title": "Li & Co", "tax_id": "123"}, keeps="Li &amp; Co",
    ),
    "invoices.buyer": Door(
        "/invoices/{invoice}/buyer", "Chen", "Bo", {"kind": "person", "title": "Li Si"}, f"/invoices/{NO}/buyer",
        bad={"kind": "company", "title": "Li & Co", "tax_id": "123"}, keeps="Li &amp; Co",
    ),
    "invoices.cancel": Door("/invoices/{invoice}/cancel", "Chen", "Bo", unknown=f"/invoices/{NO}/cancel"),
    "invoices.export": Door("/invoices/export", "Chen", "Bo", {"ids": "{invoice}"}),
    "invoices.hold": Door(
        "/invoices/{invoice}/hold", "Chen", "Bo", {"reason": "asked twice"}, f"/invoices/{NO}/hold", bad={"reason": ""}
    ),
    "invoices.issued": Door(
        "/invoices/{invoice}/issued", "Chen", "Bo", {"number": "24312000000012345678", "issued_on": "2026-11-27"},
        f"/invoices/{NO}/issued", bad={"number": "77", "issued_on": "2026-11-27"}, keeps='value="77"',
    ),
    "invoices.release": Door(
        "/invoices/{invoice_held}/release", "Chen", "Bo", {"reason": "called"}, f"/invoices/{NO}/release",
        bad={"reason": ""},
    ),
    "invoices.tax": Door(
        "/invoices/goods/{sku_code}", "Chen", "Bo", {"tax_code": "1040201990000000000", "rate": "13", "origin": "CN"},
        "/invoices/goods/NOBODY", bad={"tax_code": "104", "rate": "13"}, keeps='value="104"',
    ),
    "notices.again": Door("/notices/{notice}/again", "Chen", "Ana", unknown=f"/notices/{NO}/again"),
    "notices.tell_shop": Door(
        "/notices/channels", "Dai", "Bo", {"channel": "shop", "url": "https://shop.example/shipped"},
        bad={"channel": "shop", "url": "ftp://nowhere"}, keeps="ftp://nowhere",
    ),
    "shipping.hand_over": Door(
        "/manifests/{lorry}/handover", "Bo", "Ana", {"driver": "Driver 7", "seal": "S-1"}, f"/manifests/{NO}/handover",
        bad={"driver": "", "seal": "S-77"}, keeps='value="S-77"',
    ),
    "shipping.load": Door(
        "/manifests/{lorry}/scans", "Bo", "Ana", {"code": "{ready}"}, f"/manifests/{NO}/scans", bad={"code": "NOBODY"},
        keeps="NOBODY",
    ),
    "shipping.open_manifest": Door(
        "/manifests", "Bo", "Ana", {"carrier": "zto", "warehouse": "SHA"}, bad={"carrier": "nobody", "warehouse": "SHA"}
    ),
    "shipping.reprint": Door("/print-jobs/{job}/reprint", "Bo", "Ana", unknown=f"/print-jobs/{NO}/reprint"),
    "shipping.scan_label": Door(
        "/parcels/{boxed}/scans", "Bo", "Ana", {"code": "{number}"}, f"/parcels/{NO}/scans", bad={"code": "NOBODY"},
        keeps="…BODY",
    ),
    "shipping.unload": Door("/manifests/{lorry}/undo", "Bo", "Ana", unknown=f"/manifests/{NO}/undo"),
    "waybills.again": Door("/waybills/{unclear}/again", "Bo", "Ana", unknown=f"/waybills/{NO}/again"),
    "waybills.cancel": Door("/waybills/{waybill}/cancel", "Bo", "Ana", unknown=f"/waybills/{NO}/cancel"),
    "waybills.give_back": Door("/waybills/{second}/give-back", "Dai", "Bo", unknown=f"/waybills/{NO}/give-back"),
    "waybills.keep_second": Door(
        "/waybills/{second}/second", "Dai", "Bo", {"reason": "not billed"}, f"/waybills/{NO}/second", bad={"reason": ""}
    ),
    "waybills.keep": Door(
        "/waybills/{waybill}/keep", "Dai", "Bo", unknown=f"/waybills/{NO}/keep", before=_being_cancelled
    ),
    "waybills.none": Door("/waybills/{unclear}/none", "Dai", "Bo", unknown=f"/waybills/{NO}/none"),
    "waybills.number": Door(
        "/waybills/{unclear}/number", "Bo", "Ana", {"number": "SF7777777777"}, f"/waybills/{NO}/number",
        bad={"number": "12"}, keeps='value="12"',
    ),
    "waybills.release": Door(
        "/waybills/{waybill}/release", "Dai", "Bo", unknown=f"/waybills/{NO}/release", before=_being_cancelled
    ),
    "waybills.way": Door(
        "/waybills/{unclear}/way", "Bo", "Ana", {"way": "{zto}"}, f"/waybills/{NO}/way", bad={"way": "nowhere"}
    ),
}  # fmt: skip
