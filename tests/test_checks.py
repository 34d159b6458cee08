"""Every identity `flask check` proves can be broken by hand, and is then named with the rows that break it."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from floor import wiring
from floor.allocation.models import Run
from floor.allocation.states import RunState
from floor.catalog.models import Sku, Tracking
from floor.events.models import AuditEvent, OutboxMessage
from floor.intake import service as intake
from floor.intake.models import ImportBatch, RejectedRow
from floor.inventory import count_review, counting, lots, queries, receiving, transfers
from floor.inventory import service as inventory
from floor.inventory.count_review import Why
from floor.inventory.models import Bin, BinKind, CountReason, ImportKind, Outcome, StockImport, StockImportRow
from floor.inventory.receiving import Aside, NewDelivery
from floor.inventory.states import CountState, ImportState
from floor.inventory.transfers import NewTransfer
from floor.kit import clock, uow
from floor.kit.actor import SYSTEM
from floor.picking import putwall
from floor.picking.verdict import Kind
from floor.shipping import invoices
from floor.shipping.models_invoices import BuyerKind
from tests.conftest import rolled_back
from tests.factories import a_bin, a_planned_shipment, a_sku, a_warehouse, an_order, ean
from tests.goods_out import closed, delivered, labelled
from tests.house.doors_world import order_of
from tests.packing.worlds import World, a_boxed_parcel, a_world, person
from tests.picking.conftest import Floor


def a_company(db: Session) -> None:
    """One of everything a check looks at: planned, boxed, labelled, delivered, returned; a run, a file, a message."""
    world = a_world(db)
    a_bin(db, world.house, "A04-01-1", BinKind.RETURNS)
    a_bin(db, world.house, "A04-02-1", BinKind.QUARANTINE)
    tea = a_sku(db, "TEA-50")
    tea.tracking = Tracking.LOT
    lot = lots.lot_for(db, tea, "L-1", None)
    inventory.receive(db, a_bin(db, world.house, "A04-03-1"), tea.id, 4, SYSTEM, lot_id=lot.id)
    counted(db, world.bins[world.mug.id], world.mug)
    dock = a_bin(db, world.house, "A04-04-1", BinKind.DOCK)
    come = receiving.announce(db, NewDelivery(dock.warehouse_id, "Li", "LI-1", None, {world.mug.id: 5}), SYSTEM)
    receiving.take_in(db, come, world.mug, 3, SYSTEM)
    receiving.set_aside(db, come, world.mug.id, 1, Aside.DAMAGED, SYSTEM)
    far = a_warehouse(db, "CAN")
    lorry = transfers.plan(db, NewTransfer(world.house.id, far.id, {world.mug.id: 4}), SYSTEM)
    transfers.load(db, lorry, world.bins[world.mug.id], world.mug.id, 4, SYSTEM)
    transfers.send(db, lorry, SYSTEM)
    order = an_order(db, [(world.tee, 2)])
    a_planned_shipment(db, order, [(world.bins[world.tee.id], world.tee, 2)], world.carrier)
    an_order(db, [(world.mug, 1)], released=False)
    a_boxed_parcel(db, world)
    labelled(db, a_boxed_parcel(db, world))
    closed(db, delivered(db, world)[0])
    billed = an_order(db, [(world.tee, 1)])
    invoices.ask(db, billed, invoices.Buyer(BuyerKind.PERSON, "Li"), person(db, "Dai"))
    sorting(db, world)
    db.add(Run(state=RunState.READY))
    channel = intake.ensure_channel(db, "shop")
    message = intake.store(db, channel.code, "m-1", json.dumps(order_of("TEE-NAVY-L")), SYSTEM)
    intake.apply(db, message.id)
    batch = ImportBatch(filename="orders.csv", channel="shop", rows=3, lines=2, rejected=1, finished_at=clock.now())
    db.add(batch)
    db.flush()
    db.add(RejectedRow(batch_id=batch.id, row=3, reason="unknown_sku"))
    file = StockImport(kind=ImportKind.STOCK, filename="stock.csv", digest="-", state=ImportState.DONE)
    file.rows, file.to_make, file.bad, file.made = 3, 2, 1, 2
    db.add(file)
    db.flush()
    db.add(StockImportRow(import_id=file.id, number=2, outcome=Outcome.BAD, reason="sku"))
    event = db.exec(select(AuditEvent)).first()
    db.add(OutboxMessage(event_id=event.id, handler="audit.look_at_order"))


def sorting(db: Session, world: World) -> None:
    """A batch at the put wall: one tee in its slot, one in Ana's hand, a mug in the tote."""
    bins = [world.bins[sku.id] for sku in (world.tee, world.mug)]
    ana, floor = person(db, "Ana"), Floor(world.house, bins, [world.tee, world.mug], world.carrier)
    wall, walk, _tote = floor.at_the_wall(db, [{0: 2}, {1: 1}], ana)
    for code in (ean(world.tee), "W1-01", ean(world.tee)):
        assert putwall.scan(db, wall, walk.id, None, code, ana).kind is Kind.OK


