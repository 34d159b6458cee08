"""Doors of the audit: the queue of flagged orders, and one order."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import Session

from floor.audit import happenings, merging, queries, service, showing, undoing
from floor.audit.facts import beside_of, twins_of
from floor.audit.forms import AddressForm, KeepForm, read_address, typed_address
from floor.audit.messages import FLAGS, HOLD_REASONS, LATER, RULES, VERDICTS
from floor.audit.models import Verdict
from floor.intake.queries import channels
from floor.kit.errors import Conflict, Invalid
from floor.kit.uow import reading
from floor.orders import queries as orders
from floor.orders.messages import STATES
from floor.orders.models import Address, Customer, Order
from floor.orders.service import AddressChanged
from floor.orders.states import OrderState
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("audit", __name__)

_SIZE = 50
DESK = ("service", "supervisor")


@bp.get("/audit")
@roles(*DESK)
def queue() -> Response:
    """Screen 13: held orders by deadline, each flag with its evidence."""
    rule, text = request.args.get("flag", ""), request.args.get("q", "").strip()
    is_later = "later" in request.args
    number = max(1, request.args.get("page", 1, type=int))
    with reading() as db:
        waiting, total = queries.queue(db, rule, text, number, _SIZE, later=is_later)
        counts, held, later, done = queries.flag_counts(db), queries.held_count(db), queries.later_count(db), _done(db)
        by_code = channels(db)
        told = [] if rule or text or is_later or number > 1 else showing.told(db)
        entries = [
            {
                "order": entry.order,
                "buyer": entry.buyer,
                "kept": entry.kept,
                "flags": showing.with_evidence(entry.flags, entry.order, db.get(Address, entry.order.id)),
            }
            for entry in waiting
        ]
    return page(
        "audit/queue.html", "content", entries=entries, total=total, held=held, counts=counts, rules=RULES, rule=rule,
        done=done, channels=by_code, q=text, page_number=number, pages=-(-total // _SIZE), later=later,
        is_later=is_later, hold_reasons=HOLD_REASONS, told=told,
    )  # fmt: skip


@bp.post("/audit/orders/<int:order_id>/seen")
@roles(*DESK)
@command
def seen(db: Session, order_id: int) -> Response:
    """What the shop said of an order that nothing can hold any more was read."""
    happenings.see(db, service.locked(db, order_id), actor())
    return hx.see(url_for("audit.queue"))


@bp.post("/audit/pass")
@roles(*DESK)
@command
def pass_many(db: Session) -> Response:
    """Let one flag pass on all orders the person saw."""
    rule = request.form.get("flag", "")
    ids = _ids(request.form.getlist("order"))
    if rule not in RULES:
        raise Invalid("audit.unknown_rule")
    if not ids:
        raise Invalid("audit.nothing_chosen")
    free, stay = service.pass_flag(db, rule, ids, actor())
    flash(ngettext("%(num)s order released", "%(num)s orders released", free), "ok")
    if stay:
        flash(ngettext("%(num)s order stays for another flag", "%(num)s orders stay for another flag", stay), "warn")
    return hx.see(url_for("audit.queue", done=",".join(str(one) for one in ids)))


@bp.post("/audit/undo")
@roles(*DESK)
@command
def undo_many(db: Session) -> Response:
    """Take back what was just decided about several orders."""
    ids = _ids(request.form.getlist("order"))
    if not ids:
        raise Invalid("audit.nothing_chosen")
    went, stay = undoing.undo_many(db, ids, actor())
    flash(ngettext("%(num)s decision taken back", "%(num)s decisions taken back", went), "ok" if went else "warn")
    if stay:
        flash(ngettext("%(num)s order was too far", "%(num)s orders were too far", stay), "warn")
    return hx.see(url_for("audit.queue"))


def _ids(texts: Iterable[str]) -> list[int]:
    return [int(text) for text in texts if text.isdecimal() and len(text) < 10][:_SIZE]


@bp.get("/audit/orders/<int:order_id>")
@roles(*DESK)
def order(order_id: int) -> Response:
    """Screen 14: decide one order."""
    with reading() as db:
        return show_order(db, orders.order_for(db, order_id))


def show_order(
    db: Session, found: Order, form: Form[AddressForm] | None = None, status: int = 200, refused: str = ""
) -> Response:
    """Transitions: pass, keep, cancel, merge -> the next order; address, split -> this one while flags are left;
    undo -> this one. `refused`: why a decision was not taken; it stands above what happened last."""
    assert found.id is not None
    address = orders.address_of(db, found.id)
    flags = queries.flags_of(db, found.id)
    still_open = [flag for flag in flags if flag.verdict is Verdict.OPEN]
    settled = [
        (showing.flag_sentence(flag), VERDICTS[flag.verdict]) for flag in flags if flag.verdict is not Verdict.OPEN
    ]
    rule = request.values.get("flag", "")
    kept = queries.hold_of(db, found.id)
    return page(
        "audit/order.html",
        status=status,
        order=found,
        channels=channels(db),
        state=STATES[found.state],
        is_held=found.state is OrderState.HELD,
        address=address,
        buyer=db.get(Customer, found.customer_id) if found.customer_id else None,
        lines=orders.lines_of(db, found.id),
        flags=showing.with_evidence(still_open, found, address),
        settled=settled,
        seen=max((flag.id or 0 for flag in flags), default=0),
        notes=showing.notes_of(found, still_open),
        twins=_others(db, found),
        states=STATES,
        form=form or Form(typed_address(address)),
        done=_done(db, found.id),
        hold_reasons=HOLD_REASONS,
        later=list(LATER.items()),
        kept=kept if found.state is OrderState.HELD else None,
        rule=rule,
        rank=showing.rank_of(db, found.id),
        following=queries.next_in_queue(db, found, rule),
        refused=refused,
        happened=showing.last_of(db, found.id) if refused else "",
        verdict="err" if status != 200 else None,
    )


def as_it_is(view: Callable[[Session, int], Response]) -> Callable[[Session, int], Response]:
    """Somebody was faster, or it is not ours to decide: 409 with the order as it is now, and the next one at hand."""

    @wraps(view)
    def decided(db: Session, order_id: int) -> Response:
        try:
            with db.begin_nested():
                return view(db, order_id)
        except Conflict as no:
            return show_order(db, service.locked(db, order_id), status=409, refused=sentence(no))

    return decided


def _done(db: Session, this: int = 0) -> list[int]:
    """The orders about which the last decision can be taken back now: this one, or those just decided."""
    told = _ids(request.args.get("done", "").split(","))
    if this and queries.last_decision(db, this):
        return [this]
    return [one for one in told if queries.last_decision(db, one)]


def _others(db: Session, found: Order) -> list[tuple[Order, Any, bool]]:
    """The buyer's other orders to look at beside this one: the order, its lines, whether both can be one parcel."""
    rules = queries.rules(db)
    near = twins_of(db, found, rules["twin"].settings.get("minutes", 10))
    near += [one for one in beside_of(db, found, rules["together"].settings.get("hours", 24)) if one not in near]
    return [(one, orders.lines_of(db, one.id or 0), merging.can_merge(db, found, one)) for one in near[:4]]


