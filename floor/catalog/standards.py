"""Packing standards: what goods ask of the packer, by their class, their cold, and the rules of the house."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from floor.catalog.models import CareKind, CareRule, PackingClass, Sku

#: What a class asks for without any rule.
BY_CLASS = {
    PackingClass.FRAGILE: CareKind.FRAGILE,
    PackingClass.ELECTRONICS: CareKind.ELECTRONICS,
    PackingClass.LIQUID: CareKind.LIQUID,
}


@dataclass(frozen=True)
class Care:
    """One step: for one SKU, or for the whole parcel (None). `code` must be scanned; "" = confirmed."""

    kind: CareKind
    sku_id: int | None
    code: str = ""


def cares_of(db: Session, skus: Iterable[Sku]) -> list[Care]:
    """The steps these goods ask for, each once, SKU by SKU in the order of CareKind; a rule's code goes before none."""
    rules = db.exec(select(CareRule).order_by(col(CareRule.id))).all()
    found: dict[tuple[int | None, CareKind], str] = {}
    for sku in skus:
        for kind in _by_itself(sku):
            found.setdefault((sku.id, kind), "")
        for rule in rules:
            whose = sku.id if rule.sku_id or rule.packing_class or rule.category else None
            if _fits(rule, sku):
                found[whose, rule.kind] = rule.code or found.get((whose, rule.kind), "")
    order = list(CareKind)
    rows = sorted(found.items(), key=lambda row: (row[0][0] is None, row[0][0] or 0, order.index(row[0][1])))
    return [Care(kind, sku_id, code) for (sku_id, kind), code in rows]


def _by_itself(sku: Sku) -> list[CareKind]:
    kinds = [BY_CLASS[sku.packing_class]] if sku.packing_class in BY_CLASS else []
    return [*kinds, CareKind.COLD] if sku.is_cold else kinds


def _fits(rule: CareRule, sku: Sku) -> bool:
    return (
        rule.sku_id in (None, sku.id)
        and rule.packing_class in ("", sku.packing_class.value)
        and rule.category in ("", sku.category)
    )
