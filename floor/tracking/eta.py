"""How long something takes, with a range, learned from what went before: quantiles by group, set right by experience.

Two steps, each plain. Quantiles, of all and of ever finer groups (a carrier, its lane, the lane's weekday); a group
that saw little leans on the coarser one. Then the probabilities are set right by what earlier tables said of later
parcels: where parcels came at moments that were said to be their 90% and only 85% of them had come, the 90% is moved
(conformal prediction of distributions, Chernozhukov, Wüthrich and Zhu 2021; older experience weighs less, as in Barber,
Candès, Ramdas and Tibshirani 2023). What has not ended yet counts for as long as it has lasted (Kaplan and Meier 1958):
to leave it out would learn from the quick ones only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Probabilities the quantiles are kept at; the last one is beyond what was ever seen.
GRID = np.array([0.005, 0.01, 0.02, 0.03, *np.linspace(0.05, 0.95, 19), 0.97, 0.98, 0.985, 0.99, 0.995, 1.0])
_FROM_ZERO = np.append(0, GRID)
#: The range that is told holds eight of ten parcels.
LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9
#: Fewer that ended teach nothing.
LEAST = 200
#: A group that saw so many is believed half, the coarser one the other half.
LEAN = 30
#: Groups that saw fewer are not kept: the coarser one speaks for them.
FEWEST = 5
#: What is so much older weighs half.
HALF_LIFE_H = 60 * 24
#: How far apart the earlier tables are whose words are held against what came later.
STEP_H = 28 * 24

Names = tuple[str, ...]


@dataclass(frozen=True)
class Spans:
    """What began, in the order it began: `names` of its groups from coarse to fine, hours since some epoch; `ended` is
    infinite for what has not. `scale`: hours it was promised to take, or 1 where nobody promised."""

    names: Sequence[Names]
    began: np.ndarray
    ended: np.ndarray
    scale: np.ndarray

    def __len__(self) -> int:
        return len(self.began)

    def until(self, moment: float) -> "Spans":
        """What had begun by then; what ended later had not ended."""
        n = int(np.searchsorted(self.began, moment, "left"))
        ended = np.where(self.ended[:n] <= moment, self.ended[:n], np.inf)
        return Spans(self.names[:n], self.began[:n], ended, self.scale[:n])

    def seen(self, moment: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(how long it lasted so far as a share of its scale, whether it ended, what it weighs) as of then."""
        lasted = np.minimum(self.ended, moment) - self.began
        return lasted / self.scale, self.ended <= moment, 0.5 ** ((moment - self.began) / HALF_LIFE_H)


