"""One house with something waiting behind every POST door. `furnish` returns ids and codes by name."""

import json
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from floor.allocation.models import Run, Unallocated
from floor.allocation.states import RunState, Why
from floor.audit import blocking
from floor.audit import service as audit
from floor.care import enquiries
from floor.care.states import EnquiryKind
from floor.catalog import bundles, standards
from floor.catalog.models import CareKind, Tracking
from floor.catalog.queries import sku_by_code
from floor.events.models import Delivery, OutboxMessage
from floor.events.service import Event, record
from floor.intake import accounts, gifts
from floor.intake import service as intake
from floor.intake.models import ApiKey, GiftRule
from floor.inventory import (
    counting,
    facing,
    feeds,
    files,
    imports,
    keeping,
    lots,
    purchasing,
    receiving,
    refilling,
    transfers,
)
from floor.inventory import service as inventory
from floor.inventory.kinds import KINDS
from floor.inventory.models import BinKind, CountReason, ImportKind, MoveReason, PlaceKind, Tote
from floor.inventory.models_supply import PurchaseRequest
from floor.inventory.queries import bin_by_code
from floor.inventory.receiving import Aside, NewDelivery
from floor.inventory.service import Move
from floor.inventory.transfers import NewTransfer
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.orders.models import Order, OrderLine
from floor.packing import caring, materials
from floor.packing import service as packing
from floor.packing.materials import MaterialDraft, RuleDraft
from floor.packing.models import PackLine, Parcel
from floor.packing.models_materials import Goods, MaterialKind, Per
from floor.picking import checks
from floor.picking import queries as picking
from floor.picking import service as walks
from floor.picking.models import Cart, CheckWhy
from floor.returns import early, strays
from floor.returns import service as returns
from floor.returns.models import CaseKind, ReturnReason
from floor.returns.queries import items_of, returnable
from floor.shipments.models import Carrier, Shipment
from floor.shipments.states import ShipmentState
from floor.shipping import invoices, printing, waybills
from floor.shipping import queries as papers
from floor.shipping import service as shipping
from floor.shipping.invoices import Buyer
from floor.shipping.models import PaperKind, Waybill
from floor.shipping.models_carriers import (
    CarrierService,
    Notice,
    NoticeKind,
    NoticeState,
    RuleVerdict,
    ServiceRule,
    ServiceZone,
)
from floor.shipping.models_invoices import BuyerKind, SkuTax
from floor.shipping.models_printing import PrinterKind
from floor.shipping.printing import PrinterTerms
from floor.tracking import exceptions
from tests import goods_out
from tests.factories import a_bin, a_carrier, a_planned_shipment, a_sku, a_warehouse, an_order, ean, stock
from tests.packing.worlds import World, a_boxed_parcel, a_picked_shipment, a_world, check_all, person
from tests.picking.conftest import Floor, rows, shipments_of
from tests.picking.test_undoing import cancel

Ids = dict[str, Any]

SECRET = "what the shop signs with"


def order_of(sku: str, number: str = "T-0") -> dict[str, Any]:
    """What a channel sends."""
    place = {"province": "浙江省", "city": "杭州市", "district": "西湖区", "street": "文三路 90 号"}
    return {
        "type": "order", "order_id": number, "placed_at": "2026-11-20T10:00:00+08:00", "total": "99.00",
        "lines": [{"sku": sku, "qty": 1, "unit_price": "99.00"}], "buyer": {"id": "b-7"},
        "address": {"recipient": "张小明", "phone": "13812341234", **place},
    }  # fmt: skip


def furnish(db: Session) -> Ids:
    world = a_world(db)
    for code, kind in (("A04-09-1", BinKind.RETURNS), ("A04-10-1", BinKind.QUARANTINE), ("A03-09-1", BinKind.RESERVE)):
        a_bin(db, world.house, code, kind)
    for n in range(9, 30):
        place = inventory.new_place(db, PlaceKind.TOTE, world.house.id or 0)
        db.add(Tote(id=place, code=f"T-SHA-{n}", warehouse_id=world.house.id or 0))
    a_carrier(db, "zto")
    db.add(Cart(code="C-SHA-2", warehouse_id=world.house.id or 0))
    db.flush()
    ids: Ids = {"tee": ean(world.tee), "mug": ean(world.mug), "carton": world.carton.code, "carrier": "sf"}
    parts = (_benches, _on_the_road, _parcels, _returns, _orders, _stock, _runs, _messages, _walks, _supply, _inbound)
    for part in (*parts, _material):
        ids |= part(db, world)
    db.flush()
    return ids


