"""Each state an order can be in: what the page offers is what the verbs do, cancelled goods come back to a shelf, the
books stay sound, and the customer's page tells the same."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from sqlmodel import Session, select

from floor.care import possible, queries, service
from floor.events.models import AuditEvent
from floor.inventory import putaway
from floor.inventory.models import Balance, Bin, BinKind, Tote
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.errors import Conflict, Refused
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Order, OrderLine
from floor.orders.service import advance
from floor.orders.states import OrderAction, OrderState
from floor.packing import service as packing
from floor.packing import trouble
from floor.packing.models import Pack, Parcel, Station
from floor.picking import checks, putwall
from floor.picking import service as picking
from floor.picking.models import Walk, WalkTote
from floor.picking.models_wall import PutState, WallPut
from floor.returns import service as returning
from floor.returns.models import ReturnReason
from floor.shipments.models import Carrier, Shipment
from floor.shipments.states import ShipmentState
from floor.shipping import service as shipping
from floor.tracking import service as tracking
from floor.tracking.service import Said
from tests.factories import ADDRESS, a_bin, a_carton, an_order
from tests.goods_out import labelled
from tests.packing.worlds import check_all, everything
from tests.picking.conftest import Floor, Picker, a_floor, person, rows, sound

STATES = (
    "received", "held", "released", "planned", "on a walk", "in a tote", "in its lane", "on a bench", "packed",
    "shipped", "delivered",
)  # fmt: skip
ALL = {"cancel", "hold", "address", "fewer"}
#: State -> what may be done; the words of the customer's page before, and what cancelling says to the desk.
TABLE = {
    "received": (ALL, "are preparing it", "cancel_free"),
    "held": ({"cancel", "release", "address", "fewer", "split"}, "are preparing it", "cancel_free"),
    "released": (ALL, "are preparing it", "cancel_free"),
    "planned": (ALL, "Being prepared", "cancel_shelf"),
    "on a walk": (ALL, "Being prepared", "cancel_walk"),
    "in a tote": (ALL, "Being prepared", "cancel_walk"),
    "in its lane": ({"cancel", "hold", "address"}, "Being prepared", "cancel_tote"),
    "on a bench": ({"cancel", "hold"}, "Being prepared", "cancel_bench"),
    "packed": ({"cancel", "hold"}, "Being prepared", "cancel_parcel"),
    "shipped": ({"resend"}, "On the way|Expected to arrive", "gone"),
    "delivered": ({"resend"}, "Delivered", "gone"),
}


@dataclass
class Scene:
    """An order of 2 + 1 units, brought as far as its state says. Ids, and the things to go on with."""

    db: Session
    floor: Floor
    order: Order
    walk: Walk | None = None
    picker: Picker | None = None
    pack: Pack | None = None
    people: dict[str, Actor] = field(default_factory=dict)

    @property
    def parcel(self) -> int:
        """Its one parcel; 0 before there is one."""
        mine = select(Parcel.id).join(Shipment, Shipment.id == Parcel.shipment_id)
        return self.db.exec(mine.where(Shipment.order_id == self.order.id)).first() or 0

    @property
    def shipments(self) -> list[Shipment]:
        return rows(self.db, Shipment, order_id=self.order.id)


def a_scene(db: Session, state: str) -> Scene:
    floor = a_floor(db)
    a_bin(db, floor.house, "A04-10-1", BinKind.DOCK)
    carton = a_carton(db)
    how_far = STATES.index(state)
    ana, bo = person(db, "Ana"), person(db, "Bo")
    if how_far <= STATES.index("released"):
        order = an_order(db, [(floor.skus[0], 2), (floor.skus[3], 1)], released=state == "released")
        if state == "held":
            advance(db, order, OrderAction.HOLD, SYSTEM)
        return Scene(db, floor, order)
    walk = floor.walk(db, [{0: 2, 3: 1}]) if state == "planned" else floor.started(db, [{0: 2, 3: 1}], ana)
    (shipment,) = [db.get_one(Shipment, row.shipment_id) for row in rows(db, WalkTote, walk_id=walk.id)]
    scene = Scene(db, floor, db.get_one(Order, shipment.order_id), walk, Picker(db, walk, ana))
    if state == "in a tote":
        for _ in range(4):
            scene.picker.scan(scene.picker.next_code())
    if how_far >= STATES.index("in its lane"):
        scene.picker.pick_all()
        picking.finish(db, walk.id, "L1", ana)
    if how_far >= STATES.index("on a bench"):
        tote = db.get_one(Tote, rows(db, WalkTote, walk_id=walk.id)[0].tote_id)
        scene.pack = packing.open_tote(db, db.exec(select(Station)).one(), tote.code, bo)
    if how_far >= STATES.index("packed"):
        check_all(db, scene.pack, bo)
        weight = carton.tare_g + 3 * 200
        parcel = packing.box(db, scene.pack, carton, weight, everything(db, scene.pack), is_sure=False, actor=bo)
        number = labelled(db, parcel)
    if how_far >= STATES.index("shipped"):
        carrier = db.exec(select(Carrier)).one()
        lorry = shipping.open_manifest(db, floor.house.id, carrier, bo)
        shipping.load(db, lorry, number, bo)
        shipping.hand_over(db, lorry, "Driver", "S-1", bo)
        if state == "delivered":
            tracking.hear(db, carrier, [Said(number, "delivered", "", "", clock.now())], SYSTEM)
            tracking.attach(db, parcel.shipment_id, SYSTEM)
    db.flush()
    return scene


def verbs_of(scene: Scene) -> dict[str, Callable[[], object]]:
    db, order = scene.db, scene.order
    line = db.exec(select(OrderLine).where(OrderLine.order_id == order.id).order_by(OrderLine.id)).first()
    return {
        "cancel": lambda: service.cancel(db, order, SYSTEM),
        "hold": lambda: service.hold(db, order, SYSTEM),
        "release": lambda: service.release(db, order, SYSTEM),
        "address": lambda: service.change_address(db, order, replace(ADDRESS, city="宁波市"), SYSTEM),
        "fewer": lambda: service.lower(db, order.id, line.id, 1 if scene.walk is None else 0, SYSTEM),
        "resend": lambda: service.send_again(db, order.id, scene.parcel, {line.id: 1}, SYSTEM),
    }


def works(scene: Scene, verb: Callable[[], object]) -> bool:
    """Would it be done? Whatever it did is taken back."""
    point = scene.db.begin_nested()
    try:
        verb()
        sound(scene.db)
        return True
    except Refused:
        return False
    finally:
        point.rollback()
        scene.db.expire_all()


@pytest.mark.parametrize("state", STATES)
def test_what_the_page_offers_is_what_the_verbs_do_and_every_other_page_says_the_same(app, stranger, sign_in, state):
    may, words, cancelling = TABLE[state]
    with unit_of_work() as db:
        scene = a_scene(db, state)
        told = possible.answers(scene.order.state, [one.state for one in scene.shipments])
        assert {verb for verb, answer in told.items() if answer.can} == may
        assert told["cancel"].code == cancelling
        verbs = verbs_of(scene)
        if state == "in a tote":  # its first line is picked; the second may still be lowered
            verbs.pop("fewer")
        assert {verb for verb, deed in verbs.items() if works(scene, deed)} == may & verbs.keys()
        sound(db)
        at, token = f"/orders/{scene.order.id}", scene.order.public_token
    stranger.set_cookie("lang", "en")
    page = stranger.get(f"/t/{token}").text
    assert any(word in page for word in words.split("|"))
    chen = sign_in("Chen")
    assert all(
        (f'action="{at}/{verb}"' in chen.get(at).text) == (verb in may) for verb in ("cancel", "hold", "release")
    )
    if "cancel" in may:
        assert chen.post(f"{at}/cancel").status_code == 303
        assert "This order was cancelled" in stranger.get(f"/t/{token}").text
        with reading() as db:
            sound(db)
    else:
        refused = chen.post(f"{at}/cancel")
        assert (refused.status_code, "has left the house" in refused.text) == (409, True)


@pytest.mark.parametrize("state", [one for one in STATES if "cancel" in TABLE[one][0]])
def test_every_unit_of_a_cancelled_order_is_guided_back_to_a_shelf(db, state):
    scene = a_scene(db, state)
    ana, bo = person(db, "Ana"), person(db, "Bo")
    service.cancel(db, scene.order, person(db, "Chen"))
    sound(db)
    if state in ("on a walk", "in a tote"):
        scene.picker.scan("anything")
        for check in checks.open_checks(db, scene.walk.id):
            picking.settle_check(db, scene.walk.id, check.id, check.code, ana)
        picking.finish(db, scene.walk.id, "L1", ana)
    if scene.pack is not None:
        trouble.send_back(db, db.get_one(Pack, scene.pack.id), bo)
    sound(db)
    for stop in putaway.walk(db, scene.floor.house.id):
        assert (stop.waiting.tote != "") == (state == "in its lane")
        putaway.put(db, stop.waiting.key, stop.spot.where.code, stop.waiting.qty, bo)
    sound(db)
    db.expire_all()
    assert {one.state for one in scene.shipments} <= {ShipmentState.CANCELLED}
    assert scene.order.state is OrderState.CANCELLED
    assert all(line.cancelled == line.qty for line in rows(db, OrderLine, order_id=scene.order.id))
    for sku in (scene.floor.skus[0], scene.floor.skus[3]):
        here = select(Balance).join(Bin, Bin.id == Balance.place_id).where(Balance.sku_id == sku.id)
        lying = db.exec(here.where(Bin.kind.in_((BinKind.PICK, BinKind.RESERVE)))).all()
        assert (sum(one.qty for one in lying), sum(one.reserved for one in lying)) == (10, 0)
    assert not [row for row in rows(db, WalkTote) if row.is_busy and row.tote_id], "its totes are free"


def test_one_of_two_parcels_is_on_the_road_so_the_rest_cannot_be_cancelled_as_a_whole(db):
    scene = a_scene(db, "on a bench")
    bo = person(db, "Bo")
    check_all(db, scene.pack, bo)
    carton = a_carton(db, "K4")
    every = everything(db, scene.pack)
    numbers = []
    for line, qty in every.items():
        parcel = packing.box(db, scene.pack, carton, carton.tare_g + 200 * qty, {line: qty}, is_sure=True, actor=bo)
        numbers.append(parcel.id)
    numbers = [labelled(db, db.get_one(Parcel, parcel_id)) for parcel_id in numbers]
    lorry = shipping.open_manifest(db, scene.floor.house.id, db.exec(select(Carrier)).one(), bo)
    shipping.load(db, lorry, numbers[0], bo)
    shipping.hand_over(db, lorry, "Driver", "S-1", bo)
    with pytest.raises(Conflict) as refused:
        service.cancel(db, scene.order, SYSTEM)
    assert refused.value.code == "care.shipped"


# --- tote, item, bin --------------------------------------------------------------------------------------------------


def test_a_packer_scans_tote_item_and_bin_and_everything_lies_there_again(app, sign_in):
    with unit_of_work() as db:
        scene = a_scene(db, "in its lane")
        service.cancel(db, scene.order, SYSTEM)
        tote = db.get_one(Tote, rows(db, WalkTote, walk_id=scene.walk.id)[0].tote_id).code
        tee, mug, order_id = scene.floor.code(0), scene.floor.code(3), scene.order.id
    bo = sign_in("Bo")
    assert 'href="/putaways"' in bo.get("/").text
    page = bo.get("/putaways").text
    assert (tote in page, "Scan the tote" in page, "in L1" in page) == (True, True, True)
    assert f"{tote}, L1" in sign_in("Chen").get(f"/orders/{order_id}").text
    red = bo.post("/putaways/scan", {"code": tee})
    assert (red.status_code, "First the tote" in red.text) == (422, True)
    page = bo.post("/putaways/scan", {"code": tote.lower()}).text
    assert f'name="tote" value="{tote}"' in page
    page = bo.post("/putaways/scan", {"code": tee, "tote": tote}).text
    key = page.partition('name="item" value="')[2].partition('"')[0]
    assert key.startswith("t.")
    assert bo.post("/putaways/scan", {"code": "NO-BIN", "item": key, "qty": "2", "tote": tote}).status_code == 422
    page = bo.post("/putaways/scan", {"code": "A01-02-1", "item": key, "qty": "2", "tote": tote}).text
    assert "Put away in A01-02-1" in page
    again = bo.post("/putaways/scan", {"code": "A01-02-1", "item": key, "qty": "2", "tote": tote})
    assert again.status_code == 409
    page = bo.post("/putaways/scan", {"code": mug, "tote": tote}).text
    key = page.partition('name="item" value="')[2].partition('"')[0]
    bo.post("/putaways/scan", {"code": "A04-08-3", "item": key, "qty": "1", "tote": tote})
    assert tote not in bo.get("/putaways").text
    with reading() as db:
        sound(db)
        told = db.exec(select(AuditEvent).where(AuditEvent.kind == "picking.tote.shelved")).all()
        assert [(one.order_id, one.actor_name) for one in told] == [(order_id, "Bo")] * 2
        row = db.exec(select(WalkTote)).one()
        assert (row.is_busy, db.get_one(Tote, row.tote_id).code) == (False, tote)


def test_a_slot_of_the_wall_is_emptied_the_same_way_and_free_for_the_next(db):
    floor, ana = a_floor(db), person(db, "Ana")
    wall, walk, _tote = floor.at_the_wall(db, [{0: 2}, {2: 1}], ana)
    for _ in range(2):
        putwall.scan(db, wall, walk.id, None, floor.code(0), ana)
        putwall.scan(db, wall, walk.id, None, db.get_one(Tote, _slot_of(db, walk)).code, ana)
    (first, _second) = [db.get_one(Shipment, row.shipment_id) for row in rows(db, WalkTote, walk_id=walk.id)]
    assert first.state is ShipmentState.PICKED
    service.cancel(db, db.get_one(Order, first.order_id), SYSTEM)
    sound(db)
    (stop,) = putaway.walk(db, floor.house.id)
    putaway.put(db, stop.waiting.key, stop.spot.where.code, 1, ana)
    (stop,) = putaway.walk(db, floor.house.id)
    putaway.put(db, stop.waiting.key, stop.spot.where.code, 1, ana)
    assert putaway.walk(db, floor.house.id) == []
    assert rows(db, WalkTote, shipment_id=first.id)[0].tote_id is None
    sound(db)


def _slot_of(db: Session, walk: Walk) -> int:
    return db.exec(select(WallPut.slot_id).where(WallPut.walk_id == walk.id, WallPut.state == PutState.HELD)).one()


# --- again ------------------------------------------------------------------------------------------------------------


def test_what_was_lost_goes_out_again_without_charge_and_at_most_what_left(app, sign_in):
    with unit_of_work() as db:
        scene = a_scene(db, "delivered")
        order_id, parcel = scene.order.id, {"parcel": str(scene.parcel)}
        lines = [line.id for line in rows(db, OrderLine, order_id=order_id)]
    chen, at = sign_in("Chen"), f"/orders/{order_id}/again"
    assert "TEE-NAVY-L" in chen.get(at).text
    for bad in ({f"qty_{lines[0]}": "3"}, {f"qty_{lines[0]}": "x"}, {}):
        assert chen.post(at, parcel | bad).status_code == 422
    assert chen.post(at, {f"qty_{lines[0]}": "1"}).status_code == 404
    assert chen.post(at, parcel | {f"qty_{lines[0]}": "1"}).status_code == 303
    with reading() as db:
        made = db.exec(select(Order).order_by(Order.id.desc())).first()
        old = db.get_one(Order, order_id)
        assert (made.state, made.total_fen, made.external_id) == (OrderState.RECEIVED, 0, f"{old.external_id}#2")
        assert (made.channel, made.customer_id, made.hide_price) == ("resend", old.customer_id, True)
        assert [(line.qty, line.unit_price_fen) for line in rows(db, OrderLine, order_id=made.id)] == [(1, 0)]
        sound(db)
    assert f"Sent again as {made.number}" in chen.get(f"/orders/{order_id}").text
    assert made.number in chen.get(at).text
    assert "up to 1" in chen.get(at).text
    gone = {f"qty_{line}": "1" for line in lines}
    assert chen.post(at, parcel | gone).status_code == 303
    late = chen.post(at, parcel | gone)
    assert (late.status_code, "goes out again already, as SO-" in late.text) == (409, True)


def test_what_a_return_holds_is_not_sent_again_and_what_was_cancelled_may_be(db):
    scene = a_scene(db, "delivered")
    order, chen = scene.order, person(db, "Chen")
    tee, mug = [line.id for line in rows(db, OrderLine, order_id=order.id)]
    returning.request(db, order.id, {tee: 1}, ReturnReason.DAMAGED, "", "", chen)
    with pytest.raises(Conflict) as refused, db.begin_nested():
        service.send_again(db, order.id, scene.parcel, {tee: 2}, chen)
    assert refused.value.code == "tracking.in_return"
    made = service.send_again(db, order.id, scene.parcel, {tee: 1, mug: 1}, chen)
    ((_parcel, inside),) = queries.sendable(db, order.id)
    assert [left for _part, left in inside] == [0, 0]
    service.cancel(db, made, chen)
    db.expire_all()
    ((_parcel, inside),) = queries.sendable(db, order.id)
    assert [left for _part, left in inside] == [1, 1]
    assert service.send_again(db, order.id, scene.parcel, {mug: 1}, chen).external_id == f"{order.external_id}#3"
    sound(db)
