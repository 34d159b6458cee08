"""The bench's harder hours: the packing card, serial numbers, surplus, totes that join, parcels opened again."""

import pytest
from sqlmodel import col, select

from floor.catalog.models import CareKind, CareRule, CheckBy, PackingClass, Tracking
from floor.events.models import AuditEvent
from floor.inventory import books, lots
from floor.inventory import queries as stock
from floor.inventory import service as inventory
from floor.inventory.models import CountTask, Lot, MoveReason, PlaceKind
from floor.inventory.service import Move
from floor.kit.errors import Conflict, Invalid
from floor.orders import service as orders
from floor.orders.models import Order, OrderLine
from floor.orders.states import OrderAction
from floor.packing import boxing, caring, goods, labels, merging, proving, queries, reopening, service, trouble
from floor.packing.models import Pack, PackLine, PackScan
from floor.packing.service import Then, Trouble, Verdict, WeightWhy
from floor.packing.states import PackState, ParcelState
from floor.picking.models import WalkTote
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentState
from floor.shipping import queries as shipping
from floor.shipping import relabelling
from floor.shipping import service as waybills
from floor.shipping.models import Waybill, WaybillState
from floor.shipping.service import LabelVerdict
from tests import factories, goods_out
from tests.factories import ean
from tests.packing.test_service import the_books_agree
from tests.packing.worlds import (
    World,
    a_boxed_parcel,
    a_picked_shipment,
    a_world,
    check_all,
    do_card,
    everything,
    person,
)


@pytest.fixture(autouse=True)
def _shipping_answers_for_labels():
    labels.learn(relabelling.Labels())


def sound(db) -> None:
    assert the_books_agree(db)
    assert [*books.broken_lots(db), *proving.broken_heaps(db), *shipping.broken_waybills(db)] == []


def begun(db, world: World, wants=None, **values) -> Pack:
    _shipment, tote = a_picked_shipment(db, world, wants or [(world.tee, 2), (world.mug, 1)], **values)
    return service.open_tote(db, world.bench, tote.code, person(db, "Bo"))


def lines(db, pack) -> list[PackLine]:
    return list(db.exec(select(PackLine).where(PackLine.pack_id == pack.id).order_by(col(PackLine.id))))


def boxed(db, world, pack, grams: int, units=None):
    return boxing.box(db, pack, world.carton, grams, units or everything(db, pack), False, person(db, "Bo"))


# --- the packing card -----------------------------------------------------------------------------------------


def test_every_step_the_goods_and_the_order_ask_for_stands_before_the_parcel(db):
    world, bo = a_world(db), person(db, "Bo")
    world.tee.packing_class, world.tee.is_cold = PackingClass.ELECTRONICS, True
    db.add_all(
        [
            CareRule(kind=CareKind.LEAFLET, category="", packing_class="electronics", code="LEAFLET-7"),
            CareRule(kind=CareKind.FRAGILE, packing_class="fragile", code="BUBBLE"),
            CareRule(kind=CareKind.LEAFLET, sku_id=world.mug.id, packing_class="liquid"),
        ]
    )
    db.flush()
    pack = begun(db, world, gift_wrap=True, gift_message="Hi")
    card = [(care.kind.value, care.sku_id, care.code) for care, _sku in caring.card_of(db, pack.id)]
    assert card == [
        ("electronics", world.tee.id, ""), ("cold", world.tee.id, ""), ("leaflet", world.tee.id, "LEAFLET-7"),
        ("fragile", world.mug.id, "BUBBLE"), ("gift_wrap", None, ""), ("gift_card", None, ""),
    ]  # fmt: skip
    check_all(db, pack, bo, cares=False)
    tee, mug = lines(db, pack)
    with pytest.raises(Conflict) as refused:
        boxed(db, world, pack, 650, {tee.id: 2})
    assert (refused.value.code, refused.value.values["n"]) == ("packing.steps_left", 3)
    first = caring.next_step(db, pack.id)
    caring.confirm(db, pack, first, "", bo)
    caring.confirm(db, pack, caring.next_step(db, pack.id), "", bo)
    leaflet = caring.next_step(db, pack.id)
    with pytest.raises(Conflict) as refused:
        caring.confirm(db, pack, leaflet, "", bo)
    assert refused.value.code == "packing.scan_the_material"
    assert caring.scanned(db, pack, "SOMETHING", bo) is None
    assert caring.scanned(db, pack, "leaflet-7", bo) is leaflet
    boxed(db, world, pack, 650, {tee.id: 2})
    with pytest.raises(Conflict):  # the mug, and what the whole parcel asks for
        boxed(db, world, pack, 700, {mug.id: 1})
    do_card(db, pack, bo)
    boxed(db, world, pack, 700, {mug.id: 1})
    assert pack.state is PackState.BOXED
    sound(db)


