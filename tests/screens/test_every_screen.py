"""Every screen of the living demo company: axe finds nothing, light or dark; nothing scrolls sideways at 320 px; on a
phone every target is 48 px high, no words are cut off, and no code is shown where a word belongs."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlmodel import Session, col, select

from floor import cli
from floor.allocation import planning as allocation
from floor.allocation.models import Run, Unallocated
from floor.analytics import jobs as analytics_jobs
from floor.audit.models import Flag, Verdict
from floor.care import enquiries, feedback
from floor.care.states import EnquiryKind, Reason
from floor.catalog import bundles
from floor.catalog.models import Sku
from floor.demo import company, day
from floor.events.relay import Relay
from floor.factory import create_app
from floor.intake import gifts, till
from floor.intake.models import Channel, GiftRule, ImportBatch, InboxMessage
from floor.inventory import books, imports, jobs
from floor.inventory.models import CountTask, Delivery, ImportKind, LotBalance, Replenishment, StockImport, Transfer
from floor.inventory.models_supply import StockFeed
from floor.inventory.states import DeliveryState, TransferState
from floor.kit import clock, uow
from floor.kit.actor import SYSTEM, Actor
from floor.kit.uow import reading
from floor.orders.models import Order
from floor.orders.states import OrderState
from floor.packing.models import Pack, Parcel
from floor.packing.models_materials import Material
from floor.packing.states import PackState, ParcelState
from floor.people.models import User
from floor.picking import checks
from floor.picking import planning as picking_plans
from floor.picking import service as picking
from floor.picking.models import CheckWhy, Stop, Walk, WalkCheck, WalkTote
from floor.picking.states import WalkAction, WalkState
from floor.picking.urgent import on_a_walk
from floor.returns.models import ReturnCase, StrayParcel
from floor.returns.states import CaseState
from floor.settings import Settings
from floor.shipments.models import Carrier, Shipment
from floor.shipments.states import ShipmentState
from floor.shipping import invoices, printing
from floor.shipping.models import Manifest, ManifestState, PaperKind, PrintJob, Waybill
from floor.shipping.models_carriers import CarrierService
from floor.shipping.models_invoices import BuyerKind, Invoice
from floor.shipping.models_printing import PrintBatch, Printer, PrinterKind
from floor.tracking import exceptions
from floor.tracking import service as tracking
from floor.tracking.models import Track
from floor.tracking.states import TrackState
from solver import common
from tests.running import RunningHouse
from tests.screens.looking import faults, violations

#: All of them where the browser's tests stand, so that the day is lived once: pytest sorts tests by what they share.
pytestmark = pytest.mark.usefixtures("browser_name")

#: Endpoints that are no screens: files, pictures, redirects.
NO_SCREENS = {
    "left_out.export", "assets.htmx", "assets.service_worker", "care.badges", "care.command_cards", "care.tote_labels",
    "count_review.results_csv", "deliveries.differences", "feedback.export", "feeds.feed_csv", "feeds.feed_json",
    "insight.export", "insight.kept_week", "insight.week", "intake.rejects",
    "inventory.bin_label", "inventory.sku_label", "inventory.stock_csv", "inventory.tote_label", "lots.label",
    "invoices.download", "materials.report_csv", "order_api.description", "order_api.show",
    "people.language", "printing.batch_paper", "printing.picture",
    "printing.zpl", "pushes.push", "return_cases.photo", "return_request.slip", "shipping.customs_paper",
    "shipping.manifest_paper", "shipping.paper",
    "static", "stock_files.export", "stock_files.faults", "supply.purchasing_csv", "supply.purchasing_pdf",
    "supply.safety_csv", "zones.phone",
}  # fmt: skip


#: Slices whose screens stand text at 200%. States between these screens: test_walk_screens.py.
ON_A_WALK = ("picking.", "zones.", "put_wall.", "floor_board.", "short_rules.")


@pytest.fixture(scope="module")
def alive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHouse]:
    """The demo company after its day, served for real on SQLite."""
    folder = tmp_path_factory.mktemp("alive")
    url = f"sqlite:///{folder / 'floor.db'}"
    app = create_app(Settings(database_url=url, secret_key="a key for tests", rate_limits=False))
    with app.app_context(), pytest.MonkeyPatch.context() as quickly:
        # Plans just good enough to live by: how short walks may be is no matter of screens.
        quickly.setattr(allocation, "find_plan", partial(allocation.find_plan, effort=(1, None)))
        quickly.setattr(picking_plans, "EFFORT", common.Stop(work=1))
        cli.migrate()
        company.load_once(lambda _words: None, orders=120)
        day.live(app, Relay(app.extensions["handlers"]), lambda _words: None)
        _look_at_a_file()
        _leave_something_to_check()
        _give_up_a_walk()
        _leave_prints()
        _leave_offers()
        _leave_words()
        _leave_invoices()
        _leave_troubles()
    house = RunningHouse(url, folder)
    house.start("server")
    yield house
    house.stop()
    uow.database().dispose()


def _look_at_a_file() -> None:
    """A stock file of every kind of row, waiting for a yes."""
    rows = ("TEE-NAVY-L,SHA,A01-01-1,250", "TEE-NAVY-L,SHA,A05-05-1,4", "NOBODY,SHA,A01-01-1,1", "MUG-BLUE,SHA,Z9,many")
    body = "\n".join(("SKU编码,仓库,货位,数量,备注", *rows)).encode("gb18030")
    with uow.unit_of_work() as db:
        it = imports.begin(db, ImportKind.STOCK, "opening.csv", body, SYSTEM)
    jobs.carry(it.id or 0)


def _leave_something_to_check() -> None:
    """Two units on a walk that its phone put into a tote and the house did not take."""
    with uow.unit_of_work() as db:
        walk = _one(db, select(Walk).where(Walk.state == WalkState.PICKING))
        stop = _one(db, select(Stop).where(Stop.walk_id == walk.id))
        slot = _one(db, select(WalkTote).where(WalkTote.walk_id == walk.id))
        checks.ask(db, walk.id, stop.id, slot.id, CheckWhy.DONE_ELSEWHERE, 2)


def _give_up_a_walk() -> None:
    """Its orders are allocated and on no walk: what a supervisor may put on one under way."""
    with uow.unit_of_work() as db:
        walk = _one(db, select(Walk).where(Walk.state == WalkState.PUBLISHED).order_by(col(Walk.due_at).desc()))
        picking.advance(db, walk, WalkAction.CANCEL, SYSTEM)


def _leave_prints() -> None:
    """A label printer that is off, what waits for it, and a batch with an order that could not be printed."""
    with uow.unit_of_work() as db:
        parcel = _one(db, select(Parcel).where(Parcel.state == ParcelState.BOXED))
        house = db.get_one(Shipment, parcel.shipment_id).warehouse_id
        terms = printing.PrinterTerms("Z1", house, PrinterKind.ZPL, "192.168.1.50", 9100, 203, "100x180", True)
        printer = printing.keep_printer(db, None, terms, SYSTEM)
        paper = _one(db, select(PrintJob).where(PrintJob.parcel_id == parcel.id, PrintJob.kind == PaperKind.WAYBILL))
        sending = printing.send(db, paper, printer, SYSTEM)
        printing.fail(db, sending, "shipping.printer_stuck")
        printing.fail_printer(db, printer, "shipping.printer_stuck")
        batch = printing.ask_batch(db, PaperKind.SLIP, house, None, None, SYSTEM)
        items = printing.queries.waiting_items(db, batch.id or 0, 9)
        printing.keep_chunk(db, batch.id or 0, items, {1: "shipping.incomplete"}, [(b"%PDF-1.7", len(items) - 1)])


def _leave_offers() -> None:
    """A bundle, a gift rule, and a basket at the till of the clerk."""
    with uow.unit_of_work() as db:
        tee, mug = (_one(db, select(Sku).where(Sku.code == code)) for code in ("TEE-NAVY-L", "MUG-BLUE"))
        bundles.save(db, "SET-1", [(tee.code, 1, 3), (mug.code, 2, 1)], SYSTEM)
        gifts.save(db, GiftRule(gift_sku_id=mug.id, from_fen=20_000, channel=_one(db, select(Channel.code))), SYSTEM)
        clerk = _one(db, select(User.id).where(User.badge == "B-3001"))
        for sku in (tee, mug, tee):
            till.put_in(db, clerk, sku)


def _leave_words() -> None:
    """A customer who asks, a ready answer, a parcel judged, and the days summed up."""
    with uow.unit_of_work() as db:
        parcel = _one(db, select(Parcel).where(Parcel.state == ParcelState.SHIPPED))
        order = db.get_one(Order, db.get_one(Shipment, parcel.shipment_id).order_id)
        enquiries.ask(db, EnquiryKind.WHERE_IS_IT, "Where is my parcel?", order.id, "a@b.test", "en", SYSTEM)
        ready = "Dear {name}, your parcel {waybill} is with {carrier}."
        enquiries.keep_template(db, None, EnquiryKind.WHERE_IS_IT, "On its way", ready, ready, SYSTEM)
        feedback.give(db, order, parcel, 2, [Reason.LATE, Reason.DAMAGED], "The box was wet.", SYSTEM)
    analytics_jobs.sum_up()


def _leave_invoices() -> None:
    """Asked for by hand: one in a file, one held, one that waits for the tax code of its goods."""
    who = invoices.Buyer(BuyerKind.PERSON, "Zhang San")
    with uow.unit_of_work() as db:
        unasked = select(Order).where(Order.invoice_title == "", Order.state == OrderState.RELEASED)
        made = [invoices.ask(db, order, who, SYSTEM) for order in db.exec(unasked.limit(3))]
        for line in invoices.queries.lines_of(db, made[0].id or 0):
            line.tax_code = "1040201990000000000"
        db.flush()
        invoices.export(db, SYSTEM)
        invoices.hold(db, made[1], "waits for a call", SYSTEM)


def _leave_troubles() -> None:
    """Two parcels that need somebody: one refused at the door, one damaged, which is somebody's and claimed."""
    on_the_road = select(Track.parcel_id, Waybill.number).join(Waybill, col(Waybill.parcel_id) == Track.parcel_id)
    with uow.unit_of_work() as db:
        carrier = _one(db, select(Carrier).where(Carrier.code == "sf"))
        parcels = db.exec(on_the_road.where(Track.state == TrackState.IN_TRANSIT).limit(2)).all()
        said = [tracking.Said(number, code, "", "", clock.now())
                for (_parcel, number), code in zip(parcels, ("203", "209"), strict=True)]  # fmt: skip
        tracking.hear(db, carrier, said, SYSTEM)
        row = exceptions.open_of(db, parcels[1][0])
        assert row is not None
        clerk = Actor("user", _one(db, select(User.id).where(User.badge == "B-3001")))
        exceptions.take(db, row.id or 0, None, clerk)
        exceptions.claim(db, row.id or 0, 5_000, "C-1", clerk)


