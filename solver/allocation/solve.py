"""Optimal allocation: prices on what is scarce, orders placed by prices, then exchanged and re-planned exactly.

Sources: Xu, Allgor and Graves 2009 (decide orders together); Acimovic and Graves 2015 (dual prices as the cost of
using scarce stock); Jasin and Sinha 2015 and Ma 2023 (linear relaxation and rounding); Amil, Makhdoumi and Wei 2025
(ship plans as columns).
"""

import time
from collections.abc import Callable

import numpy as np

from solver.allocation.chunks import Chunker, Crew, Threads
from solver.allocation.greedy import most_urgent_first, nothing_ships
from solver.allocation.kernel import Prices
from solver.allocation.market import no_prices
from solver.allocation.pins import beside_pins
from solver.allocation.plan import Plan, bill_of, left_out
from solver.allocation.pool import Pool
from solver.allocation.prices import Valuation, value_market
from solver.allocation.problem import Problem
from solver.allocation.reasons import reasons_of
from solver.allocation.state import Searcher, State, kept, placed, state_of
from solver.allocation.workshop import Workshop
from solver.common import Seed, Status, Stop, Watch

OnStage = Callable[[str, int, int], None]
#: Passes of exchanges with this many moves for each order, and their heat and noise in fen.
PASSES, MOVES, WARM, NOISE = 8, 2, 100.0, 100.0
#: Moves for each order left out to press in: a few in passing, more in the end.
PRESS, PRESS_LAST = 4, 20
#: Orders above which the first passes are dealt to several hands. A constant, not the machine's cores: the same plan
#: everywhere.
FEW, HANDS = 2_000, 2
#: Chunks for a plan of the usual effort, and passes in vain that end them.
CHUNKS, PATIENCE, LITTLE = 60, 3, 2e-5
#: Chunks that share what is left, whoever packs them: more of them wait for each other less and find less.
SIDE_BY_SIDE = 2
#: Chunks between which all orders are exchanged once more, a little warm (fen): packing alone soon finds nothing.
SWEEP, TEPID = 4, 10.0
ROUNDS = 11


def solve(
    problem: Problem,
    stop: Stop | None = None,
    seed: Seed = 0,
    on_stage: OnStage | None = None,
    crew: Crew | None = None,
    start: Prices | None = None,
) -> Plan:
    """A plan with a proven lower bound and a reason for every order left out.

    `on_stage` hears of "prices", "place", "search", "chunks" and "reasons" with how many of how many steps are done;
    `crew` packs chunks somewhere else; `start` are the prices of an earlier, similar day.
    """
    if problem.pinned.any():
        return beside_pins(problem, lambda rest: solve(rest, stop, seed, on_stage, crew, start))
    if not problem.orders or not problem.houses:
        return nothing_ships(problem, seed, "optimal")
    began = time.perf_counter()
    stop, tell = stop or Stop(), on_stage or _quiet
    watch, shop = stop.watch(), Workshop(problem)
    urgent = most_urgent_first(problem)
    house, service, cost = placed(shop, no_prices(problem), urgent)
    pool = Pool()
    pool.add(shop, cost, house, service)
    rounds = 0 if stop.work == 0 else max(3, ROUNDS * min(stop.work, 100) // 100)
    valuation = value_market(shop, pool, rounds, watch, lambda done, of: tell("prices", done, of), start)
    tell("place", 0, 1)
    starts = [(house, service, cost)]
    if stop.work:
        starts.append(placed(shop, valuation.prices, urgent))
    if (problem.home >= 0).any():
        starts.append(kept(shop, valuation.prices, urgent))
    house, service, cost = min(starts, key=lambda start: start[2].sum())
    state = state_of(shop, valuation, house, service)
    if stop.work:
        _improve(state, valuation, stop, seed, watch, tell, crew or Threads(len(shop.desks)))
    tell("reasons", 0, 1)
    return _finished(state, valuation, stop, seed, watch, began)


def _improve(
    state: State, valuation: Valuation, stop: Stop, seed: Seed, watch: Watch, tell: OnStage, crew: Crew
) -> None:
    searcher = Searcher(state.shop, state.prices)
    start = state.total, state.house.copy(), state.service.copy()
    _exchange(searcher, state, valuation, stop, seed, watch, tell, crew)
    if state.total > start[0]:
        _, state.house, state.service = start
        state.room = state.shop.left(state.house, state.service)
        state.refresh(np.arange(state.shop.problem.orders))


def _exchange(
    searcher: Searcher, state: State, valuation: Valuation, stop: Stop, seed: Seed, watch: Watch, tell: OnStage,
    crew: Crew,
) -> None:  # fmt: skip
    n, rng = state.shop.problem.orders, np.random.default_rng(seed)
    for turn in range(PASSES):
        if watch.is_over():
            return
        tell("search", turn, PASSES)
        hands = HANDS if n > FEW and turn < PASSES - 1 else 1
        moves = max(4_000, MOVES * n)
        searcher.run(state, moves, WARM * 0.5**turn, NOISE * (1 + turn), seed + turn * 64, hands=hands)
        _press(searcher, state, PRESS, seed + turn * 64 + 32)
    chunker, done, in_vain = Chunker(searcher, valuation), 0, 0
    many = max(1, n // 10_000)
    most = max(2, CHUNKS * stop.work // 100) * many
    while done < most and in_vain < PATIENCE and not watch.is_over():
        before = state.total
        chunks = chunker.chunks(state, rng)[: min(SWEEP * many, most - done)]
        for at in range(0, len(chunks), SIDE_BY_SIDE):
            if watch.is_over():
                break
            tell("chunks", done, most)
            some = chunks[at : at + SIDE_BY_SIDE]
            chunker.improve(state, some, crew, seed + done)
            done += len(some)
        searcher.run(state, max(2_000, n), TEPID, NOISE, seed + 1_000 + done)
        _press(searcher, state, PRESS, seed + 2_000 + done)
        in_vain = in_vain + 1 if not chunks or before - state.total <= before * LITTLE else 0
    _press(searcher, state, PRESS_LAST, seed + 3_000)


def _press(searcher: Searcher, state: State, moves: int, seed: Seed) -> None:
    """Orders left out press in: nobody of less weight keeps what they could use."""
    out = left_out(state.shop.problem, state.house)
    if len(out):
        searcher.run(state, moves * len(out), 0.0, NOISE, seed, out)


def _finished(state: State, valuation: Valuation, stop: Stop, seed: Seed, watch: Watch, began: float) -> Plan:
    problem = state.shop.problem
    cost = bill_of(problem, state.house, state.service).total
    bound = min(cost, int(np.ceil(valuation.bound - 1e-3)))
    status = Status.OPTIMAL if bound == cost else Status.FEASIBLE
    if watch.was_late and status is not Status.OPTIMAL:
        status = Status.OUT_OF_TIME
    reasons = reasons_of(state)
    return Plan(
        state.house, state.service, cost, bound, status, seed, "optimal", time.perf_counter() - began,
        state.prices, reasons,
    )  # fmt: skip


def _quiet(name: str, done: int, total: int) -> None:
    del name, done, total
