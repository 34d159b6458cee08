"""Doors of notices: who was told that a parcel left, what was not delivered, and where shops hear of it."""

from typing import Any

from flask import Blueprint, Response, current_app, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session, select

from floor.intake import service as intake
from floor.intake.models import Channel
from floor.kit.errors import Refused, Unknown
from floor.kit.uow import reading
from floor.packing import queries as packing
from floor.packing.models import Parcel
from floor.shipments.models import Shipment
from floor.shipping import notices
from floor.shipping.forms import ShippedForm
from floor.shipping.messages import NOTICE_ERRORS, NOTICE_KINDS, NOTICE_STATES
from floor.shipping.models_carriers import NoticeState
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("notices", __name__)

WHO = ("service", "supervisor")


@bp.get("/notices")
@roles(*WHO)
def index() -> Response:
    """Notices by state; what was not delivered first."""
    with reading() as db:
        return _index(db)


def _index(db: Session, status: int = 200, form: Form[Any] | None = None) -> Response:
    counts = notices.counted(db, current_user.site)
    asked = request.args.get("state", "")
    states = {state.value: state for state in NoticeState}
    shown = states.get(asked) or (NoticeState.FAILED if counts.get(NoticeState.FAILED) else NoticeState.SENT)
    settings = current_app.extensions["settings"]
    return page(
        "shipping/notices.html", "content", status=status, rows=notices.listed(db, shown, current_user.site),
        tab_rows=[
            {"href": url_for("notices.index", state=state.value), "text": NOTICE_STATES[state],
             "n": counts.get(state, 0), "current": state is shown}
            for state in NoticeState
        ],
        shown=shown, kinds=NOTICE_KINDS, states=NOTICE_STATES, errors=NOTICE_ERRORS, form=form,
        channels=db.exec(select(Channel).order_by(Channel.code)).all(), has_mail=bool(settings.smtp),
        has_push=bool(settings.shipping_notify.strip()),
    )  # fmt: skip


@bp.post("/notices/<int:notice_id>/again")
@roles(*WHO)
@command
def again(db: Session, notice_id: int) -> Response:
    """Send one once more that was not delivered."""
    notice = notices.notice_for(db, notice_id, lock=True)
    parcel = db.get_one(Parcel, notice.parcel_id)
    packing.must_be_at(db, db.get_one(Shipment, parcel.shipment_id).warehouse_id, current_user.site)
    notices.try_again(db, notice, actor())
    flash(_("It is sent now."), "ok")
    return hx.see(url_for("notices.index", state="waiting"))


@bp.post("/notices/channels")
@roles("supervisor")
@command
def tell_shop(db: Session) -> Response:
    """Where a shop hears that its parcels left; empty, and it does not."""
    form = read(ShippedForm, request.form)
    if form.data is None:
        return _index(db, 422, form)
    channel = db.exec(select(Channel).where(Channel.code == form.data.channel)).first()
    if channel is None:
        raise Unknown("intake.unknown_channel")
    try:
        intake.tell_shipped_to(db, channel, form.data.url, actor())
    except Refused as no:
        return _index(db, no.status, form.refuse(no, sentence(no)))
    flash(_("Written down"), "ok")
    return hx.see(url_for("notices.index"))
