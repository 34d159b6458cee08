"""A walk as a phone carries it into a dead zone: codes, goods, words and the screens of its open stops.

The screens are drawn here by the very templates that draw them online, for each thing a stop may want next; the phone
fills in the counters (static/js/zones.js). How far the walk is comes with every screen (`WalkView.kept`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask import current_app, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from jinja2_fragments.flask import render_block
from markupsafe import Markup
from sqlmodel import Session, col, select

from floor.catalog.models import Barcode, Sku
from floor.inventory.models import Balance, Bin, Tote
from floor.picking import drawing, ending, messages, screens
from floor.picking.models import WalkTote
from floor.picking.models_wall import BatchTote, WallSlot
from floor.picking.queries import StopView, WalkView, goods
from floor.picking.shorting import Why
from floor.picking.verdict import Kind, Verdict
from floor.shipments.models import Shipment
from floor.web.context import in_words

#: Empty totes a phone can take for a full one without asking.
_TOTES = 200
#: Stands for any number while words are made; the phone puts the real one in its place.
_ANY = 77777
#: What a form's own ids are: other ones each time, and of no use without net.
_IDS = re.compile(r'<input type="hidden" name="(?:csrf_token|command_id)"[^>]*>')


def packet(db: Session, view: WalkView, who: int) -> dict[str, Any]:
    """Everything the phone needs of this walk, as JSON. No name, no address, nothing of any order."""
    rank = _by_promise(db, view)
    known = _goods(db, view)
    return {
        "walk": view.id,
        "by": who,
        "csrf": generate_csrf(),
        "base": url_for("picking.walk", walk_id=view.id),
        "lang": str(get_locale()),
        "lanes": [*view.walls, *view.floor.lanes],
        "direct": view.is_direct,
        "shared": view.is_batch,
        "rank": rank,
        "free": _free_totes(db, view),
        "goods": {sku.id: _plain(sku, homes) for sku, homes in known.values()},
        "codes": _codes(db, [sku.id or 0 for sku, _homes in known.values()]),
        "stops": {stop.id: _stop(stop) for stop in view.stops},
        "screens": {stop.id: _screens(view, stop) for stop in view.stops if stop.puts},
        "common": _common(db, view),
        "words": _words(),
        "kept": view.kept,
    }


def _by_promise(db: Session, view: WalkView) -> list[int]:
    """Slots in the order in which a short shelf is shared: the order promised earliest first."""
    rows = db.execute(
        sa.select(col(WalkTote.slot))
        .join(Shipment, col(Shipment.id) == col(WalkTote.shipment_id))
        .where(col(WalkTote.walk_id) == view.id, col(WalkTote.part) == 0)
        .order_by(col(Shipment.promised_at), col(Shipment.priority), col(Shipment.id))
    )
    return list(rows.scalars())


def _free_totes(db: Session, view: WalkView) -> list[str]:
    busy = select(WalkTote.tote_id).where(col(WalkTote.is_busy), col(WalkTote.tote_id).is_not(None))
    shared, walls = select(BatchTote.tote_id).where(col(BatchTote.is_busy)), select(WallSlot.id)
    full = select(Balance.place_id).where(Balance.qty > 0)
    free = select(Tote.code).where(
        Tote.warehouse_id == view.warehouse_id, *(col(Tote.id).not_in(taken) for taken in (busy, shared, walls, full))
    )
    return list(db.exec(free.order_by(Tote.code).limit(_TOTES)).all())


def _goods(db: Session, view: WalkView) -> dict[int, tuple[Sku, list[str]]]:
    """The goods of the walk and their brothers in other colours and sizes, with the bins they lie in."""
    names = {stop.goods.name for stop in view.stops}
    skus = db.exec(select(Sku).where(col(Sku.name).in_(names)).order_by(col(Sku.id))).all()
    homes: dict[int, list[str]] = defaultdict(list)
    lying = (
        sa.select(col(Balance.sku_id), col(Bin.code))
        .join(Bin, col(Bin.id) == col(Balance.place_id))
        .where(col(Bin.warehouse_id) == view.warehouse_id, col(Balance.qty) > 0)
        .where(col(Balance.sku_id).in_([sku.id for sku in skus]))
        .order_by(col(Bin.code))
    )
    for sku_id, code in db.execute(lying):
        homes[sku_id].append(code)
    return {sku.id or 0: (sku, homes[sku.id or 0]) for sku in skus}


def _plain(sku: Sku, homes: Iterable[str]) -> list[Any]:
    """[name, colour, size, hex, bins, what brothers have in common]"""
    one = goods(sku, "")
    return [in_words("name")(one), in_words("colour")(one), one.size, one.hex, list(homes)[:4], one.name]


def _codes(db: Session, sku_ids: list[int]) -> dict[str, int]:
    rows = db.exec(select(Barcode.code, Barcode.sku_id).where(col(Barcode.sku_id).in_(sku_ids))).all()
    own = db.exec(select(Sku.code, Sku.id).where(col(Sku.id).in_(sku_ids))).all()
    return {code: sku_id or 0 for code, sku_id in (*own, *rows)}


def _stop(stop: StopView) -> list[Any]:
    """[number, bin, aisle, bay, level, SKU, last four digits]"""
    return [
        stop.number, stop.code, stop.aisle, stop.bay, stop.level, stop.goods.sku_id, stop.goods.barcode[-4:],
    ]  # fmt: skip


# --- screens --------------------------------------------------------------------------------------------------------


def _draw(template: str, context: Mapping[str, Any]) -> str:
    """The block `screen` of a template, without what only makes sense once."""
    whole: dict[str, Any] = {"said": None, "mood": "ok", "wrong": None, "typed": "", "check": None, "say": _hole}
    whole |= context
    current_app.update_template_context(whole)
    return _IDS.sub("", render_block(template, "screen", **whole))


def _hole(name: str, value: object) -> Markup:
    """A counter the phone fills in."""
    return Markup('<span data-say="{}">{}</span>').format(name, value)


def _screens(view: WalkView, stop: StopView) -> dict[str, Any]:
    """bin, item, count (from six units on) and one put per slot; the phone shows the one that is wanted."""
    fresh = replace(stop, in_hand=0, picked=0, bin_seen=True, skips=0, state=type(stop.state).OPEN, wanted=stop.wanted)
    drawn = {
        "bin": _stop_screen(view, replace(fresh, bin_seen=False)),
        "item": _stop_screen(view, fresh),
        "problem": "",
    }
    if replace(fresh, in_hand=1).phase == "count":
        drawn["count"] = _stop_screen(view, replace(fresh, in_hand=1))
    if not stop.is_direct:
        puts = {}
        for n, put in enumerate(stop.puts):
            left = stop.puts[n:]
            here = replace(fresh, puts=left, in_hand=sum(one.units for one in left))
            puts[put.slot.slot] = _stop_screen(view, here)
        return {**drawn, "puts": puts}
    return drawn


def _stop_screen(view: WalkView, here: StopView) -> str:
    return _draw(screens.stop_template(here), screens.stop_context(view, here))


def _common(db: Session, view: WalkView) -> dict[str, str]:
    """Screens that are the same for every stop; the phone fills them."""
    here, url = screens.after_last(view) or (view.stops[0] if view.stops else None), screens.scan_url_of(view)
    total = ending.Summary(0, 0, 0, 0, 0, 0)
    way = {"walk": view, "here": here, "scan_url": url}
    common = {
        "finish": _draw("picking/finish.html", {**way, "total": total, "here": None}),
        "list": _draw("picking/stops.html", {**way, "states": messages.STOP_STATES}),
        "map": _draw(
            "picking/map.html",
            {**way, "following": view.after(here), "map": drawing.floor_map(db, view, here), "close": None},
        ),
        "problem": _draw("picking/problem_here.html", {**way, "reasons": messages.WHY, "none": Why.EMPTY}),
        "none": _draw("picking/needs_net.html", way),
        "flash": "",
    }
    if here is not None:
        said = Verdict(Kind.ERR, "wrong_product", here.id, {}, scanned=here.goods, differs=("product",), home="-")
        about = {"wrong_scan": said, "said": messages.Said("", ""), "beside": "", "code": ""}
        common["wrong"] = _draw("picking/wrong.html", {**way, **about})
    for mood in ("ok", "warn", "err"):
        words = {"said": messages.Said("{title}", "{detail}"), "mood": mood}
        common[f"flash_{mood}"] = render_block("picking/said_alone.html", "said", **words)
    return common


# --- words ----------------------------------------------------------------------------------------------------------


def _words() -> dict[str, list[str]]:
    """[title, detail, what to do] of everything the phone may have to say, in the reader's language.

    `{n}`, `{tote}`, `{bin}` and `{aisle}` are filled in there; a key ending in 1 is for one unit.
    """
    values: dict[str, Any] = {
        "n": "{n}", "tote": "{tote}", "number": "{n}", "bin": "{bin}", "units": "{n}", "wanted": "{tote}",
        "scanned": "{bin}", "aisle": "{aisle}",
    }  # fmt: skip
    plain = (
        "bin_first", "bin_already", "item_first", "put_first", "later_stop", "enough", "skipped", "short_reported",
        "wrong_tote", "unknown_code", "wrong_colour", "wrong_size", "wrong_product", "wrong_bin_aisle", "tote_changed",
    )  # fmt: skip
    words = {code: _say(code, {**values, "slot": "{tote}"}) for code in plain}
    for code in ("items_all", "wrong_bin_up", "wrong_bin_down", "wrong_level_up", "wrong_level_down"):
        words[code] = _say(code, {**values, "n": _ANY})
        words[code + "1"] = _say(code, {**values, "n": 1})
    for kind in ("bin", "item", "put", "skip", "short"):
        words[f"undone_{kind}"] = _say("undone", {**values, "kind": kind})
    words["undone_shelf"] = _say("undone", {**values, "kind": "put", "tote": ""})
    words["undone_tote"] = _say("undone", {**values, "kind": "put", "n": 0})
    words |= {
        "home": [_("It goes back to %(bin)s", bin="{bin}")],
        "left": [_("%(n)s to go", n="{n}")],
        "goon": [_("Just scan the right bin"), _("Just scan the right item"), _("Just scan the right tote")],
        "parts": [_("Aisle"), _("Bay"), _("Level")],
        "no_tap": [_("No tap needed")],
        "right": [_("The right one")],
        "no_lane": [_("This is no lane"), _("Scan the lane's label.")],
        "done": [_("Walk done"), _("Totes stand in lane %(lane)s", lane="{bin}")],
        "needs_net": [_("This needs the net"), _("Go on with the stops. It works again when there is net.")],
        "cannot_undo": [_("Nothing to undo"), _("Without net only your last steps here can be taken back.")],
        "cannot_skip": [_("Not now"), _("Pick it or report it short.")],
    }
    return words


def _say(code: str, values: Mapping[str, Any]) -> list[str]:
    said = messages.say(Verdict(Kind.OK, code, None, values))
    return [text.replace(str(_ANY), "{n}") for text in (said.title, said.detail, said.way)]
