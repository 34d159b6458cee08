"""A day in the demo company: its people work through the same verbs as yours, so that every screen has a story.

Orders are audited, allocated and walked; most walks are picked, part of them packed, some shipped, delivered, returned.
What is left lies ready for whoever opens the app: walks to claim, totes to pack, parcels to load, returns to inspect.
"""

import json
from collections.abc import Callable, Sequence

from flask import Flask
from sqlmodel import Session, col, select

from floor.allocation import fixing
from floor.allocation import service as allocation
from floor.allocation.models import Run
from floor.audit import service as audit
from floor.catalog import queries as catalog
from floor.demo import arrivals, counts, inbound, places, returned
from floor.events.relay import Relay
from floor.inventory.models import Place, PlaceKind, Tote, Warehouse
from floor.kit.actor import SYSTEM, Actor
from floor.kit.uow import reading, unit_of_work
from floor.orders.models import Order
from floor.orders.states import OrderState
from floor.packing import caring
from floor.packing import queries as packing_queries
from floor.packing import service as packing
from floor.packing.models import Parcel, Station
from floor.packing.states import PackState, ParcelState
from floor.people import queries as people
from floor.picking import putwall, scanning, shorting
from floor.picking import queries as picking_queries
from floor.picking import service as picking
from floor.picking.models import Cart, Walk, WalkTote
from floor.picking.models_wall import BatchTote, Wall, WallSlot
from floor.picking.states import WalkState
from floor.picking.verdict import Kind
from floor.shipments.models import Carrier, Shipment
from floor.shipments.states import ShipmentState
from floor.shipping import queries as shipping_queries
from floor.shipping import service as shipping
from floor.tracking import jobs as tracking

Say = Callable[[str], None]

#: How far the day has come: walks picked per warehouse, share of picked orders packed, of parcels loaded.
WALKS = {"SHA": 4, "CAN": 2, "CTU": 1}
PICKERS = {"SHA": "B-1002", "CAN": "B-1003", "CTU": "B-1004"}
PACKERS = {"SHA": "B-2001", "CAN": "B-2002"}


def live(app: Flask, relay: Relay, say: Say) -> None:
    """Work through the day. Each step is a transaction of its own, as it is on the floor."""
    say("Demo day: orders come in, audit ...")
    arrivals.arrive(app, _who("B-4001"))
    _audit()
    say("Demo day: allocation and walks ...")
    _allocate(relay)
    for site, walks in WALKS.items():
        say(f"Demo day: picking in {site} ...")
        for n in range(walks):
            _pick(site, _who(PICKERS[site]), is_short=n == 1)
    say("Demo day: the put wall ...")
    _sort(_batch(places.WALLED, _who("B-1001")), _who("B-1001"))
    for site, badge in PACKERS.items():
        say(f"Demo day: packing in {site} ...")
        _pack(site, _who(badge))
    say("Demo day: labels and lorries ...")
    relay.drain()
    for site, badge in PACKERS.items():
        _close_parcels(site, _who(badge))
        _drive(site, _who(badge))
    relay.drain()
    say("Demo day: deliveries and transfers ...")
    inbound.come_in(_who("B-1001"), _who("B-4001"))
    say("Demo day: on the road and back ...")
    _track(app)
    returned.send_back(_who("B-3001"))
    say("Demo day: counts ...")
    counts.live(app, _who("B-1001"), _who("B-4001"))
    _leave_open()
    relay.drain()


def _who(badge: str) -> Actor:
    with reading() as db:
        user = people.by_badge(db, badge)
    assert user is not None, f"the demo company has nobody with badge {badge}"
    return Actor("user", user.id, user.name)


def _house(db: Session, site: str) -> int:
    return db.exec(select(Warehouse.id).where(Warehouse.code == site)).one() or 0


def _audit() -> None:
    with unit_of_work() as db:
        audit.install_rules(db)
        for order in db.exec(select(Order).where(Order.state == OrderState.RECEIVED).order_by(col(Order.id))).all():
            audit.audit_order(db, order, SYSTEM)


def _allocate(relay: Relay) -> None:
    boss = _who("B-4001")
    with unit_of_work() as db:
        run_id = allocation.ask(db, "optimal", {}, boss).id
    relay.drain()
    with unit_of_work() as db:
        run = db.get_one(Run, run_id)
        allocation.publish(db, run, boss)
        fixing.replenish(db, run, boss)
    relay.drain()


def _pick(site: str, picker: Actor, *, is_short: bool) -> None:
    """A whole walk, from claim to lane."""
    walk_id = _claim(site, picker)
    if walk_id is None:
        return
    _bind_totes(site, walk_id, picker)
    _walk(walk_id, picker, is_short)
    with unit_of_work() as db:
        picking.finish(db, walk_id, "L01", picker)


