"""The bench's verbs: every unit is seen, a wrong one never counts, and the books follow the goods."""

import pytest
from sqlmodel import col, select

from floor.events.models import AuditEvent
from floor.inventory import books
from floor.inventory import queries as stock
from floor.inventory import service as inventory
from floor.inventory.models import CountTask, PlaceKind
from floor.kit.errors import Conflict, Invalid
from floor.orders import service as orders
from floor.orders.models import OrderLine
from floor.orders.states import OrderAction
from floor.packing import queries, service
from floor.packing.models import PackLine, Parcel
from floor.packing.service import Trouble, Verdict
from floor.packing.states import PackState, ParcelState
from floor.picking.models import WalkTote
from floor.shipments import queries as shipment_queries
from floor.shipments.models import ShipmentLine
from floor.shipments.states import ShipmentState
from tests import factories
from tests.factories import ean
from tests.packing.worlds import a_picked_shipment, a_world, check_all, do_card, everything, person


def the_books_agree(db) -> bool:
    broken = [
        *books.broken_balances(db), *books.broken_reservations(db), *shipment_queries.broken_orders(db),
        *shipment_queries.broken_promises(db), *shipment_queries.broken_states(db), *queries.broken_parcels(db),
    ]  # fmt: skip
    assert broken == []
    return True


def opened(db, wants=None, **values):
    world = a_world(db)
    shipment, tote = a_picked_shipment(db, world, wants or [(world.tee, 2), (world.mug, 1)], **values)
    bo = person(db, "Bo")
    return world, shipment, service.open_tote(db, world.bench, tote.code, bo), bo


def lines(db, pack):
    return db.exec(select(PackLine).where(PackLine.pack_id == pack.id).order_by(col(PackLine.id))).all()


def test_scanning_a_tote_opens_a_pack_with_what_was_picked(db):
    world, shipment, pack, _bo = opened(db)
    assert (pack.state, shipment.state) == (PackState.OPEN, ShipmentState.PACKING)
    assert [(line.sku_id, line.qty) for line in lines(db, pack)] == [(world.tee.id, 2), (world.mug.id, 1)]


def test_the_same_packer_finds_the_pack_already_begun(db):
    world, _shipment, pack, bo = opened(db)
    assert service.open_tote(db, world.bench, "T-SHA-1", bo).id == pack.id


def test_a_second_packer_is_told_who_has_the_tote(db):
    world, _shipment, _pack, _bo = opened(db)
    with pytest.raises(Conflict) as refused:
        service.open_tote(db, world.bench, "T-SHA-1", person(db, "Dai"))
    assert (refused.value.code, refused.value.values["who"]) == ("packing.opened_elsewhere", "Bo")


@pytest.mark.parametrize(("code", "reason"), [("T-SHA-8", "packing.empty_tote"), ("A01-01-1", "packing.not_a_tote")])
def test_a_tote_without_goods_and_a_code_that_is_no_tote_are_refused(db, code, reason):
    world, _shipment, _pack, bo = opened(db)
    with pytest.raises(Invalid) as refused:
        service.open_tote(db, world.bench, code, bo)
    assert refused.value.code == reason


def test_a_tote_of_another_house_is_refused(db):
    world, _shipment, _pack, bo = opened(db)
    factories.a_warehouse(db, "CAN")
    with pytest.raises(Invalid) as refused:
        service.open_tote(db, world.bench, "T-CAN-1", bo)
    assert refused.value.code == "packing.other_house"


@pytest.mark.parametrize(
    ("action", "reason"), [(OrderAction.HOLD, "packing.on_hold"), (OrderAction.CANCEL, "packing.cancelled")]
)
def test_a_tote_whose_order_may_not_leave_is_not_opened(db, action, reason):
    world = a_world(db)
    _shipment, tote = a_picked_shipment(db, world, [(world.tee, 1)])
    orders.advance(db, world.orders[0], action, person(db, "Chen"))
    with pytest.raises(Conflict) as refused:
        service.open_tote(db, world.bench, tote.code, person(db, "Bo"))
    assert refused.value.code == reason


