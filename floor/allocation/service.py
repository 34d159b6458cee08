"""Verbs of allocation runs: ask, apply a plan slice by slice, stop, publish, and fix what was left out."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.allocation import queries
from floor.allocation.models import Announcement, Run, RunCart, RunPrices, Unallocated
from floor.allocation.states import EVENTS, RUN, RunAction, RunState, Stage, Why
from floor.events.service import Event, record
from floor.inventory import queries as stock
from floor.inventory import service as inventory
from floor.inventory.models import Balance, Bin, BinKind
from floor.inventory.service import Wish
from floor.kit import clock
from floor.kit.actor import SYSTEM, Actor
from floor.kit.errors import Conflict
from floor.orders.models import Order, OrderLine
from floor.orders.states import OrderState
from floor.shipments import service as shipments


@dataclass(frozen=True)
class Share:
    """One warehouse's planned share of an order: (sku_id, units), carried by `carrier_id`."""

    warehouse_id: int
    carrier_id: int
    units: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Missed:
    """An order without a share, and why."""

    order_id: int
    reason: Why
    sku_id: int | None = None
    warehouse_id: int | None = None
    wanted: int = 0
    available: int = 0
    #: What would free it, all together: (Thing, SKU or carrier, warehouse, how much more).
    lacks: tuple[tuple[str, int | None, int | None, int], ...] = ()


@dataclass(frozen=True)
class Planned:
    """The planner's answer in our ids: shares by order, reasons for the rest, money in fen."""

    shares: Mapping[int, tuple[Share, ...]]
    missed: Sequence[Missed]
    cost_fen: int
    bound_fen: int | None
    #: What the parcels alone cost: without the weight of orders left out.
    freight_fen: int
    status: str
    #: As Run.figures keeps them, and worth.pack of its prices.
    figures: Mapping[str, Any] = field(default_factory=dict)
    prices: bytes | None = None


# --- asking and ending -------------------------------------------------------------------------------------------


def ask(db: Session, strategy: str, scope: Mapping[str, Any], actor: Actor, seed: int = 0) -> Run:
    """A new run; a worker takes it up."""
    user = actor.id if actor.kind == "user" else None
    run = Run(strategy=strategy, scope=dict(scope), seed=seed, asked_by=user)
    db.add(run)
    db.flush()
    assert run.id is not None
    record(db, Event("allocation.run.asked", "run", run.id, data={"strategy": strategy}), actor)
    return run


def advance(db: Session, run: Run, action: RunAction, actor: Actor, **data: object) -> None:
    """The only door to a run's state. Raises Conflict when the table has no such move."""
    run.state = RUN.after(run.state, action)
    db.add(run)
    db.flush()
    assert run.id is not None
    record(db, Event(f"allocation.run.{EVENTS[action]}", "run", run.id, data=data), actor)


def start(db: Session, run_id: int) -> Run | None:
    """Take a run up, or go on where a worker died. None when there is nothing to do any more."""
    run = queries.run_for(db, run_id, lock=True)
    if run.state not in (RunState.QUEUED, RunState.RUNNING):
        return None
    run.started_at = run.started_at or clock.now()
    advance(db, run, RunAction.START, SYSTEM)
    return run


def note(db: Session, run: Run, stage: Stage, done: int, total: int, ms: int = 0, **figures: object) -> None:
    """Say how far a stage is; its milliseconds add up over the workers that had a hand in it."""
    before = run.stages.get(stage, {})
    now = {"done": done, "total": total, "ms": before.get("ms", 0) + ms, **figures}
    run.stage, run.stages = stage, {**run.stages, stage: {**before, **now}}
    db.add(run)
    db.flush()


def keep_plan(db: Session, run: Run, planned: Planned) -> None:
    """Save the plan before anything of it is applied: whoever goes on does the same. The first plan kept counts."""
    if run.plan is not None:
        return
    assert run.id is not None
    run.plan = {
        "status": planned.status,
        "shares": [
            [order, [[s.warehouse_id, s.carrier_id, [list(unit) for unit in s.units]] for s in shares]]
            for order, shares in planned.shares.items()
        ],
    }
    run.orders = len(planned.shares) + len(planned.missed)
    run.cost_fen, run.bound_fen = planned.cost_fen, planned.bound_fen
    run.figures = dict(planned.figures)
    if planned.prices:
        db.add(RunPrices(run_id=run.id, data=planned.prices))
    db.add_all(
        Unallocated(run_id=run.id, **(vars(missed) | {"lacks": [list(lack) for lack in missed.lacks]}))
        for missed in planned.missed
    )
    db.add(run)
    db.flush()


def shares_of(run: Run) -> dict[int, tuple[Share, ...]]:
    """The kept plan, read back."""
    return {
        order: tuple(Share(w, carrier, tuple((sku, qty) for sku, qty in units)) for w, carrier, units in shares)
        for order, shares in (run.plan or {}).get("shares", ())
    }


