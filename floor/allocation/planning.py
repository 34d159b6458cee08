"""Allocation's way to the solver: facts -> problem -> plan -> our ids again.

The solver runs in a process of its own, which alone loads it; what travels there and back is plain data.
"""

import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlmodel import Session

from floor import settings
from floor.allocation import causes, worth
from floor.allocation.facts import Facts, Ints, read_facts
from floor.allocation.models import Run
from floor.allocation.service import Planned, Share
from floor.allocation.states import Strategy, Thing
from floor.kit import compute
from solver.allocation.problem import NO_LIMIT, Problem, problem_of

#: Seconds between two looks at how far a plan is.
_LOOK = 0.5

Effort = tuple[int, int | None]
FULL: Effort = (100, None)
#: For a look at what would be: somebody waits for the page.
QUICK: Effort = (30, 20)

#: What the plan is at, how much of it is done, of how much.
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Outcome:
    """What a worker process answers: the plan in places of the problem, and its figures, as Run.figures keeps them."""

    house: Ints
    service: Ints
    reasons: Sequence[causes.Cause]
    figures: Mapping[str, Any]
    prices: Mapping[str, Any] | None = None


def read_problem(db: Session, run: Run) -> Facts:
    """Everything the planner needs, from one snapshot."""
    return read_facts(db, run.scope)


def find_plan(facts: Facts, strategy: str, seed: int, tell: Tell | None = None, effort: Effort = FULL) -> Planned:
    """Plan in a process of its own, outside any transaction; the plan is proven there before anyone may use it.

    `tell` hears how far it is and may raise to stop it. `effort`: work as the solver counts it, and seconds at most.
    """
    if facts.is_empty:
        return Planned({}, [*facts.barred, *causes.of_nothing(facts)], 0, 0, 0, "optimal")
    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder) / "note"
        asked = (problem_of(**facts.arrays), strategy, seed, str(note), effort, settings.bound().cluster)
        doing = compute.submit(_work, *asked)
        try:
            outcome = _wait(doing, note, tell)
        except compute.Broken:
            outcome = compute.run(_work, *asked)
        finally:
            doing.cancel()
    return planned(facts, outcome)


def begin(facts: Facts, strategy: str, effort: Effort) -> "Future[Outcome]":
    """Start to plan and do not wait; `planned` makes its result what `find_plan` answers."""
    return compute.submit(_work, problem_of(**facts.arrays), strategy, 0, "", effort, settings.bound().cluster)


def place_now(facts: Facts, prices: Mapping[str, Any] | None, room: Mapping[str, Ints]) -> dict[int, tuple[Share, ...]]:
    """Each order where it does least harm at these prices, in the room there is; orders that find no way are not in
    it. Nothing is solved again: the next plan over all of them corrects what that missed."""
    house, service = compute.run(_place, problem_of(**facts.arrays), prices, room)
    return _shares(facts, house, service)


def _wait(doing: "Future[Outcome]", note: Path, tell: Tell | None) -> Outcome:
    heard = ""
    while True:
        try:
            return doing.result(_LOOK)
        except NotYet:
            said = note.read_text() if note.exists() else ""
            if tell and said:
                stage, done, total = json.loads(said)
                tell(stage if said != heard else "", done, total)
            elif tell:
                tell("", 0, 1)
            heard = said


def planned(facts: Facts, outcome: Outcome) -> Planned:
    """A worker process's answer in our ids."""
    shares = _shares(facts, outcome.house, outcome.service)
    left = causes.Leftover(facts, outcome.house)
    missed = [left.explain(cause) for cause in outcome.reasons]
    figures = _named(facts, outcome.figures)
    bill = figures["bill"]
    return Planned(
        shares, [*facts.barred, *missed], figures["cost"], figures["bound"], bill["freight"] + bill["handling"],
        figures["status"], figures, worth.pack(facts, outcome.prices) if outcome.prices else None,
    )  # fmt: skip