def test_steps_are_taken_back_one_by_one_and_goods_that_do_not_go_ask_for_none(db):
    world, bo = a_world(db), person(db, "Bo")
    pack = begun(db, world)
    check_all(db, pack, bo)
    taken = service.undo_last(db, pack, bo)
    assert (taken.kind, taken.done_at) == (CareKind.FRAGILE, None)
    assert service.undo_last(db, pack, bo).sku_id == world.mug.id
    service.report(db, pack, lines(db, pack)[1], 1, Trouble.MISSING, bo)
    assert (caring.card_of(db, pack.id), pack.state) == ([], PackState.VERIFIED)
    boxed(db, world, pack, 650)
    sound(db)


# --- how goods are checked ------------------------------------------------------------------------------------


def test_a_line_may_be_checked_by_one_scan_and_is_taken_back_as_one(db):
    world, bo = a_world(db), person(db, "Bo")
    world.tee.check_by = CheckBy.LINE
    pack = begun(db, world, [(world.tee, 7), (world.mug, 1)])
    assert service.check_item(db, pack, ean(world.tee), bo).verdict is Verdict.CHECKED
    assert [line.verified for line in lines(db, pack)] == [7, 0]
    assert service.check_item(db, pack, ean(world.tee), bo).verdict is Verdict.ENOUGH
    service.undo_check(db, pack, bo)
    assert [line.verified for line in lines(db, pack)] == [0, 0]
    service.check_item(db, pack, ean(world.tee), bo)
    service.check_item(db, pack, ean(world.mug), bo)
    service.report(db, pack, lines(db, pack)[0], 2, Trouble.DAMAGED, bo)
    assert (lines(db, pack)[0].verified, pack.state) == (5, PackState.VERIFIED)
    sound(db)


def a_numbered_pack(db) -> tuple[World, Pack, list[str]]:
    """Two cameras by their numbers; the books guess C-1 and C-2 are in the tote, C-3 lies on the shelf."""
    world = a_world(db)
    camera = factories.a_sku(db, "CAMERA")
    camera.tracking, camera.check_by = Tracking.SERIAL, CheckBy.SERIAL
    shelf = world.bins[camera.id] = factories.a_bin(db, world.house, "A03-01-1")
    db.flush()
    numbers = ["C-1", "C-2", "C-3"]
    lots.make_lots(db, [(camera, number, None) for number in numbers])
    supplier = inventory.beyond(db, PlaceKind.SUPPLIER, world.house.id)
    for number in numbers:
        lot = lots.lot_called(db, camera.id, number)
        move = Move(camera.id, 1, supplier, shelf.id, MoveReason.OPENING, lot_id=lot.id)
        inventory.move(db, [move], "opening", 0, factories.SYSTEM)
    return world, begun(db, world, [(camera, 2)]), numbers


def test_units_with_numbers_are_checked_by_number_and_the_books_follow_what_was_really_picked(db):
    world, pack, (one, two, three) = a_numbered_pack(db)
    bo, (line,) = person(db, "Bo"), lines(db, pack)
    code = ean(db.get_one(factories.Sku, line.sku_id))
    seen = [
        service.check_item(db, pack, scanned, bo).verdict
        for scanned in (code, f"(01)0{code}(21)NOBODY", f"(01)0{code}(21){one}", one, three.lower())
    ]
    assert seen == [
        Verdict.NUMBER_FIRST, Verdict.WRONG_NUMBER, Verdict.CHECKED, Verdict.TWICE, Verdict.VERIFIED
    ]  # fmt: skip
    shelf = world.bins[line.sku_id].id
    known = {lot.code: lot.id for lot in db.exec(select(Lot).where(Lot.sku_id == line.sku_id))}
    assert goods.place_of_lot(db, known[two], [shelf]) == shelf, "the one the books had guessed lies there"
    parcel = boxed(db, world, pack, 250 + 2 * 200)
    assert goods.lots_in(db, line.sku_id, [parcel.id]) == sorted([known[one], known[three]])
    sound(db)


