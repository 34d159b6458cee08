"""`flask slips`: a whole run on paper; one bad order never stops the others."""

import pytest
from sqlmodel import select

from floor.kit import compute
from floor.kit.uow import unit_of_work
from floor.orders.models import Address, Order
from floor.shipments.models import Shipment
from floor.shipping import cli
from tests.packing.worlds import a_picked_shipment, a_world


@pytest.fixture
def run(app, monkeypatch):
    """Three shipments of run 7, one of them for an English reader; slips are printed as their order numbers."""

    def fake(_fn, slips, lang):
        if any(slip.notes == "unprintable" for slip in slips):
            raise ValueError("unprintable")
        return f"{lang}: {' '.join(slip.order_no for slip in slips)}".encode()

    monkeypatch.setattr(compute, "run", fake)
    with unit_of_work() as db:
        world = a_world(db)
        for lang in ("zh", "en", "zh"):
            shipment, _tote = a_picked_shipment(db, world, [(world.tee, 1)], lang=lang, buyer_id=f"b{world.slots}")
            shipment.run_id = 7
    return app.test_cli_runner(), [order.number for order in world.orders]


def test_slips_of_a_run_are_written_one_language_per_file(run, tmp_path):
    runner, (first, second, third) = run
    answer = runner.invoke(cli.slips, ["--run", "7", str(tmp_path / "slips.pdf")])
    assert answer.exit_code == 0, answer.output
    assert (tmp_path / "slips-001.pdf").read_text() == f"zh_Hans_CN: {first} {third}"
    assert (tmp_path / "slips-002.pdf").read_text() == f"en: {second}"
    assert "3 of 3" in answer.output


def test_one_bad_order_is_left_out_and_named(run, tmp_path):
    runner, (first, second, third) = run
    with unit_of_work() as db:
        order = db.exec(select(Order).where(Order.number == first)).one()
        db.delete(db.get_one(Address, order.id))
        number = db.exec(select(Shipment.number).where(Shipment.order_id == order.id)).one()
    answer = runner.invoke(cli.slips, ["--all", str(tmp_path / "slips.pdf")])
    assert answer.exit_code == 1
    assert number in answer.output
    assert "2 slips written, 1 left out" in answer.output
    assert (tmp_path / "slips-001.pdf").read_text() == f"zh_Hans_CN: {third}"
    assert (tmp_path / "slips-002.pdf").read_text() == f"en: {second}"


def test_a_slip_the_printer_cannot_draw_is_found_and_left_out(run, tmp_path, monkeypatch):
    runner, (first, _second, third) = run

    def picky(_fn, slips, lang):
        if first in [slip.order_no for slip in slips]:
            raise ValueError("too long")
        return f"{lang}: {' '.join(slip.order_no for slip in slips)}".encode()

    monkeypatch.setattr(compute, "run", picky)
    answer = runner.invoke(cli.slips, ["--run", "7", str(tmp_path / "slips.pdf")])
    assert answer.exit_code == 1
    assert "ValueError('too long')" in answer.output
    assert (tmp_path / "slips-001.pdf").read_text() == f"zh_Hans_CN: {third}"


def test_a_run_without_shipments_and_a_half_said_wish_are_refused(run, tmp_path):
    runner, _orders = run
    assert "no shipments" in runner.invoke(cli.slips, ["--run", "99", str(tmp_path / "x.pdf")]).output
    assert runner.invoke(cli.slips, [str(tmp_path / "x.pdf")]).exit_code == 2
    assert runner.invoke(cli.slips, ["--run", "7", "--all", str(tmp_path / "x.pdf")]).exit_code == 2
