"""Doors of the audit: the queue of flagged orders, one order, the rules."""

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlmodel import Session

from floor.audit import queries, service
from floor.audit.forms import AddressForm, KeepForm, RuleForm
from floor.audit.messages import FEN, FIELDS, FLAGS, HOLD_REASONS, RULES, VERDICTS
from floor.audit.models import Flag, Verdict
from floor.intake.queries import channels
from floor.kit import units
from floor.kit.errors import Invalid
from floor.kit.uow import reading
from floor.orders import queries as orders
from floor.orders.messages import STATES
from floor.orders.models import Address, Customer, Order
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


def flag_sentence(flag: Flag) -> str:
    """The flag in words, its sums in yuan."""
    case = flag.values["case"]
    shown = {name: units.yuan(v) if name in FEN.get(case, ()) else v for name, v in flag.values.items()}
    return str(FLAGS[case]) % shown


def evidence(flag: Flag, text: str) -> tuple[str, str, str] | None:
    """The text around what the flag points at: before, marked, after. None when the text was changed meanwhile."""
    if not flag.field or flag.end <= flag.start or flag.end > len(text):
        return None
    return text[max(0, flag.start - 40) : flag.start], text[flag.start : flag.end], text[flag.end : flag.end + 40]


def _text_of(flag: Flag, order: Order, address: Address | None) -> str:
    return str(getattr(order if flag.field in queries.TEXTS else address, flag.field, "") or "") if flag.field else ""


def _shown(flags: list[Flag], order: Order, address: Address | None) -> list[dict[str, Any]]:
    return [
        {
            "flag": flag,
            "text": flag_sentence(flag),
            "rule": RULES[flag.rule],
            "where": FIELDS.get(flag.field, ""),
            "evidence": evidence(flag, _text_of(flag, order, address)),
        }
        for flag in flags
    ]


@bp.get("/audit")
@roles(*DESK)
def queue() -> Response:
    """Screen 13: held orders by deadline, each flag with its evidence."""
    rule, text = request.args.get("flag", ""), request.args.get("q", "").strip()
    number = max(1, request.args.get("page", 1, type=int))
    with reading() as db:
        waiting, total = queries.queue(db, rule, text, number, _SIZE)
        counts, held, undo_id = queries.flag_counts(db), queries.held_count(db), _undo_id(db)
        by_code = channels(db)
        entries = [
            {
                "order": entry.order,
                "buyer": entry.buyer,
                "kept": HOLD_REASONS[entry.kept] if entry.kept else "",
                "flags": _shown(entry.flags, entry.order, db.get(Address, entry.order.id)),
            }
            for entry in waiting
        ]
    return page(
        "audit/queue.html", "content", entries=entries, total=total, held=held, counts=counts, rules=RULES, rule=rule,
        undo_id=undo_id, channels=by_code, q=text, page_number=number, pages=-(-total // _SIZE),
    )  # fmt: skip


@bp.post("/audit/pass")
@roles(*DESK)
@command
def pass_many(db: Session) -> Response:
    """Let one flag pass on all orders the person saw."""
    rule = request.form.get("flag", "")
    ids = [int(value) for value in request.form.getlist("order") if value.isdecimal() and len(value) < 10]
    if rule not in RULES:
        raise Invalid("audit.unknown_rule")
    if not ids:
        raise Invalid("audit.nothing_chosen")
    free, stay = service.pass_flag(db, rule, ids, actor())
    flash(ngettext("%(num)s order released", "%(num)s orders released", free), "ok")
    if stay:
        flash(ngettext("%(num)s order stays for another flag", "%(num)s orders stay for another flag", stay), "warn")
    return hx.see(url_for("audit.queue"))


@bp.get("/audit/orders/<int:order_id>")
@roles(*DESK)
def order(order_id: int) -> Response:
    """Screen 14: decide one order."""
    with reading() as db:
        return show_order(db, orders.order_for(db, order_id))


def show_order(db: Session, found: Order, form: Form[AddressForm] | None = None, status: int = 200) -> Response:
    """Transitions: pass, keep, cancel -> the next order; address -> this one while flags are left; undo -> this one."""
    assert found.id is not None
    address = orders.address_of(db, found.id)
    flags = queries.flags_of(db, found.id)
    still_open = [flag for flag in flags if flag.verdict is Verdict.OPEN]
    settled = [(flag_sentence(flag), VERDICTS[flag.verdict]) for flag in flags if flag.verdict is not Verdict.OPEN]
    minutes = queries.rules(db)["twin"].settings.get("minutes", 10)
    typed = {name: getattr(address, name) for name in AddressForm.model_fields}
    kept = queries.kept_reasons(db, [found.id]).get(found.id, "")
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
        flags=_shown(still_open, found, address),
        settled=settled,
        notes=_marked_notes(found, still_open),
        twins=[(twin, orders.lines_of(db, twin.id or 0)) for twin in queries.twins_of(db, found, minutes)],
        states=STATES,
        form=form or Form(typed),
        undo_id=_undo_id(db, found.id),
        hold_reasons=list(HOLD_REASONS.items()),
        kept=HOLD_REASONS[kept] if kept and found.state is OrderState.HELD else "",
        rule=request.values.get("flag", ""),
        verdict="err" if status == 422 else None,
    )


