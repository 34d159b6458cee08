"""Picking's way to the solver: shipments without a walk -> carts -> routes -> walks in our ids.

Waves are made by due times: what must be back for the next lorry leaves first, and shares a cart with later shipments
only where that makes nothing late. A cart carries shipments of one way to tell them apart, all cold or none.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.allocation.models import Run
from floor.allocation.queries import hands
from floor.allocation.states import AT_WORK
from floor.catalog.models import PackingClass, Sku
from floor.inventory.models import Bin, Reservation, Warehouse
from floor.inventory.queries import warehouses
from floor.kit import clock, compute
from floor.orders.models import Order as CustomerOrder
from floor.orders.states import OrderState
from floor.picking import walls
from floor.picking.models import Walk, WalkTote
from floor.picking.service import NewPick, NewStop, NewWalk
from floor.picking.states import WalkMode, WalkState
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentState
from solver.batching.check import violations
from solver.batching.problem import Cart, Mode, Order, Pace, Problem
from solver.batching.solve import solve as batch
from solver.common import Stop
from solver.routing.plan import Route
from solver.routing.problem import Layout, Point
from solver.routing.problem import Problem as Way
from solver.routing.solve import solve as route

#: Eight totes, the colours a picker can tell apart; a tote of 600 x 400 x 300 mm, filled no fuller than it closes.
#: The upper four ride on nothing: what is fragile goes there.
CART = Cart(slots=8, tote_ml=48_000, tote_g=15_000, fragile_slots=4)
#: From so many shipments of one line, three carts of them, these have carts of their own, packed in a row at the bench.
SINGLES_FROM = 24
#: The zone whose shipments share no cart with others: they wait in the cold room.
COLD = "cold"
#: How fast a picker is: walking, seconds per piece, minutes to fetch cart and totes.
WALK_MM_PER_MIN, SECONDS_PER_ITEM, SETUP_MIN = 60_000, 8, 3
#: Minutes before the promise by which totes must be back: checking, packing and labelling need them.
BENCH_MIN = 45
#: Half the usual effort, and the seconds one warehouse may take at most: pickers wait for their carts, and nobody plans
#: the same carts again.
EFFORT = Stop(work=50, seconds=20)


@dataclass(frozen=True)
class Want:
    """Units of one reservation, and where a picker stands to take them."""

    shipment_line_id: int
    reservation_id: int
    bin_id: int
    bin_code: str
    sku_id: int
    qty: int
    point: Point


@dataclass(frozen=True)
class Site:
    """One warehouse's shipments that wait for a walk. Orders of the problem are shipments, by id as text."""

    warehouse_id: int
    problem: Problem
    wants: Mapping[str, Sequence[Want]]
    due: Mapping[str, datetime]
    priority: Mapping[str, int]
    #: Carts on which no shipment has more lines are picked for the put wall; 0: none are.
    wall_lines: int = 0


@dataclass(frozen=True)
class Routed:
    """One cart with its way: over `points`, each passed once, in the route's order."""

    shipments: tuple[str, ...]
    points: tuple[Point, ...]
    route: Route
    #: The sum of the shipments' own walks.
    single_mm: int


def read_sites(db: Session, run_id: int) -> list[Site]:
    """The run's shipments that are on no walk, and those that earlier runs or given-up walks left behind."""
    rows: dict[int, list[Any]] = defaultdict(list)
    for row in _waiting(db, run_id):
        rows[row.warehouse_id].append(row)
    pickers = hands(db)
    return [
        _site(house, rows[house.id], pickers.get(house.code, 0) + pickers.get("", 0), walls.plan_lines(db, house.id))
        for house in warehouses(db)
        if house.id in rows
    ]