def _benches(db: Session, world: World) -> Ids:
    bo = person(db, "Bo")
    _waiting, tote = a_picked_shipment(db, world, [(world.tee, 2)])
    _begun, second = a_picked_shipment(db, world, [(world.tee, 2)])
    pack = packing.open_tote(db, world.bench, second.code, bo)
    packing.check_item(db, pack, ean(world.tee), bo)
    _checked, third = a_picked_shipment(db, world, [(world.tee, 2)])
    full = packing.open_tote(db, world.bench, third.code, bo)
    check_all(db, full, bo)
    (line,), (full_line,) = rows(db, PackLine, pack_id=pack.id), rows(db, PackLine, pack_id=full.id)
    _glass, fourth = a_picked_shipment(db, world, [(world.mug, 1)])
    glass = packing.open_tote(db, world.bench, fourth.code, bo)
    check_all(db, glass, bo, cares=False)
    ((step, _sku),) = caring.card_of(db, glass.id or 0)
    return {"glass": glass.id, "glass_care": step.id, "bench": world.bench.code, "tote": tote.code, "pack": pack.id,
            "pack_line": line.id, "full": full.id, "full_line": full_line.id}  # fmt: skip


def _parcels(db: Session, world: World) -> Ids:
    bo = person(db, "Bo")
    gone = goods_out.delivered(db, world, 6)[0]
    boxed = a_boxed_parcel(db, world)
    number = goods_out.numbered(db, boxed)
    job = papers.jobs_of(db, boxed.id)[PaperKind.WAYBILL]
    shipping.keep_paper(db, job.id or 0, 0, b"%PDF-1.7")
    terms = PrinterTerms("P7", world.house.id or 0, PrinterKind.ZPL, "127.0.0.1", 9, 203, "100x180", True)
    printer = printing.keep_printer(db, None, terms, bo)
    sending = printing.send(db, job, printer, bo)
    printing.fail(db, sending, "shipping.printer_refused")
    batch = printing.ask_batch(db, PaperKind.SLIP, world.house.id or 0, None, None, bo)
    items = printing.queries.waiting_items(db, batch.id or 0, 99)
    printing.keep_chunk(db, batch.id or 0, items, {item.position: "shipping.incomplete" for item in items}, [])
    ready = goods_out.labelled(db, a_boxed_parcel(db, world))
    aboard = goods_out.labelled(db, a_boxed_parcel(db, world))
    lorry = shipping.open_manifest(db, world.house.id or 0, world.carrier, bo)
    shipping.load(db, lorry, aboard, bo)
    return {"boxed": boxed.id, "number": number, "job": job.id, "ready": ready,
            "lorry": lorry.id, "printer": printer.id, "sending": sending.id, "batch_bad": batch.id,
            "gone": gone, "gone_line": rows(db, OrderLine, order_id=gone)[0].id, **_asked(db, gone),
            **_ways(db, world, boxed.id)}  # fmt: skip


def _on_the_road(db: Session, world: World) -> Ids:
    """Two parcels refused at the door; for the second the carrier was asked for money."""
    refused, claimed = (goods_out.refused(db, world) for _ in range(2))
    claim = exceptions.claim(db, claimed, 5000, "C-1", person(db, "Chen"))
    return {"refused": refused, "claimed": claimed, "claim": claim.id}


