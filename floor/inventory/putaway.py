"""Putting away: what waits on docks and shelves for its place, and the walk that brings it there.

Stock itself knows what waits at the docks. Other slices have shelves of their own whose units wait only when their case
says so (returns); each tells it by a Source that wiring.py introduces here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from floor.catalog.models import Sku
from floor.inventory import service, slotting, steps
from floor.inventory.models import FOR_SALE, Balance, Bin, BinKind, Lot, LotBalance, MoveReason, Tote
from floor.inventory.queries import FREE, bin_by_code
from floor.inventory.slotting import Load, Spot
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown

#: What `undo` takes back here; a return's own put-away is not among them.
STEPS = ("inventory.stock.put_away",)


@dataclass(frozen=True)
class Waiting:
    """Units of one SKU (and lot) that wait in `where`. `key` names them to their source."""

    key: str
    where: Bin | Tote
    sku: Sku
    qty: int
    lot: Lot | None = None
    #: What they belong to, as people call it: "R-0042"; of a tote, where it stands.
    note: str = ""
    #: All units go to one bin, at once.
    is_whole: bool = False

    @property
    def tote(self) -> str:
        """The tote that is scanned before its goods are; "" where they lie on a shelf."""
        return self.where.code if isinstance(self.where, Tote) else ""


class Source(Protocol):
    """Somebody with units to put away."""

    def owns(self, key: str) -> bool: ...

    def waiting(self, db: Session, warehouse_id: int | None) -> Sequence[Waiting]: ...

    def put(self, db: Session, key: str, target: str, qty: int, actor: Actor) -> Bin:
        """Book `qty` units of `key` into the bin of that code. Raises Unknown, Conflict, Invalid."""


class Docks:
    """The docks: what lies there and is not on hold. Keys are bin.sku.lot, lot 0 for goods without lots."""

    def owns(self, key: str) -> bool:
        return key.count(".") == 2

    def waiting(self, db: Session, warehouse_id: int | None) -> Sequence[Waiting]:
        docks = sa.select(Bin).where(col(Bin.kind) == BinKind.DOCK)
        if warehouse_id is not None:
            docks = docks.where(col(Bin.warehouse_id) == warehouse_id)
        by_id = {where.id: where for where in db.scalars(docks)}
        return [
            Waiting(f"{place}.{sku.id}.{lot.id if lot else 0}", by_id[place], sku, qty, lot)
            for place, sku, qty, lot in lying_in(db, by_id)
        ]

    def put(self, db: Session, key: str, target: str, qty: int, actor: Actor) -> Bin:
        bin_id, sku_id, lot_id = (int(part) for part in key.split("."))
        where = db.get(Bin, bin_id)
        if where is None or where.kind is not BinKind.DOCK or db.get(Sku, sku_id) is None:
            raise Unknown("inventory.unknown_bin", bin=bin_id)
        found = shelf_for(db, where.warehouse_id, target, sku_id, lot_id)
        try:
            service.relocate(
                db, where, found, sku_id, qty, actor, lot_id=lot_id or None, reason=MoveReason.PUT_AWAY
            )  # fmt: skip
        except Conflict:
            raise Conflict("inventory.put_away_already") from None
        return found


def lying_in(db: Session, places: Collection[int]) -> list[tuple[int, Sku, int, Lot | None]]:
    """(place, SKU, free units, lot) of what lies in these places and is not on hold."""
    lying = (
        sa.select(col(LotBalance.place_id), col(LotBalance.qty), Lot)
        .join(Lot, col(Lot.id) == col(LotBalance.lot_id))
        .where(col(LotBalance.qty) > 0, col(Lot.hold_reason) == "")
    )
    lot = lying.subquery()
    units = sa.func.coalesce(lot.c.qty, FREE)
    rows = (
        sa.select(col(Balance.place_id), Sku, units, aliased(Lot, lot))
        .join(Sku, col(Sku.id) == col(Balance.sku_id))
        .outerjoin(lot, (lot.c.place_id == col(Balance.place_id)) & (lot.c.sku_id == col(Sku.id)))
        .where(col(Balance.place_id).in_(places), col(Balance.qty) > 0, units > 0)
        .order_by(col(Balance.place_id), col(Sku.code), lot.c.id)
    )
    return [(place, sku, qty, named) for place, sku, qty, named in db.execute(rows)] if places else []


def shelf_for(db: Session, warehouse_id: int, code: str, sku_id: int, lot_id: int) -> Bin:
    """The bin that was scanned, if goods may be put there. Raises Invalid."""
    found = bin_by_code(db, warehouse_id, code.strip().upper())
    if found is None or found.kind not in FOR_SALE or found.is_closed:
        raise Invalid("inventory.not_a_shelf", bin=code.strip()[:20])
    if slotting.mixes_dates(db, found, sku_id, db.get(Lot, lot_id) if lot_id else None):
        raise Invalid("inventory.other_dates", bin=found.code)
    return found


#: Who may have units to put away; wiring.py adds the other slices'.
_sources: dict[str, Source] = {"docks": Docks()}


def learn(name: str, source: Source) -> None:
    _sources[name] = source


def put(db: Session, key: str, target: str, qty: int, actor: Actor) -> Bin:
    """Units of this key were put into the bin that was scanned. Raises what its source raises."""
    for source in _sources.values():
        if source.owns(key):
            return source.put(db, key, target, qty, actor)
    raise Unknown("inventory.not_waiting")


def undo(db: Session, actor: Actor) -> None:
    """Take back this person's last put-away from a dock."""
    steps.take_back(db, STEPS, actor)


# --- the walk ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stop:
    """Units that wait, and the bin that suits them; none when the house has no room for them."""

    waiting: Waiting
    spot: Spot | None

    @property
    def units(self) -> int:
        """How many to bring there now."""
        fits = self.spot.units if self.spot else self.waiting.qty
        return self.waiting.qty if self.waiting.is_whole else fits


def waiting(db: Session, warehouse_id: int | None) -> list[Waiting]:
    """Everything that waits to be put away, in one house or in all."""
    return [one for source in _sources.values() for one in source.waiting(db, warehouse_id)]


def walk(db: Session, warehouse_id: int | None) -> list[Stop]:
    """What waits, each with its bin, in the order one walks past the bins; what finds no room comes last."""
    by_house: dict[int, list[Waiting]] = {}
    for one in waiting(db, warehouse_id):
        by_house.setdefault(one.where.warehouse_id, []).append(one)
    stops: list[Stop] = []
    for house, ones in sorted(by_house.items()):
        spots = slotting.suggest(db, house, [_load(one) for one in ones])
        by_key = {one.key: one for one in ones}
        order = slotting.in_walking_order({key: spot.where for key, spot in spots.items()})
        stops += [Stop(by_key[key], spots[key]) for key in order]
        stops += [Stop(one, None) for one in ones if one.key not in spots]
    return stops


def _load(one: Waiting) -> Load:
    lot = one.lot
    return Load(one.key, one.sku, one.qty, lot.id if lot else None, lot.expires_on if lot else None)