def finish(db: Session, run: Run) -> None:
    """Every order of the plan has its answer: count, and let picking make the walks."""
    _count(db, run)
    run.finished_at = clock.now()
    advance(db, run, RunAction.APPLY, SYSTEM, allocated=run.allocated, unallocated=run.unallocated)


def stop(db: Session, run: Run, actor: Actor) -> None:
    """End a run between two slices: what is applied stays, the rest is left as it was, with that reason."""
    _leave_the_rest(db, run)
    advance(db, run, RunAction.STOP, actor)


def fail(db: Session, run: Run, error: str) -> None:
    """A stage broke: keep what is applied, say where and why; a person may start it again from here."""
    if run.plan is not None and run.state is RunState.RUNNING:
        _leave_the_rest(db, run)
    run.error = error[:500]
    advance(db, run, RunAction.FAIL, SYSTEM, stage=run.stage)


def retry(db: Session, run: Run, actor: Actor) -> None:
    """Go on with a stopped or failed run from the step where it ended."""
    rest = (col(Unallocated.run_id) == run.id) & (col(Unallocated.reason) == Why.STOPPED)
    db.execute(sa.delete(Unallocated).where(rest))
    run.error, run.finished_at = "", None
    advance(db, run, RunAction.RETRY, actor)


def _leave_the_rest(db: Session, run: Run) -> None:
    assert run.id is not None
    rest = shares_of(run).keys() - queries.settled(db, run.id)
    db.add_all(Unallocated(run_id=run.id, order_id=order, reason=Why.STOPPED) for order in sorted(rest))
    db.flush()
    _count(db, run)
    run.finished_at = clock.now()


def _count(db: Session, run: Run) -> None:
    assert run.id is not None
    run.allocated, run.unallocated = queries.allocated(db, run.id), queries.refused(db, run.id)


# --- applying ----------------------------------------------------------------------------------------------------


class Shelf:
    """What the pick faces can still give to the orders of one slice; safety stock stays, unless the run may have it."""

    def __init__(self, db: Session, shares: Iterable[Share], unsafe: bool = False) -> None:
        skus: dict[int, set[int]] = defaultdict(set)
        for share in shares:
            skus[share.warehouse_id] |= {sku for sku, _qty in share.units}
        every = {sku for some in skus.values() for sku in some}
        _lock_shelves(db, skus)
        safety = {} if unsafe else stock.safety_stock(db)
        self._may = {
            (row.warehouse_id, row.sku_id): min(
                row.pick, row.pick + row.reserve - safety.get((row.warehouse_id, row.sku_id), 0)
            )
            for row in stock.free_stock(db, every)
        }
        self._bins: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
        for warehouse_id, some in skus.items():
            for bin_, sku_id, free in stock.free_bins(db, warehouse_id, some):
                self._bins[warehouse_id, sku_id][bin_.id] = free

    def take(self, warehouse_id: int, sku_id: int, qty: int) -> list[tuple[int, int]]:
        """(bin_id, units): one bin that has it all and is left with least, else the emptiest bins first.

        Raises Conflict("inventory.not_enough") when the shelves changed and no longer have it.
        """
        key = (warehouse_id, sku_id)
        if self._may.get(key, 0) < qty:
            raise Conflict("inventory.not_enough", sku=sku_id, qty=qty)
        bins = self._bins[key]
        whole = [(free, bin_id) for bin_id, free in bins.items() if free >= qty]
        chosen, rest = list[tuple[int, int]](), qty
        for _free, bin_id in [min(whole)] if whole else sorted((free, bin_id) for bin_id, free in bins.items()):
            units = min(rest, bins[bin_id])
            if units:
                chosen.append((bin_id, units))
            rest -= units
        self._book(key, chosen, -1)
        return chosen

    def give_back(self, warehouse_id: int, sku_id: int, chosen: Sequence[tuple[int, int]]) -> None:
        self._book((warehouse_id, sku_id), chosen, 1)

    def _book(self, key: tuple[int, int], chosen: Sequence[tuple[int, int]], sign: int) -> None:
        self._may[key] += sign * sum(units for _bin, units in chosen)
        for bin_id, units in chosen:
            self._bins[key][bin_id] += sign * units


def _lock_shelves(db: Session, skus: Mapping[int, set[int]]) -> None:
    """Lock the slice's balances in the house's one order (place, sku), so that runs and pickers cannot deadlock."""
    for_update = (
        sa.select(col(Balance.place_id))
        .join(Bin, col(Bin.id) == col(Balance.place_id))
        .where(col(Bin.kind) == BinKind.PICK, col(Bin.warehouse_id).in_(sorted(skus)))
        .where(col(Balance.sku_id).in_(sorted({sku for some in skus.values() for sku in some})))
        .order_by(col(Balance.place_id), col(Balance.sku_id))
        .with_for_update(of=Balance)
    )
    db.execute(for_update).all()


