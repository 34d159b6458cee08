"""Work that spans transactions: look at every order that waits."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

import numpy as np

from floor.audit import handling, language, learning, queries, ranking, service, trail
from floor.audit import reading as remarks
from floor.audit.models import Learned
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders.states import OrderState

#: Orders per transaction, so that others on SQLite wait a moment only.
CHUNK = 20


@dataclass
class Counted:
    released: int = 0
    held: int = 0
    #: Rule -> flags raised.
    flags: Counter[str] = field(default_factory=Counter)


def warm() -> None:
    """Learn to read before a transaction needs it."""
    with reading() as db:
        remarks.reader_of(db)


def learn_language() -> tuple[Learned, list[language.Figures]]:
    """Learn to read again, with what people decided since; kept on only when the held-out remarks are read no worse
    than by our own remarks alone. Returns the new version and its figures."""
    with reading() as db:
        decided, accepted = remarks.decided(db), remarks.accepted(db)
    held_out = language.remarks("held_out")
    before, _table = language.measure(language.taught(), held_out)
    after, _table = language.measure(remarks.learned_from(decided, accepted), held_out)
    figures = {"before": score(before), "after": score(after), "decided": len(decided), "accepted": len(accepted)}
    weights = {"remarks": [list(one) for one in decided], "accepted": accepted}
    with unit_of_work() as db:
        is_better = figures["after"] >= figures["before"] - 0.01
        return learning.keep(db, "language", weights, figures, is_better), after


def learn_handling() -> tuple[Learned | None, handling.Figures | None]:
    """Learn from the trail how long orders take. The version is used where it beats the mean and a straight line on
    the later orders; else the house does without. (None, None) when too few were handled."""
    with reading() as db:
        past = trail.handled(db)
    if len(past.minutes) < handling.LEAST:
        return None, None
    figures = handling.trial(past.rows, past.minutes)
    weights = handling.learn(past.rows, past.minutes)
    with unit_of_work() as db:
        row = learning.keep(db, "handling", weights, asdict(figures), figures.is_better)
    return row, figures


def judge_handling() -> bool:
    """Switch what was learned off when orders packed since are told worse than by their mean. True when it was."""
    with reading() as db:
        row = learning.newest(db, "handling")
        past = trail.handled(db, row.made_at) if row else None
    if row is None or past is None or len(past.minutes) < handling.LEAST // 4:
        return False
    ours = handling.error_of(handling.predict(row.weights, past.rows), past.minutes)
    if ours <= handling.error_of(np.full(len(past.minutes), past.minutes.mean()), past.minutes):
        return False
    with unit_of_work() as db:
        learning.switch_off(db, row.id or 0, {"later": ours, "orders": len(past.minutes)})
    return True


def rank_again() -> int:
    """What waits is ranked anew, so that orders in danger rise. Returns how many changed."""
    with reading() as db:
        waiting = ranking.waiting(db)
    changed = 0
    for begin in range(0, len(waiting), CHUNK):
        with unit_of_work() as db:
            changed += ranking.rank_again(db, waiting[begin : begin + CHUNK])
    return changed


def score(figures: list[language.Figures]) -> float:
    """F1 over all intents, 0 to 1."""
    right, off = sum(one.right for one in figures), sum(one.wrong + one.missed for one in figures)
    return round(2 * right / (2 * right + off), 4) if right else 0.0


def audit_received(tell: Callable[[int, int], None] = lambda _done, _total: None) -> Counted:
    """Look at every order in state received, most urgent first; `tell` hears how far it is."""
    warm()
    with reading() as db:
        waiting = queries.received(db)
    counted = Counted()
    for begin in range(0, len(waiting), CHUNK):
        chunk = waiting[begin : begin + CHUNK]
        with unit_of_work() as db:
            ranker = ranking.Ranker(db)
            for order_id in sorted(chunk):
                order = service.locked(db, order_id)
                if order.state is not OrderState.RECEIVED:
                    continue  # the worker was faster
                flags = service.audit_order(db, order, SYSTEM, ranker=ranker)
                counted.released += not flags
                counted.held += bool(flags)
                counted.flags.update(flag.rule for flag in flags)
        if begin % (CHUNK * 10) == 0:
            tell(min(begin + CHUNK, len(waiting)), len(waiting))
    return counted