def _ended_by(lasted: np.ndarray, has_ended: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(durations rising, the share that ended within them) by Kaplan and Meier."""
    order = np.lexsort((~has_ended, lasted))
    at_risk = np.cumsum(weight[order][::-1])[::-1]
    stays = np.cumprod(1 - np.where(has_ended[order], weight[order] / at_risk, 0))
    return lasted[order], np.maximum.accumulate(1 - stays)


def _quantiles(lasted: np.ndarray, has_ended: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Durations at GRID. What lies beyond the last end seen is drawn on from it."""
    durations, share = _ended_by(lasted, has_ended, weight)
    found = durations[np.minimum(np.searchsorted(share, GRID[:-1], "left"), len(durations) - 1)]
    return np.append(found, max(found[-1], durations[-1]) * 1.5)


def tables(past: Spans, now: float) -> dict[str, np.ndarray]:
    """Group -> durations at GRID, as of `now`."""
    lasted, has_ended, weight = past.seen(now)
    members: dict[tuple[int, str], list[int]] = {}
    parents: dict[str, str] = {}
    for n, names in enumerate(past.names):
        for level, name in enumerate(names):
            members.setdefault((level, name), []).append(n)
            parents[name] = names[level - 1] if level else ""
    made: dict[str, np.ndarray] = {}
    for level, name in sorted(members):
        mine = np.array(members[level, name])
        saw = int(has_ended[mine].sum())
        if level and (saw < FEWEST or parents[name] not in made):
            continue
        made[name] = _quantiles(lasted[mine], has_ended[mine], weight[mine])
        if level:
            made[name] = (saw * made[name] + LEAN * made[parents[name]]) / (saw + LEAN)
    return made


def _finest(made: Any, names: Names) -> Any:
    return next(made[name] for name in reversed(names) if name in made)


def learn(past: Spans, now: float) -> dict[str, Any]:
    """Weights for JSON, as of `now` (hours since the same epoch)."""
    said, ended, weights = [], [], []
    first = past.began[0] + STEP_H
    steps = int((now - first) // STEP_H)
    for back in range(steps, 0, -1):
        then = now - back * STEP_H
        before = past.until(then)
        if np.isfinite(before.ended).sum() < LEAST // 2:
            continue
        table = tables(before, then)
        later = slice(len(before), int(np.searchsorted(past.began, then + STEP_H, "left")))
        part = Spans(past.names[later], past.began[later], past.ended[later], past.scale[later])
        lasted, has_ended, weight = part.seen(now)
        said += [share_of(_finest(table, names), far) for names, far in zip(part.names, lasted, strict=True)]
        ended += list(has_ended)
        weights += list(weight)
    right = GRID
    if sum(ended) >= LEAST // 2:
        words, share = _ended_by(np.array(said), np.array(ended), np.array(weights))
        right = np.append(np.interp(GRID[:-1], [0, *share, 1], [0, *words, 1]), 1.0)
    return {
        "groups": {name: [round(float(q), 4) for q in table] for name, table in tables(past, now).items()},
        "right": [round(float(p), 5) for p in right],
    }


def share_of(table: Sequence[float] | np.ndarray, lasted: float) -> float:
    """Which share has ended by then."""
    return float(np.interp(lasted, np.append(0, table), _FROM_ZERO))


def durations(
    weights: dict[str, Any], names: Names, shares: Sequence[float], scale: float = 1, age: float = 0
) -> list[float]:
    """Hours after which these shares of what is in these groups have ended; of what lasted `age` hours already."""
    table = np.append(0, _finest(weights["groups"], names)) * scale
    right = np.append(0, weights["right"])
    gone = float(np.interp(np.interp(age, table, _FROM_ZERO), right, _FROM_ZERO)) if age else 0.0
    wanted = gone + np.asarray(shares) * (1 - gone)
    return [max(age, float(q)) for q in np.interp(np.interp(wanted, _FROM_ZERO, right), _FROM_ZERO, table)]


# --- how well it tells -------------------------------------------------------------------------------------------

#: The newest part, which it is measured on.
HELD_OUT = 0.25
#: How often it learns again.
AGAIN_H = 7 * 24


@dataclass(frozen=True)
class Told:
    """Of later parcels: the range and its middle as told when each began, and what it took, hours."""

    low: np.ndarray
    middle: np.ndarray
    high: np.ndarray
    took: np.ndarray
    promised: np.ndarray
    #: The plain mean of what had ended by then.
    mean: np.ndarray

    @property
    def covered(self) -> float:
        """The share whose end lay in its range."""
        return float(((self.took >= self.low) & (self.took <= self.high)).mean())

    def figures(self, learned: int) -> "Figures":
        off = [np.abs(guess - self.took) for guess in (self.middle, self.promised, self.mean)]
        ours, promise, mean = (round(float(one.mean()), 2) for one in off)
        return Figures(
            learned, len(self.took), round(self.covered, 4), round(float(np.median(off[0])), 2), ours, promise, mean
        )


@dataclass(frozen=True)
class Figures:
    """On later parcels: the share inside the range, the median error, and mean errors in hours: of the middle, of the
    carrier's promise, of the plain mean."""

    learned: int
    held_out: int
    covered: float
    median: float
    ours: float
    promise: float
    mean: float

    @property
    def is_better(self) -> bool:
        return self.ours < min(self.promise, self.mean) and 0.7 <= self.covered <= 0.9


def told(past: Spans, now: float, first: int, again: float = AGAIN_H) -> Told:
    """What would have been told of parcels from number `first` on, each by what was known a moment before it began.

    It learns again every so many hours. Of what has not ended only that is counted which is over its range already.
    """
    rows, learnt_at, weights, mean = [], -np.inf, {}, 0.0
    for n in range(first, len(past)):
        begins = float(past.began[n])
        if begins - learnt_at >= again:
            before = past.until(begins)
            weights, learnt_at = learn(before, begins), begins
            ended = np.isfinite(before.ended)
            mean = float((before.ended - before.began)[ended].mean())
        scale = float(past.scale[n])
        low, middle, high = durations(weights, past.names[n], (LOW, MIDDLE, HIGH), scale)
        took = float(min(past.ended[n], now)) - begins
        if np.isfinite(past.ended[n]) or took > high:
            rows.append((low, middle, high, took, scale, mean))
    return Told(*np.array(rows, float).reshape(-1, 6).T)


def trial(past: Spans, now: float) -> Figures:
    """Learn from the earlier ones and look at the later ones."""
    first = len(past) - max(1, int(len(past) * HELD_OUT))
    return told(past, now, first).figures(first)
