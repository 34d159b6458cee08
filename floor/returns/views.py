"""Doors of the returns desk: its lists, what a scan opens, one case, and the inspection of one item."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, current_app, make_response, request, url_for
from flask_login import current_user
from sqlmodel import Session

from floor.catalog import queries as catalog
from floor.catalog.models import Sku
from floor.kit import clock
from floor.kit.errors import Invalid, Refused, Unknown
from floor.kit.uow import reading
from floor.orders import queries as orders
from floor.orders.models import Order, OrderLine
from floor.people import service as people
from floor.people.models import User
from floor.returns import messages, queries, rules, service
from floor.returns.forms import Inspection, Scan, checked_photo, preview
from floor.returns.models import ReturnCase
from floor.returns.rules import RULES
from floor.returns.service import UNDO_WITHIN, Decision
from floor.returns.states import CaseState
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("returns", __name__)

DESK = ("service", "supervisor")

_TABS = {"expected": (CaseState.REQUESTED,), "arrived": (CaseState.ARRIVED,), "closed": (CaseState.CLOSED,)}


@bp.get("/returns")
@roles(*DESK)
def desk() -> Response:
    """Screen 42: what is expected, what is on the desk, what is done."""
    tab = request.args.get("tab", "arrived")
    if tab not in _TABS:
        raise Unknown("returns.unknown")
    with reading() as db:
        rows, n = queries.desk(db, _TABS[tab]), queries.counts(db, clock.now() - timedelta(days=1))
    return page("returns/desk.html", "content", rows=rows, tab=tab, n=n, words=messages)


@bp.get("/returns/intake")
@roles(*DESK)
def intake() -> Response:
    """Screen 43: scan what came; `?q=` looks for the order of a parcel nobody announced."""
    with reading() as db:
        return show_intake(db, Form(dict(request.args)))


@bp.post("/returns/intake")
@roles(*DESK)
@command
def receive(db: Session) -> Response:
    """A parcel, slip or item was scanned.

    -> the case's first item, when the code stands on the parcel: it has arrived with that
    -> the list to choose from, when it may be several, or only the order is known
    -> the same page, saying that nobody knows the code, with the search
    """
    form = read(Scan, request.form)
    if form.data is None:
        return show_intake(db, form, 422)
    found = queries.find(db, form.data.code)
    if found.sure and len(found.cases) == 1:
        (case,) = found.cases
        if case.state == CaseState.REQUESTED:
            service.arrive(db, case.id or 0, queries.site_of(db, current_user.site), actor())
        return hx.see(_next_step(db, case))
    status = 200 if found.cases or found.order else 422
    return show_intake(db, form, status, found)


def show_intake(db: Session, form: Form[Scan], status: int = 200, found: queries.Found | None = None) -> Response:
    cases = [_with_items(db, case) for case in found.cases] if found else []
    hits = queries.search_orders(db, form["q"])
    verdict = "err" if status != 200 else ("step" if found else None)
    return page(
        "returns/intake.html", "content", status=status,
        form=form, found=found, cases=cases, hits=hits, words=messages, verdict=verdict,
        scan_url=url_for("returns.receive"),
    )  # fmt: skip


def _with_items(db: Session, case: ReturnCase) -> tuple[ReturnCase, Order, Any]:
    return case, orders.order_for(db, case.order_id), queries.items_of(db, case.id or 0)


def _next_step(db: Session, case: ReturnCase) -> str:
    """The first item still to inspect, else the case."""
    position = queries.next_position(db, case)
    if position is None:
        return url_for("returns.case", case_id=case.id)
    return url_for("returns.item", case_id=case.id, position=position)


# --- one case ----------------------------------------------------------------------------------------------------


@bp.get("/returns/<int:case_id>")
@roles(*DESK)
def case(case_id: int) -> Response:
    """A case with its items, what was decided, and the refund."""
    with reading() as db:
        found = queries.case_for(db, case_id)
        order = orders.order_for(db, found.order_id)
        items, refund = queries.items_of(db, case_id), queries.refund_of(db, case_id)
        address = orders.address_of(db, found.order_id)
    return page(
        "returns/case.html", "content",
        case=found, order=order, items=items, refund=refund, address=address, words=messages,
        total_fen=sum(item.refund_fen for item, _sku in items),
        freight_fen=sum(item.freight_fen for item, _sku in items),
        ready=all(item.inspected_at for item, _sku in items),
    )  # fmt: skip


@bp.post("/returns/<int:case_id>/arrive")
@roles(*DESK)
@command
def arrive(db: Session, case_id: int) -> Response:
    """The parcel is here."""
    return hx.see(_next_step(db, service.arrive(db, case_id, queries.site_of(db, current_user.site), actor())))


@bp.post("/returns/<int:case_id>/cancel")
@roles(*DESK)
@command
def cancel(db: Session, case_id: int) -> Response:
    """It will not come."""
    service.cancel(db, case_id, actor())
    return hx.see(url_for("returns.case", case_id=case_id))


@bp.post("/returns/<int:case_id>/close")
@roles(*DESK)
@command
def close(db: Session, case_id: int) -> Response:
    """Everything is decided: record the refund and send the goods on."""
    service.close(db, case_id, actor())
    return hx.see(url_for("returns.case", case_id=case_id))


# --- one item ----------------------------------------------------------------------------------------------------


@bp.get("/returns/<int:case_id>/items/<int:position>")
@roles(*DESK)
def item(case_id: int, position: int) -> Response:
    """Screen 44: scan, four checks, photo, grade, suggestion, refund. With `?grade=` it shows what the rules say."""
    with reading() as db:
        return show_item(db, case_id, position, Form(dict(request.args)))


@bp.post("/returns/<int:case_id>/items/<int:position>/scan")
@roles(*DESK)
@command
def scan(db: Session, case_id: int, position: int) -> Response:
    """Something was scanned while an item is on the desk.

    -> this item, ticked: it is what the line sold       -> another item of the case: its page, ticked there
    -> another case: a return number or waybill          -> red: not bought in this order, or unknown
    """
    form = read(Scan, request.form)
    if form.data is None:
        return show_item(db, case_id, position, form, 422)
    code = form.data.code
    known = catalog.resolve(db, code)
    if known.command == "UNDO":
        service.take_back(db, case_id, position, actor())
        return show_item(db, case_id, position, Form(), verdict="step")
    if known.sku is not None:
        return _scanned_goods(db, case_id, position, known.sku)
    found = queries.find(db, code)
    if found.sure:
        return hx.see(_next_step(db, found.cases[0]))
    return show_item(db, case_id, position, Form(), 422, wrong=Invalid("returns.unknown_code"))


def _scanned_goods(db: Session, case_id: int, position: int, sku: Sku) -> Response:
    here, _sku = queries.item_at(db, case_id, position)
    if here.sku_id == sku.id and here.inspected_at is None:
        service.matched(db, case_id, position, here.sku_id)
        return show_item(db, case_id, position, Form(), verdict="step")
    for other, _sku in queries.items_of(db, case_id):
        if other.sku_id == sku.id and other.inspected_at is None:
            service.matched(db, case_id, other.position, other.sku_id)
            return hx.see(url_for("returns.item", case_id=case_id, position=other.position))
    bought = {line.sku_id for line, _sku in orders.lines_of(db, queries.case_for(db, case_id).order_id)}
    wrong = Invalid("returns.not_announced" if sku.id in bought else "returns.not_bought")
    return show_item(db, case_id, position, Form(), 422, wrong=wrong, scanned=sku)


@bp.post("/returns/<int:case_id>/items/<int:position>/decide")
@roles(*DESK)
@command
def decide(db: Session, case_id: int, position: int) -> Response:
    """The item is inspected: on to the next one, or to the case when it was the last."""
    form, photo = read(Inspection, request.form), None
    upload = request.files.get("photo")
    try:
        photo = checked_photo(upload.read()) if upload else None
    except Invalid as refused:
        form.refuse(refused, sentence(refused))
    second = _second_person(db, case_id, position, form)
    if form.data is None or form.errors:
        return show_item(db, case_id, position, form, 422, verdict="err")
    seen = form.data
    found = Decision(seen.grade, seen.checks(), seen.disposition, seen.override_reason, photo)
    try:
        service.decide(db, case_id, position, found, second, _limit(), actor())
    except Invalid as refused:
        return show_item(db, case_id, position, form.refuse(refused, sentence(refused)), 422, verdict="err")
    return hx.see(_next_step(db, queries.case_for(db, case_id)))


def _second_person(db: Session, case_id: int, position: int, form: Form[Inspection]) -> User | None:
    """Whose badge and PIN stand beside the clerk's, where the refund needs one; a wrong PIN is counted."""
    here, _sku = queries.item_at(db, case_id, position)
    if form.data is None or here.inspected_at is not None or not form.data.badge:
        return None
    if queries.quote(db, queries.case_for(db, case_id), here).total_fen <= _limit():
        return None
    settings = current_app.extensions["settings"]
    lock_for = timedelta(minutes=settings.pin_lock_minutes)
    answer = people.check_pin(db, form.data.badge, form.data.pin, settings.pin_attempts, lock_for)
    if isinstance(answer, Invalid):
        form.refuse(answer, sentence(answer))
        return None
    return answer


