"""More doors of a case: money before the goods, the difference of an exchange, refused parcels, rework, pictures."""

from flask import Blueprint, Response, flash, make_response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.kit.errors import Invalid, Unknown
from floor.kit.units import yuan
from floor.kit.uow import reading
from floor.returns import early, exchanging, queries, second, service
from floor.returns.forms import Second, Why
from floor.returns.models import ReturnPhoto
from floor.returns.views import DESK, next_step, show_case
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import read

bp = Blueprint("return_cases", __name__)


@bp.post("/returns/parcels/<int:parcel_id>/back")
@roles(*DESK)
@command
def back(db: Session, parcel_id: int) -> Response:
    """A parcel of ours that nobody took is here: a return of everything in it."""
    case = service.take_home(db, parcel_id, queries.site_of(db, current_user.site), actor())
    return hx.see(next_step(db, case))


@bp.post("/returns/<int:case_id>/early")
@roles(*DESK)
@command
def pay_early(db: Session, case_id: int) -> Response:
    """Pay back before the goods are here."""
    form = read(Second, request.form)
    agreed = second.who_agrees(db, form)
    if form.errors:
        return show_case(db, case_id, form, 422)
    try:
        fen = early.pay(db, case_id, agreed, second.limit(), actor())
    except Invalid as refused:
        return show_case(db, case_id, form.refuse(refused, sentence(refused)), 422)
    flash(_("¥%(amount)s recorded as paid back before the goods are here", amount=yuan(fen)), "ok")
    return hx.see(url_for("returns.case", case_id=case_id))


@bp.post("/returns/<int:case_id>/never-came")
@roles("supervisor")
@command
def write_off(db: Session, case_id: int) -> Response:
    """Paid for, and it will not come."""
    form = read(Why, request.form)
    if form.data is None:
        return show_case(db, case_id, form, 422)
    early.write_off(db, case_id, form.data.why, actor())
    return hx.see(url_for("returns.case", case_id=case_id))


@bp.post("/returns/<int:case_id>/difference")
@roles(*DESK)
@command
def difference(db: Session, case_id: int) -> Response:
    """The customer paid what the other goods cost more."""
    fen = exchanging.pay_difference(db, case_id, actor())
    flash(_("¥%(amount)s written down as paid", amount=yuan(fen)), "ok")
    return hx.see(url_for("returns.case", case_id=case_id))


@bp.post("/returns/rework/<int:item_id>/<any(good, bad):verdict>")
@roles(*DESK)
@command
def reworked(db: Session, item_id: int, verdict: str) -> Response:
    """As good as new, or not to be had."""
    service.rework(db, item_id, verdict == "good", actor())
    return hx.see(url_for("returns.desk", tab="rework"))


@bp.get("/returns/photos/<int:photo_id>")
@roles(*DESK)
def photo(photo_id: int) -> Response:
    """A picture the desk took."""
    with reading() as db:
        taken = db.get(ReturnPhoto, photo_id)
    if taken is None:
        raise Unknown("returns.unknown")
    response = make_response(taken.jpeg)
    response.content_type = "image/jpeg"
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response