def _undo_id(db: Session, this: int = 0) -> int:
    """The order whose pass can be taken back now: this one, or the one just decided; 0 for none."""
    return next((i for i in (this, request.args.get("done", 0, type=int)) if i and queries.last_pass(db, i)), 0)


def _marked_notes(order: Order, flags: list[Flag]) -> list[tuple[Any, list[tuple[str, bool]]]]:
    """Every note somebody wrote, cut into pieces, the flagged ones marked."""
    notes = []
    for name in queries.TEXTS:
        text = getattr(order, name)
        if text:
            spans = sorted((flag.start, flag.end) for flag in flags if flag.field == name)
            notes.append((FIELDS[name], _pieces(text, spans)))
    return notes


def _pieces(text: str, spans: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    pieces, at = [], 0
    for start, end in spans:
        if start >= at:
            pieces += [(text[at:start], False), (text[start:end], True)]
            at = end
    return [piece for piece in [*pieces, (text[at:], False)] if piece[0]]


@bp.post("/audit/orders/<int:order_id>/pass")
@roles(*DESK)
@command
def pass_one(db: Session, order_id: int) -> Response:
    found = service.locked(db, order_id)
    service.pass_order(db, found, actor())
    flash(_("%(number)s released", number=found.number), "ok")
    return _next(db, found)


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
def undo(db: Session, order_id: int) -> Response:
    """Take a pass back within 60 seconds."""
    service.undo_pass(db, service.locked(db, order_id), actor())
    return hx.see(url_for("audit.order", order_id=order_id))


@bp.post("/audit/orders/<int:order_id>/address")
@roles(*DESK)
@command
def correct_address(db: Session, order_id: int) -> Response:
    """Correct the address; one no courier can use is not taken, and each fault stands at its field."""
    found = service.locked(db, order_id)
    form = read(AddressForm, request.form)
    if form.data is not None:
        form.errors = {fault.field: str(FLAGS[fault.case]) for fault in service.faults_of(form.data.address())}
    if form.data is None or form.errors:
        return show_order(db, found, form, 422)
    still_open = service.correct_address(db, found, form.data.address(), actor())
    flash(_("Address corrected"), "ok")
    return _next(db, found) if not still_open else hx.see(url_for("audit.order", order_id=order_id))


@bp.post("/audit/orders/<int:order_id>/hold")
@roles(*DESK)
@command
def keep(db: Session, order_id: int) -> Response:
    """Leave it on hold with a reason, and go on."""
    found = service.locked(db, order_id)
    form = read(KeepForm, request.form)
    if form.data is None:
        return show_order(db, found, _with_errors(db, found, form), 422)
    service.keep(db, found, form.data.reason, actor())
    return _next(db, found)


def _with_errors(db: Session, found: Order, form: Form[KeepForm]) -> Form[AddressForm]:
    """The page's address form as stored, with the other form's errors beside it."""
    address = orders.address_of(db, found.id or 0)
    return Form({name: getattr(address, name) for name in AddressForm.model_fields}, None, form.errors)


@bp.post("/audit/orders/<int:order_id>/cancel")
@roles(*DESK)
@command
def cancel(db: Session, order_id: int) -> Response:
    """The flags were right: cancel the order."""
    found = service.locked(db, order_id)
    service.refuse(db, found, actor())
    flash(_("%(number)s cancelled", number=found.number), "ok")
    return _next(db, found)


@bp.get("/audit/rules")
@roles(*DESK)
def rules() -> Response:
    """Screen 15: which flags exist, how often they rise, how often people let them pass."""
    with reading() as db:
        return show_rules(db)


def show_rules(db: Session, form: Form[RuleForm] | None = None, code: str = "", status: int = 200) -> Response:
    records = queries.rule_records(db)
    return page(
        "audit/rules.html", status=status, records=records, rules=RULES, forms={code: form} if form else {},
        typed={record.rule.code: _typed(record.rule.settings) for record in records},
        verdict="err" if status == 422 else None,
    )  # fmt: skip


def _typed(settings: dict[str, Any]) -> dict[str, str]:
    """Settings as the form shows them."""
    shown: dict[str, str] = {name: str(settings[name]) for name in ("minutes", "units") if name in settings}
    if "value_fen" in settings:
        shown["value"] = str(settings["value_fen"] // 100)
    if "words" in settings:
        shown["words"] = "\n".join(settings["words"])
    return shown


@bp.post("/audit/rules")
@roles("supervisor")
@command
def save_rule(db: Session) -> Response:
    """Switch or tune one rule."""
    code = request.form.get("rule", "")
    rule = queries.rule_for(db, code)
    form = read(RuleForm, request.form)
    for name in _typed(rule.settings):
        if not form[name] and name not in form.errors:
            refused = Invalid("audit.no_words" if name == "words" else "audit.bad_limit", field=name)
            form.refuse(refused, sentence(refused))
    if form.data is None or form.errors:
        return show_rules(db, form, code, 422)
    service.set_rule(db, code, form.data.is_active, form.data.settings(), actor())
    flash(_("Rule saved"), "ok")
    return hx.see(url_for("audit.rules", _anchor=code))
