"""The packing card: steps the goods and their order ask for, each scanned or confirmed before the parcel closes."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog import standards
from floor.catalog.models import CareKind, Sku
from floor.catalog.standards import Care
from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict
from floor.orders.models import Order
from floor.packing import progress, queries
from floor.packing.models import Pack, PackCare, PackLine


def write_card(db: Session, pack: Pack) -> None:
    """Write down what the pack's goods and order ask for; what stands there already stays as it is."""
    assert pack.id is not None
    order = progress.order_of(db, pack)
    skus = {sku.id: sku for _line, sku in queries.lines_of(db, pack.id)}
    known = {(care.kind, care.sku_id) for care in db.exec(select(PackCare).where(PackCare.pack_id == pack.id))}
    wanted = [*standards.cares_of(db, skus.values()), *_of_order(order)]
    db.add_all(
        PackCare(pack_id=pack.id, kind=care.kind, sku_id=care.sku_id, code=care.code)
        for care in wanted
        if (care.kind, care.sku_id) not in known
    )
    db.flush()


def _of_order(order: Order) -> list[Care]:
    wishes = {CareKind.GIFT_WRAP: order.gift_wrap, CareKind.GIFT_CARD: bool(order.gift_message)}
    return [Care(kind, None) for kind, is_wanted in wishes.items() if is_wanted]


def card_of(db: Session, pack_id: int) -> list[tuple[PackCare, Sku | None]]:
    """The card, step by step; steps of goods that no longer go are left out."""
    going = (
        sa.select(col(PackLine.sku_id)).where(col(PackLine.pack_id) == pack_id, col(PackLine.missing) < PackLine.qty)
    )  # fmt: skip
    mine = select(PackCare, Sku).outerjoin(Sku, col(Sku.id) == PackCare.sku_id).where(PackCare.pack_id == pack_id)
    still = mine.where(sa.or_(col(PackCare.sku_id).is_(None), col(PackCare.sku_id).in_(going)))
    return [(care, sku) for care, sku in db.exec(still.order_by(col(PackCare.id)))]


def left_of(db: Session, pack_id: int, sku_ids: Collection[int], is_last: bool) -> list[PackCare]:
    """Steps not done that stand against closing a box with these goods; those of the whole parcel at the last box."""
    return [
        care
        for care, _sku in card_of(db, pack_id)
        if care.done_at is None and (care.sku_id in sku_ids or (care.sku_id is None and is_last))
    ]


def confirm(db: Session, pack: Pack, care: PackCare, code: str, actor: Actor) -> None:
    """A step is done; `code` is what was scanned, "" for a tap or the card that confirms.

    Raises Conflict when it needs the code of its own material, or the goods are in a parcel already.
    """
    progress.must_be_workable(pack)
    if care.code and code.strip().upper() != care.code.upper():
        raise Conflict("packing.scan_the_material", wanted=care.code)
    if care.done_at is None:
        care.done_at, care.actor_id = clock.now(), actor.id
        db.add(care)
        db.flush()
        data = {"care": care.kind.value, "sku": care.sku_id}
        record(db, Event("packing.care.done", "pack", care.pack_id, progress.order_of(db, pack).id, data), actor)


def scanned(db: Session, pack: Pack, code: str, actor: Actor) -> PackCare | None:
    """The scan was the code of a step's material: the first such step not done yet is done. None when it is not."""
    wanted = code.strip().upper()
    mine = [care for care, _sku in card_of(db, pack.id or 0) if care.code and care.code.upper() == wanted]
    if not mine:
        return None
    care = next((care for care in mine if care.done_at is None), mine[-1])
    confirm(db, pack, care, code, actor)
    return care


def next_step(db: Session, pack_id: int) -> PackCare | None:
    return next((care for care, _sku in card_of(db, pack_id) if care.done_at is None), None)


def newest(db: Session, pack_id: int) -> PackCare | None:
    """The step done last, for undo."""
    done = [care for care, _sku in card_of(db, pack_id) if care.done_at is not None]
    return max(done, key=lambda care: (care.done_at or clock.now(), care.id), default=None)


def undo(db: Session, care: PackCare) -> None:
    care.done_at, care.actor_id = None, None
    db.add(care)
    db.flush()
