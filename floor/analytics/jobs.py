"""Sums brought up to date, a day to a transaction; and the week that is over, kept on paper."""

from collections.abc import Callable
from datetime import date, timedelta

from floor.analytics import summing, weekly
from floor.inventory.count_days import start_of, today
from floor.kit import clock, compute
from floor.kit.uow import reading, unit_of_work
from floor.paper.reports import report_pdf
from floor.settings import bound


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


def keep_week() -> int:
    """Put the last whole week on paper, once, when all its days are summed up: for all warehouses and for each that a
    supervisor is bound to, in every language. Returns how many papers are new."""
    first = today() - timedelta(days=today().weekday() + 7)
    with reading() as db:
        summed = summing.summed_to(db)
        if summed is None or summed < start_of(first + timedelta(days=7)) or not weekly.has_figures(db, first):
            return 0
        missing = weekly.not_kept(db, first)
    for site, lang in missing:
        with reading() as db:
            paper = weekly.report(db, first, lang, bound().company, site)
        pdf = compute.run(report_pdf, paper, lang)
        with unit_of_work() as db:
            weekly.keep(db, first, site, lang, pdf)
    return len(missing)