def _limit() -> int:
    return int(current_app.extensions["settings"].second_person_fen)


@bp.post("/returns/<int:case_id>/items/<int:position>/undo")
@roles(*DESK)
@command
def undo(db: Session, case_id: int, position: int) -> Response:
    """Take the decision back, within 30 seconds."""
    service.take_back(db, case_id, position, actor())
    return hx.see(url_for("returns.item", case_id=case_id, position=position))


@bp.post("/returns/<int:case_id>/items/<int:position>/split")
@roles(*DESK)
@command
def split(db: Session, case_id: int, position: int) -> Response:
    """One unit is inspected alone; the others follow as an item of their own."""
    service.split(db, case_id, position, actor())
    return hx.see(url_for("returns.item", case_id=case_id, position=position))


@bp.post("/returns/<int:case_id>/items/<int:position>/missing")
@roles(*DESK)
@command
def missing(db: Session, case_id: int, position: int) -> Response:
    """Announced, but not in the parcel."""
    service.missing(db, case_id, position, actor())
    return hx.see(_next_step(db, queries.case_for(db, case_id)))


@bp.get("/returns/<int:case_id>/items/<int:position>/photo")
@roles(*DESK)
def photo(case_id: int, position: int) -> Response:
    """The photo the desk took."""
    with reading() as db:
        taken = queries.item_at(db, case_id, position)[0].photo
    if not taken:
        raise Unknown("returns.unknown")
    response = make_response(taken)
    response.content_type = "image/jpeg"
    return response


