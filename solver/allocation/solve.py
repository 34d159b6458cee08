"""Optimal allocation: prices on what is scarce, orders placed by prices, then re-planned exactly chunk by
chunk.

Sources: Xu, Allgor and Graves 2009 (decide orders together); Acimovic and Graves 2015 (dual prices as the
cost of using scarce stock); Jasin and Sinha 2015 and Ma 2023 (linear relaxation and rounding).
"""

import random
from collections.abc import Callable

from solver.allocation.chunks import chunks_of, improve_chunk, options_of
from solver.allocation.greedy import fill, plan_of, urgent_first
from solver.allocation.master import Pool, climb, generate, no_prices
from solver.allocation.model import Choice, Model, model_of
from solver.allocation.plan import Plan
from solver.allocation.pricing import Prices, price_all
from solver.allocation.problem import Problem
from solver.allocation.room import Room
from solver.common import Seed, Status, Stop, Watch

OnStage = Callable[[str, int, int], None]
Chosen = dict[int, Choice]
PATIENCE = 2
LITTLE = 1e-4


def solve(problem: Problem, stop: Stop | None = None, seed: Seed = 0, on_stage: OnStage | None = None) -> Plan:
    """A plan never dearer than `best_cost`, with a proven lower bound and a reason for every order left out.

    `on_stage` hears of "prices", "place", "chunks" and "reasons" with how many of how many steps are done.
    """
    stop, tell = stop or Stop(), on_stage or _quiet
    watch, model = stop.watch(), model_of(problem)
    plans = [_placed(model, no_prices(model), urgent_first(model))]
    pool = Pool(0, no_prices(model))
    if stop.work and problem.orders:
        tell("prices", 0, 2)
        pool = climb(model, _cost(model, plans[0]), max(5, stop.work // 4), watch)
        tell("prices", 1, 2)
        pool = generate(model, pool, 1 + stop.work // 10, watch)
        tell("place", 0, 1)
        plans += [_placed(model, pool.prices, order) for order in (urgent_first(model), _regret_first(model, pool))]
    chosen = min(plans, key=lambda plan: _cost(model, plan))
    if stop.work and problem.orders:
        _improve(model, chosen, pool, stop, seed, watch, tell)
    tell("reasons", 0, 1)
    return _finished(model, chosen, pool, stop, seed, watch)


def _placed(model: Model, prices: Prices, orders: list[int]) -> Chosen:
    """Orders placed one after another by cost and prices."""
    chosen: Chosen = {}
    fill(Room(model, prices.unit, prices.line), chosen, orders)
    return chosen


def _regret_first(model: Model, pool: Pool) -> list[int]:
    """Orders that would lose most by being left out come first."""
    saved = model.penalty - price_all(model, pool.prices).value
    return sorted(range(len(saved)), key=lambda o: (-float(saved[o]), o))


def _improve(model: Model, chosen: Chosen, pool: Pool, stop: Stop, seed: Seed, watch: Watch, tell: OnStage) -> None:
    """Passes of chunks by CP-SAT, each pass cut otherwise, then whatever still fits; at most `work` chunks,
    and no more after PATIENCE passes that gained next to nothing."""
    room, rng = _room_left(model, chosen), random.Random(seed)
    options = options_of(model, pool.prices, [*dict.fromkeys([*pool.choices, *chosen.values()])])
    done, in_vain, cost = 0, 0, _cost(model, chosen)
    while done < stop.work and in_vain < PATIENCE and not watch.is_over() and cost > pool.bound:
        chunks = chunks_of(model, chosen, options, rng)[: stop.work - done]
        for members in chunks:
            if watch.is_over():
                break
            tell("chunks", done, stop.work)
            improve_chunk(model, chosen, room, members, options, seed)
            done += 1
        fill(room, chosen, urgent_first(model))
        before, cost = cost, _cost(model, chosen)
        in_vain = in_vain + 1 if before - cost <= before * LITTLE or not chunks else 0


def _room_left(model: Model, chosen: Chosen) -> Room:
    room = Room(model)
    for choice in chosen.values():
        room.take(choice)
    return room


def _cost(model: Model, chosen: Chosen) -> int:
    left_out = int(model.penalty.sum()) - sum(int(model.penalty[o]) for o in chosen)
    return left_out + sum(model.cost_of(choice) for choice in chosen.values())


def _finished(model: Model, chosen: Chosen, pool: Pool, stop: Stop, seed: Seed, watch: Watch) -> Plan:
    room, cost = _room_left(model, chosen), _cost(model, chosen)
    bound = min(pool.bound, cost) if stop.work else None
    status = Status.OPTIMAL if bound == cost else Status.FEASIBLE
    if watch.was_late and status is not Status.OPTIMAL:
        status = Status.OUT_OF_TIME
    return plan_of(model, room, chosen, bound, status, seed, "optimal")


def _quiet(name: str, done: int, total: int) -> None:
    del name, done, total