def _waiting(db: Session, run_id: int) -> Sequence[sa.Row]:
    on_a_walk = (
        sa.select(col(WalkTote.shipment_id))
        .join(Walk, col(Walk.id) == col(WalkTote.walk_id))
        .where(col(WalkTote.shipment_id) == col(Shipment.id), col(Walk.state) != WalkState.CANCELLED)
    )
    others_at_work = sa.select(col(Run.id)).where(col(Run.state).in_(AT_WORK), col(Run.id) != run_id)
    pending = col(Reservation.qty) - col(Reservation.posted) - col(Reservation.released)
    return db.execute(
        sa.select(
            col(Shipment.id), col(Shipment.warehouse_id), col(Shipment.promised_at), col(Shipment.priority),
            col(ShipmentLine.id).label("line_id"), col(Reservation.id).label("reservation_id"), pending.label("qty"),
            col(Bin.id).label("bin_id"), col(Bin.code).label("bin_code"), col(Bin.x_mm), col(Bin.y_mm),
            col(Sku.id).label("sku_id"), col(Sku.weight_g), col(Sku.packing_class), col(Sku.is_cold),
            (col(Sku.length_mm) * col(Sku.width_mm) * col(Sku.height_mm)).label("mm3"),
        )
        .join(CustomerOrder, col(CustomerOrder.id) == col(Shipment.order_id))
        .join(ShipmentLine, col(ShipmentLine.shipment_id) == col(Shipment.id))
        .join(Reservation, col(Reservation.shipment_line_id) == col(ShipmentLine.id))
        .join(Bin, col(Bin.id) == col(Reservation.bin_id))
        .join(Sku, col(Sku.id) == col(Reservation.sku_id))
        .where(col(Shipment.state) == ShipmentState.PLANNED, col(CustomerOrder.state) == OrderState.RELEASED)
        .where(pending > 0, ~sa.exists(on_a_walk))
        .where(col(Shipment.run_id).is_(None) | col(Shipment.run_id).not_in(others_at_work))
        .order_by(col(Shipment.promised_at), col(Shipment.id), col(Reservation.id))
    ).all()  # fmt: skip


