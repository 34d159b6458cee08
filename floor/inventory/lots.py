"""Lots, serial numbers and expiry dates, for SKUs that ask for them; a serial number is a lot of one unit.

First expired, first out: a move that names no lot takes the units that expire soonest. Lots on hold are not for sale;
in every bin the balance's `held` counts their units that nobody was promised. Whoever moves tracked stock shares its
SKU's row, then locks the balances; whoever puts a lot on or off hold locks the SKU's row alone: what a move reads of
lots stays true until it commits.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku, Tracking
from floor.events.service import Event, record
from floor.inventory import rows
from floor.inventory.models import PHYSICAL, UNNAMED, Balance, Bin, Lot, LotBalance, MoveReason, Place, PlaceKind
from floor.inventory.rows import Change
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.db import upsert
from floor.kit.errors import Conflict, Invalid


class Held(StrEnum):
    """Why a lot is not for sale."""

    EXPIRED = "expired"
    QUALITY = "quality"
    RECALL = "recall"
    UNNAMED = "unnamed"


@dataclass(frozen=True)
class Move:
    """`qty` (> 0) units of a SKU go from one place to another. `reserved`: they were promised units of the source.

    `lot_id` of a tracked SKU names the lot; None takes what expires first.
    """

    sku_id: int
    qty: int
    from_place_id: int
    to_place_id: int
    reason: MoveReason
    reserved: bool = False
    lot_id: int | None = None


_sku: sa.Table = Sku.__table__  # type: ignore[attr-defined]
# Constants: every move waits for one of them (see rows.py).
_TRACKED = sa.select(_sku.c.id, _sku.c.tracking).where(
    _sku.c.id.in_(sa.bindparam("skus", expanding=True)), _sku.c.tracking != Tracking.NONE
)
_TRACKED_SHARED = _TRACKED.order_by(_sku.c.id).with_for_update(read=True)


def tracking_of(db: Session, sku_ids: Collection[int], *, lock: bool = False) -> dict[int, Tracking]:
    """The tracked ones among these SKUs. `lock`: none of their lots goes on or off hold until this commits."""
    found = db.connection().execute(_TRACKED_SHARED if lock else _TRACKED, {"skus": list(sku_ids)})
    return {row.id: row.tracking for row in found}


def lot_called(db: Session, sku_id: int, code: str) -> Lot | None:
    return db.exec(select(Lot).where(Lot.sku_id == sku_id, Lot.code == code.strip().upper())).first()


def lot_for(db: Session, sku: Sku, code: str, expires_on: date | None) -> Lot:
    """The SKU's lot of that code, made on first use. Raises Invalid for another date than the one known."""
    assert sku.id is not None
    found = lot_called(db, sku.id, code)
    if found is None:
        make_lots(db, [(sku, code.strip().upper(), expires_on)])
        found = lot_called(db, sku.id, code)
        assert found is not None
    if expires_on is not None and found.expires_on != expires_on:
        raise Invalid("inventory.other_expiry", field="expires", lot=found.code, known=str(found.expires_on))
    return found


def make_lots(db: Session, wanted: Iterable[tuple[Sku, str, date | None]]) -> None:
    """(SKU, code, last day) each. Of two who unload the same lot at once, the second waits, then finds the first's."""
    new = [
        {"sku_id": sku.id, "code": code, "expires_on": day, "hold_reason": _hold_reason(sku, code, day),
         "created_at": clock.now()}
        for sku, code, day in sorted(wanted, key=lambda lot: (lot[0].id or 0, lot[1]))
    ]  # fmt: skip
    if new:
        db.execute(upsert(db, Lot).on_conflict_do_nothing(index_elements=["sku_id", "code"]), new)


def _hold_reason(sku: Sku, code: str, expires_on: date | None) -> str:
    """Unnamed lots and those too old to sell begin on hold."""
    if code == UNNAMED:
        return Held.UNNAMED
    is_old = expires_on is not None and expires_on < last_day_sold(sku.min_life_days)
    return Held.EXPIRED if is_old else ""


