"""Local search over carts: move one order to another cart, or exchange two orders, while walking or lateness
falls."""

import random
from collections.abc import Sequence

from solver.batching.lengths import WalkLengths
from solver.batching.limits import Load, fits, limits_of, load_of, minus, plus
from solver.batching.problem import Problem
from solver.batching.schedule import Clock
from solver.common import Watch

Carts = list[list[int]]
Option = tuple[list[int], list[int]]  # both carts of a pair after a change


def improve(problem: Problem, lengths: WalkLengths, carts: Carts, work: int, rng: random.Random, watch: Watch) -> Carts:
    """Look at pairs of carts in random order; take the best change of each pair. Ends after `work` rounds,
    each looking at as many pairs as there are carts, or when all pairs were seen in vain."""
    search = _Search(problem, lengths, carts)
    for _ in range(work):
        pairs = search.fresh_pairs(rng)
        if not pairs or watch.is_over():
            break
        search.improve_pairs(pairs)
    return [cart for cart in search.carts if cart]


class _Search:
    """Carts with their loads and walks; `_seen` remembers pairs that had nothing to give in their present
    state."""

    def __init__(self, problem: Problem, lengths: WalkLengths, carts: Carts) -> None:
        self._clock, self._lengths, self._limits = Clock(problem), lengths, limits_of(problem)
        self.carts = [list(cart) for cart in carts]
        self._load = [load_of(problem, order) for order in problem.orders]
        self._walks = [int(w) for w in lengths.of(self.carts)]
        self._version = [0] * len(carts)
        self._seen: dict[tuple[int, int], tuple[int, int]] = {}
        self._late = self._lateness({})

    def fresh_pairs(self, rng: random.Random) -> list[tuple[int, int]]:
        live = [c for c, cart in enumerate(self.carts) if cart]
        pairs = [(a, b) for i, a in enumerate(live) for b in live[i + 1 :] if not self._is_seen(a, b)]
        rng.shuffle(pairs)
        used, disjoint = set[int](), list[tuple[int, int]]()
        for a, b in pairs:
            if a not in used and b not in used:
                used |= {a, b}
                disjoint.append((a, b))
        return disjoint

    def improve_pairs(self, pairs: Sequence[tuple[int, int]]) -> None:
        options = [self._options(a, b) for a, b in pairs]
        walks = iter(self._lengths.of([cart for row in options for option in row for cart in option]).tolist())
        for (a, b), row in zip(pairs, options, strict=True):
            self._take_best(a, b, [(option, (next(walks), next(walks))) for option in row])

    def _take_best(self, a: int, b: int, row: list[tuple[Option, tuple[int, int]]]) -> None:
        """The change that saves most walking among those that make nothing later; none left: never look
        again."""
        now = self._walks[a] + self._walks[b]
        better = sorted((i for i in range(len(row)) if sum(row[i][1]) < now), key=lambda i: (sum(row[i][1]), i))
        if not any(self._take(a, b, *row[i]) for i in better):
            self._seen[a, b] = (self._version[a], self._version[b])

    def _is_seen(self, a: int, b: int) -> bool:
        return self._seen.get((a, b)) == (self._version[a], self._version[b])

    def _options(self, a: int, b: int) -> list[Option]:
        """Both carts after every move and swap that keeps to the limits."""
        left, right = self.carts[a], self.carts[b]
        load_a, load_b = self._sum(left), self._sum(right)
        own, limits = self._load, self._limits
        moves = [(_without(left, o), [*right, o]) for o in left if fits(limits, load_b, own[o])]
        moves += [([*left, p], _without(right, p)) for p in right if fits(limits, load_a, own[p])]
        swaps = [
            ([*_without(left, o), p], [*_without(right, p), o])
            for o in left
            for p in right
            if fits(limits, minus(load_a, own[o]), own[p]) and fits(limits, minus(load_b, own[p]), own[o])
        ]
        return moves + swaps

    def _take(self, a: int, b: int, option: Option, walks: tuple[int, int]) -> bool:
        """Change the two carts unless it makes matters later."""
        late = self._lateness({a: (option[0], walks[0]), b: (option[1], walks[1])})
        if late > self._late:
            return False
        self._late = late
        for cart, orders, walk in zip((a, b), option, walks, strict=True):
            self.carts[cart], self._walks[cart] = orders, walk
            self._version[cart] += 1
        return True

    def _lateness(self, changed: dict[int, tuple[list[int], int]]) -> tuple[int, int]:
        rows = [changed.get(c, (cart, self._walks[c])) for c, cart in enumerate(self.carts)]
        rows = [row for row in rows if row[0]]
        return self._clock.late_minutes([cart for cart, _ in rows], [walk for _, walk in rows])

    def _sum(self, cart: Sequence[int]) -> Load:
        total: Load = (0, 0, 0)
        for o in cart:
            total = plus(total, self._load[o])
        return total


def _without(cart: Sequence[int], order: int) -> list[int]:
    return [o for o in cart if o != order]