@bp.post("/audit/orders/<int:order_id>/pass")
@roles(*DESK)
@command
@as_it_is
def pass_one(db: Session, order_id: int) -> Response:
    """Let all its flags pass; or those of the rule `only`, and go on when none is left."""
    found, only = service.locked(db, order_id), request.form.get("only", "")
    _all_seen(db, order_id)
    if not service.pass_order(db, found, actor(), only if only in RULES else ""):
        flash(_("It stays for another flag"), "warn")
        return hx.see(url_for("audit.order", order_id=order_id, flag=request.form.get("flag") or None))
    flash(_("%(number)s released", number=found.number), "ok")
    return _next(db, found)


def _all_seen(db: Session, order_id: int) -> None:
    """What was found after the page was opened is looked at first."""
    last = request.form.get("seen", "")
    if last.isdecimal() and len(last) < 19:
        service.nothing_new(db, order_id, int(last))


def _next(db: Session, after: Order) -> Response:
    """The next order of the same filter, the one just decided at hand for 60 seconds; the queue when none is left."""
    rule = request.form.get("flag", "")
    following = queries.next_in_queue(db, after, rule)
    if following is None:
        return hx.see(url_for("audit.queue", done=after.id))
    return hx.see(url_for("audit.order", order_id=following, flag=rule or None, done=after.id))


