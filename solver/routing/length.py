"""The length of a shortest walk, compiled: exact for any set of picks on parallel aisles in up to five blocks.

The programme is that of `table`. A `Ground` is a layout with the walk's start and end made ready once; a pick on it is
one integer, its key, which sorts picks in the order the sweep meets them. `walk_length(ground, keys)` is for other
kernels to call: about a microsecond for a walk of one block.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from solver.compiling import compiled
from solver.routing.floor import block_of
from solver.routing.problem import Layout, Place, Point
from solver.routing.table import DEAREST, OPEN_WAYS, WAY, Ints, table

MAX_BLOCKS_CLOSED = 5  # 3,033 states
MAX_BLOCKS_OPEN = 4  # 2,956 states

_WAYS = len(OPEN_WAYS)
_NONE = np.zeros(0, np.int64)
#: [edges at the low end, edges at the high end, do the ends hang together] -> the way to walk a sub-aisle
_WAY = np.full((3, 3, 2), -1, np.int64)
for (_low, _high, _is_through), _number in WAY.items():
    _WAY[_low, _high, int(_is_through)] = _number


class Ground(NamedTuple):
    """`xs` [columns]: every aisle, and every x at which a point lies on a cross-aisle (there `is_aisle` is false).
    `cross`: y of the cross-aisles, mm. `ends`: keys of start and end, sorted; `is_odd`: 1 for each where they differ.
    `walls` [columns x blocks, 2]: from and to y, above the first cross-aisle, of the stretch of a sub-aisle where
    nobody passes, -1 where all do.

    Moves of step s are first[s]..first[s+1], sorted by target: source[i] leads to target[i] by way[i]. Steps: one per
    block; across to the next column; one per cross-aisle to pass it; one per cross-aisle to start or end there.
    """

    xs: Ints
    is_aisle: NDArray[np.bool_]
    cross: Ints
    ends: Ints
    is_odd: Ints
    walls: Ints
    has_walls: bool
    start: int
    final: Ints
    first: Ints
    source: NDArray[np.int32]
    target: NDArray[np.int32]
    way: NDArray[np.int32]
    states: int


def can_ground(layout: Layout, start: Point, end: Point) -> bool:
    """Two-way aisles with at most one stretch closed in each sub-aisle, and few enough blocks."""
    most = MAX_BLOCKS_CLOSED if start == end else MAX_BLOCKS_OPEN
    return layout.blocks <= most and not layout.one_way and all(len(w) == 1 for w in layout.walls().values())


def ground_of(layout: Layout, start: Point, end: Point, picks: tuple[Point, ...] = ()) -> Ground:
    """`picks` are all that may ever be asked for; only those on a cross-aisle beside every aisle matter here."""
    places = [layout.place(point) for point in (start, end, *picks)]
    xs = np.array(sorted({*layout.aisles_x_mm, *(p.x_mm for p in places)}), np.int64)
    is_aisle = np.isin(xs, layout.aisles_x_mm)
    cross = np.array(layout.cross_y_mm, np.int64)
    walls = np.full((len(xs) * layout.blocks, 2), -1, np.int64)
    for (aisle, block), stretch in layout.walls().items():
        walls[np.searchsorted(xs, layout.aisles_x_mm[aisle]) * layout.blocks + block] = np.array(stretch[0]) - cross[0]
    has_walls = bool(layout.closed)
    bare = Ground(xs, is_aisle, cross, _NONE, _NONE, walls, has_walls, *_programme(layout.blocks, start != end))
    ends = keys_of(bare, layout, places[:2])
    return bare._replace(ends=ends, is_odd=np.full(2, int(start != end), np.int64))


@lru_cache(maxsize=16)
def _programme(blocks: int, is_open: bool) -> tuple[Any, ...]:
    """The last fields of a ground, from `start` on."""
    found = table(blocks, is_open)
    steps = [*found.aisle, found.across, *found.touch_even, *found.touch_odd]
    moves = (np.concatenate([getattr(s, name) for s in steps]) for name in ("source", "target", "way"))
    first = np.cumsum([0, *(len(s.source) for s in steps)])
    return found.start, found.final, first, *(m.astype(np.int32) for m in moves), len(found.rows)


def keys_of(ground: Ground, layout: Layout, places: list[Place]) -> Ints:
    """The keys of places (`layout.place(point)`) as `walk_length` takes them: sorted."""
    return np.sort(key_of_each(ground, layout, places))


def key_of_each(ground: Ground, layout: Layout, places: list[Place]) -> Ints:
    """Slot number x span + y above the first cross-aisle. A column has a slot per sub-aisle and then one per
    cross-aisle. Several places may share a key."""
    if not places:
        return _NONE
    column = np.searchsorted(ground.xs, [p.x_mm for p in places])
    slots, span = 2 * layout.blocks + 1, layout.cross_y_mm[-1] - layout.cross_y_mm[0] + 1
    slot = [layout.blocks + p.cross if p.aisle is None else block_of(layout, p.y_mm) for p in places]
    up = [p.y_mm - layout.cross_y_mm[0] for p in places]
    return (column * slots + slot) * span + up


@compiled
def walk_length(ground, keys):
    """Length in mm of a shortest walk from the ground's start past the picks of these sorted keys [any number] to its
    end. Exact. Without the stubs from a walkway to points off it, which no walk can save."""
    blocks = len(ground.cross) - 1
    if in_one_aisle(ground, keys):
        return along_one_aisle(ground, keys)
    if blocks == 1 and ground.is_odd[0] == 0:
        return _one_block(ground, keys)
    layers, weights, steps = _rows(ground, 2)
    last = sweep(ground, keys, layers, weights, steps)
    return np.int64(layers[last % 2, _best_end(ground, layers[last % 2])])


@compiled
def walk_steps(ground, keys):
    """The same with the walk: (length, steps); a step is kind, column, way, state after it."""
    most = len(ground.xs) * (2 * (len(ground.cross) - 1) + 3) + 3
    layers, weights, steps = _rows(ground, most)
    last = sweep(ground, keys, layers, weights, steps)
    state = _best_end(ground, layers[last])
    length = np.int64(layers[last, state])
    if length >= DEAREST:
        return length, steps[:0]
    for done in range(last - 1, -1, -1):
        kind, costs, aim = steps[done, 0], layers[done], layers[done + 1, state]
        steps[done, 3] = state
        low, high = ground.first[kind], ground.first[kind + 1]
        i = low + np.searchsorted(ground.target[low:high], state)
        while costs[ground.source[i]] + weights[done, ground.way[i]] != aim:
            i += 1
        steps[done, 2], state = ground.way[i], ground.source[i]
    return length, steps[:last]


@compiled
def _rows(ground, rows):
    """Room for `sweep`. To keep all steps there must be a row for each, and one more."""
    widest = max(_WAYS, 2 * len(ground.cross) + 1)
    layers = np.empty((rows, ground.states), np.int32)
    return layers, np.empty((rows, widest), np.int32), np.empty((rows, 4), np.int64)


@compiled
def _one_block(ground, keys):
    """The same programme for the commonest case with its seven states written out (Ratliff and Rosenthal 1983).

    Named by the crossings below and above: 0 without edges, o odd, e even; two parts, one part, or one that is done.
    """
    xs, span = ground.xs, ground.cross[1] - ground.cross[0] + 1
    column, last = _columns(ground, keys, 3 * span)
    costs = np.empty(_WAYS, np.int64)
    nothing, oo, e0, _0e, ee1, ee2, done = 0, DEAREST, DEAREST, DEAREST, DEAREST, DEAREST, DEAREST
    k = e = 0
    before = column
    while column <= last:
        gap = 2 * (xs[column] - xs[before])
        done = min(done, e0, _0e, ee1)
        oo, ee2, e0, _0e, ee1 = oo + gap, ee2 + 2 * gap, min(e0, ee1) + gap, min(_0e, ee1) + gap, ee1 + 2 * gap
        if ground.is_aisle[column]:
            k, e = _ways(ground, keys, k, e, column, 0, costs)
            none, once, twice, low, high, both = costs[0], costs[1], costs[2], costs[3], costs[4], costs[5]
            some = min(none, low, high, both)
            unlinked = min(nothing, e0, _0e, ee2)
            oo, ee1, ee2, e0, _0e, nothing, done = (
                min(oo + some, min(unlinked, ee1) + once),
                min(ee1 + some, oo + once, unlinked + twice),
                min(ee2 + some, e0 + min(high, both), _0e + min(low, both), nothing + both),
                min(e0 + min(none, low), nothing + low),
                min(_0e + min(none, high), nothing + high),
                nothing + none,
                done + none,
            )
        k, e, is_below, _ = _touched(ground, keys, k, e, (column * 3 + 2) * span)
        k, e, is_above, _ = _touched(ground, keys, k, e, (column * 3 + 3) * span)
        if is_below:
            e0, ee2, nothing, _0e, done = min(e0, nothing), min(ee2, _0e), DEAREST, DEAREST, DEAREST
        if is_above:
            _0e, ee2, nothing, e0, done = min(_0e, nothing), min(ee2, e0), DEAREST, DEAREST, DEAREST
        before = column
        column += 1
    return np.int64(min(done, e0, _0e, ee1))


@compiled
def _columns(ground, keys, width):
    """First and last column to sweep, `width` keys each: walking further out than the next aisle pays only round what
    is closed."""
    if ground.has_walls:
        return np.int64(0), np.int64(len(ground.xs) - 1)
    low, high = ground.ends[0], ground.ends[-1]
    if len(keys):
        low, high = min(low, keys[0]), max(high, keys[-1])
    first, last = low // width, high // width
    while first > 0 and not ground.is_aisle[first]:
        first -= 1
    while last < len(ground.xs) - 1 and not ground.is_aisle[last]:
        last += 1
    return first, last


@compiled
def _best_end(ground, costs):
    best = ground.final[0]
    for state in ground.final:
        if costs[state] < costs[best]:
            best = state
    return best


@compiled
def in_one_aisle(ground, keys):
    """Is everything inside one aisle, so that a walk need not touch a crossing?"""
    blocks, span = len(ground.cross) - 1, ground.cross[-1] - ground.cross[0] + 1
    first = ground.ends[0] // span // (2 * blocks + 1) * (2 * blocks + 1) * span
    after = first + blocks * span
    if ground.ends[-1] >= after:
        return False
    if len(keys) and (keys[0] < first or keys[-1] >= after):
        return False
    if ground.has_walls:
        low, high = _reach(ground, keys)
        column = first // ((2 * blocks + 1) * span)
        for block in range(column * blocks, (column + 1) * blocks):
            if ground.walls[block, 0] >= 0 and low <= ground.walls[block, 0] and high >= ground.walls[block, 1]:
                return False
    return True


@compiled
def _reach(ground, keys):
    """Lowest and highest y of everything, above the first cross-aisle."""
    span = ground.cross[-1] - ground.cross[0] + 1
    low, high = min(ground.ends[0] % span, ground.ends[1] % span), max(ground.ends[0] % span, ground.ends[1] % span)
    for key in keys:
        low, high = min(low, key % span), max(high, key % span)
    return low, high


@compiled
def along_one_aisle(ground, keys):
    """Out to the far end on the one side, back past the start to the other, then to the end."""
    span = ground.cross[-1] - ground.cross[0] + 1
    a, b = ground.ends[0] % span, ground.ends[1] % span
    low, high = _reach(ground, keys)
    return high - low + min(a - low + high - b, high - a + b - low)


@compiled
def sweep(ground, keys, layers, weights, steps):
    """Run the programme from the first column in use to the last. Returns the number of steps made.

    After step i the cost of each state is layers[(i + 1) % rows]; weights[i % rows] and steps[i % rows] (kind, column)
    say what the step was. Two rows are enough for the length.
    """
    xs, cross, ends = ground.xs, ground.cross, ground.ends
    blocks, span = len(cross) - 1, cross[-1] - cross[0] + 1
    slots, rows = 2 * blocks + 1, len(steps)
    column, last = _columns(ground, keys, slots * span)
    layers[0] = DEAREST
    layers[0, ground.start] = 0
    done = k = e = 0
    before = -1
    while column <= last:
        after = (column + 1) * slots * span
        is_met = (k < len(keys) and keys[k] < after) or (e < len(ends) and ends[e] < after)
        if not (is_met or ground.is_aisle[column]):
            column += 1
            continue
        if before >= 0:
            row = done % rows
            for edges in range(2 * blocks + 3):
                weights[row, edges] = edges * (xs[column] - xs[before])
            done = _step(ground, blocks, before, done, layers, weights, steps)
        if ground.is_aisle[column]:
            for block in range(blocks):
                row = done % rows
                k, e = _ways(ground, keys, k, e, column, block, weights[row])
                done = _step(ground, block, column, done, layers, weights, steps)
        if is_met:
            for c in range(blocks + 1):
                k, e, is_passed, odd = _touched(ground, keys, k, e, (column * slots + blocks + c + 1) * span)
                for _ in range(odd if odd else is_passed):
                    weights[done % rows, 0] = 0
                    kind = blocks + 1 + c + (blocks + 1 if odd else 0)
                    done = _step(ground, kind, column, done, layers, weights, steps)
        before = column
        column += 1
    return done


@compiled
def _touched(ground, keys, k, e, after):
    """Past the keys and ends below `after`: (k, e, is there any, how many odd ends)."""
    is_passed = odd = 0
    while k < len(keys) and keys[k] < after:
        k += 1
        is_passed = 1
    while e < len(ground.ends) and ground.ends[e] < after:
        odd += ground.is_odd[e]
        e += 1
        is_passed = 1
    return k, e, is_passed, odd


@compiled
def _ways(ground, keys, k, e, column, block, costs):
    """Fill what each way to walk a sub-aisle costs; past its keys and ends. Returns (k, e).

    Between two stops a walk runs once (odd) or twice (even): it flips at an end of an open walk. At most one even
    segment can be left out, or the middle would hang in the air.
    """
    cross, ends = ground.cross, ground.ends
    blocks, span = len(cross) - 1, cross[-1] - cross[0] + 1
    base = (column * (2 * blocks + 1) + block) * span - cross[0]
    after = base + cross[-1] + 1
    costs[:_WAYS] = DEAREST
    here, flip = cross[block], 0
    first = gap0 = gap1 = full0 = full1 = 0
    is_inside = False
    wall, beyond = ground.walls[column * blocks + block] + cross[0]
    has_wall = ground.has_walls and wall >= cross[0]
    walled, walled_flip, is_walled_first = -1, 0, False
    while True:
        is_pick = k < len(keys) and keys[k] < after
        is_end = e < len(ends) and ends[e] < after
        if is_end and (not is_pick or ends[e] <= keys[k]):
            there, turn = ends[e] - base, ground.is_odd[e]
            e += 1
        elif is_pick:
            there, turn = keys[k] - base, 0
            k += 1
        else:
            break
        piece = there - here
        if has_wall and here <= wall and beyond <= there:
            walled, walled_flip, is_walled_first = piece, flip, not is_inside
        if not is_inside:
            first, is_inside = piece, True
        elif flip:
            gap1 = max(gap1, piece)
        else:
            gap0 = max(gap0, piece)
        full0 += piece * (1 if flip else 2)
        full1 += piece * (2 if flip else 1)
        here, flip = there, flip ^ turn
    piece = cross[block + 1] - here
    full0 += piece * (1 if flip else 2)
    full1 += piece * (2 if flip else 1)
    end0, end1 = (1, 2) if flip else (2, 1)
    if has_wall:  # the gap is given
        if not is_inside:
            costs[_WAY[0, 0, 0]] = 0
        elif walled < 0 and flip:
            costs[_WAY[1, 0, 0]] = full1 - 2 * piece
        elif walled < 0:
            costs[_WAY[2, 0, 0]] = full0 - 2 * piece
        elif is_walled_first:
            costs[_WAY[0, end0, 0]] = full0 - 2 * first
        elif walled_flip:
            costs[_WAY[1, end1, 0]] = full1 - 2 * walled
        else:
            costs[_WAY[2, end0, 0]] = full0 - 2 * walled
        return k, e
    costs[_WAY[2, end0, 1]] = full0
    costs[_WAY[1, end1, 1]] = full1
    if not is_inside:
        costs[_WAY[0, 0, 0]] = 0
        return k, e
    costs[_WAY[0, end0, 0]] = full0 - 2 * first
    if gap0:
        costs[_WAY[2, end0, 0]] = full0 - 2 * gap0
    if gap1:
        costs[_WAY[1, end1, 0]] = full1 - 2 * gap1
    if flip:
        costs[_WAY[1, 0, 0]] = full1 - 2 * piece
    else:
        costs[_WAY[2, 0, 0]] = full0 - 2 * piece
    return k, e


@compiled
def _step(ground, kind, column, done, layers, weights, steps):
    """The cheapest moves of step `kind` with the weights of this row."""
    rows = len(steps)
    steps[done % rows, 0], steps[done % rows, 1] = kind, column
    costs, after, weight = layers[done % rows], layers[(done + 1) % rows], weights[done % rows]
    after[:] = DEAREST
    source, target, way = ground.source, ground.target, ground.way
    for i in range(ground.first[kind], ground.first[kind + 1]):
        cost = costs[source[i]] + weight[way[i]]
        if cost < after[target[i]]:
            after[target[i]] = cost
    return done + 1