def _ways(db: Session, world: World, boxed: int) -> Ids:
    """A service with a zone and a rule, a number nobody knows to be there, and a notice that was not delivered."""
    service = CarrierService(carrier_id=world.carrier.id or 0, code="std", name="特快")
    db.add(service)
    db.flush()
    zone = ServiceZone(
        service_id=service.id or 0, warehouse_id=world.house.id or 0, name="同省", provinces=["上海市", "浙江省"],
        transit_days=1, first_fen=1200, step_fen=300,
    )  # fmt: skip
    rule = ServiceRule(service_id=service.id or 0, verdict=RuleVerdict.AVOID, over_g=30000)
    notice = Notice(parcel_id=boxed, kind=NoticeKind.MAIL, state=NoticeState.FAILED, error="mail_server")
    db.add_all([zone, rule, notice])
    db.flush()
    own = papers.waybill_of(db, boxed)
    assert own is not None
    lost = shipping.ask_waybill(db, a_boxed_parcel(db, world).id)
    waybills.doubt(db, lost, SYSTEM)
    waybills.receive(db, own.id or 0, "SECOND-0001", "571", SYSTEM)
    (stray,) = rows(db, Waybill, number="SECOND-0001")
    (zto,) = rows(db, Carrier, code="zto")
    return {"service": service.id, "zone": zone.id, "rule": rule.id, "notice": notice.id, "waybill": own.id,
            "unclear": lost.id, "second": stray.id, "zto": zto.id, **_invoices(db, world)}  # fmt: skip


def _invoices(db: Session, world: World) -> Ids:
    """One in a file, one to be exported, one held, and an order that asked for none."""
    dai, orders = person(db, "Dai"), [an_order(db, [(world.tee, 1)]) for _ in range(4)]
    db.add(SkuTax(sku_id=world.tee.id or 0, tax_code="1040201990000000000"))
    db.flush()
    who = Buyer(BuyerKind.PERSON, "Zhang San")
    invoices.ask(db, orders[0], who, dai)
    file = invoices.export(db, dai)
    assert file is not None
    due, held = (invoices.ask(db, order, who, dai) for order in orders[1:3])
    invoices.hold(db, held, "waits for a call", dai)
    return {"invoice_file": file.id, "invoice": due.id, "invoice_held": held.id, "to_bill": orders[3].number}


def _asked(db: Session, order_id: int) -> Ids:
    """An enquiry about an order that is out, a ready answer, and the link to judge its parcel."""
    chen = person(db, "Chen")
    enquiry = enquiries.ask(db, EnquiryKind.OTHER, "Where?", order_id, "", "en", chen)
    ready = enquiries.keep_template(db, None, EnquiryKind.OTHER, "Soon", "a", "b", chen)
    sent = select(Parcel).join(Shipment, col(Shipment.id) == Parcel.shipment_id)
    parcel = db.exec(sent.where(Shipment.order_id == order_id)).one()
    token = db.get_one(Order, order_id).public_token
    return {
        "enquiry": enquiry.id,
        "enquiry_seen": enquiry.version,
        "template": ready.id,
        "gone_token": token,
        "gone_parcel": parcel.number,
        "gone_box": parcel.id,
    }


def _returns(db: Session, world: World) -> Ids:
    """`_parcels` sent six orders out; the first stays as it is."""
    gone = [shipment.order_id for shipment in rows(db, Shipment, state=ShipmentState.DELIVERED)]
    first = db.get_one(Order, gone[0])
    case = goods_out.announced(db, gone[1])
    closed = goods_out.closed(db, gone[5])
    (item,) = [item.id for item, _sku in items_of(db, closed.id or 0)]
    chen, other = person(db, "Chen"), a_sku(db, "TEE-NAVY-XL", price=world.tee.price_fen + 100)
    other.name = world.tee.name
    line = lambda order_id: returnable(db, order_id)[0].line.id or 0  # noqa: E731
    dearer = returns.request(
        db, gone[1], {line(gone[1]): 1}, ReturnReason.DAMAGED, "", "", chen, kind=CaseKind.EXCHANGE,
        instead={line(gone[1]): other.id or 0},
    )  # fmt: skip
    early_one = returns.request(db, gone[3], {line(gone[3]): 1}, ReturnReason.DAMAGED, "", "", chen)
    early.pay(db, early_one.id or 0, None, 10**9, chen)
    repair = returns.request(
        db, gone[4], {line(gone[4]): 1}, ReturnReason.DEFECTIVE, "", "", chen, kind=CaseKind.REPAIR
    )
    returns.arrive(db, repair.id or 0, None, chen)
    parcel = db.exec(select(Parcel.id).join(Shipment, Shipment.id == Parcel.shipment_id).where(
        Shipment.order_id == gone[0])).one()  # fmt: skip
    return {
        "dearer": dearer.id, "paid_early": early_one.id, "repair": repair.id, "repair_number": repair.number,
        "repair_token": db.get_one(Order, gone[4]).public_token, "back": parcel,
        "stray": strays.keep(db, "YT-1", "", None, chen).id, "rework": goods_out.to_rework(db, gone[5]),
        "token": first.public_token, "order": first.number, "line": returnable(db, gone[0])[0].line.id,
        "case": case.id, "case_number": case.number, "on_desk": goods_out.arrived(db, gone[2], 2, scanned=False).id,
        "scanned": goods_out.arrived(db, gone[3]).id, "to_decide": goods_out.arrived(db, gone[4]).id, "item": item,
    }  # fmt: skip


