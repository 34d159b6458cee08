"""Verbs of bundles: a code that shops sell and that is so many units of several SKUs."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Barcode, BundlePart, Sku
from floor.events.service import Event, record
from floor.kit.actor import Actor
from floor.kit.errors import Invalid, Unknown


def parts_of(db: Session, code: str = "") -> Sequence[tuple[BundlePart, Sku]]:
    """The parts of one bundle, or of all, by code."""
    joined = select(BundlePart, Sku).join(Sku, col(Sku.id) == BundlePart.sku_id)
    mine = joined.where(BundlePart.code == code) if code else joined
    return db.exec(mine.order_by(col(BundlePart.code), col(Sku.code))).all()


def read_parts(db: Session, parts: Sequence[tuple[str, int, int]]) -> list[tuple[Sku, int, int]]:
    """(SKU, units, weight) of what was written. Raises Invalid for goods nobody knows, or named twice."""
    skus = {sku.code: sku for sku in db.exec(select(Sku).where(col(Sku.code).in_([code for code, _, _ in parts])))}
    for code, _qty, _weight in parts:
        if code not in skus:
            raise Invalid("catalog.unknown_sku", field="parts", sku=code)
    if not parts or len(skus) < len(parts):
        raise Invalid("catalog.bundle_parts", field="parts")
    return [(skus[code], qty, weight) for code, qty, weight in parts]


def save(db: Session, code: str, parts: Sequence[tuple[str, int, int]], actor: Actor) -> None:
    """Make or change a bundle of (SKU code, units, weight); it is sold from now on. Raises Invalid, also for a code
    that is a SKU's or a barcode: theirs it stays."""
    taken = db.exec(select(Sku.id).where(Sku.code == code)).first()
    if taken or db.exec(select(Barcode.id).where(Barcode.code == code)).first():
        raise Invalid("catalog.bundle_is_goods", field="code", bundle=code)
    wanted = read_parts(db, parts)
    db.execute(sa.delete(BundlePart).where(col(BundlePart.code) == code))
    db.add_all(BundlePart(code=code, sku_id=sku.id or 0, qty=qty, weight=weight) for sku, qty, weight in wanted)
    db.flush()
    record(db, Event("catalog.bundle.saved", "bundle", 0, data={"code": code, "parts": len(wanted)}), actor)


def switch(db: Session, code: str, actor: Actor, *, on: bool) -> None:
    """A bundle that is off is a code nobody knows: its orders wait in the inbox. Raises Unknown."""
    mine = sa.update(BundlePart).where(col(BundlePart.code) == code)
    if not db.execute(mine.values(is_active=on)).rowcount:  # type: ignore[attr-defined]
        raise Unknown("catalog.unknown_bundle")
    record(db, Event("catalog.bundle.switched", "bundle", 0, data={"code": code, "on": on}), actor)
