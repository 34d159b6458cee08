"""How parcels may go: services of carriers, their zones and rates, rules about them, and our own number ranges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.inventory.models import Warehouse
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.shipments.models import Carrier
from floor.shipping import queries
from floor.shipping.models import NumberRange
from floor.shipping.models_carriers import CarrierHealth, CarrierService, ServiceRule, ServiceZone

# --- reads ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CarrierRow:
    """A carrier with what it has: services, its range, and how it does."""

    carrier: Carrier
    services: Sequence[CarrierService]
    numbers: NumberRange | None
    health: CarrierHealth | None

    @property
    def left(self) -> int | None:
        """Numbers left in its range."""
        return None if self.numbers is None else max(0, self.numbers.last_number - self.numbers.next_number + 1)


def carrier_rows(db: Session) -> list[CarrierRow]:
    return [row_of(db, carrier) for carrier in db.exec(select(Carrier).order_by(Carrier.code))]


def row_of(db: Session, carrier: Carrier) -> CarrierRow:
    return CarrierRow(
        carrier,
        db.exec(
            select(CarrierService).where(CarrierService.carrier_id == carrier.id).order_by(col(CarrierService.code))
        ).all(),
        db.get(NumberRange, carrier.id),
        db.get(CarrierHealth, carrier.id),
    )


def carrier_for(db: Session, code: str) -> Carrier:
    found = queries.carrier_by_code(db, code)
    if found is None:
        raise Unknown("shipping.unknown_carrier")
    return found


def service_for(db: Session, service_id: int, *, lock: bool = False) -> CarrierService:
    """The service, or Unknown."""
    found = db.get(CarrierService, service_id, with_for_update=lock or None)
    if found is None:
        raise Unknown("shipping.unknown_service")
    return found


def zones_of(db: Session, service_id: int) -> Sequence[tuple[ServiceZone, Warehouse]]:
    joined = select(ServiceZone, Warehouse).join(Warehouse, col(Warehouse.id) == ServiceZone.warehouse_id)
    return db.exec(
        joined.where(ServiceZone.service_id == service_id).order_by(Warehouse.code, col(ServiceZone.id))
    ).all()


def zone_for(db: Session, zone_id: int) -> ServiceZone:
    """The zone, or Unknown."""
    found = db.get(ServiceZone, zone_id, with_for_update=True)
    if found is None:
        raise Unknown("shipping.unknown_zone")
    return found


def rules(db: Session) -> Sequence[tuple[ServiceRule, CarrierService, Carrier]]:
    return db.exec(
        select(ServiceRule, CarrierService, Carrier)
        .join(CarrierService, col(CarrierService.id) == ServiceRule.service_id)
        .join(Carrier, col(Carrier.id) == CarrierService.carrier_id)
        .order_by(col(ServiceRule.id))
    ).all()


def services(db: Session) -> Sequence[tuple[CarrierService, Carrier]]:
    """Every service with its carrier, for a drop-down."""
    return db.exec(
        select(CarrierService, Carrier)
        .join(Carrier, col(Carrier.id) == CarrierService.carrier_id)
        .order_by(Carrier.code, CarrierService.code)
    ).all()


# --- verbs ---------------------------------------------------------------------------------------------------------


def keep_range(db: Session, carrier: Carrier, prefix: str, first: int, last: int, actor: Actor) -> None:
    """Another range of our own numbers. Raises Invalid where it ends before it begins."""
    if last < first:
        raise Invalid("shipping.range_backwards", field="last_number")
    row = db.get(NumberRange, carrier.id, with_for_update=True)
    row = row or NumberRange(carrier_id=carrier.id or 0, next_number=first, last_number=last)
    row.prefix, row.next_number, row.last_number = prefix.upper(), first, last
    db.add(row)
    db.flush()
    data = {"code": carrier.code, "range": f"{prefix}{first}-{last}"}
    record(db, Event("shipping.carrier.changed", "carrier", carrier.id or 0, data=data), actor)


def keep_service(
    db: Session, carrier: Carrier, service: CarrierService | None, values: Mapping[str, Any], actor: Actor
) -> CarrierService:
    """Make a service or change one; `values` by column. Raises Conflict for a code the carrier has already."""
    twin = select(CarrierService).where(CarrierService.carrier_id == carrier.id, CarrierService.code == values["code"])
    known = db.exec(twin).first()
    if known is not None and (service is None or known.id != service.id):
        raise Conflict("shipping.code_taken", field="code")
    if carrier.adapter == "sf" and values["product"] and not values["product"].isdecimal():
        raise Invalid("shipping.product_number", field="product")
    service = service or CarrierService(carrier_id=carrier.id or 0, code=values["code"], name=values["name"])
    for name, value in values.items():
        setattr(service, name, value)
    db.add(service)
    db.flush()
    data = {"code": f"{carrier.code}/{service.code}", "active": service.is_active}
    record(db, Event("shipping.service.changed", "carrier", carrier.id or 0, data=data), actor)
    return service


def keep_zone(
    db: Session, service: CarrierService, zone: ServiceZone | None, values: Mapping[str, Any], actor: Actor
) -> ServiceZone:
    """Make a zone or change one. Raises Invalid without a province, and for one that stands in another zone."""
    if not values["provinces"]:
        raise Invalid("shipping.no_province", field="provinces")
    for other, house in zones_of(db, service.id or 0):
        if house.id != values["warehouse_id"] or (zone is not None and other.id == zone.id):
            continue
        for province in values["provinces"]:
            if province in other.provinces:
                raise Invalid("shipping.province_twice", field="provinces", province=province, zone=other.name)
    zone = zone or ServiceZone(service_id=service.id or 0, **values)
    for name, value in values.items():
        setattr(zone, name, value)
    db.add(zone)
    db.flush()
    _told(db, service, actor, zone=zone.id)
    return zone


def drop_zone(db: Session, zone: ServiceZone, actor: Actor) -> CarrierService:
    service = service_for(db, zone.service_id)
    db.delete(zone)
    db.flush()
    _told(db, service, actor)
    return service


def _told(db: Session, service: CarrierService, actor: Actor, **data: object) -> None:
    given = {"service": service.code, **data}
    record(db, Event("shipping.zone.changed", "carrier", service.carrier_id, data=given), actor)


def add_rule(db: Session, values: Mapping[str, Any], actor: Actor) -> ServiceRule:
    """A new rule. Raises Invalid for one without a condition: it would hold for every parcel."""
    service_for(db, values["service_id"])
    conditions = ("channel", "province", "tier", "over_g", "up_to_g")
    if all(values[name] in ("", None) for name in conditions):
        raise Invalid("shipping.empty_rule", field="channel")
    rule = ServiceRule(**values, made_by=actor.name)
    db.add(rule)
    db.flush()
    data = {"rule": rule.id, "verdict": rule.verdict.value}
    record(db, Event("shipping.rule.changed", "service", rule.service_id, data=data), actor)
    return rule


def drop_rule(db: Session, rule_id: int, actor: Actor) -> None:
    """Raises Unknown for one that is gone."""
    rule = db.get(ServiceRule, rule_id, with_for_update=True)
    if rule is None:
        raise Unknown("shipping.unknown_rule")
    db.delete(rule)
    db.flush()
    record(db, Event("shipping.rule.changed", "service", rule.service_id, data={"dropped": rule_id}), actor)
