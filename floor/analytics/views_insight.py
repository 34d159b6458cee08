"""Doors of insight: figures over time and by group, what they suggest; for a spreadsheet, and as a week's PDF."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, current_app, make_response, request
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session, col, select

from floor.analytics import insight, messages, suggesting, summing, weekly, wording
from floor.analytics.forms import AskForm
from floor.analytics.insight import Filter, Floor, Goods, Group
from floor.analytics.metrics import PAGES, Page
from floor.analytics.models import WeekReport
from floor.inventory.count_days import today
from floor.inventory.models import Warehouse
from floor.inventory.queries import warehouses
from floor.kit import charts, compute
from floor.kit.errors import Unknown
from floor.kit.uow import reading
from floor.paper.reports import report_pdf
from floor.returns.messages import REASONS
from floor.shipments.models import Carrier
from floor.web import locale, provinces
from floor.web.auth import roles
from floor.web.context import in_words
from floor.web.downloads import csv_file
from floor.web.forms import read
from floor.web.page import page

bp = Blueprint("insight", __name__)

WHO = ("supervisor",)
#: Days of a page nobody chose dates for.
_DAYS = 28
#: SKUs a page shows; the CSV has all.
_SKUS = 40
#: Suggestions it tells, the widest differences first.
_TOLD = 6


@bp.get("/insight")
@bp.get("/insight/<name>")
@roles(*WHO)
def index(name: str = "delivery") -> Response:
    """A chart over time with its table, the same by group, and what the figures suggest doing."""
    shown = _page(name)
    with reading() as db:
        asked = _asked(db)
        steps = insight.by_time(db, shown.kind, asked["filter"])
        values: dict[str, Any] = {
            "shown": shown, "steps": steps, "total": insight.total_of(shown.kind, [sums for _day, sums in steps]),
            "groups": _groups(db, shown, asked["filter"], asked["group"]), **_suggested(db, shown, asked["filter"]),
            "summed": summing.summed_to(db), "weeks": weekly.kept_weeks(db, current_user.site, locale.chosen()),
        }  # fmt: skip
    drawn = shown.metric(shown.drawn)
    return page(
        "analytics/insight.html", "content", words=messages, suggest=wording, chart=charts, pages=PAGES,
        reasons=REASONS,
        bars=charts.bars([(day, drawn.value(sums)) for day, sums in steps]), **values, **asked,
    )  # fmt: skip


def _page(name: str) -> Page:
    if name not in PAGES:
        raise Unknown("analytics.unknown_page")
    return PAGES[name]


def _asked(db: Session) -> dict[str, Any]:
    """The filter in the address; people of one site see theirs."""
    given = {name: value for name, value in request.args.items() if name in AskForm.model_fields}
    typed = read(AskForm, given).data or AskForm()
    last = min(typed.last or today(), today() + timedelta(days=1))
    first = max(min(typed.first or last - timedelta(days=_DAYS - 1), last), last - timedelta(days=insight.MOST_DAYS))
    houses = [one for one in warehouses(db) if current_user.site in ("", one.code)]
    carriers = db.exec(select(Carrier).order_by(col(Carrier.id))).all()
    house = next((one for one in houses if one.code == (current_user.site or typed.house)), None)
    carrier = next((one for one in carriers if one.code == typed.carrier), None)
    found = Filter(first, last, house.id if house else None, carrier.id if carrier else None, typed.province)
    return {
        "filter": found, "group": Group(typed.group), "houses": houses, "carriers": carriers,
        "house": house.code if house else "", "carrier": carrier.code if carrier else "",
        "given": {
            "first": first, "last": last, "house": house.code if house else None,
            "carrier": carrier.code if carrier else None, "province": typed.province or None, "group": typed.group,
        },
        "house_of": {one.id: one for one in houses}, "carrier_of": {one.id: one for one in carriers},
    }  # fmt: skip


def _groups(db: Session, shown: Page, asked: Filter, group: Group) -> list[tuple[str, Any]]:
    """(name in words, sums) of what the page's sums can be divided by."""
    if shown.kind is Floor:
        names = {one.id: in_words("name")(one) for one in db.exec(select(Warehouse))}
        return [(names[house], sums) for house, sums in insight.floor_by_house(db, asked)]
    if shown.kind is Goods:
        return []
    rows = insight.by_group(db, asked, group)
    if group is Group.REGION:
        return [(provinces.in_words(province) or _("unknown"), sums) for province, sums in rows]
    table: Any = Carrier if group is Group.CARRIER else Warehouse
    called = {one.id: in_words("name")(one) for one in db.scalars(select(table))}
    return [(called[of], sums) for of, sums in rows]