def _site(house: Warehouse, rows: Sequence[Any], pickers: int, wall_lines: int) -> Site:
    wants: dict[str, list[Want]] = defaultdict(list)
    load: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    fragile, cold = set[str](), set[str]()
    for row in rows:
        point = Point(row.x_mm, row.y_mm)
        wants[str(row.id)].append(
            Want(row.line_id, row.reservation_id, row.bin_id, row.bin_code, row.sku_id, row.qty, point)
        )
        load[str(row.id)][0] += row.qty * row.mm3
        load[str(row.id)][1] += row.qty * row.weight_g
        if row.packing_class is PackingClass.FRAGILE:
            fragile.add(str(row.id))
        if row.is_cold:
            cold.add(str(row.id))
    due = {str(row.id): row.promised_at for row in rows}
    modes = _modes({name: len({want.shipment_line_id for want in some}) for name, some in wants.items()})
    orders = tuple(
        Order(
            name,
            tuple(want.point for want in some),
            sum(want.qty for want in some),
            -(-load[name][0] // 1000),
            load[name][1],
            _minutes_until(due[name]) - BENCH_MIN,
            name in fragile,
            COLD if name in cold else "",
            modes[name],
        )
        for name, some in wants.items()
    )
    layout, depot = _floor(house.layout, [want.point for some in wants.values() for want in some])
    pace = Pace(max(1, pickers), WALK_MM_PER_MIN, SECONDS_PER_ITEM, SETUP_MIN)
    problem = Problem(layout, depot, depot, orders, CART, pace)
    priority = {str(row.id): row.priority for row in rows}
    return Site(house.id or 0, problem, wants, due, priority, wall_lines)


def _modes(lines: Mapping[str, int], wall_lines: int = 0) -> dict[str, Mode]:
    """How each shipment is told apart, from its number of lines. Shipments of more lines than `wall_lines` do not go by
    a put wall."""
    singles = sum(n == 1 for n in lines.values())
    own = Mode.SINGLES if singles >= SINGLES_FROM else Mode.WALL if wall_lines else Mode.CLUSTER
    return {name: own if n == 1 else Mode.WALL if n <= wall_lines else Mode.CLUSTER for name, n in lines.items()}


def _minutes_until(moment: datetime) -> int:
    return int((moment - clock.now()).total_seconds() // 60)


def _floor(layout: Mapping[str, Any], points: Sequence[Point]) -> tuple[Layout, Point]:
    """The warehouse's aisles and depot; without a layout, an aisle wherever a bin is and cross-aisles at both ends."""
    aisles = layout.get("aisles_x_mm") or {point.x_mm for point in points}
    cross = layout.get("cross_y_mm") or (0, max(point.y_mm for point in points) + 1000)
    floor = Layout(tuple(sorted(aisles)), tuple(sorted(cross)))
    x, y = layout.get("depot") or (floor.aisles_x_mm[0], floor.cross_y_mm[0])
    return floor, Point(x, y)


def find_carts(site: Site) -> list[tuple[str, ...]]:
    """Shipments by cart, the most urgent cart first. A shipment too big for any cart walks alone, without a limit."""
    plan = compute.run(batch, site.problem, EFFORT, 0)
    broken = violations(site.problem, plan)
    if broken:
        raise ValueError(f"the carts break {len(broken)} rules, first: {broken[0]}")
    return [trip.orders for trip in plan.trips] + [(reason.order,) for reason in plan.left_out]


def find_routes(site: Site, carts: Sequence[tuple[str, ...]]) -> list[Routed]:
    """The shortest way of each cart, and how far its shipments would be one by one."""
    points = [_points(site, cart) for cart in carts]
    alone = [[_points(site, (name,)) for name in cart] for cart in carts]
    problem = site.problem
    found = compute.run(walk_all, problem.layout, problem.start, problem.end, points, alone)
    return [Routed(cart, some, way, single) for cart, some, (way, single) in zip(carts, points, found, strict=True)]


def _points(site: Site, cart: Sequence[str]) -> tuple[Point, ...]:
    return tuple(dict.fromkeys(want.point for name in cart for want in site.wants[name]))


def walk_all(
    layout: Layout,
    start: Point,
    end: Point,
    carts: Sequence[tuple[Point, ...]],
    alone: Sequence[Sequence[tuple[Point, ...]]],
) -> list[tuple[Route, int]]:
    """Runs in a process of its own: (route, sum of the single walks) of each cart."""
    return [
        (
            route(Way(layout, start, end, picks)),
            sum(route(Way(layout, start, end, some)).length_mm for some in singles),
        )
        for picks, singles in zip(carts, alone, strict=True)
    ]


def walk_of(site: Site, run_id: int, cart: Routed) -> NewWalk:
    """The walk in our ids. A shipment that fills two totes leaves the slot after its own free for the second."""
    orders = {order.id: order for order in site.problem.orders}
    slots, next_slot = {}, 1
    for name in cart.shipments:
        slots[name] = next_slot
        next_slot += CART.totes_for(orders[name])
    items = sum(orders[name].items for name in cart.shipments)
    return NewWalk(
        warehouse_id=site.warehouse_id,
        run_id=run_id,
        slots=tuple((slot, int(name)) for name, slot in slots.items()),
        stops=tuple(_stops(site, cart, slots)),
        length_mm=cart.route.length_mm,
        minutes=site.problem.pace.minutes_for(cart.route.length_mm, items),
        due_at=min(site.due[name] for name in cart.shipments),
        priority=min(site.priority[name] for name in cart.shipments),
        totes=next_slot - 1,
        single_mm=cart.single_mm,
        mode=_mode(site, cart),
    )


def _mode(site: Site, cart: Routed) -> WalkMode:
    """Small shipments go by the wall, where the house has one: their units are picked together, unsorted."""
    lines = [len({want.shipment_line_id for want in site.wants[name]}) for name in cart.shipments]
    return WalkMode.WALL if len(lines) > 1 and max(lines) <= site.wall_lines else WalkMode.CLUSTER


def _stops(site: Site, cart: Routed, slots: Mapping[str, int]) -> list[NewStop]:
    """One stop per bin and SKU in walking order; the leg is walked to the first stop at a point."""
    picks: dict[Point, dict[tuple[str, int, int], list[NewPick]]] = defaultdict(lambda: defaultdict(list))
    for name in cart.shipments:
        for want in site.wants[name]:
            pick = NewPick(slots[name], want.shipment_line_id, want.reservation_id, want.qty)
            picks[want.point][want.bin_code, want.bin_id, want.sku_id].append(pick)
    stops = []
    for index, leg in zip(cart.route.order, cart.route.legs_mm, strict=False):
        for (_code, bin_id, sku_id), some in sorted(picks[cart.points[index]].items()):
            stops.append(NewStop(bin_id, sku_id, leg, tuple(some)))
            leg = 0
    return stops
