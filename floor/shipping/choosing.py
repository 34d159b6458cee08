"""Which service carries a parcel: rules first, then the plan's carrier, in time, cheapest; and why, for people to read.

Reads only. Where allocation planned a carrier without services of its own, that carrier and its rate are the one offer.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from floor.catalog.models import Carton
from floor.kit import clock
from floor.orders.models import Address, Customer, Order
from floor.packing.models import Parcel
from floor.shipments.models import Carrier, Rate, Shipment
from floor.shipping import queries
from floor.shipping.models import NumberRange
from floor.shipping.models_carriers import (
    CarrierHealth,
    CarrierService,
    RuleVerdict,
    ServiceRule,
    ServiceZone,
)

LOCAL = ZoneInfo("Asia/Shanghai")
#: Offers kept with a waybill.
KEPT = 12


class WhyNot(StrEnum):
    """What stands against an offer."""

    AREA = "area"
    WEIGHT = "weight"
    SIZE = "size"
    RULE = "rule"
    DOWN = "down"
    #: This parcel's number was asked for there, in vain.
    TRIED = "tried"
    NO_NUMBERS = "no_numbers"


class Why(StrEnum):
    """Why the chosen one."""

    RULE = "rule"
    #: The plan's carrier, its cheapest service that leaves by the promise.
    PLANNED = "planned"
    #: The plan's carrier cannot: the cheapest other one that leaves by the promise.
    OTHER = "other"
    #: None leaves by the promise: the soonest.
    SOONEST = "soonest"
    #: A person chose it.
    PERSON = "person"


@dataclass(frozen=True)
class Goods:
    """What a choice depends on. Lengths mm, weight g."""

    weight_g: int
    size_mm: tuple[int, int, int]
    province: str
    city: str
    district: str
    channel: str
    tier: int
    warehouse_id: int
    planned_carrier_id: int
    promised_at: datetime


@dataclass(frozen=True)
class Offer:
    """One way to go. `why_not` is "" where nothing stands against it; `leaves_at` is the cut-off it is in time for."""

    carrier_id: int
    service_id: int | None
    cost_fen: int = 0
    days: int = 0
    leaves_at: datetime | None = None
    why_not: str = ""
    billed_g: int = 0

    def is_in_time(self, goods: Goods) -> bool:
        return self.leaves_at is None or self.leaves_at <= goods.promised_at


@dataclass(frozen=True)
class Choice:
    offer: Offer
    why: Why
    offers: Sequence[Offer]

    def kept(self) -> dict[str, Any]:
        """For the waybill's row: codes and ids, no words."""
        return {
            "why": self.why.value,
            "offers": [
                {"carrier": one.carrier_id, "service": one.service_id, "fen": one.cost_fen, "days": one.days,
                 "leaves": one.leaves_at.isoformat() if one.leaves_at else "", "not": one.why_not, "g": one.billed_g}
                for one in self.offers[:KEPT]
            ],
        }  # fmt: skip


# --- pure ----------------------------------------------------------------------------------------------------------


