"""Pieces into one carton: maximal empty spaces (Lai and Chan 1997; Parreno et al. 2008), each piece at a
space's inner corner, held up from below and never above a fragile one."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from solver.cartons.plan import Placement
from solver.cartons.problem import Carton, Item

Block = tuple[int, int, int, int, int, int]  # x, y, z of the low corner, x, y, z of the high corner
Size = tuple[int, int, int]


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


def pack(pieces: Sequence[Item], carton: Carton, support_percent: int) -> tuple[list[Placed], list[Item]]:
    """Pack as many of the pieces as go in, in the order given; answer those in and those left."""
    spaces: list[Block] = [(0, 0, 0, carton.length_mm, carton.width_mm, carton.height_mm)]
    placed, left, weight = list[Placed](), list[Item](), 0
    for piece in pieces:
        block = None
        if weight + piece.weight_g <= carton.max_weight_g:
            block = _best_spot(piece, spaces, placed, support_percent)
        if block is None:
            left.append(piece)
            continue
        weight += piece.weight_g
        placed.append(Placed(piece, block))
        spaces = _without(spaces, block)
    return placed, left


def _best_spot(piece: Item, spaces: Sequence[Block], placed: Sequence[Placed], percent: int) -> Block | None:
    """The lowest, then innermost corner; of the turns there, the one that leaves the least slack beside
    it."""
    best: tuple[tuple[int, ...], Block] | None = None
    for x, y, z, to_x, to_y, to_z in spaces:
        if best is not None and z > best[0][0]:
            continue
        for dx, dy, dz in turns_of(piece):
            slack = (to_x - x - dx, to_y - y - dy, to_z - z - dz)
            if min(slack) < 0:
                continue
            rank = (z, min(slack[0], slack[1]), y, x, dz, dy)
            block = (x, y, z, x + dx, y + dy, z + dz)
            if (best is None or rank < best[0]) and may_stand(piece, block, placed, percent):
                best = (rank, block)
    return best[1] if best else None


def may_stand(piece: Item, block: Block, placed: Sequence[Placed], percent: int) -> bool:
    """Enough of the base rests on the floor or on pieces, no fragile piece is below, and nothing is above
    this one when it is fragile."""
    held = 0
    for other in placed:
        shared = overlap(block, other.block)
        if not shared:
            continue
        if other.block[5] <= block[2]:
            if other.item.fragile:
                return False
            held += shared if other.block[5] == block[2] else 0
        elif piece.fragile:
            return False
    return block[2] == 0 or 100 * held >= percent * (block[3] - block[0]) * (block[4] - block[1])


def overlap(a: Block, b: Block) -> int:
    """Area two blocks share seen from above."""
    wide, deep = min(a[3], b[3]) - max(a[0], b[0]), min(a[4], b[4]) - max(a[1], b[1])
    return wide * deep if wide > 0 and deep > 0 else 0


def _without(spaces: Sequence[Block], block: Block) -> list[Block]:
    """Cut a block out of all maximal spaces and drop those inside another."""
    cut: list[Block] = []
    for space in spaces:
        if any(block[i] >= space[i + 3] or block[i + 3] <= space[i] for i in range(3)):
            cut.append(space)
            continue
        for i in range(3):
            if block[i] > space[i]:
                cut.append((*space[: i + 3], block[i], *space[i + 4 :]))  # type: ignore[arg-type]
            if block[i + 3] < space[i + 3]:
                cut.append((*space[:i], block[i + 3], *space[i + 1 :]))  # type: ignore[arg-type]
    unique = sorted(set(cut), key=lambda s: (-(s[3] - s[0]) * (s[4] - s[1]) * (s[5] - s[2]), s))
    kept: list[Block] = []
    for space in unique:
        if not any(all(k[i] <= space[i] and space[i + 3] <= k[i + 3] for i in range(3)) for k in kept):
            kept.append(space)
    return kept
