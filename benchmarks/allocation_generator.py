"""A made-up day of a Chinese shop with many warehouses: sales follow Zipf, buyers live where the provinces are.

    allocation_day(orders, warehouses, scarce, seed) -> Problem

Weight in grams, money in fen, days on the road. The same arguments give the same day. Nothing is copied from any
company: sizes and prices are round figures of the trade.
"""

import numpy as np
from numpy.typing import NDArray

from solver.allocation.problem import NO_RATE, Problem, problem_of

#: (name, longitude, latitude, share of the buyers in %)
PROVINCES = (
    ("Guangdong", 113.3, 23.1, 13.0), ("Jiangsu", 118.8, 32.0, 9.5), ("Zhejiang", 120.2, 30.3, 9.0),
    ("Shandong", 117.0, 36.7, 7.5), ("Henan", 113.7, 34.8, 6.5), ("Sichuan", 104.1, 30.7, 6.0),
    ("Shanghai", 121.5, 31.2, 5.5), ("Beijing", 116.4, 39.9, 5.0), ("Hebei", 114.5, 38.0, 5.0),
    ("Hunan", 113.0, 28.2, 4.0), ("Hubei", 114.3, 30.6, 4.0), ("Fujian", 119.3, 26.1, 4.0), ("Anhui", 117.3, 31.9, 4.0),
    ("Liaoning", 123.4, 41.8, 3.0), ("Shaanxi", 108.9, 34.3, 2.5), ("Jiangxi", 115.9, 28.7, 2.5),
    ("Chongqing", 106.5, 29.6, 2.0), ("Guangxi", 108.3, 22.8, 2.0), ("Yunnan", 102.7, 25.0, 1.5),
    ("Heilongjiang", 126.6, 45.8, 1.5), ("Jilin", 125.3, 43.9, 1.0), ("Shanxi", 112.5, 37.9, 1.0),
    ("Guizhou", 106.7, 26.6, 0.8), ("Tianjin", 117.2, 39.1, 0.8), ("Gansu", 103.8, 36.1, 0.5),
    ("Xinjiang", 87.6, 43.8, 0.4), ("Hainan", 110.3, 20.0, 0.3), ("Tibet", 91.1, 29.7, 0.1),
)  # fmt: skip
#: Kilometres up to which each rate zone reaches.
ZONES = (300, 700, 1_200, 1_800, 2_600)
#: Grams up to which each weight band reaches.
BANDS = (500, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 30_000, 50_000, 100_000, 300_000)
#: (first 500 g, each further kg, more for each zone in %, heaviest g, days in the nearest zone, days for each zone)
EXPRESS, POST, FREIGHT = (
    (900, 350, 18, 50_000, 1, 0.6),
    (420, 160, 25, 30_000, 2, 1.0),
    (2_600, 45, 22, 300_000, 2, 1.1),
)
#: Warehouses that hold the whole range between them, and are larger.
HUBS = 2
#: Fen for a day late, and fen for an order left out, by priority: the most urgent first.
LATE, LEFT_OUT = (3_000, 1_400, 700, 300), (300_000, 120_000, 50_000, 15_000)


