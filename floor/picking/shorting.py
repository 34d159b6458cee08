"""Fewer units than the books say: what follows is computed once, shown before it happens, and done as shown.

The units that are there go to the orders promised earliest. For the rest, other bins of the same warehouse join the
walk where they cost the fewest metres; what no bin has goes back to the order and waits for the next allocation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.inventory import counting
from floor.inventory import queries as stock
from floor.inventory import service as inventory
from floor.inventory.models import Bin, BinKind, CountReason, MoveReason, PlaceKind, Reservation
from floor.inventory.service import Move, Wish
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.picking import queries, totes, walking
from floor.picking.models import Pick, StepKind, Stop, Walk, WalkTote
from floor.picking.queries import SlotView, StopView, WalkView
from floor.picking.states import StopAction, StopState, WalkState
from floor.picking.verdict import Verdict, ok
from floor.shipments import service as shipments
from floor.shipments.models import Shipment, ShipmentLine


class Why(StrEnum):
    EMPTY = "empty"
    SHORT = "short"
    DAMAGED = "damaged"
    OTHER_GOODS = "other_goods"


@dataclass(frozen=True)
class Given:
    """Units of the shelf that a slot still gets. It stands for its order; due is the order's promise."""

    slot: SlotView
    units: int


@dataclass(frozen=True)
class Detour:
    """Units that come from another bin instead, at stop `number` of the walk as it will be."""

    bin_id: int
    code: str
    number: int
    is_new: bool
    #: (pick at the old stop, units), earliest promise first.
    parts: tuple[tuple[int, int], ...]

    @property
    def units(self) -> int:
        return sum(units for _pick, units in self.parts)


@dataclass(frozen=True)
class Waiting:
    """Units no bin of this warehouse has: this slot's order gets them from a later allocation."""

    slot: SlotView
    units: int
    parts: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Consequences:
    """What a report will do."""

    stop: StopView
    got: int
    why: Why
    given: tuple[Given, ...]
    #: pick id -> units missing
    missing: tuple[tuple[int, int], ...]
    detours: tuple[Detour, ...]
    waiting: tuple[Waiting, ...]

    @property
    def short(self) -> int:
        return self.stop.rest - self.got


def consequences(db: Session, view: WalkView, stop: StopView, got: int, why: Why) -> Consequences:
    """What reporting `got` units at this stop will do. Reads only. Raises Invalid for a number that cannot be."""
    if not 0 <= got <= stop.rest:
        raise Invalid("picking.number_cannot_be", field="got", low=0, high=stop.rest)
    picks = _by_promise(db, stop)
    slots = {slot.id: slot for slot in view.slots}
    left = got
    given: dict[int, int] = {}
    missing: list[tuple[int, int]] = []
    for pick in picks:
        units = min(left, pick.rest)
        left -= units
        if units:
            given[pick.walk_tote_id] = given.get(pick.walk_tote_id, 0) + units
        if pick.rest > units:
            missing.append((pick.id or 0, pick.rest - units))
    detours, waiting = _elsewhere(db, view, stop, missing)
    slot_of = {pick.id or 0: slots[pick.walk_tote_id] for pick in picks}
    return Consequences(
        stop, got, why, tuple(Given(slots[id_], units) for id_, units in given.items()), tuple(missing), detours,
        _per_slot(waiting, slot_of),
    )  # fmt: skip


def _by_promise(db: Session, stop: StopView) -> list[Pick]:
    """The open picks of a stop, the order promised earliest first."""
    rows = db.execute(
        sa.select(Pick)
        .join(WalkTote, col(WalkTote.id) == col(Pick.walk_tote_id))
        .join(Shipment, col(Shipment.id) == col(WalkTote.shipment_id))
        .where(col(Pick.stop_id) == stop.id, col(Pick.qty) > col(Pick.picked) + col(Pick.short))
        .order_by(col(Shipment.promised_at), col(Shipment.priority), col(Shipment.id), col(Pick.id))
        .execution_options(populate_existing=True)
    )
    return list(rows.scalars())


