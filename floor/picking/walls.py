"""Walls are put up and changed. A slot is a tote that stands still: it gets a place of its own in the books."""

from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from floor.events.service import Event, record
from floor.inventory import service as inventory
from floor.inventory.models import PlaceKind, Tote
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Unknown
from floor.picking.models_wall import Wall, WallSlot


@dataclass(frozen=True)
class Terms:
    """What a house decides of a wall."""

    columns: int
    is_confirmed: bool
    plan_lines: int


def put_up(db: Session, warehouse_id: int, code: str, slots: int, terms: Terms, actor: Actor) -> Wall:
    """A new wall with slots 1..n, each a tote called "<code>-01". Raises Conflict for a code that is taken."""
    code = code.strip().upper()
    names = [f"{code}-{number:02d}" for number in range(1, slots + 1)]
    taken = select(Tote.id).where(col(Tote.code).in_(names))
    if db.exec(select(Wall.id).where(Wall.code == code)).first() or db.exec(taken).first():
        raise Conflict("picking.wall_code_taken", wall=code)
    wall = Wall(code=code, warehouse_id=warehouse_id, **vars(terms))
    db.add(wall)
    db.flush()
    assert wall.id is not None
    for number, name in enumerate(names, start=1):
        place = inventory.new_place(db, PlaceKind.TOTE, warehouse_id)
        db.add(Tote(id=place, code=name, warehouse_id=warehouse_id))
        db.flush()
        db.add(WallSlot(id=place, wall_id=wall.id, number=number))
    db.flush()
    record(db, Event("picking.wall.put_up", "wall", wall.id, data={"slots": slots}), actor)
    return wall


def change(db: Session, wall: Wall, terms: Terms, actor: Actor) -> bool:
    """Other terms from now on. False when they are the same."""
    before = {name: getattr(wall, name) for name in vars(terms)}
    if before == vars(terms):
        return False
    for name, value in vars(terms).items():
        setattr(wall, name, value)
    db.add(wall)
    db.flush()
    record(db, Event("picking.wall.changed", "wall", wall.id or 0, data=vars(terms)), actor)
    return True


def plan_lines(db: Session, warehouse_id: int) -> int:
    """Carts on which no shipment has more lines than this go to a wall of the house; 0: none do."""
    return db.exec(select(func.coalesce(func.max(Wall.plan_lines), 0)).where(Wall.warehouse_id == warehouse_id)).one()


def wall_for(db: Session, wall_id: int, warehouse_id: int | None = None) -> Wall:
    """Raises Unknown, also for a wall of another house."""
    wall = db.get(Wall, wall_id)
    if wall is None or warehouse_id not in (None, wall.warehouse_id):
        raise Unknown("picking.unknown_wall")
    return wall
