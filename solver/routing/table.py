"""Transition tables of the exact dynamic programme for rectangular picking areas with any number of blocks.

Sources: Ratliff and Rosenthal 1983 (one block), Roodbergen and de Koster 2001 (two), Cambazard and Catusse
2018 and Pansart, Catusse and Cambazard 2018 (any number). A tour is a multigraph over walkways, each used
0, 1 or 2 times, even at every crossing and connected. Sweeping the aisles from left to right, all that
matters of the part behind is, for each cross-aisle, whether its crossing has no, an odd or an even number
of edges, and which crossings hang together. Walks whose ends differ have one odd point at each end
(`is_open`): same states, more ways to walk a sub-aisle.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Lengths = NDArray[np.signedinteger]
State = tuple[tuple[int, int], ...]  # per cross-aisle: edges (0 none, 1 odd, 2 even), component (0 none)
Rows = dict[State, list[tuple[State, int]]]  # state -> the states it can lead to, and the way
Step = Callable[[State], Iterable[tuple[State, int]]]

# Ways to walk one sub-aisle: edges at its low end, edges at its high end, do the ends hang together?
CLOSED_WAYS: tuple[tuple[int, int, bool], ...] = (
    (0, 0, False),  # not entered
    (1, 1, True),  # walked through
    (2, 2, True),  # walked through twice
    (2, 0, False),  # in and out from the low end
    (0, 2, False),  # in and out from the high end
    (2, 2, False),  # from both ends, leaving out one gap
)
OPEN_WAYS: tuple[tuple[int, int, bool], ...] = (
    *CLOSED_WAYS,
    *((1, 2, True), (2, 1, True), (0, 1, False), (1, 0, False)),
    *((1, 2, False), (2, 1, False), (1, 1, False)),
)
WAY = {way: index for index, way in enumerate(OPEN_WAYS)}
DEAREST = 2**29  # mm: 536 km, more than any walk; two of them still add up in int32


@dataclass(frozen=True, slots=True)
class Moves:
    """All transitions of one step, sorted by target: move i leads source[i] -> target[i] by way[i];
    `starts` and
    `targets` describe the runs of equal targets."""

    source: Ints
    target: Ints
    way: Ints
    starts: Ints
    targets: Ints


@dataclass(frozen=True, slots=True)
class Table:
    """The programme for one number of blocks. `across` moves carry as `way` the number of edges walked
    along x."""

    rows: tuple[State, ...]  # what each state number means
    start: int
    final: Ints
    aisle: tuple[Moves, ...]  # one per block
    across: Moves
    touch_even: tuple[Moves, ...]  # one per cross-aisle: this crossing must be passed
    touch_odd: tuple[Moves, ...]  # the walk starts or ends at this crossing


def with_numbers(state: Iterable[tuple[int, int]]) -> State:
    """Renumber components by first appearance, so that equal situations are equal states."""
    names: dict[int, int] = {0: 0}
    return tuple((edges, names.setdefault(part, len(names))) for edges, part in state)


def add_edges(state: State, cross: int, edges: int) -> State:
    if edges == 0:
        return state
    row = list(state)
    before, part = row[cross]
    fresh = 1 + max(p for _, p in state)
    row[cross] = (1 if (before + edges) % 2 else 2, part or fresh)
    return tuple(row)


def joined(state: State, a: int, b: int) -> State:
    keep, drop = state[a][1], state[b][1]
    return tuple((edges, keep if part == drop else part) for edges, part in state)


def is_done(state: State) -> bool:
    return state[0][0] < 0


def is_complete(state: State) -> bool:
    """Could the whole walk end here: everything even and in at most one part."""
    return all(edges in (0, 2) for edges, _ in state) and len({p for _, p in state if p}) == 1


def walk_aisle(state: State, block: int, ways: int) -> Iterable[tuple[State, int]]:
    if is_done(state):
        yield state, 0
        return
    for index, (low, high, is_through) in enumerate(OPEN_WAYS[:ways]):
        after = add_edges(add_edges(state, block, low), block + 1, high)
        yield with_numbers(joined(after, block, block + 1) if is_through else after), index


def walk_across(state: State) -> Iterable[tuple[State, int]]:
    """Leave a column to the right: odd crossings by one edge, even ones by none or two; no part may be
    left behind, unless it is the whole walk."""
    if is_done(state) or is_complete(state):
        yield ((-1, 0),) * len(state), 0
    if is_done(state):
        return
    parts = {part for _, part in state if part}
    options = [{0: (0,), 1: (1,), 2: (0, 2)}[edges] for edges, _ in state]
    for chosen in product(*options):
        after = tuple((c, part if c else 0) for c, (_, part) in zip(chosen, state, strict=True))
        if {part for _, part in after if part} == parts:
            yield with_numbers(after), sum(chosen)


def touch(state: State, cross: int, edges: int) -> Iterable[tuple[State, int]]:
    if not is_done(state):
        yield with_numbers(add_edges(state, cross, edges)), 0


@lru_cache(maxsize=16)
def table(blocks: int, is_open: bool) -> Table:
    """Find all states reachable in a floor of `blocks` blocks and the moves between them; once per
    process."""
    ways = len(OPEN_WAYS) if is_open else len(CLOSED_WAYS)
    index: dict[State, int] = {}
    steps: list[Step] = [partial(walk_aisle, block=block, ways=ways) for block in range(blocks)]
    empty: State = ((0, 0),) * (blocks + 1)
    layers: list[Rows] = [{} for _ in range(blocks)]
    across: Rows = {}
    touched: dict[tuple[int, int], Rows] = {(cross, edges): {} for cross in range(blocks + 1) for edges in (1, 2)}
    todo: list[tuple[int, State]] = [(0, empty)]
    seen = set(todo)
    while todo:
        layer, state = todo.pop()
        index.setdefault(state, len(index))
        found = leave(state, layer, steps, layers, across, touched, is_open)
        for step in found:
            if step not in seen:
                seen.add(step)
                todo.append(step)
    complete = [i for s, i in index.items() if is_done(s) or is_complete(s)]
    return Table(
        tuple(index),
        index[empty],
        np.array(sorted(complete), dtype=np.int64),
        tuple(moves(layer, index) for layer in layers),
        moves(across, index),
        tuple(moves(touched[cross, 2], index) for cross in range(blocks + 1)),
        tuple(moves(touched[cross, 1], index) for cross in range(blocks + 1)),
    )


def leave(
    state: State,
    layer: int,
    steps: list[Step],
    layers: list[Rows],
    across: Rows,
    touched: dict[tuple[int, int], Rows],
    is_open: bool,
) -> list[tuple[int, State]]:
    """Record every move out of a state met after `layer` sub-aisles of a column; answer the states it
    leads to.

    Before the first sub-aisle (layer 0) a column may also be one without an aisle: touched and left at once.
    """
    found: list[tuple[int, State]] = []
    if layer < len(steps):
        layers[layer][state] = list(steps[layer](state))
        found += [(layer + 1, after) for after, _ in layers[layer][state]]
    if layer in (0, len(steps)):
        across[state] = list(walk_across(state))
        found += [(0, after) for after, _ in across[state]]
        for (cross, edges), rows in touched.items():
            if edges == 2 or is_open:
                rows[state] = list(touch(state, cross, edges))
                found += [(len(steps), after) for after, _ in rows[state]]
    return found


def moves(rows: Rows, index: dict[State, int]) -> Moves:
    flat = sorted((index[after], index[state], way) for state, out in rows.items() for after, way in out)
    target, source, way = np.array(flat, dtype=np.int64).reshape(-1, 3).T.copy()
    targets, starts = np.unique(target, return_index=True)
    return Moves(source, target, way, starts.astype(np.int64), targets)


def step(costs: Lengths, move: Moves, weights: Lengths) -> Lengths:
    """One step of the programme for many walks at once: costs[state, walk] -> the same after the cheapest
    moves; weights[way, walk] is what each way costs each walk."""
    after = np.full_like(costs, DEAREST)
    if len(move.source):
        reached = costs[move.source]
        reached += weights[move.way]
        after[move.targets] = np.minimum.reduceat(reached, move.starts, axis=0)
    return np.minimum(after, DEAREST)