def _elsewhere(
    db: Session, view: WalkView, stop: StopView, missing: Sequence[tuple[int, int]]
) -> tuple[tuple[Detour, ...], list[tuple[int, int]]]:
    """Share the missing units over other pick faces, the smallest detour first. Returns (detours, what is left)."""
    ahead = [other for other in view.stops if other.number > stop.number and other.is_open]
    route = [stop.spot, *(other.spot for other in ahead)]
    own_bin = (stop.aisle, stop.bay, stop.level)
    choices = []
    for bin_, _sku, free in stock.free_bins(db, view.warehouse_id, [stop.goods.sku_id]):
        if (bin_.aisle, bin_.bay, bin_.level) == own_bin:
            continue
        known = next((o for o in ahead if o.code == bin_.code and o.goods.sku_id == stop.goods.sku_id), None)
        at, extra = view.floor.best_place(route, (bin_.x_mm, bin_.y_mm))
        place = known.number if known else (ahead[at - 2].number if at > 1 else stop.number) + 1
        choices.append((0 if known else extra, bin_.code, bin_, free, place, known is None))
    left = list(missing)
    taken: list[Detour] = []
    for _extra, code, bin_, free, number, is_new in sorted(choices, key=lambda choice: choice[:2]):
        parts, left = _share(left, free)
        if parts:
            taken.append(Detour(bin_.id, code, number, is_new, parts))
    taken.sort(key=lambda detour: detour.number)
    new_before = accumulate((detour.is_new for detour in taken), initial=0)
    moved = (replace(detour, number=detour.number + n) for detour, n in zip(taken, new_before, strict=False))
    return tuple(moved), left


def _share(wanted: list[tuple[int, int]], free: int) -> tuple[tuple[tuple[int, int], ...], list[tuple[int, int]]]:
    """As many of the wanted units as are free, in order; and what is still wanted."""
    parts, left = [], []
    for pick_id, units in wanted:
        now = min(units, free)
        free -= now
        if now:
            parts.append((pick_id, now))
        if units > now:
            left.append((pick_id, units - now))
    return tuple(parts), left


def _per_slot(waiting: Sequence[tuple[int, int]], slot_of: dict[int, SlotView]) -> tuple[Waiting, ...]:
    found: dict[int, list[tuple[int, int]]] = {}
    for pick_id, units in waiting:
        found.setdefault(slot_of[pick_id].id, []).append((pick_id, units))
    return tuple(
        Waiting(slot_of[parts[0][0]], sum(units for _pick, units in parts), tuple(parts)) for parts in found.values()
    )


def report(db: Session, walk_id: int, stop_id: int, got: int, why: Why, actor: Actor) -> Verdict:
    """Only `got` of the units still wanted here are there: do what `consequences` shows.

    Missing units leave the bin for the lost place (damaged ones for quarantine) and somebody counts it. On a walk with
    several totes the units that are there are in hand now and go to their totes; with one tote they are put at once.
    Raises Invalid when nothing is missing, Conflict when the stop is done or the stock was taken meanwhile.
    """
    walk = walking.hold(db, walk_id, actor, WalkState.PICKING)
    walking.news(db, walk, actor)
    view = queries.walk_view(db, walk_id)
    stop = walking.stop_of(db, walk, stop_id)
    here = view.by_id(stop_id)
    if stop is None:
        raise Unknown("picking.unknown_stop")
    if here is None or here.state not in (StopState.OPEN, StopState.SKIPPED):
        raise Conflict("picking.stop_is_done")
    plan = consequences(db, view, here, got, why)
    if not plan.short:
        raise Invalid("picking.nothing_is_missing", field="got")
    if stop.state is StopState.SKIPPED:
        walking.advance_stop(db, stop, StopAction.COME_BACK)
    before = {"before": here.in_hand, "bin_seen": stop.bin_seen}
    places = {stop.bin_id, _where_to(db, walk, why)[0], *(detour.bin_id for detour in plan.detours)}
    inventory.hold_still(db, [(place, stop.sku_id) for place in places])
    losses = _lose(db, walk, stop, plan, actor)
    new_picks = [pick for detour in plan.detours for pick in _detour(db, walk, detour, here)]
    backordered = [part for waiting in plan.waiting for part in _give_back(db, waiting)]
    counting.ask_count(db, db.get_one(Bin, stop.bin_id), stop.sku_id, CountReason.SHORT, actor)
    done: list[list[int]] = []
    if here.is_direct and got:
        put = here.puts[0]
        done = walking.put(db, walk, put.picks, totes.tote_id_of(db, walk, put.slot.id), got, actor)
    stop.in_hand = 0 if here.is_direct else got
    stop.bin_seen = True
    data = {"losses": losses, "new_picks": new_picks, "backordered": backordered, "puts": done, "why": why.value}
    walking.step(db, walk, stop, StepKind.SHORT, actor, **data, **before)
    _tell(db, walk, stop, plan, actor)
    walking.settle(db, walk, stop, actor)
    stays = stop.id if stop.state is StopState.OPEN else None
    return ok("short_reported", stays, "done", n=plan.short)


