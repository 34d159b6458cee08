"""Doors of what people do about a parcel that needs somebody; and the rules that say when one does."""

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.kit import ids
from floor.kit.errors import Invalid, Refused
from floor.kit.uow import reading
from floor.tracking import exceptions, learned, messages, resending, rules
from floor.tracking.forms_exceptions import (
    ClaimForm,
    MessageForm,
    RefundForm,
    RuleForm,
    SettleForm,
    SnoozeForm,
    TakeForm,
)
from floor.tracking.kinds import HOURS
from floor.tracking.models_exceptions import ParcelException
from floor.tracking.views import show_story
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("parcel_exceptions", __name__)

WHO = ("service", "supervisor")


def _again(db: Session, exception_id: int, name: str, form: Form[Any]) -> Response:
    """The story with what was typed, and what is wrong with it."""
    return show_story(db, exceptions.row_of(db, exception_id).parcel_id, name, form)


def _done(row: ParcelException, said: str) -> Response:
    flash(said, "ok")
    return hx.see(url_for("tracking.story", parcel_id=row.parcel_id))


@bp.post("/tracking/exceptions/<int:exception_id>/take")
@roles(*WHO)
@command
def take(db: Session, exception_id: int) -> Response:
    """Take it, or take it over from whom the screen showed; 409 when somebody else has it by now."""
    form = read(TakeForm, request.form)
    row = exceptions.take(db, exception_id, form.data.seen if form.data else None, actor())
    return _done(row, _("You look after this parcel now."))


@bp.post("/tracking/exceptions/<int:exception_id>/snooze")
@roles(*WHO)
@command
def snooze(db: Session, exception_id: int) -> Response:
    """Off the board until a moment."""
    form = read(SnoozeForm, request.form)
    if form.data is not None:
        try:
            row = exceptions.snooze(db, exception_id, form.data.until, actor())
        except Invalid as refused:
            form.refuse(refused, sentence(refused))
    if form.data is None or form.errors:
        return _again(db, exception_id, "snooze", form)
    return _done(row, _("It comes back by itself then."))


@bp.post("/tracking/exceptions/<int:exception_id>/message")
@roles(*WHO)
@command
def message(db: Session, exception_id: int) -> Response:
    """Write to the customer."""
    form = read(MessageForm, request.form)
    if form.data is None:
        return _again(db, exception_id, "message", form)
    row = exceptions.write(db, exception_id, form.data.text, ids.current_command.get(), actor())
    return _done(row, _("It is sent now."))


@bp.post("/tracking/exceptions/<int:exception_id>/claim")
@roles(*WHO)
@command
def claim(db: Session, exception_id: int) -> Response:
    """Write down what is claimed at the carrier."""
    form = read(ClaimForm, request.form)
    if form.data is None:
        return _again(db, exception_id, "claim", form)
    exceptions.claim(db, exception_id, form.data.amount, form.data.reference, actor())
    return _done(exceptions.row_of(db, exception_id), _("The claim is written down."))


@bp.post("/tracking/claims/<int:claim_id>/settle")
@roles(*WHO)
@command
def settle(db: Session, claim_id: int) -> Response:
    """What came of a claim."""
    form = read(SettleForm, request.form)
    row = exceptions.exception_of_claim(db, claim_id)
    if form.data is not None:
        try:
            exceptions.settle_claim(db, claim_id, form.data.action, form.data.paid, actor())
        except Invalid as refused:
            form.refuse(refused, sentence(refused))
    if form.data is None or form.errors:
        return show_story(db, row.parcel_id, "settle", form)
    return _done(row, _("The carrier's answer is written down."))


@bp.post("/tracking/exceptions/<int:exception_id>/resend")
@roles(*WHO)
@command
def resend(db: Session, exception_id: int) -> Response:
    """Send its goods again; the parcel is given up."""
    new = resending.resend(db, exception_id, actor())
    return _done(exceptions.row_of(db, exception_id), _("Order %(number)s goes out in its place.", number=new.number))


@bp.post("/tracking/exceptions/<int:exception_id>/refund")
@roles(*WHO)
@command
def refund(db: Session, exception_id: int) -> Response:
    """Ask for the customer's money back; the parcel is given up."""
    form = read(RefundForm, request.form)
    if form.data is not None:
        try:
            row = exceptions.refund(db, exception_id, form.data.amount, actor())
        except Invalid as refused:
            form.refuse(refused, sentence(refused))
    if form.data is None or form.errors:
        return _again(db, exception_id, "refund", form)
    return _done(row, _("The refund is asked for."))


@bp.post("/tracking/exceptions/<int:exception_id>/close")
@roles(*WHO)
@command
def close(db: Session, exception_id: int) -> Response:
    """Settled otherwise."""
    return _done(exceptions.close(db, exception_id, actor()), _("It is off the board."))


# --- the rules ---------------------------------------------------------------------------------------------------


@bp.get("/tracking/rules")
@roles(*WHO)
def show_rules() -> Response:
    """When a parcel needs somebody, and what customers are told."""
    with reading() as db:
        return _rules(db)


def _rules(db: Session, code: str = "", form: Form[RuleForm] | None = None) -> Response:
    known = rules.every(db)
    told = {f"{rules.TELL}{topic}": messages.TOPICS[topic] for topic in rules.TOLD}
    return page(
        "tracking/rules.html", "content", status=422 if form else 200, rules=known, kinds=messages.KINDS, told=told,
        timers=HOURS, usual=learned.usual(db), bad=code, form=form,
        is_boss=current_user.role in ("supervisor", "admin"),
    )  # fmt: skip


@bp.post("/tracking/rules")
@roles("supervisor")
@command
def save_rule(db: Session) -> Response:
    """Change one rule; what is on the road is looked at by it at once."""
    form = read(RuleForm, request.form)
    if form.data is not None:
        try:
            rules.keep(db, form.data.code, form.data.is_active, form.data.hours, form.data.is_learned, actor())
        except Refused as refused:
            if refused.status != 422:
                raise
            form.refuse(refused, sentence(refused))
    if form.errors:
        return _rules(db, form["code"], form)
    flash(_("Rule saved"), "ok")
    return hx.see(url_for("parcel_exceptions.show_rules", _anchor=form["code"]))
