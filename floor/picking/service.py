"""Verbs of picking: a walk is claimed, its cart and totes are bound, its stops are picked, and it ends at a lane.

The scenario of a stop lives beside this file: scanning (bin, item, tote), shorting (fewer than the books say) and
undoing; walking holds what they share. Doors call all of it from here.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.inventory import counting
from floor.inventory.models import Bin, CountReason, Reservation, Tote, Warehouse
from floor.kit import ids
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.people.models import Role, User
from floor.picking import checks, queries, totes, walking
from floor.picking.ending import Summary, finish, summary
from floor.picking.models import Cart, Pick, Stop, Walk, WalkTote
from floor.picking.replaying import Told, replay
from floor.picking.scanning import scan, set_quantity, skip
from floor.picking.shelves import move_promises
from floor.picking.shorting import Why, consequences, report
from floor.picking.states import WalkAction, WalkMode, WalkState
from floor.picking.undoing import undo
from floor.picking.walking import advance
from floor.shipments import service as shipments
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentAction, ShipmentState

__all__ = [
    "NewPick", "NewStop", "NewWalk", "Summary", "Told", "Why", "advance", "answer_empty", "bind_cart", "bind_tote",
    "claim", "claim_next", "consequences", "create_walk", "finish", "hand_over", "let_go", "news_while_loading",
    "publish_walks", "replay", "report", "report_code", "scan", "set_quantity", "settle_check", "skip", "summary",
    "take_back_walks", "unbind_tote", "undo",
]  # fmt: skip


# --- a walk comes into being ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NewPick:
    slot: int
    shipment_line_id: int
    reservation_id: int
    qty: int


@dataclass(frozen=True)
class NewStop:
    bin_id: int
    sku_id: int
    leg_mm: int
    picks: tuple[NewPick, ...]


@dataclass(frozen=True)
class NewWalk:
    """A planned walk: (slot, shipment_id), stops in walking order. `totes` and `single_mm` are for the monitor."""

    warehouse_id: int
    run_id: int | None
    slots: tuple[tuple[int, int], ...]
    stops: tuple[NewStop, ...]
    length_mm: int
    minutes: int
    due_at: datetime
    priority: int
    totes: int
    single_mm: int
    mode: WalkMode = WalkMode.CLUSTER


def create_walk(db: Session, new: NewWalk, actor: Actor) -> Walk | None:
    """A walk not yet shown to pickers. None when one of its shipments or promises changed since it was planned.

    The shipments stay allocated: picking begins when somebody claims the walk.
    """
    if not _still_planned(db, new) or not (followed := _with_promises(db, new)):
        return None
    new = followed
    walk = Walk(
        number=ids.new_id()[:20],  # unique until the id is known
        warehouse_id=new.warehouse_id, run_id=new.run_id, due_at=new.due_at, priority=new.priority,
        length_mm=new.length_mm, minutes=new.minutes, mode=new.mode,
    )  # fmt: skip
    db.add(walk)
    db.flush()
    assert walk.id is not None
    walk.number = f"W-{walk.id:06d}"
    slots = {slot: WalkTote(walk_id=walk.id, slot=slot, shipment_id=shipment) for slot, shipment in new.slots}
    stops = [
        Stop(walk_id=walk.id, position=n, bin_id=stop.bin_id, sku_id=stop.sku_id, leg_mm=stop.leg_mm)
        for n, stop in enumerate(new.stops, start=1)
    ]
    db.add_all([*slots.values(), *stops])
    db.flush()
    db.add_all(
        Pick(
            stop_id=made.id or 0, walk_tote_id=slots[pick.slot].id or 0, shipment_line_id=pick.shipment_line_id,
            reservation_id=pick.reservation_id, qty=pick.qty,
        )
        for made, stop in zip(stops, new.stops, strict=True)
        for pick in stop.picks
    )  # fmt: skip
    walking.tell(db, walk, "made", actor, run=new.run_id)
    return walk


def _still_planned(db: Session, new: NewWalk) -> bool:
    """Lock the shipments in one order; each must still be allocated, on no walk, and promised what was planned."""
    mine = sorted(shipment for _slot, shipment in new.slots)
    locked = select(Shipment).where(col(Shipment.id).in_(mine)).order_by(col(Shipment.id)).with_for_update()
    found = db.exec(locked.execution_options(populate_existing=True)).all()
    if any(shipment.state is not ShipmentState.PLANNED for shipment in found):
        return False
    taken = select(WalkTote.id).join(Walk, col(Walk.id) == WalkTote.walk_id)
    if db.exec(taken.where(col(WalkTote.shipment_id).in_(mine), Walk.state != WalkState.CANCELLED)).first() is not None:
        return False
    wanted = {pick.reservation_id: pick.qty for stop in new.stops for pick in stop.picks}
    promises = db.exec(select(Reservation).where(col(Reservation.id).in_(wanted))).all()
    return {promise.id: promise.pending for promise in promises} == wanted


def _with_promises(db: Session, new: NewWalk) -> NewWalk | None:
    """Promises go along to the bins the walk chose. None when somebody took the free units there; a later plan then
    starts from what is promised."""
    moved = move_promises(db, {p.reservation_id: stop.bin_id for stop in new.stops for p in stop.picks})
    if moved is None:
        return None
    stops = [
        replace(
            stop, picks=tuple(replace(p, reservation_id=moved.get(p.reservation_id, p.reservation_id)) for p in picks)
        )
        for stop, picks in ((stop, stop.picks) for stop in new.stops)
    ]
    return replace(new, stops=tuple(stops))


def publish_walks(db: Session, run_id: int, actor: Actor) -> int:
    """Pickers see the run's ready walks. Returns how many; again is harmless."""
    return _advance_all(db, run_id, WalkState.READY, WalkAction.PUBLISH, actor)


