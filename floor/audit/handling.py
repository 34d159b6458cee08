"""How long the house needs for an order, from its plan to its packed parcels, learned from the trail of earlier ones.

Boosted regression trees of depth 3 over six numbers, on the logarithm of minutes: numpy, a second for ten thousand
orders. A version is used only where it beats the mean and a straight line on later orders than those it learned from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Of an order: its lines, units and aisles; of the house at that moment: shipments on carts, shipments not packed yet,
#: the local hour.
FEATURES = ("lines", "units", "zones", "on_carts", "load", "hour")

#: Fewer handled orders teach nothing.
LEAST = 200
#: The newest orders, which it is measured on.
HELD_OUT = 0.25

_DEPTH, _TREES, _RATE, _BINS, _LEAF = 3, 120, 0.1, 32, 20


@dataclass(frozen=True)
class Figures:
    """Mean error in minutes on the later orders: of the trees, of the better of two straight lines (through minutes,
    and through their logarithm), and of the mean."""

    learned: int
    held_out: int
    trees: float
    line: float
    mean: float

    @property
    def is_better(self) -> bool:
        return self.trees < min(self.line, self.mean)


def learn(rows: np.ndarray, minutes: np.ndarray) -> dict[str, Any]:
    """Weights for JSON. `rows` is [orders, FEATURES], `minutes` what each took."""
    wanted = np.log1p(minutes)
    guess = np.full(len(wanted), wanted.mean())
    bins = [np.unique(np.quantile(rows[:, n], np.linspace(0, 1, _BINS + 1)[1:-1])) for n in range(rows.shape[1])]
    coded = np.column_stack([np.searchsorted(edges, rows[:, n], "left") for n, edges in enumerate(bins)])
    trees = []
    for _ in range(_TREES):
        tree, leaf = _grow(coded, bins, wanted - guess)
        guess = guess + _RATE * np.array(tree["v"])[leaf]
        trees.append(tree)
    return {"base": float(wanted.mean()), "trees": trees, "features": list(FEATURES)}


def _grow(coded: np.ndarray, bins: Sequence[np.ndarray], rest: np.ndarray) -> tuple[dict[str, list[Any]], np.ndarray]:
    """One tree over the rests, all nodes of a level at once: split n goes to 2n+1 and 2n+2. Returns it and each row's
    leaf. A node that gains nothing sends everything left."""
    node = np.zeros(len(rest), int)
    features, limits = [], []
    for level in range(_DEPTH):
        first, width = 2**level - 1, 2**level
        for n in range(first, first + width):
            mine = node == n
            feature, edge = _split(coded[mine], rest[mine], bins)
            features.append(feature)
            limits.append(float(bins[feature][edge]) if edge is not None else float("1e300"))
            right = mine & (coded[:, feature] > edge) if edge is not None else np.zeros(len(rest), bool)
            node[mine] = 2 * n + 1
            node[right] = 2 * n + 2
    leaf = node - (2**_DEPTH - 1)
    sums, counts = np.bincount(leaf, rest, 2**_DEPTH), np.bincount(leaf, minlength=2**_DEPTH)
    values = sums / (counts + 1)
    return {"f": features, "t": limits, "v": [round(float(value), 5) for value in values]}, leaf


def _split(coded: np.ndarray, rest: np.ndarray, bins: Sequence[np.ndarray]) -> tuple[int, int | None]:
    """The feature and its bin after which cutting explains most; (0, None) when no cut leaves enough on both sides."""
    best, where = 1e-9, (0, None)
    total, count = rest.sum(), len(rest)
    for n, edges in enumerate(bins):
        if not len(edges):
            continue
        sums = np.cumsum(np.bincount(coded[:, n], rest, len(edges) + 1))[:-1]
        counts = np.cumsum(np.bincount(coded[:, n], minlength=len(edges) + 1))[:-1]
        allowed = (counts >= _LEAF) & (count - counts >= _LEAF)
        if allowed.any():
            left, right = np.maximum(counts, 1), np.maximum(count - counts, 1)
            gain = np.where(allowed, sums**2 / left + (total - sums) ** 2 / right - total**2 / max(count, 1), 0)
            if gain.max() > best:
                best, where = float(gain.max()), (n, int(gain.argmax()))  # type: ignore[assignment]
    return where


def predict(weights: dict[str, Any], rows: np.ndarray) -> np.ndarray:
    """Minutes for each row."""
    guess = np.full(len(rows), weights["base"])
    every = np.arange(len(rows))
    for tree in weights["trees"]:
        features, limits, node = np.array(tree["f"]), np.array(tree["t"]), np.zeros(len(rows), int)
        for _ in range(_DEPTH):
            node = 2 * node + 1 + (rows[every, features[node]] > limits[node])
        guess += _RATE * np.array(tree["v"])[node - (2**_DEPTH - 1)]
    return np.maximum(np.expm1(guess), 0)


def trial(rows: np.ndarray, minutes: np.ndarray) -> Figures:
    """Learn from the earlier orders and look at the later ones; rows come in the order of time."""
    cut = len(rows) - max(1, int(len(rows) * HELD_OUT))
    then, later = slice(None, cut), slice(cut, None)
    weights = learn(rows[then], minutes[then])
    with_one = np.column_stack([rows, np.ones(len(rows))])
    line = with_one[later] @ np.linalg.lstsq(with_one[then], minutes[then], rcond=None)[0]
    curve = np.expm1(with_one[later] @ np.linalg.lstsq(with_one[then], np.log1p(minutes[then]), rcond=None)[0])
    guesses = (predict(weights, rows[later]), line, curve, np.full(len(rows) - cut, minutes[then].mean()))
    ours, straight, bent, mean = (error_of(guess, minutes[later]) for guess in guesses)
    return Figures(cut, len(rows) - cut, ours, min(straight, bent), mean)


def error_of(guess: np.ndarray, minutes: np.ndarray) -> float:
    """Mean of what it is off, minutes."""
    return round(float(np.abs(guess - minutes).mean()), 2)