def _one(db: Session, query: Any) -> Any:
    found = db.exec(query.limit(1)).first()
    assert found is not None, f"the demo day left none: {query}"
    return found


def addresses() -> dict[str, tuple[str, str]]:
    """Endpoint -> (badge of somebody who may see it, address of a living example)."""
    picker, packer, clerk, boss = "B-1002", "B-2001", "B-3001", "B-4001"
    with reading() as db:
        run = _one(db, select(Run.id))
        walk = _one(db, select(Walk.id).where(Walk.state == WalkState.PICKING))
        bound = _one(db, select(Walk.id).where(Walk.state == WalkState.CLAIMED))
        to_check = _one(db, select(WalkCheck).where(WalkCheck.walk_id == walk))
        pack = _one(db, select(Pack.id).where(Pack.state == PackState.OPEN))
        boxed = _one(db, select(Parcel.id).where(Parcel.state == ParcelState.BOXED))
        shipped = _one(db, select(Parcel.id).where(Parcel.state == ParcelState.SHIPPED))
        lorry = _one(db, select(Manifest.id).where(Manifest.state == ManifestState.CLOSED))
        held = _one(db, select(Flag.order_id).where(Flag.verdict == Verdict.OPEN))
        left_out = _one(db, select(Unallocated))
        case = _one(db, select(ReturnCase).where(ReturnCase.state == CaseState.ARRIVED))
        asked = _one(db, select(ReturnCase).where(ReturnCase.state == CaseState.REQUESTED))
        count = _one(db, select(CountTask.id))
        refill = _one(db, select(Replenishment.id))
        feed = _one(db, select(StockFeed.channel))
        job = _one(db, select(PrintJob.id))
        printer = _one(db, select(Printer.id).where(Printer.kind == PrinterKind.ZPL))
        prints = _one(db, select(PrintBatch.id))
        way = _one(db, select(CarrierService.id))
        waybill = _one(db, select(Waybill.id).where(Waybill.parcel_id == boxed))
        invoice = _one(db, select(Invoice.id))
        material = _one(db, select(Material.id))
        come = _one(db, select(Delivery.id).where(Delivery.state == DeliveryState.RECEIVING))
        lorry_of_ours = _one(db, select(Transfer.id).where(Transfer.state == TransferState.SENT))
        to_load = _one(db, select(Transfer.id).where(Transfer.state == TransferState.DRAFT))
        lot = _one(db, select(LotBalance.lot_id).where(LotBalance.qty > 0))
        batch = db.exec(select(ImportBatch.id)).first()
        message = _one(db, select(InboxMessage.id))
        channel = _one(db, select(Channel.code))
        gift = _one(db, select(GiftRule.id))
        sorted_ = _one(db, select(Walk).where(col(Walk.wall_id).is_not(None)))
        urgent = _one(db, select(Shipment.id).where(Shipment.state == ShipmentState.PLANNED, ~on_a_walk()))
        file = _one(db, select(StockImport.id))
        stray = _one(db, select(StrayParcel)).id
        token = db.exec(select(Order.public_token).where(col(Order.id) == asked.order_id)).one()
        number = db.exec(select(Order.number).where(col(Order.id) == case.order_id)).one()
        sent = _one(db, select(Shipment.order_id).join(Parcel, col(Parcel.shipment_id) == Shipment.id).where(
            Parcel.id == shipped))  # fmt: skip
        sent_number = db.exec(select(Order.number).where(col(Order.id) == sent)).one()
        judged = db.exec(
            select(Order.public_token, Parcel.number)
            .join(Shipment, col(Shipment.order_id) == Order.id)
            .join(Parcel, col(Parcel.shipment_id) == Shipment.id)
            .where(Parcel.id == shipped)
        ).one()
    stop = f"/walks/{walk}/stops/2"
    found = {
        "allocation.index": (boss, "/runs"),
        "allocation.monitor": (boss, f"/runs/{run}"),
        "allocation.new": (boss, "/runs/new"),
        "left_out.unallocated": (boss, f"/runs/{run}/unallocated?reason={left_out.reason}"),
        "analytics.board": (boss, "/board"),
        "analytics.home": (picker, "/"),
        "capacities.index": (boss, "/capacities"),
        "materials.edit": (boss, f"/materials/{material}"),
        "materials.index": (boss, "/materials"),
        "materials.report": (boss, "/materials/report"),
        "standards.index": (boss, "/standards"),
        "plans.compare": (boss, f"/runs/compare?a={run}&b={run}"),
        "plans.preview": (boss, "/runs/preview?strategy=nearest"),
        "audit.order": (clerk, f"/audit/orders/{held}"),
        "audit.queue": (clerk, "/audit"),
        "audit_rules.blocked": (boss, "/audit/blocked"),
        "audit_rules.index": (boss, "/audit/rules"),
        "audit_rules.rule": (boss, "/audit/rules/twin"),
        "care.address": (clerk, f"/orders/{held}/address"),
        "care.commands": (boss, "/commands"),
        "care.find": (clerk, "/orders"),
        "care.order": (clerk, f"/orders/{case.order_id}"),
        "care.scan": (picker, "/scan?code=nothing"),
        "enquiries.index": (clerk, "/enquiries"),
        "enquiries.new": (clerk, f"/enquiries/new?order={number}"),
        "enquiries.one": (clerk, "/enquiries/1?template=1"),
        "enquiries.templates": (clerk, "/enquiries/templates?id=1"),
        "feedback.form": ("", "/t/{}/feedback/{}".format(*judged)),
        "feedback.index": (clerk, "/feedback"),
        "insight.index": (boss, "/insight/delivery"),
        "resending.form": (clerk, f"/orders/{sent}/again"),
        "care.why": (clerk, f"/orders/{left_out.order_id}/why"),
        "count_review.observations": (boss, "/observations"),
        "count_review.review": (boss, "/counts/review"),
        "count_review.rules": (boss, "/counts/rules"),
        "counts.index": (boss, "/counts"),
        "counts.task": ("B-1001", f"/counts/{count}"),
        "feeds.one": (boss, f"/stock/feeds/{feed}"),
        "feeds.settings": (boss, "/stock/feeds"),
        "supply.purchasing": (boss, "/purchasing"),
        "supply.safety": (boss, "/stock/safety"),
        "supply.sku_supply": (boss, "/skus/TEE-NAVY-L/supply"),
        "intake.health": (boss, "/intake"),
        "offers.bundle": (boss, "/intake/bundles/SET-1"),
        "offers.bundles": (boss, "/intake/bundles"),
        "offers.gift_rule": (boss, f"/intake/gifts/{gift}"),
        "offers.gift_rules": (boss, "/intake/gifts"),
        "till.basket": (clerk, "/till"),
        "till.customer": (clerk, "/till/customer"),
        "inbox.index": (boss, "/intake/inbox?state=all"),
        "inbox.show": (boss, f"/intake/inbox/{message}"),
        "shops.index": (boss, "/intake/channels"),
        "shops.one": (boss, f"/intake/channels/{channel}"),
        "inventory.bin_here": (boss, "/bins/A01-01-1"),
        "inventory.bin_page": (boss, "/bins/SHA/A01-01-1"),
        "inventory.receive_form": (boss, "/stock/receive"),
        "refilling.task": ("B-9001", f"/replenishments/{refill}"),
        "refilling.tasks": (boss, "/replenishments"),
        "inventory.sku_page": (boss, "/skus/TEE-NAVY-L"),
        "inventory.stock": (boss, "/stock"),
        "inventory.tote_page": (boss, "/totes/T-SHA-001"),
        "bins.goods": (boss, "/bins/SHA/A01-01-1/skus/TEE-NAVY-L"),
        "deliveries.delivery": (boss, f"/deliveries/{come}"),
        "deliveries.index": (boss, "/deliveries"),
        "deliveries.new": (boss, "/deliveries/new"),
        "lots.lot": (boss, f"/lots/{lot}"),
        "lots.lot_called": (boss, "/lots/nothing"),
        "floor_board.for_wall": (boss, "/walks/board/wall"),
        "short_rules.index": (boss, "/walks/rules"),
        "floor_board.index": (boss, "/walks/board"),
        "floor_board.joining": ("B-9001", f"/walks/board/urgent/{urgent}"),
        "floor_board.mine": (picker, "/walks/board/mine"),
        "floor_board.walk": (boss, f"/walks/board/{walk}"),
        "printing.batch": (packer, f"/print-batches/{prints}"),
        "printing.batches": (packer, "/print-batches"),
        "printing.printer": (boss, f"/printers/{printer}"),
        "printing.printers": (boss, "/printers"),
        "printing.queue": (packer, "/printing"),
        "put_wall.back": (picker, f"/walls/{sorted_.wall_id}/batches/{sorted_.id}/back"),
        "put_wall.batch": (picker, f"/walls/{sorted_.wall_id}/batches/{sorted_.id}"),
        "put_wall.home": (picker, f"/walls/{sorted_.wall_id}"),
        "put_wall.index": (picker, "/walls"),
        "put_wall.missing": (picker, f"/walls/{sorted_.wall_id}/batches/{sorted_.id}/missing"),
        "put_wall.setup": (boss, "/walls/setup"),
        "putaway.waiting": (picker, "/putaways"),
        "qc.waiting": (boss, "/qc"),
        "receiving.closing": (boss, f"/receiving/{come}/close"),
        "receiving.delivery": (picker, f"/receiving/{come}"),
        "receiving.dock": (boss, "/receiving"),
        "receiving.problem": (picker, f"/receiving/{come}/problem"),
        "relocate.start": (picker, "/relocate"),
        "transfers.index": (boss, "/transfers"),
        "transfers.loading": (picker, f"/transfers/{to_load}/load"),
        "transfers.new": (boss, "/transfers/new"),
        "transfers.transfer": (boss, f"/transfers/{lorry_of_ours}"),
        "transfers.unloading": (boss, f"/transfers/{lorry_of_ours}/receive"),
        "packing.bench": (packer, "/stations/P-SHA-1"),
        "packing.exception": (packer, f"/packs/{pack}/exception"),
        "packing.pack": (packer, f"/packs/{pack}"),
        "packing.parcel": (packer, f"/packs/{pack}/parcel"),
        "packing.stations": (packer, "/stations"),
        "parcels.reopening_of": (packer, f"/parcels/{boxed}/reopen"),
        "people.preferences": (picker, "/me/settings"),
        "people.sign_in": ("", "/session?badge=B-1001"),
        "picking.finish": (picker, f"/walks/{walk}/finish"),
        "picking.floor_plan": (picker, f"/walks/{walk}/map"),
        "picking.handover": (picker, f"/walks/{walk}/handover"),
        "picking.problem": (picker, f"{stop}/exception"),
        "picking.stop": (picker, stop),
        "picking.stops": (picker, f"/walks/{walk}/stops"),
        "picking.totes": ("B-1004", f"/walks/{bound}/totes"),
        "picking.walk": (picker, f"/walks/{walk}"),
        "picking.walks": ("B-1001", "/walks"),
        "return_request.new_form": (clerk, f"/returns/new?order={sent_number}"),
        "return_request.request_form": ("", f"/t/{token}/return"),
        "return_request.requested": ("", f"/t/{token}/return/{asked.number}"),
        "returns.case": (clerk, f"/returns/{case.id}"),
        "returns.desk": (clerk, "/returns"),
        "returns.intake": (clerk, "/returns/intake"),
        "return_rules.index": (boss, "/returns/rules"),
        "strays.show": (clerk, f"/returns/strays/{stray}"),
        "return_items.item": (clerk, f"/returns/{case.id}/items/1"),
        "carriers.index": (boss, "/carriers"),
        "carriers.one": (boss, "/carriers/sf"),
        "carriers.service": (boss, f"/carrier-services/{way}"),
        "invoices.goods": (clerk, "/invoices/goods"),
        "invoices.index": (boss, "/invoices"),
        "invoices.new": (clerk, "/invoices/new"),
        "invoices.show": (clerk, f"/invoices/{invoice}"),
        "notices.index": (boss, "/notices"),
        "waybills.index": (packer, "/waybills"),
        "waybills.show": (boss, f"/waybills/{waybill}"),
        "shipping.handover": (packer, f"/manifests/{lorry}/handover"),
        "shipping.label": (packer, f"/parcels/{boxed}/label"),
        "shipping.manifest": (packer, f"/manifests/{lorry}"),
        "shipping.manifests": (packer, "/manifests"),
        "shipping.print_job": (packer, f"/print-jobs/{job}"),
        "stock_files.index": (boss, "/stock/imports"),
        "stock_files.show": (boss, f"/stock/imports/{file}"),
        "parcel_exceptions.show_rules": (boss, "/tracking/rules"),
        "tracking.board": (clerk, "/tracking"),
        "tracking.customer_page": ("", f"/t/{token}"),
        "tracking.story": (clerk, f"/parcels/{shipped}/story"),
        "zones.check": (picker, f"/walks/{walk}/checks/{to_check.id}"),
        "zones.here": (picker, f"/walks/{walk}/here"),
        "zones.shell": (picker, "/walks/shell"),
    }
    if batch is not None:
        found["intake.batch"] = (boss, f"/intake/batches/{batch}")
    return found


