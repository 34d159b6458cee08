"""Doors of the inspection: scan, checks, pictures, grade, what becomes of an item and what goes back for it."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request, url_for
from sqlmodel import Session

from floor.catalog import queries as catalog
from floor.catalog.models import Sku
from floor.kit import clock
from floor.kit.errors import Invalid, Refused
from floor.kit.uow import reading
from floor.orders import queries as orders
from floor.orders.models import OrderLine
from floor.people.models import User
from floor.returns import exchanging, finding, messages, money, queries, ruleset, second, service
from floor.returns.forms import Inspection, Scan, checked_photos, preview
from floor.returns.models import CHOICES, CaseKind, ReturnCase
from floor.returns.service import UNDO_WITHIN, Decision
from floor.returns.states import CaseState
from floor.returns.views import DESK, next_step
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("return_items", __name__)


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
    found = finding.find(db, code)
    if found.sure:
        return hx.see(next_step(db, found.cases[0]))
    return show_item(db, case_id, position, Form(), 422, wrong=Invalid("returns.unknown_code"))


def _scanned_goods(db: Session, case_id: int, position: int, sku: Sku) -> Response:
    here, _sku = queries.item_at(db, case_id, position)
    if here.sku_id == sku.id and here.inspected_at is None:
        service.matched(db, case_id, position, here.sku_id)
        return _scanned(db, case_id, position) or show_item(db, case_id, position, Form(), verdict="step")
    for other, _sku in queries.items_of(db, case_id):
        if other.sku_id == sku.id and other.inspected_at is None:
            service.matched(db, case_id, other.position, other.sku_id)
            return _scanned(db, case_id, other.position) or hx.see(_url(case_id, other.position))
    bought = {line.sku_id for line, _sku in orders.lines_of(db, queries.case_for(db, case_id).order_id)}
    wrong = Invalid("returns.not_announced" if sku.id in bought else "returns.not_bought")
    return show_item(db, case_id, position, Form(), 422, wrong=wrong, scanned=sku)


def _scanned(db: Session, case_id: int, position: int) -> Response | None:
    """What comes after the scan where there is nothing to grade: the next item of a repair, or its case."""
    found = queries.case_for(db, case_id)
    return hx.see(next_step(db, found)) if found.kind is CaseKind.REPAIR else None


def _url(case_id: int, position: int) -> str:
    return url_for("return_items.item", case_id=case_id, position=position)


@bp.post("/returns/<int:case_id>/items/<int:position>/decide")
@roles(*DESK)
@command
def decide(db: Session, case_id: int, position: int) -> Response:
    """The item is inspected: on to the next one, or to the case when it was the last."""
    form, photos = read(Inspection, request.form), list[bytes]()
    try:
        photos = checked_photos(request.files.getlist("photo"))
    except Invalid as refused:
        form.refuse(refused, sentence(refused))
    agreed = _second_person(db, case_id, position, form)
    if form.data is None or form.errors:
        return show_item(db, case_id, position, form, 422, verdict="err")
    seen = form.data
    found = Decision(seen.grade, seen.checks(), seen.disposition, seen.override_reason, photos)
    try:
        service.decide(db, case_id, position, found, agreed, second.limit(), actor())
    except Invalid as refused:
        return show_item(db, case_id, position, form.refuse(refused, sentence(refused)), 422, verdict="err")
    return hx.see(next_step(db, queries.case_for(db, case_id)))


def _second_person(db: Session, case_id: int, position: int, form: Form[Inspection]) -> User | None:
    """Whose badge and PIN stand beside the clerk's, where the refund needs one."""
    here, _sku = queries.item_at(db, case_id, position)
    if here.inspected_at is not None or here.settled_at is not None:
        return None
    owed = money.quote(db, queries.case_for(db, case_id), here).total_fen
    return second.who_agrees(db, form) if owed > second.limit() else None


