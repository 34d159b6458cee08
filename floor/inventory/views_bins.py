"""Doors of one SKU in one bin: damaged, adjusted, put aside, given back, its lot number found.

A refusal is told on the page, so each verb runs in a savepoint: what it booked before it refused is not kept.
"""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_babel import to_utc
from sqlmodel import Session

from floor.catalog.models import Sku
from floor.inventory import messages, queries, relabelling, screens, service, tracing
from floor.inventory.forms import AdjustForm, AsideUntilForm, DamageForm, RelabelForm
from floor.inventory.models import Bin, MoveReason, Reservation, Warehouse
from floor.inventory.screens import FLOOR
from floor.kit.errors import Refused, Unknown
from floor.kit.uow import reading
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("bins", __name__)

_AT = "/bins/<site>/<code>/skus/<sku>"


@bp.get(_AT)
@roles("picker", "service", "supervisor")
def goods(site: str, code: str, sku: str) -> Response:
    """What lies here of one SKU, lot by lot, and what may be done with it."""
    with reading() as db:
        return _show(db, *_found(db, site, code, sku), Form())


@bp.post(f"{_AT}/damage")
@roles(*FLOOR)
@command
def damage(db: Session, site: str, code: str, sku: str) -> Response:
    """Broken units go to quarantine."""
    where, house, thing = _found(db, site, code, sku)
    form = read(DamageForm, request.form)
    if form.data is None:
        return _show(db, where, house, thing, form, "damage", 422)
    try:
        with db.begin_nested():
            target = service.damage(db, where, thing.id or 0, form.data.qty, actor(), form.data.lot)
    except Refused as refused:
        return _show(db, where, house, thing, form.refuse(refused, sentence(refused)), "damage", refused.status)
    flash(_("%(n)s damaged: put them into %(bin)s", n=form.data.qty, bin=target.code), "ok")
    return _back(house, where)


@bp.post(f"{_AT}/adjust")
@roles("supervisor")
@command
def adjust(db: Session, site: str, code: str, sku: str) -> Response:
    """The books follow what lies there: found units come in, others go out, with the reason."""
    where, house, thing = _found(db, site, code, sku)
    form = read(AdjustForm, request.form)
    if form.data is None:
        return _show(db, where, house, thing, form, "adjust", 422)
    reason = MoveReason(form.data.reason)
    change = form.data.qty if reason is MoveReason.FOUND else -form.data.qty
    try:
        with db.begin_nested():
            service.adjust(db, where, thing.id or 0, change, reason, form.data.note, actor(), form.data.lot)
    except Refused as refused:
        return _show(db, where, house, thing, form.refuse(refused, sentence(refused)), "adjust", refused.status)
    flash(_("Stock adjusted by %(gap)s", gap=f"{change:+d}"), "ok")
    return _back(house, where)


@bp.post(f"{_AT}/aside")
@roles("service", "supervisor")
@command
def put_aside(db: Session, site: str, code: str, sku: str) -> Response:
    """Keep units for somebody until a moment."""
    where, house, thing = _found(db, site, code, sku)
    form = read(AsideUntilForm, request.form)
    if form.data is None:
        return _show(db, where, house, thing, form, "aside", 422)
    try:
        until = _moment(form.data.until)
        with db.begin_nested():
            service.put_aside(db, where, thing.id or 0, form.data.qty, until, form.data.note, actor())
    except Refused as refused:
        return _show(db, where, house, thing, form.refuse(refused, sentence(refused)), "aside", refused.status)
    flash(_("%(n)s put aside", n=form.data.qty), "ok")
    return _back(house, where)


def _moment(typed: datetime) -> datetime:
    """What somebody typed is their own time of day. The calendar's ends know no other zone: they are UTC."""
    if typed.tzinfo is not None:
        return typed
    return to_utc(typed).replace(tzinfo=UTC) if 1 < typed.year < 9999 else typed.replace(tzinfo=UTC)


@bp.post("/asides/<int:promise_id>/give-back")
@roles("service", "supervisor")
@command
def give_back(db: Session, promise_id: int) -> Response:
    """They are not needed after all."""
    promise = db.get(Reservation, promise_id, with_for_update=True, populate_existing=True)
    if promise is None or promise.shipment_line_id is not None:
        raise Unknown("inventory.unknown_promise")
    given = service.give_back(db, promise, actor())
    flash(_("%(n)s given back to everybody", n=given), "ok")
    where, house = tracing.bin_by_id(db, promise.bin_id)
    return _back(house, where)


@bp.post(f"{_AT}/lot")
@roles(*FLOOR)
@command
def name_lot(db: Session, site: str, code: str, sku: str) -> Response:
    """The lot number of units that came without one was found on them."""
    where, house, thing = _found(db, site, code, sku)
    form = read(RelabelForm, request.form)
    if form.data is None:
        return _show(db, where, house, thing, form, "name", 422)
    wanted = form.data
    try:
        with db.begin_nested():
            lot = relabelling.relabel(db, where, thing, wanted.qty, wanted.lot, wanted.expires, actor())
    except Refused as refused:
        return _show(db, where, house, thing, form.refuse(refused, sentence(refused)), "name", refused.status)
    flash(_("%(n)s units are of lot %(lot)s now", n=wanted.qty, lot=lot.code), "ok")
    return hx.see(url_for("bins.goods", site=house.code, code=where.code, sku=thing.code))


def _found(db: Session, site: str, code: str, sku: str) -> tuple[Bin, Warehouse, Sku]:
    where, house = queries.bin_for(db, site, code)
    return where, house, screens.sku_or_unknown(db, sku)


def _back(house: Warehouse, where: Bin) -> Response:
    return hx.see(url_for("inventory.bin_page", site=house.code, code=where.code))


def _show(
    db: Session, where: Bin, house: Warehouse, sku: Sku, form: Form[Any], which: str = "", status: int = 200
) -> Response:  # fmt: skip
    """`which` of the page's forms was sent back."""
    lots = tracing.lots_in(db, where.id).get(sku.id or 0, [])
    aside = [promise for promise, one in tracing.put_aside_in(db, where) if one.id == sku.id]
    return page(
        "inventory/bin_goods.html", "content", status, where=where, house=house, sku=sku, lots=lots, aside=aside,
        form=form, which=which, words=messages, on_hand=queries.balance_of(db, where.id, sku.id or 0),
        free=queries.free_in(db, where.id, sku.id or 0), unnamed=sum(n for lot, n in lots if lot.code == "?"),
    )  # fmt: skip
