"""Picking's way to the solver: shipments without a walk -> carts -> routes -> walks in our ids.

Waves are made by due times: what must be back for the next lorry leaves first, and shares a cart with later shipments
only where that makes nothing late. A cart carries shipments of one way to tell them apart, all cold or none.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from floor.picking.models import Stop as WalkStop
from floor.picking.models import Walk, WalkTote
from floor.picking.service import NewPick, NewStop, NewWalk
from floor.picking.shelves import Shelf, shelves_of
from floor.picking.states import StopState, WalkMode, WalkState
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentState
from solver.batching.check import violations
from solver.batching.problem import Cart, Mode, Order, Pace, Problem
from solver.batching.solve import solve as batch
from solver.common import Stop
from solver.routing.greedy import route_of
from solver.routing.lines import Gathering, Line, Source, choose
from solver.routing.plan import Route
from solver.routing.problem import Closed, Layout, OneWay, Point
from solver.routing.problem import Problem as Way
from solver.routing.solve import resumed
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
#: mm of walk that choosing a bin is worth: to stay out of reserve storage; then to empty a bin and to keep the promise,
#: only where that costs nothing.
_RESERVE_MM, _NOT_EMPTIED_MM, _MOVED_MM = 20_000, 2, 1


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
    shelves: Mapping[int, tuple[Shelf, ...]]
    #: (bin, SKU) -> units promised to nobody; carts routed later find what earlier ones left.
    free: dict[tuple[int, int], int]
    #: Shipments of no more lines are picked for the put wall; 0: none are.
    wall_lines: int = 0


#: A bin that may serve a promise: (bin, SKU), its code, where one stands, what it costs beside the walk, mm.
Option = tuple[tuple[int, int], str, Point, int]


@dataclass(frozen=True)
class Routed:
    """One cart with its way: over `points`, each passed once, in the route's order. The wants name the bins chosen."""

    shipments: tuple[str, ...]
    wants: Mapping[str, Sequence[Want]]
    points: tuple[Point, ...]
    route: Route
    #: The sum of the shipments' own walks.
    single_mm: int


def read_sites(db: Session, run_id: int | None, house: int | None = None) -> list[Site]:
    """The run's shipments that are on no walk, and those that earlier runs or given-up walks left behind; without a run
    those no run made, of one warehouse."""
    rows: dict[int, list[Any]] = defaultdict(list)
    for row in _waiting(db, run_id):
        if house in (None, row.warehouse_id):
            rows[row.warehouse_id].append(row)
    pickers = hands(db)
    return [
        _site(
            db, house, rows[house.id], pickers.get(house.code, 0) + pickers.get("", 0), walls.plan_lines(db, house.id)
        )
        for house in warehouses(db)
        if house.id in rows
    ]


def _waiting(db: Session, run_id: int | None) -> Sequence[sa.Row]:
    on_a_walk = (
        sa.select(col(WalkTote.shipment_id))
        .join(Walk, col(Walk.id) == col(WalkTote.walk_id))
        .where(col(WalkTote.shipment_id) == col(Shipment.id), col(Walk.state) != WalkState.CANCELLED)
    )
    of_no_run = col(Shipment.run_id).is_(None)
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
        .where(of_no_run if run_id is None else of_no_run | col(Shipment.run_id).not_in(others_at_work))
        .order_by(col(Shipment.promised_at), col(Shipment.id), col(Reservation.id))
    ).all()  # fmt: skip


def _site(db: Session, house: Warehouse, rows: Sequence[Any], pickers: int, wall_lines: int) -> Site:
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
    modes = _modes({name: len({want.shipment_line_id for want in some}) for name, some in wants.items()}, wall_lines)
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
    shelves = shelves_of(db, house.id or 0, {row.sku_id for row in rows})
    free = {(shelf.bin_id, shelf.sku_id): shelf.free for some in shelves.values() for shelf in some}
    priority = {str(row.id): row.priority for row in rows}
    return Site(house.id or 0, problem, wants, due, priority, shelves, free, wall_lines)


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
    floor = replace(floor, one_way=_one_way(floor, layout), closed=_closed(floor, layout))
    x, y = layout.get("depot") or (floor.aisles_x_mm[0], floor.cross_y_mm[0])
    return floor, Point(x, y)


