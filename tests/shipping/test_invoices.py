"""Electronic invoices: what was paid, to the last fen, held once and exported once; a spreadsheet runs none of it."""

import csv
import io
import threading
import zipfile
from datetime import date

import openpyxl
import pytest
from sqlmodel import select

from floor.cli import run_checks
from floor.events.relay import Happened
from floor.kit import clock
from floor.kit.errors import Conflict, Invalid
from floor.kit.spreadsheet import lines, to_csv, to_workbook
from floor.kit.uow import unit_of_work
from floor.orders import service as orders
from floor.orders.models import Order
from floor.orders.states import OrderAction
from floor.packing.models import Parcel
from floor.shipping import cli, handlers, invoices, queries_invoices
from floor.shipping.invoices import Buyer
from floor.shipping.models_invoices import BuyerKind, Invoice, InvoiceLine, SkuTax
from floor.shipping.states import InvoiceState
from tests import goods_out
from tests.factories import an_order
from tests.packing.worlds import World, a_world, person

#: The example of GB 32100-2015, and the same with another last sign.
GOOD, WRONG = "91350100M000100Y43", "91350100M000100Y44"
COMPANY = Buyer(BuyerKind.COMPANY, '=HYPERLINK("http://x")', GOOD, email="a@example.cn")


def an_order_to_bill(db, world: World) -> Order:
    order = an_order(db, [(world.tee, 2), (world.mug, 1)])
    order.discount_fen, order.freight_fen = 1001, 0
    db.add_all(SkuTax(sku_id=sku.id, tax_code="1040201990000000000", rate_bp=1300) for sku in (world.tee, world.mug))
    db.flush()
    return order


@pytest.mark.parametrize(("code", "is_right"), [(GOOD, True), (WRONG, False), ("", False), (GOOD[:17] + "O", False)])
def test_a_tax_number_proves_itself(code, is_right):
    assert invoices.is_credit_code(code) is is_right


def test_an_invoice_says_what_was_paid_and_is_exported_once(db):
    world, dai = a_world(db), person(db, "Dai")
    order = an_order_to_bill(db, world)
    with pytest.raises(Invalid, match="wrong_tax_id"):
        invoices.ask(db, order, Buyer(BuyerKind.COMPANY, "X", WRONG), dai)
    invoice = invoices.ask(db, order, COMPANY, dai)
    with pytest.raises(Conflict, match="invoice_there"):
        invoices.ask(db, order, COMPANY, dai)
    parts = db.exec(select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id)).all()
    gross = sum(line.unit_price_fen * line.qty for line, _sku in invoices.orders.lines_of(db, order.id))
    assert sum(line.amount_fen for line in parts) == gross - 1001
    for line in parts:
        net = line.amount_fen - line.tax_fen
        assert abs(net * 0.13 - line.tax_fen) < 1
    file = invoices.export(db, dai)
    header, rows = invoices.table(db, file)
    assert {len(row) for row in rows} == {len(header)}
    assert (len(rows), invoices.export(db, dai), invoice.state) == (2, None, InvoiceState.EXPORTED)
    assert {row[-1] for row in rows} == {file.number}
    assert b"\n1,'=" not in (body := to_csv(header, rows))
    assert b"'=HYPERLINK" in body
    assert b",=HYPERLINK" not in body
    invoices.again(db, file.id, dai)
    _header, once_more = invoices.table(db, file)
    assert [row[:-1] for row in once_more] == [row[:-1] for row in rows]
    assert all(row[-1] != file.number and row[-1].startswith(file.number) for row in once_more)
    number = "24312000000012345678"
    with pytest.raises(Invalid):
        invoices.issued(db, invoice.id, "123", date(2026, 11, 27), "", dai)
    for _twice in range(2):
        assert invoices.issued(db, invoice.id, number, date(2026, 11, 27), "", dai).number == number
    for again in (lambda: invoices.cancel(db, invoice, dai),
                  lambda: invoices.issued(db, invoice.id, number[::-1], date(2026, 11, 27), "", dai)):  # fmt: skip
        with pytest.raises(Conflict):
            again()


def test_goods_without_a_tax_code_wait_and_are_named(app, tmp_path):
    with unit_of_work() as db:
        world = a_world(db)
        order = an_order(db, [(world.tee, 1)])
        invoice = invoices.ask(db, order, Buyer(BuyerKind.PERSON, "Zhang San"), person(db, "Dai"))
        assert queries_invoices.problems(db, invoice) == ("no_tax_code",)
        tee = world.tee
    runner = app.test_cli_runner()
    assert "0 lines" in runner.invoke(cli.invoices, [str(tmp_path / "a.csv")]).output
    with unit_of_work() as db:
        invoices.tax(db, tee, SkuTax(sku_id=tee.id, tax_code="1040201990000000000", rate_bp=900), person(db, "Dai"))
        line = db.exec(select(InvoiceLine)).one()
        assert line.tax_fen == invoices.tax_inside(line.amount_fen, 900)
    assert "1 lines" in runner.invoke(cli.invoices, [str(tmp_path / "a.xlsx")]).output
    with unit_of_work() as db:
        assert db.exec(select(Invoice)).one().state is InvoiceState.EXPORTED


