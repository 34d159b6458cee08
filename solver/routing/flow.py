"""Shortest walks on floors with one-way aisles, lifts or many blocks, as a flow: how often is each piece walked?

A walk is a connected flow from its start to its end. A piece with picks is walked through, or they are fetched from
its low end, from its high end, or from both with the largest gap left out (Ratliff and Rosenthal 1983). The programme
grows with the pieces of the floor, not with the picks, and its relaxation is nearly a flow, so that few branches are
needed; connectedness is asked for where a solution falls apart (rural postman: Christofides et al. 1986).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from ortools.linear_solver import pywraplp

from solver.common import Stop
from solver.routing.pieces import Piece, Pieces

#: Rounds of asking for connectedness, and branches of one round at the usual effort.
_ROUNDS, _BRANCHES = 12, 20
#: Two-way pieces with picks up to which the programme is tried.
_TWO_WAY = 12


@dataclass(slots=True)
class _Use:
    """The variables of one piece."""

    piece: Piece
    up: Any = None
    down: Any = None
    low: Any = None
    high: Any = None
    gap: Any = None
    split: int = 0


@dataclass(slots=True)
class _Model:
    floor: Pieces
    solver: Any
    uses: list[_Use] = field(default_factory=list)
    into: dict[int, list[tuple[int, Any]]] = field(default_factory=lambda: defaultdict(list))
    out: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))


def is_promising(floor: Pieces) -> bool:
    """Two-way pieces with picks make the relaxation weak; with many of them the programme branches for long."""
    return sum(bool(piece.picks) and piece.is_up and piece.is_down for piece in floor.pieces) <= _TWO_WAY


def shortest(floor: Pieces, stop: Stop) -> tuple[tuple[int, ...] | None, int]:
    """(order of the picks on a shortest walk or None if it was not found, bound in mm)."""
    model = _model(floor)
    limit = max(1, _BRANCHES * stop.work // 100)
    model.solver.SetSolverSpecificParametersAsString(f"limits/nodes = {limit}\nrandomization/randomseedshift = 0")
    bound = 0
    for _ in range(_ROUNDS):
        status = model.solver.Solve()
        if status not in (pywraplp.Solver.OPTIMAL, pywraplp.Solver.FEASIBLE):
            return None, bound
        bound = max(bound, ceil(model.solver.Objective().BestBound() - 1e-3) + floor.stubs_mm)
        parts = _parts(model)
        if not parts:
            return _order(model), bound
        if status != pywraplp.Solver.OPTIMAL:
            return None, bound
        for part in parts:
            _join(model, part)
    return None, bound


def _model(floor: Pieces) -> _Model:
    model = _Model(floor, pywraplp.Solver.CreateSolver("SCIP"))
    solver = model.solver
    for piece in floor.pieces:
        model.uses.append(_use(model, piece))
    for node in range(floor.nodes):
        supply = (node == floor.start) - (node == floor.end)
        solver.Add(sum(model.out[node]) - sum(flow for _, flow in model.into[node]) == supply)
        if floor.at.get(node):
            _join(model, {node})
    for piece in floor.pieces:
        if piece.picks and piece.b is not None:
            _join(model, {piece.a, piece.b})
    solver.Minimize(_cost(model))
    ends: list[tuple[int | None, tuple[Any, ...]]] = []
    for use in model.uses:
        ends += [(use.piece.a, (use.low, use.gap)), (use.piece.b, (use.high, use.gap))]
    for end, fetched in ends:
        some = [one for one in fetched if one is not None]
        if some and end is not None and end != floor.start:
            solver.Add(_entered(model, {end}) >= sum(some))
    return model


def _use(model: _Model, piece: Piece) -> _Use:
    solver, use = model.solver, _Use(piece)
    if piece.b is None:
        use.low = solver.IntVar(1, 1, "")
        return use
    if piece.is_up:
        use.up = solver.IntVar(0, 20, "")
        model.out[piece.a].append(use.up)
        model.into[piece.b].append((piece.a, use.up))
    if piece.is_down:
        use.down = solver.IntVar(0, 20, "")
        model.out[piece.b].append(use.down)
        model.into[piece.a].append((piece.b, use.down))
    if not piece.picks:
        return use
    if piece.is_up and piece.is_down:
        use.low, use.high = solver.BoolVar(""), solver.BoolVar("")
        if len(piece.picks) > 1:
            use.gap = solver.BoolVar("")
            gaps = [b - a for (a, _), (b, _) in zip(piece.picks, piece.picks[1:], strict=False)]
            use.split = max(range(len(gaps)), key=lambda i: gaps[i])
    solver.Add(sum(v for v in (use.up, use.down, use.low, use.high, use.gap) if v is not None) >= 1)
    return use


def _cost(model: _Model) -> Any:
    total: Any = 0
    for use in model.uses:
        piece = use.piece
        walked = sum(v for v in (use.up, use.down) if v is not None)
        total += piece.length * walked if piece.b is not None else 0
        if use.low is not None:
            total += 2 * piece.picks[-1][0] * use.low
        if use.high is not None:
            total += 2 * (piece.length - piece.picks[0][0]) * use.high
        if use.gap is not None:
            left_out = piece.picks[use.split + 1][0] - piece.picks[use.split][0]
            total += 2 * (piece.length - left_out) * use.gap
    return total


def _entered(model: _Model, part: set[int]) -> Any:
    return sum(flow for node in part for source, flow in model.into[node] if source not in part)


def _join(model: _Model, part: set[int]) -> None:
    """The walk comes into this part of the floor if something is to be fetched there."""
    if model.floor.start in part:
        return
    entered = _entered(model, part)
    is_needed = model.floor.end in part or any(model.floor.at.get(node) for node in part)
    for use in model.uses:
        piece = use.piece
        inside = [piece.a in part, piece.b in part]
        if piece.picks and (all(inside) or (inside[0] and piece.b is None)):
            is_needed = True
        elif piece.picks and any(inside):
            fetched = [v for v in ((use.low, use.gap) if inside[0] else (use.high, use.gap)) if v is not None]
            if fetched:
                model.solver.Add(entered >= sum(fetched))
    if is_needed:
        model.solver.Add(entered >= 1)


def _parts(model: _Model) -> list[set[int]]:
    """Parts of the solution that hang in the air though something is fetched there."""
    near: dict[int, set[int]] = defaultdict(set)
    used: set[int] = set()
    for use in model.uses:
        a, b = use.piece.a, use.piece.b
        if _times(use.up) + _times(use.down):
            assert b is not None
            near[a].add(b)
            near[b].add(a)
            used |= {a, b}
        used |= {a} if _times(use.low) or _times(use.gap) else set()
        used |= {b} if b is not None and (_times(use.high) or _times(use.gap)) else set()
    parts, seen = [], _reached(near, model.floor.start)
    for node in sorted(used):
        if node not in seen:
            part = _reached(near, node)
            seen |= part
            parts.append(part)
    return parts


def _reached(near: dict[int, set[int]], node: int) -> set[int]:
    seen, todo = {node}, [node]
    while todo:
        for other in near[todo.pop()] - seen:
            seen.add(other)
            todo.append(other)
    return seen


def _times(variable: Any) -> int:
    return 0 if variable is None else round(variable.solution_value())


def _order(model: _Model) -> tuple[int, ...]:
    """Picks as a walk over all used pieces meets them (Hierholzer 1873)."""
    ways: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
    fetched: dict[int, list[int]] = defaultdict(list)
    for use in model.uses:
        piece, picks = use.piece, [i for _, i in use.piece.picks]
        if piece.b is not None:
            ways[piece.a] += [(piece.b, picks)] * _times(use.up)
            ways[piece.b] += [(piece.a, picks[::-1])] * _times(use.down)
        if _times(use.low):
            fetched[piece.a] += picks
        elif _times(use.high) and piece.b is not None:
            fetched[piece.b] += picks[::-1]
        elif _times(use.gap) and piece.b is not None:
            fetched[piece.a] += picks[: use.split + 1]
            fetched[piece.b] += picks[: use.split : -1]
    stack: list[tuple[int, list[int]]] = [(model.floor.start, [])]
    walk = []
    while stack:
        open_ways = ways[stack[-1][0]]
        if open_ways:
            stack.append(open_ways.pop())
        else:
            walk.append(stack.pop())
    order: dict[int, None] = {}
    for node, passed in reversed(walk):
        order.update(dict.fromkeys(passed))
        order.update(dict.fromkeys(model.floor.at.get(node, [])))
        order.update(dict.fromkeys(fetched[node]))
    return tuple(order)