def _lose(db: Session, walk: Walk, stop: Stop, plan: Consequences, actor: Actor) -> list[list[int]]:
    """The missing units leave the bin and its promises. Returns [pick id, units, place they went to].

    Units of a lot that went on hold after they were promised lie there all right: they only lose their promise.
    """
    place, reason = _where_to(db, walk, plan.why)
    for pick_id, units in plan.missing:
        pick = db.get_one(Pick, pick_id, populate_existing=True)
        inventory.release(db, db.get_one(Reservation, pick.reservation_id, populate_existing=True), units)
        pick.short += units
    db.flush()
    gone = min(plan.short, stock.free_in(db, stop.bin_id, stop.sku_id))
    if gone:
        inventory.move(db, [Move(stop.sku_id, gone, stop.bin_id, place, reason)], "walk", walk.id or 0, actor)
    losses = []
    for pick_id, units in plan.missing:
        part = min(units, gone)
        gone -= part
        losses += [[pick_id, n, where] for n, where in ((part, place), (units - part, stop.bin_id)) if n]
    return losses


def _where_to(db: Session, walk: Walk, why: Why) -> tuple[int, MoveReason]:
    """Damaged units go to the first quarantine bin, or are scrapped where a house has none; the others are lost."""
    if why is not Why.DAMAGED:
        return inventory.beyond(db, PlaceKind.LOST, walk.warehouse_id), MoveReason.SHORT
    quarantine = select(Bin.id).where(Bin.warehouse_id == walk.warehouse_id, Bin.kind == BinKind.QUARANTINE)
    place = db.exec(quarantine.order_by(Bin.code)).first()
    return place or inventory.beyond(db, PlaceKind.SCRAP, walk.warehouse_id), MoveReason.DAMAGE


def _detour(db: Session, walk: Walk, detour: Detour, here: StopView) -> list[int]:
    """Promise the units in the other bin and send the walk past it. Returns the new picks."""
    stop = _stop_at(db, walk, detour, here)
    made = []
    for pick_id, units in detour.parts:
        old = db.get_one(Pick, pick_id)
        promise = inventory.reserve_one(db, Wish(detour.bin_id, stop.sku_id, units, old.shipment_line_id))
        new = Pick(
            stop_id=stop.id or 0, walk_tote_id=old.walk_tote_id, shipment_line_id=old.shipment_line_id,
            reservation_id=promise.id or 0, qty=units,
        )  # fmt: skip
        db.add(new)
        db.flush()
        made.append(new.id or 0)
    return made


def _stop_at(db: Session, walk: Walk, detour: Detour, here: StopView) -> Stop:
    """The stop of the walk that visits this bin; a new one takes the place of stop `number`, the others move on."""
    view = queries.walk_view(db, walk.id or 0)
    if not detour.is_new:
        return db.get_one(Stop, view.numbered(detour.number).id)
    position = db.get_one(Stop, view.stops[detour.number - 2].id).position + 1
    mine = (col(Stop.walk_id) == walk.id) & (col(Stop.position) >= position)
    # Two steps, because (walk, position) is unique at every moment.
    for where, value in ((mine, -col(Stop.position) - 1), (col(Stop.position) < 0, -col(Stop.position))):
        change = sa.update(Stop).where(col(Stop.walk_id) == walk.id, where).values(position=value)
        db.execute(change.execution_options(synchronize_session=False))
    new = Stop(walk_id=walk.id or 0, position=position, bin_id=detour.bin_id, sku_id=here.goods.sku_id)
    db.add(new)
    db.flush()
    db.exec(select(Stop).where(Stop.walk_id == walk.id).execution_options(populate_existing=True)).all()
    return new


def _give_back(db: Session, waiting: Waiting) -> list[list[int]]:
    """Units go back to their order line. Returns [shipment line id, units]."""
    given = []
    for pick_id, units in waiting.parts:
        line = db.get_one(ShipmentLine, db.get_one(Pick, pick_id).shipment_line_id)
        shipments.backorder(db, line, units)
        given.append([line.id or 0, units])
    return given


def _tell(db: Session, walk: Walk, stop: Stop, plan: Consequences, actor: Actor) -> None:
    """One event per order that misses units; the supervisor's board reads `waiting`."""
    late = {waiting.slot.id: waiting.units for waiting in plan.waiting}
    missing: dict[int, int] = {}
    for pick_id, units in plan.missing:
        slot = db.get_one(Pick, pick_id).walk_tote_id
        missing[slot] = missing.get(slot, 0) + units
    for slot, units in missing.items():
        order_id = db.get_one(Shipment, db.get_one(WalkTote, slot).shipment_id).order_id
        data = {"stop": stop.id, "bin": stop.bin_id, "sku": stop.sku_id, "qty": units, "why": plan.why.value}
        walking.tell(db, walk, "short_reported", actor, order_id, **data, waiting=late.get(slot, 0))