def test_of_numbered_units_the_one_nobody_scanned_is_missing(db):
    world, pack, (one, two, _three) = a_numbered_pack(db)
    bo, (line,) = person(db, "Bo"), lines(db, pack)
    service.check_item(db, pack, two, bo)
    service.report(db, pack, line, 1, Trouble.MISSING, bo)
    known = {lot.code: lot.id for lot in db.exec(select(Lot).where(Lot.sku_id == line.sku_id))}
    places = queries.places_of(db, pack)
    assert goods.lots_in(db, line.sku_id, places) == [known[two]]
    parcel = boxed(db, world, pack, 450)
    assert goods.lots_in(db, line.sku_id, [parcel.id]) == [known[two]]
    assert known[one] not in goods.lots_in(db, line.sku_id, [world.bins[line.sku_id].id])
    sound(db)


# --- what becomes of units ------------------------------------------------------------------------------------


@pytest.mark.parametrize("then", list(Then))
def test_missing_units_are_sent_later_waited_for_or_left_out(db, then):
    world, bo = a_world(db), person(db, "Bo")
    pack = begun(db, world)
    tee, _mug = lines(db, pack)
    service.report(db, pack, tee, 1, Trouble.MISSING, bo, then)
    line = db.exec(select(OrderLine).where(OrderLine.sku_id == world.tee.id)).one()
    shipment = db.get_one(Shipment, pack.shipment_id)
    assert (line.backordered, line.cancelled) == ((0, 1) if then is Then.WITHOUT else (1, 0))
    assert len(db.exec(select(CountTask)).all()) == 1
    if then is Then.WAIT:
        assert (pack.state, shipment.state) == (PackState.ABANDONED, ShipmentState.PICKED)
        assert [row.units for row in queries.queue_of(db, world.house.id)] == [2]
    else:
        assert (pack.state, shipment.state) == (PackState.OPEN, ShipmentState.PACKING)
    sound(db)


def test_what_is_too_many_goes_to_the_put_back_shelf_and_its_bin_is_counted(db):
    world, bo = a_world(db), person(db, "Bo")
    dock = factories.a_bin(db, world.house, "A04-07-1", factories.BinKind.DOCK)
    pack, shelf = begun(db, world), world.bins[world.tee.id].id
    before = stock.balance_of(db, shelf, world.tee.id)
    trouble.surplus(db, pack, lines(db, pack)[0], 2, bo)
    assert stock.balance_of(db, dock.id, world.tee.id) == 2
    assert stock.balance_of(db, shelf, world.tee.id) == before - 2
    assert db.exec(select(CountTask.bin_id)).all() == [shelf]
    assert [line.verified for line in lines(db, pack)] == [0, 0]
    sound(db)


def test_a_carton_too_small_leads_to_the_next_larger_until_none_is_left(db):
    world, bo = a_world(db), person(db, "Bo")
    larger = factories.a_carton(db, "K5", (500, 400, 300))
    pack = begun(db, world)
    assert boxing.refuse_carton(db, pack, world.carton, bo).code == "K5"
    assert boxing.refuse_carton(db, pack, larger, bo) is None
    assert pack.too_small == ["K3", "K5"]


def test_a_weight_that_is_off_is_taken_for_a_reason_that_is_kept(db):
    world, bo = a_world(db), person(db, "Bo")
    pack = begun(db, world)
    check_all(db, pack, bo)
    parcel = boxing.box(db, pack, world.carton, 1900, everything(db, pack), True, bo, WeightWhy.FILLING)
    assert parcel.weight_why == "filling"
    told = db.exec(select(AuditEvent).where(AuditEvent.kind == "packing.parcel.boxed")).one()
    assert told.data["why"] == "filling"


# --- two totes, one parcel ------------------------------------------------------------------------------------