def billed_g(service: CarrierService, goods: Goods) -> int:
    """What the carrier bills: the scale, or the box's volume over the divisor (cubic centimetres per kg), in g."""
    if not service.dim_divisor:
        return goods.weight_g
    length, width, height = goods.size_mm
    return max(goods.weight_g, -(-length * width * height // service.dim_divisor))


def cost_fen(zone: ServiceZone, grams: int) -> int:
    """First weight, then steps begun."""
    steps = max(0, -(-(grams - zone.first_g) // zone.step_g))
    return zone.first_fen + steps * zone.step_fen


def leaves_at(cutoff: int, moment: datetime) -> datetime:
    """The next cut-off (minutes after local midnight) from a moment on."""
    local = moment.astimezone(LOCAL)
    today = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=cutoff)
    return today if local <= today else today + timedelta(days=1)


def fits(rule: ServiceRule, goods: Goods) -> bool:
    return (
        (not rule.channel or rule.channel == goods.channel)
        and (not rule.province or rule.province == goods.province)
        and (rule.tier is None or goods.tier >= rule.tier)
        and (rule.over_g is None or goods.weight_g > rule.over_g)
        and (rule.up_to_g is None or goods.weight_g <= rule.up_to_g)
    )


def offer_of(
    service: CarrierService, zones: Sequence[ServiceZone], rules: Sequence[ServiceRule], goods: Goods, moment: datetime
) -> Offer:
    """What a service asks for these goods, or the first thing that stands against it."""
    grams = billed_g(service, goods)
    zone = next(
        (one for one in zones if one.warehouse_id == goods.warehouse_id and goods.province in one.provinces), None
    )
    why_not = ""
    if zone is None or goods.city in zone.excluded or goods.district in zone.excluded:
        why_not = WhyNot.AREA.value
    elif service.max_g is not None and grams > service.max_g:
        why_not = WhyNot.WEIGHT.value
    elif service.max_side_mm is not None and max(goods.size_mm) > service.max_side_mm:
        why_not = WhyNot.SIZE.value
    elif any(rule.verdict is RuleVerdict.AVOID and fits(rule, goods) for rule in rules):
        why_not = WhyNot.RULE.value
    return Offer(
        service.carrier_id, service.id, cost_fen(zone, grams) if zone else 0, zone.transit_days if zone else 0,
        leaves_at(service.cutoff, moment), why_not, grams,
    )  # fmt: skip


def pick(offers: Sequence[Offer], wanted: Collection[int], goods: Goods) -> Choice | None:
    """The choice among offers; `wanted`: services a rule demands. None when everything stands against all of them."""
    able = [one for one in offers if not one.why_not]
    if not able:
        return None

    def cheapest(some: Sequence[Offer]) -> Offer:
        return min(some, key=lambda one: (one.cost_fen, one.days, one.service_id or 0))

    def chosen(some: Sequence[Offer], why: Why) -> Choice:
        best = cheapest(some)
        return Choice(best, why, sorted(offers, key=lambda one: (one is not best, bool(one.why_not), one.cost_fen)))

    if by_rule := [one for one in able if one.service_id in wanted]:
        return chosen(by_rule, Why.RULE)
    in_time = [one for one in able if one.is_in_time(goods)]
    if planned := [one for one in in_time if one.carrier_id == goods.planned_carrier_id]:
        return chosen(planned, Why.PLANNED)
    if in_time:
        return chosen(in_time, Why.OTHER)
    # Late is late: the plan's carrier keeps what it was planned to collect, if it takes the parcel at all.
    late = [one for one in able if one.carrier_id == goods.planned_carrier_id] or able
    soonest = min(one.leaves_at for one in late if one.leaves_at is not None)
    return chosen([one for one in late if one.leaves_at == soonest], Why.SOONEST)


# --- reads ---------------------------------------------------------------------------------------------------------


def goods_of(db: Session, parcel: Parcel) -> Goods:
    shipment = db.get_one(Shipment, parcel.shipment_id)
    order = db.get_one(Order, shipment.order_id)
    address = db.get(Address, shipment.order_id) or Address(order_id=shipment.order_id)
    buyer = db.get(Customer, order.customer_id) if order.customer_id else None
    carton = db.get_one(Carton, parcel.carton_id)
    return Goods(
        parcel.weight_g, (carton.length_mm, carton.width_mm, carton.height_mm), address.province, address.city,
        address.district, order.channel, buyer.tier if buyer else 0, shipment.warehouse_id, shipment.carrier_id,
        shipment.promised_at,
    )  # fmt: skip


def choose(db: Session, parcel: Parcel, tried: Collection[int] = ()) -> Choice | None:
    """The way for a parcel; `tried`: carriers that are out of the question. None when nobody takes it."""
    goods = goods_of(db, parcel)
    rules = db.exec(select(ServiceRule)).all()
    wanted = {rule.service_id for rule in rules if rule.verdict is RuleVerdict.USE and fits(rule, goods)}
    return pick(offers_for(db, goods, rules, tried), wanted, goods)


def by_person(db: Session, parcel: Parcel, carrier_id: int, service_id: int | None) -> Choice | None:
    """The way a person chose, whatever stands against it; None when there is no such way."""
    offers = offers_for(db, goods_of(db, parcel), db.exec(select(ServiceRule)).all())
    mine = [one for one in offers if (one.carrier_id, one.service_id) == (carrier_id, service_id)]
    return Choice(mine[0], Why.PERSON, [mine[0], *(one for one in offers if one is not mine[0])]) if mine else None


def offers_for(db: Session, goods: Goods, rules: Sequence[ServiceRule], tried: Collection[int] = ()) -> list[Offer]:
    """Every way of every active carrier, with what it asks and what stands against it."""
    moment = clock.now()
    carriers = {one.id or 0: one for one in db.exec(select(Carrier).where(col(Carrier.is_active)))}
    services = db.exec(select(CarrierService).where(col(CarrierService.is_active)).order_by(col(CarrierService.id)))
    zones = db.exec(select(ServiceZone).where(ServiceZone.warehouse_id == goods.warehouse_id)).all()
    offers, with_services = [], set()
    for service in services.all():
        if service.carrier_id not in carriers:
            continue
        with_services.add(service.carrier_id)
        mine = [rule for rule in rules if rule.service_id == service.id]
        offers.append(offer_of(service, [one for one in zones if one.service_id == service.id], mine, goods, moment))
    offers += [_plain(db, one, goods) for number, one in sorted(carriers.items()) if number not in with_services]
    down = _given_up(db, carriers)
    return [_against(db, one, carriers, down, tried) for one in offers]


def _plain(db: Session, carrier: Carrier, goods: Goods) -> Offer:
    """A carrier without services, by the rate allocation planned with. The planned one always goes."""
    mine = (Rate.carrier_id == carrier.id, Rate.warehouse_id == goods.warehouse_id, Rate.province == goods.province)
    rate = db.exec(select(Rate).where(*mine)).first()
    is_planned = carrier.id == goods.planned_carrier_id
    why_not = ""
    if rate is None and not is_planned:
        why_not = WhyNot.AREA.value
    elif rate is not None and rate.max_g is not None and goods.weight_g > rate.max_g and not is_planned:
        why_not = WhyNot.WEIGHT.value
    fen = queries.cost_fen(rate, goods.weight_g)
    return Offer(carrier.id or 0, None, fen, rate.transit_days if rate else 0, None, why_not, goods.weight_g)


def _given_up(db: Session, carriers: dict[int, Carrier]) -> set[int]:
    """Carriers out of reach for longer than their parcels are to wait."""
    rows = db.exec(select(CarrierHealth).where(col(CarrierHealth.down_since).is_not(None))).all()
    return {row.carrier_id for row in rows if row.carrier_id in carriers and waited_out(carriers[row.carrier_id], row)}


def waited_out(carrier: Carrier, health: CarrierHealth | None) -> bool:
    if health is None or health.down_since is None or carrier.fallback_minutes is None:
        return False
    return clock.now() - health.down_since >= timedelta(minutes=carrier.fallback_minutes)


def _against(
    db: Session, offer: Offer, carriers: dict[int, Carrier], down: Collection[int], tried: Collection[int]
) -> Offer:
    if offer.why_not:
        return offer
    why_not = ""
    if offer.carrier_id in tried:
        why_not = WhyNot.TRIED.value
    elif offer.carrier_id in down:
        why_not = WhyNot.DOWN.value
    elif carriers[offer.carrier_id].adapter == "manual" and tried and not _has_numbers(db, offer.carrier_id):
        why_not = WhyNot.NO_NUMBERS.value
    return replace(offer, why_not=why_not)


def _has_numbers(db: Session, carrier_id: int) -> bool:
    row = db.get(NumberRange, carrier_id)
    return row is not None and row.next_number <= row.last_number
