"""Electronic invoices: what was paid, to the last fen, held once and exported once; a spreadsheet runs none of it."""

from datetime import date

import pytest
from sqlmodel import select

from floor.kit.errors import Conflict, Invalid
from floor.kit.spreadsheet import to_csv
from floor.kit.uow import unit_of_work
from floor.orders.models import Order
from floor.shipping import cli, invoices
from floor.shipping.invoices import Buyer
from floor.shipping.models_invoices import BuyerKind, Invoice, InvoiceLine, InvoiceState, SkuTax
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
    lines = db.exec(select(InvoiceLine).where(InvoiceLine.invoice_id == invoice.id)).all()
    gross = sum(line.unit_price_fen * line.qty for line, _sku in invoices.orders.lines_of(db, order.id))
    assert sum(line.amount_fen for line in lines) == gross - 1001
    for line in lines:
        net = line.amount_fen - line.tax_fen
        assert abs(net * 0.13 - line.tax_fen) < 1
    header, rows = invoices.export(db, dai)
    assert {len(row) for row in rows} == {len(header)}
    assert (len(rows), invoices.export(db, dai)[1], invoice.state) == (2, [], InvoiceState.EXPORTED)
    assert b"\n1,'=" not in (body := to_csv(header, rows))
    assert b"'=HYPERLINK" in body
    assert b",=HYPERLINK" not in body
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
        assert invoices.missing(db, invoice) == [world.tee.name]
    runner = app.test_cli_runner()
    assert "0 lines" in runner.invoke(cli.invoices, [str(tmp_path / "a.csv")]).output
    with unit_of_work() as db:
        db.exec(select(InvoiceLine)).one().tax_code = "1040201990000000000"
    assert "1 lines" in runner.invoke(cli.invoices, [str(tmp_path / "a.xlsx")]).output
    with unit_of_work() as db:
        assert db.exec(select(Invoice)).one().state is InvoiceState.EXPORTED


@pytest.mark.parametrize(("fen", "over"), [(1001, [333, 333, 334]), (0, [5]), (7, [1, 1, 1]), (100, [0, 100])])
def test_what_is_spread_adds_up(fen, over):
    assert sum(invoices.spread(fen, over)) == fen