def counted(db: Session, where: Bin, sku: Sku) -> None:
    """One unit fewer than the books say, counted twice and adjusted."""
    ana, dai = person(db, "Ana"), person(db, "Dai")
    task = counting.ask_count(db, where, sku.id, CountReason.ASKED, dai)
    short = queries.balance_of(db, where.id, sku.id) - 1
    for _twice in range(2):
        counting.scan(db, task, where.code, ana)
        counting.scan(db, task, ean(sku), ana)
        counting.count(db, task, short, ana)
    if task.state is CountState.VARIANCE:  # a cheap one adjusts itself
        count_review.adjust(db, task, Why.THEFT, dai)


@dataclass(frozen=True)
class Plant:
    """SQL that breaks an identity, a query for what names the row, and how the check must say it."""

    sql: tuple[str, ...]
    who: str
    says: str

    def put_into(self, db: Session) -> object:
        """Break it; returns what names the row."""
        for statement in self.sql:
            assert db.connection().execute(sa.text(statement)).rowcount != 0, "the violation was not planted"
        return db.connection().execute(sa.text(self.who)).scalar_one()


def plant(says: str, who: str, *sql: str) -> Plant:
    return Plant(sql, who, says)


_SHIPPED = "SELECT id FROM parcel WHERE state = 'shipped'"
_LABELLED = "SELECT id FROM parcel WHERE state = 'labelled'"
_PLANNED = "SELECT id FROM shipment WHERE state = 'planned'"
_RETURNED = "SELECT order_id FROM return_case"
_NUMBER = "SELECT number FROM parcel WHERE state = "

