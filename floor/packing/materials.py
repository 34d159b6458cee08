"""Packing material: keeping the list and its rules, what a parcel needs, and writing down what it took."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Carton, Sku
from floor.events.service import Event, record
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.packing import queries
from floor.packing.models import Parcel
from floor.packing.models_materials import (
    Goods,
    Material,
    MaterialKind,
    MaterialRule,
    ParcelFill,
    ParcelMaterial,
    Per,
)
from floor.shipments.models import Carrier, Shipment

_LITRE = 1_000_000  # mm3


@dataclass(frozen=True)
class MaterialDraft:
    """What somebody wants a material to be."""

    code: str
    name: str
    name_en: str
    kind: MaterialKind
    cost_fen: int
    mass_g: int
    is_recyclable: bool = False
    is_degradable: bool = False
    is_reused: bool = False
    is_active: bool = True


@dataclass(frozen=True)
class RuleDraft:
    """Parcels with such goods, by such a carrier (None: any), need so much of a material."""

    goods: Goods
    carrier_id: int | None
    material_id: int
    amount: int
    per: Per


def every(db: Session) -> Sequence[Material]:
    """All materials, those in use first, by kind and code."""
    return db.exec(
        select(Material).order_by(col(Material.is_active).desc(), col(Material.kind), col(Material.code))
    ).all()


def material_for(db: Session, material_id: int, *, lock: bool = False) -> Material:
    """The material, or Unknown; locked if asked."""
    material = db.get(Material, material_id, with_for_update=lock or None)
    if material is None:
        raise Unknown("packing.unknown_material")
    return material


def add(db: Session, draft: MaterialDraft, actor: Actor) -> Material:
    """A new material. Raises Invalid when its code is taken, or it would be a carton the catalogue does not have."""
    if db.exec(select(Material.id).where(Material.code == draft.code)).first() is not None:
        raise Invalid("packing.material_taken", field="code", material=draft.code)
    carton = db.exec(select(Carton).where(Carton.code == draft.code)).first()
    is_box = draft.kind is MaterialKind.CARTON
    if is_box and carton is None:
        raise Invalid("packing.no_such_carton", field="code", carton=draft.code)
    material = Material(**vars(draft), carton_id=carton.id if carton and is_box else None)
    db.add(material)
    db.flush()
    return _told(db, "packing.material.added", material, actor)


def change(db: Session, material: Material, draft: MaterialDraft, actor: Actor) -> Material:
    """Change all but code and kind. Parcels packed before keep the mass and cost they had."""
    for name in ("name", "name_en", "cost_fen", "mass_g", "is_recyclable", "is_degradable", "is_reused", "is_active"):
        setattr(material, name, getattr(draft, name))
    db.add(material)
    db.flush()
    return _told(db, "packing.material.changed", material, actor)


def _told(db: Session, kind: str, material: Material, actor: Actor) -> Material:
    data = {"code": material.code, "cost_fen": material.cost_fen, "mass_g": material.mass_g}
    record(db, Event(kind, "material", material.id or 0, None, data), actor)
    return material


# --- rules ---------------------------------------------------------------


def rules(db: Session) -> Sequence[tuple[MaterialRule, Material, Carrier | None]]:
    """Every rule with its material and, where it is for one carrier only, that."""
    return db.exec(
        select(MaterialRule, Material, Carrier)
        .join(Material, col(Material.id) == MaterialRule.material_id)
        .outerjoin(Carrier, col(Carrier.id) == MaterialRule.carrier_id)
        .order_by(col(MaterialRule.goods), col(Material.code), col(MaterialRule.id))
    ).all()


def carriers(db: Session) -> Sequence[Carrier]:
    return db.exec(select(Carrier).where(col(Carrier.is_active)).order_by(col(Carrier.code))).all()


def add_rule(db: Session, draft: RuleDraft, actor: Actor) -> MaterialRule:
    """Parcels boxed from now on need it. Raises Invalid for a material or carrier there is not, or twice the same."""
    material = db.get(Material, draft.material_id, with_for_update=True)
    if material is None:
        raise Invalid("packing.unknown_material", field="material")
    if draft.carrier_id is not None and db.get(Carrier, draft.carrier_id) is None:
        raise Invalid("packing.unknown_carrier", field="carrier")
    same = select(MaterialRule.id).where(
        MaterialRule.goods == draft.goods, MaterialRule.carrier_id == draft.carrier_id,
        MaterialRule.material_id == draft.material_id, MaterialRule.per == draft.per,
    )  # fmt: skip
    if db.exec(same).first() is not None:
        raise Invalid("packing.rule_twice", field="material")
    rule = MaterialRule(**vars(draft))
    db.add(rule)
    db.flush()
    data = {"material": material.code, "goods": rule.goods.value, "amount": rule.amount, "per": rule.per.value}
    record(db, Event("packing.material_rule.added", "material_rule", rule.id or 0, None, data), actor)
    return rule


def remove_rule(db: Session, rule_id: int, actor: Actor) -> None:
    """Parcels boxed from now on do without. Raises Unknown, and Conflict when somebody removed it just now."""
    rule = db.get(MaterialRule, rule_id)
    if rule is None:
        raise Unknown("packing.unknown_rule")
    data = {"material": db.get_one(Material, rule.material_id).code, "goods": rule.goods.value}
    gone = db.execute(sa.delete(MaterialRule).where(col(MaterialRule.id) == rule_id))
    if gone.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("packing.unknown_rule")
    record(db, Event("packing.material_rule.removed", "material_rule", rule_id, None, data), actor)


# --- what parcels take ---------------------------------------------------------------


@dataclass(frozen=True)
class Need:
    """So many units of a material, and of how many the rules' goods asked for it."""

    material: Material
    qty: int


