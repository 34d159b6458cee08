"""Doors of waybills that did not come: what waits, why this carrier, and what a person does about it."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Refused
from floor.kit.uow import reading
from floor.packing import queries as packing
from floor.packing.models import Parcel
from floor.packing.states import ParcelState
from floor.shipments.models import Shipment
from floor.shipping import resolving, voiding, waybill_reads, waybills
from floor.shipping.forms import NumberForm, ReasonForm, WayForm
from floor.shipping.messages import WAYBILL_PROBLEMS, WAYBILL_STATES, WHY, WHY_NOT
from floor.shipping.models import Waybill
from floor.shipping.states import WaybillState
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("waybills", __name__)

WHO = ("packer", "supervisor")


@bp.get("/waybills")
@roles(*WHO)
def index() -> Response:
    """Numbers that are not there: what a person must settle first, then what is asked for by itself."""
    with reading() as db:
        rows = waybill_reads.unsettled(db, current_user.site)
        return page(
            "shipping/waybills.html", "content",
            yours=[row for row in rows if row.needs_person], waiting=[row for row in rows if not row.needs_person],
            away=waybill_reads.away(db), states=WAYBILL_STATES, problems=WAYBILL_PROBLEMS, now=clock.now(),
        )  # fmt: skip


def _mine(db: Session, waybill_id: int) -> Waybill:
    waybill = waybills.waybill_for(db, waybill_id)
    parcel = db.get_one(Parcel, waybill.parcel_id)
    packing.must_be_at(db, db.get_one(Shipment, parcel.shipment_id).warehouse_id, current_user.site)
    return waybill


@bp.get("/waybills/<int:waybill_id>")
@roles(*WHO)
def show(waybill_id: int) -> Response:
    """One waybill: who carries it and why, what the others would cost, what went wrong, what can be done."""
    with reading() as db:
        return _show(db, _mine(db, waybill_id))


def _show(db: Session, waybill: Waybill, status: int = 200, form: Form[Any] | None = None, said: str = "") -> Response:
    seen = waybill_reads.seen(db, waybill)
    is_open = seen.parcel.state is ParcelState.BOXED
    return page(
        "shipping/waybill.html", "content", status=status, seen=seen, waybill=waybill, form=form, said=said,
        is_open=is_open, states=WAYBILL_STATES, problems=WAYBILL_PROBLEMS, why=WHY, why_not=WHY_NOT,
        can=_can_void(db, waybill) if waybill.state is WaybillState.VOID else _can(waybill) if is_open else set(),
    )  # fmt: skip


def _can_void(db: Session, waybill: Waybill) -> set[str]:
    """Of a void number that is not the carrier's again yet."""
    if waybill.problem == "stray":
        return {"release", "second", *(["give_back"] if voiding.can_give_back_second(db, waybill) else [])}
    if voiding.is_second(db, waybill):
        return {"release"} if waybill.problem or waybill.undo_at else set()
    return {"again", "release"} if waybill.problem or waybill.undo_at else set()


def _can(waybill: Waybill) -> set[str]:
    """What a person may do about it now."""
    state = waybill.state
    able = {"way"} if state is not WaybillState.VOID and state is not WaybillState.CANCELLING else set()
    if state is not WaybillState.ACTIVE and state is not WaybillState.VOID:
        able.add("again")
    if state in (WaybillState.REQUESTED, WaybillState.UNSURE, WaybillState.REFUSED):
        able.add("number")
    if state is WaybillState.UNSURE:
        able.add("none")
    if state in (WaybillState.ACTIVE, WaybillState.UNSURE):
        able.add("cancel")
    if state is WaybillState.CANCELLING:
        able.add("release")
        if waybill.number is not None:
            able.add("keep")
    return able


def _do(
    db: Session, waybill_id: int, verb: Callable[[Session, Waybill, Actor], None], done: str, *, stays: bool = False
) -> Response:
    waybill = _mine(db, waybill_id)
    try:
        with db.begin_nested():
            verb(db, waybill, actor())
    except Refused as no:
        return _show(db, _mine(db, waybill_id), no.status, said=sentence(no))
    flash(done, "ok")
    return hx.see(url_for("waybills.show", waybill_id=waybill_id) if stays else _after(db, waybill))


