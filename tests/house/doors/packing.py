"""The POST doors of packing."""

from sqlmodel import Session

from floor.orders import service as orders
from floor.orders.models import Order
from floor.orders.states import OrderAction
from floor.packing.models import Pack
from floor.shipments.models import Shipment
from tests.house.doors.door import NO, Door
from tests.house.doors_world import Ids
from tests.packing.worlds import person


def _its_order_is_cancelled(db: Session, ids: Ids) -> None:
    shipment = db.get_one(Shipment, db.get_one(Pack, ids["pack"]).shipment_id)
    orders.advance(db, db.get_one(Order, shipment.order_id), OrderAction.CANCEL, person(db, "Chen"))


DOORS = {
    "materials.add": Door(
        "/materials", "Dai", "Bo", {"code": "FILL", "name": "填充", "kind": "filler", "cost_fen": "9", "mass_g": "11"},
        bad={"code": "FILL", "name": "填充", "kind": "filler", "cost_fen": "-7", "mass_g": "11"}, keeps='value="-7"',
    ),
    "materials.add_rule": Door(
        "/materials/rules", "Dai", "Bo", {"goods": "fragile", "material": "{bubble}", "amount": "2", "per": "unit"},
        bad={"goods": "fragile", "material": "{bubble}", "amount": "-7", "per": "unit"}, keeps='value="-7"',
    ),
    "materials.change": Door(
        "/materials/{tape}", "Dai", "Bo", {"name": "胶带", "cost_fen": "13", "mass_g": "4", "is_active": "1"},
        f"/materials/{NO}", bad={"name": "胶带", "cost_fen": "-7", "mass_g": "4"}, keeps='value="-7"',
    ),
    "materials.remove_rule": Door(
        "/materials/rules/{material_rule}/remove", "Dai", "Bo", unknown=f"/materials/rules/{NO}/remove"
    ),
    "standards.add": Door(
        "/standards", "Dai", "Bo", {"kind": "leaflet", "packing_class": "liquid", "code": "L-1"},
        bad={"kind": "leaflet", "sku": "NONE-7"}, keeps='value="NONE-7"',
    ),
    "standards.check": Door(
        "/standards/check", "Dai", "Bo", {"sku": "{sku_code}", "check_by": "line"},
        bad={"sku": "NONE-7", "check_by": "line"}, keeps='value="NONE-7"',
    ),
    "standards.remove": Door("/standards/{care_rule}/remove", "Dai", "Bo", unknown=f"/standards/{NO}/remove"),
    "packing.abandon": Door("/packs/{pack}/abandon", "Bo", "Ana", unknown=f"/packs/{NO}/abandon"),
    "parcels.care": Door("/packs/{glass}/cares/{glass_care}", "Bo", "Ana", unknown=f"/packs/{NO}/cares/1"),
    "parcels.reopen": Door(
        "/parcels/{boxed}/reopen", "Bo", "Ana", {}, f"/parcels/{NO}/reopen", bad={"code": "NOBODY"},
    ),
    "parcels.send_back": Door(
        "/packs/{pack}/send-back", "Bo", "Ana", unknown=f"/packs/{NO}/send-back", before=_its_order_is_cancelled
    ),
    "parcels.too_big": Door(
        "/packs/{full}/too-big", "Bo", "Ana", {"carton": "{carton}"}, f"/packs/{NO}/too-big", bad={"carton": "K99"}
    ),
    "packing.bind_station": Door("/stations", "Bo", "Ana", {"code": "{bench}"}, bad={"code": "P-NOWHERE"}),
    "packing.make_parcel": Door(
        "/packs/{full}/parcel", "Bo", "Ana", {"carton": "{carton}", "weight": "650", "units-{full_line}": "2"},
        f"/packs/{NO}/parcel", bad={"carton": "{carton}", "weight": "9999", "units-{full_line}": "2"}, keeps="9999",
    ),
    "packing.report": Door(
        "/packs/{pack}/exception", "Bo", "Ana", {"line": "{pack_line}", "qty": "1", "why": "missing"},
        f"/packs/{NO}/exception", bad={"qty": "2", "why": "missing"}, keeps='value="2" checked',
    ),
    "packing.scan": Door(
        "/packs/{pack}/scans", "Bo", "Ana", {"code": "{tee}"}, f"/packs/{NO}/scans", bad={"code": "NOBODY"},
        keeps="NOBODY",
    ),
    "packing.scan_at_bench": Door(
        "/stations/{bench}/scans", "Bo", "Ana", {"code": "{tote}"}, "/stations/P-NOWHERE/scans",
        bad={"code": "T-NOWHERE"}, keeps="T-NOWHERE",
    ),
    "packing.undo": Door("/packs/{pack}/undo", "Bo", "Ana", unknown=f"/packs/{NO}/undo"),
}  # fmt: skip
