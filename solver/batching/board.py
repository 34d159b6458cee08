"""A problem and its carts in arrays, for the kernels."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solver.batching.kernel import Floor
from solver.batching.lengths import WalkLengths
from solver.batching.limits import group_of, limits_of, load_of
from solver.batching.problem import Problem
from solver.batching.schedule import NEVER, due_of
from solver.routing.table import Ints

#: Neighbours per order: whose cart it is offered to.
NEAR = 16


class Board(NamedTuple):
    """`load` [orders, limits], `limit` [groups, limits]: only what some cart could break. Annealing may go `slack`
    above a limit, at `weight` mm a unit. `near` [orders, <= NEAR]: whom an order best joins. `name` [orders]
    random bits: a cart's name is those of its orders, xored."""

    floor: Floor
    load: Ints
    limit: Ints
    slack: Ints
    weight: Ints
    group: Ints
    due: Ints
    items: Ints
    near: NDArray[np.int32]
    name: NDArray[np.uint64]
    most: int  # orders a cart can hold
    is_due: bool
    pickers: int
    setup_min: int
    mm_per_min: int
    seconds_per_item: int


class Carts(NamedTuple):
    """`orders` [carts, most], the first `size` of them count. `turn` [carts]: in which order they leave. `over`: what
    is loaded above the limits, in mm."""

    orders: NDArray[np.int32]
    size: Ints
    load: Ints
    walk: Ints
    minutes: Ints
    soonest: Ints
    name: NDArray[np.uint64]
    cart_of: Ints
    turn: Ints
    over: Ints


def board_of(problem: Problem, lengths: WalkLengths) -> Board:
    orders, pace = problem.orders, problem.pace
    groups = {key: g for g, key in enumerate(dict.fromkeys(group_of(order) for order in orders))}
    group = np.array([groups[group_of(order)] for order in orders])
    load = np.array([load_of(problem, order) for order in orders])
    cart_of = {group_of(order): problem.cart_of(order) for order in orders}
    limit = np.array([limits_of(cart_of[key]) for key in groups])
    whole = np.zeros_like(limit)
    np.add.at(whole, group, load)
    binding = (whole > limit).any(axis=0)
    kept = limit[:, binding].copy()
    most = max(_most(load[group == g], limit[g]) for g in groups.values())
    due = np.array([due_of(order) for order in orders])
    return Board(
        lengths.floor, load[:, binding].copy(), kept, kept // 10, np.ones_like(kept), group, due,
        np.array([order.items for order in orders]), np.zeros((len(orders), 0), np.int32),
        np.random.default_rng(0).integers(1, 2**63, len(orders), np.uint64), most, bool((due < NEVER).any()),
        pace.pickers, pace.setup_min, pace.walk_mm_per_min, pace.seconds_per_item,
    )  # fmt: skip


def _most(load: Ints, limit: Ints) -> int:
    """Orders that fit at most: the smallest first, for each limit on its own."""
    return int((np.cumsum(np.sort(load, axis=0), axis=0) <= limit).sum(axis=0).min())


def slowness(floor: Floor) -> int:
    """How many times longer a cart takes to measure here than on one block with the walk's end at a crossing."""
    moves = floor.ground.first[len(floor.ground.cross)]  # of a column
    return 1 if floor.is_plain else max(3, int(moves) // 30)


def no_carts(board: Board, count: int, most: int) -> Carts:
    """Empty carts with room for `most` orders."""
    zeros = np.zeros(count, np.int64)
    return Carts(
        np.zeros((count, most), np.int32), zeros, np.zeros((count, board.load.shape[1]), np.int64), zeros.copy(),
        zeros.copy(), np.full(count, NEVER), np.zeros(count, np.uint64), np.full(len(board.group), -1),
        np.arange(count), zeros.copy(),
    )  # fmt: skip
