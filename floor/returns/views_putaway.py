"""Doors to put returned goods away: scan the item, then the pick face."""

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.catalog import queries as catalog
from floor.kit.errors import Invalid, Refused
from floor.kit.uow import reading
from floor.returns import queries, service
from floor.returns.forms import Scan
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("putaway", __name__)

WHO = ("picker", "service", "supervisor")


@bp.get("/putaways")
@roles(*WHO)
def waiting() -> Response:
    """Screen 45: restocked items on the returns shelf, each with the pick face it belongs to."""
    with reading() as db:
        return show_putaways(db, Form())


@bp.post("/putaways/scan")
@roles(*WHO)
@command
def put(db: Session) -> Response:
    """First the item, then the bin.

    -> item: the same list with this one on top and its bin     -> bin: put away, the next one
    -> red: nothing of this waits here, or that is no open pick face
    """
    form = read(Scan, request.form)
    if form.data is None:
        return show_putaways(db, form, 422)
    sku = catalog.resolve(db, form.data.code).sku
    if sku is not None:
        mine = queries.waiting_put_aways(db, queries.site_of(db, current_user.site), sku.id)
        if not mine:
            return show_putaways(db, Form(), 422, wrong=Invalid("returns.not_waiting"))
        return show_putaways(db, Form({"item": str(mine[0][0].id)}), verdict="step")
    if form.data.item is None:
        return show_putaways(db, Form(), 422, wrong=Invalid("returns.unknown_code"))
    try:
        target = service.put_away(db, form.data.item, form.data.code, actor())
    except Invalid as refused:
        return show_putaways(db, form, 422, wrong=refused)
    return show_putaways(db, Form(), verdict="done", done=_("Put away in %(bin)s", bin=target.code))


def show_putaways(
    db: Session, form: Form[Scan], status: int = 200, *,
    verdict: str | None = None, wrong: Refused | None = None, done: str | None = None,
) -> Response:  # fmt: skip
    rows = [
        (item, sku, found, queries.pick_bin_for(db, found.warehouse_id, item.sku_id))
        for item, sku, found in queries.waiting_put_aways(db, queries.site_of(db, current_user.site))[:20]
    ]
    now = next((row for row in rows if str(row[0].id) == form["item"]), None)
    return page(
        "returns/putaways.html", "screen", status=status,
        rows=[row for row in rows if row is not now], now=now, done=done,
        wrong=sentence(wrong) if wrong else None, verdict="err" if status != 200 else verdict,
        scan_url=url_for("putaway.put"),
    )  # fmt: skip
