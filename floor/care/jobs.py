"""Orders long over are forgotten, some hundred to a transaction, so that scans need not wait."""

from collections.abc import Callable
from datetime import timedelta

from floor.care import retention
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.settings import bound

BATCH = 200


def retain(days: int, tell: Callable[[int], None] = lambda _done: None, batch: int = BATCH) -> int:
    """Mask personal data of orders placed more than `days` ago. Returns of how many; 0 when it was done before."""
    before, done = clock.now() - timedelta(days=days), 0
    while True:
        with reading() as db:
            orders = retention.due(db, before, batch)
        if not orders:
            break
        with unit_of_work() as db:
            still = set(retention.due(db, before, batch)) & set(orders)  # another worker may have been here
            if still:
                retention.forget(db, sorted(still), SYSTEM)
        done += len(still)
        tell(done)
    with unit_of_work() as db:
        retention.forget_loose(db, before)
    return done


def retain_by_rule() -> int:
    """By FLOOR_RETENTION_DAYS, when the house has such a rule."""
    days = bound().retention_days
    return retain(days) if days else 0