def test_every_screen_is_looked_at(alive):
    app = create_app(alive.settings)
    screens = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert screens - NO_SCREENS - set(addresses()) <= {"intake.batch"}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(alive, browser: Browser, theme):
    axe, wrong = Axe(), []
    pages: dict[str, Page] = {}
    for endpoint, (badge, path) in sorted(addresses().items()):
        if badge not in pages:
            pages[badge] = _person(browser, alive.url, badge, theme)
        page = pages[badge]
        page.set_viewport_size({"width": 412, "height": 915} if theme == "light" else {"width": 1280, "height": 800})
        answer = page.goto(alive.url + path)
        assert answer is not None
        if answer.status != 200 and (endpoint, answer.status) not in (("care.scan", 422), ("lots.lot_called", 404)):
            wrong.append(f"{endpoint} {path}: {answer.status}")
            continue
        # What a theme can break is contrast; the other rules read the same page once.
        for violation in violations(axe, page, *(["color-contrast"] if theme == "dark" else [])):
            nodes = [node["html"][:160] for node in violation["nodes"][:3]]
            wrong.append(f"{endpoint} {theme}: {violation['id']}: {nodes}")
        wrong += [f"{endpoint} {theme}: {what}" for what in faults(page, large=endpoint.startswith(ON_A_WALK))]
        if not re.search(r"\S", page.title()):
            wrong.append(f"{endpoint}: no title")
    for page in pages.values():
        page.context.close()
    assert wrong == [], "\n".join(wrong)


def _person(browser: Browser, url: str, badge: str, theme: str) -> Page:
    context = browser.new_context(color_scheme=theme, locale="zh-CN" if theme == "light" else "en")  # type: ignore[arg-type]
    page = context.new_page()
    if badge:
        page.goto(f"{url}/session?badge={badge}")
        with page.expect_navigation():
            page.eval_on_selector("#pin", f"field => {{ field.value = '{company.PIN}'; field.form.submit() }}")
    return page


def test_the_demo_day_leaves_clean_books(alive):
    with create_app(alive.settings).app_context() as context:
        broken = cli.run_checks(context.app.extensions["checks"])
        with uow.reading() as db:
            stale = books.stale(db)
    assert {name: rows for name, rows in broken.items() if rows} == {}
    assert stale == []