def apply_slice(db: Session, run: Run, plan: Mapping[int, Sequence[Share]], actor: Actor) -> None:
    """Turn the shares of a few orders into shipments and reservations, each order all or nothing.

    Everything is looked up again: an order no longer released, units no longer backordered or a shelf no longer full
    enough drop that order with the reason `changed`; the others are not touched by it.
    """
    assert run.id is not None
    todo = sorted(plan.keys() - queries.settled(db, run.id, plan.keys()))
    locked = select(Order).where(col(Order.id).in_(todo)).order_by(col(Order.id)).with_for_update()
    orders = {order.id: order for order in db.exec(locked)}
    lines: dict[int, list[OrderLine]] = defaultdict(list)
    waiting = select(OrderLine).where(col(OrderLine.order_id).in_(todo), OrderLine.backordered > 0)
    for line in db.exec(waiting.order_by(col(OrderLine.id))):
        lines[line.order_id].append(line)
    shares = (share for order_id in todo for share in plan[order_id])
    shelf = Shelf(db, shares, bool(run.scope.get("unsafe")))
    for order_id in todo:
        if orders[order_id].state is not OrderState.RELEASED or not _allocate(
            db, run, orders[order_id], lines[order_id], plan[order_id], shelf, actor
        ):
            db.add(Unallocated(run_id=run.id, order_id=order_id, reason=Why.CHANGED))
    db.flush()
    # Shipments say it now; an order left out is announced anew.
    db.execute(sa.delete(Announcement).where(col(Announcement.order_id).in_(todo)))


def _allocate(
    db: Session,
    run: Run,
    order: Order,
    lines: Sequence[OrderLine],
    shares: Sequence[Share],
    shelf: Shelf,
    actor: Actor,
) -> bool:
    """One order under a savepoint of its own; False when it no longer holds, with nothing left behind."""
    left = {line.id or 0: line.backordered for line in lines}
    taken: list[tuple[int, int, list[tuple[int, int]]]] = []
    try:
        with db.begin_nested():
            for share in shares:
                units = _units(share, lines, left)
                _, made = shipments.plan(db, order, share.warehouse_id, share.carrier_id, units, run.id, actor)
                wishes = []
                for line_id, (sku_id, qty) in sorted(units.items()):
                    bins = shelf.take(share.warehouse_id, sku_id, qty)
                    taken.append((share.warehouse_id, sku_id, bins))
                    wishes += [Wish(bin_id, sku_id, n, made[line_id].id or 0) for bin_id, n in bins]
                inventory.reserve(db, wishes)
    except Conflict:
        for warehouse_id, sku_id, bins in taken:
            shelf.give_back(warehouse_id, sku_id, bins)
        return False
    return True


def _units(share: Share, lines: Sequence[OrderLine], left: dict[int, int]) -> dict[int, tuple[int, int]]:
    """Spread a share over the order's lines of each SKU: line -> (sku, units). Uses up `left`."""
    units: dict[int, tuple[int, int]] = {}
    for sku_id, wanted in share.units:
        rest = wanted
        for line_id in [line.id or 0 for line in lines if line.sku_id == sku_id]:
            part = min(rest, left[line_id])
            if part:
                units[line_id] = (sku_id, part)
                left[line_id] -= part
                rest -= part
        if rest:
            raise Conflict("orders.changed_meanwhile")
    return units


# --- carts and publishing ----------------------------------------------------------------------------------------


def report_cart(db: Session, cart: RunCart) -> None:
    """Picking tells of a walk it made of this run."""
    db.add(cart)
    db.flush()
    data = {"walk": cart.walk_number, "mm": cart.length_mm}
    record(db, Event("allocation.run.cart_routed", "run", cart.run_id, data=data), SYSTEM)


def cart_moved(db: Session, walk_number: str, state: str, picker: str = "") -> None:
    """Picking tells how far a walk is and who has it, for the monitor; walks without a run are nobody's here."""
    now = sa.update(RunCart).where(col(RunCart.walk_number) == walk_number).values(state=state, picker=picker)
    db.execute(now.execution_options(synchronize_session=False))


def routed(db: Session, run: Run) -> None:
    """Every shipment of the run is on a walk."""
    advance(db, run, RunAction.ROUTED, SYSTEM)


def publish(db: Session, run: Run, actor: Actor) -> None:
    """Show pickers the walks that are ready; while others are still routed, only those, and the run stays open."""
    assert run.id is not None
    if run.state is RunState.APPLIED:
        record(db, Event("allocation.run.published", "run", run.id), actor)
    else:
        advance(db, run, RunAction.PUBLISH, actor)


def take_back(db: Session, run: Run, actor: Actor) -> None:
    """Hide the walks nobody has begun yet."""
    advance(db, run, RunAction.TAKE_BACK, actor)
