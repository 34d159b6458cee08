"""Compiled: pieces into one carton over maximal empty spaces (Lai and Chan 1997; Parreno et al. 2008), many times over.

A piece goes to the inner corner of a space, held up from below and never above a fragile one. The first starts sort the
pieces by plain measures; later ones distort a measure at random, or change the best start of late: another rule for a
piece, pieces swapped, or one that stayed out let in earlier (Joslin and Clements 1999).

Arrays of one carton: sizes [n, 6, 3] mm as turned and turns [n] how many of them; weight [n] g; fragile [n] 0 or 1;
kind [n] and apart [kinds, kinds]; like [n] the same number for equal pieces; at [n, 6] low and high corner of a
piece.
"""

import numpy as np

from solver.compiling import compiled

#: Rules that choose the spot of a piece, and measures that sort the pieces.
RULES, MEASURES = 5, 4
_MOST_SPACES = 4_096
#: Starts without a gain after which the search begins anew.
_PATIENCE = 2_000


@compiled
def search(sizes, turns, weight, fragile, kind, apart, like, inner, most_g, percent, tries, seed, first, at, inside):
    """Start up to `tries` times, with the order `first` [n] if there is one; stop when all pieces are in.

    The best goes to at and inside [n]; answers its volume.
    """
    np.random.seed(seed)
    n = len(turns)
    volume = sizes[:, 0, 0] * sizes[:, 0, 1] * sizes[:, 0, 2]
    total = volume.sum()
    measures = _measures(sizes, volume)
    best = here = np.int64(-1)
    since = 0  # the start that last gained anything
    rules, here_rules = np.zeros(n, np.int64), np.zeros(n, np.int64)
    here_order = np.arange(n)
    now_at, now_in, here_in = np.zeros((n, 6), np.int64), np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    spaces, spare = np.empty((_MOST_SPACES, 6), np.int64), np.empty((_MOST_SPACES, 6), np.int64)
    for turn in range(tries):
        rules[:] = turn % RULES
        corners = 4 if turn >= RULES * MEASURES and np.random.random() < 0.5 else 1
        if turn - since > _PATIENCE:
            here, since = np.int64(-1), turn
        if len(first) and turn < RULES:
            order = first
        elif turn < RULES * MEASURES:
            order = _sorted(measures[turn // RULES], fragile, 1.0, False, like)
        elif n < 3 or here < 0 or np.random.random() < 0.3:
            rules[:] = np.random.randint(RULES)
            if np.random.random() < 0.5:
                rules[:] = np.random.randint(0, RULES, n)
            order = _sorted(measures[np.random.randint(MEASURES)], fragile, np.random.random(), True, like)
        else:
            order = here_order.copy()
            rules[:] = here_rules
            _changed(order, rules, here_in)
        _fill(sizes, turns, weight, fragile, kind, apart, like, order, inner, most_g, percent, rules, corners,
              now_at, now_in, spaces, spare)  # fmt: skip
        done = volume[now_in].sum()
        if done < here:
            continue
        if done > here:
            since = turn
        here, here_order = done, order
        here_rules[:], here_in[:] = rules, now_in
        if done > best:
            best = done
            at[:], inside[:] = now_at, now_in
            if best == total and now_in.all():
                break
    return best


@compiled
def _changed(order, rules, inside):
    """Change the order and the rules a little; `inside` says who found a spot."""
    n = len(order)
    chance = np.random.random()
    if chance < 0.3:
        rules[np.random.randint(n)] = np.random.randint(RULES)
    elif chance < 0.5:
        rules[:] = np.random.randint(RULES)
    outside = np.flatnonzero(~inside)
    if len(outside) and np.random.random() < 0.5:
        late = outside[np.random.randint(len(outside))]
        at = np.flatnonzero(order == late)[0]
        to = np.random.randint(at + 1)
        order[to + 1 : at + 1] = order[to:at].copy()
        order[to] = late
    else:
        for _ in range(1 + np.random.randint(3)):
            a, b = np.random.randint(n), np.random.randint(n)
            order[a], order[b] = order[b], order[a]


@compiled
def _measures(sizes, volume):
    n = len(volume)
    found = np.empty((MEASURES, n), np.float64)
    for i in range(n):
        a, b, c = sizes[i, 0, 0], sizes[i, 0, 1], sizes[i, 0, 2]
        found[0, i] = volume[i]
        found[1, i] = max(a, b, c)
        found[2, i] = a * b
        found[3, i] = c
    return found


@compiled
def _sorted(measure, fragile, fragile_last, noise, like):
    """Largest first; fragile pieces last, where nothing can lie above them, with the chance given."""
    n = len(measure)
    key = -measure
    if noise:
        together = np.random.random() < 0.5
        shake = np.random.uniform(0.4, 1.6, n)
        for i in range(n):
            key[i] *= shake[like[i]] if together else shake[i]
    if fragile_last > 0.3:
        key = np.where(fragile > 0, key + 1e15, key)
    return np.argsort(key, kind="mergesort")


@compiled
def _fill(sizes, turns, weight, fragile, kind, apart, like, order, inner, most_g, percent, rules, corners,
          at, inside, spaces, spare):  # fmt: skip
    """Place the pieces in the order given, each where its rule likes it best; those without a spot stay out."""
    n = len(order)
    inside[:] = False
    spaces[0, :3] = 0
    spaces[0, 3:] = inner
    count, load, placed = 1, 0, 0
    done = np.empty(n, np.int64)
    stuck = np.zeros(n, np.bool_)  # by `like`: an equal piece found no spot, and spaces only shrink
    kinds = np.zeros(len(apart), np.bool_)
    for k in range(n):
        i = order[k]
        if stuck[like[i]]:
            continue
        fits = load + weight[i] <= most_g and not (kinds & apart[kind[i]]).any()
        if not fits or not _spot(
            sizes, turns, fragile, i, spaces, count, at, done, placed, percent, rules[i], corners, inner
        ):
            stuck[like[i]] = True
            continue
        inside[i] = True
        done[placed] = i
        placed += 1
        load += weight[i]
        kinds[kind[i]] = True
        count = _cut(spaces, count, spare, at[i], fragile[i], inner[2])
        spaces, spare = spare, spaces


@compiled
def _spot(sizes, turns, fragile, i, spaces, count, at, done, placed, percent, rule, corners, inner):
    """Write the best block for piece i into at[i]; False where it has none."""
    found = False
    b0 = b1 = b2 = b3 = np.int64(0)
    block = np.empty(6, np.int64)
    for s in range(count):
        z = spaces[s, 2]
        for t in range(turns[i]):
            dx, dy, dz = sizes[i, t, 0], sizes[i, t, 1], sizes[i, t, 2]
            sx, sy, sz = spaces[s, 3] - spaces[s, 0] - dx, spaces[s, 4] - spaces[s, 1] - dy, spaces[s, 5] - z - dz
            if sx < 0 or sy < 0 or sz < 0:
                continue
            for corner in range(corners):
                if (corner & 1 and not sx) or (corner & 2 and not sy):
                    continue
                x = spaces[s, 0] + (sx if corner & 1 else 0)
                y = spaces[s, 1] + (sy if corner & 2 else 0)
                u = min(x, inner[0] - x - dx) if corners > 1 else x  # how far from the nearest wall
                v = min(y, inner[1] - y - dy) if corners > 1 else y
                if rule == 0:
                    r0, r1, r2, r3 = z, min(sx, sy), v, u
                elif rule == 1:
                    r0, r1, r2, r3 = z + dz, min(sx, sy), v, u
                elif rule == 2:
                    r0, r1, r2, r3 = u, z, min(sy, sz), v
                elif rule == 3:
                    r0, r1, r2, r3 = min(sx, sy, sz), min(max(sx, sy), max(min(sx, sy), sz)), z, u + v
                else:
                    r0, r1, r2, r3 = u + dx, z, min(sy, sz), v
                if found and (r0, r1, r2, r3) >= (b0, b1, b2, b3):
                    continue
                block[0], block[1], block[2] = x, y, z
                block[3], block[4], block[5] = x + dx, y + dy, z + dz
                if _may_stand(fragile, i, block, at, done, placed, percent):
                    found = True
                    b0, b1, b2, b3 = r0, r1, r2, r3
                    at[i] = block
    return found


@compiled
def _may_stand(fragile, i, block, at, done, placed, percent):
    """Enough of the base is held, no fragile piece is below, and nothing is above this one when it is fragile."""
    held = np.int64(0)
    for k in range(placed):
        other = at[done[k]]
        wide = min(block[3], other[3]) - max(block[0], other[0])
        deep = min(block[4], other[4]) - max(block[1], other[1])
        if wide <= 0 or deep <= 0:
            continue
        if other[5] <= block[2]:
            if fragile[done[k]]:
                return False
            if other[5] == block[2]:
                held += wide * deep
        elif fragile[i]:
            return False
    return block[2] == 0 or 100 * held >= percent * (block[3] - block[0]) * (block[4] - block[1])


@compiled
def _cut(spaces, count, out, block, is_fragile, top):
    """Cut a block (up to the lid above a fragile one) out of all spaces; what lies in another space is dropped."""
    high = block.copy()
    if is_fragile:
        high[5] = top
    kept = 0
    for s in range(count):
        clear = False
        for d in range(3):
            if high[d] >= spaces[s, d + 3] or high[d + 3] <= spaces[s, d]:
                clear = True
        if clear:
            out[kept] = spaces[s]
            kept += 1
    old = kept
    for s in range(count):
        clear = False
        for d in range(3):
            if high[d] >= spaces[s, d + 3] or high[d + 3] <= spaces[s, d]:
                clear = True
        if clear:
            continue
        for d in range(3):
            if high[d] > spaces[s, d] and kept < len(out):
                out[kept] = spaces[s]
                out[kept, d + 3] = high[d]
                kept += 1
            if high[d + 3] < spaces[s, d + 3] and kept < len(out):
                out[kept] = spaces[s]
                out[kept, d] = high[d + 3]
                kept += 1
    k = old
    while k < kept:
        covered = False
        for o in range(kept):
            if o != k and _covers(out[o], out[k]):
                covered = True
                break
        if covered:
            kept -= 1
            out[k] = out[kept]
        else:
            k += 1
    return kept


@compiled
def _covers(large, small):
    lower = large[0] <= small[0] and large[1] <= small[1] and large[2] <= small[2]
    return lower and large[3] >= small[3] and large[4] >= small[4] and large[5] >= small[5]
