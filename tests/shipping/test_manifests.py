"""Lorries: only this carrier's closed parcels get on, and the books follow when it leaves."""

import pytest
from sqlmodel import Session, select

from floor.events.models import AuditEvent
from floor.inventory import books
from floor.inventory import queries as stock
from floor.kit.errors import Conflict, Invalid
from floor.orders import service as orders
from floor.orders.states import OrderAction
from floor.packing import queries as packing
from floor.packing import service as bench
from floor.packing.models import Parcel
from floor.packing.states import ParcelState
from floor.shipments import queries as shipment_queries
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentState
from floor.shipping import papers, queries, resolving, service
from floor.shipping.models import ManifestState
from floor.shipping.service import LabelVerdict, LoadVerdict
from tests import factories
from tests.packing.worlds import World, a_boxed_parcel, a_picked_shipment, a_world, check_all, person


def a_closed_parcel(db: Session, world: World, **values) -> Parcel:
    """A parcel whose own label was scanned on it."""
    parcel = a_boxed_parcel(db, world, **values)
    close(db, parcel)
    return parcel


def close(db: Session, parcel: Parcel) -> str:
    bo = person(db, "Bo")
    waybill = service.ask_waybill(db, parcel.id)
    number = service.draw_number(db, waybill.id)
    service.receive_waybill(db, waybill.id, number, "571-A01-001", bo)
    assert service.prove_label(db, parcel, number, bo).verdict is LabelVerdict.CLOSED
    return number


def number_of(db: Session, parcel: Parcel) -> str:
    return queries.waybill_of(db, parcel.id).number


def the_books_agree(db: Session) -> bool:
    broken = [
        *books.broken_balances(db), *shipment_queries.broken_orders(db), *shipment_queries.broken_states(db),
        *packing.broken_parcels(db), *queries.broken_waybills(db), *queries.broken_manifests(db),
    ]  # fmt: skip
    assert broken == []
    return True


@pytest.fixture
def dock(db):
    """(world, closed parcel, open manifest, Bo)."""
    world = a_world(db)
    parcel, bo = a_closed_parcel(db, world), person(db, "Bo")
    return world, parcel, service.open_manifest(db, world.house.id, world.carrier, bo), bo


def test_a_carrier_has_one_open_manifest_per_house(db, dock):
    world, _parcel, manifest, bo = dock
    assert service.open_manifest(db, world.house.id, world.carrier, bo).id == manifest.id
    other = factories.a_warehouse(db, "CAN")
    assert service.open_manifest(db, other.id, world.carrier, bo).id != manifest.id
    assert manifest.number == f"M-{manifest.id:04d}"


def test_a_parcel_gets_on_by_its_waybill_or_our_own_number_once(db, dock):
    world, parcel, manifest, bo = dock
    second = a_closed_parcel(db, world)
    assert [row.parcel.id for row in queries.missing(db, manifest)] == [parcel.id, second.id]
    assert service.load(db, manifest, number_of(db, parcel), bo).verdict is LoadVerdict.LOADED
    assert service.load(db, manifest, number_of(db, parcel), bo).verdict is LoadVerdict.TWICE
    assert service.load(db, manifest, second.number.lower(), bo).verdict is LoadVerdict.LOADED
    assert (queries.loaded_count(db, manifest.id), queries.missing(db, manifest)) == (2, [])


def test_what_does_not_belong_on_this_lorry_stays_off(db, dock):
    world, parcel, manifest, bo = dock
    open_box = a_boxed_parcel(db, world)
    other_carrier = factories.a_carrier(db, "zto")
    foreign = a_closed_parcel(db, world)
    queries.waybill_of(db, foreign.id).carrier_id = other_carrier.id  # the number's carrier counts, not the plan's
    cancelled = a_boxed_parcel(db, world)
    gone = queries.waybill_of(db, cancelled.id) or service.ask_waybill(db, cancelled.id)
    service.receive_waybill(db, gone.id, "SF-CANCELLED-1", "571", bo)
    resolving.cancel(db, gone, bo)
    held = a_closed_parcel(db, world)
    orders.advance(db, queries.order_of(db, held), OrderAction.HOLD, bo)
    verdicts = {
        open_box.number: LoadVerdict.NOT_CLOSED,
        foreign.number: LoadVerdict.OTHER_CARRIER,
        held.number: LoadVerdict.STOPPED,
        "SF-CANCELLED-1": LoadVerdict.CANCELLED,
        "6901234567892": LoadVerdict.UNKNOWN,
    }
    assert {code: service.load(db, manifest, code, bo).verdict for code in verdicts} == verdicts
    assert queries.loaded_count(db, manifest.id) == 0
    assert parcel.state is ParcelState.LABELLED


def test_a_parcel_of_another_house_stays_off(db, dock):
    world, parcel, _manifest, bo = dock
    other = factories.a_warehouse(db, "CAN")
    theirs = service.open_manifest(db, other.id, world.carrier, bo)
    assert service.load(db, theirs, parcel.number, bo).verdict is LoadVerdict.OTHER_HOUSE