def _orders(db: Session, world: World) -> Ids:
    chen = person(db, "Chen")
    held, also_held = (an_order(db, [(world.mug, 1)], released=False, buyer_note="call me first") for _ in range(2))
    for order in (held, also_held):
        audit.audit_order(db, order, chen)
    held_two = an_order(
        db, [(world.mug, 1), (world.mug, 2)], released=False, buyer_id="buyer-2", buyer_note="call me first"
    )
    audit.audit_order(db, held_two, chen)
    half = db.exec(select(OrderLine.id).where(OrderLine.order_id == held_two.id)).first()
    barred = blocking.block(db, "phone", "139 0000 0000", "refuses every parcel", chen)
    planned = an_order(db, [(world.mug, 2)])
    a_planned_shipment(db, planned, [(world.bins[world.mug.id or 0], world.mug, 2)], world.carrier)
    line = db.exec(select(OrderLine).where(OrderLine.order_id == planned.id)).one()
    return {"held": held.id, "also_held": also_held.id, "planned": planned.id, "planned_line": line.id,
            "held_two": held_two.id, "held_line": half, "blocked": barred.id}  # fmt: skip


def _stock(db: Session, world: World) -> Ids:
    dai, shelf = person(db, "Dai"), world.bins[world.mug.id or 0]
    reserve = bin_by_code(db, world.house.id or 0, "A03-09-1")
    assert reserve is not None
    stock(db, reserve, world.mug, 40)
    (refill,) = refilling.ask_replenishment(db, world.house.id or 0, world.mug.id or 0, 5, dai)
    other = a_bin(db, world.house, "A03-01-1")
    stock(db, other, world.tee, 9)
    count = counting.ask_count(db, shelf, world.mug.id or 0, CountReason.ASKED, dai)
    variance = counting.ask_count(db, other, world.tee.id or 0, CountReason.ASKED, dai)
    for _again in range(2):
        counting.scan(db, variance, other.code, dai)
        counting.scan(db, variance, ean(world.tee), dai)
        counting.count(db, variance, 8, dai)
    body = b"sku,warehouse,bin,qty\nTEE-NAVY-L,SHA,A03-01-1,20\n"
    file = imports.begin(db, ImportKind.STOCK, "opening.csv", body, dai)
    lines = files.rows(ImportKind.STOCK, KINDS[ImportKind.STOCK].required, body)[1]
    imports.look_at(db, file.id or 0, 0, list(lines))
    imports.show(db, file.id or 0, dai)
    return {"refill": refill.id, "reserve_bin": reserve.code, "count": count.id, "count_bin": shelf.code,
            "variance": variance.id, "import": file.id}  # fmt: skip


#: Runs that left one order out, and why.
WAITS = {
    "lacking": Why.PICK_FACE_EMPTY, "partial": Why.PARTIAL_ONLY, "short": Why.NO_STOCK, "safety": Why.SAFETY_STOCK,
    "changed": Why.CHANGED,
}  # fmt: skip


def _runs(db: Session, world: World) -> Ids:
    cap, bell = a_sku(db, "CAP-RED"), a_sku(db, "BELL")
    reserve, face = a_bin(db, world.house, "A04-07-1", BinKind.RESERVE), a_bin(db, world.house, "A04-01-1")
    stock(db, reserve, cap, 24)
    stock(db, face, cap, 1)
    runs = {name: Run(state=RunState(name)) for name in ("queued", "ready", "published", "stopped")}
    runs |= {name: Run(state=RunState.READY, orders=1, unallocated=1) for name in WAITS}
    db.add_all(runs.values())
    db.flush()
    for name, why in WAITS.items():
        sku = bell if name == "short" else cap
        order = an_order(db, [(sku, 3)])
        db.add(
            Unallocated(run_id=runs[name].id or 0, order_id=order.id or 0, reason=why, sku_id=sku.id,
                        warehouse_id=world.house.id, wanted=3, available=1)
        )  # fmt: skip
    return {f"run_{name}": run.id for name, run in runs.items()} | {"house": world.house.id}


