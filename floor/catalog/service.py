"""Verbs of the catalogue: SKUs and the codes on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Barcode, Sku
from floor.events.service import Event, record
from floor.kit.actor import Actor
from floor.kit.errors import Invalid

#: What a new SKU cannot do without; sizes in mm, weight in g.
NEEDED = ("name", "length_mm", "width_mm", "height_mm", "weight_g")


@dataclass(frozen=True)
class SkuDraft:
    """What somebody wants a SKU to be: `values` of columns of Sku, the others stay; `barcodes` None: they stay too."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
    barcodes: tuple[str, ...] | None = None


def save_sku(db: Session, draft: SkuDraft, actor: Actor) -> Sku:
    """Make or change one SKU and its barcodes. Raises Invalid when it lacks what is needed or a barcode is taken."""
    return save_skus(db, [draft], actor)[0]


def save_skus(db: Session, drafts: Sequence[SkuDraft], actor: Actor) -> list[Sku]:
    """Make or change SKUs, found by their codes; all or none, in the order given."""
    if not drafts:
        return []
    codes = sorted({draft.code for draft in drafts})
    locked = select(Sku).where(col(Sku.code).in_(codes)).order_by(col(Sku.id)).with_for_update()
    known = {sku.code: sku for sku in db.exec(locked.execution_options(populate_existing=True))}
    made = 0
    for draft in drafts:
        sku = known.get(draft.code)
        if sku is None:
            if missing := [name for name in NEEDED if not draft.values.get(name)]:
                raise Invalid("catalog.not_described", field=missing[0], sku=draft.code)
            sku = known[draft.code] = Sku(code=draft.code, **draft.values)
            made += 1
        for name, value in draft.values.items():
            setattr(sku, name, value)
        db.add(sku)
    db.flush()
    _label(db, {known[draft.code].id or 0: draft.barcodes for draft in drafts if draft.barcodes is not None})
    skus = [known[draft.code] for draft in drafts]
    data = {"made": made, "changed": len(known) - made, "code": skus[0].code if len(skus) == 1 else ""}
    record(db, Event("catalog.sku.saved", "sku", (skus[0].id or 0) if len(skus) == 1 else 0, data=data), actor)
    return skus


def name_substitute(db: Session, code: str, other: str, actor: Actor) -> Sku:
    """What goes out in place of a SKU when no shelf has it; `other` "" takes it away.

    Raises Invalid for a code nobody knows, and for one that is cheaper by list price or kept at another temperature.
    """
    found = {sku.code: sku for sku in db.exec(select(Sku).where(col(Sku.code).in_([code, other])))}
    sku, target = found.get(code), found.get(other) if other else None
    if sku is None:
        raise Invalid("catalog.unknown_sku", field="sku", sku=code)
    if other and (target is None or target is sku):
        raise Invalid("catalog.unknown_sku", field="other", sku=other)
    if target and (target.price_fen < sku.price_fen or target.is_cold != sku.is_cold):
        raise Invalid("catalog.no_substitute", field="other", sku=other)
    sku.substitute_id = target.id if target else None
    db.add(sku)
    db.flush()
    data = {"code": sku.code, "substitute": other}
    record(db, Event("catalog.sku.substitute", "sku", sku.id or 0, data=data), actor)
    return sku


def _label(db: Session, wanted: Mapping[int, Sequence[str]]) -> None:
    """SKU id -> exactly these barcodes. Raises Invalid when one is on other goods."""
    mine = db.execute(sa.select(Barcode).where(col(Barcode.sku_id).in_(wanted))).scalars().all()
    gone = [code.id for code in mine if code.code not in wanted[code.sku_id]]
    if gone:
        db.execute(sa.delete(Barcode).where(col(Barcode.id).in_(gone)))
    there = {(code.sku_id, code.code) for code in mine}
    new = [(sku_id, code) for sku_id, codes in wanted.items() for code in codes if (sku_id, code) not in there]
    codes = [code for _sku, code in new]
    other = db.exec(select(Barcode).where(col(Barcode.code).in_(codes))).first()
    if other is not None or len(set(codes)) < len(codes):
        taken = other.code if other else next(code for code in codes if codes.count(code) > 1)
        raise Invalid("catalog.barcode_taken", field="barcodes", barcode=taken)
    db.add_all(Barcode(code=code, sku_id=sku_id) for sku_id, code in new)
    db.flush()
