"""Doors of parcels nobody announced: keep one, find its order, or let it go."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from flask_login import current_user
from sqlmodel import Session

from floor.kit.errors import Invalid
from floor.kit.uow import reading
from floor.returns import finding, messages, queries, service, strays
from floor.returns.forms import Stray, StrayEnd, checked_photos
from floor.returns.views import DESK, show_intake
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("strays", __name__, url_prefix="/returns/strays")


@bp.post("")
@roles(*DESK)
@command
def keep(db: Session) -> Response:
    """It gets a number and stays; pictures of box and label come along."""
    form = read(Stray, request.form)
    if form.data is None:
        return show_intake(db, form, 422)
    try:
        photos = checked_photos(request.files.getlist("photo"))
        site = queries.site_of(db, current_user.site)
        stray = strays.keep(db, form.data.code, form.data.note, site, actor())
        service.add_photos(db, photos, actor(), stray_id=stray.id)
    except Invalid as refused:
        return show_intake(db, form.refuse(refused, sentence(refused)), 422)
    return hx.see(url_for("strays.show", stray_id=stray.id))


@bp.get("/<int:stray_id>")
@roles(*DESK)
def show(stray_id: int) -> Response:
    """A parcel with its pictures; `?q=` looks for its order."""
    with reading() as db:
        return show_stray(db, stray_id, Form(dict(request.args)))


@bp.post("/<int:stray_id>/end")
@roles(*DESK)
@command
def end(db: Session, stray_id: int) -> Response:
    """It leaves the desk without an order."""
    form = read(StrayEnd, request.form)
    if form.data is None:
        return show_stray(db, stray_id, form, 422)
    strays.end(db, stray_id, form.data.ending, form.data.note, actor())
    return hx.see(url_for("returns.desk", tab="strays"))


def show_stray(db: Session, stray_id: int, form: Form[Any], status: int = 200) -> Response:
    stray = strays.stray_for(db, stray_id)
    return page(
        "returns/stray.html", "content", status=status, stray=stray, form=form, words=messages,
        photos=queries.photos_of(db, stray_id=stray.id), hits=finding.search_orders(db, form["q"]),
        scan_url=url_for("returns.receive"), case=queries.case_for(db, stray.case_id) if stray.case_id else None,
    )  # fmt: skip
