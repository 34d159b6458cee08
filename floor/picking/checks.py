"""Stops to check: units in the hand or in a tote of the cart that go back to a bin, settled before the walk ends."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.inventory import service as inventory
from floor.inventory.models import Balance, Bin, MoveReason
from floor.inventory.service import Move
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.picking import queries
from floor.picking.models import CheckWhy, Stop, WalkCheck, WalkTote
from floor.picking.queries import Goods


@dataclass(frozen=True)
class CheckView:
    """One stop to check, as its screen shows it. `slot` is 0 for units in the hand."""

    id: int
    why: CheckWhy
    units: int
    code: str
    goods: Goods
    slot: int
    label: str


def ask(
    db: Session, walk_id: int, stop_id: int, walk_tote_id: int | None, why: CheckWhy, units: int, *,
    is_booked: bool = False,
) -> WalkCheck:  # fmt: skip
    """Units to take back; those of the same stop, place and reason are one check."""
    same = select(WalkCheck).where(
        WalkCheck.walk_id == walk_id, WalkCheck.stop_id == stop_id, WalkCheck.walk_tote_id == walk_tote_id,
        WalkCheck.why == why, WalkCheck.is_booked == is_booked, col(WalkCheck.settled_at).is_(None),
    )  # fmt: skip
    check = db.exec(same).first() or WalkCheck(
        walk_id=walk_id, stop_id=stop_id, walk_tote_id=walk_tote_id, why=why, is_booked=is_booked
    )
    check.units += units
    db.add(check)
    db.flush()
    return check


def take_off(db: Session, check: WalkCheck, units: int) -> None:
    """So many units of it need no check any more; an empty one is settled by itself."""
    check.units -= min(units, check.units)
    if not check.units:
        check.settled_at = clock.now()
    db.add(check)
    db.flush()


def in_hand_of(db: Session, walk_id: int, stop_id: int) -> WalkCheck | None:
    """The open check of units in the hand at a stop."""
    return db.exec(
        select(WalkCheck).where(
            WalkCheck.walk_id == walk_id, WalkCheck.stop_id == stop_id, col(WalkCheck.walk_tote_id).is_(None),
            WalkCheck.units > 0, col(WalkCheck.settled_at).is_(None),
        )
    ).first()  # fmt: skip


def open_checks(db: Session, walk_id: int) -> Sequence[CheckView]:
    """What is still to check on a walk, in walking order."""
    rows = db.execute(
        sa.select(WalkCheck, Bin, Sku, WalkTote)
        .join(Stop, col(Stop.id) == col(WalkCheck.stop_id))
        .join(Bin, col(Bin.id) == col(Stop.bin_id))
        .join(Sku, col(Sku.id) == col(Stop.sku_id))
        .outerjoin(WalkTote, col(WalkTote.id) == col(WalkCheck.walk_tote_id))
        .where(col(WalkCheck.walk_id) == walk_id, col(WalkCheck.settled_at).is_(None))
        .order_by(col(Stop.position), col(WalkCheck.id))
    ).all()
    labels = queries.labels_of(db, walk_id) if rows else {}
    return [
        CheckView(
            check.id, check.why, check.units, bin_.code, queries.goods(sku, queries.code_on(db, sku)),
            slot.slot if slot else 0, labels[slot.id] if slot else "",
        )
        for check, bin_, sku, slot in rows
    ]  # fmt: skip


def settle(db: Session, walk_id: int, check_id: int, code: str | None, actor: Actor) -> CheckView:
    """The units are back in their bin; its label, scanned, proves it (None: said by a tap).

    Units the books have in a tote are booked back. Raises Unknown, Conflict when it is settled already, Invalid for
    another bin's label.
    """
    check = db.get(WalkCheck, check_id, with_for_update=True, populate_existing=True)
    if check is None or check.walk_id != walk_id:
        raise Unknown("picking.unknown_check")
    if check.settled_at is not None:
        raise Conflict("picking.check_is_settled")
    view = next(one for one in open_checks(db, walk_id) if one.id == check_id)
    if code is not None and code.strip().upper() != view.code:
        raise Invalid("picking.other_bin", bin=view.code)
    stop = db.get_one(Stop, check.stop_id)
    if check.is_booked:
        _book_back(db, check, stop, actor)
    check.settled_at, check.settled_by = clock.now(), actor.id
    db.add(check)
    db.flush()
    return view


def _book_back(db: Session, check: WalkCheck, stop: Stop, actor: Actor) -> None:
    """From the slot's totes, the one in use first, into the bin they came from."""
    slot = db.get_one(WalkTote, check.walk_tote_id)
    mine = select(WalkTote.tote_id).where(WalkTote.walk_id == slot.walk_id, WalkTote.slot == slot.slot)
    left, moves = check.units, []
    for tote_id in db.exec(mine.order_by(col(WalkTote.part))).all():
        lying = select(Balance.qty).where(Balance.place_id == tote_id, Balance.sku_id == stop.sku_id)
        units = min(left, db.exec(lying).first() or 0)
        if tote_id and units:
            moves.append(Move(stop.sku_id, units, tote_id, stop.bin_id, MoveReason.PUT_BACK))
            left -= units
    if moves:
        inventory.move(db, moves, "walk", check.walk_id, actor)
