"""Would these boxes close, hold and travel? Knows nothing of how they were packed."""

from collections import Counter
from itertools import combinations

from solver.cartons.plan import Box, Placement, Plan
from solver.cartons.problem import Carton, Item, Problem


def violations(problem: Problem, plan: Plan) -> tuple[str, ...]:
    """Sentences for every rule broken; empty when the plan holds."""
    items = {item.id: item for item in problem.items}
    cartons = {carton.id: carton for carton in problem.cartons}
    packed = Counter(p.item for box in plan.boxes for p in box.placements)
    packed.update({reason.item: reason.qty for reason in plan.unpacked})
    if packed != Counter({item.id: item.qty for item in problem.items}):
        return ("boxes and reasons do not name every piece exactly once",)
    found: list[str] = []
    for box in plan.boxes:
        found += _box_is_true(box, cartons[box.carton], items)
        found += [s for p in box.placements for s in _inside_and_turned(p, cartons[box.carton], items[p.item])]
        found += [f"{p.item} and {q.item} overlap" for p, q in combinations(box.placements, 2) if _overlap(p, q)]
        found += _shared_box(box, items, problem)
        found += _held_and_unburdened(box, items, problem.support_percent)
    return tuple(found)


def _box_is_true(box: Box, carton: Carton, items: dict[str, Item]) -> list[str]:
    net = sum(items[p.item].weight_g for p in box.placements)
    full = sum(items[p.item].volume_mm3 for p in box.placements)
    found = [] if box.placements else ["a box is empty"]
    if net > carton.max_weight_g or box.weight_g != net + carton.tare_g:
        found.append(f"a {carton.id} is too heavy or weighs other than told")
    if box.fill_permille != 1000 * full // carton.volume_mm3:
        found.append(f"a {carton.id} is not as full as told")
    return found


def _shared_box(box: Box, items: dict[str, Item], problem: Problem) -> list[str]:
    kinds = sorted({items[p.item].kind for p in box.placements})
    bad = [(a, b) for a, b in combinations(kinds, 2) if {(a, b), (b, a)} & problem.apart]
    return [f"{a} and {b} share a {box.carton}" for a, b in bad]


def _inside_and_turned(p: Placement, carton: Carton, item: Item) -> list[str]:
    found = []
    high = (p.x_mm + p.dx_mm, p.y_mm + p.dy_mm, p.z_mm + p.dz_mm)
    inner = (carton.length_mm, carton.width_mm, carton.height_mm)
    if min(p.x_mm, p.y_mm, p.z_mm) < 0 or any(h > limit for h, limit in zip(high, inner, strict=True)):
        found.append(f"{p.item} sticks out of its {carton.id}")
    shown, own = (p.dx_mm, p.dy_mm, p.dz_mm), (item.length_mm, item.width_mm, item.height_mm)
    if sorted(shown) != sorted(own) or (item.upright and p.dz_mm != item.height_mm):
        found.append(f"{p.item} is not its own size or is tilted")
    return found


def _shared_from_above(p: Placement, q: Placement) -> int:
    wide = min(p.x_mm + p.dx_mm, q.x_mm + q.dx_mm) - max(p.x_mm, q.x_mm)
    deep = min(p.y_mm + p.dy_mm, q.y_mm + q.dy_mm) - max(p.y_mm, q.y_mm)
    return max(0, wide) * max(0, deep)


def _overlap(p: Placement, q: Placement) -> bool:
    high = min(p.z_mm + p.dz_mm, q.z_mm + q.dz_mm) - max(p.z_mm, q.z_mm)
    return _shared_from_above(p, q) > 0 and high > 0


def _held_and_unburdened(box: Box, items: dict[str, Item], percent: int) -> list[str]:
    found = []
    for p in box.placements:
        below = [q for q in box.placements if q.z_mm + q.dz_mm <= p.z_mm and _shared_from_above(p, q)]
        held = sum(_shared_from_above(p, q) for q in below if q.z_mm + q.dz_mm == p.z_mm)
        if p.z_mm and 100 * held < percent * p.dx_mm * p.dy_mm:
            found.append(f"{p.item} hangs in the air")
        found += [f"{p.item} lies above fragile {q.item}" for q in below if items[q.item].fragile]
    return found
