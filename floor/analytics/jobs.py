"""Sums brought up to date, a day to a transaction."""

from collections.abc import Callable
from datetime import date

from floor.analytics import summing
from floor.kit import clock
from floor.kit.uow import reading, unit_of_work


def sum_up(*, anew: bool = False, tell: Callable[[date], None] = lambda _day: None) -> int:
    """Sum up the days something happened to since last time; `anew`: every day there is. Returns how many.

    What happens meanwhile is in the next time: the mark is the moment before the first read.
    """
    now = clock.now()
    with reading() as db:
        days = summing.days_to_sum(db, None if anew else summing.summed_to(db))
    for day in days:
        with unit_of_work() as db:
            summing.sum_day(db, day)
        tell(day)
    with unit_of_work() as db:
        summing.keep_mark(db, now)
    return len(days)