def _one_way(floor: Layout, layout: Mapping[str, Any]) -> tuple[OneWay, ...]:
    """`one_way`: [x of the aisle, from y, to y] in mm, walked from the first to the second, in whole blocks."""
    return tuple(
        OneWay(floor.aisles_x_mm.index(x), block, first < last)
        for x, first, last in layout.get("one_way") or ()
        for block in range(floor.blocks if x in floor.aisles_x_mm else 0)
        if min(first, last) <= floor.cross_y_mm[block] and floor.cross_y_mm[block + 1] <= max(first, last)
    )


def _closed(floor: Layout, layout: Mapping[str, Any]) -> tuple[Closed, ...]:
    """`closed`: [x of the aisle, from y, to y] in mm; nobody passes between."""
    return tuple(
        Closed(floor.aisles_x_mm.index(x), min(a, b), max(a, b))
        for x, a, b in layout.get("closed") or ()
        if x in floor.aisles_x_mm and a != b
    )


def find_carts(site: Site) -> list[tuple[str, ...]]:
    """Shipments by cart, the most urgent cart first. A shipment too big for any cart walks alone, without a limit."""
    plan = compute.run(batch, site.problem, EFFORT, 0)
    broken = violations(site.problem, plan)
    if broken:
        raise ValueError(f"the carts break {len(broken)} rules, first: {broken[0]}")
    return [trip.orders for trip in plan.trips] + [(reason.order,) for reason in plan.left_out]


def find_routes(site: Site, carts: Sequence[tuple[str, ...]]) -> list[Routed]:
    """The shortest way of each cart with the bins it goes to, and how far its shipments would be one by one."""
    asked = [[(want, _options(site, want)) for name in cart for want in site.wants[name]] for cart in carts]
    alone = [[_points(site.wants[name]) for name in cart] for cart in carts]
    problem = site.problem
    asks = [[(want.qty, options) for want, options in some] for some in asked]
    found = compute.run(walk_all, problem.layout, problem.start, problem.end, asks, alone, dict(site.free))
    routed = []
    for cart, some, (taken, points, way, single) in zip(carts, asked, found, strict=True):
        chosen = {}
        for (want, options), number in zip(some, taken, strict=True):
            (bin_id, _sku), code, point, _extra = options[number]
            chosen[want.reservation_id] = replace(want, bin_id=bin_id, bin_code=code, point=point)
            if number:
                site.free[bin_id, want.sku_id] -= want.qty
        wants = {name: [chosen[want.reservation_id] for want in site.wants[name]] for name in cart}
        routed.append(Routed(cart, wants, points, way, single))
    return routed


def _points(wants: Sequence[Want]) -> tuple[Point, ...]:
    return tuple(dict.fromkeys(want.point for want in wants))


def _options(site: Site, want: Want) -> tuple[Option, ...]:
    """The promised bin first, then open pick faces with as many free units."""
    shelves = {shelf.bin_id: shelf for shelf in site.shelves.get(want.sku_id, ())}
    own = shelves.get(want.bin_id)
    extra = 0 if own is None else (0 if own.is_face else _RESERVE_MM) + _NOT_EMPTIED_MM * (own.lying > want.qty)
    options: list[Option] = [((want.bin_id, want.sku_id), want.bin_code, want.point, extra)]
    for shelf in shelves.values() if own is not None else ():
        if shelf.bin_id != want.bin_id and site.free[shelf.bin_id, want.sku_id] >= want.qty:
            extra = _MOVED_MM + _NOT_EMPTIED_MM * (shelf.lying > want.qty)
            point = Point(shelf.x_mm, shelf.y_mm)
            options.append(((shelf.bin_id, want.sku_id), shelf.bin_code, point, extra))
    return tuple(options)


def walk_all(
    layout: Layout,
    start: Point,
    end: Point,
    carts: Sequence[Sequence[tuple[int, tuple[Option, ...]]]],
    alone: Sequence[Sequence[tuple[Point, ...]]],
    free: dict[tuple[int, int], int],
) -> list[tuple[tuple[int, ...], tuple[Point, ...], Route, int]]:
    """Runs in a process of its own. For each cart: the option taken of each (qty, options), the points of the way, the
    route, and the sum of the single walks to the promised bins."""
    found = []
    for asks, singles in zip(carts, alone, strict=True):
        taken = _bins(layout, start, end, asks, free)
        points = tuple(dict.fromkeys(options[n][2] for (_, options), n in zip(asks, taken, strict=True)))
        way = route(Way(layout, start, end, points))
        if len(way.order) < len(points):
            raise ValueError("a bin of the cart cannot be reached: look at the warehouse's closed and one-way aisles")
        quick = Stop(work=0)
        found.append((taken, points, way, sum(route(Way(layout, start, end, p), quick).length_mm for p in singles)))
    return found