def _messages(db: Session, world: World) -> Ids:
    channel = intake.ensure_channel(db, "shop")
    channel.secret = SECRET
    dead = intake.store(db, "shop", "m-0", json.dumps(order_of("NEW-SKU")), SYSTEM)
    intake.apply(db, dead.id or 0)
    woo = {"name": "Woo", "adapter": "woocommerce", "url": "https://woo.example", "is_active": True}
    accounts.set_up(db, "woo", woo, SYSTEM)
    accounts.new_key(db, "woo", "web shop", SYSTEM)
    event = record(db, Event("test.thing.happened", "thing", 1), SYSTEM)
    lost = OutboxMessage(event_id=event, handler="audit.look_at_order", state=Delivery.DEAD)
    db.add(lost)
    db.flush()
    bundles.save(db, "SET-0", [(world.tee.code, 2, 1)], SYSTEM)
    rule = gifts.save(db, GiftRule(gift_sku_id=world.mug.id or 0), SYSTEM)
    rule.is_active = False  # the orders of other doors stay as they are
    return {
        "dead": dead.id, "lost": lost.id, "api_key": db.exec(select(ApiKey.id)).one(), "gift_rule": rule.id,
        "tee_id": world.tee.id, "tee_price": world.tee.price_fen,
    }  # fmt: skip


def _walks(db: Session, world: World) -> Ids:
    """Ana picks with two totes, Ben has bound one of his two, and one walk waits."""
    bins = [a_bin(db, world.house, code) for code in ("A01-05-1", "A01-06-2")]
    floor = Floor(world.house, bins, [world.tee, world.mug], world.carrier)
    for where, sku in zip(bins, floor.skus, strict=True):
        stock(db, where, sku, 50)
    batch, wall = _at_the_wall(db, floor)
    mine = floor.started(db, [{0: 18, 1: 1}, {0: 1}], person(db, "Ana"))
    his, ben = floor.walk(db, [{0: 1}, {1: 1}]), person(db, "Ben")
    walks.claim(db, his.id or 0, ben)
    walks.bind_cart(db, his.id or 0, "C-SHA-2", ben)
    walks.bind_tote(db, his.id or 0, floor.free_totes(db)[0].code, ben)
    here = picking.walk_view(db, mine.id or 0).numbered(1)
    check = checks.ask(db, mine.id or 0, here.id, None, CheckWhy.FEWER, 1)
    urgent = a_planned_shipment(db, an_order(db, [(world.mug, 1)]), [(bins[1], world.mug, 1)], world.carrier)
    return {
        "walk": mine.id, "stop": here.id, "stop_bin": here.code, "his": his.id, "next": floor.walk(db, [{1: 1}]).id,
        "urgent": urgent.id, "dai_id": person(db, "Dai").id, "ben_id": ben.id, **batch, "wall": wall,
        "check": check.id, "ana": person(db, "Ana").id,
    }  # fmt: skip


def _at_the_wall(db: Session, floor: Floor) -> tuple[Ids, int]:
    """A batch at a put wall, picked by Dai: two tees wanted, and a mug whose order was cancelled."""
    wall, walk, tote = floor.at_the_wall(db, [{0: 2}, {1: 1}], person(db, "Dai"))
    cancel(db, shipments_of(db, walk)[1])
    return {"batch": walk.id, "batch_tote": tote, "back_bin": floor.bins[1].code}, wall.id or 0