def test_a_second_tote_of_the_order_joins_and_one_parcel_takes_both(db):
    world, bo = a_world(db), person(db, "Bo")
    pack = begun(db, world, [(world.tee, 2)])
    other = _another_shipment(db, world, world.orders[0], [(world.mug, 1), (world.tee, 1)])
    check_all(db, pack, bo)
    assert [brother.totes for brother in queries.brothers_of(db, pack)] == [("T-SHA-2",)]
    assert merging.join(db, pack, "T-SHA-1", bo) == 0
    assert merging.join(db, pack, "t-sha-2", bo) == 2
    assert (pack.state, other.state) == (PackState.OPEN, ShipmentState.CANCELLED)
    assert [(line.sku_id, line.qty, line.verified) for line in lines(db, pack)] == [
        (world.tee.id, 3, 2), (world.mug.id, 1, 0)
    ]  # fmt: skip
    sound(db)
    service.check_item(db, pack, ean(world.tee), bo)
    service.check_item(db, pack, ean(world.mug), bo)
    do_card(db, pack, bo)
    parcel = boxed(db, world, pack, 250 + 600 + 450)
    service.label(db, parcel, bo)
    assert not any(db.exec(select(WalkTote.is_busy)).all())
    assert {queries.contents_of(db, parcel.id)[n][0].qty for n in (0, 1)} == {3, 1}


def _another_shipment(db, world: World, order: Order, wants) -> Shipment:
    """The order wanted more: a second shipment of it, picked into the next tote."""
    shipment, _tote = a_picked_shipment(db, world, wants)
    stranger = world.orders.pop()
    line_of = {line.sku_id: line for line in db.exec(select(OrderLine).where(OrderLine.order_id == order.id))}
    for line in db.exec(select(OrderLine).where(OrderLine.order_id == stranger.id)).all():
        mine = line_of.get(line.sku_id)
        if mine is None:
            line.order_id = order.id
            continue
        mine.qty += line.qty
        for held in db.exec(select(ShipmentLine).where(ShipmentLine.order_line_id == line.id)).all():
            held.order_line_id = mine.id
            db.add(held)
        db.flush()
        db.delete(line)
    shipment.order_id = order.id
    db.add(shipment)
    db.flush()
    return shipment


def test_a_tote_of_another_order_or_of_none_does_not_join(db):
    world, bo = a_world(db), person(db, "Bo")
    pack = begun(db, world, [(world.tee, 2)])
    a_picked_shipment(db, world, [(world.mug, 1)])
    for code, reason in (("T-SHA-2", "packing.other_order"), ("T-SHA-8", "packing.empty_tote")):
        with pytest.raises(Invalid) as refused:
            merging.join(db, pack, code, bo)
        assert refused.value.code == reason


# --- a parcel opened again ------------------------------------------------------------------------------------


def labelled(db, world):
    parcel = a_boxed_parcel(db, world, [(world.tee, 2), (world.mug, 1)])
    number = goods_out.labelled(db, parcel)
    return parcel, number, db.get_one(Pack, parcel.pack_id)


def test_a_parcel_opened_and_closed_unchanged_keeps_its_number_and_its_label(db):
    world, dai = a_world(db), person(db, "Dai")
    parcel, number, pack = labelled(db, world)
    assert pack.state is PackState.CLOSED
    reopening.reopen(db, parcel, world.bench, dai)
    shipment = db.get_one(Shipment, pack.shipment_id)
    assert (parcel.state, pack.state, shipment.state) == (
        ParcelState.OPENED, PackState.VERIFIED, ShipmentState.PACKING
    )  # fmt: skip
    assert (pack.packer_id, stock.balance_of(db, pack.heap_id, world.tee.id)) == (dai.id, 2)
    sound(db)
    for verb in (service.undo_check, service.abandon):
        with pytest.raises(Conflict):
            verb(db, pack, dai)
    again = boxed(db, world, pack, 1110)
    assert (again.id, shipping.waybill_of(db, parcel.id).number) == (parcel.id, number)
    assert waybills.prove_label(db, parcel, number, dai).verdict is LabelVerdict.CLOSED
    assert (pack.state, shipment.state) == (PackState.CLOSED, ShipmentState.PACKED)
    sound(db)