def _shares(facts: Facts, house: Ints, service: Ints) -> dict[int, tuple[Share, ...]]:
    """Order -> what each warehouse sends of it; pieces of a line that meet again are one."""
    first, line_first = facts.arrays["group_first"], facts.arrays["line_first"]
    sku, qty = facts.arrays["sku"], facts.arrays["qty"]
    order_of = np.repeat(np.arange(len(facts.orders)), np.diff(first))
    parcels: dict[int, dict[tuple[int, int], Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for group in np.nonzero(house >= 0)[0]:
        key = int(house[group]), int(service[group])
        for line in range(line_first[group], line_first[group + 1]):
            parcels[int(order_of[group])][key][facts.skus[sku[line]]] += int(qty[line])
    return {
        facts.orders[order]: tuple(
            Share(facts.houses[w], facts.carriers[s], tuple(sorted(units.items())))
            for (w, s), units in sorted(mine.items())
        )
        for order, mine in parcels.items()
    }


def _named(facts: Facts, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Figures by our ids instead of places."""
    resources = [
        {**row, "house": facts.houses[row["house"]],
         "carrier": None if row["carrier"] is None else facts.carriers[row["carrier"]]}
        for row in figures["resources"]
    ]  # fmt: skip
    flows = [[facts.houses[w], facts.provinces[r], parcels] for w, r, parcels in figures["flows"]]
    return {**figures, "resources": resources, "flows": flows}


# --- in the worker process -----------------------------------------------------------------------------------------


class Halted(Exception):
    """Nobody waits for this plan any more."""


def _work(problem: Problem, strategy: str, seed: int, note: str, effort: Effort = FULL, cluster: str = "") -> Outcome:
    """Plan, prove, explain. Nothing here knows of our ids."""
    from solver.allocation.check import violations
    from solver.allocation.greedy import STRATEGIES
    from solver.allocation.plan import bill_of, used_by
    from solver.allocation.solve import solve
    from solver.common import Stop

    if strategy == Strategy.OPTIMAL:
        with compute.cluster_at(cluster) as crew:
            plan = solve(problem, Stop(*effort), seed, _teller(note), crew)
    else:
        plan = STRATEGIES[strategy](problem, seed)
    if broken := violations(problem, plan):
        raise ValueError(f"the plan breaks {len(broken)} rules, first: {broken[0]}")
    plain = plan if strategy == Strategy.NEAREST else STRATEGIES["nearest"](problem, seed)
    nearest = _bill(bill_of(problem, plain.house, plain.service))
    figures = {
        "cost": plan.cost, "bound": plan.bound, "gap": plan.gap, "status": str(plan.status), "seconds": plan.seconds,
        "bill": _bill(bill_of(problem, plan.house, plan.service)),
        "nearest": nearest | {"shipped": _shipped(problem, plain.house)},
        "shipped": _shipped(problem, plan.house),
    }  # fmt: skip
    prices = plan.prices._asdict() if plan.prices else None
    told = {
        reason.order: causes.Cause(
            reason.order, str(reason.code), reason.sku, reason.house, reason.wanted, reason.available,
            tuple((lack.kind, lack.house, lack.what, lack.missing) for lack in reason.lacks),
        )
        for reason in plan.reasons
    }  # fmt: skip
    reasons = causes.complete(problem, plan.house, used_by(problem, plan.house, plan.service), told)
    return Outcome(plan.house, plan.service, reasons, figures | _use(problem, plan, prices), prices)


def _place(problem: Problem, prices: Mapping[str, Any] | None, room: Mapping[str, Ints]) -> tuple[Ints, Ints]:
    from solver.allocation.kernel import Prices, Room
    from solver.allocation.market import no_prices
    from solver.allocation.stream import place_new

    worth = Prices(**prices) if prices else no_prices(problem)
    house, service, _cost = place_new(problem, worth, Room(**room))
    return house, service


def _teller(note: str) -> Tell:
    """Leaves word of the solver's stages in a small file, if it has one; without its folder, nobody waits any more."""
    path = Path(note)

    def tell(stage: str, done: int, total: int) -> None:
        if not note:
            return
        if not path.parent.exists():
            raise Halted
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps([stage, done, total]))
        fresh.replace(path)

    return tell


def _bill(bill: Any) -> dict[str, int]:
    return {name: int(fen) for name, fen in asdict(bill).items()} | {"total": bill.total}


def _shipped(problem: Problem, house: Ints) -> int:
    whole = np.logical_and.reduceat(house >= 0, problem.group_first[:-1])
    return int(whole.sum())


def _use(problem: Problem, plan: Any, prices: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the plan uses of each limited thing, what there is, and its price; and parcels by warehouse and province."""
    from solver.allocation.plan import parcels_of, used_by

    parcel, _weight = parcels_of(problem, plan.house, plan.service)
    _stock, work, benches, dock, lorry = used_by(problem, plan.house, plan.service)
    zero = {name: np.zeros(np.shape(there)) for name, there in (("work", work), ("bench", benches), ("dock", dock))}
    price = prices or zero | {"lorry": zero["dock"]}
    rows = [
        _row(w, thing, None, work[w, k], problem.capacity[w, k], price["work"][w, k])
        for w in range(problem.houses)
        for k, thing in enumerate((Thing.LINES, Thing.HEAVY, Thing.COLD))
    ]
    rows += [
        _row(w, Thing.BENCH, None, benches[w], problem.benches[w], price["bench"][w]) for w in range(problem.houses)
    ]
    for thing, used, there, fen in (
        (Thing.DOCK, dock, problem.dock, price["dock"]),
        (Thing.LORRY, lorry, problem.lorry, price["lorry"]),
    ):
        rows += [_row(w, thing, s, used[w, s], there[w, s], fen[w, s]) for w, s in np.ndindex(used.shape)]
    way, parcels = np.unique(np.stack([parcel[:, 1], problem.region[parcel[:, 0]]]), axis=1, return_counts=True)
    return {
        "resources": [row for row in rows if row["there"] is not None],
        "flows": [[int(w), int(r), int(n)] for w, r, n in zip(*way, parcels, strict=True)],
    }


def _row(house: int, thing: Thing, carrier: int | None, used: Any, there: Any, price: Any) -> dict[str, Any]:
    """`there` None: no limit."""
    return {
        "house": house, "what": str(thing), "carrier": carrier, "used": int(used),
        "there": None if there >= NO_LIMIT else int(there), "price": round(float(price), 2),
    }  # fmt: skip