def take_back_walks(db: Session, run_id: int, actor: Actor) -> int:
    """Walks nobody has claimed disappear from the pickers' lists. Returns how many."""
    return _advance_all(db, run_id, WalkState.PUBLISHED, WalkAction.TAKE_BACK, actor)


def _advance_all(db: Session, run_id: int, state: WalkState, action: WalkAction, actor: Actor) -> int:
    walks = select(Walk).where(Walk.run_id == run_id, Walk.state == state).order_by(col(Walk.id)).with_for_update()
    found = db.exec(walks).all()
    for walk in found:
        advance(db, walk, action, actor)
    return len(found)


# --- a walk finds its picker ----------------------------------------------------------------------------------------


def claim(db: Session, walk_id: int, actor: Actor) -> Walk:
    """The walk is this picker's from now on, and its shipments are being picked.

    Raises Conflict when somebody else was faster, or when the picker has a walk already.
    """
    _lock_picker(db, actor)
    walk = queries.locked(db, walk_id)
    if walk.picker_id == actor.id and walk.state in queries.ACTIVE:
        return walk
    if walk.state is not WalkState.PUBLISHED:
        raise Conflict("picking.taken")
    if queries.active_walk(db, actor.id or 0) is not None:
        raise Conflict("picking.have_one")
    walk.picker_id = actor.id
    advance(db, walk, WalkAction.CLAIM, actor)
    for shipment in walking.shipments_in(db, walk, ShipmentState.PLANNED):
        shipments.advance(db, shipment, ShipmentAction.START_PICK, actor, walk=walk.id)
    walking.news(db, walk, actor)
    return walk


def claim_next(db: Session, site: str, actor: Actor) -> Walk | None:
    """The most urgent walk of the site for this picker, or the one already in hand. None when there is none."""
    _lock_picker(db, actor)
    mine = queries.active_walk(db, actor.id or 0)
    if mine is not None:
        return mine
    walk = queries.next_published(db, site)
    return None if walk is None else claim(db, walk.id or 0, actor)


def _lock_picker(db: Session, actor: Actor) -> None:
    """One walk per picker: two devices of one person wait for each other here."""
    db.get(User, actor.id, with_for_update=True)


def let_go(db: Session, walk_id: int, actor: Actor) -> None:
    """Give a walk back before the first pick: cart and totes are free, any picker may claim it."""
    walk = walking.hold(db, walk_id, actor, WalkState.CLAIMED)
    walk.picker_id = walk.cart_id = walk.handover_to_id = None
    db.execute(sa.update(WalkTote).where(col(WalkTote.walk_id) == walk_id).values(tote_id=None))
    advance(db, walk, WalkAction.LET_GO, actor)
    for shipment in walking.shipments_in(db, walk, ShipmentState.PICKING):
        shipments.advance(db, shipment, ShipmentAction.RETURN_PLAN, actor, walk=walk.id)


def hand_over(db: Session, walk_id: int, badge: str, actor: Actor) -> User:
    """Another picker takes the walk on where it stands. Raises Invalid for a badge that cannot take it."""
    walk = walking.hold(db, walk_id, actor, *queries.ACTIVE)
    person = db.exec(select(User).where(User.badge == badge.strip().upper()).with_for_update()).first()
    if person is None or not person.is_active or person.id is None:
        raise Invalid("picking.unknown_badge")
    house = db.get_one(Warehouse, walk.warehouse_id)
    if person.role not in (Role.PICKER, Role.SUPERVISOR, Role.ADMIN) or person.site not in ("", house.code):
        raise Invalid("picking.badge_cannot_pick", name=person.name)
    if person.id == actor.id:
        raise Invalid("picking.own_badge")
    if queries.active_walk(db, person.id) is not None:
        raise Invalid("picking.badge_has_walk", name=person.name)
    walk.picker_id, walk.handover_to_id = person.id, None
    db.add(walk)
    walking.show_on_monitor(db, walk)
    walking.tell(db, walk, "handed_over", actor, to=person.id)
    return person


# --- cart and totes -------------------------------------------------------------------------------------------------