@pytest.mark.parametrize("text", ['=HYPERLINK("file:///etc/passwd")', "@SUM(1)", "+1+1", "-2+3", "<img src=file:///x>"])
def test_what_buyers_and_goods_are_called_is_text_in_every_file(db, text):
    world, dai = a_world(db), person(db, "Dai")
    order = an_order_to_bill(db, world)
    world.tee.name = world.tee.colour = text[:24]
    buyer = Buyer(BuyerKind.PERSON, text, address=text, phone=text, bank=text, account=text, email=text, note=text)
    invoices.ask(db, order, buyer, dai)
    stopped = an_order(db, [(world.mug, 1)])
    invoices.ask(db, stopped, buyer, dai)
    orders.advance(db, stopped, OrderAction.CANCEL, dai)
    header, rows = invoices.table(db, invoices.export(db, dai))
    assert stopped.number not in {row[1] for row in rows}
    assert sum(cell == text for row in rows for cell in row) >= 14
    for row in csv.reader(io.StringIO(to_csv(header, rows).decode("utf-8-sig"))):
        assert not [cell for cell in row if cell.startswith(("=", "@", "+", "-2"))]
    archive = zipfile.ZipFile(io.BytesIO(to_workbook(header, rows)))
    inside = b"".join(archive.read(name) for name in archive.namelist())
    assert b"<f>" not in inside
    assert not [name for name in archive.namelist() if "external" in name.lower()]
    sheet = openpyxl.load_workbook(io.BytesIO(to_workbook(header, rows))).active
    assert {cell.data_type for row in sheet for cell in row} <= {"s", "n", "inlineStr"}


@pytest.mark.parametrize(("fen", "over"), [(1001, [333, 333, 334]), (0, [5]), (7, [1, 1, 1]), (100, [0, 100])])
def test_what_is_spread_adds_up(fen, over):
    assert sum(invoices.spread(fen, over)) == fen


def test_an_order_that_asks_for_an_invoice_has_it_once_all_of_it_left(app):
    with unit_of_work() as db:
        world = a_world(db)
        (order_id,) = goods_out.delivered(db, world, 1)
        parcel = db.exec(select(Parcel)).one()
        order = db.get_one(Order, order_id)
        order.invoice_title, order.invoice_tax_id = "某公司", WRONG
        closed = Happened(1, 1, "shipping.manifest.closed", "manifest", 1, None, {"parcels": [parcel.id]}, clock.now())
    for _twice in range(2):
        handlers.ask_invoices(closed)
    with unit_of_work() as db:
        invoice = db.exec(select(Invoice)).one()
        assert (invoice.kind, invoice.tax_id, invoice.state) == (BuyerKind.COMPANY, "", InvoiceState.RELEASED)
        assert queries_invoices.problems(db, invoice) == ("no_tax_id", "no_tax_code")
        assert invoices.export(db, person(db, "Dai")) is None


def test_two_clerks_at_the_same_moment_make_one_file(app):
    with unit_of_work() as db:
        world, dai = a_world(db), person(db, "Dai")
        order = an_order_to_bill(db, world)
        invoice = invoices.ask(db, order, COMPANY, dai)
        seen = [invoice.id]
    said: list[str] = []
    ready = threading.Barrier(2)

    def clerk() -> None:
        ready.wait()
        try:
            with unit_of_work() as db:
                file = invoices.export(db, dai, seen)
                said.append(file.number)
        except Conflict as no:
            said.append(no.code)

    clerks = [threading.Thread(target=clerk) for _ in range(2)]
    for one in clerks:
        one.start()
    for one in clerks:
        one.join()
    assert sorted(said) == ["E-0001", "shipping.invoices_changed"]


def test_two_clerks_issue_nothing_twice_and_what_is_held_stays(app, sign_in):
    with unit_of_work() as db:
        world = a_world(db)
        dai = person(db, "Dai")
        numbers = [invoices.ask(db, an_order_to_bill(db, world), Buyer(BuyerKind.PERSON, "=1+1"), dai).id]
        numbers += [
            invoices.ask(db, an_order(db, [(world.tee, 1)]), Buyer(BuyerKind.PERSON, name), dai).id
            for name in ("Li", "Wang")
        ]
    chen, boss = sign_in("Chen"), sign_in("Dai")
    assert chen.post(f"/invoices/{numbers[2]}/hold", {"reason": ""}).status_code == 422
    assert chen.post(f"/invoices/{numbers[2]}/hold", {"reason": "waits for a call"}).status_code == 303
    assert "waits for a call" in chen.get("/invoices?state=held").text
    seen = {"ids": " ".join(map(str, numbers[:2]))}
    assert chen.post("/invoices/export", seen).status_code == 303
    late = boss.post("/invoices/export", seen)
    assert late.status_code == 409
    assert "Somebody else exported" in late.text
    assert boss.post("/invoices/export", {"ids": ""}).status_code == 409
    first = boss.get("/invoices/files/1.csv").data
    assert b"'=1+1" in first
    assert b"Wang" not in first
    assert boss.post("/invoices/files/1/again").status_code == 303
    again = boss.get("/invoices/files/1.xlsx")
    assert "again-1.xlsx" in again.headers["Content-Disposition"]
    before, after = (list(lines(body)) for body in (first, again.data))
    assert [line.cells[:-1] for line in before] == [line.cells[:-1] for line in after]
    assert all("E-0001" in line.cells[-1] != "E-0001" for line in after[1:])
    assert boss.post(f"/invoices/{numbers[0]}/hold", {"reason": "too late"}).status_code == 409
    assert boss.post(f"/invoices/{numbers[2]}/release", {"reason": "called"}).status_code == 303
    assert boss.post("/invoices/export", {"ids": str(numbers[2])}).status_code == 303
    issued = {"number": "24312000000012345678", "issued_on": "2026-11-27"}
    assert boss.post(f"/invoices/{numbers[0]}/issued", {**issued, "number": "12"}).status_code == 422
    assert boss.post(f"/invoices/{numbers[0]}/issued", issued).status_code == 303
    assert boss.post(f"/invoices/{numbers[1]}/issued", issued).status_code == 409
    assert run_checks({"invoices": queries_invoices.broken_invoices}) == {"invoices": []}
