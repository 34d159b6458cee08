"""A supervisor gives a walk to somebody: at once while it is only paper, by asking its picker once it carries goods."""

from sqlmodel import Session, col, select

from floor.inventory.models import Warehouse
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.people.models import Role, User
from floor.picking import queries, walking
from floor.picking.models import Walk, WalkTote
from floor.picking.models_wall import BatchTote
from floor.picking.states import WalkAction, WalkState
from floor.shipments import service as shipments
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentAction, ShipmentState


def is_loaded(db: Session, walk_id: int) -> bool:
    """Does it have a tote, so that it must change hands where it stands?"""
    bound = select(WalkTote.id).where(WalkTote.walk_id == walk_id, col(WalkTote.tote_id).is_not(None))
    shared = select(BatchTote.id).where(BatchTote.walk_id == walk_id)
    return db.exec(bound).first() is not None or db.exec(shared).first() is not None


def choices(db: Session, walk: Walk) -> list[tuple[User, bool]]:
    """(person, has a walk already) of everybody who may take it, those with free hands first."""
    house = db.get_one(Warehouse, walk.warehouse_id)
    busy = set(db.exec(select(Walk.picker_id).where(col(Walk.state).in_(queries.ACTIVE))))
    people = db.exec(
        select(User)
        .where(col(User.is_active), User.role == Role.PICKER, col(User.site).in_(("", house.code)))
        .where(User.id != (walk.picker_id or 0))
        .order_by(User.name)
    ).all()
    return sorted(((person, person.id in busy) for person in people), key=lambda row: row[1])


def assign(db: Session, walk_id: int, person_id: int, actor: Actor) -> User:
    """The walk is this person's from now on; who had it is free. Only while it carries no tote.

    Raises Conflict when it carries one by now or is over, Invalid for somebody who cannot take it.
    """
    walk, person = _hold(db, walk_id, person_id)
    _may_take(db, walk, person)
    assert person is not None
    if walk.state not in (WalkState.PUBLISHED, WalkState.CLAIMED):
        raise Conflict("picking.not_now")
    if is_loaded(db, walk_id):
        raise Conflict("picking.carries_totes")
    if queries.active_walk(db, person_id) is not None:
        raise Invalid("picking.badge_has_walk", field="person", name=person.name)
    before = walk.picker_id
    walk.picker_id, walk.handover_to_id = person_id, None
    if walk.state is WalkState.PUBLISHED:
        walking.advance(db, walk, WalkAction.CLAIM, actor)
        mine = select(WalkTote.shipment_id).where(WalkTote.walk_id == walk_id)
        planned = select(Shipment).where(col(Shipment.id).in_(mine), Shipment.state == ShipmentState.PLANNED)
        for shipment in db.exec(planned.order_by(col(Shipment.id)).with_for_update()).all():
            shipments.advance(db, shipment, ShipmentAction.START_PICK, actor, walk=walk_id)
        walking.news(db, walk, actor)
    db.add(walk)
    db.flush()
    walking.show_on_monitor(db, walk)
    walking.tell(db, walk, "assigned", actor, before=before, to=person_id)
    return person


def _hold(db: Session, walk_id: int, person_id: int) -> tuple[Walk, User | None]:
    """Both locked: of a free walk the person first, as a picker who claims it does; of one in somebody's hands the walk
    first, as a picker who hands it over does."""
    seen = db.exec(select(Walk.state).where(Walk.id == walk_id)).first()
    if seen is WalkState.PUBLISHED:
        person = db.get(User, person_id, with_for_update=True)
        walk = queries.locked(db, walk_id)
    else:
        walk = queries.locked(db, walk_id)
        person = db.get(User, person_id, with_for_update=True)
    if walk.state is not seen:
        raise Conflict("picking.not_now")
    return walk, person


def ask_to_hand_over(db: Session, walk_id: int, person_id: int, actor: Actor) -> User:
    """Its picker's phone asks for this person's badge. Asking again replaces the wish; nothing moves before the badge.

    Raises Conflict when nobody has the walk any more, Invalid for somebody who cannot take it.
    """
    walk = queries.locked(db, walk_id)
    person = db.get(User, person_id)
    _may_take(db, walk, person)
    assert person is not None
    if walk.state not in queries.ACTIVE:
        raise Conflict("picking.not_now")
    if walk.picker_id == person_id:
        raise Invalid("picking.has_it_already", field="person", name=person.name)
    walk.handover_to_id = person_id
    db.add(walk)
    db.flush()
    walking.tell(db, walk, "handover_asked", actor, to=person_id)
    return person


def withdraw(db: Session, walk_id: int, actor: Actor) -> None:
    """The picker is no longer asked; harmless when they were not."""
    walk = queries.locked(db, walk_id)
    if walk.handover_to_id is not None:
        walk.handover_to_id = None
        db.add(walk)
        db.flush()
        walking.tell(db, walk, "handover_withdrawn", actor)


def _may_take(db: Session, walk: Walk, person: User | None) -> None:
    house = db.get_one(Warehouse, walk.warehouse_id)
    if person is None or not person.is_active:
        raise Unknown("picking.unknown_person")
    if person.role not in (Role.PICKER, Role.SUPERVISOR, Role.ADMIN) or person.site not in ("", house.code):
        raise Invalid("picking.badge_cannot_pick", field="person", name=person.name)