@bp.post("/audit/orders/<int:order_id>/undo")
@roles(*DESK)
@command
@as_it_is
def undo(db: Session, order_id: int) -> Response:
    """Take the last decision back within 60 seconds."""
    undoing.undo(db, service.locked(db, order_id), actor())
    flash(_("Taken back: it is on hold as before"), "ok")
    return hx.see(url_for("audit.order", order_id=order_id))


@bp.post("/audit/orders/<int:order_id>/address")
@roles(*DESK)
@command
@as_it_is
def correct_address(db: Session, order_id: int) -> Response:
    """Correct the address; one no courier can use is not taken, and each fault stands at its field."""
    found = service.locked(db, order_id)
    stored = orders.address_of(db, order_id)
    form = read_address(request.form, stored)
    if form.data is not None:
        form.errors = {fault.field: str(FLAGS[fault.case]) for fault in service.faults_of(form.data.address())}
    if form.data is None or form.errors:
        return show_order(db, found, form, 422)
    try:
        still_open = service.correct_address(db, found, form.data.address(), actor(), request.form.get("seen", ""))
    except AddressChanged as no:
        form.typed["seen"] = stored.stamp()
        return show_order(db, found, form.refuse(no, sentence(no)), no.status)
    if still_open:
        flash(_("Address corrected"), "ok")
        return hx.see(url_for("audit.order", order_id=order_id, flag=request.form.get("flag") or None))
    flash(_("%(number)s released with its corrected address", number=found.number), "ok")
    return _next(db, found)


@bp.post("/audit/orders/<int:order_id>/hold")
@roles(*DESK)
@command
@as_it_is
def keep(db: Session, order_id: int) -> Response:
    """Leave it on hold with a reason, for a time or until somebody decides, and go on."""
    found = service.locked(db, order_id)
    form = read(KeepForm, request.form)
    if form.data is None:
        return show_order(db, found, _with_errors(db, found, form), 422)
    service.keep(db, found, form.data.reason, actor(), form.data.moment())
    flash(_("%(number)s stays on hold", number=found.number), "ok")
    return _next(db, found)


def _with_errors(db: Session, found: Order, form: Form[KeepForm]) -> Form[AddressForm]:
    """The page's address form as stored, with the other form's errors beside it."""
    return Form(typed_address(orders.address_of(db, found.id or 0)), None, form.errors)


@bp.post("/audit/orders/<int:order_id>/cancel")
@roles(*DESK)
@command
@as_it_is
def cancel(db: Session, order_id: int) -> Response:
    """The flags were right: cancel the order."""
    found = service.locked(db, order_id)
    service.refuse(db, found, actor())
    flash(_("%(number)s cancelled", number=found.number), "ok")
    return _next(db, found)


@bp.post("/audit/orders/<int:order_id>/merge")
@roles(*DESK)
@command
@as_it_is
def merge(db: Session, order_id: int) -> Response:
    """Its goods go along with another order of the same buyer to the same door."""
    (other,) = _ids([request.form.get("into", "")]) or (0,)
    found, into = merging.locked_pair(db, order_id, other)
    _all_seen(db, order_id)
    merging.merge(db, found, into, actor())
    flash(_("%(number)s goes with %(other)s", number=found.number, other=into.number), "ok")
    return _next(db, found)


@bp.post("/audit/orders/<int:order_id>/split")
@roles(*DESK)
@command
@as_it_is
def split(db: Session, order_id: int) -> Response:
    """Some of its lines go apart, in an order of their own."""
    found = service.locked(db, order_id)
    try:
        made = merging.split(db, found, _ids(request.form.getlist("line")), actor())
    except Invalid as bad:
        form = Form[AddressForm](typed_address(orders.address_of(db, order_id)))
        return show_order(db, found, form.refuse(bad, sentence(bad)), 422)
    flash(_("Some lines go apart as %(number)s", number=made.number), "ok")
    return hx.see(url_for("audit.order", order_id=order_id))
