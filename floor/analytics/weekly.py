"""A week on paper: every page of insight day by day, beside the week before, and what the figures suggest."""

from datetime import date, timedelta
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlmodel import Session, select

from floor.analytics import insight, messages, suggesting, wording
from floor.analytics.insight import Filter, Goods
from floor.analytics.metrics import PAGES, Page
from floor.inventory.models import Warehouse
from floor.paper.reports import Report, Section
from floor.shipments.models import Carrier

#: Suggestions need more days than a week has: they look this far back.
_SUGGEST_DAYS = 56


def report(db: Session, day: date, lang: str, company: str, site: str = "") -> Report:
    """The week from Monday to Sunday that `day` falls into, of one warehouse (its code) or of all."""
    first = day - timedelta(days=day.weekday())
    house = db.exec(select(Warehouse).where(Warehouse.code == site)).first() if site else None
    asked = Filter(first, first + timedelta(days=6), house.id if house else None)
    with force_locale(lang):
        title = _("Week %(week)s of %(year)s", week=first.isocalendar().week, year=first.isocalendar().year)
        sections = tuple(_section(db, shown, asked, lang) for shown in PAGES.values())
        return Report(f"{company} {site}".strip(), title, asked.first, asked.last, sections)


def _section(db: Session, shown: Page, asked: Filter, lang: str) -> Section:
    steps = insight.by_time(db, shown.kind, asked)
    before = insight.by_time(db, shown.kind, _earlier(asked, 7))
    drawn = shown.metric(shown.drawn)
    rows = [(day.strftime("%m-%d"), *_cells(shown, sums)) for day, sums in steps]
    week, week_before = (insight.total_of(shown.kind, [sums for _day, sums in part]) for part in (steps, before))
    rows += [(_("Week"), *_cells(shown, week)), (_("Week before"), *_cells(shown, week_before))]
    return Section(
        str(messages.PAGES[shown.name]), str(messages.METRICS[drawn.code]),
        tuple((day.strftime("%m-%d"), drawn.value(sums)) for day, sums in steps),
        (_("Day"), *(str(messages.METRICS[metric.code]) for metric in shown.metrics)), tuple(rows),
        _notes(db, shown, asked, lang),
    )  # fmt: skip


def _cells(shown: Page, sums: Any) -> tuple[str, ...]:
    values = [(metric.value(sums), metric.decimals) for metric in shown.metrics]
    return tuple("–" if value is None else f"{value:,.{decimals}f}" for value, decimals in values)


def _earlier(asked: Filter, days: int) -> Filter:
    back = timedelta(days=days)
    return Filter(asked.first - back, asked.last - back, asked.house_id)


def _notes(db: Session, shown: Page, asked: Filter, lang: str) -> tuple[str, ...]:
    wide = Filter(asked.last - timedelta(days=_SUGGEST_DAYS - 1), asked.last, asked.house_id)
    if shown.name == "delivery":
        houses: dict[Any, Any] = {one.id: one for one in db.exec(select(Warehouse))}
        carriers: dict[Any, Any] = {one.id: one for one in db.exec(select(Carrier))}
        slower, _pairs = suggesting.slower_lanes(insight.lane_days(db, wide))
        return tuple(wording.slower_lane(one, houses, carriers, lang) for one in slower[:5])
    if shown.kind is Goods:
        often, _skus = suggesting.often_back(insight.by_sku(db, wide), insight.units_sent(db, wide))
        return tuple(wording.often_back(one) for one in often[:5])
    return ()
