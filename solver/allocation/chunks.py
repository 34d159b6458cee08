"""Re-plan some orders exactly: their near-best plans compete for what everybody else leaves free.

The model is set packing, filled in bulk through MathOpt and solved by CP-SAT. Its presolve harms this kind of model
(measured: bounds absurd, nothing proven), so it is off; its bound is never published, prices prove bounds. Fixed
effort and seed instead of a clock, so that a plan can be had again.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from ortools.math_opt import model_pb2, parameters_pb2

from solver.allocation import kernel
from solver.allocation.kernel import QUICK, Floats
from solver.allocation.pool import Pool, uses_of
from solver.allocation.prices import Valuation
from solver.allocation.problem import Bools, Ints, spans
from solver.allocation.state import DEAR, Searcher, State
from solver.allocation.workshop import PLANS
from solver.common import Seed
from solver.programme import solved, zero_one


@dataclass(frozen=True, slots=True)
class Packing:
    """Choose at most one column of each order, `gain` as large as can be, rows within `limit`: plain data, so that it
    travels to another process or machine."""

    gain: Floats  # [columns]
    order: Ints  # [columns] 0 to orders-1
    row: Ints  # [uses]
    column: Ints  # [uses]
    much: Floats  # [uses]
    limit: Floats  # [rows]
    hint: Bools  # [columns]
    effort: float  # CP-SAT's deterministic time
    seed: Seed


def pack(packing: Packing) -> np.ndarray | None:
    """[columns] which are chosen; None when nothing better than the hint was found in the effort."""
    proto = _model(packing)
    rules = parameters_pb2.SolveParametersProto()
    rules.cp_sat.num_workers = 1
    rules.cp_sat.random_seed = packing.seed
    rules.cp_sat.cp_model_presolve = False
    rules.cp_sat.linearization_level = 2
    rules.cp_sat.max_deterministic_time = packing.effort
    result = solved(proto, parameters_pb2.SOLVER_TYPE_CP_SAT, rules, packing.hint)
    if not result.solutions:
        return None
    found = result.solutions[0].primal_solution.variable_values
    chosen = np.zeros(len(packing.gain), bool)
    chosen[np.array(found.ids, dtype=np.int64)] = np.array(found.values) > 0.5
    better = packing.gain[chosen].sum() > packing.gain[packing.hint].sum() + 0.5
    return chosen if better else None


def _model(packing: Packing) -> model_pb2.ModelProto:
    wanted = np.bincount(packing.row, packing.much, minlength=len(packing.limit))
    tight = np.nonzero(wanted > packing.limit)[0]
    orders = int(packing.order.max(initial=-1)) + 1
    number = np.full(len(packing.limit), -1)
    number[tight] = orders + np.arange(len(tight))
    keep = number[packing.row] >= 0
    columns = len(packing.gain)
    row = np.append(packing.order, number[packing.row[keep]])
    column = np.append(np.arange(columns), packing.column[keep])
    much = np.append(np.ones(columns), packing.much[keep])
    return zero_one(-packing.gain, np.append(np.ones(orders), packing.limit[tight]), row, column, much)


#: Orders per chunk, and how far above its best a plan may be priced (fen).
CHUNK, WITHIN = 250, 10_000.0
#: Orders that may join a chunk for one seed, and for one SKU.
FOR_A_SEED, FOR_A_SKU = 40, 20
#: CP-SAT's deterministic time per chunk.
EFFORT = 0.5


class Crew(Protocol):
    """Answers many questions side by side, here or on other machines, in the order of the questions."""

    def map(self, fn: Callable[[Packing], np.ndarray | None], questions: Sequence[Packing], /) -> Sequence[Any]: ...


class Threads:
    """A crew of this process: CP-SAT lets go of the interpreter lock."""

    def __init__(self, hands: int) -> None:
        self._pool = ThreadPoolExecutor(hands)

    def map(self, fn: Callable[[Packing], np.ndarray | None], questions: Sequence[Packing], /) -> Sequence[Any]:
        return list(self._pool.map(fn, questions))


class Chunker:
    """Cuts what is contested into chunks, has them packed, and puts what was found into the plan."""

    def __init__(self, searcher: Searcher, valuation: Valuation) -> None:
        self._searcher, self._rows = searcher, valuation.rows
        self._dear = np.zeros(valuation.prices.unit.shape[0], bool)
        self._dear[searcher.dear_sku] = True

    def chunks(self, state: State, rng: np.random.Generator) -> list[Ints]:
        """Around orders far from their wish, and around dear things left lying: who wants the same things. Each order
        is in one chunk at most; another draw of `rng` cuts otherwise.
        """
        problem = state.shop.problem
        worth = state.prices.unit * state.room.unit
        far = np.nonzero(state.regret > 1.0)[0]
        lying = np.unique(np.nonzero(worth > DEAR)[0])
        seeds = [np.array([o]) for o in far] + [self._searcher.wanting(s) for s in lying]
        seen, seen_sku = np.zeros(problem.orders, bool), np.zeros(len(self._dear), bool)
        found, chunk = list[Ints](), list[int]()
        for seed in rng.permutation(len(seeds)):
            queue, budget = deque(seeds[seed].tolist()), FOR_A_SEED
            while queue and budget:
                o = queue.popleft()
                if seen[o]:
                    continue
                seen[o] = True
                chunk.append(o)
                budget -= 1
                groups = problem.group_first[o], problem.group_first[o + 1]
                for sku in problem.sku[problem.line_first[groups[0]] : problem.line_first[groups[1]]]:
                    if self._dear[sku] and not seen_sku[sku]:
                        seen_sku[sku] = True
                        rivals = self._searcher.wanting(sku)
                        queue.extend(rng.permutation(rivals[~seen[rivals]])[:FOR_A_SKU].tolist())
            if len(chunk) >= CHUNK:
                found.append(np.sort(chunk))
                chunk = []
        return [*found, np.sort(chunk)] if chunk else found

    def improve(self, state: State, chunks: Sequence[Ints], crew: Crew, seed: Seed) -> None:
        """Pack some chunks side by side; what is left of each thing belongs to one of them, so that all can be kept."""
        left = self._rows.gather(state.room)
        asked = [self._ask(state, chunk, seed + c) for c, chunk in enumerate(chunks)]
        free = self._shares(asked, left)
        packings = [
            replace(packing, limit=packing.limit + rest) for (_, packing), rest in zip(asked, free, strict=True)
        ]
        for (plans, _), chosen in zip(asked, crew.map(pack, packings), strict=True):
            if chosen is not None:
                self._adopt(state, plans, chosen)

    @staticmethod
    def _shares(asked: Sequence[tuple[Pool, Packing]], left: Floats) -> list[Floats]:
        wants = np.array([np.bincount(packing.row, minlength=len(left)) > 0 for _, packing in asked])
        count = wants.sum(axis=0)
        whole = np.where(count > 0, left // np.maximum(1, count), 0.0)
        rest = np.where(count > 0, left - whole * count, 0.0)
        first = wants.argmax(axis=0)
        return [np.where(want, whole, 0.0) + np.where(first == c, rest, 0.0) for c, want in enumerate(wants)]

    def _ask(self, state: State, some: Ints, seed: Seed) -> tuple[Pool, Packing]:
        """The plans of these orders, their present ones first, and the question which to take within what they hold."""
        shop = state.shop
        present = Pool()
        present.add(shop, state.cost, state.house, state.service, some)
        near = self._near_best(state, some)
        plans = Pool(
            np.append(present.order, near.order), np.append(present.cost, near.cost),
            np.append(present.first, present.first[-1] + near.first[1:]), np.append(present.house, near.house),
            np.append(present.service, near.service),
        )  # fmt: skip
        uses = uses_of(shop, plans, self._rows)
        held = uses.column < len(present)
        limit = np.bincount(uses.row[held], uses.much[held], minlength=len(self._rows.limit)).astype(float)
        hint = np.arange(len(plans)) < len(present)
        gain = shop.nothing[plans.order] - plans.cost
        order = np.searchsorted(some, plans.order)
        return plans, Packing(gain, order, uses.row, uses.column, uses.much, limit, hint, EFFORT, seed)

    def _near_best(self, state: State, some: Ints) -> Pool:
        shop = state.shop
        groups = int(np.diff(shop.market.group_first)[some].sum())
        order, cost = np.empty(len(some) * PLANS, np.int64), np.empty(len(some) * PLANS)
        first = np.empty(len(some) * PLANS + 1, np.int64)
        house, service = np.empty(groups * PLANS, np.int64), np.empty(groups * PLANS, np.int64)
        count = kernel.list_plans(
            shop.market, state.prices, shop.nobody, some, state.value, WITHIN, shop.wide_desk, order, cost, first,
            house, service, QUICK * 10,
        )  # fmt: skip
        end = first[count]
        return Pool(order[:count], cost[:count], first[: count + 1], house[:end], service[:end])

    @staticmethod
    def _adopt(state: State, plans: Pool, chosen: np.ndarray) -> None:
        market = state.shop.market
        some = np.unique(plans.order)
        kernel.take_some(market, state.room, some, state.house, state.service, -1)
        groups = spans(market.group_first, some)
        state.house[groups] = state.service[groups] = -1
        picked = np.nonzero(chosen)[0]
        groups, places = spans(market.group_first, plans.order[picked]), spans(plans.first, picked)
        state.house[groups], state.service[groups] = plans.house[places], plans.service[places]
        kernel.take_some(market, state.room, some, state.house, state.service, 1)
        state.refresh(some)
