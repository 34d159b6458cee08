"""Which bins are worth counting today. Pure arithmetic: candidates in, a ranked list out.

ABC cycle counting as in Piasecki, "Inventory Accuracy: People, Processes, & Technology" (2003) and the APICS body of
knowledge: bins ranked by the value on them; those that hold the first 80 % of it are A and counted monthly, the next
15 % B and quarterly, the last 5 % C and yearly (12, 4 and 1 times a year). A bin is due when its books are older than
its class allows. What casts doubt on them (short picks, bins that were not empty, adjustments, wrong scans, readers
that disagree) makes it due sooner: each sign counts as half an interval. Bins neither due nor doubted are left alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Klass(StrEnum):
    A = "a"
    B = "b"
    C = "c"


#: Share of the value, percent, that a class ends at; and days between two counts.
ENDS = ((Klass.A, 80), (Klass.B, 95), (Klass.C, 100))
INTERVAL_DAYS = {Klass.A: 365 // 12, Klass.B: 365 // 4, Klass.C: 365}
#: One sign of doubt, in thousandths of an interval.
_DOUBT = 500


@dataclass(frozen=True)
class Candidate:
    """A bin with goods: their value in fen, the age of the oldest line of its books in days, signs of doubt.

    `age_days` None: nobody ever looked (opening stock from a file).
    """

    bin_id: int
    value_fen: int
    age_days: int | None
    doubts: int = 0


@dataclass(frozen=True)
class Ranked:
    """A bin worth counting; `score` in thousandths of its interval, 1000 = due today."""

    bin_id: int
    klass: Klass
    score: int


def classes(values: Mapping[int, int]) -> dict[int, Klass]:
    """Bin -> class by value. A bin belongs to the class its value begins in, so the first is always A."""
    total, before = sum(values.values()), 0
    found = {}
    for bin_id, value in sorted(values.items(), key=lambda pair: (-pair[1], pair[0])):
        found[bin_id] = next(klass for klass, end in ENDS if before * 100 < end * total or klass is Klass.C)
        before += value
    return found


def score(candidate: Candidate, klass: Klass) -> int:
    """How much a bin wants counting, in thousandths of its class's interval; never looked at counts as due."""
    days = INTERVAL_DAYS[klass]
    age = days if candidate.age_days is None else max(candidate.age_days, 0)
    return 1000 * age // days + _DOUBT * candidate.doubts


def worth_counting(candidates: Iterable[Candidate], capacity: int) -> list[Ranked]:
    """The `capacity` bins that want it most, most wanted first; among equals the most valuable. Same in, same out."""
    every = list(candidates)
    klass_of = classes({candidate.bin_id: candidate.value_fen for candidate in every})
    wanted = [
        (score(candidate, klass_of[candidate.bin_id]), candidate)
        for candidate in every
        if candidate.doubts or candidate.age_days is None or score(candidate, klass_of[candidate.bin_id]) >= 1000
    ]
    wanted.sort(key=lambda pair: (-pair[0], -pair[1].value_fen, pair[1].bin_id))
    return [Ranked(found.bin_id, klass_of[found.bin_id], points) for points, found in wanted[: max(capacity, 0)]]


def daily_load(klasses: Sequence[Klass]) -> int:
    """Bins a day that keep every bin within its interval, rounded up."""
    year = sum(365 * 1000 // INTERVAL_DAYS[klass] for klass in klasses)
    return -(-year // 365_000)
