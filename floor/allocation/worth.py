"""Prices of a run as bytes: what a unit, a line, a bench, a place on a lorry was worth in its plan."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from floor.allocation.facts import Facts

_NAMES = ("unit", "work", "bench", "dock", "lorry")


@dataclass(frozen=True)
class Worth:
    """Fen by the places of `skus`, `houses` and `carriers`: see solver.allocation.kernel.Prices."""

    prices: Mapping[str, Any]
    skus: Sequence[int]
    houses: Sequence[int]
    carriers: Sequence[int]


def pack(facts: Facts, prices: Mapping[str, Any]) -> bytes:
    """Most things are worth nothing, so that a day of a hundred thousand orders is a few hundred kilobytes."""
    out = io.BytesIO()
    kept = {name: np.asarray(prices[name], np.float32) for name in _NAMES}
    np.savez_compressed(out, allow_pickle=False, skus=facts.skus, houses=facts.houses, carriers=facts.carriers, **kept)
    return out.getvalue()


def unpack(data: bytes) -> Worth:
    with np.load(io.BytesIO(data), allow_pickle=False) as kept:
        ids = {name: kept[name].tolist() for name in ("skus", "houses", "carriers")}
        return Worth({name: kept[name].astype(float) for name in _NAMES}, **ids)


def prices_for(facts: Facts, worth: Worth) -> dict[str, Any]:
    """The same prices by the places of `facts`; what was not there then is worth nothing."""
    skus, houses, carriers = (
        _places(now, then)
        for now, then in ((facts.skus, worth.skus), (facts.houses, worth.houses), (facts.carriers, worth.carriers))
    )
    p = worth.prices
    return {
        "unit": _taken(_taken(p["unit"], skus, 0), houses, 1),
        "work": _taken(p["work"], houses, 0),
        "bench": _taken(p["bench"], houses, 0),
        "dock": _taken(_taken(p["dock"], houses, 0), carriers, 1),
        "lorry": _taken(_taken(p["lorry"], houses, 0), carriers, 1),
    }


def _places(now: Sequence[int], then: Sequence[int]) -> list[int]:
    at = {one: n for n, one in enumerate(then)}
    return [at.get(one, -1) for one in now]


def _taken(values: Any, places: list[int], axis: int) -> Any:
    """Rows or columns in another order; -1: zeros."""
    pad = np.zeros([1 if n == axis else size for n, size in enumerate(values.shape)])
    return np.concatenate([values, pad], axis=axis).take(places, axis=axis)