PLANTED: dict[str, tuple[Plant, ...]] = {
    "ledger = balances": (
        plant(
            "stock_balance place {}", "SELECT min(id) FROM bin",
            "UPDATE stock_balance SET qty = qty + 1 WHERE place_id = (SELECT min(id) FROM bin)",
        ),
        plant(
            "stock_balance place {} sku 1: the ledger says +2 more", _LABELLED,
            f"DELETE FROM stock_balance WHERE place_id = ({_LABELLED})",
        ),
        plant("stock_balance place {} sku 1: the ledger says -1 more", "SELECT id FROM bin WHERE kind = 'returns'",
              "DELETE FROM stock_ledger WHERE reason = 'return'"),
    ),
    "reserved <= on hand": (
        plant(
            "stock_balance place {}", "SELECT min(bin_id) FROM stock_reservation",
            "UPDATE stock_balance SET reserved = reserved + 1"
            " WHERE place_id = (SELECT min(bin_id) FROM stock_reservation)",
        ),
        plant(
            "stock_balance place {}", "SELECT bin_id FROM stock_reservation WHERE posted = 0",
            "UPDATE stock_reservation SET released = 1 WHERE posted = 0",
        ),
    ),
    "lots = balances": (
        plant("stock_lot_balance place {}", "SELECT place_id FROM stock_lot_balance",
              "UPDATE stock_lot_balance SET qty = qty - 1"),
        plant("4 units, 0 of them in lots", "SELECT 1", "DELETE FROM stock_lot_balance"),
    ),
    "lots on hold are held back": (
        plant("stock_balance place {}", "SELECT place_id FROM stock_lot_balance",
              "UPDATE lot SET hold_reason = 'recall'"),
        plant("lot {}: serial number L-1 is 4 units", "SELECT id FROM lot", "UPDATE sku SET tracking = 'serial'"),
    ),
    "adjusted counts are booked once": (
        plant("count_task {}: 0 ledger rows of +0 instead of -1", "SELECT id FROM count_task",
              "UPDATE stock_ledger SET subject = 'bin' WHERE subject = 'count'"),
        plant("count_task {}: 1 ledger rows of -1 instead of +0", "SELECT id FROM count_task",
              "UPDATE count_task SET state = 'rejected'"),
        plant("count_task {}: 2 ledger rows of -2 instead of -1", "SELECT id FROM count_task",
              "INSERT INTO stock_ledger (at, sku_id, qty, from_place_id, to_place_id, reason, subject, subject_id,"
              " actor_name) SELECT at, sku_id, qty, from_place_id, to_place_id, reason, subject, subject_id,"
              " actor_name FROM stock_ledger WHERE subject = 'count'"),
    ),
    "received = booked for the delivery": (
        plant("delivery {} sku 2: the ledger says +1 received, +0 set aside", "SELECT id FROM delivery",
              "UPDATE delivery_line SET received = received - 1"),
        plant("delivery {} sku 2: the ledger says +0 received, -1 set aside", "SELECT id FROM delivery",
              "UPDATE delivery_line SET in_doubt = 1"),
    ),
    "in transit = sent - received": (
        plant("on the road to warehouse {} sku 2: +1 more than sent - received - lost",
              "SELECT to_warehouse_id FROM transfer", "UPDATE transfer_line SET received = 1"),
        plant("{} is closed, but units of sku 2 are on the road", "SELECT number FROM transfer",
              "UPDATE transfer SET state = 'closed'"),
    ),
    "substitutes keep the price": (
        plant("line {} replaces line", "SELECT min(id) FROM order_line",
              "UPDATE order_line SET replaces_id = id WHERE id = (SELECT min(id) FROM order_line)"),
    ),
    "ordered = the sum of its parts": (
        plant("line {}: ordered 3", "SELECT min(id) FROM order_line",
              "UPDATE order_line SET qty = qty + 1 WHERE id = (SELECT min(id) FROM order_line)"),
        plant("line {}: ordered 2, but 1 backordered", "SELECT min(id) FROM order_line",
              "UPDATE order_line SET backordered = 1 WHERE id = (SELECT min(id) FROM order_line)"),
    ),
    "allocated = reserved on shelves": (
        plant("shipment_line {}: 3 allocated, 2 reserved",
              f"SELECT id FROM shipment_line WHERE shipment_id = ({_PLANNED})",
              f"UPDATE shipment_line SET allocated = 3 WHERE shipment_id = ({_PLANNED})"),
    ),
    "shipments hold what their state says": (
        plant("{} is cancelled", "SELECT number FROM shipment WHERE state = 'cancelled'",
              "UPDATE shipment SET state = 'cancelled' WHERE state = 'planned'"),
        plant("{} is shipped", "SELECT number FROM shipment WHERE state = 'shipped'",
              "UPDATE shipment SET state = 'shipped' WHERE state = 'planned'"),
        plant("{} is picked", "SELECT number FROM shipment WHERE state = 'picked'",
              "UPDATE shipment SET state = 'picked' WHERE state = 'delivered'"),
    ),
    "every run explains every order": (
        plant("allocation_run {}: 1 orders", "SELECT id FROM allocation_run", "UPDATE allocation_run SET orders = 1"),
        plant("allocation_run {}: 0 orders, says 2 allocated", "SELECT id FROM allocation_run",
              "UPDATE allocation_run SET allocated = 2"),
    ),
    "a shipment is on one walk at most": (
        plant(
            "shipment {} is on 2 walks at once", "SELECT min(shipment_id) FROM walk_tote",
            "UPDATE walk SET state = 'picking'",
            "INSERT INTO walk (number, warehouse_id, state, lane, due_at, priority, length_mm, minutes, created_at,"
            " version) SELECT 'W-2', warehouse_id, 'published', '', due_at, 5, 0, 0, created_at, 1 FROM walk"
            " WHERE id = (SELECT min(id) FROM walk)",
            "INSERT INTO walk_tote (walk_id, slot, part, shipment_id, is_busy)"
            " SELECT max(walk.id), 1, 0, min(walk_tote.shipment_id), false FROM walk, walk_tote",
        ),
    ),
    "the wall's lines = its totes and slots": (
        plant("walk {} sku 1: its wall lines say +1 more than its totes hold", "SELECT walk_id FROM batch_tote",
              "UPDATE batch_tote SET is_busy = false"),
        plant("shipment {} sku 1: its wall lines say -1 more than lies in its slot",
              "SELECT min(shipment_id) FROM wall_line", "UPDATE wall_line SET in_slot = 0 WHERE in_slot = 1"),
        plant("wall_line {}: 1 in hand, but sorters hold 0", "SELECT min(id) FROM wall_line",
              "UPDATE wall_put SET state = 'undone' WHERE state = 'held'"),
        plant("{} is picked, but 1 units of it are to be sorted",
              "SELECT number FROM shipment WHERE id = (SELECT max(shipment_id) FROM wall_line)",
              "UPDATE shipment SET state = 'picked' WHERE id = (SELECT max(shipment_id) FROM wall_line)"),
        plant("{} is picking, but 0 units of it are to be sorted",
              "SELECT number FROM shipment WHERE id = (SELECT max(shipment_id) FROM wall_line)",
              "UPDATE wall_line SET gone = 1 WHERE in_slot = 0"),
    ),
    "outbox sent or pending": (
        plant("outbox_message {}: audit.look_at_order is dead", "SELECT min(id) FROM outbox_message",
              "UPDATE outbox_message SET state = 'dead', handler = 'audit.look_at_order'"),
        plant("outbox_message {}", "SELECT min(id) FROM outbox_message",
              "UPDATE outbox_message SET next_try_at = '2020-01-01 00:00:00'"),
    ),
    "parcels hold what was packed and shipped": (
        plant("parcel {} sku", _SHIPPED.replace("shipped", "boxed"),
              f"UPDATE parcel_line SET qty = qty + 1 WHERE parcel_id = ({_SHIPPED.replace('shipped', 'boxed')})"),
        plant("shipment_line {}: 2 packed + 0 shipped, but its parcels hold 0 and 2 left in them",
              f"SELECT shipment_line_id FROM parcel_line WHERE parcel_id IN ({_SHIPPED})"
              " AND parcel_id NOT IN (SELECT parcel_id FROM manifest_parcel)",
              f"UPDATE parcel SET state = 'shipped' WHERE id = ({_LABELLED})"),
    ),
    "nothing is left on a bench": (
        plant("parcel {} stands open, but pack", f"{_NUMBER} 'opened'",
              f"UPDATE parcel SET state = 'opened' WHERE id = ({_LABELLED})"),
        plant("pack {}: 2 of sku", f"SELECT pack_id FROM parcel WHERE id = ({_LABELLED})",
              f"UPDATE pack SET heap_id = ({_LABELLED})"
              f" WHERE id IN (SELECT pack_id FROM parcel WHERE id = ({_LABELLED}))"),
    ),
    "one living waybill per parcel": (
        plant("parcel {} is labelled with 0 living waybills", f"{_NUMBER} 'labelled'",
              f"UPDATE waybill SET state = 'void' WHERE parcel_id = ({_LABELLED})"),
    ),
    "a second label says Reprint": (
        plant("print_job {}: copy 0 was printed 2 times", "SELECT min(id) FROM print_job",
              "INSERT INTO print_sending (paper_id, position, copy_no, state, error, asked_at)"
              " SELECT id, 0, 0, 'done', '', created_at FROM print_job, (SELECT 1 UNION SELECT 2) AS twice"
              " WHERE id = (SELECT min(id) FROM print_job)"),
    ),
    "invoices and their files agree": (
        plant("invoice {}: state, file and number disagree", "SELECT id FROM invoice",
              "UPDATE invoice SET state = 'issued'"),
    ),
    "shipped parcels are on closed manifests": (
        plant("parcel {} is shipped, but manifest M-", f"{_NUMBER} 'shipped'", "UPDATE manifest SET state = 'open'"),
        plant("parcel {} is shipped, but manifest None", f"{_NUMBER} 'shipped'", "DELETE FROM manifest_parcel"),
        plant("parcel {} is labelled, but manifest M-", f"{_NUMBER} 'labelled'",
              f"UPDATE manifest_parcel SET parcel_id = ({_LABELLED})"),
    ),
    "applied messages have orders": (
        plant("inbox_message {} of shop is applied", "SELECT id FROM inbox_message",
              "UPDATE inbox_message SET order_id = NULL"),
        plant("inbox_message {} of shop is waiting", "SELECT id FROM inbox_message",
              "UPDATE inbox_message SET state = 'waiting', received_at = '2020-01-01 00:00:00'"),
    ),
    "file imports add up": (
        plant("import_batch {}: 4 rows", "SELECT id FROM import_batch", "UPDATE import_batch SET rows = 4"),
        plant("import_batch {}: 3 rows, but 2 accepted + 0 known + 1 rejected, 0 of them listed",
              "SELECT id FROM import_batch", "DELETE FROM rejected_row"),
    ),
    "stock imports add up": (
        plant("stock_import {}: 4 rows, 2 sound + 1 bad, 2 applied", "SELECT id FROM stock_import",
              "UPDATE stock_import SET rows = 4"),
        plant("stock_import {}: 3 rows, 2 sound + 1 bad, 1 applied", "SELECT id FROM stock_import",
              "UPDATE stock_import SET made = 1"),
        plant("stock_import {}: 1 faults, 0 listed", "SELECT id FROM stock_import", "DELETE FROM stock_import_row"),
    ),
    "orders and their flags agree": (
        plant(
            "{} is released, but flag twin is open",
            "SELECT number FROM customer_order WHERE id = (SELECT min(order_id) FROM shipment)",
            "INSERT INTO audit_flag (order_id, rule, field, start, \"end\", \"values\", verdict, raised_at)"
            " SELECT min(order_id), 'twin', '', 0, 0, '{}', 'open', '2026-01-01 00:00:00' FROM shipment",
        ),
        plant(
            "{} is in the house without a line", "SELECT min(number) FROM customer_order WHERE state = 'received'",
            "DELETE FROM order_line WHERE order_id ="
            " (SELECT id FROM customer_order WHERE number ="
            " (SELECT min(number) FROM customer_order WHERE state = 'received'))",
        ),
    ),
    "tracks say what their events say": (
        plant("track {}: is exception, its events say delivered", "SELECT parcel_id FROM track",
              "UPDATE track SET state = 'exception'"),
        plant("parcel {}: has events but no track", "SELECT parcel_id FROM carrier_event", "DELETE FROM track"),
    ),
    "exceptions are of parcels on the road": (
        plant("exception 1: is open, its parcel is delivered", "SELECT parcel_id FROM track",
              "INSERT INTO parcel_exception (id, parcel_id, kind, state, since, opened_at)"
              " SELECT 1, min(parcel_id), 'lost', 'open', changed_at, changed_at FROM track"
              " WHERE state = 'delivered' GROUP BY changed_at"),
    ),
    "delivered = every parcel delivered": (
        plant("is delivered, but {} was not", f"{_NUMBER} 'shipped'", "UPDATE track SET delivered_at = NULL"),
    ),
    "returned <= shipped": (
        plant("order_line {}: 99 returned of 2 shipped", "SELECT order_line_id FROM return_item",
              "UPDATE return_item SET qty = 99"),
    ),
    "refunds <= paid": (
        plant("{}: 10000000 fen refunded", f"SELECT number FROM customer_order WHERE id = ({_RETURNED})",
              "UPDATE refund SET amount_fen = 10000000"),
    ),
    "refunds of a line <= paid for it": (
        plant("order_line {}: 30000 fen refunded of", "SELECT order_line_id FROM refund",
              "UPDATE refund SET amount_fen = 30000"),
        plant("{}: 1 fen of 0 freight refunded", f"SELECT number FROM customer_order WHERE id = ({_RETURNED})",
              "INSERT INTO refund (case_id, order_id, amount_fen, kind, why, recorded_at)"
              " SELECT case_id, order_id, 1, 'money', 'early', recorded_at FROM refund"),
        plant("refund {} is of another order", "SELECT id FROM refund",
              "UPDATE refund SET order_id = (SELECT max(id) FROM customer_order)"),
    ),
    "credit = paid for the order sent": (
        plant("{}: its items credit 0 fen, its refunds", "SELECT number FROM return_case",
              "UPDATE refund SET kind = 'credit'"),
    ),
    "repairs and their cases agree": (
        plant("{}: its repair is received, its case is not", "SELECT number FROM return_case",
              "INSERT INTO repair (case_id, version, state, diagnosis, quote_fen, changed_at)"
              " SELECT id, 1, 'received', '', 0, requested_at FROM return_case"),
        plant("{}: a repair that is here", "SELECT number FROM return_case", "UPDATE return_case SET kind = 'repair'"),
    ),
    "refund = the sum of its items": (
        plant("{}: its items say", "SELECT number FROM return_case", "UPDATE refund SET amount_fen = amount_fen + 1"),
        plant("{}: its items say", "SELECT number FROM return_case", "DELETE FROM refund"),
        plant("{}: its items say", "SELECT number FROM return_case", "UPDATE return_case SET state = 'arrived'"),
        plant("{}: its items say", "SELECT number FROM return_case", "UPDATE return_case SET state = 'arrived'",
              "UPDATE refund SET why = 'early'"),
        plant("{}: item 1 has", "SELECT number FROM return_case", "UPDATE return_item SET inspected_at = NULL"),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def sqlite_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Instead of the cast alone: the cast with a day's work behind it, built once and copied for every test."""
    path = shutil.copy(sqlite_template, tmp_path_factory.mktemp("checks") / "floor.db")
    _build_company(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module")
def postgres_template(postgres, postgres_template: str) -> str:
    url = postgres.create_database(postgres_template)
    _build_company(url)
    return url.rsplit("/", 1)[1]


def _build_company(url: str) -> None:
    uow.bind(uow.Database(url))
    with uow.unit_of_work() as db:
        a_company(db)
    uow.database().dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def company(request) -> Iterator[Session]:
    """The company in an open unit of work, which is rolled back: nothing is copied, nobody else sees it."""
    template = request.getfixturevalue(f"{request.param}_template")
    url = f"sqlite:///{template}" if request.param == "sqlite" else request.getfixturevalue("postgres").url(template)
    uow.bind(uow.Database(url))
    with rolled_back() as db:
        yield db
    uow.database().dispose()


@pytest.fixture
def check(app) -> Callable[[], tuple[int, str]]:
    """`flask check` as it is typed: its exit code and what it printed."""

    def run() -> tuple[int, str]:
        with app.app_context():
            done = app.test_cli_runner().invoke(args=["check"])
        return done.exit_code, done.output

    return run


def test_every_check_has_a_planted_violation():
    assert PLANTED.keys() == wiring.CHECKS.keys()


def test_a_sound_house_is_told_so_check_by_check(check):
    code, said = check()
    assert (code, said.splitlines()) == (0, [f"ok   {name}" for name in wiring.CHECKS])


@pytest.mark.parametrize(
    ("name", "planted"),
    [pytest.param(name, one, id=f"{name}-{n}") for name, many in PLANTED.items() for n, one in enumerate(many, 1)],
)
def test_a_violation_is_found_and_its_rows_are_named(name, planted, company):
    who = planted.put_into(company)
    assert planted.says.format(who) in "\n".join(wiring.CHECKS[name](company))


def test_whoever_breaks_one_is_told_which_and_where(check):
    (name, (planted, *_)), *_ = PLANTED.items()
    with uow.unit_of_work() as db:
        who = planted.put_into(db)
    code, said = check()
    assert code == 1
    assert f"BAD  {name}\n" in said
    block = said.split(f"BAD  {name}\n")[1].split("\nok ")[0].split("\nBAD ")[0]
    assert planted.says.format(who) in block
