"""Which service carries a parcel: rules, then the plan's carrier, in time, cheapest; what stands against the rest."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from floor.shipping.choosing import (
    LOCAL,
    Goods,
    Offer,
    Why,
    WhyNot,
    billed_g,
    cost_fen,
    fits,
    leaves_at,
    offer_of,
    pick,
)
from floor.shipping.models_carriers import CarrierService, RuleVerdict, ServiceRule, ServiceZone

NOON = datetime(2026, 11, 27, 12, tzinfo=LOCAL)
GOODS = Goods(
    2300, (400, 300, 250), "浙江省", "杭州市", "西湖区", "taobao", 1, 1, 1, NOON + timedelta(hours=8)
)  # fmt: skip
SERVICE = CarrierService(id=7, carrier_id=1, code="std", name="特快", cutoff=18 * 60, dim_divisor=6000, max_g=30_000)
ZONE = ServiceZone(
    service_id=7, warehouse_id=1, name="邻省", provinces=["浙江省"], excluded=["嵊泗县"], transit_days=2, first_g=1000,
    first_fen=1200, step_g=500, step_fen=300,
)  # fmt: skip


def test_what_is_billed_is_the_scale_or_the_volume_and_costs_first_weight_and_steps_begun():
    assert billed_g(SERVICE, GOODS) == 5000
    assert billed_g(CarrierService(carrier_id=1, code="x", name="x", dim_divisor=0), GOODS) == 2300
    assert billed_g(SERVICE, replace(GOODS, weight_g=6001)) == 6001
    assert [cost_fen(ZONE, grams) for grams in (1, 1000, 1001, 1500, 5000)] == [1200, 1200, 1500, 1500, 3600]


def test_a_parcel_leaves_at_the_next_cut_off():
    assert leaves_at(18 * 60, NOON) == NOON.replace(hour=18)
    assert leaves_at(12 * 60, NOON) == NOON
    assert leaves_at(11 * 60 + 59, NOON) == NOON.replace(hour=11, minute=59) + timedelta(days=1)


@pytest.mark.parametrize(
    ("goods", "service", "why_not"),
    [
        ({}, {}, ""),
        ({"province": "西藏自治区"}, {}, WhyNot.AREA),
        ({"district": "嵊泗县"}, {}, WhyNot.AREA),
        ({"warehouse_id": 2}, {}, WhyNot.AREA),
        ({}, {"max_g": 4999}, WhyNot.WEIGHT),
        ({}, {"max_side_mm": 399}, WhyNot.SIZE),
        ({"channel": "jd"}, {}, WhyNot.RULE),
    ],
)
def test_the_first_thing_that_stands_against_a_service_is_said(goods, service, why_not):
    mine = CarrierService(**{**SERVICE.model_dump(), **service})
    avoid = ServiceRule(service_id=7, verdict=RuleVerdict.AVOID, channel="jd")
    offer = offer_of(mine, [ZONE], [avoid], replace(GOODS, **goods), NOON)
    assert offer.why_not == why_not
    if not why_not:
        assert (offer.cost_fen, offer.days, offer.billed_g) == (3600, 2, 5000)


def test_a_rule_asks_only_for_what_it_names():
    assert fits(ServiceRule(service_id=1, verdict=RuleVerdict.USE, tier=1, over_g=2299, up_to_g=2300), GOODS)
    for missed in ({"tier": 2}, {"over_g": 2300}, {"up_to_g": 2299}, {"province": "上海市"}, {"channel": "jd"}):
        assert not fits(ServiceRule(service_id=1, verdict=RuleVerdict.USE, **missed), GOODS)


def test_rules_then_the_planned_carrier_then_the_cheapest_in_time():
    soon, late = NOON + timedelta(hours=6), NOON + timedelta(hours=20)
    planned = Offer(1, 7, 2000, 2, soon)
    dear, cheap = Offer(1, 8, 2500, 1, soon), Offer(2, 9, 900, 3, soon)
    every = [planned, dear, cheap]

    def chosen(offers, wanted=()):
        choice = pick(offers, wanted, GOODS)
        return choice and (choice.offer.service_id, choice.why)

    assert chosen(every) == (7, Why.PLANNED)
    assert chosen(every, {8}) == (8, Why.RULE)
    assert chosen([replace(planned, leaves_at=late), replace(dear, leaves_at=late), cheap]) == (9, Why.OTHER)
    assert chosen([replace(planned, why_not="down"), replace(dear, why_not="area"), cheap]) == (9, Why.OTHER)
    assert chosen([replace(one, leaves_at=late) for one in every]) == (7, Why.SOONEST)
    assert chosen([replace(one, why_not="down") for one in every]) is None
    kept = pick(every, (), GOODS).kept()
    assert (kept["why"], kept["offers"][0]["service"], len(kept["offers"])) == ("planned", 7, 3)
