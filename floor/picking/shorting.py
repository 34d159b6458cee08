"""Fewer units than the books say: what follows is computed once, shown before it happens, and done as shown.

The units that are there go to the orders promised earliest. The rest comes by the ways of the warehouse's rule
(`remedies`); what none of them has goes back to the order and waits for the next allocation.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.inventory import counting
from floor.inventory import queries as stock
from floor.inventory import service as inventory
from floor.inventory.models import Bin, BinKind, CountReason, MoveReason, PlaceKind, Reservation
from floor.inventory.service import Move
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.orders.models import Order
from floor.picking import queries, remedies, sourcing, totes, walking
from floor.picking.models import Pick, StepKind, Stop, Walk, WalkTote
from floor.picking.queries import SlotView, StopView, WalkView
from floor.picking.remedies import Detour, Sending
from floor.picking.states import StopAction, StopState, WalkState
from floor.picking.verdict import Verdict, ok, warn
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
class Waiting:
    """Units no way has: this slot's order gets them from a later allocation."""

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
    sendings: tuple[Sending, ...]
    waiting: tuple[Waiting, ...]
    #: Shelves of other warehouses that were looked at: (bin, SKU).
    looked_at: frozenset[tuple[int, int]] = frozenset()

    @property
    def short(self) -> int:
        return self.stop.rest - self.got

    @property
    def mark(self) -> str:
        """Names what was shown: another mark is another outcome."""
        plan = (self.missing, self.detours, self.sendings, [(one.slot.id, one.parts) for one in self.waiting])
        return hashlib.sha256(repr(plan).encode()).hexdigest()[:16]


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
    found = remedies.find(db, view, stop, missing) if missing else remedies.Found((), (), (), frozenset())
    slot_of = {pick.id or 0: slots[pick.walk_tote_id] for pick in picks}
    return Consequences(
        stop, got, why, tuple(Given(slots[id_], units) for id_, units in given.items()), tuple(missing),
        found.detours, found.sendings, _per_slot(found.left, slot_of), found.looked_at,
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


def _per_slot(waiting: Sequence[tuple[int, int]], slot_of: dict[int, SlotView]) -> tuple[Waiting, ...]:
    found: dict[int, list[tuple[int, int]]] = {}
    for pick_id, units in waiting:
        found.setdefault(slot_of[pick_id].id, []).append((pick_id, units))
    return tuple(
        Waiting(slot_of[parts[0][0]], sum(units for _pick, units in parts), tuple(parts)) for parts in found.values()
    )


def report(db: Session, walk_id: int, stop_id: int, got: int, why: Why, actor: Actor, seen: str = "") -> Verdict:
    """Only `got` of the units still wanted here are there: do what `consequences` shows, all of it or nothing.

    Missing units leave the bin for the lost place (damaged ones for quarantine) and somebody counts it. On a walk with
    several totes the units that are there are in hand now and go to their totes; with one tote they are put at once.
    `seen`: the mark of what was shown. Raises Invalid when nothing is missing, Conflict when the stop is done, or
    something else would follow by now because stock was taken meanwhile.
    """
    walk = walking.hold(db, walk_id, actor, WalkState.PICKING)
    told = walking.news(db, walk, actor)
    if told and seen:  # the sheet did not know: first the picker hears it
        return warn(f"order_{told[0].what}", stop_id, slot=told[0].slot, n=told[0].units)
    view = queries.walk_view(db, walk_id)
    stop = walking.stop_of(db, walk, stop_id)
    here = view.by_id(stop_id)
    if stop is None:
        raise Unknown("picking.unknown_stop")
    if here is None or here.state not in (StopState.OPEN, StopState.SKIPPED):
        raise Conflict("picking.stop_is_done")
    plan = _held_still(db, walk, consequences(db, view, here, got, why), view)
    if not plan.short:
        raise Invalid("picking.nothing_is_missing", field="got")
    if seen not in ("", plan.mark):
        raise Conflict("picking.shelves_changed")
    if stop.state is StopState.SKIPPED:
        walking.advance_stop(db, stop, StopAction.COME_BACK)
    before = {"before": here.in_hand, "bin_seen": stop.bin_seen}
    losses = _lose(db, walk, stop, plan, actor)
    data: dict[str, Any] = {"losses": losses, "why": why.value, **sourcing.do(db, walk, plan, actor)}
    data["backordered"] = [part for waiting in plan.waiting for part in _give_back(db, waiting)]
    counting.ask_count(db, db.get_one(Bin, stop.bin_id), stop.sku_id, CountReason.SHORT, actor)
    done: list[list[int]] = []
    if here.is_direct and got:
        put = here.puts[0]
        done = walking.put(db, walk, put.picks, totes.tote_id_of(db, walk, put.slot.id), got, actor)
    stop.in_hand = 0 if here.is_direct else got
    stop.bin_seen = True
    walking.step(db, walk, stop, StepKind.SHORT, actor, puts=done, **data, **before)
    _tell(db, walk, stop, plan, actor)
    walking.settle(db, walk, stop, actor)
    stays = stop.id if stop.state is StopState.OPEN else None
    return ok("short_reported", stays, "done", n=plan.short)


def _held_still(db: Session, walk: Walk, plan: Consequences, view: WalkView) -> Consequences:
    """Lock the orders and shelves a plan touches, in the house's order, and look once more.

    Raises Conflict when somebody took units between the two looks.
    """
    orders = sorted({sending.order_id for sending in plan.sendings})
    if orders:
        db.execute(sa.select(col(Order.id)).where(col(Order.id).in_(orders)).order_by(col(Order.id)).with_for_update())
    own = db.execute(sa.select(col(Stop.bin_id), col(Stop.sku_id)).where(col(Stop.id) == plan.stop.id)).one()
    shelves = {(own.bin_id, own.sku_id), (_where_to(db, walk, plan.why)[0], own.sku_id), *plan.looked_at}
    shelves |= {(detour.bin_id, detour.sku_id) for detour in plan.detours}
    shelves |= {(bin_id, sending.sku_id) for sending in plan.sendings for _pick, _units, bin_id in sending.parts}
    inventory.hold_still(db, shelves)
    again = consequences(db, view, plan.stop, plan.got, plan.why)
    if again.mark != plan.mark:
        raise Conflict("picking.shelves_changed")
    return again


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
    sent: dict[int, int] = {}
    for sending in plan.sendings:
        sent[sending.slot.id] = sent.get(sending.slot.id, 0) + sending.units
    for slot, units in missing.items():
        order_id = db.get_one(Shipment, db.get_one(WalkTote, slot).shipment_id).order_id
        data = {"stop": stop.id, "bin": stop.bin_id, "sku": stop.sku_id, "qty": units, "why": plan.why.value}
        walking.tell(
            db, walk, "short_reported", actor, order_id, **data, waiting=late.get(slot, 0), sent=sent.get(slot, 0)
        )