def test_items_are_checked_in_any_order_and_the_last_one_verifies(db):
    world, _shipment, pack, bo = opened(db)
    seen = [service.check_item(db, pack, code, bo).verdict for code in (ean(world.tee), ean(world.mug), ean(world.tee))]
    assert seen == [Verdict.CHECKED, Verdict.CHECKED, Verdict.VERIFIED]
    assert pack.state is PackState.VERIFIED


def test_a_wrong_item_is_never_counted_and_leaves_a_trace(db):
    world, _shipment, pack, bo = opened(db)
    stranger = factories.a_sku(db, "SOCK")
    assert service.check_item(db, pack, ean(stranger), bo).verdict is Verdict.NOT_OURS
    assert service.check_item(db, pack, "4006381333931", bo).verdict is Verdict.UNKNOWN
    assert [line.verified for line in lines(db, pack)] == [0, 0]
    trace = db.exec(select(AuditEvent).where(AuditEvent.kind == "packing.item.refused")).one()
    assert trace.data == {"sku": "SOCK", "why": "not_ours"}
    assert world.mug.id != stranger.id


def test_more_than_ordered_is_not_counted(db):
    world, _shipment, pack, bo = opened(db, None)
    service.check_item(db, pack, ean(world.mug), bo)
    assert service.check_item(db, pack, ean(world.mug), bo).verdict is Verdict.ENOUGH
    assert [line.verified for line in lines(db, pack)] == [0, 1]


def test_undo_takes_back_the_newest_check_first(db):
    world, _shipment, pack, bo = opened(db)
    for sku in (world.tee, world.mug, world.tee):
        service.check_item(db, pack, ean(sku), bo)
    undone = [service.undo_check(db, pack, bo).sku_id for _ in range(3)]
    assert undone == [world.tee.id, world.mug.id, world.tee.id]
    assert pack.state is PackState.OPEN
    with pytest.raises(Conflict):
        service.undo_check(db, pack, bo)


def test_whose_a_wrong_item_is_names_the_order_beside_it(db):
    world, _shipment, pack, _bo = opened(db)
    sock = factories.a_sku(db, "SOCK")
    world.bins[sock.id] = factories.a_bin(db, world.house, "A03-01-1")
    factories.stock(db, world.bins[sock.id], sock, 9)
    _other, tote = a_picked_shipment(db, world, [(sock, 1)])
    owner = queries.owner_of(db, pack, sock.id)
    assert (owner.order_number, owner.tote, owner.slot) == (world.orders[1].number, tote.code, 2)
    assert queries.owner_of(db, pack, world.tee.id) is None


def test_boxing_everything_moves_the_goods_and_finishes_the_shipment(db):
    world, shipment, pack, bo = opened(db)
    check_all(db, pack, bo)
    parcel = service.box(db, pack, world.carton, 1100, everything(db, pack), is_sure=False, actor=bo)
    assert (parcel.number, parcel.expected_g) == (f"P-{parcel.id:06d}", 250 + 2 * 200 + 450)
    assert (pack.state, shipment.state) == (PackState.BOXED, ShipmentState.PACKED)
    assert stock.balance_of(db, pack.tote_id, world.tee.id) == 0
    assert stock.balance_of(db, parcel.id, world.tee.id) == 2
    assert the_books_agree(db)


def test_nothing_is_boxed_before_every_item_is_checked(db):
    world, _shipment, pack, bo = opened(db)
    service.check_item(db, pack, ean(world.tee), bo)
    with pytest.raises(Conflict) as refused:
        service.box(db, pack, world.carton, 450, everything(db, pack), is_sure=True, actor=bo)
    assert refused.value.code == "packing.not_verified"


def test_a_weight_that_is_off_asks_once_and_is_taken_when_somebody_is_sure(db):
    world, _shipment, pack, bo = opened(db)
    check_all(db, pack, bo)
    with pytest.raises(Invalid) as refused:
        service.box(db, pack, world.carton, 900, everything(db, pack), is_sure=False, actor=bo)
    assert (refused.value.code, refused.value.values["expected"]) == ("packing.weight_off", 1100)
    assert db.exec(select(Parcel)).all() == []
    assert service.box(db, pack, world.carton, 900, everything(db, pack), is_sure=True, actor=bo).weight_g == 900