def bind_cart(db: Session, walk_id: int, code: str, actor: Actor) -> Cart:
    """The scanned cart carries this walk. Raises Invalid when it cannot."""
    walk = walking.hold(db, walk_id, actor, WalkState.CLAIMED)
    cart = db.exec(select(Cart).where(Cart.code == code.strip().upper()).with_for_update()).first()
    if cart is None or cart.warehouse_id != walk.warehouse_id:
        raise Invalid("picking.unknown_cart")
    others = (Walk.cart_id == cart.id, col(Walk.state).in_(queries.ACTIVE), Walk.id != walk.id)
    if db.exec(select(Walk.id).where(*others)).first() is not None:
        raise Invalid("picking.cart_in_use", cart=cart.code)
    needed = 1 if walk.mode is WalkMode.WALL else len(_slots(db, walk_id, bound=False))
    if cart.slots < needed:
        raise Invalid("picking.cart_too_small", cart=cart.code, slots=cart.slots, needed=needed)
    walk.cart_id = cart.id
    db.add(walk)
    walking.tell(db, walk, "cart_bound", actor, cart=cart.code)
    return cart


def bind_tote(db: Session, walk_id: int, code: str, actor: Actor) -> WalkTote | None:
    """The scanned tote goes into the next free slot; with the last one the picking begins. A batch walk begins with
    one tote, in no slot; others are scanned when it is full.

    Raises Invalid for a tote that is not empty, not of this house, or in use.
    """
    walk = walking.hold(db, walk_id, actor, WalkState.CLAIMED)
    if walk.cart_id is None:
        raise Invalid("picking.cart_first")
    tote = db.exec(select(Tote).where(Tote.code == code.strip().upper())).first()
    if tote is None:
        raise Invalid("picking.unknown_tote")
    tote_id = totes.take_tote(db, walk, tote)
    free = [] if walk.mode is WalkMode.WALL else _slots(db, walk_id, bound=False)
    if free:
        free[0].tote_id = tote_id
        db.add(free[0])
        db.flush()
    else:
        totes.share_tote(db, walk, tote_id)
    if len(free) <= 1:
        advance(db, walk, WalkAction.START, actor)
    return free[0] if free else None


def news_while_loading(db: Session, walk_id: int, actor: Actor) -> list[walking.News]:
    """What became of the orders since the last scan. Nothing is bound for a cancelled one: was its tote the last one
    missing, the picking begins."""
    walk = walking.hold(db, walk_id, actor, WalkState.CLAIMED)
    told = walking.news(db, walk, actor)
    if told and walk.cart_id and not _slots(db, walk_id, bound=False):
        advance(db, walk, WalkAction.START, actor)
    return told


def unbind_tote(db: Session, walk_id: int, actor: Actor) -> None:
    """The tote bound last comes off the cart again. Raises Invalid when there is none."""
    walking.hold(db, walk_id, actor, WalkState.CLAIMED)
    bound = _slots(db, walk_id, bound=True)
    if not bound:
        raise Invalid("picking.nothing_to_undo")
    bound[-1].tote_id = None
    db.add(bound[-1])
    db.flush()


def _slots(db: Session, walk_id: int, *, bound: bool) -> list[WalkTote]:
    is_bound = col(WalkTote.tote_id).is_not(None) if bound else col(WalkTote.tote_id).is_(None)
    query = select(WalkTote).where(WalkTote.walk_id == walk_id, is_bound, WalkTote.told != "cancelled")
    return list(db.exec(query.order_by(col(WalkTote.slot), col(WalkTote.part))))


# --- along the way --------------------------------------------------------------------------------------------------


def answer_empty(db: Session, walk_id: int, stop_id: int, is_empty: bool, actor: Actor) -> None:
    """The picker says whether a bin the books call empty is so; if not, somebody counts it."""
    walk = walking.hold(db, walk_id, actor, WalkState.PICKING)
    stop = walking.stop_of(db, walk, stop_id)
    if stop is None:
        raise Unknown("picking.unknown_stop")
    stop.ask_empty = False
    db.add(stop)
    if not is_empty:
        counting.ask_count(db, db.get_one(Bin, stop.bin_id), stop.sku_id, CountReason.ZERO_CHECK, actor)
    walking.tell(db, walk, "bin_checked", actor, stop=stop_id, bin=stop.bin_id, empty=is_empty)


def report_code(db: Session, walk_id: int, stop_id: int | None, code: str, actor: Actor) -> None:
    """A label nobody knows, or one on the wrong goods: the supervisor's board hears of it. Nothing is counted."""
    walk = walking.hold(db, walk_id, actor, *queries.ACTIVE)
    walking.tell(db, walk, "code_reported", actor, stop=stop_id, code=code.strip()[:48])


def settle_check(db: Session, walk_id: int, check_id: int, code: str | None, actor: Actor) -> checks.CheckView:
    """The units of a stop to check are back in their bin: its label was scanned, or (code None) the picker says so.

    Raises Invalid for another bin's label, Conflict when it is settled already.
    """
    walk = walking.hold(db, walk_id, actor, WalkState.PICKING, WalkState.DONE)
    if walk.state is WalkState.PICKING:
        walking.news(db, walk, actor)
    settled = checks.settle(db, walk_id, check_id, code, actor)
    walking.tell(db, walk, "checked", actor, check=check_id, bin=settled.code, qty=settled.units)
    return settled
