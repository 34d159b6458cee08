"""What new orders find when they come in between two plans: the room that waiting orders were not promised."""

from collections.abc import Iterable

import numpy as np

from floor.allocation.facts import Facts, Ints
from floor.allocation.models import Announcement


def room_beside(facts: Facts, announced: Iterable[Announcement]) -> dict[str, Ints]:
    """What is left of each limited thing when all waits where it was announced; by the places of `facts`."""
    a = facts.arrays
    names = {"unit": "stock", "work": "capacity", "bench": "benches", "dock": "dock", "lorry": "lorry"}
    room = {mine: a[theirs].copy() for mine, theirs in names.items()}
    sku, house = ({one: n for n, one in enumerate(ids)} for ids in (facts.skus, facts.houses))
    carrier = {one: n for n, one in enumerate(facts.carriers)}
    parcels = set()
    for one in announced:
        w = house.get(one.warehouse_id)
        if w is None:
            continue
        if one.sku_id in sku:
            room["unit"][sku[one.sku_id], w] -= one.units
        room["work"][w, 0] -= 1
        parcels.add((one.order_id, w, carrier.get(one.carrier_id)))
    for _order, w, s in parcels:
        room["bench"][w] -= 1
        if s is not None:
            room["dock"][w, s] -= 1
    return {name: np.maximum(0, left) for name, left in room.items()}
