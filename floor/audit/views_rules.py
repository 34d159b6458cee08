"""Doors of the audit's rules: how they do, one rule tuned and tried on yesterday, the blocked list."""

import json
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from floor.audit import blocking, queries, trying
from floor.audit import service as audit
from floor.audit.checks import CHECKS
from floor.audit.forms import BlockForm, RuleForm
from floor.audit.messages import BLOCKED_KINDS, GROUPS, RULES, SEVERITIES
from floor.audit.models import Rule
from floor.audit.showing import evidence_in, sentence_of
from floor.kit import ids
from floor.kit.errors import Conflict, Invalid
from floor.kit.uow import reading
from floor.orders import queries as orders
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("audit_rules", __name__)

DESK = ("service", "supervisor")

#: Numbers a rule cannot do without; its words must not be empty either.
_NEEDED = ("minutes", "hours", "units", "value", "sure", "words")


@bp.get("/audit/rules")
@roles(*DESK)
def index() -> Response:
    """Screen 15: which flags exist, how often they rise, how often people let them pass."""
    with reading() as db:
        records = {record.rule.code: record for record in queries.rule_records(db)}
        listed = len(queries.blocked(db))
    return page("audit/rules.html", groups=GROUPS, records=records, rules=RULES, severities=SEVERITIES, listed=listed)


@bp.get("/audit/rules/<code>")
@roles(*DESK)
def rule(code: str) -> Response:
    with reading() as db:
        return show_rule(db, code)


def show_rule(
    db: Session, code: str, form: Form[RuleForm] | None = None, trial: trying.Trial | None = None, status: int = 200
) -> Response:
    """One rule: its record, its settings as stored or as typed, and how it would have done."""
    queries.rule_for(db, code)
    record = next(record for record in queries.rule_records(db) if record.rule.code == code)
    return page(
        "audit/rule.html", status=status, record=record, rule=record.rule, name=RULES[code],
        form=form or Form(_typed(record.rule)), knows=_typed(record.rule), trial=trial, severities=SEVERITIES,
        was=_mark(record.rule), is_check=code in CHECKS, examples=_examples(db, trial) if trial else [],
        verdict="err" if status != 200 else None,
    )  # fmt: skip


def _mark(rule: Rule) -> str:
    """What a rule says now, in short: another mark, and somebody changed it."""
    return ids.digest(json.dumps([rule.is_active, rule.severity, rule.settings], sort_keys=True))[:16]


def _typed(rule: Rule) -> dict[str, str]:
    """A rule as the form shows it; what the rule has no setting for is not there."""
    settings = rule.settings
    shown = {name: str(settings[name]) for name in ("minutes", "hours", "units", "sure") if name in settings}
    shown |= {name: "\n".join(settings[name]) for name in ("words", "left_out") if name in settings}
    if "value_fen" in settings:
        shown["value"] = str(settings["value_fen"] // 100)
    if "abroad" in settings:
        shown["abroad"] = "1" if settings["abroad"] else "0"
    return shown | {"is_active": "1" if rule.is_active else "", "severity": str(rule.severity)}


def _examples(db: Session, trial: trying.Trial) -> list[dict[str, Any]]:
    return [
        {
            "order": order,
            "text": sentence_of(finding.case, finding.values),
            "evidence": evidence_in(finding, order, orders.address_of(db, order.id or 0)),
        }
        for order, finding in trial.examples
    ]


def _read(db: Session) -> tuple[Rule, Form[RuleForm]]:
    """The rule a form is about, and what was typed; what it cannot do without stands as an error."""
    rule = queries.rule_for(db, request.form.get("rule", ""))
    form = read(RuleForm, request.form)
    for name in _typed(rule):
        if name in _NEEDED and not form[name] and name not in form.errors:
            refused = Invalid("audit.no_words" if name == "words" else "audit.bad_limit", field=name)
            form.refuse(refused, sentence(refused))
    return rule, form


@bp.post("/audit/rules")
@roles("supervisor")
@command
def save(db: Session) -> Response:
    """Switch or tune one rule. 409 with what was typed when somebody changed it since the page was opened."""
    rule, form = _read(db)
    if form.data is None or form.errors:
        return show_rule(db, rule.code, form, status=422)
    given = form.data
    if form["was"] not in ("", _mark(rule)):
        late = Conflict("audit.rule_changed")
        return show_rule(db, rule.code, form.refuse(late, sentence(late)), status=409)
    audit.set_rule(db, rule.code, given.is_active, given.settings(rule.settings), actor(), given.severity or "")
    flash(_("Rule saved"), "ok")
    return hx.see(url_for("audit_rules.index", _anchor=rule.code))


@bp.post("/audit/trials")
@roles(*DESK)
@command
def try_rule(db: Session) -> Response:
    """What these settings would have flagged in the last 24 hours; nothing is saved."""
    rule, form = _read(db)
    if form.data is None or form.errors:
        return show_rule(db, rule.code, form, status=422)
    return show_rule(db, rule.code, form, trying.try_rule(db, rule.code, form.data.settings(rule.settings)))


@bp.get("/audit/blocked")
@roles("supervisor")
def blocked() -> Response:
    with reading() as db:
        return show_blocked(db)


def show_blocked(db: Session, form: Form[BlockForm] | None = None, status: int = 200) -> Response:
    return page(
        "audit/blocked.html", status=status, listed=queries.blocked(db), kinds=BLOCKED_KINDS, form=form or Form(),
        verdict="err" if status == 422 else None,
    )  # fmt: skip


@bp.post("/audit/blocked")
@roles("supervisor")
@command
def block(db: Session) -> Response:
    form = read(BlockForm, request.form)
    if form.data is None:
        return show_blocked(db, form, 422)
    try:
        blocking.block(db, form.data.kind, form.data.value, form.data.why, actor())
    except Invalid as bad:
        return show_blocked(db, form.refuse(bad, sentence(bad)), 422)
    flash(_("Put on the blocked list"), "ok")
    return hx.see(url_for("audit_rules.blocked"))


@bp.post("/audit/blocked/<int:blocked_id>/remove")
@roles("supervisor")
@command
def unblock(db: Session, blocked_id: int) -> Response:
    blocking.unblock(db, blocked_id, actor())
    flash(_("Taken off the blocked list"), "ok")
    return hx.see(url_for("audit_rules.blocked"))