def test_a_parcel_that_changed_voids_its_number_and_the_old_label_closes_nothing(db):
    world, bo = a_world(db), person(db, "Bo")
    parcel, number, pack = labelled(db, world)
    reopening.reopen(db, parcel, None, bo)
    tee, mug = lines(db, pack)
    first = boxed(db, world, pack, 650, {tee.id: 2})
    second = boxed(db, world, pack, 700, {mug.id: 1})
    assert (first.id, second.id != parcel.id, pack.state) == (parcel.id, True, PackState.BOXED)
    assert waybills.prove_label(db, first, number, bo).verdict is LabelVerdict.UNKNOWN
    new = goods_out.numbered(db, first)
    assert new != number
    states = db.exec(select(Waybill.state).where(Waybill.parcel_id == parcel.id).order_by(Waybill.id)).all()
    assert states == [WaybillState.VOID, WaybillState.ACTIVE]
    other = goods_out.numbered(db, second)
    assert waybills.prove_label(db, first, other, bo).verdict is LabelVerdict.OTHERS
    assert waybills.prove_label(db, first, new, bo).verdict is LabelVerdict.CLOSED
    assert waybills.prove_label(db, second, other, bo).verdict is LabelVerdict.CLOSED
    assert pack.state is PackState.CLOSED
    sound(db)


def test_two_parcels_become_one_and_the_empty_ones_number_is_void(db):
    world, bo = a_world(db), person(db, "Bo")
    pack = begun(db, world)
    check_all(db, pack, bo)
    tee, mug = lines(db, pack)
    one, two = boxed(db, world, pack, 650, {tee.id: 2}), boxed(db, world, pack, 700, {mug.id: 1})
    numbers = [goods_out.numbered(db, parcel) for parcel in (one, two)]
    for parcel in (two, one):
        reopening.reopen(db, parcel, None, bo)
    boxed(db, world, pack, 1100)
    assert (one.state, two.state) == (ParcelState.BOXED, ParcelState.VOID)
    assert shipping.waybill_of(db, two.id) is None
    assert waybills.prove_label(db, one, numbers[1], bo).verdict is LabelVerdict.UNKNOWN
    goods_out.labelled(db, one)
    assert pack.state is PackState.CLOSED
    sound(db)


def test_a_parcel_on_the_lorry_or_gone_is_not_opened(db):
    world, bo = a_world(db), person(db, "Bo")
    parcel, number, _pack = labelled(db, world)
    lorry = waybills.open_manifest(db, world.house.id, world.carrier, bo)
    waybills.load(db, lorry, number, bo)
    with pytest.raises(Conflict) as refused:
        reopening.reopen(db, parcel, None, bo)
    assert refused.value.code == "packing.on_lorry"
    waybills.hand_over(db, lorry, "沪A 1", "", bo)
    assert reopening.stands_against(db, parcel) == "packing.parcel_gone"


def test_the_last_box_is_taken_back_by_undo(db):
    world, bo = a_world(db), person(db, "Bo")
    pack = begun(db, world)
    check_all(db, pack, bo)
    parcel = boxed(db, world, pack, 1100)
    again, opened = reopening.reopen_newest(db, pack.id, bo)
    assert (again.state, opened.id) == (PackState.VERIFIED, parcel.id)
    sound(db)


# --- a stopped order ------------------------------------------------------------------------------------------


def test_a_cancelled_order_stops_at_the_bench_and_its_goods_go_back_to_the_shelf(db):
    world, bo = a_world(db), person(db, "Bo")
    dock = factories.a_bin(db, world.house, "A04-07-1", factories.BinKind.DOCK)
    pack = begun(db, world)
    check_all(db, pack, bo)
    tee, _mug = lines(db, pack)
    parcel = boxed(db, world, pack, 650, {tee.id: 2})
    with pytest.raises(Conflict):
        trouble.send_back(db, pack, bo)
    orders.advance(db, world.orders[0], OrderAction.CANCEL, person(db, "Chen"))
    with pytest.raises(Conflict) as refused:
        boxed(db, world, pack, 700)
    assert refused.value.code == "packing.cancelled"
    trouble.send_back(db, pack, bo)
    assert (stock.balance_of(db, dock.id, world.tee.id), stock.balance_of(db, dock.id, world.mug.id)) == (2, 1)
    assert (parcel.state, db.get_one(Shipment, pack.shipment_id).state) == (ParcelState.VOID, ShipmentState.CANCELLED)
    assert {line.cancelled - line.qty for line in db.exec(select(OrderLine)).all()} == {0}
    assert not db.exec(select(WalkTote.is_busy)).one()
    assert db.exec(select(PackScan)).all()
    sound(db)
