"""The address changes while an order is on its way: the waybill uses the new one, or the change is refused."""

from dataclasses import replace

import pytest

from floor.care import service as care
from floor.kit.actor import SYSTEM
from floor.kit.errors import Conflict
from floor.orders import queries as orders
from floor.orders.models import Order
from floor.packing import service as packing
from floor.picking import service
from floor.shipments.states import ShipmentState
from floor.shipping import papers
from tests.factories import ADDRESS
from tests.goods_out import numbered
from tests.packing.worlds import a_picked_shipment, a_world, check_all, everything
from tests.picking.conftest import Picker, a_floor, person, shipments_of, sound

ELSEWHERE = replace(ADDRESS, city="宁波市", district="鄞州区", street="中山东路 1 号")


def test_while_a_walk_is_on_the_phone_it_goes_on_and_nothing_is_said(db):
    """In each state of a shipment up to its label: the walk need not stop, because nothing on it tells the address."""
    floor, ana = a_floor(db), person(db, "Ana")
    walk = floor.walk(db, [{0: 2}])
    (shipment,) = shipments_of(db, walk)
    order, seen = db.get_one(Order, shipment.order_id), []

    def change(city: str) -> None:
        db.refresh(shipment)
        seen.append(shipment.state)
        care.change_address(db, order, replace(ELSEWHERE, city=city), SYSTEM)
        assert orders.address_of(db, order.id).city == city

    change("planned")
    service.claim(db, walk.id, ana)
    service.bind_cart(db, walk.id, "C-SHA-1", ana)
    service.bind_tote(db, walk.id, floor.free_totes(db)[0].code, ana)
    picker = Picker(db, walk, ana)
    change("picking")
    assert picker.scan(picker.next_code()).code == "bin_right"
    picker.pick_all()
    service.finish(db, walk.id, "L1", ana)
    change("picked")
    assert seen == [ShipmentState.PLANNED, ShipmentState.PICKING, ShipmentState.PICKED]
    sound(db)


def test_the_waybill_has_the_new_address_and_once_a_bench_is_at_it_nothing_changes_it(db):
    world, bo = a_world(db), person(db, "Bo")
    shipment, tote = a_picked_shipment(db, world, [(world.tee, 2)])
    order = db.get_one(Order, shipment.order_id)
    care.change_address(db, order, ELSEWHERE, SYSTEM)
    pack = packing.open_tote(db, world.bench, tote.code, bo)
    check_all(db, pack, bo)
    with pytest.raises(Conflict) as refused:
        care.change_address(db, order, ADDRESS, SYSTEM)  # its label may be printed any moment
    assert refused.value.code == "care.label_printed"
    weight = world.carton.tare_g + 2 * world.tee.weight_g
    parcel = packing.box(db, pack, world.carton, weight, everything(db, pack), is_sure=False, actor=bo)
    numbered(db, parcel)
    paper = papers.waybill(db, parcel, 1)
    assert (paper.hub, ELSEWHERE.district in str(paper.receiver)) == ("宁波市", True)