def _bins(
    layout: Layout,
    start: Point,
    end: Point,
    asks: Sequence[tuple[int, tuple[Option, ...]]],
    free: dict[tuple[int, int], int],
) -> tuple[int, ...]:
    """Which option serves each ask. What an earlier cart or ask took is not there: then the promised bin serves."""
    open_to = [[n for n, o in enumerate(options) if not n or free[o[0]] >= qty] for qty, options in asks]
    lines = tuple(
        Line(qty, tuple(Source(options[n][2], qty, options[n][3]) for n in numbers))
        for (qty, options), numbers in zip(asks, open_to, strict=True)
    )
    taken = []
    chosen = choose(Gathering(layout, start, end, lines)).taken
    for (qty, options), numbers, sources in zip(asks, open_to, chosen, strict=True):
        number = numbers[sources[0]]
        if number and free[options[number][0]] < qty:
            number = 0
        if number:
            free[options[number][0]] -= qty
        taken.append(number)
    return tuple(taken)


@dataclass(frozen=True)
class Rest:
    """What is left of a walk under way: open stops in their order, and where each is. The picker goes to the first."""

    walk_id: int
    stops: tuple[int, ...]
    points: tuple[Point, ...]
    layout: Layout
    depot: Point


def read_rest(db: Session, walk_id: int) -> Rest | None:
    """None when the order of what is left cannot change."""
    walk = db.get_one(Walk, walk_id)
    if walk.state is not WalkState.PICKING:
        return None
    mine = (col(WalkStop.walk_id) == walk_id) & (col(WalkStop.state) == StopState.OPEN)
    spots = sa.select(col(WalkStop.id), col(Bin.x_mm), col(Bin.y_mm)).where(mine, col(Bin.id) == col(WalkStop.bin_id))
    rows = db.execute(spots.order_by(col(WalkStop.position))).all()
    points = tuple(Point(row.x_mm, row.y_mm) for row in rows)
    if len(set(points)) < 3:
        return None
    layout, depot = _floor(db.get_one(Warehouse, walk.warehouse_id).layout, points)
    return Rest(walk_id, tuple(row.id for row in rows), points, layout, depot)


def find_rest(rest: Rest) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
    """(stops in a shorter order, the leg to each but the first in mm), or None when there is none.

    The picker is on the way to the first stop, which stays; where it costs nothing, the second stays too.
    """
    here, *others = dict.fromkeys(rest.points)
    way = Way(rest.layout, here, rest.depot, tuple(others))
    found = compute.run(resumed, way, others[0])
    if len(found.order) < len(others) or found.length_mm >= route_of(way, range(len(others)), "now").length_mm:
        return None
    legs = dict(zip((others[i] for i in found.order), found.legs_mm, strict=False))
    rank = {point: n for n, point in enumerate([here, *legs])}
    ordered = sorted(range(len(rest.stops)), key=lambda n: rank[rest.points[n]])  # stable: one place, its own order
    walked = [legs.pop(rest.points[n], 0) for n in ordered]
    return tuple(rest.stops[n] for n in ordered), tuple(walked[1:])


def walk_of(site: Site, run_id: int | None, cart: Routed) -> NewWalk:
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
        stops=tuple(_stops(cart, slots)),
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
    modes = {order.mode for order in site.problem.orders if order.id in cart.shipments}
    is_batch = len(cart.shipments) > 1 and site.wall_lines > 0 and modes <= {Mode.WALL, Mode.SINGLES}
    return WalkMode.WALL if is_batch else WalkMode.CLUSTER


def _stops(cart: Routed, slots: Mapping[str, int]) -> list[NewStop]:
    """One stop per bin and SKU in walking order; the leg is walked to the first stop at a point."""
    picks: dict[Point, dict[tuple[str, int, int], list[NewPick]]] = defaultdict(lambda: defaultdict(list))
    for name in cart.shipments:
        for want in cart.wants[name]:
            pick = NewPick(slots[name], want.shipment_line_id, want.reservation_id, want.qty)
            picks[want.point][want.bin_code, want.bin_id, want.sku_id].append(pick)
    stops = []
    for index, leg in zip(cart.route.order, cart.route.legs_mm, strict=False):
        for (_code, bin_id, sku_id), some in sorted(picks[cart.points[index]].items()):
            stops.append(NewStop(bin_id, sku_id, leg, tuple(some)))
            leg = 0
    return stops