def needs(db: Session, carton: Carton, units: Sequence[tuple[Sku, int]], carrier_id: int) -> list[Need]:
    """The carton and what the rules ask for with these goods; each material once."""
    air = max(0, inner_mm3(carton) - goods_mm3(units))
    count = dict.fromkeys(Goods, 0)
    for sku, qty in units:
        for goods in goods_of(sku):
            count[goods] += qty
    needed: dict[int, int] = {}
    known: dict[int, Material] = {}
    for rule, material, _carrier in rules(db):
        if not material.is_active or not count[rule.goods] or rule.carrier_id not in (None, carrier_id):
            continue
        times = {Per.PARCEL: 1, Per.UNIT: count[rule.goods], Per.LITRE: -(-air // _LITRE)}[rule.per]
        known[rule.material_id] = material
        needed[rule.material_id] = needed.get(rule.material_id, 0) + rule.amount * times
    box = _material_of(db, carton)
    return [Need(box, 1), *(Need(known[at], qty) for at, qty in sorted(needed.items()) if qty and at != box.id)]


def goods_of(sku: Sku) -> set[Goods]:
    """The kinds of rules an SKU's units fall under."""
    return {Goods.ALL, Goods(sku.packing_class.value)} | ({Goods.COLD} if sku.is_cold else set())


def inner_mm3(carton: Carton) -> int:
    return carton.length_mm * carton.width_mm * carton.height_mm


def goods_mm3(units: Sequence[tuple[Sku, int]]) -> int:
    return sum(sku.length_mm * sku.width_mm * sku.height_mm * qty for sku, qty in units)


def material_of(db: Session, carton_id: int) -> Material | None:
    return db.exec(select(Material).where(Material.carton_id == carton_id)).first()


def _material_of(db: Session, carton: Carton) -> Material:
    """The carton as a material; one nobody described yet has the catalogue's weight and cost."""
    found = material_of(db, carton.id or 0)
    if found is None:
        found = Material(
            code=carton.code, name=carton.name, kind=MaterialKind.CARTON, carton_id=carton.id,
            cost_fen=carton.cost_fen, mass_g=carton.tare_g,
        )  # fmt: skip
        db.add(found)
        db.flush()
    return found


def write_down(db: Session, parcel_id: int) -> None:
    """Once per parcel: what it took and how full it was. One that is gone again, or written down, is left alone."""
    parcel = db.get(Parcel, parcel_id, with_for_update=True)
    if parcel is None or db.get(ParcelFill, parcel_id) is not None:
        return
    shipment = db.get_one(Shipment, parcel.shipment_id)
    carton = db.get_one(Carton, parcel.carton_id)
    units = [(sku, line.qty) for line, sku in queries.contents_of(db, parcel_id)]
    db.add(
        ParcelFill(
            parcel_id=parcel_id, warehouse_id=shipment.warehouse_id, at=parcel.packed_at,
            inner_mm3=inner_mm3(carton), goods_mm3=goods_mm3(units),
        )
    )  # fmt: skip
    db.add_all(
        ParcelMaterial(
            parcel_id=parcel_id, material_id=need.material.id or 0, qty=need.qty,
            mass_g=need.qty * need.material.mass_g, cost_fen=need.qty * need.material.cost_fen,
        )
        for need in needs(db, carton, units, shipment.carrier_id)
    )  # fmt: skip
    db.flush()


def taken_by(db: Session, parcel_id: int) -> Sequence[tuple[ParcelMaterial, Material]]:
    """What a parcel took."""
    joined = select(ParcelMaterial, Material).join(Material, col(Material.id) == ParcelMaterial.material_id)
    return db.exec(joined.where(ParcelMaterial.parcel_id == parcel_id).order_by(col(Material.code))).all()


def burdens(db: Session) -> dict[int, int]:
    """carton id -> 0 for one that is reused, 1 for one that can be recycled or decays, 2 for any other."""
    rows = db.exec(select(Material).where(col(Material.carton_id).is_not(None)))
    return {row.carton_id or 0: 0 if row.is_reused else 1 if row.is_green else 2 for row in rows}
