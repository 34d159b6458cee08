"""A line is lowered while its order is on the way: what nobody has picked goes back, and the picker hears of it."""

import pytest
from sqlmodel import select

from floor.care import service as care
from floor.inventory import queries as stock_queries
from floor.kit.actor import SYSTEM
from floor.kit.errors import Invalid
from floor.orders.models import OrderLine
from floor.picking import service
from floor.picking.states import StopState
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentState
from tests.factories import a_planned_shipment, an_order
from tests.picking.conftest import Picker, a_floor, person, shipments_of, sound

#: Scans before it -> what tote 1 (2 units of the first stop) may be lowered to, and what is said.
STATES = {
    "nothing scanned": (0, 1),
    "bin scanned": (1, 1),
    "some items in hand": (2, 1),
    "all items in hand": (4, 1),
    "put into its tote": (5, None),
}


@pytest.mark.parametrize(("scans", "may"), STATES.values(), ids=STATES)
def test_a_line_is_lowered_while_its_walk_is_on_the_phone(db, scans, may):
    floor, ana = a_floor(db), person(db, "Ana")
    picker = Picker(db, floor.started(db, [{0: 2, 3: 8}, {0: 1, 2: 1}], ana), ana)
    for _ in range(scans):
        picker.scan(picker.next_code())
    order_id = shipments_of(db, picker.walk)[0].order_id
    line, _other = db.exec(select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.id)).all()
    if may is None:
        with pytest.raises(Invalid) as refused:
            care.lower(db, order_id, line.id, 1, SYSTEM)
        assert (refused.value.code, refused.value.values["n"]) == ("care.picked_already", 2)
        return
    care.lower(db, order_id, line.id, may, SYSTEM)
    sound(db)
    said = picker.scan(picker.next_code())
    assert (said.code, said.values["slot"]) == ("order_changed", 1)
    first = picker.view.stops[0]
    assert (first.wanted, first.in_hand <= 2) == (2, True)
    picker.at = picker.view.after(None)
    assert picker.scan(picker.next_code()).code != "order_changed"  # said once
    picker.pick_all()
    service.finish(db, picker.walk.id, "L1", ana)
    assert stock_queries.balance_of(db, floor.bins[0].id, floor.skus[0].id) == 8
    sound(db)


def test_a_whole_line_leaves_the_walk_and_its_stop(db):
    floor, ana = a_floor(db), person(db, "Ana")
    picker = Picker(db, floor.started(db, [{0: 2, 3: 8}], ana), ana)
    order_id = shipments_of(db, picker.walk)[0].order_id
    lines = db.exec(select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.id)).all()
    care.lower(db, order_id, lines[1].id, 0, SYSTEM)
    assert [stop.code for stop in picker.view.stops if stop.state is StopState.OPEN] == ["A01-02-1"]
    with pytest.raises(Invalid) as refused:
        care.lower(db, order_id, lines[0].id, 0, SYSTEM)
    assert refused.value.code == "care.cancel_instead"
    sound(db)


def test_before_any_walk_the_shelf_has_them_again_and_an_empty_shipment_is_over(db):
    floor = a_floor(db)
    order = an_order(db, [(floor.skus[0], 3), (floor.skus[1], 1)])
    shipment = a_planned_shipment(db, order, [(floor.bins[0], floor.skus[0], 2)], floor.carrier)
    line = db.exec(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.id)).first()
    care.lower(db, order.id, line.id, 2, SYSTEM)  # the one no shipment holds goes first
    assert stock_queries.free_in(db, floor.bins[0].id, floor.skus[0].id) == 8
    care.lower(db, order.id, line.id, 0, SYSTEM)
    assert stock_queries.free_in(db, floor.bins[0].id, floor.skus[0].id) == 10
    assert db.get_one(Shipment, shipment.id).state is ShipmentState.CANCELLED
    with pytest.raises(Invalid):
        care.lower(db, order.id, line.id, 1, SYSTEM)
    sound(db)