def last_day_sold(min_life_days: int) -> date:
    """Lots that expire before this day are too old to sell."""
    return clock.now().date() + timedelta(days=min_life_days)


# --- inside a move -----------------------------------------------------------------------------------------------


def lock(db: Session, balances: Iterable[tuple[int, int]]) -> None:
    """Hold the balances (place, sku) still until the commit, in the house's one order.

    Those still to come are made, empty: left out, two moves could each wait for what the other is about to make.
    """
    if steps := rows.changing(Change(place, sku) for place, sku in balances):
        rows.run(db, steps)


def name_lots(db: Session, moves: Sequence[Move], tracked: Mapping[int, Tracking]) -> list[Move]:
    """The same moves with a lot on every one of a tracked SKU, split where one lot is not enough.

    Out of a bin: only lots for sale, what expires first. Out of a tote, a parcel or off the road: whatever lies there.
    From beyond our walls without a number: the SKU's unnamed lot, on hold. Raises Conflict("inventory.lot_on_hold") or
    ("inventory.not_enough").
    """
    kinds = dict(
        db.execute(
            sa.select(col(Place.id), col(Place.kind)).where(col(Place.id).in_({m.from_place_id for m in moves}))
        ).all()
    )
    named: list[Move] = []
    left: dict[tuple[int, int], list[_Lying]] = {}
    for m in moves:
        if m.sku_id not in tracked or m.lot_id is not None:
            named.append(m)
            continue
        kind = kinds[m.from_place_id]
        if kind not in PHYSICAL:
            lot = lot_for(db, db.get_one(Sku, m.sku_id), UNNAMED, None)
            named.append(replace(m, lot_id=lot.id))
            continue
        key = (m.from_place_id, m.sku_id)
        if key not in left:
            left[key] = _lying(db, *key)
        named += _split(m, left[key], for_sale=kind is PlaceKind.BIN)
    return named


@dataclass
class _Lying:
    lot_id: int
    units: int
    on_hold: bool


def _split(m: Move, lying: list[_Lying], for_sale: bool) -> list[Move]:
    parts, rest = [], m.qty
    for lot in lying:
        units = 0 if for_sale and lot.on_hold else min(rest, lot.units)
        if units:
            parts.append(replace(m, lot_id=lot.lot_id, qty=units))
            lot.units -= units
            rest -= units
    if rest:
        on_hold = for_sale and rest <= sum(lot.units for lot in lying)
        code = "inventory.lot_on_hold" if on_hold else "inventory.not_enough"
        raise Conflict(code, place=m.from_place_id, sku=m.sku_id, qty=m.qty)
    return parts


def _lying(db: Session, place_id: int, sku_id: int) -> list[_Lying]:
    """The lots in a place, what expires first in front; lots without a date last."""
    rows = (
        sa.select(col(LotBalance.lot_id), col(LotBalance.qty), col(Lot.hold_reason) != "")
        .join(Lot, col(Lot.id) == col(LotBalance.lot_id))
        .where(col(LotBalance.place_id) == place_id, col(Lot.sku_id) == sku_id, col(LotBalance.qty) > 0)
        .order_by(col(Lot.expires_on).is_(None), col(Lot.expires_on), col(Lot.id))
    )
    return [_Lying(*row) for row in db.execute(rows)]


def held_in(db: Session, place_id: int, sku_id: int) -> dict[int, int]:
    """Lots on hold in a place -> their units, what expires first in front."""
    return {lot.lot_id: lot.units for lot in _lying(db, place_id, sku_id) if lot.on_hold}


def on_hold(db: Session, moves: Sequence[Move]) -> set[int]:
    """The lots on hold among those that move. Raises Invalid for a lot of another SKU."""
    wanted = {m.lot_id for m in moves if m.lot_id is not None}
    rows = sa.select(col(Lot.id), col(Lot.sku_id), col(Lot.hold_reason)).where(col(Lot.id).in_(wanted))
    known = {row.id: row for row in db.execute(rows)}
    for m in moves:
        if m.lot_id is not None and (m.lot_id not in known or known[m.lot_id].sku_id != m.sku_id):
            raise Invalid("inventory.unknown_lot", field="lot", lot=m.lot_id)
    return {lot.id for lot in known.values() if lot.hold_reason}