def _claim(site: str, picker: Actor) -> int | None:
    """The next walk and a free cart for it; None when there is no walk."""
    with unit_of_work() as db:
        walk = picking.claim_next(db, site, picker)
    if walk is None or walk.id is None:
        return None
    with unit_of_work() as db:
        rolling = set(db.exec(select(Walk.cart_id).where(col(Walk.state).in_((WalkState.CLAIMED, WalkState.PICKING)))))
        carts = db.exec(select(Cart).where(Cart.warehouse_id == _house(db, site)).order_by(Cart.code)).all()
        picking.bind_cart(db, walk.id, next(cart.code for cart in carts if cart.id not in rolling), picker)
    return walk.id


def _bind_totes(site: str, walk_id: int, picker: Actor) -> None:
    with unit_of_work() as db:
        carried = set(db.exec(select(WalkTote.tote_id).where(col(WalkTote.is_busy))))
        carried |= {*db.exec(select(BatchTote.tote_id).where(col(BatchTote.is_busy))), *db.exec(select(WallSlot.id))}
        totes = db.exec(select(Tote).where(Tote.warehouse_id == _house(db, site)).order_by(Tote.code)).all()
        empty = (tote.code for tote in totes if tote.id not in carried)
        while db.get_one(Walk, walk_id, populate_existing=True).state is WalkState.CLAIMED:
            picking.bind_tote(db, walk_id, next(empty), picker)


def _batch(site: str, picker: Actor) -> int | None:
    """The last walk on the list is picked for the put wall, and its tote brought there."""
    with unit_of_work() as db:
        mine = select(Walk).where(Walk.warehouse_id == _house(db, site), Walk.state == WalkState.PUBLISHED)
        walk = db.exec(mine.order_by(col(Walk.due_at).desc())).first()
        if walk is None:
            return None
        walk_id = walk.id or 0
        putwall.pick_for_wall(db, walk_id, picker)
        picking.claim(db, walk_id, picker)
    _claim(site, picker)
    _bind_totes(site, walk_id, picker)
    _walk(walk_id, picker, is_short=False)
    with unit_of_work() as db:
        picking.finish(db, walk_id, "W1", picker)
    return walk_id


