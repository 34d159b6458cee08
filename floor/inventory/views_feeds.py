"""Doors of stock feeds: what channels read with a key, and the settings and health of each feed."""

from typing import Any

from flask import Blueprint, Response, current_app, flash, jsonify, make_response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.catalog.queries import sku_by_code
from floor.inventory import feeds, queries
from floor.inventory.feeds import FeedTerms, Share
from floor.inventory.forms_supply import FeedForm, ShareForm
from floor.inventory.models_supply import StockFeed
from floor.kit import clock
from floor.kit.errors import Refused, Unknown
from floor.kit.uow import reading
from floor.web import hx
from floor.web.auth import actor, public, roles
from floor.web.commands import command
from floor.web.downloads import csv_file
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.limits import limiter
from floor.web.page import page

bp = Blueprint("feeds", __name__)


# --- for machines ------------------------------------------------------------------------------------------------


@bp.get("/stock/feed/<channel>.csv")
@public
@limiter.limit("120/minute")
def feed_csv(channel: str) -> Response:
    """What the channel may sell now, SKU by SKU. 401 without the feed's key as a bearer token; supervisors need none.

    A feed that is switched off, or that nobody made, is 404 to those who may know.
    """
    with reading() as db:
        found = _readable(db, channel)
        if found is None:
            return _no_key()
        return csv_file(f"stock-{found.channel}.csv", ("sku", "qty"), feeds.listing(db, found))


@bp.get("/stock/feed/<channel>.json")
@public
@limiter.limit("120/minute")
def feed_json(channel: str) -> Response:
    """The same as JSON, with the number of the last push."""
    with reading() as db:
        found = _readable(db, channel)
        if found is None:
            return _no_key()
        stock = [{"sku": code, "qty": qty} for code, qty in feeds.listing(db, found)]
        at = clock.now().isoformat(timespec="seconds")
        return make_response(jsonify(channel=found.channel, at=at, sequence=found.sequence, stock=stock))


def _readable(db: Session, channel: str) -> StockFeed | None:
    """The feed, for those who may read it; None for others, whether there is one or not."""
    found = next((one for one in feeds.feeds(db) if one.channel == channel), None)
    is_ours = current_user.is_authenticated and current_user.role in ("supervisor", "admin")
    if not is_ours and (found is None or not feeds.may_read(found, request.headers.get("Authorization", ""))):
        return None
    if found is None or not (found.is_active or is_ours):
        raise Unknown("inventory.unknown_feed", channel=channel)
    return found


def _no_key() -> Response:
    answer = make_response(jsonify(error=_("This needs the key of the feed.")), 401)
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


# --- for people --------------------------------------------------------------------------------------------------


@bp.get("/stock/feeds")
@roles("supervisor")
def settings() -> Response:
    """Every feed: its share, its last push, its lag and failures."""
    with reading() as db:
        return settings_page(db)


def settings_page(db: Session, status: int = 200, form: Form[FeedForm] | None = None) -> Response:
    over = {site: percent for site, percent in feeds.promised(db).items() if percent > 100}
    return page(
        "inventory/feeds.html", "content", status=status, states=feeds.states(db), over=over, form=form,
        houses=queries.warehouses(db), chosen=request.form.getlist("warehouses"),
    )  # fmt: skip


@bp.post("/stock/feeds")
@roles("supervisor")
@command
def save(db: Session) -> Response:
    """Make a feed, or change one."""
    form = read(FeedForm, request.form)
    known = next((one for one in feeds.feeds(db) if one.channel == form["channel"]), None)
    if form.data is None:
        return _again(db, known, 422, form)
    given = form.data
    share = Share(given.percent, given.floor, given.ceiling)
    if share.ceiling is not None and share.ceiling < share.floor:
        form.errors["ceiling"] = _("Enter %(n)s or more", n=share.floor)
        return _again(db, known, 422, form)
    sites = tuple(site.replace("\x00", "") for site in request.form.getlist("warehouses"))
    terms = FeedTerms(share, sites, given.url, given.is_active, given.may_oversell)
    try:
        made = feeds.keep_feed(db, given.channel, terms, actor())
    except Refused as refused:
        return _again(db, known, refused.status, form.refuse(refused, sentence(refused)))
    flash(_("Written down"), "ok")
    return hx.see(url_for("feeds.one", channel=made.channel))


def _again(db: Session, known: StockFeed | None, status: int, form: Form[FeedForm]) -> Response:
    return feed_page(db, known, status, form=form) if known else settings_page(db, status, form)


@bp.get("/stock/feeds/<channel>")
@roles("supervisor")
def one(channel: str) -> Response:
    """One feed: its share, its addresses, and SKUs with a share of their own."""
    with reading() as db:
        return feed_page(db, feeds.feed_for(db, channel))


def feed_page(
    db: Session, found: StockFeed, status: int = 200, *, form: Form[FeedForm] | None = None,
    share: Form[ShareForm] | None = None,
) -> Response:  # fmt: skip
    (state,) = [state for state in feeds.states(db) if state.feed.id == found.id]
    return page(
        "inventory/feed.html", "content", status=status, state=state, feed=found, own=feeds.own_shares(db, found),
        form=form, share=share, houses=queries.warehouses(db), public_url=_settings().public_url,
        chosen=request.form.getlist("warehouses") if form else found.warehouses,
    )  # fmt: skip


@bp.post("/stock/feeds/<channel>/key")
@roles("supervisor")
@command
def new_key(db: Session, channel: str) -> Response:
    """Another key and secret, because somebody may know the old ones."""
    feeds.new_key(db, feeds.feed_for(db, channel, lock=True), actor())
    flash(_("The feed has a new key and a new secret: tell the channel"), "ok")
    return hx.see(url_for("feeds.one", channel=channel))


@bp.post("/stock/feeds/<channel>/shares")
@roles("supervisor")
@command
def save_share(db: Session, channel: str) -> Response:
    """Another share for one SKU, or (`drop`) the feed's own again."""
    found = feeds.feed_for(db, channel, lock=True)
    form = read(ShareForm, request.form)
    sku = sku_by_code(db, form["sku"].upper())
    if sku is None:
        form.errors["sku"] = sentence(Unknown("inventory.unknown_sku", sku=form["sku"]))
    elif form["drop"]:
        feeds.keep_share(db, found, sku.id or 0, None, actor())
        return hx.see(url_for("feeds.one", channel=channel))
    if form.data and form.data.ceiling is not None and form.data.ceiling < form.data.floor:
        form.errors["ceiling"] = _("Enter %(n)s or more", n=form.data.floor)
    if form.data is None or sku is None or form.errors:
        return feed_page(db, found, 422, share=form)
    feeds.keep_share(db, found, sku.id or 0, Share(form.data.percent, form.data.floor, form.data.ceiling), actor())
    flash(_("%(sku)s has a share of its own now", sku=sku.code), "ok")
    return hx.see(url_for("feeds.one", channel=channel))


def _settings() -> Any:
    return current_app.extensions["settings"]
