"""Shortest walks of carts, fast enough to try millions: what each order wants of the floor is a row of bits.

Bit b of word w is a spot on the floor; a word never spans two sub-aisles, and bits rise with y. A cart's row is the
union of its orders' rows. On one block, walked from and to a crossing at an aisle, the programme of Ratliff and
Rosenthal (1983) is written out: a fifth of a microsecond. Elsewhere the spots go to `routing.length.walk_length`.
"""

from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from solver.compiling import compiled
from solver.routing.length import Ground, walk_length
from solver.routing.table import Ints

FAR = 2**40  # mm: more than any walk


class Floor(NamedTuple):
    """The picks of a problem. `rows` [orders, words] bits; `key` [words x 64] the spot of each bit (see `Ground`);
    `word` [columns + 1] the words of each column, used when `is_plain`: one block, closed, from a crossing."""

    ground: Ground
    rows: NDArray[np.uint64]
    key: Ints
    word: Ints
    start: int  # column
    is_top: bool  # does the walk start at the upper cross-aisle?
    is_plain: bool


def _lowest(typing: Any, bits: Any) -> Any:
    """Index of the lowest bit that is set."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), code


lowest: Any = intrinsic(_lowest)


@compiled
def walk_of(floor, orders, count, row):
    """Length in mm of the shortest walk past the picks of orders[:count]; `row` [words] is scratch."""
    for w in range(len(row)):
        row[w] = 0
    for i in range(count):
        mine = floor.rows[orders[i]]
        for w in range(len(row)):
            row[w] |= mine[w]
    return _in_one_block(floor, row) if floor.is_plain else _anywhere(floor, row)


@compiled
def _anywhere(floor, row):
    keys = np.empty(len(row) * 64, np.int64)
    count = 0
    for w in range(len(row)):
        bits = row[w]
        while bits:
            keys[count] = floor.key[w * 64 + lowest(bits)]
            count += 1
            bits &= bits - np.uint64(1)
    return walk_length(floor.ground, keys[:count])


@compiled
def _in_one_block(floor, row):
    """States of the part swept so far: nothing yet; both crossings odd; only the lower used; only the upper; both, in
    one part; both, in two parts; and finished."""
    xs, depth, word = floor.ground.xs, floor.ground.cross[1] - floor.ground.cross[0], floor.word
    span = depth + 1
    last = len(xs) - 1
    while last > floor.start and not _is_used(row, word[last], word[last + 1]):
        last -= 1
    none, odd, low, high, one, two, done = 0, FAR, FAR, FAR, FAR, FAR, FAR
    for column in range(last + 1):
        bottom = -1
        top = gap = 0
        for w in range(word[column], word[column + 1]):
            bits = row[w]
            while bits:
                y = floor.key[w * 64 + lowest(bits)]
                bits &= bits - np.uint64(1)
                if bottom < 0:
                    bottom = y
                else:
                    gap = max(gap, y - top)
                top = y
        if bottom >= 0:
            base = column * 3 * span
            from_low, from_high = 2 * (top - base), 2 * (base + depth - bottom)
            both = 2 * (depth - gap)
            turn = min(from_low, from_high, both)
            single = min(none, low, high, one, two)
            was_low, was_high, was_two = low, high, two
            low = min(low, none) + from_low
            high = min(high, none) + from_high
            through = min(odd + depth, min(none, was_low, was_high, was_two, one) + 2 * depth)
            two = min(two + turn, min(none, was_low, was_high) + both, was_low + from_high, was_high + from_low)
            one = min(one + turn, through)
            odd = min(odd + turn, single + depth)
            none, done = FAR, FAR
        elif floor.ground.is_aisle[column]:
            through = min(odd + depth, min(none, low, high, two) + 2 * depth)
            odd = min(odd, min(none, low, high, one, two) + depth)
            one = min(one, through)
        if column == floor.start:
            if floor.is_top:
                two = min(two, low)
                high = min(high, none)
                low = FAR
            else:
                two = min(two, high)
                low = min(low, none)
                high = FAR
            none = done = FAR
        if column < last:
            across = 2 * (xs[column + 1] - xs[column])
            done = min(done, low, high, one)
            low = min(low, one) + across
            high = min(high, one) + across
            one += 2 * across
            two += 2 * across
            odd += across
    return min(low, high, one, done)


@compiled
def _is_used(row, first, last):
    used = np.uint64(0)
    for w in range(first, last):
        used |= row[w]
    return used != 0


@compiled
def walks_of(floor, orders, first, walks):
    """Fill walks[i] for the cart orders[first[i]:first[i + 1]]."""
    row = np.empty(floor.rows.shape[1], np.uint64)
    for i in range(len(walks)):
        walks[i] = walk_of(floor, orders[first[i] : first[i + 1]], first[i + 1] - first[i], row)
