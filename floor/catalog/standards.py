"""Packing standards: what goods ask of the packer, by their class, their cold, and the rules of the house."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session, col, select

from floor.catalog.models import CareKind, CareRule, CheckBy, PackingClass, Sku, Tracking
from floor.events.service import Event, record
from floor.kit.actor import Actor
from floor.kit.errors import Invalid, Unknown

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


# --- kept by the supervisor ---------------------------------------------------------------


def rules(db: Session) -> list[tuple[CareRule, Sku | None]]:
    """The house's rules, each with the SKU it is for."""
    joined = select(CareRule, Sku).outerjoin(Sku, col(Sku.id) == CareRule.sku_id)
    return list(db.exec(joined.order_by(CareRule.kind, col(CareRule.id))))


def add_rule(
    db: Session,
    kind: CareKind,
    sku_code: str,
    packing_class: PackingClass | None,
    category: str,
    code: str,
    actor: Actor,
) -> CareRule:
    """Packs opened from now on ask for it. Raises Invalid for an SKU there is not, and for a rule there is already."""
    sku = _sku(db, sku_code) if sku_code else None
    draft = CareRule(
        kind=kind, sku_id=sku.id if sku else None, packing_class=packing_class.value if packing_class else "",
        category=category, code=code,
    )  # fmt: skip
    same = select(CareRule.id).where(
        CareRule.kind == kind, CareRule.sku_id == draft.sku_id, CareRule.packing_class == draft.packing_class,
        CareRule.category == category,
    )  # fmt: skip
    if db.exec(same).first() is not None:
        raise Invalid("catalog.rule_there", field="kind")
    db.add(draft)
    db.flush()
    record(db, Event("catalog.standard.added", "care_rule", draft.id or 0, data={"kind": kind.value}), actor)
    return draft


def remove_rule(db: Session, rule_id: int, actor: Actor) -> None:
    """Packs opened from now on do without it. Raises Unknown."""
    rule = db.get(CareRule, rule_id, with_for_update=True)
    if rule is None:
        raise Unknown("catalog.unknown_rule")
    db.delete(rule)
    db.flush()
    record(db, Event("catalog.standard.removed", "care_rule", rule_id, data={"kind": rule.kind.value}), actor)


def checked_otherwise(db: Session) -> list[Sku]:
    """SKUs whose units are not scanned one by one."""
    return list(db.exec(select(Sku).where(Sku.check_by != CheckBy.EACH).order_by(Sku.code)))


def check_by(db: Session, sku_code: str, how: CheckBy, actor: Actor) -> Sku:
    """How the bench makes sure of it from now on. Raises Invalid for numbers of goods that have none."""
    sku = _sku(db, sku_code)
    if how is CheckBy.SERIAL and sku.tracking is not Tracking.SERIAL:
        raise Invalid("catalog.no_serials", field="check_by", sku=sku.code)
    sku.check_by = how
    db.add(sku)
    db.flush()
    record(db, Event("catalog.sku.checked_by", "sku", sku.id or 0, data={"code": sku.code, "how": how.value}), actor)
    return sku


def _sku(db: Session, code: str) -> Sku:
    found = db.exec(select(Sku).where(Sku.code == code.strip()).with_for_update()).first()
    if found is None:
        raise Invalid("catalog.unknown_sku", field="sku", sku=code)
    return found
