"""Doors of bundles and gift rules: made, changed, switched, and tried on an example before anybody buys."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from floor.catalog import bundles as catalog
from floor.catalog.models import BundlePart, Sku
from floor.catalog.queries import skus
from floor.intake import gifts, queries
from floor.intake.bundles import Part, expanded
from floor.intake.channels.draft import DraftLine
from floor.intake.channels.reading import LOCAL
from floor.intake.forms_shops import BundleForm, GiftForm
from floor.intake.messages import NO_GIFT
from floor.intake.models import GiftRule
from floor.kit import clock, units
from floor.kit.errors import Invalid, Unknown
from floor.kit.uow import reading
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("offers", __name__, url_prefix="/intake")


# --- bundles ---------------------------------------------------------------------------------------------------------


@bp.get("/bundles")
@roles("supervisor")
def bundles() -> Response:
    """Every bundle, and a new one."""
    with reading() as db:
        return _bundles(db)


@bp.get("/bundles/<code>")
@roles("supervisor")
def bundle(code: str) -> Response:
    with reading() as db:
        parts = catalog.parts_of(db, code)
        if not parts:
            raise Unknown("catalog.unknown_bundle")
        written = "\n".join(f"{sku.code} {part.qty} {part.weight}" for part, sku in parts)
        return _bundles(db, Form({"code": code, "parts": written}), changing=code)


@dataclass(frozen=True)
class Tried:
    """What a line of an order becomes; sums in fen, which must be those of the line."""

    lines: list[DraftLine]
    goods_fen: int
    discount_fen: int


def _bundles(
    db: Session, form: Form[BundleForm] | None = None, status: int = 200, changing: str = "", tried: Tried | None = None
) -> Response:
    by_code: dict[str, list[tuple[BundlePart, Sku]]] = {}
    for part, sku in catalog.parts_of(db):
        by_code.setdefault(part.code, []).append((part, sku))
    return page(
        "intake/bundles.html", "content", status, bundles=by_code, form=form or Form(), changing=changing, tried=tried,
        verdict="err" if status == 422 else None,
    )  # fmt: skip


@bp.post("/bundles")
@roles("supervisor")
@command
def save_bundle(db: Session) -> Response:
    """Make a bundle, or change one; orders that are here already stay as they are."""
    form, changing = read(BundleForm, request.form), request.form.get("changing", "")[:32]
    if form.data is None:
        return _bundles(db, form, 422, changing)
    try:
        catalog.save(db, form.data.code.upper(), form.data.parts, actor())
    except Invalid as no:
        return _bundles(db, form.refuse(no, sentence(no)), 422, changing)
    flash(_("Written down"), "ok")
    return hx.see(url_for("offers.bundles"))


@bp.post("/bundle-trials")
@roles("supervisor")
@command
def try_bundle(db: Session) -> Response:
    """What a line of an order would become; nothing is saved."""
    form, changing = read(BundleForm, request.form), request.form.get("changing", "")[:32]
    if form.data is None:
        return _bundles(db, form, 422, changing)
    given = form.data
    try:
        parts = [Part(sku.code, qty, weight) for sku, qty, weight in catalog.read_parts(db, given.parts)]
    except Invalid as no:
        return _bundles(db, form.refuse(no, sentence(no)), 422, changing)
    lines = expanded([DraftLine(given.code, given.qty, given.price, given.discount)], {given.code: parts})
    goods = sum(line.qty * line.unit_price_fen for line in lines)
    tried = Tried(lines, goods, sum(line.discount_fen for line in lines))
    return _bundles(db, form, changing=changing, tried=tried)


@bp.post("/bundles/<code>/switch")
@roles("supervisor")
@command
def switch_bundle(db: Session, code: str) -> Response:
    """Sold, or no longer."""
    catalog.switch(db, code, actor(), on=request.form.get("on") == "1")
    return hx.see(url_for("offers.bundles"))


# --- gift rules ------------------------------------------------------------------------------------------------------


@bp.get("/gifts")
@roles("supervisor")
def gift_rules() -> Response:
    """Every rule, and a new one."""
    with reading() as db:
        return _gifts(db)


@bp.get("/gifts/<int:rule_id>")
@roles("supervisor")
def gift_rule(rule_id: int) -> Response:
    with reading() as db:
        return _gifts(db, _typed(db, queries.gift_for(db, rule_id)), changing=rule_id)


def _typed(db: Session, rule: GiftRule) -> Form[GiftForm]:
    goods = skus(db, [id_ for id_ in (rule.gift_sku_id, rule.with_sku_id) if id_])
    ends = rule.ends_at - timedelta(days=1) if rule.ends_at else None
    return Form({
        "channel": rule.channel, "worth_from": units.yuan(rule.from_fen), "qty": str(rule.qty),
        "gift": goods[rule.gift_sku_id].code, "with_sku": goods[rule.with_sku_id].code if rule.with_sku_id else "",
        "begins": f"{rule.begins_at.astimezone(LOCAL):%Y-%m-%d}" if rule.begins_at else "",
        "ends": f"{ends.astimezone(LOCAL):%Y-%m-%d}" if ends else "",
    })  # fmt: skip


def _gifts(
    db: Session, form: Form[GiftForm] | None = None, status: int = 200, changing: int = 0, tried: str | None = None
) -> Response:
    rules = queries.every_gift_rule(db)
    return page(
        "intake/gifts.html", "content", status, rules=rules, form=form or Form(), changing=changing, tried=tried,
        goods=skus(db, {id_ for rule in rules for id_ in (rule.gift_sku_id, rule.with_sku_id) if id_}),
        channels=queries.channels(db), why_not=NO_GIFT, verdict="err" if status == 422 else None,
    )  # fmt: skip


def _rule(db: Session, given: GiftForm, rule: GiftRule) -> GiftRule:
    """The rule as typed. Raises Invalid for goods nobody knows."""
    rule.gift_sku_id = gifts.sku_of(db, given.gift, "gift").id or 0
    rule.with_sku_id = gifts.sku_of(db, given.with_sku, "with_sku").id if given.with_sku else None
    rule.channel, rule.from_fen, rule.qty = given.channel, given.worth_from, given.qty
    rule.begins_at, rule.ends_at = given.begins_at(), given.ends_at()
    return rule


@bp.post("/gifts")
@roles("supervisor")
@command
def add_gift(db: Session) -> Response:
    """A new rule; for orders that come from now on."""
    return _save(db, GiftRule(gift_sku_id=0), 0)


@bp.post("/gifts/<int:rule_id>")
@roles("supervisor")
@command
def keep_gift(db: Session, rule_id: int) -> Response:
    """Change a rule."""
    return _save(db, queries.gift_for(db, rule_id), rule_id)


def _save(db: Session, rule: GiftRule, changing: int) -> Response:
    form = read(GiftForm, request.form)
    if form.data is None:
        return _gifts(db, form, 422, changing)
    try:
        with db.no_autoflush:
            gifts.save(db, _rule(db, form.data, rule), actor())
    except Invalid as no:
        if changing:
            db.refresh(rule)
        return _gifts(db, form.refuse(no, sentence(no)), 422, changing)
    flash(_("Written down"), "ok")
    return hx.see(url_for("offers.gift_rules"))


@bp.post("/gift-trials")
@roles("supervisor")
@command
def try_gift(db: Session) -> Response:
    """Whether an example order would get it, one of the rule's own channel if none is chosen; nothing is saved."""
    form = read(GiftForm, request.form)
    changing = int(text) if (text := request.form.get("changing", "")).isdecimal() and len(text) < 10 else 0
    if form.data is None:
        return _gifts(db, form, 422, changing)
    given = form.data
    try:
        rule = _rule(db, given, GiftRule(gift_sku_id=0))
        bought = {gifts.sku_of(db, given.try_sku, "try_sku").id or 0} if given.try_sku else set()
    except Invalid as no:
        return _gifts(db, form.refuse(no, sentence(no)), 422, changing)
    why_not = gifts.missing(rule, given.try_channel or given.channel, given.try_worth, bought, clock.now())
    return _gifts(db, form, changing=changing, tried=why_not)


@bp.post("/gifts/<int:rule_id>/switch")
@roles("supervisor")
@command
def switch_gift(db: Session, rule_id: int) -> Response:
    """Given, or no longer."""
    gifts.switch(db, rule_id, actor(), on=request.form.get("on") == "1")
    return hx.see(url_for("offers.gift_rules"))
