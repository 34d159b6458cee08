"""Transition tables of the programme for floors with one-way aisles: `table`'s sweep, with directions.

A walk is a connected set of directed steps, as many into every crossing as out of it. Sweeping the aisles from left to
right, all that matters of the part behind is, for each cross-aisle, how many more steps came into its crossing than
left it, and which crossings hang together. Surpluses of `cap` and more are one: such a state may go on as any of those
it stands for, so that the programme's least cost is a bound always, and a walk where no surplus reached the cap.
Extends Ratliff and Rosenthal 1983 and Cambazard and Catusse 2018 from parity to surplus.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from itertools import product

import numpy as np

from solver.routing.table import Ints, Moves, Rows, State, Step, joined, moves, with_numbers

#: Ways to walk one sub-aisle: not at all, up and down, from the low end, from the high end, from both ends leaving out
#: one gap; then 1, 2, 3... times up, and from -1 backwards so many times down.
NOT, BOTH, LOW, HIGH, GAP = range(5)
_ENDS = {LOW: (True, False), HIGH: (False, True), GAP: (True, True)}


class Table:
    """The programme for one number of blocks; `rows` says what each state number means: per cross-aisle its surplus and
    its component (0: not used). `across` moves carry as `way` the steps along x. `touch` [cross-aisle, surplus] is for
    what lies at a crossing: a pick 0, the start of a walk that ends elsewhere 1, its end -1."""

    def __init__(self, blocks: int, is_open: bool, cap: int) -> None:
        #: Steps one sub-aisle can move between its crossings are `most`; more would change nothing but the cost.
        self.cap, self.most = cap, 2 * cap
        self.ways = GAP + 1 + 2 * self.most
        self.sums = (-1, 0, 1) if is_open else (0,)
        self.empty: State = ((0, 0),) * (blocks + 1)
        self._aisle: list[Step] = [partial(self.walk_aisle, block=block) for block in range(blocks)]
        self._touch: dict[tuple[int, int], Step] = {
            (cross, surplus): partial(self.touched, cross=cross, surplus=surplus)
            for cross, surplus in product(range(blocks + 1), self.sums)
        }
        index, rows = self._reached(blocks)
        self.rows = tuple(index)
        self.start = index[self.empty]
        self.final: Ints = np.array(sorted(i for s, i in index.items() if is_done(s) or self.is_complete(s)), np.int64)
        self.is_capped = np.array([any(abs(surplus) >= cap for surplus, _ in state) for state in index])
        self.aisle = tuple(moves(rows["aisle", block], index) for block in range(blocks))
        self.across: Moves = moves(rows["across", 0], index)
        self.touch = {key: moves(rows["touch", *key], index) for key in self._touch}

    def _reached(self, blocks: int) -> tuple[dict[State, int], dict[tuple[str | int, ...], Rows]]:
        """All states that can come up, by number, and what each leads to. A column without an aisle is left at once."""
        index: dict[State, int] = {}
        rows: dict[tuple[str | int, ...], Rows] = {("across", 0): {}}
        rows |= {("aisle", block): {} for block in range(blocks)} | {("touch", *key): {} for key in self._touch}
        todo = [(0, self.empty)]
        seen = set(todo)
        while todo:
            layer, state = todo.pop()
            index.setdefault(state, len(index))
            found: list[tuple[int, State]] = []
            if layer < blocks:
                out = rows["aisle", layer][state] = list(self._aisle[layer](state))
                found += [(layer + 1, after) for after, _ in out]
            if layer in (0, blocks):
                out = rows["across", 0][state] = list(self.walk_across(state))
                found += [(0, after) for after, _ in out]
                for key, touch in self._touch.items():
                    out = rows["touch", *key][state] = list(touch(state))
                    found += [(blocks, after) for after, _ in out]
            for step in found:
                if step not in seen:
                    seen.add(step)
                    todo.append(step)
        return index, rows

    def is_complete(self, state: State) -> bool:
        """Could the whole walk end here: nothing left over and one part at most."""
        return all(surplus == 0 for surplus, _ in state) and len({part for _, part in state if part}) == 1

    def walk_aisle(self, state: State, block: int) -> Iterator[tuple[State, int]]:
        yield state, NOT
        if is_done(state):
            return
        for way, ends in _ENDS.items():
            after = state
            for cross, is_used in zip((block, block + 1), ends, strict=True):
                after = used(after, cross) if is_used else after
            yield with_numbers(after), way
        both = joined(used(used(state, block), block + 1), block, block + 1)
        yield with_numbers(both), BOTH
        for times in (t for t in range(-self.most, self.most + 1) if t):
            for low, high in product(self.added(both[block][0], -times), self.added(both[block + 1][0], times)):
                row = list(both)
                row[block], row[block + 1] = (low, row[block][1]), (high, row[block + 1][1])
                if self._can_be(row):
                    yield with_numbers(row), self.through(times)

    def through(self, times: int) -> int:
        return GAP + times if times > 0 else self.ways + times

    def walk_across(self, state: State) -> Iterator[tuple[State, int]]:
        """Leave a column to the right: a surplus as so many steps that way, none as none or one each way. No part may
        be left behind, unless it is the whole walk."""
        if is_done(state) or self.is_complete(state):
            yield ((0, -1),) * len(state), 0
        if is_done(state):
            return
        parts = {part for _, part in state if part}
        options = [(abs(surplus),) if surplus else (0, 2) if part else (0,) for surplus, part in state]
        for chosen in product(*options):
            after = tuple((s, part if c else 0) for c, (s, part) in zip(chosen, state, strict=True))
            if {part for _, part in after if part} == parts:
                yield with_numbers(after), sum(chosen)

    def touched(self, state: State, cross: int, surplus: int) -> Iterator[tuple[State, int]]:
        if is_done(state):
            return
        row = list(used(state, cross))
        for after in self.added(row[cross][0], surplus):
            row[cross] = after, row[cross][1]
            if self._can_be(row):
                yield with_numbers(row), 0

    def added(self, surplus: int, more: int) -> range:
        """What a surplus can be after so many steps; one at the cap stands for all beyond it."""
        after = max(-self.cap, min(self.cap, surplus + more))
        if surplus >= self.cap and more < 0:
            return range(after, self.cap + 1)
        if surplus <= -self.cap and more > 0:
            return range(-self.cap, after + 1)
        return range(after, after + 1)

    def _can_be(self, row: Iterable[tuple[int, int]]) -> bool:
        """Can the surpluses of every part add up to what started less what ended in it?"""
        least: dict[int, float] = {}
        most: dict[int, float] = {}
        for surplus, part in row:
            least[part] = least.get(part, 0) + (surplus if surplus > -self.cap else -np.inf)
            most[part] = most.get(part, 0) + (surplus if surplus < self.cap else np.inf)
        return all(least[part] <= max(self.sums) and most[part] >= min(self.sums) for part in least)


def is_done(state: State) -> bool:
    return state[0][1] < 0


def used(state: State, cross: int) -> State:
    row = list(state)
    surplus, part = row[cross]
    row[cross] = surplus, part or 1 + max(p for _, p in state)
    return tuple(row)


@lru_cache(maxsize=8)
def table(blocks: int, is_open: bool, cap: int) -> Table:
    return Table(blocks, is_open, cap)
