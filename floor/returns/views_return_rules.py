"""Doors of the rules of returns: what becomes of goods, whose freight it is, when an exchange is sent."""

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from floor.kit.errors import Invalid
from floor.kit.uow import reading
from floor.returns import messages, ruleset
from floor.returns.forms import NewRule, RulesForm, TermsForm, placed
from floor.returns.models import CHOICES, ReturnReason
from floor.returns.rules import CHECKS, Rule, Terms
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("return_rules", __name__, url_prefix="/returns/rules")


@bp.get("")
@roles("supervisor")
def index() -> Response:
    """Every rule in its order, and what each reason brings."""
    with reading() as db:
        return show(db)


@bp.post("")
@roles("supervisor")
@command
def save(db: Session) -> Response:
    """Other rules from the next decision on. 303; 422 with the form as typed; 409 when somebody was faster."""
    before, form = ruleset.now(db), read(RulesForm, request.form)
    if form.data is None:
        return show(db, form)
    ruleset.same(before, form.data.version)
    try:
        kept = placed(form, before.dispositions)
        if any(form[name] for name in ("new_grade", "new_disposition", "new_place")):
            kept.append(_new_rule(form, len(kept)))
        terms = _terms(form)
        if form.errors:
            return show(db, form)
        rules = [rule for _place, _n, rule in sorted(kept, key=lambda one: one[:2])]
        changed = ruleset.change(db, rules, terms, form.data.version, actor())
    except Invalid as refused:
        return show(db, form.refuse(refused, sentence(refused)))
    flash(_("Written down; the next decision goes by it") if changed else _("Nothing was changed"), "ok")
    return hx.see(url_for("return_rules.index"))


def _new_rule(form: Form[Any], n: int) -> tuple[int, int, Rule]:
    """The rule that was typed below the others; what is wrong with it is written to the form."""
    asked = read(NewRule, form.typed)
    form.errors |= asked.errors
    if asked.data is None:
        return 0, -1, Rule((), CHOICES[0])
    one = asked.data
    failed = one.new_failed if one.new_failed in CHECKS else ""
    return one.new_place, -1 - n, Rule((one.new_grade,), one.new_disposition, one.new_reason, failed)


def _terms(form: Form[Any]) -> dict[ReturnReason, Terms]:
    found = {}
    for reason in ReturnReason:
        names = {name: f"{name}_{reason.value}" for name in ("pays_freight", "exchange", "early")}
        asked = read(TermsForm, {name: form[typed] for name, typed in names.items()})
        form.errors |= {names[name]: words for name, words in asked.errors.items()}
        if asked.data is not None:
            found[reason] = asked.data.terms()
    return found


def show(db: Session, form: Form[Any] | None = None) -> Response:
    rules = ruleset.now(db)
    return page(
        "returns/rules.html", "content", 422 if form else 200, form=form, rules=rules, words=messages,
        choices=[(one.value, messages.DISPOSITIONS[one]) for one in CHOICES],
    )  # fmt: skip