def book(db: Session, moves: Sequence[Move], physical: Collection[int]) -> None:
    """Carry the moves of lots into the lot balances, and settle what the bins hold back."""
    mine = [m for m in moves if m.lot_id is not None]
    changes: dict[tuple[int, int], int] = defaultdict(int)
    touched = set()
    for m in mine:
        assert m.lot_id is not None
        for place, sign in ((m.from_place_id, -1), (m.to_place_id, 1)):
            if place in physical:
                changes[place, m.lot_id] += sign * m.qty
                touched.add((place, m.sku_id))
    for (place, lot), units in sorted(changes.items()):
        _change(db, place, lot, units)
    settle(db, touched)


def _change(db: Session, place_id: int, lot_id: int, units: int) -> None:
    have = col(LotBalance.qty)
    if units >= 0:
        new = upsert(db, LotBalance).values(place_id=place_id, lot_id=lot_id, qty=units)
        db.execute(
            new.on_conflict_do_update(index_elements=["place_id", "lot_id"], set_={"qty": have + new.excluded.qty})
        )
        return
    here = (col(LotBalance.place_id) == place_id, col(LotBalance.lot_id) == lot_id, have >= -units)
    if not db.execute(sa.update(LotBalance).where(*here).values(qty=have + units)).rowcount:  # type: ignore[attr-defined]
        raise Conflict("inventory.not_enough", place=place_id, lot=lot_id, qty=-units)


def one_of_each_serial(
    db: Session, moves: Sequence[Move], physical: Collection[int], tracked: Mapping[int, Tracking]
) -> None:
    """A serial number that comes in must not be in the house already. Raises Conflict("inventory.serial_known").

    Before anything is written: ledger rows share their lot's row, and two who then both wanted it would deadlock.
    """
    coming = [m for m in moves if tracked.get(m.sku_id) is Tracking.SERIAL and m.from_place_id not in physical]
    if not coming:
        return
    wanted = sorted({m.lot_id for m in coming if m.lot_id is not None})
    locked = sa.select(Lot).where(col(Lot.id).in_(wanted), col(Lot.code) != UNNAMED).order_by(col(Lot.id))
    codes = {lot.id: lot.code for lot in db.execute(locked.with_for_update(key_share=True)).scalars()}
    here = sa.select(col(LotBalance.lot_id)).where(col(LotBalance.lot_id).in_(codes), col(LotBalance.qty) > 0)
    twice = set(db.execute(here).scalars())
    seen: set[int] = set()
    for m in coming:
        if m.lot_id in codes and (m.lot_id in twice or m.lot_id in seen or m.qty != 1):
            raise Conflict("inventory.serial_known", serial=codes[m.lot_id])
        seen.add(m.lot_id or 0)


def settle(db: Session, rows: Iterable[tuple[int, int]]) -> None:
    """Set `held` of these bins' balances (place, sku) to min(units on hold, units not promised). Rows are locked."""
    blocked = (
        sa.select(sa.func.coalesce(sa.func.sum(col(LotBalance.qty)), 0))
        .join(Lot, col(Lot.id) == col(LotBalance.lot_id))
        .where(col(LotBalance.place_id) == col(Balance.place_id), col(Lot.sku_id) == col(Balance.sku_id))
        .where(col(Lot.hold_reason) != "")
        .correlate(Balance)
        .scalar_subquery()
    )
    free = col(Balance.qty) - col(Balance.reserved)
    bins = sa.select(col(Bin.id))
    for place, sku in sorted(rows):
        db.execute(
            sa.update(Balance)
            .where(col(Balance.place_id) == place, col(Balance.sku_id) == sku, col(Balance.place_id).in_(bins))
            .values(held=sa.case((blocked < free, blocked), else_=free))
            .execution_options(synchronize_session=False)
        )


# --- verbs -------------------------------------------------------------------------------------------------------