def test_the_last_parcel_can_come_off_again(db, dock):
    _world, parcel, manifest, bo = dock
    service.load(db, manifest, parcel.number, bo)
    assert service.unload_last(db, manifest, bo).id == parcel.id
    assert queries.loaded_count(db, manifest.id) == 0
    with pytest.raises(Conflict):
        service.unload_last(db, manifest, bo)


def test_the_lorry_takes_stock_and_shipments_with_it(db, dock):
    world, parcel, manifest, bo = dock
    service.load(db, manifest, parcel.number, bo)
    service.hand_over(db, manifest, "Wang", "S-77", bo)
    shipment = db.get_one(Shipment, parcel.shipment_id)
    line = db.exec(select(ShipmentLine)).one()
    assert (manifest.state, parcel.state, shipment.state) == (
        ManifestState.CLOSED, ParcelState.SHIPPED, ShipmentState.SHIPPED,
    )  # fmt: skip
    assert (line.packed, line.shipped, stock.balance_of(db, parcel.id, world.tee.id)) == (0, 2, 0)
    told = db.exec(select(AuditEvent).where(AuditEvent.kind == "shipments.shipment.ship")).one()
    assert told.data == {"carrier": "sf", "waybills": [number_of(db, parcel)], "manifest": manifest.number}
    assert the_books_agree(db)
    for verb in (lambda: service.load(db, manifest, parcel.number, bo), lambda: service.unload_last(db, manifest, bo),
                 lambda: service.hand_over(db, manifest, "Wang", "", bo)):  # fmt: skip
        with pytest.raises(Conflict):
            verb()
    again = service.open_manifest(db, world.house.id, world.carrier, bo)
    assert again.id != manifest.id
    assert service.load(db, again, parcel.number, bo).verdict is LoadVerdict.ELSEWHERE


def test_an_empty_lorry_does_not_leave(db, dock):
    *_rest, manifest, bo = dock
    with pytest.raises(Invalid) as refused:
        service.hand_over(db, manifest, "Wang", "", bo)
    assert refused.value.code == "shipping.empty_lorry"


def test_an_order_stopped_after_loading_stops_the_lorry(db, dock):
    _world, parcel, manifest, bo = dock
    service.load(db, manifest, parcel.number, bo)
    orders.advance(db, queries.order_of(db, parcel), OrderAction.HOLD, bo)
    with pytest.raises(Conflict) as refused:
        service.hand_over(db, manifest, "Wang", "", bo)
    assert refused.value.values["parcel"] == parcel.number


def test_a_shipment_is_shipped_when_its_last_parcel_left(db):
    world, bo = a_world(db), person(db, "Bo")
    shipment, tote = a_picked_shipment(db, world, [(world.tee, 2), (world.mug, 1)])
    pack = bench.open_tote(db, world.bench, tote.code, bo)
    check_all(db, pack, bo)
    tee, mug = (line for line, _sku in packing.lines_of(db, pack.id))
    first = bench.box(db, pack, world.carton, 650, {tee.id: 2}, is_sure=False, actor=bo)
    second = bench.box(db, pack, world.carton, 700, {mug.id: 1}, is_sure=False, actor=bo)
    for parcel, state in ((first, ShipmentState.PACKED), (second, ShipmentState.SHIPPED)):
        close(db, parcel)
        manifest = service.open_manifest(db, world.house.id, world.carrier, bo)
        service.load(db, manifest, parcel.number, bo)
        service.hand_over(db, manifest, "Wang", "", bo)
        assert shipment.state is state
        assert the_books_agree(db)


def test_check_names_a_parcel_that_left_without_a_lorry(db, dock):
    _world, parcel, manifest, bo = dock
    parcel.state = ParcelState.SHIPPED
    db.flush()
    assert queries.broken_manifests(db) == [f"parcel {parcel.number} is shipped, but manifest None is None"]
    parcel.state = ParcelState.LABELLED
    service.load(db, manifest, parcel.number, bo)
    manifest.state = ManifestState.CLOSED
    db.flush()
    assert "is labelled, but manifest" in queries.broken_manifests(db)[0]


def test_the_driver_signs_a_list_without_names(db, dock):
    _world, parcel, manifest, bo = dock
    service.load(db, manifest, parcel.number, bo)
    sheet = papers.manifest(db, manifest, "en")
    assert (sheet.carrier, sheet.warehouse, len(sheet.parcels)) == ("SF Express", "Shanghai", 1)
    assert "张" not in repr(sheet)


def test_lanes_show_what_waits_for_whom(db, dock):
    world, _parcel, manifest, _bo = dock
    a_closed_parcel(db, world)
    factories.a_carrier(db, "zto")
    lanes = queries.lanes(db, "SHA")
    assert [(lane.carrier.code, lane.waiting, lane.manifest and lane.manifest.id) for lane in lanes] == [
        ("sf", 2, manifest.id), ("zto", 0, None),
    ]  # fmt: skip
    assert [lane.carrier.code for lane in queries.lanes(db, "", "zto")] == ["zto"]