def show_item(
    db: Session, case_id: int, position: int, form: Form[Any], status: int = 200, *,
    verdict: str | None = None, wrong: Refused | None = None, scanned: Sku | None = None,
) -> Response:  # fmt: skip
    found = queries.case_for(db, case_id)
    here, sku = queries.item_at(db, case_id, position)
    fragment = "decision" if hx.target() == "decision" else "content"
    return page(
        "returns/item.html", fragment, status=status, verdict="err" if wrong else verdict,
        scan_url=url_for("returns.scan", case_id=case_id, position=position),
        case=found, item=here, sku=sku, form=form, words=messages, order=orders.order_for(db, found.order_id),
        barcode=catalog.barcode_of(db, here.sku_id), wrong=sentence(wrong) if wrong else None, scanned=scanned,
        items=queries.items_of(db, case_id), queue=queries.desk(db, (CaseState.ARRIVED,), limit=12),
        findings=_findings(here.checks), has_photo=bool(here.inspected_at and here.photo),
        grade_tiles=[(g, g.upper(), text, n) for n, (g, text) in enumerate(messages.GRADES.items(), start=1)],
        rules=RULES, age_days=_days_since_delivery(db, found), return_days=queries.RETURN_DAYS,
        undo_open=here.inspected_at is not None and clock.now() - here.inspected_at <= UNDO_WITHIN,
        **_settlement(db, found, here, form.typed),
    )  # fmt: skip


def _findings(checks: Mapping[str, bool]) -> list[tuple[str, Any]]:
    """The answered checks for `ui.ticks`."""
    return [("ok" if checks[name] else "err", text) for name, text in messages.CHECKS.items() if name in checks]


def _settlement(db: Session, found: ReturnCase, here: Any, typed: Mapping[str, str]) -> dict[str, Any]:
    """What the rules say of what is filled in so far, where the goods would go, and the money."""
    grade, checks = preview(typed)
    rule = rules.suggest(grade, found.reason, checks) if grade else None
    line = db.get(OrderLine, here.order_line_id)
    money = queries.quote(db, found, here)
    if here.inspected_at is not None:
        money = rules.Quote(here.refund_fen - here.freight_fen, here.freight_fen)
    target = queries.pick_bin_for(db, found.warehouse_id, here.sku_id)
    return {
        "rule": rule, "target": target, "money": money, "line": line, "needs_second": money.total_fen > _limit(),
        "limit_fen": _limit(), "ours": found.reason in rules.OURS,
    }  # fmt: skip


def _days_since_delivery(db: Session, found: ReturnCase) -> int | None:
    """Whole days from delivery to the request."""
    delivered = queries.delivered_at(db, found.order_id)
    return None if delivered is None else max(0, (found.requested_at - delivered).days)