def allocation_day(orders: int, houses: int = 20, scarce: bool = False, seed: int = 1) -> Problem:
    """Baskets of one to a dozen lines, bundles, heavy and cold goods; scarce: less stock than is wanted."""
    rng = np.random.default_rng(seed)
    skus = max(30, round(orders * 0.8))
    popular = 1 / np.arange(1, skus + 1) ** 0.9
    grams = np.minimum(15_000, rng.lognormal(6.2, 1.1, skus)).astype(np.int64) + 20
    grams = np.where(rng.random(skus) < 0.03, rng.integers(15_001, 40_000, skus), grams)
    heavy, cold = grams > 15_000, rng.random(skus) < 0.04

    lines_of_order = np.minimum(14, 1 + rng.negative_binomial(0.7, 0.36, orders))
    owner = np.repeat(np.arange(orders), lines_of_order)
    sku = rng.choice(skus, len(owner), p=popular / popular.sum())
    _, first = np.unique(owner * skus + sku, return_index=True)
    owner, sku = owner[first], sku[first]
    qty = 1 + rng.geometric(0.75, len(sku)) - 1
    group = _groups(rng, owner, rng.random(orders) < 0.2)
    priority = rng.choice(4, orders, p=(0.1, 0.25, 0.45, 0.2))
    groups = int(group[-1]) + 1
    group_owner = owner[np.searchsorted(group, np.arange(groups))]
    in_order = np.bincount(group_owner, minlength=orders)

    km = _distances(rng, houses)
    zone = np.searchsorted(ZONES, km)
    rate, transit = _rates(len(ZONES) + 1)
    stock = _stock(rng, sku, qty, skus, houses, 0.9 if scarce else 2.0)
    work = np.column_stack([np.ones_like(sku), heavy[sku], cold[sku]])
    size = np.where(np.arange(houses) < HUBS, 50.0, 6.0)
    share = rng.dirichlet(size)
    parcels = orders * 1.3 * share
    hands = len(sku) * (1.1 if scarce else 1.6)
    lifts, cools = rng.random(houses) < 0.7, rng.random(houses) < 0.5
    lifts[:HUBS] = cools[:HUBS] = True
    return problem_of(
        group_first=np.append(0, np.cumsum(in_order)),
        line_first=np.searchsorted(group, np.arange(groups + 1)),
        sku=sku,
        qty=qty,
        weight=np.bincount(group, qty * grams[sku]),
        work=np.column_stack([np.bincount(group, kind) for kind in work.T]),
        penalty=np.array(LEFT_OUT)[priority[group_owner]] // in_order[group_owner],
        priority=priority,
        region=rng.choice(len(PROVINCES), orders, p=_buyers()),
        due=rng.choice((2, 3, 4, 6), orders, p=(0.2, 0.4, 0.3, 0.1)),
        late=np.array(LATE)[priority],
        services=rng.choice((7, 5, 1, 0), orders, p=(0.93, 0.04, 0.025, 0.005)),
        partial=rng.random(orders) < 0.3,
        parcels=rng.choice((1, 2, 3), orders, p=(0.1, 0.3, 0.6)),
        zone=zone,
        distance=km,
        rate=rate,
        transit=transit,
        edges=np.array(BANDS),
        stock=stock,
        capacity=np.column_stack(
            [
                1 + hands * rng.dirichlet(size),
                lifts * (1 + 3.0 * heavy[sku].sum() * share),
                cools * (1 + 3.0 * cold[sku].sum() * share),
            ]
        ),
        benches=2 + parcels * 1.3,
        dock=2 + parcels[:, None] * (0.5, 0.9, 0.15),
        lorry=50_000 + parcels[:, None] * (1_500, 2_500, 3_000),
        handling=150,
    )


def _groups(rng: np.random.Generator, owner: NDArray, bundled: NDArray) -> NDArray:
    """[lines] group of each line: its own, or that of the line before in an order with bundles."""
    joins = bundled[owner] & (rng.random(len(owner)) < 0.5) & (np.diff(owner, prepend=-1) == 0)
    return np.cumsum(~joins) - 1


def _buyers() -> NDArray[np.float64]:
    share = np.array([province[3] for province in PROVINCES])
    return share / share.sum()


def _distances(rng: np.random.Generator, houses: int) -> NDArray[np.float64]:
    """[provinces, W] km between capitals; warehouses stand where the buyers are, a little out of town."""
    at = np.array([(east * np.cos(np.radians(33)), north) for _, east, north, _ in PROVINCES]) * 111.2
    near = np.arange(houses) % 12 if houses <= 12 else rng.choice(len(at), houses, p=_buyers())
    stand = at[near] + rng.normal(0, 40, (houses, 2))
    return np.round(np.hypot(*(at[:, None] - stand).T).T * 1.2)


def _rates(zones: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """([Z, S, B] fen, [Z, S] days)."""
    rate, transit = np.full((zones, 3, len(BANDS)), NO_RATE), np.zeros((zones, 3), np.int64)
    for s, (first, kilo, more, heaviest, days, each) in enumerate((EXPRESS, POST, FREIGHT)):
        for b, grams in enumerate(BANDS):
            if grams <= heaviest:
                cost = first + kilo * max(0, grams - 500) / 1_000
                rate[:, s, b] = np.round(cost * (1 + more / 100 * np.arange(zones)))
        transit[:, s] = np.ceil(days + each * np.arange(zones))
    return rate, transit


def _stock(rng: np.random.Generator, sku: NDArray, qty: NDArray, skus: int, houses: int, cover: float) -> NDArray:
    """[skus, W]: all lies in one of two hubs, what sells in many places."""
    wanted = np.bincount(sku, qty, minlength=skus)
    most = np.zeros(skus, np.int64)
    np.maximum.at(most, sku, qty)
    stock = np.zeros((skus, houses), np.int64)
    for s in range(skus):
        others = rng.choice(houses, min(houses, rng.poisson(1 + np.sqrt(wanted[s]) / 2)), replace=False)
        hub = min(houses, HUBS) - 1 if rng.random() < 0.3 else 0
        places = np.append(hub, others[others != hub])
        have = np.ceil(wanted[s] * cover * rng.uniform(0.6, 1.4))
        stock[s, places] = rng.multinomial(int(have), rng.dirichlet(np.full(len(places), 2.0)))
        if rng.random() < 0.97:  # the hub can fill the largest line, and a share of all
            stock[s, hub] = max(stock[s, hub], most[s], round(wanted[s] * cover / 3))
    return stock