def _after(db: Session, waybill: Waybill) -> str:
    """The parcel's waybill as it is now: another row after another way."""
    now = waybill_reads.newest(db, waybill.parcel_id)
    return url_for("waybills.show", waybill_id=now.id)


@bp.post("/waybills/<int:waybill_id>/again")
@roles(*WHO)
@command
def again(db: Session, waybill_id: int) -> Response:
    """Ask the carrier now."""
    return _do(db, waybill_id, resolving.try_again, _("The carrier is asked now."))


@bp.post("/waybills/<int:waybill_id>/none")
@roles("supervisor")
@command
def none(db: Session, waybill_id: int) -> Response:
    """The carrier was telephoned and knows of no number."""
    return _do(db, waybill_id, resolving.none_was_issued, _("It is asked for anew."))


@bp.post("/waybills/<int:waybill_id>/cancel")
@roles(*WHO)
@command
def cancel(db: Session, waybill_id: int) -> Response:
    """Cancel it at the carrier; its label is void then."""
    return _do(db, waybill_id, resolving.cancel, _("The carrier is asked to cancel it."))


@bp.post("/waybills/<int:waybill_id>/release")
@roles("supervisor")
@command
def release(db: Session, waybill_id: int) -> Response:
    """The cancellation was settled with the carrier by telephone."""
    return _do(db, waybill_id, resolving.let_go, _("The waybill is void."))


@bp.post("/waybills/<int:waybill_id>/keep")
@roles("supervisor")
@command
def keep(db: Session, waybill_id: int) -> Response:
    """It was not cancelled, and goes on."""
    return _do(db, waybill_id, resolving.keep, _("The number goes on; its label is printed again."))


@bp.post("/waybills/<int:waybill_id>/give-back")
@roles("supervisor")
@command
def give_back(db: Session, waybill_id: int) -> Response:
    """A second number goes back to the carrier."""
    return _do(db, waybill_id, voiding.give_back_second, _("The carrier is asked to take it back."), stays=True)


@bp.post("/waybills/<int:waybill_id>/second")
@roles("supervisor")
@command
def keep_second(db: Session, waybill_id: int) -> Response:
    """A second number stays with the carrier, for a reason."""
    waybill, form = _mine(db, waybill_id), read(ReasonForm, request.form)
    if form.data is None:
        return _show(db, waybill, 422, form)
    reason = form.data.reason

    def verb(db: Session, waybill: Waybill, actor: Actor) -> None:
        voiding.keep_second(db, waybill, reason, actor)

    return _do(db, waybill_id, verb, _("Written down"), stays=True)


@bp.post("/waybills/<int:waybill_id>/number")
@roles(*WHO)
@command
def number(db: Session, waybill_id: int) -> Response:
    """The number typed in as the carrier told it."""
    waybill, form = _mine(db, waybill_id), read(NumberForm, request.form)
    if form.data is None:
        return _show(db, waybill, 422, form)
    try:
        with db.begin_nested():
            resolving.enter_number(db, waybill, form.data.number, actor())
    except Refused as no:
        return _show(db, _mine(db, waybill_id), no.status, form.refuse(no, sentence(no)))
    flash(_("The number is written down; the label is printed."), "ok")
    return hx.see(_after(db, waybill))


@bp.post("/waybills/<int:waybill_id>/way")
@roles(*WHO)
@command
def way(db: Session, waybill_id: int) -> Response:
    """Another carrier or service."""
    waybill, form = _mine(db, waybill_id), read(WayForm, request.form)
    if form.data is None:
        return _show(db, waybill, 422, form)
    carrier_id, service_id = form.data.ids()
    try:
        with db.begin_nested():
            resolving.go_by(db, waybill, carrier_id, service_id, actor())
    except Refused as no:
        return _show(db, _mine(db, waybill_id), no.status, form.refuse(no, sentence(no)))
    flash(_("It goes another way now."), "ok")
    return hx.see(_after(db, waybill))
