"""A week on paper: every page of insight day by day, beside the week before, and what the figures suggest."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from babel.dates import format_date
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlmodel import Session, col, select

from floor.analytics import insight, messages, suggesting, wording
from floor.analytics.insight import Filter, Goods
from floor.analytics.metrics import PAGES, Page
from floor.analytics.models import FloorDay, LaneDay, ReturnDay, WeekReport
from floor.inventory.models import Warehouse
from floor.kit import clock
from floor.kit.db import upsert
from floor.paper.reports import Report, Section
from floor.people.models import Role, User
from floor.shipments.models import Carrier
from floor.web.locale import LANGUAGES

#: Suggestions need more days than a week has: they look this far back.
_SUGGEST_DAYS = 56
#: A page offers so many, two years.
_WEEKS = 104


def has_figures(db: Session, first: date) -> bool:
    """Whether anything was done in the week that begins on that Monday."""
    days = (first, first + timedelta(days=6))
    kinds: tuple[Any, ...] = (LaneDay, FloorDay, ReturnDay)
    return any(db.exec(select(kind.day).where(col(kind.day).between(*days)).limit(1)).first() for kind in kinds)


def not_kept(db: Session, first: date) -> list[tuple[str, str]]:
    """(site, language) of the reports of a week that are to be made still."""
    bound_to = select(User.site).where(col(User.role).in_((Role.SUPERVISOR, Role.ADMIN)), col(User.is_active))
    sites = {"", *db.exec(bound_to.distinct())}
    kept = set(db.exec(select(WeekReport.site, WeekReport.lang).where(WeekReport.first == first)).all())
    return [(site, lang) for site in sorted(sites) for lang in LANGUAGES if (site, lang) not in kept]


def keep(db: Session, first: date, site: str, lang: str, pdf: bytes) -> None:
    """Of two workers who made the same the first one's stays."""
    row = {"first": first, "site": site, "lang": lang, "made_at": clock.now(), "pdf": pdf}
    db.execute(upsert(db, WeekReport).values(row).on_conflict_do_nothing())


def kept_weeks(db: Session, site: str, lang: str) -> Sequence[date]:
    """Mondays of the reports that are kept, the newest first."""
    mine = select(col(WeekReport.first)).where(WeekReport.site == site, WeekReport.lang == lang)
    return db.exec(mine.order_by(col(WeekReport.first).desc()).limit(_WEEKS)).all()


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
    rows = [(format_date(day, "MM-dd EEE", lang), *_cells(shown, sums)) for day, sums in steps]
    week, week_before = (insight.total_of(shown.kind, [sums for _day, sums in part]) for part in (steps, before))
    rows += [(_("Week"), *_cells(shown, week)), (_("Week before"), *_cells(shown, week_before))]
    return Section(
        str(messages.PAGES[shown.name]), str(messages.METRICS[drawn.code]), str(messages.COUNTED[shown.kind.__name__]),
        tuple((day.strftime("%m-%d"), drawn.value(sums), drawn.cell(sums)) for day, sums in steps),
        (_("Day"), *(str(messages.METRICS[metric.code]) for metric in shown.metrics)), tuple(rows),
        _notes(db, shown, asked, lang),
    )  # fmt: skip


def _cells(shown: Page, sums: Any) -> tuple[str, ...]:
    return tuple(metric.cell(sums) for metric in shown.metrics)


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