def hold(db: Session, lot: Lot, why: Held, actor: Actor) -> int:
    """Take a lot off sale. Returns its units that are promised to orders already: their pickers will be refused.

    Raises Conflict when it is on hold.
    """
    if not _switch(db, [lot], why):
        raise Conflict("inventory.lot_held_already", lot=lot.code)
    return _tell_held(db, lot, why, actor)


def _tell_held(db: Session, lot: Lot, why: Held, actor: Actor) -> int:
    promised = db.execute(_promised_units(lot)).scalar_one()
    _tell(db, lot, "held", {"why": why.value, "promised": promised}, actor)
    return int(promised)


def release(db: Session, lot: Lot, actor: Actor) -> None:
    """Sell it again. Raises Conflict when it is not on hold, Invalid when it is too old or has no number."""
    sku = db.get_one(Sku, lot.sku_id)
    if lot.code == UNNAMED:
        raise Invalid("inventory.lot_unnamed")
    if lot.expires_on is not None and lot.expires_on < last_day_sold(sku.min_life_days):
        raise Invalid("inventory.lot_expired", lot=lot.code)
    if not _switch(db, [lot], ""):
        raise Conflict("inventory.lot_not_held", lot=lot.code)
    _tell(db, lot, "released", {}, actor)


def expire(db: Session, actor: Actor) -> list[Lot]:
    """Put every lot on hold that is too old to sell today. Returns them."""
    held = _switch(db, too_old(db), Held.EXPIRED)
    for lot in held:
        _tell_held(db, lot, Held.EXPIRED, actor)
    return held


def too_old(db: Session) -> list[Lot]:
    """Lots for sale that are too old to sell today."""
    old = select(Lot, Sku.min_life_days).join(Sku, col(Sku.id) == Lot.sku_id).where(
        Lot.hold_reason == "", col(Lot.expires_on).is_not(None)
    )  # fmt: skip
    found = db.exec(old.order_by(col(Lot.id)).execution_options(populate_existing=True))
    return [lot for lot, days in found if lot.expires_on and lot.expires_on < last_day_sold(days)]


def _switch(db: Session, some: Sequence[Lot], why: str) -> list[Lot]:
    """Put lots on hold, or off it (`why` ""). Returns those this changed: somebody may have been faster.

    All at once and in order: one after another, a move of several SKUs would come between.
    """
    ids = [lot.id for lot in some]
    skus = sa.select(col(Sku.id)).where(col(Sku.id).in_({lot.sku_id for lot in some})).order_by(col(Sku.id))
    db.execute(skus.with_for_update(key_share=True)).all()  # nobody moves units of them until the commit
    lying = (
        sa.select(col(LotBalance.place_id), col(Lot.sku_id))
        .join(Lot, col(Lot.id) == col(LotBalance.lot_id))
        .where(col(LotBalance.lot_id).in_(ids), col(LotBalance.qty) > 0)
    )
    there = {(row.place_id, row.sku_id) for row in db.execute(lying)}
    lock(db, there)
    was = col(Lot.hold_reason)
    switch = sa.update(Lot).where(col(Lot.id).in_(ids), was == "" if why else was != "").values(hold_reason=why)
    changed = set(db.execute(switch.returning(col(Lot.id)).execution_options(synchronize_session=False)).scalars())
    settle(db, there)
    for lot in some:
        db.refresh(lot)
    return [lot for lot in some if lot.id in changed]


def _promised_units(lot: Lot) -> sa.Select:
    """Units of the lot in bins that stay promised: what lies there less what could be held back."""
    return (
        sa.select(sa.func.coalesce(sa.func.sum(col(LotBalance.qty) - col(Balance.held)), 0))
        .join(Balance, (col(Balance.place_id) == col(LotBalance.place_id)) & (col(Balance.sku_id) == lot.sku_id))
        .join(Bin, col(Bin.id) == col(LotBalance.place_id))
        .where(col(LotBalance.lot_id) == lot.id, col(LotBalance.qty) > col(Balance.held))
    )


def _tell(db: Session, lot: Lot, what: str, data: dict[str, object], actor: Actor) -> None:
    assert lot.id is not None
    record(db, Event(f"inventory.lot.{what}", "lot", lot.id, data={"sku": lot.sku_id, **data}), actor)
