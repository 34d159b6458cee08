"""Pieces into one carton: the compiled search over empty spaces, and what is true of a packing it did not make."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from solver.cartons.kernel import MEASURES, RULES, search
from solver.cartons.plan import Placement
from solver.cartons.problem import Carton, Item, Problem

Block = tuple[int, int, int, int, int, int]  # x, y, z of the low corner, x, y, z of the high corner
Size = tuple[int, int, int]

#: Starts after which every rule met every measure once.
PLAIN = RULES * MEASURES


@dataclass(frozen=True, slots=True)
class Placed:
    item: Item
    block: Block

    def named(self) -> Placement:
        x, y, z, to_x, to_y, to_z = self.block
        return Placement(self.item.id, x, y, z, to_x - x, to_y - y, to_z - z)


def turns_of(item: Item) -> list[Size]:
    """The sizes an item can show, each once: six, or two when it must stay upright."""
    size = (item.length_mm, item.width_mm, item.height_mm)
    if item.upright:
        return list(dict.fromkeys([size, (size[1], size[0], size[2])]))
    return list(dict.fromkeys((a, b, c) for a, b, c in permutations(size)))


class Goods:
    """Pieces as the kernel reads them: made once, tried in many cartons."""

    def __init__(self, problem: Problem, pieces: Sequence[Item]) -> None:
        self.pieces = list(pieces)
        self._percent = problem.support_percent
        n = len(self.pieces)
        kinds = sorted({piece.kind for piece in self.pieces})
        self._apart = np.array([[not problem.may_share(a, b) for b in kinds] for a in kinds], np.bool_)
        self._kind = np.array([kinds.index(piece.kind) for piece in self.pieces], np.int64)
        numbers = {item: i for i, item in enumerate(dict.fromkeys(self.pieces))}
        self._like = np.array([numbers[piece] for piece in self.pieces], np.int64)
        self._weight = np.array([piece.weight_g for piece in self.pieces], np.int64)
        self._fragile = np.array([piece.fragile for piece in self.pieces], np.int64)
        self._sizes, self._turns = np.zeros((n, 6, 3), np.int64), np.zeros(n, np.int64)
        for i, piece in enumerate(self.pieces):
            turns = turns_of(piece)
            self._turns[i] = len(turns)
            self._sizes[i, : len(turns)] = turns

    def packed(
        self, carton: Carton, tries: int, seed: int = 0, first: Sequence[int] = ()
    ) -> tuple[list[Placed], list[Item]]:
        """The best of so many starts: what is in, the lowest first, and what is left. `first`: an order to try too."""
        n = len(self.pieces)
        at, inside = np.zeros((n, 6), np.int64), np.zeros(n, np.bool_)
        inner = np.array([carton.length_mm, carton.width_mm, carton.height_mm], np.int64)
        search(
            self._sizes, self._turns, self._weight, self._fragile, self._kind, self._apart, self._like, inner,
            carton.max_weight_g, self._percent, tries, seed, np.array(first, np.int64), at, inside,
        )  # fmt: skip
        rows, is_in = at.tolist(), inside.tolist()
        placed = [Placed(piece, _block(rows[i])) for i, piece in enumerate(self.pieces) if is_in[i]]
        return in_loading_order(placed), [piece for i, piece in enumerate(self.pieces) if not is_in[i]]


def _block(row: Sequence[int]) -> Block:
    x, y, z, to_x, to_y, to_z = row
    return x, y, z, to_x, to_y, to_z


def in_loading_order(placed: Sequence[Placed]) -> list[Placed]:
    """Lowest first, then from the far corner: every piece has under it what it stands on."""
    return sorted(placed, key=lambda p: (p.block[2], p.block[0] + p.block[1], p.block[0], p.item.id))


def settled(placed: Sequence[Placed]) -> list[Placed]:
    """Every piece falls until it meets the floor or another."""
    done: list[Placed] = []
    for p in sorted(placed, key=lambda p: p.block[2]):
        x, y, z, to_x, to_y, to_z = p.block
        floor = max((q.block[5] for q in done if overlap(p.block, q.block)), default=0)
        done.append(Placed(p.item, (x, y, floor, to_x, to_y, to_z - z + floor)))
    return in_loading_order(done)


def is_held(placed: Sequence[Placed], percent: int) -> bool:
    """Does each piece off the floor have enough of its base on others, none of them fragile?"""
    for p in placed:
        x, y, z, to_x, to_y, _ = p.block
        held = sum(overlap(p.block, q.block) for q in placed if q.block[5] == z)
        if z and 100 * held < percent * (to_x - x) * (to_y - y):
            return False
    return True


def overlap(a: Block, b: Block) -> int:
    """Area two blocks share seen from above."""
    wide, deep = min(a[3], b[3]) - max(a[0], b[0]), min(a[4], b[4]) - max(a[1], b[1])
    return wide * deep if wide > 0 and deep > 0 else 0