def _suggested(db: Session, shown: Page, asked: Filter) -> dict[str, Any]:
    if shown.name in ("delivery", "cost"):
        found, compared = suggesting.slower_lanes(insight.lane_days(db, asked))
        mine = [one for one in found if asked.carrier_id in (None, one.slow, one.quick)]
        return {"slower": mine[:_TOLD], "compared": compared, "skus": [], "often": []}
    if shown.kind is Goods:
        skus = insight.by_sku(db, asked)
        often, compared = suggesting.often_back(skus, insight.units_sent(db, asked))
        return {
            "slower": [],
            "compared": compared,
            "skus": skus[:_SKUS],
            "often": often[:_TOLD],
            "by_reason": insight.by_reason(db, asked),
        }
    return {"slower": [], "compared": 0, "skus": [], "often": []}


@bp.get("/insight/<name>.csv")
@roles(*WHO)
def export(name: str) -> Response:
    """A page's tables for a spreadsheet: over time, then by group or SKU."""
    shown = _page(name)
    with reading() as db:
        asked = _asked(db)
        steps = insight.by_time(db, shown.kind, asked["filter"])
        groups = _groups(db, shown, asked["filter"], asked["group"])
        skus = insight.by_sku(db, asked["filter"]) if shown.kind is Goods else []
    header = [_("What"), *(str(messages.METRICS[metric.code]) for metric in shown.metrics)]
    rows = [[day.isoformat(), *_plain(shown, sums)] for day, sums in steps]
    rows += [[called, *_plain(shown, sums)] for called, sums in groups]
    if shown.kind is Goods:
        header += [str(words) for words in REASONS.values()]
        rows += [
            [
                one.sku.code,
                *_plain(shown, Goods(one.sent, one.returned)),
                *(one.reasons.get(code.value, 0) for code in REASONS),
            ]
            for one in skus
        ]
    return csv_file(f"insight-{name}.csv", header, rows)


def _plain(shown: Page, sums: Any) -> Sequence[Any]:
    values = [(metric.value(sums), metric.decimals) for metric in shown.metrics]
    return ["" if value is None else round(value, decimals) if decimals else round(value) for value, decimals in values]


@bp.get("/insight/week.pdf")
@roles(*WHO)
def week() -> Response:
    """The week that ended last, or the one `?day=` falls into."""
    asked = read(AskForm, {"first": request.args.get("day", "")}).data
    day = asked.first if asked and asked.first else today() - timedelta(days=7)
    with reading() as db:
        paper = weekly.report(db, day, locale.chosen(), current_app.extensions["settings"].company, current_user.site)
    return _pdf(compute.run(report_pdf, paper, locale.chosen()), paper.first)


@bp.get("/insight/weeks/<first>.pdf")
@roles(*WHO)
def kept_week(first: str) -> Response:
    """A week's report as it was when the week was over; by its Monday."""
    asked = read(AskForm, {"first": first}).data
    with reading() as db:
        kept = db.get(WeekReport, (asked.first, current_user.site, locale.chosen())) if asked and asked.first else None
    if kept is None:
        raise Unknown("analytics.unknown_week")
    return _pdf(kept.pdf, kept.first)


def _pdf(body: bytes, first: date) -> Response:
    response = make_response(body)
    response.content_type = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="week-{first.isoformat()}.pdf"'
    return response
