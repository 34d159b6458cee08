"""What the figures suggest doing, with how sure that is.

Parcels of one day share lorry, weather and holidays: a day is one observation, not each of its parcels. The spread of
a lane's mean is that of its days (the cluster-robust variance of a mean, with its n/(n-1)), its quantile Student's t
with the fewer of the two lanes' days. Of m comparisons each is asked for 1 - 0.05/m (Bonferroni), so that the whole
page tells a lucky accident in one of twenty weeks, not one line in twenty.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from statistics import NormalDist

from floor.analytics.insight import DayOfLane, SkuBack

#: The share of pages on which any suggestion may be an accident.
ALPHA = 0.05
#: Fewer say nothing.
LEAST_PARCELS, LEAST_DAYS = 50, 10
LEAST_SENT = 50
#: Differences nobody would act on, hours.
LEAST_HOURS = 6.0

_Lane = tuple[int, int, str]


@dataclass(frozen=True)
class Slower:
    """From one warehouse to one province `slow` takes longer than `quick`: hours, with their interval."""

    warehouse_id: int
    province: str
    slow: int
    quick: int
    hours: float
    low: float
    high: float
    #: Delivered parcels of the two, and days they left on.
    n_slow: int
    n_quick: int
    days: int
    #: What the quick one asks more for a parcel, fen; below zero less.
    dearer_fen: int


@dataclass(frozen=True)
class OftenBack:
    """A SKU comes back more often than the rest: shares of units sent, with the interval of the difference."""

    back: SkuBack
    share: float
    rest: float
    low: float
    high: float
    #: The reason named most.
    reason: str


@dataclass(frozen=True)
class _Mean:
    n: int
    days: int
    hours: float
    variance: float
    fen: float


def slower_lanes(days: Iterable[DayOfLane]) -> tuple[list[Slower], int]:
    """Pairs of carriers on the same way that differ for sure, the widest first; and how many pairs were compared."""
    lanes: dict[_Lane, list[DayOfLane]] = defaultdict(list)
    for day in days:
        lanes[day.warehouse_id, day.carrier_id, day.province].append(day)
    means = {lane: _mean(rows) for lane, rows in lanes.items()}
    enough = {lane: mean for lane, mean in means.items() if mean.n >= LEAST_PARCELS and mean.days >= LEAST_DAYS}
    ways: dict[tuple[int, str], list[_Lane]] = defaultdict(list)
    for lane in sorted(enough):
        ways[lane[0], lane[2]].append(lane)
    pairs = [pair for way in ways.values() for pair in combinations(way, 2)]
    found = [_compared(enough[one], enough[other], one, other, len(pairs)) for one, other in pairs]
    sure = [slower for slower in found if slower.low > 0 and slower.hours >= LEAST_HOURS]
    return sorted(sure, key=lambda slower: -slower.hours), len(pairs)


def _mean(rows: Sequence[DayOfLane]) -> _Mean:
    n, days = sum(row.delivered for row in rows), len(rows)
    hours = sum(row.minutes for row in rows) / 60 / n
    off = sum((row.minutes / 60 - row.delivered * hours) ** 2 for row in rows)
    variance = off / n**2 * days / (days - 1) if days > 1 else 0.0
    parcels = sum(row.parcels for row in rows)
    return _Mean(n, days, hours, variance, sum(row.cost_fen for row in rows) / parcels if parcels else 0.0)


def _compared(a: _Mean, b: _Mean, one: _Lane, other: _Lane, pairs: int) -> Slower:
    if a.hours < b.hours:
        a, b, one, other = b, a, other, one
    days = min(a.days, b.days)
    spread = t_quantile(1 - ALPHA / pairs / 2, days - 1) * sqrt(a.variance + b.variance)
    apart = a.hours - b.hours
    return Slower(
        one[0], one[2], one[1], other[1], apart, apart - spread, apart + spread, a.n, b.n, days, round(b.fen - a.fen)
    )  # fmt: skip


def often_back(rows: Sequence[SkuBack], sent: int) -> tuple[list[OftenBack], int]:
    """SKUs that come back more often than all others together; and how many were looked at. `sent`: all units."""
    looked_at = [row for row in rows if row.sent >= LEAST_SENT and row.returned <= row.sent]
    returned = sum(row.returned for row in rows)
    found = []
    for row in looked_at:
        others, others_back = sent - row.sent, returned - row.returned
        if others < LEAST_SENT:
            continue
        low, high = _newcombe(
            row.returned, row.sent, others_back, others, NormalDist().inv_cdf(1 - ALPHA / len(looked_at) / 2)
        )
        if low > 0:
            reason = max(sorted(row.reasons), key=lambda name: row.reasons[name])
            found.append(OftenBack(row, row.returned / row.sent, others_back / others, low, high, reason))
    return sorted(found, key=lambda one: one.rest - one.share), len(looked_at)


def _newcombe(hits: int, n: int, other_hits: int, other_n: int, z: float) -> tuple[float, float]:
    """The interval of the difference of two shares, from the two Wilson intervals (Newcombe 1998, method 10)."""
    p, q = hits / n, min(other_hits, other_n) / other_n
    (low, high), (other_low, other_high) = _wilson(p, n, z), _wilson(q, other_n, z)
    return p - q - sqrt((p - low) ** 2 + (other_high - q) ** 2), p - q + sqrt((high - p) ** 2 + (q - other_low) ** 2)


def _wilson(share: float, n: int, z: float) -> tuple[float, float]:
    middle, wide = share + z * z / 2 / n, z * sqrt(share * (1 - share) / n + z * z / 4 / n / n)
    return (middle - wide) / (1 + z * z / n), (middle + wide) / (1 + z * z / n)


def t_quantile(p: float, df: int) -> float:
    """Student's t from the normal quantile (Cornish and Fisher's expansion; within 2 % from 6 degrees on)."""
    z = NormalDist().inv_cdf(p)
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / df + second / df**2 + third / df**3