def _supply(db: Session, world: World) -> Ids:
    """A channel reads its stock, shirts have a pick face with levels, and caps are to be ordered."""
    dai, house = person(db, "Dai"), world.house
    feeds.keep_feed(db, "shop", feeds.FeedTerms(feeds.Share(40)), dai)
    face = bin_by_code(db, house.id or 0, "A01-01-1")
    assert face is not None
    facing.keep_face(db, face, world.tee.id or 0, 5, 40, dai)
    cap, belt = sku_by_code(db, "CAP-RED"), a_sku(db, "BELT")
    assert cap is not None
    keeping.keep(db, house.id or 0, cap.id or 0, 30, 90, dai)
    purchasing.ask(db, purchasing.to_ask(db), dai)
    (request,) = rows(db, PurchaseRequest)
    keeping.keep(db, house.id or 0, belt.id or 0, 2, 4, dai)
    return {"request": request.id}


def _inbound(db: Session, world: World) -> Ids:
    """One delivery expected, one at the dock; a lorry to load and one to unload; units put aside; tea in lots."""
    dai, house, far = person(db, "Dai"), world.house.id or 0, a_warehouse(db, "CAN")
    kinds = {"dock": ("A02-09-1", BinKind.DOCK), "qc": ("A02-10-1", BinKind.QC)}
    bins = {name: a_bin(db, world.house, code, kind) for name, (code, kind) in kinds.items()}
    a_bin(db, far, "A01-01-1", BinKind.DOCK)
    cap = sku_by_code(db, "CAP-RED")
    assert cap is not None
    stock(db, a_bin(db, far, "A01-02-1"), cap, 40)  # what SHA lacks
    tea, wool, shelf = a_sku(db, "TEA-50"), a_sku(db, "WOOL"), a_bin(db, world.house, "A02-08-1")
    tea.tracking = Tracking.LOT
    lot, held = (lots.lot_for(db, tea, code, None) for code in ("L-1", "L-2"))
    for one in (lot, held):
        inventory.receive(db, shelf, tea.id or 0, 4, dai, lot_id=one.id)
    lots.hold(db, held, lots.Held.QUALITY, dai)
    outside = inventory.beyond(db, PlaceKind.CUSTOMER, house)
    inventory.move(db, [Move(tea.id or 0, 2, outside, shelf.id, MoveReason.RETURN)], "return", 0, dai)
    stock(db, shelf, wool, 60)
    expected = receiving.announce(db, NewDelivery(house, "Li", "LI-1", None, {tea.id or 0: 5}), dai)
    come = receiving.announce(db, NewDelivery(house, "Li", "LI-2", None, {wool.id or 0: 5}), dai)
    receiving.take_in(db, come, wool, 4, dai)
    receiving.set_aside(db, come, wool.id or 0, 1, Aside.IN_DOUBT, dai)
    planned, road, whole = (
        transfers.plan(db, NewTransfer(house, far.id or 0, {wool.id or 0: 9}), dai) for _ in range(3)
    )
    for one in (planned, road):
        transfers.load(db, one, shelf, wool.id or 0, 3, dai)
    transfers.send(db, road, dai)
    aside = inventory.put_aside(db, shelf, wool.id or 0, 2, clock.now() + timedelta(days=9), "for Chen", dai)
    return {
        "expected": expected.id, "come": come.id, "tea_id": tea.id, "wool": ean(wool), "wool_id": wool.id,
        "shelf": shelf.code, "shelf_id": shelf.id, "qc_id": bins["qc"].id, "planned_lorry": planned.id,
        "road": road.id, "empty_lorry": whole.id, "aside": aside.id, "lot": lot.id, "held_lot": held.id,
        "dock_key": f"{bins['dock'].id}.{wool.id}.0",
    }  # fmt: skip


def _material(db: Session, world: World) -> Ids:
    dai = person(db, "Dai")
    tape = materials.add(db, MaterialDraft("TAPE", "胶带", "Tape", MaterialKind.TAPE, 12, 4), dai)
    bubble = materials.add(db, MaterialDraft("BUBBLE", "气泡膜", "Bubble", MaterialKind.BUBBLE, 14, 9), dai)
    rule = materials.add_rule(db, RuleDraft(Goods.ALL, None, tape.id or 0, 2, Per.PARCEL), dai)
    care = standards.add_rule(db, CareKind.LEAFLET, "", None, "", "L-0", dai)
    return {
        "tape": tape.id, "bubble": bubble.id, "material_rule": rule.id, "care_rule": care.id,
        "sku_code": world.tee.code,
    }  # fmt: skip