def test_the_likeliest_lines_explain_the_scale(db):
    world = a_world(db)
    units = [(world.tee, 2), (world.mug, 1)]
    assert [(s.sku.code, s.units) for s in queries.suspects(-450, units)] == [("MUG-RED", -1), ("TEE-NAVY-L", -2)]
    assert queries.suspects(200, units)[0] == queries.Suspect(world.tee, 1)


def test_a_shipment_split_in_two_parcels_is_packed_when_both_are_full(db):
    world, shipment, pack, bo = opened(db)
    check_all(db, pack, bo)
    tee, mug = lines(db, pack)
    first = service.box(db, pack, world.carton, 650, {tee.id: 2}, is_sure=False, actor=bo)
    assert (pack.state, shipment.state) == (PackState.VERIFIED, ShipmentState.PACKING)
    second = service.box(db, pack, world.carton, 700, {mug.id: 1}, is_sure=False, actor=bo)
    assert (pack.state, shipment.state) == (PackState.BOXED, ShipmentState.PACKED)
    told = db.exec(select(AuditEvent.subject_id).where(AuditEvent.kind == "packing.parcel.packed")).all()
    assert sorted(told) == sorted([first.id, second.id])
    assert the_books_agree(db)


@pytest.mark.parametrize("tees_and_mugs", [(0, 0), (3, 0), (1, -1)])
def test_a_box_holds_at_least_one_unit_and_no_more_than_are_there(db, tees_and_mugs):
    world, _shipment, pack, bo = opened(db)
    check_all(db, pack, bo)
    tee, mug = lines(db, pack)
    units = dict(zip((tee.id, mug.id), tees_and_mugs, strict=True))
    with pytest.raises(Invalid) as refused:
        service.box(db, pack, world.carton, 500, units, is_sure=True, actor=bo)
    assert refused.value.code == "packing.wrong_units"


def test_missing_units_are_booked_lost_counted_and_wait_for_a_new_allocation(db):
    world, shipment, pack, bo = opened(db)
    tee, mug = lines(db, pack)
    service.check_item(db, pack, ean(world.mug), bo)
    service.check_item(db, pack, ean(world.tee), bo)
    service.report(db, pack, tee, 1, Trouble.MISSING, bo)
    assert (tee.verified, tee.missing, pack.state) == (1, 1, PackState.VERIFIED)
    order_line = db.exec(select(OrderLine).where(OrderLine.sku_id == world.tee.id)).one()
    assert order_line.backordered == 1
    task = db.exec(select(CountTask)).one()
    assert (task.bin_id, task.sku_id) == (world.bins[world.tee.id].id, world.tee.id)
    do_card(db, pack, bo)
    service.box(db, pack, world.carton, 900, everything(db, pack), is_sure=False, actor=bo)
    assert shipment.state is ShipmentState.PACKED
    assert mug.verified == 1
    assert the_books_agree(db)


def test_a_damaged_unit_already_checked_leaves_the_count_and_goes_to_quarantine(db):
    world, _shipment, pack, bo = opened(db)
    quarantine = factories.a_bin(db, world.house, "A04-01-1", factories.BinKind.QUARANTINE)
    check_all(db, pack, bo)
    tee, _mug = lines(db, pack)
    service.report(db, pack, tee, 1, Trouble.DAMAGED, bo)
    assert (tee.verified, tee.missing, pack.state) == (1, 1, PackState.VERIFIED)
    assert stock.balance_of(db, quarantine.id, world.tee.id) == 1
    assert db.exec(select(CountTask)).all() == []
    assert service.undo_check(db, pack, bo).sku_id == world.mug.id
    assert the_books_agree(db)


def test_damaged_units_are_scrapped_where_there_is_no_quarantine(db):
    world, _shipment, pack, bo = opened(db)
    service.report(db, pack, lines(db, pack)[1], 1, Trouble.DAMAGED, bo)
    scrap = inventory.beyond(db, PlaceKind.SCRAP, world.house.id)
    assert any(row.to_place_id == scrap for row in stock.history(db, sku_id=world.mug.id))


def test_no_more_can_be_missing_than_is_in_the_tote(db):
    _world, _shipment, pack, bo = opened(db)
    for qty in (0, 3):
        with pytest.raises(Invalid) as refused:
            service.report(db, pack, lines(db, pack)[0], qty, Trouble.MISSING, bo)
        assert refused.value.code == "packing.not_so_many"


