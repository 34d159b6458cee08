"""Largest piece first into the smallest carton that takes all; else the largest cartons one after another."""

from collections.abc import Iterable, Sequence

from solver.cartons.pack import Goods, Placed, turns_of
from solver.cartons.plan import Box, Code, Plan, Reason
from solver.cartons.problem import Carton, Item, Problem
from solver.common import Seed, Status

Boxes = list[tuple[Carton, Sequence[Placed]]]


def first_fit(problem: Problem, seed: Seed = 0) -> Plan:
    """One try per carton: what a packer's rule of thumb does, and the yardstick for `solve`."""
    pieces, reasons = pieces_of(problem)
    boxes: Boxes = []
    for carton in by_rank(problem.cartons):
        if not pieces or not could_take(problem, carton, pieces):
            continue
        placed, left = Goods(problem, pieces).packed(carton, 1)
        if not left:
            boxes = [(carton, placed)]
            break
    else:
        boxes = fill_large_ones(problem, pieces, 1)
    return plan_of(boxes, reasons, Status.FEASIBLE, seed)


def fill_large_ones(problem: Problem, pieces: Sequence[Item], tries: int, seed: Seed = 0) -> Boxes:
    """Carton after carton, each time the one that takes most volume; ends because each piece fits some
    carton."""
    boxes, left = Boxes(), list(pieces)
    while left:
        goods = Goods(problem, left)
        options = [(carton, *goods.packed(carton, tries, seed)) for carton in by_rank(problem.cartons)]
        carton, placed, left = max(options, key=lambda t: (volume(p.item for p in t[1]), -t[0].volume_mm3))
        boxes.append((carton, placed))
    return boxes


def volume(items: Iterable[Item]) -> int:
    return sum(item.volume_mm3 for item in items)


def by_rank(cartons: Sequence[Carton]) -> list[Carton]:
    """Least air first, then least material, greenest, cheapest."""
    return sorted(cartons, key=lambda carton: (carton.rank, carton.id))


def could_take(problem: Problem, carton: Carton, pieces: Sequence[Item]) -> bool:
    """Volume, weight, kinds and each piece alone: necessary for a carton to take all."""
    weight = sum(piece.weight_g for piece in pieces)
    if volume(pieces) > carton.volume_mm3 or weight > carton.max_weight_g:
        return False
    kinds = {piece.kind for piece in pieces}
    return all(problem.may_share(a, b) for a in kinds for b in kinds if a != b) and all(
        can_hold(carton, piece) for piece in set(pieces)
    )


def pieces_of(problem: Problem) -> tuple[list[Item], tuple[Reason, ...]]:
    """Single pieces that fit some carton, and reasons for the items that fit none."""
    pieces, reasons = list[Item](), list[Reason]()
    for item in problem.items:
        code = _why_not(item, problem.cartons)
        if code is None:
            pieces += [item] * item.qty
        else:
            reasons.append(Reason(item.id, item.qty, code))
    return pieces, tuple(reasons)


def _why_not(item: Item, cartons: Sequence[Carton]) -> Code | None:
    if not cartons:
        return Code.NO_CARTONS
    wide_enough = [carton for carton in cartons if can_hold(carton, item)]
    if not wide_enough:
        return Code.TOO_LARGE
    return None if any(carton.max_weight_g >= item.weight_g for carton in wide_enough) else Code.TOO_HEAVY


def can_hold(carton: Carton, item: Item) -> bool:
    """Does the piece fit this carton when it is empty, weight aside?"""
    return any(
        dx <= carton.length_mm and dy <= carton.width_mm and dz <= carton.height_mm for dx, dy, dz in turns_of(item)
    )


def plan_of(boxes: Boxes, reasons: tuple[Reason, ...], status: Status, seed: Seed) -> Plan:
    filled = tuple(
        Box(
            carton.id,
            tuple(p.named() for p in placed),
            carton.tare_g + sum(p.item.weight_g for p in placed),
            1000 * volume([p.item for p in placed]) // carton.volume_mm3,
        )
        for carton, placed in boxes
    )
    return Plan(filled, reasons, Status.INFEASIBLE if reasons and not filled else status, seed)
