"""Doors of channels: how each shop is reached, its API keys, and reading it at once."""

import json
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from floor.intake import accounts, queries
from floor.intake.forms_shops import KeyForm, ShopForm
from floor.intake.messages import ADAPTERS, OUTCOMES, SHOP_TROUBLES
from floor.intake.models import Channel, ShopAccount
from floor.kit.errors import Conflict, Invalid, Refused
from floor.kit.uow import reading
from floor.settings import bound
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command, unkept
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("shops", __name__)


@bp.get("/intake/channels")
@roles("supervisor")
def index() -> Response:
    """Every channel, and a new one."""
    with reading() as db:
        return _index(db)


def _index(db: Session, status: int = 200, form: Form[Any] | None = None) -> Response:
    return page(
        "intake/channels.html", "content", status=status, rows=queries.feeds(db), form=form, adapters=ADAPTERS,
        troubles=SHOP_TROUBLES,
    )  # fmt: skip


@bp.post("/intake/channels")
@roles("supervisor")
@command
def add(db: Session) -> Response:
    """A new channel. One that is there is changed on its own page: here nobody would see what they overwrite."""
    form = read(ShopForm, request.form)
    if form.data is None:
        return _index(db, 422, form)
    try:
        if form.data.code in queries.channels(db):
            raise Invalid("intake.channel_there", field="code")
        _set_up(db, form.data.code, form)
    except Refused as no:
        return _index(db, no.status, form.refuse(no, sentence(no)))
    flash(_("Written down"), "ok")
    return hx.see(url_for("shops.one", code=form.data.code))


@bp.get("/intake/channels/<code>")
@roles("supervisor")
def one(code: str) -> Response:
    """How one channel is reached and does."""
    with reading() as db:
        return _one(db, queries.channel_by_code(db, code))


def _one(db: Session, channel: Channel, status: int = 200, form: Form[Any] | None = None, key: str = "",
         key_form: Form[Any] | None = None) -> Response:  # fmt: skip
    account = db.get(ShopAccount, channel.id)
    row = next(row for row in queries.feeds(db) if row.channel.id == channel.id)
    base = bound().public_url
    return page(
        "intake/channel.html", "content", status=status, channel=channel, row=row,
        form=form or _filled(channel, account, row.feed.every_s if row.feed else 60), adapters=ADAPTERS,
        troubles=SHOP_TROUBLES, outcomes=OUTCOMES, keys=queries.keys_of(db, channel), new_key=key,
        key_form=key_form or Form(), hook=f"{base}/hooks/shops/{channel.code}",
        own_hook=f"{base}/hooks/orders/{channel.code}", api=f"{base}/api/v1/openapi.json",
    )  # fmt: skip


def _filled(channel: Channel, account: ShopAccount | None, every_s: int) -> Form[Any]:
    options = json.dumps(account.options, ensure_ascii=False, indent=1) if account and account.options else ""
    return Form({
        "code": channel.code, "name": channel.name, "name_en": channel.name_en, "adapter": channel.adapter,
        "url": account.url if account else "", "app_key": account.app_key if account else "", "options": options,
        "every_s": str(every_s), "silent_minutes": str(channel.silent_minutes),
        "is_active": "1" if channel.is_active else "",
    })  # fmt: skip


@bp.post("/intake/channels/<code>")
@roles("supervisor")
@command
def keep(db: Session, code: str) -> Response:
    """Change how a channel is reached. Secrets left empty stay."""
    channel = queries.channel_by_code(db, code)
    form = read(ShopForm, request.form.to_dict() | {"code": code})
    if form.data is None:
        return _one(db, channel, 422, form)
    try:
        _set_up(db, code, form)
    except Refused as no:
        db.refresh(channel)
        return _one(db, channel, no.status, form.refuse(no, sentence(no)))
    flash(_("Written down"), "ok")
    return hx.see(url_for("shops.one", code=code))


def _set_up(db: Session, code: str, form: Form[ShopForm]) -> None:
    assert form.data is not None
    values = form.data.model_dump(exclude={"code"})
    try:
        options = json.loads(values["options"] or "{}")
    except (ValueError, RecursionError):
        options = None
    if not isinstance(options, dict):
        raise Invalid("intake.bad_options", field="options")
    accounts.set_up(db, code, values | {"options": options}, actor())


@bp.post("/intake/channels/<code>/read")
@roles("supervisor")
@command
def read_now(db: Session, code: str) -> Response:
    """Read the shop at once; the worker does it. 409 with the channel's page while it is being read."""
    try:
        accounts.read_now(db, code, actor())
    except Conflict as no:
        flash(sentence(no), "warn")
        return _one(db, queries.channel_by_code(db, code), no.status)
    flash(_("The shop is read now."), "ok")
    return hx.see(url_for("shops.one", code=code))


@bp.post("/intake/channels/<code>/keys")
@roles("supervisor")
@command
def new_key(db: Session, code: str) -> Response:
    """A key for the JSON interface, shown this once."""
    channel = queries.channel_by_code(db, code)
    form = read(KeyForm, request.form)
    if form.data is None:
        return _one(db, channel, 422, key_form=form)
    key = accounts.new_key(db, code, form.data.label, actor())
    return unkept(_one(db, channel, key=key))


@bp.post("/intake/keys/<int:key_id>/revoke")
@roles("supervisor")
@command
def revoke(db: Session, key_id: int) -> Response:
    """The key opens nothing any more."""
    code = accounts.revoke_key(db, key_id, actor())
    flash(_("The key opens nothing any more."), "ok")
    return hx.see(url_for("shops.one", code=code))
