"""Every POST door of the house: who may, what to send, what is wrong to send, and whose mistake an unknown id is."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image
from sqlmodel import Session

from floor.audit import service as audit
from floor.audit.models import Flag, Verdict
from floor.catalog.models import Sku
from floor.intake import till
from floor.inventory import counting, putaway, receiving, refilling, tasks, transfers
from floor.inventory import service as inventory
from floor.inventory.models import Bin, Delivery, Transfer
from floor.inventory.queries import bin_by_code
from floor.orders import service as orders
from floor.orders.models import Order
from floor.orders.states import OrderAction
from floor.packing.models import Pack
from floor.paper.codes import code128_png
from floor.picking import putwall, reassigning
from floor.picking import service as walks
from floor.picking.models import Stop, Walk
from floor.picking.models_wall import Wall
from floor.returns import repairing
from floor.returns.rules import DISPOSITIONS, TERMS
from floor.shipments.models import Shipment
from floor.shipping import resolving, waybills
from tests import goods_out
from tests.cast import PIN
from tests.factories import a_sku
from tests.house.doors_world import Ids
from tests.packing.worlds import person

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Door:
    """`path`, `form` and `bad` are filled in from the world's ids: `{walk}`.

    who       the one of the cast who may; wrong: one who may not, "" where anybody may
    unknown   an address of nothing; "" where the address names nothing
    bad       input that cannot be; None where the door takes none, and `keeps` a text of it the page must show again
    before    what must just have happened for the form to make sense
    is_reading the command changes nothing but its own answer
    """

    path: str
    who: str
    wrong: str
    form: Values = field(default_factory=dict)
    unknown: str = ""
    bad: Values | None = None
    keeps: str = ""
    before: Callable[[Session, Ids], None] | None = None
    is_reading: bool = False

    def filled(self, values: Values, ids: Ids) -> dict[str, Any]:
        """The form to send: names and texts filled in, files opened anew."""
        return {_in(name, ids): value(ids) if callable(value) else _in(value, ids) for name, value in values.items()}

    def url(self, ids: Ids) -> str:
        return _in(self.path, ids)


def _in(text: Any, ids: Ids) -> Any:
    return text.format(**ids) if isinstance(text, str) else text


# --- files and moments ----------------------------------------------------------------------------------------------


def _orders_file(_ids: Ids) -> tuple[io.BytesIO, str]:
    header = (
        "订单编号,下单时间,付款时间,买家会员名,收货人姓名,联系手机,省,市,区,收货地址,"
        "商家编码,商品标题,数量,单价,商品优惠,运费,订单优惠,应付金额,实付金额,买家留言,卖家备注"
    )
    row = (
        "A-1,2026-11-20 10:00:00,2026-11-20 10:01:00,b,张小明,13812341234,浙江省,杭州市,西湖区,文三路 90 号,"
        "TEE-NAVY-L,T,1,99.00,0,0,0,99.00,99.00,,"
    )
    return io.BytesIO(f"{header}\n{row}\n".encode("gb18030")), "orders.csv"


def _stock_file(_ids: Ids) -> tuple[io.BytesIO, str]:
    return io.BytesIO("SKU编码,仓库,货位,数量\nTEE-NAVY-L,SHA,A01-01-1,99\n".encode("gb18030")), "stock.csv"


def frame(_ids: Ids) -> tuple[io.BytesIO, str]:
    picture = Image.new("RGB", (640, 480), "white")
    picture.paste(Image.open(io.BytesIO(code128_png("A01-01-1", module_px=2, height_px=120))).convert("RGB"), (60, 160))
    out = io.BytesIO()
    picture.save(out, "JPEG")
    out.seek(0)
    return out, "frame.jpg"


def _told(db: Session, ids: Ids) -> None:
    db.add(Flag(order_id=ids["held"], rule="address_late", verdict=Verdict.NOTED, values={"case": "address_late"}))
    db.flush()


def _scanned_at_the_till(db: Session, ids: Ids) -> None:
    till.put_in(db, person(db, "Chen").id or 0, db.get_one(Sku, ids["tee_id"]))


GIFT = {"gift": "TEE-NAVY-L", "qty": "1", "worth_from": "50"}
BUNDLE = {"code": "SET-9", "parts": "TEE-NAVY-L 2 1", "price": "100.00"}


def _not_a_picture(_ids: Ids) -> tuple[io.BytesIO, str]:
    return io.BytesIO(b"<svg onload=alert(1)>"), "frame.jpg"


def _passed(db: Session, ids: Ids) -> None:
    audit.pass_order(db, audit.locked(db, ids["held"]), person(db, "Chen"))


def _decided(db: Session, ids: Ids) -> None:
    goods_out.decided(db, ids["to_decide"])


def _diagnosed(db: Session, ids: Ids) -> None:
    repairing.diagnose(db, ids["repair"], "torn", person(db, "Chen"))


def _quoted(db: Session, ids: Ids) -> None:
    _diagnosed(db, ids)
    repairing.quote(db, ids["repair"], 900, person(db, "Chen"))


def _repairing(db: Session, ids: Ids) -> None:
    _diagnosed(db, ids)
    repairing.start(db, ids["repair"], person(db, "Chen"))


#: The rules of returns as their form sends them, one of them other than it was.
RETURN_RULES = {
    "version": "0",
    **{f"place_{n}": str(n + 1) for n in range(len(DISPOSITIONS))},
    **{f"disposition_{n}": rule.disposition.value for n, rule in enumerate(DISPOSITIONS)},
    **{f"exchange_{reason.value}": terms.exchange.value for reason, terms in TERMS.items()},
    **{f"early_{reason.value}": "90.00" for reason in TERMS},
}


def _scanned_count(db: Session, ids: Ids) -> None:
    task = tasks.count_for(db, ids["count"], lock=True)
    for code in (ids["count_bin"], ids["mug"]):
        counting.scan(db, task, code, person(db, "Ana"))


def _its_order_is_cancelled(db: Session, ids: Ids) -> None:
    shipment = db.get_one(Shipment, db.get_one(Pack, ids["pack"]).shipment_id)
    orders.advance(db, db.get_one(Order, shipment.order_id), OrderAction.CANCEL, person(db, "Chen"))


def _at_the_reserve(db: Session, ids: Ids) -> None:
    refilling.scan_refill(db, tasks.refill_for(db, ids["refill"], lock=True), ids["reserve_bin"], person(db, "Ana"))


def _catalogue_learned(db: Session, _ids: Ids) -> None:
    a_sku(db, "NEW-SKU")


def _at_the_shelf(db: Session, ids: Ids) -> None:
    """Ana scanned the bin and one unit: from six on she may type the number."""
    for code in (ids["stop_bin"], ids["tee"]):
        walks.scan(db, ids["walk"], ids["stop"], code, person(db, "Ana"))


def _maybe_empty(db: Session, ids: Ids) -> None:
    db.get_one(Stop, ids["stop"]).ask_empty = True


def _received(db: Session, ids: Ids) -> None:
    receiving.take_in(db, db.get_one(Delivery, ids["come"]), db.get_one(Sku, ids["wool_id"]), 1, person(db, "Ana"))


def _put_away(db: Session, ids: Ids) -> None:
    putaway.put(db, ids["dock_key"], ids["shelf"], 1, person(db, "Ana"))


def _moved(db: Session, ids: Ids) -> None:
    here = db.get_one(Bin, ids["shelf_id"])
    there = bin_by_code(db, here.warehouse_id, "A01-01-1")
    assert there is not None
    inventory.relocate(db, here, there, ids["wool_id"], 1, person(db, "Ana"))


def _sorted(db: Session, ids: Ids) -> None:
    putwall.scan(db, db.get_one(Wall, ids["wall"]), ids["batch"], None, ids["tee"], person(db, "Ana"))


def _not_begun(db: Session, ids: Ids) -> None:
    db.get_one(Walk, ids["batch"]).wall_id = None


def _asked(db: Session, ids: Ids) -> None:
    reassigning.ask_to_hand_over(db, ids["walk"], ids["ben_id"], person(db, "Dai"))


def _being_cancelled(db: Session, ids: Ids) -> None:
    resolving.cancel(db, waybills.waybill_for(db, ids["waybill"]), person(db, "Dai"))


def _loaded(db: Session, ids: Ids) -> None:
    shelf = db.get_one(Bin, ids["shelf_id"])
    transfers.load(db, db.get_one(Transfer, ids["planned_lorry"]), shelf, ids["wool_id"], 1, person(db, "Ana"))


def _unloaded(db: Session, ids: Ids) -> None:
    transfers.receive(db, db.get_one(Transfer, ids["road"]), db.get_one(Sku, ids["wool_id"]), 1, person(db, "Ana"))


def _deliveries_file(_ids: Ids) -> tuple[io.BytesIO, str]:
    rows = "reference,supplier,expected_on,warehouse,sku,qty\nF-1,Li,2026-12-01,SHA,WOOL,5\n"
    return io.BytesIO(rows.encode()), "deliveries.csv"


ADDRESS = {
    "recipient": "李四", "phone": "13900001111", "province": "浙江省", "city": "宁波市", "street": "解放路 8 号",
    "country": "CN",
}  # fmt: skip
FINDINGS = {"complete": "yes", "packaging": "yes", "clean": "yes", "works": "yes", "grade": "a"}
PRINTER = {"name": "P7", "warehouse": "SHA", "kind": "zpl", "host": "127.0.0.1", "port": "9100", "is_active": "1"}
#: A whole number nothing has.
NO = 999_999

ZONE = {"warehouse": "SHA", "name": "邻省", "provinces": "江苏 安徽", "transit_days": "2", "first_g": "1000",
        "first": "14.00", "step_g": "1000", "step": "4.5"}  # fmt: skip

# --- the table ------------------------------------------------------------------------------------------------------

#: The version of the enquiry on the page.
_SEEN = {"seen": "{enquiry_seen}"}

DOORS: dict[str, Door] = {
    "allocation.ask": Door("/runs", "Dai", "Ana", {"strategy": "optimal"}, bad={"hours": "-7"}, keeps='value="-7"'),
    "allocation.publish": Door("/runs/{run_ready}/publish", "Dai", "Ana", unknown=f"/runs/{NO}/publish"),
    "left_out.replenish": Door("/runs/{run_lacking}/replenish", "Dai", "Ana", unknown=f"/runs/{NO}/replenish"),
    "allocation.retry": Door("/runs/{run_stopped}/retry", "Dai", "Ana", unknown=f"/runs/{NO}/retry"),
    "left_out.split": Door("/runs/{run_partial}/split", "Dai", "Ana", unknown=f"/runs/{NO}/split"),
    "left_out.purchase": Door("/runs/{run_short}/purchase", "Dai", "Ana", unknown=f"/runs/{NO}/purchase"),
    "left_out.release_safety": Door(
        "/runs/{run_safety}/release-safety", "Dai", "Ana", unknown=f"/runs/{NO}/release-safety"
    ),
    "left_out.again": Door("/runs/{run_changed}/again", "Dai", "Ana", unknown=f"/runs/{NO}/again"),
    "capacities.save": Door(
        "/capacities/{house}", "Dai", "Ana", {"cutoff": "17:10", "labour_lines": "123"}, f"/capacities/{NO}",
        bad={"cutoff": "17:10", "labour_lines": "-7"}, keeps='value="-7"',
    ),
    "allocation.stop": Door("/runs/{run_queued}/stop", "Dai", "Ana", unknown=f"/runs/{NO}/stop"),
    "allocation.take_back": Door("/runs/{run_published}/take-back", "Dai", "Ana", unknown=f"/runs/{NO}/take-back"),
    "analytics.retry": Door("/board/messages/{lost}/retry", "Dai", "Ana", unknown=f"/board/messages/{NO}/retry"),
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
    "audit.cancel": Door("/audit/orders/{held}/cancel", "Chen", "Ana", unknown=f"/audit/orders/{NO}/cancel"),
    "audit.correct_address": Door(
        "/audit/orders/{held}/address", "Chen", "Ana", ADDRESS, f"/audit/orders/{NO}/address",
        bad={**ADDRESS, "phone": "12"}, keeps='value="12"',
    ),
    "audit.keep": Door(
        "/audit/orders/{held}/hold", "Chen", "Ana", {"reason": "other"}, f"/audit/orders/{NO}/hold",
        bad={"reason": "none of these"},
    ),
    "audit.pass_many": Door(
        "/audit/pass", "Chen", "Ana", {"flag": "says_call", "order": "{held}"}, bad={"flag": "no such rule"}
    ),
    "audit.pass_one": Door("/audit/orders/{held}/pass", "Chen", "Ana", unknown=f"/audit/orders/{NO}/pass"),
    "audit.merge": Door(
        "/audit/orders/{held}/merge", "Chen", "Ana", {"into": "{also_held}"}, f"/audit/orders/{NO}/merge"
    ),
    "audit.seen": Door("/audit/orders/{held}/seen", "Chen", "Ana", unknown=f"/audit/orders/{NO}/seen", before=_told),
    "audit.split": Door(
        "/audit/orders/{held_two}/split", "Chen", "Ana", {"line": "{held_line}"}, f"/audit/orders/{NO}/split",
        bad={"line": "x"},
    ),
    "audit.undo_many": Door("/audit/undo", "Chen", "Ana", {"order": "{held}"}, bad={"order": "x"}, before=_passed),
    "audit_rules.block": Door(
        "/audit/blocked", "Dai", "Chen", {"kind": "phone", "value": "138 0000 0000", "why": "never pays"},
        bad={"kind": "phone", "value": "138 0000 0000", "why": ""}, keeps='value="138 0000 0000"',
    ),
    "audit_rules.save": Door(
        "/audit/rules", "Dai", "Chen", {"rule": "twin", "is_active": "1", "minutes": "20"},
        bad={"rule": "twin", "minutes": "-7"}, keeps='value="-7"',
    ),
    "audit_rules.try_rule": Door(
        "/audit/trials", "Chen", "Ana", {"rule": "twin", "is_active": "1", "minutes": "20"},
        bad={"rule": "twin", "minutes": "-7"}, keeps='value="-7"', is_reading=True,
    ),
    "audit_rules.unblock": Door(
        "/audit/blocked/{blocked}/remove", "Dai", "Chen", unknown=f"/audit/blocked/{NO}/remove"
    ),
    "audit.undo": Door("/audit/orders/{held}/undo", "Chen", "Ana", unknown=f"/audit/orders/{NO}/undo", before=_passed),
    "care.cancel": Door("/orders/{planned}/cancel", "Chen", "Ana", unknown=f"/orders/{NO}/cancel"),
    "care.change_address": Door(
        "/orders/{planned}/address", "Chen", "Ana", ADDRESS, f"/orders/{NO}/address",
        bad={**ADDRESS, "phone": "12"}, keeps='value="12"',
    ),
    "care.lower": Door(
        "/orders/{planned}/lines/{planned_line}", "Chen", "Ana", {"qty": "1"}, f"/orders/{NO}/lines/1",
        bad={"qty": "-7"}, keeps='value="-7"',
    ),
    "care.hold": Door("/orders/{planned}/hold", "Chen", "Ana", unknown=f"/orders/{NO}/hold"),
    "care.release": Door("/orders/{held}/release", "Chen", "Ana", unknown=f"/orders/{NO}/release"),
    "care.reveal": Door(
        "/orders/{planned}/reveal", "Chen", "Ana", {"why": "call_back"}, f"/orders/{NO}/reveal",
        bad={"why": "other", "note": ""},
    ),
    "enquiries.ask": Door(
        "/enquiries/new", "Chen", "Ana", {"kind": "other", "text": "Where is it"},
        bad={"kind": "other", "order": "SO-9"}, keeps='value="SO-9"',
    ),
    "enquiries.close": Door("/enquiries/{enquiry}/close", "Chen", "Ana", _SEEN, f"/enquiries/{NO}/close"),
    "enquiries.take": Door("/enquiries/{enquiry}/take", "Chen", "Ana", _SEEN, f"/enquiries/{NO}/take"),
    "enquiries.say": Door(
        "/enquiries/{enquiry}/say", "Chen", "Ana", {"what": "answer", "text": "Soon", **_SEEN},
        f"/enquiries/{NO}/say", bad={"what": "answer", "text": "By {{waybill}}", **_SEEN}, keeps="By {waybill}",
    ),
    "enquiries.keep_template": Door(
        "/enquiries/templates", "Chen", "Ana", {"kind": "other", "name": "Later", "text": "a", "text_en": "b"},
        bad={"kind": "other", "name": "Later", "text": "a"}, keeps='value="Later"',
    ),
    "enquiries.drop_template": Door(
        "/enquiries/templates/{template}/drop", "Chen", "Ana", unknown=f"/enquiries/templates/{NO}/drop"
    ),
    "feedback.give": Door(
        "/t/{gone_token}/feedback/{gone_parcel}", "", "", {"stars": "4", "reasons": "late"},
        "/t/nobody-has-this/feedback/P-000001", bad={"stars": "9", "words": "so so"}, keeps="so so",
    ),
    "resending.send": Door(
        "/orders/{gone}/again", "Chen", "Ana", {"parcel": "{gone_box}", "qty_{gone_line}": "1"}, f"/orders/{NO}/again",
        bad={"parcel": "{gone_box}", "qty_{gone_line}": "99"}, keeps='value="99"',
    ),
    "care.scan_anything": Door(
        "/scan", "Ana", "", {"code": "{count_bin}"}, bad={"code": "NOBODY"}, keeps="NOBODY", is_reading=True
    ),
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
    "intake.retry": Door(
        "/intake/messages/{dead}/retry", "Dai", "Ana", unknown=f"/intake/messages/{NO}/retry", before=_catalogue_learned
    ),
    "inbox.again": Door(
        "/intake/inbox/{dead}/again", "Dai", "Ana", unknown=f"/intake/inbox/{NO}/again", before=_catalogue_learned
    ),
    "inbox.again_all": Door(
        "/intake/inbox/again", "Dai", "Ana", {"channel": "shop", "problem": "unknown_sku"}, before=_catalogue_learned
    ),
    "shops.add": Door(
        "/intake/channels", "Dai", "Ana", {"code": "tmall", "name": "天猫", "adapter": "top", "is_active": "1"},
        bad={"code": "tmall", "name": "天猫", "adapter": "woocommerce", "url": "ftp://nowhere"}, keeps="ftp://nowhere",
    ),
    "shops.keep": Door(
        "/intake/channels/woo", "Dai", "Ana",
        {"name": "W", "adapter": "woocommerce", "url": "https://woo.example",
         "options": lambda _ids: '{"per_second": 2}'},
        "/intake/channels/nobody",
        bad={"name": "W", "adapter": "woocommerce", "url": "https://woo.example", "options": "[77]"}, keeps="[77]",
    ),
    "shops.new_key": Door(
        "/intake/channels/woo/keys", "Dai", "Ana", {"label": "till"}, "/intake/channels/nobody/keys", bad={"label": ""}
    ),
    "shops.read_now": Door(
        "/intake/channels/woo/read", "Dai", "Ana", unknown="/intake/channels/nobody/read"
    ),
    "shops.revoke": Door("/intake/keys/{api_key}/revoke", "Dai", "Ana", unknown=f"/intake/keys/{NO}/revoke"),
    "offers.add_gift": Door(
        "/intake/gifts", "Dai", "Ana", GIFT, bad={**GIFT, "qty": "many"}, keeps='value="many"'
    ),
    "offers.keep_gift": Door(
        "/intake/gifts/{gift_rule}", "Dai", "Ana", GIFT, f"/intake/gifts/{NO}", bad={**GIFT, "gift": "NOBODY"},
        keeps="NOBODY",
    ),
    "offers.save_bundle": Door(
        "/intake/bundles", "Dai", "Ana", BUNDLE, bad={**BUNDLE, "parts": "NOBODY 1"}, keeps="NOBODY 1"
    ),
    "offers.switch_bundle": Door(
        "/intake/bundles/SET-0/switch", "Dai", "Ana", {"on": "0"}, "/intake/bundles/NOBODY/switch"
    ),
    "offers.switch_gift": Door(
        "/intake/gifts/{gift_rule}/switch", "Dai", "Ana", {"on": "0"}, f"/intake/gifts/{NO}/switch"
    ),
    "offers.try_bundle": Door(
        "/intake/bundle-trials", "Dai", "Ana", BUNDLE, bad={**BUNDLE, "price": "much"}, keeps='value="much"',
        is_reading=True,
    ),
    "offers.try_gift": Door(
        "/intake/gift-trials", "Dai", "Ana", GIFT, bad={**GIFT, "try_worth": "much"}, keeps='value="much"',
        is_reading=True,
    ),
    "till.empty": Door("/till/empty", "Chen", "Ana", before=_scanned_at_the_till),
    "till.fewer": Door("/till/lines/{tee_id}/fewer", "Chen", "Ana", before=_scanned_at_the_till),
    "till.scan": Door("/till/scans", "Chen", "Ana", {"code": "{tee}"}, bad={"code": "NOBODY"}, keeps="NOBODY"),
    "till.sell": Door(
        "/till/customer", "Chen", "Ana", {"way": "along", "total": "{tee_price}"},
        bad={"way": "sent", "name": "Wang", "total": "{tee_price}"}, keeps='value="Wang"', before=_scanned_at_the_till,
    ),
    "intake.upload": Door(
        "/intake/files", "Dai", "Ana", {"mapping": "shop_export", "file": _orders_file},
        bad={"mapping": "shop_export", "create_skus": "1"}, keeps='value="1" checked',
    ),
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
    "people.save_preferences": Door(
        "/me/settings", "Ana", "", {"lang": "en", "hand": "left", "volume": "1"}, bad={"volume": "11"}
    ),
    "picking.claim": Door("/walks/{next}/claim", "Dai", "Bo", unknown=f"/walks/{NO}/claim"),
    "picking.claim_next": Door("/walks/next", "Dai", "Bo"),
    "picking.empty": Door(
        "/walks/{walk}/stops/1/empty", "Ana", "Bo", {"stop": "{stop}", "empty": "0"}, f"/walks/{NO}/stops/1/empty",
        bad={"stop": "x"}, before=_maybe_empty,
    ),
    "picking.let_go": Door("/walks/{his}/release", "Ben", "Bo", unknown=f"/walks/{NO}/release"),
    "picking.quantity": Door(
        "/walks/{walk}/stops/1/quantity", "Ana", "Bo", {"stop": "{stop}", "qty": "9"}, f"/walks/{NO}/stops/1/quantity",
        bad={"stop": "{stop}", "qty": "77"}, keeps='value="77"', before=_at_the_shelf,
    ),
    "picking.report": Door(
        "/walks/{walk}/stops/1/exception", "Ana", "Bo", {"stop": "{stop}", "got": "5", "why": "short"},
        f"/walks/{NO}/stops/1/exception", bad={"stop": "{stop}", "got": "999", "why": "short"},
    ),
    "picking.report_code": Door(
        "/walks/{walk}/reports", "Ana", "Bo", {"stop": "{stop}", "code": "6900000000000"}, f"/walks/{NO}/reports",
        bad={"stop": "{stop}"},
    ),
    "picking.scan": Door(
        "/walks/{walk}/scans", "Ana", "Bo", {"stop": "{stop}", "code": "{stop_bin}"}, f"/walks/{NO}/scans",
        bad={"stop": "{stop}", "code": "NOBODY"}, keeps="NOBODY",
    ),
    "picking.skip": Door(
        "/walks/{walk}/stops/1/skip", "Ana", "Bo", {"stop": "{stop}"}, f"/walks/{NO}/stops/1/skip", bad={"stop": "x"}
    ),
    "picking.unbind_tote": Door("/walks/{his}/totes/undo", "Ben", "Bo", unknown=f"/walks/{NO}/totes/undo"),
    "picking.undo": Door("/walks/{walk}/undo", "Ana", "Bo", unknown=f"/walks/{NO}/undo", before=_at_the_shelf),
    "floor_board.ask": Door(
        "/walks/board/{walk}/ask", "Dai", "Ana", {"person": "{ben_id}"}, f"/walks/board/{NO}/ask", bad={"person": "x"}
    ),
    "floor_board.assign": Door(
        "/walks/board/{next}/assign", "Dai", "Ana", {"person": "{dai_id}"}, f"/walks/board/{NO}/assign",
        bad={"person": "x"},
    ),
    "floor_board.batch": Door("/walks/board/wall", "Dai", "Ana", {"walk": "{next}"}, bad={"walk": "x"}),
    "short_rules.substitute": Door(
        "/walks/rules/substitutes", "Dai", "Ana", {"sku": "TEE-NAVY-L", "other": ""},
        bad={"sku": "NO-SUCH", "other": ""}, keeps='value="NO-SUCH"',
    ),
    "short_rules.save": Door(
        "/walks/rules/{house}", "Dai", "Ana", {"detour": "1", "detour_m": "80"}, f"/walks/rules/{NO}",
        bad={"detour": "1", "detour_m": "-7"}, keeps='value="-7"',
    ),
    "floor_board.join": Door(
        "/walks/board/urgent/{urgent}", "Dai", "Ana", {"walk": "{walk}"}, f"/walks/board/urgent/{NO}",
        bad={"walk": "x"},
    ),
    "floor_board.withdraw": Door(
        "/walks/board/{walk}/withdraw", "Dai", "Ana", unknown=f"/walks/board/{NO}/withdraw", before=_asked
    ),
    "put_wall.change": Door(
        "/walls/{wall}/terms", "Dai", "Ana", {"columns": "4", "plan_lines": "3"}, f"/walls/{NO}/terms",
        bad={"columns": "-7", "plan_lines": "3"}, keeps='value="-7"',
    ),
    "put_wall.put_up": Door(
        "/walls/setup", "Dai", "Ana", {"warehouse": "SHA", "code": "W9", "slots": "4", "columns": "2"},
        bad={"warehouse": "SHA", "code": "W9", "slots": "-7", "columns": "2"}, keeps='value="-7"',
    ),
    "put_wall.report_missing": Door(
        "/walls/{wall}/batches/{batch}/missing", "Ana", "Chen", {"units": "2"}, f"/walls/{NO}/batches/1/missing",
        bad={"units": "x"},
    ),
    "put_wall.scan": Door(
        "/walls/{wall}/batches/{batch}/scans", "Ana", "Chen", {"code": "{tee}"}, f"/walls/{NO}/batches/1/scans",
        bad={"code": "NOBODY"}, keeps="NOBODY",
    ),
    "put_wall.scan_at_home": Door(
        "/walls/{wall}/scans", "Ana", "Chen", {"code": "{batch_tote}"}, f"/walls/{NO}/scans",
        bad={"code": "NOBODY"}, keeps="NOBODY", before=_not_begun,
    ),
    "put_wall.shelve": Door(
        "/walls/{wall}/batches/{batch}/back", "Bo", "Chen", {"code": "{back_bin}"}, f"/walls/{NO}/batches/1/back",
        bad={"code": "NOBODY"}, keeps="NOBODY",
    ),
    "put_wall.undo": Door(
        "/walls/{wall}/batches/{batch}/undo", "Ana", "Chen", unknown=f"/walls/{NO}/batches/1/undo", before=_sorted
    ),
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
    "return_request.ask": Door(
        "/t/{token}/return", "", "", {"reason": "wrong_size", "qty_{line}": "1"}, "/t/nobody-has-this/return",
        bad={"reason": "wrong_size", "qty_{line}": "9", "note": "too small"}, keeps="too small",
    ),
    "return_request.open_case": Door(
        "/returns/new?order={order}", "Chen", "Ana", {"reason": "wrong_size", "qty_{line}": "1"},
        "/returns/new?order=SO-NONE", bad={"reason": "wrong_size", "qty_{line}": "9", "note": "too small"},
        keeps="too small",
    ),
    "return_request.answer": Door(
        "/t/{repair_token}/return/{repair_number}/answer", "", "", {"accept": "yes"},
        "/t/nobody-has-this/return/R-0001/answer", bad={"accept": "perhaps"}, before=_quoted,
    ),
    "return_cases.back": Door("/returns/parcels/{back}/back", "Chen", "Ana", unknown=f"/returns/parcels/{NO}/back"),
    "return_cases.difference": Door(
        "/returns/{dearer}/difference", "Chen", "Ana", unknown=f"/returns/{NO}/difference"
    ),
    "return_cases.pay_early": Door(
        "/returns/{case}/early", "Chen", "Ana", {"badge": "B-4001", "pin": PIN}, f"/returns/{NO}/early",
        bad={"badge": ""},
    ),
    "return_cases.reworked": Door(
        "/returns/rework/{rework}/good", "Chen", "Ana", unknown=f"/returns/rework/{NO}/good"
    ),
    "return_cases.write_off": Door(
        "/returns/{paid_early}/never-came", "Dai", "Chen", {"why": "lost"}, f"/returns/{NO}/never-came",
        bad={"why": ""},
    ),
    "return_repairs.answer": Door(
        "/returns/{repair}/repair/answer", "Chen", "Ana", {"accept": "no"}, f"/returns/{NO}/repair/answer",
        bad={"accept": "perhaps"}, before=_quoted,
    ),
    "return_repairs.diagnose": Door(
        "/returns/{repair}/repair/diagnosis", "Chen", "Ana", {"diagnosis": "torn"},
        f"/returns/{NO}/repair/diagnosis", bad={"diagnosis": ""},
    ),
    "return_repairs.part": Door(
        "/returns/{repair}/repair/parts", "Chen", "Ana", {"sku": "{mug}", "bin": "a02-03-2", "qty": "1"},
        f"/returns/{NO}/repair/parts", bad={"sku": "{mug}", "bin": "NOWHERE"}, keeps="NOWHERE", before=_repairing,
    ),
    "return_repairs.quote": Door(
        "/returns/{repair}/repair/quote", "Chen", "Ana", {"price": "12.50"}, f"/returns/{NO}/repair/quote",
        bad={"price": "much"}, keeps="much", before=_diagnosed,
    ),
    "return_repairs.step": Door(
        "/returns/{repair}/repair/start", "Chen", "Ana", unknown=f"/returns/{NO}/repair/start", before=_diagnosed
    ),
    "return_rules.save": Door(
        "/returns/rules", "Dai", "Chen", RETURN_RULES, bad={**RETURN_RULES, "early_damaged": "much"}, keeps="much",
    ),
    "strays.end": Door(
        "/returns/strays/{stray}/end", "Chen", "Ana", {"ending": "given_up", "note": "nobody's"},
        f"/returns/strays/{NO}/end", bad={"ending": "eaten", "note": "kept"}, keeps="kept",
    ),
    "strays.keep": Door(
        "/returns/strays", "Chen", "Ana", {"code": "YT-9", "note": "a box", "photo": frame},
        bad={"code": "YT-8", "photo": _not_a_picture}, keeps="YT-8",
    ),
    "returns.arrive": Door("/returns/{case}/arrive", "Chen", "Ana", unknown=f"/returns/{NO}/arrive"),
    "returns.cancel": Door("/returns/{case}/cancel", "Chen", "Ana", unknown=f"/returns/{NO}/cancel"),
    "returns.close": Door(
        "/returns/{to_decide}/close", "Chen", "Ana", unknown=f"/returns/{NO}/close", before=_decided
    ),
    "return_items.decide": Door(
        "/returns/{scanned}/items/1/decide", "Chen", "Ana", FINDINGS, f"/returns/{NO}/items/1/decide",
        bad={**FINDINGS, "disposition": "scrap", "grade": "a"},
    ),
    "return_items.missing": Door(
        "/returns/{on_desk}/items/1/missing", "Chen", "Ana", unknown=f"/returns/{NO}/items/1/missing"
    ),
    "returns.receive": Door(
        "/returns/intake", "Chen", "Ana", {"code": "{case_number}"}, bad={"code": "NOBODY"}, keeps="NOBODY"
    ),
    "return_items.scan": Door(
        "/returns/{on_desk}/items/1/scan", "Chen", "Ana", {"code": "{tee}"}, f"/returns/{NO}/items/1/scan",
        bad={"code": "{mug}"},
    ),
    "return_items.split": Door(
        "/returns/{on_desk}/items/1/split", "Chen", "Ana", unknown=f"/returns/{NO}/items/1/split"
    ),
    "return_items.undo": Door(
        "/returns/{to_decide}/items/1/undo", "Chen", "Ana", unknown=f"/returns/{NO}/items/1/undo", before=_decided
    ),
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
    "parcel_exceptions.claim": Door(
        "/tracking/exceptions/{refused}/claim", "Chen", "Ana", {"amount": "12.50", "reference": "C-2"},
        f"/tracking/exceptions/{NO}/claim", bad={"amount": "dear", "reference": "C-77"}, keeps='value="C-77"',
    ),
    "parcel_exceptions.close": Door(
        "/tracking/exceptions/{refused}/close", "Chen", "Ana", unknown=f"/tracking/exceptions/{NO}/close"
    ),
    "parcel_exceptions.message": Door(
        "/tracking/exceptions/{refused}/message", "Chen", "Ana", {"text": "Shall we send it again?"},
        f"/tracking/exceptions/{NO}/message", bad={"text": "n" * 2001}, keeps="n" * 2001,
    ),
    "parcel_exceptions.refund": Door(
        "/tracking/exceptions/{refused}/refund", "Chen", "Ana", {"amount": "12.50"},
        f"/tracking/exceptions/{NO}/refund", bad={"amount": "777777"}, keeps='value="777777"',
    ),
    "parcel_exceptions.resend": Door(
        "/tracking/exceptions/{refused}/resend", "Chen", "Ana", unknown=f"/tracking/exceptions/{NO}/resend"
    ),
    "parcel_exceptions.save_rule": Door(
        "/tracking/rules", "Dai", "Chen", {"code": "stuck", "is_active": "1", "hours": "36"},
        bad={"code": "stuck", "is_active": "1", "hours": "7777"}, keeps='value="7777"',
    ),
    "parcel_exceptions.settle": Door(
        "/tracking/claims/{claim}/settle", "Chen", "Ana", {"action": "pay", "paid": "40"},
        f"/tracking/claims/{NO}/settle", bad={"action": "pay", "paid": "dear"}, keeps='value="dear"',
    ),
    "parcel_exceptions.snooze": Door(
        "/tracking/exceptions/{refused}/snooze", "Chen", "Ana", {"until": "2031-01-01T10:00"},
        f"/tracking/exceptions/{NO}/snooze", bad={"until": "2020-01-01T10:00"}, keeps='value="2020-01-01T10:00"',
    ),
    "parcel_exceptions.take": Door(
        "/tracking/exceptions/{refused}/take", "Chen", "Ana", unknown=f"/tracking/exceptions/{NO}/take"
    ),
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
    "zones.settle": Door(
        "/walks/{walk}/checks/{check}/settle", "Ana", "Bo", unknown="/walks/{walk}/checks/999999/settle",
    ),
    "zones.tell": Door(
        "/walks/{walk}/events", "Ana", "Bo",
        {"phone": "of Ana's", "seq": "1", "by": "{ana}", "kind": "bin", "at": "2026-11-26T10:00:00Z", "stop": "{stop}"},
        f"/walks/{NO}/events", bad={"phone": "x"},
    ),
}  # fmt: skip