@bp.post("/returns/<int:case_id>/items/<int:position>/undo")
@roles(*DESK)
@command
def undo(db: Session, case_id: int, position: int) -> Response:
    """Take the decision back, within 30 seconds."""
    service.take_back(db, case_id, position, actor())
    return hx.see(_url(case_id, position))


@bp.post("/returns/<int:case_id>/items/<int:position>/split")
@roles(*DESK)
@command
def split(db: Session, case_id: int, position: int) -> Response:
    """One unit is inspected alone; the others follow as an item of their own."""
    service.split(db, case_id, position, actor())
    return hx.see(_url(case_id, position))


@bp.post("/returns/<int:case_id>/items/<int:position>/missing")
@roles(*DESK)
@command
def missing(db: Session, case_id: int, position: int) -> Response:
    """Announced, but not in the parcel."""
    service.missing(db, case_id, position, actor())
    return hx.see(next_step(db, queries.case_for(db, case_id)))


def show_item(
    db: Session, case_id: int, position: int, form: Form[Any], status: int = 200, *,
    verdict: str | None = None, wrong: Refused | None = None, scanned: Sku | None = None,
) -> Response:  # fmt: skip
    found = queries.case_for(db, case_id)
    here, sku = queries.item_at(db, case_id, position)
    fragment = "decision" if hx.target() == "decision" else "content"
    return page(
        "returns/item.html", fragment, status=status, verdict="err" if wrong else verdict,
        scan_url=url_for("return_items.scan", case_id=case_id, position=position),
        case=found, item=here, sku=sku, form=form, words=messages, order=orders.order_for(db, found.order_id),
        barcode=catalog.barcode_of(db, here.sku_id), wrong=sentence(wrong) if wrong else None, scanned=scanned,
        items=queries.items_of(db, case_id), queue=queries.desk(db, (CaseState.ARRIVED,), limit=12),
        findings=_findings(here.checks), photos=queries.photos_of(db, item_id=here.id),
        choices=[(one, messages.DISPOSITIONS[one]) for one in CHOICES],
        wanted=queries.skus(db, [here.wants_sku_id] if here.wants_sku_id else []),
        grade_tiles=[(g, g.upper(), text, n) for n, (g, text) in enumerate(messages.GRADES.items(), start=1)],
        rules=ruleset.now(db).dispositions, age_days=_days_since_delivery(db, found), return_days=queries.RETURN_DAYS,
        undo_open=here.inspected_at is not None and clock.now() - here.inspected_at <= UNDO_WITHIN,
        **_settlement(db, found, here, form.typed),
    )  # fmt: skip


def _findings(checks: Mapping[str, bool]) -> list[tuple[str, Any]]:
    """The answered checks for `ui.ticks`."""
    return [("ok" if checks[name] else "err", text) for name, text in messages.CHECKS.items() if name in checks]


def _settlement(db: Session, found: ReturnCase, here: Any, typed: Mapping[str, str]) -> dict[str, Any]:
    """What the rules say of what is filled in so far, where the goods would go, and the money."""
    grade, checks = preview(typed)
    rules = ruleset.now(db)
    rule = rules.suggest(grade, found.reason, checks) if grade else None
    line, owed = db.get(OrderLine, here.order_line_id), money.quote(db, found, here)
    target = queries.pick_bin_for(db, found.warehouse_id, here.sku_id)
    needs_second = owed.total_fen > second.limit() and here.settled_at is None
    pays_freight = rules.terms[found.reason].pays_freight and found.kind is CaseKind.REFUND
    return {
        "rule": rule, "target": target, "money": owed, "line": line, "needs_second": needs_second,
        "limit_fen": second.limit(), "pays_freight": pays_freight,
        "difference": exchanging.difference(db, here) if here.wants_sku_id else 0,
    }  # fmt: skip


def _days_since_delivery(db: Session, found: ReturnCase) -> int | None:
    """Whole days from delivery to the request."""
    delivered = queries.delivered_at(db, found.order_id)
    return None if delivered is None else max(0, (found.requested_at - delivered).days)
