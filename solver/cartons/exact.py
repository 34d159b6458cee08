"""Do these pieces fit this carton? By OR-Tools' CP-SAT: a turn for each piece, one of six ways apart for each pair
(Chen, Lee and Shen 1995), nothing above a fragile piece; with `is_held`, enough of each base on what lies below."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import combinations, pairwise
from typing import Any

from ortools.sat.python import cp_model

from solver.cartons.pack import Block, Size, turns_of
from solver.cartons.problem import Carton, Item


class Answer(Enum):
    """What is known when the effort is over."""

    FITS = 1
    NEVER = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class _Piece:
    """One piece in the model: where its low corner is, and how long it is along each axis as turned."""

    at: tuple[Any, Any, Any]
    size: tuple[Any, Any, Any]
    turns: tuple[tuple[Any, Size], ...]
    item: Item

    def least(self, axis: int) -> int:
        return min(size[axis] for _, size in self.turns)


def fits(
    pieces: Sequence[Item], carton: Carton, percent: int, effort: float, seconds: float | None = None
) -> tuple[Answer, list[Block]]:
    """The answer and, where they fit, a block for each piece. `percent` 0 leaves out who holds whom: a NEVER then holds
    whatever is asked of support, a FITS only where nothing is. `effort` is CP-SAT's own measure of time."""
    inner = carton.length_mm, carton.width_mm, carton.height_mm
    model = cp_model.CpModel()
    made = []
    for item in pieces:
        turns = [t for t in turns_of(item) if all(a <= b for a, b in zip(t, inner, strict=True))]
        if not turns:
            return Answer.NEVER, []
        made.append(_piece(model, item, turns, inner))
    ways = _apart(model, made, inner)
    if ways is None:
        return Answer.NEVER, []
    _without_mirrors(model, made, inner)
    if percent:
        _held(model, made, ways, percent)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.linearization_level = 0  # with 2 it takes five times as long
    solver.parameters.cp_model_presolve = (
        False  # it costs more than it saves here, and was wrong at times (or-tools 5274)
    )
    solver.parameters.max_deterministic_time = effort
    if seconds is not None:
        solver.parameters.max_time_in_seconds = max(0.01, seconds)
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return Answer.NEVER, []
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Answer.UNKNOWN, []
    return Answer.FITS, [_block(solver, piece) for piece in made]


def _piece(model: cp_model.CpModel, item: Item, turns: Sequence[Size], inner: Size) -> _Piece:
    literals = [model.new_bool_var("") for _ in turns] if len(turns) > 1 else [model.new_constant(1)]
    if len(turns) > 1:
        model.add_exactly_one(literals)
    size = tuple(_chosen(model, literals, [t[axis] for t in turns]) for axis in range(3))
    at = tuple(model.new_int_var(0, inner[axis] - min(t[axis] for t in turns), "") for axis in range(3))
    for axis in range(3):
        model.add(at[axis] + size[axis] <= inner[axis])
    return _Piece(at, size, tuple(zip(literals, turns, strict=True)), item)  # type: ignore[arg-type]


def _chosen(model: cp_model.CpModel, literals: Sequence[Any], values: Sequence[int]) -> Any:
    """The value whose literal holds."""
    if len(set(values)) == 1:
        return values[0]
    var = model.new_int_var_from_domain(cp_model.Domain.from_values(values), "")
    model.add(var == cp_model.LinearExpr.weighted_sum(literals, values))
    return var


@dataclass(slots=True)
class _Ways:
    """Literals of pairs of pieces: (a, b) -> a lies above b; (a, b) and (b, a) -> they lie beside each other."""

    above: dict[tuple[int, int], Any]
    beside: dict[tuple[int, int], list[Any]]


def _apart(model: cp_model.CpModel, made: Sequence[_Piece], inner: Size) -> _Ways | None:
    """Each pair lies apart along some axis. None where a pair cannot."""
    found = _Ways({}, {})
    for (i, p), (j, q) in combinations(enumerate(made), 2):
        beside: list[Any] = []
        over: list[Any] = []
        for axis in range(3):
            if p.least(axis) + q.least(axis) > inner[axis]:
                continue
            for a, b, low, high in ((p, q, i, j), (q, p, j, i)):
                if axis == 2 and a.item.fragile:  # nothing above it
                    continue
                way = model.new_bool_var("")
                model.add(a.at[axis] + a.size[axis] <= b.at[axis]).only_enforce_if(way)
                if axis == 2:
                    found.above[high, low] = way
                    over.append(way)
                else:
                    beside.append(way)
        if not beside and not over:
            return None
        model.add_bool_or(beside + over)
        found.beside[i, j] = found.beside[j, i] = beside
    return found


def _without_mirrors(model: cp_model.CpModel, made: Sequence[_Piece], inner: Size) -> None:
    """Equal pieces in one order by their middles along x, and the first of the largest kind in the near left quarter:
    a packing turned over left to right or front to back is as good."""
    order: dict[Item, list[_Piece]] = {}
    for p in made:
        order.setdefault(p.item, []).append(p)
    for equal in order.values():
        for p, q in pairwise(equal):
            model.add(2 * p.at[0] + p.size[0] <= 2 * q.at[0] + q.size[0])
    first = order[max(order, key=lambda item: item.volume_mm3)][0]
    for axis in range(2):
        model.add(2 * first.at[axis] + first.size[axis] <= inner[axis])


def _held(model: cp_model.CpModel, made: Sequence[_Piece], ways: _Ways, percent: int) -> None:
    """A piece is on the floor, or what it shares with the tops it touches is enough of its base."""
    for i, p in enumerate(made):
        on_floor = model.new_bool_var("")
        model.add(p.at[2] == 0).only_enforce_if(on_floor)
        touches, shares = [], []
        for j, q in enumerate(made):
            if (i, j) in ways.above:
                touch = model.new_bool_var("")
                model.add_implication(touch, ways.above[i, j])
                for way in ways.beside[i, j]:
                    model.add_implication(touch, way.negated())
                touches.append(touch)
                shares.append(_share(model, p, q, touch))
        model.add_bool_or([on_floor, *touches])
        for literal, size in p.turns:
            need = -(-percent * size[0] * size[1] // 100)
            if shares:
                model.add(sum(shares) >= need).only_enforce_if([literal, on_floor.negated()])


def _share(model: cp_model.CpModel, p: _Piece, q: _Piece, touch: Any) -> Any:
    """At most the area that p, standing on q, shares with it."""
    wides = [min(max(t[axis] for _, t in p.turns), max(t[axis] for _, t in q.turns)) for axis in range(2)]
    model.add(p.at[2] == q.at[2] + q.size[2]).only_enforce_if(touch)
    sides = []
    for axis in range(2):
        side = model.new_int_var(0, wides[axis], "")
        for a, b in ((p, q), (q, p)):
            model.add(side <= a.size[axis]).only_enforce_if(touch)
            model.add(side <= a.at[axis] + a.size[axis] - b.at[axis]).only_enforce_if(touch)
        model.add(side == 0).only_enforce_if(touch.negated())
        model.add(side >= 1).only_enforce_if(touch)
        sides.append(side)
    area = model.new_int_var(0, wides[0] * wides[1], "")
    model.add_multiplication_equality(area, sides)
    return area


def _block(solver: cp_model.CpSolver, p: _Piece) -> Block:
    x, y, z = (solver.value(v) for v in p.at)
    size = next(t for literal, t in p.turns if solver.value(literal))
    return x, y, z, x + size[0], y + size[1], z + size[2]
