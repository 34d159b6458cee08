"""What a warehouse does about units a shelf does not have: its ways and their order, changed at a desk."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from floor.events.service import Event, record
from floor.inventory.models import Warehouse
from floor.kit.actor import Actor
from floor.picking.models_shorts import ShortRule, Way


@dataclass(frozen=True)
class Rule:
    """The ways that are on, in the order they are tried; and how much longer a detour may make the walk, m."""

    ways: tuple[Way, ...]
    detour_m: int


def of(db: Session, warehouse_id: int) -> Rule:
    """A warehouse nobody has decided for does as a new row says."""
    row = db.get(ShortRule, warehouse_id, populate_existing=True) or ShortRule(warehouse_id=warehouse_id)
    return Rule(tuple(Way(code) for code in row.ways.split(",") if code), row.detour_m)


def change(db: Session, house: Warehouse, ways: Sequence[Way], detour_m: int, actor: Actor) -> bool:
    """Another rule from the next report on. False when it is the same."""
    assert house.id is not None
    before, now = of(db, house.id), Rule(tuple(ways), detour_m)
    if before == now:
        return False
    row = db.get(ShortRule, house.id) or ShortRule(warehouse_id=house.id)
    row.ways, row.detour_m = ",".join(ways), detour_m
    db.add(row)
    db.flush()
    data = {"from": [*before.ways, before.detour_m], "to": [*now.ways, now.detour_m]}
    record(db, Event("picking.rule.changed", "warehouse", house.id, data=data), actor)
    return True