def _sort(walk_id: int | None, sorter: Actor) -> None:
    """Two thirds of a batch go into their slots; the rest waits in the tote."""
    if walk_id is None:
        return
    with unit_of_work() as db:
        wall, batch = db.exec(select(Wall)).one(), select(BatchTote.tote_id).where(BatchTote.walk_id == walk_id)
        putwall.begin(db, wall, db.get_one(Tote, db.exec(batch).first()).code, sorter)
        skus = [line.sku_id for line in putwall.lines_of(db, walk_id) for _ in range(line.qty)]
    for sku_id in skus[: len(skus) * 2 // 3]:
        with unit_of_work() as db:
            wall = db.exec(select(Wall)).one()
            putwall.scan(db, wall, walk_id, None, catalog.barcode_of(db, sku_id), sorter)
            held = putwall.in_hand(db, sorter)
            assert held is not None
            said = putwall.scan(db, wall, walk_id, None, db.get_one(Tote, held.slot_id).code, sorter)
            assert said.kind is Kind.OK, said


def _leave_open() -> None:
    """Work in the middle: one walk with its first stop done, one whose totes are being bound, a tote half checked."""
    halfway = _claim("SHA", _who("B-1002"))
    if halfway is not None:
        _bind_totes("SHA", halfway, _who("B-1002"))
        _walk(halfway, _who("B-1002"), is_short=False, stops=1)
    _claim("CTU", _who("B-1004"))
    packer = _who("B-2001")
    with unit_of_work() as db:
        station, codes = _waiting(db, "SHA")
        if codes:
            pack = packing.open_tote(db, station, codes[-1], packer)
            lines = packing_queries.lines_of(db, pack.id or 0)
            sku = lines[0][1]
            if sum(line.qty for line, _sku in lines) > 1:
                packing.check_item(db, pack, catalog.barcode_of(db, sku.id or 0), packer)


def _walk(walk_id: int, picker: Actor, is_short: bool, stops: int | None = None) -> None:
    """Scan what each screen asks for, at all stops or the first few; once, one unit is not on the shelf."""
    while True:
        with unit_of_work() as db:
            view = picking_queries.walk_view(db, walk_id)
            here = view.after(None)
            if here is None or not here.is_open or view.done == stops:
                return
            if is_short and here.phase == "item" and here.rest > 1:
                shorting.report(db, walk_id, here.id, here.rest - 1, shorting.Why.SHORT, picker)
                is_short = False
                continue
            code = {"bin": here.code, "put": here.puts[0].slot.tote if here.puts else ""}.get(
                here.phase, here.goods.barcode
            )
            said = scanning.scan(db, walk_id, here.id, code, picker)
            assert said.kind is Kind.OK, said


def _waiting(db: Session, site: str) -> tuple[Station, Sequence[str]]:
    """The first bench of a house, and the totes that wait for one."""
    house = _house(db, site)
    station = db.exec(select(Station).where(Station.warehouse_id == house).order_by(Station.code)).first()
    assert station is not None
    return station, db.exec(
        select(Tote.code)
        .join(WalkTote, col(WalkTote.tote_id) == Tote.id)
        .join(Shipment, col(Shipment.id) == WalkTote.shipment_id)
        .where(Shipment.warehouse_id == house, Shipment.state == ShipmentState.PICKED, col(WalkTote.is_busy))
        .order_by(Tote.code)
    ).all()


def _pack(site: str, packer: Actor) -> None:
    """Three of four picked orders are packed; the others wait at the bench."""
    with reading() as db:
        station, waiting = _waiting(db, site)
        cartons = catalog.cartons(db)
    for code in waiting[: len(waiting) * 3 // 4]:
        with unit_of_work() as db:
            pack = packing.open_tote(db, station, code, packer)
            for line, sku in packing_queries.lines_of(db, pack.id or 0):
                for _ in range(line.qty):
                    packing.check_item(db, pack, catalog.barcode_of(db, sku.id or 0), packer)
            for step, _sku in caring.card_of(db, pack.id or 0):
                caring.confirm(db, pack, step, step.code, packer)
            assert pack.state is PackState.VERIFIED, pack
            inside = [(sku, left) for _line, sku, left in packing_queries.to_box(db, pack.id or 0)]
            volume = sum(sku.length_mm * sku.width_mm * sku.height_mm * qty for sku, qty in inside)
            carton = next((c for c in cartons if c.length_mm * c.width_mm * c.height_mm * 6 > volume * 10), cartons[-1])
            units = {line.id or 0: left for line, _sku, left in packing_queries.to_box(db, pack.id or 0)}
            packing.box(db, pack, carton, packing_queries.expected_g(carton, inside), units, True, packer)


def _close_parcels(site: str, packer: Actor) -> None:
    """The printed label of each parcel is scanned on it; two are left open."""
    for parcel_id in list(_parcels(site, ParcelState.BOXED))[2:]:
        with unit_of_work() as db:
            waybill = shipping_queries.waybill_of(db, parcel_id)
            assert waybill is not None and waybill.number is not None
            parcel = packing_queries.parcel_for(db, parcel_id, lock=True)
            shipping.prove_label(db, parcel, waybill.number, packer)


def _parcels(site: str, state: ParcelState) -> Sequence[int]:
    with reading() as db:
        return db.exec(
            select(Parcel.id)
            .join(Place, col(Place.id) == Parcel.id)
            .where(Place.kind == PlaceKind.PARCEL, Place.warehouse_id == _house(db, site), Parcel.state == state)
            .order_by(col(Parcel.id))
        ).all()


def _drive(site: str, packer: Actor) -> None:
    """One lorry per carrier: the first is handed over, the others are still being loaded."""
    ready = set(_parcels(site, ParcelState.LABELLED))
    with reading() as db:
        carriers = db.exec(select(Carrier).order_by(col(Carrier.id))).all()
    gone = False
    for carrier in carriers:
        mine = [parcel_id for parcel_id in sorted(ready) if _carrier_of(parcel_id) == carrier.id]
        if not mine:
            continue
        with unit_of_work() as db:
            manifest = shipping.open_manifest(db, _house(db, site), carrier, packer)
            for parcel_id in mine[: len(mine) if not gone else len(mine) // 2]:
                waybill = shipping_queries.waybill_of(db, parcel_id)
                assert waybill is not None and waybill.number is not None
                shipping.load(db, manifest, waybill.number, packer)
            if not gone:
                shipping.hand_over(db, manifest, "驾驶员 7", "S-20260001", packer)
                gone = True


def _carrier_of(parcel_id: int) -> int:
    with reading() as db:
        waybill = shipping_queries.waybill_of(db, parcel_id)
        assert waybill is not None
        return waybill.carrier_id


def _track(app: Flask) -> None:
    """The simulated carrier tells, signed, through the real door: all are on the road, two of three arrive."""
    client = app.test_client()

    def post(carrier: str, headers: dict[str, str], body: bytes) -> int:
        events = json.loads(body)["events"]
        answer = client.post(f"/hooks/tracking/{carrier}", data=body, headers=headers, content_type="application/json")
        assert answer.status_code == 200, (answer.text, events)
        return answer.status_code

    tracking.simulate(post, deliver=False)
    delivered = iter(range(10**6))

    def post_two_of_three(carrier: str, headers: dict[str, str], body: bytes) -> int:
        return post(carrier, headers, body) if next(delivered) % 3 else 200

    tracking.simulate(post_two_of_three, deliver=True)
