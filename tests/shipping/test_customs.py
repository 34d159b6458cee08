"""The commercial invoice: what customs asks for, and sums that add up to what was paid in however many parcels."""

from dataclasses import replace

import pytest
from sqlmodel import select

from floor.kit.errors import Unknown
from floor.kit.uow import unit_of_work
from floor.orders import queries as orders
from floor.orders.models import OrderLine
from floor.packing import service as packing
from floor.paper.customs import CommercialInvoice, CustomsLine, Trader, commercial_invoice_pdf
from floor.shipping import customs
from floor.shipping.models_invoices import SkuTax
from tests import goods_out
from tests.packing.worlds import a_boxed_parcel, a_picked_shipment, a_world, check_all, person
from tests.paper.samples import DAY, page_count, words_of


def test_the_invoices_of_two_parcels_add_up_to_what_was_paid(db):
    world = a_world(db)
    db.add(SkuTax(sku_id=world.tee.id, tax_code="", hs_code="6109100000", origin="CN"))
    shipment, tote = a_picked_shipment(db, world, [(world.tee, 3), (world.mug, 2)])
    order = orders.order_for(db, shipment.order_id)
    order.discount_fen, order.freight_fen = 1001, 777
    address = orders.address_of(db, order.id)
    address.country, address.city, address.street = "DE", "Berlin", "Hauptstr. 7"
    gift = db.exec(select(OrderLine).where(OrderLine.sku_id == world.mug.id)).one()
    gift.unit_price_fen = 0
    bo = person(db, "Bo")
    pack = packing.open_tote(db, world.bench, tote.code, bo)
    check_all(db, pack, bo)
    tees, mugs = packing.queries.lines_of(db, pack.id)
    made = []
    for units in ({tees[0].id: 1, mugs[0].id: 2}, {tees[0].id: 2}):
        parcel = packing.box(db, pack, world.carton, 9_000, units, is_sure=True, actor=bo)
        made.append(customs.commercial_invoice(db, parcel))
    price = db.exec(select(OrderLine.unit_price_fen).where(OrderLine.sku_id == world.tee.id)).one()
    assert sum(one.total_fen for one in made) == 3 * price - 1001 + 777
    assert {one.incoterm for one in made} == {"DAP Berlin"}
    assert made[0].buyer.name == address.recipient
    assert (made[0].buyer.phone, made[0].buyer.country) == (address.phone, "DE")
    assert made[0].lines[0].hs_code == "6109100000"
    assert made[0].free_fen == 2 * world.mug.price_fen > 0
    for one in made:
        words = words_of(commercial_invoice_pdf(one))
        for said in ("Commercialinvoice", "商业发票", "6109100000", "DAPBerlin", "CNY", order.number, one.number):
            assert said in words


def test_a_parcel_that_stays_has_none_and_one_abroad_has_its_button(app, sign_in):
    with unit_of_work() as db:
        world = a_world(db)
        home, abroad = a_boxed_parcel(db, world), a_boxed_parcel(db, world)
        with pytest.raises(Unknown, match="no_customs"):
            customs.commercial_invoice(db, home)
        orders.address_of(db, world.orders[1].id).country = "JP"
        goods_out.numbered(db, abroad)
    bo = sign_in("Bo")
    assert "/invoice.pdf" not in bo.get(f"/parcels/{home.id}/label").text
    assert f"/parcels/{abroad.id}/invoice.pdf" in bo.get(f"/parcels/{abroad.id}/label").text
    assert bo.get(f"/parcels/{home.id}/invoice.pdf").status_code == 404
    assert sign_in("Ana").get(f"/parcels/{abroad.id}/invoice.pdf").status_code == 403
    answer = bo.get(f"/parcels/{abroad.id}/invoice.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")


@pytest.mark.parametrize(("fen", "units"), [(1001, 3), (7, 5), (0, 2), (-5, 3)])
def test_parts_of_units_add_up(fen, units):
    assert sum(customs.part(fen, before, 1, units) for before in range(units)) == fen


def test_sums_that_do_not_add_up_are_not_printed_and_long_ones_run_on():
    who = Trader("山野", "杭州", "0571-1")
    line = CustomsLine("S-1", "Tee", "短袖", "Navy L", "", "CN", 2, 190, 500)
    invoice = CommercialInvoice(
        "CI-P-1", DAY, "SO-1", DAY, who, who, "SF", "SF1", "DAP Berlin", "CNY", (line,) * 60, 100, 50, 59_950, 30_000
    )
    assert page_count(commercial_invoice_pdf(invoice)) >= 2
    assert "59,950" not in words_of(commercial_invoice_pdf(invoice))
    assert "599.50" in words_of(commercial_invoice_pdf(invoice))
    with pytest.raises(ValueError, match="is not"):
        commercial_invoice_pdf(replace(invoice, total_fen=59_951))