def test_when_nothing_is_left_the_shipment_is_cancelled_and_the_tote_is_free(db):
    world = a_world(db)
    shipment, tote = a_picked_shipment(db, world, [(world.tee, 2)])
    bo = person(db, "Bo")
    pack = service.open_tote(db, world.bench, tote.code, bo)
    service.report(db, pack, lines(db, pack)[0], 2, Trouble.MISSING, bo)
    assert (pack.state, shipment.state) == (PackState.ABANDONED, ShipmentState.CANCELLED)
    assert not db.exec(select(WalkTote.is_busy)).one()
    assert db.exec(select(ShipmentLine.picked)).one() == 0
    assert the_books_agree(db)


def test_when_the_rest_of_a_split_is_missing_the_pack_is_finished(db):
    world, shipment, pack, bo = opened(db)
    check_all(db, pack, bo)
    tee, mug = lines(db, pack)
    service.box(db, pack, world.carton, 650, {tee.id: 2}, is_sure=False, actor=bo)
    service.report(db, pack, mug, 1, Trouble.DAMAGED, bo)
    assert (pack.state, shipment.state) == (PackState.BOXED, ShipmentState.PACKED)
    assert the_books_agree(db)


def test_a_tote_put_aside_can_be_opened_again_by_anybody(db):
    world, shipment, pack, bo = opened(db)
    service.check_item(db, pack, ean(world.tee), bo)
    service.abandon(db, pack, bo)
    assert (pack.state, shipment.state) == (PackState.ABANDONED, ShipmentState.PICKED)
    again = service.open_tote(db, world.bench, "T-SHA-1", person(db, "Dai"))
    assert again.id != pack.id
    assert [line.verified for line in lines(db, again)] == [0, 0]


def test_after_the_first_parcel_nothing_is_undone_or_put_aside(db):
    world, _shipment, pack, bo = opened(db)
    check_all(db, pack, bo)
    service.box(db, pack, world.carton, 650, {lines(db, pack)[0].id: 2}, is_sure=False, actor=bo)
    for verb in (service.undo_check, service.abandon):
        with pytest.raises(Conflict) as refused:
            verb(db, pack, bo)
        assert refused.value.code == "packing.already_boxed"


def test_goods_of_a_second_tote_are_packed_too(db):
    world = a_world(db)
    shipment, tote = a_picked_shipment(db, world, [(world.tee, 3)])
    second = factories.select(factories.Tote).where(factories.Tote.code == "T-SHA-7")
    other = db.exec(second).one()
    db.add(WalkTote(walk_id=world.walk.id, slot=1, part=1, shipment_id=shipment.id, tote_id=other.id))
    move = inventory.Move(world.tee.id, 2, tote.id, other.id, inventory.MoveReason.CORRECTION)
    inventory.move(db, [move], "walk", 1, factories.SYSTEM)
    bo = person(db, "Bo")
    pack = service.open_tote(db, world.bench, other.code, bo)
    check_all(db, pack, bo)
    parcel = service.box(db, pack, world.carton, 850, everything(db, pack), is_sure=False, actor=bo)
    assert stock.balance_of(db, parcel.id, world.tee.id) == 3
    assert the_books_agree(db)


def test_the_label_closes_the_pack_and_frees_the_totes(db):
    world, _shipment, pack, bo = opened(db)
    check_all(db, pack, bo)
    parcel = service.box(db, pack, world.carton, 1100, everything(db, pack), is_sure=False, actor=bo)
    service.label(db, parcel, bo)
    assert (parcel.state, pack.state) == (ParcelState.LABELLED, PackState.CLOSED)
    assert pack.finished_at is not None
    assert not db.exec(select(WalkTote.is_busy)).one()


def test_check_names_a_parcel_whose_list_and_books_differ(db):
    world, _shipment, pack, bo = opened(db)
    check_all(db, pack, bo)
    parcel = service.box(db, pack, world.carton, 1100, everything(db, pack), is_sure=False, actor=bo)
    db.exec(select(ShipmentLine).where(ShipmentLine.sku_id == world.tee.id)).one().packed = 1
    db.flush()
    found = queries.broken_parcels(db)
    assert len(found) == 1
    assert "1 packed" in found[0]
    assert parcel.state is ParcelState.BOXED
