"""Doors of a lot: where it lies, where it went, on hold or not, its label."""

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from sqlmodel import Session

from floor.catalog.models import Sku, Tracking
from floor.catalog.queries import barcode_of
from floor.inventory import lots, messages, printing, screens, tracing
from floor.inventory.forms import HoldForm
from floor.inventory.lots import Held
from floor.inventory.models import Lot
from floor.kit.uow import reading
from floor.paper.labels import LotLabel
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.forms import Form, read
from floor.web.page import page

bp = Blueprint("lots", __name__)


@bp.get("/lots/<int:lot_id>")
@roles()
def lot(lot_id: int) -> Response:
    """Contents by place, expiry, hold, history, and for a recall: where its units went."""
    with reading() as db:
        return _show(db, tracing.lot_for_page(db, lot_id), Form())


@bp.get("/lots/<code>")
@roles()
def lot_called(code: str) -> Response:
    """A lot by the code on the goods; several SKUs may use the same."""
    with reading() as db:
        found = tracing.lots_called(db, code)
    if len(found) == 1:
        return hx.see(url_for("lots.lot", lot_id=found[0][0].id))
    return page("inventory/which_lot.html", "content", 200 if found else 404, code=code.upper(), found=found)


@bp.post("/lots/<int:lot_id>/hold")
@roles("supervisor")
@command
def hold(db: Session, lot_id: int) -> Response:
    """Off sale, everywhere, at once."""
    found = tracing.lot_for_page(db, lot_id)
    form = read(HoldForm, request.form)
    if form.data is None:
        return _show(db, found, form, 422)
    promised = lots.hold(db, found, Held(form.data.why), actor())
    if promised:
        flash(_("On hold. %(n)s units are promised to orders: their pickers will be refused.", n=promised), "warn")
    else:
        flash(_("On hold: no unit of it is sold"), "ok")
    return hx.see(url_for("lots.lot", lot_id=lot_id))


@bp.post("/lots/<int:lot_id>/release")
@roles("supervisor")
@command
def release(db: Session, lot_id: int) -> Response:
    lots.release(db, tracing.lot_for_page(db, lot_id), actor())
    flash(_("For sale again"), "ok")
    return hx.see(url_for("lots.lot", lot_id=lot_id))


@bp.get("/lots/<int:lot_id>/label.pdf")
@roles("picker", "service", "supervisor")
def label(lot_id: int) -> Response:
    """A label that one scan reads back: goods, lot and expiry."""
    with reading() as db:
        found = tracing.lot_for_page(db, lot_id)
        sku = db.get_one(Sku, found.sku_id)
        barcode = barcode_of(db, sku.id or 0)
    expires = str(found.expires_on or "")
    return printing.labels([LotLabel(sku.code, found.code, expires, gs1_of(barcode, sku, found))], found.code)


def gs1_of(barcode: str, sku: Sku, found: Lot) -> str:
    """(01) goods, (17) expiry, (10) lot or (21) serial number, as a scanner types them; the bare lot number where the
    goods have no EAN or GTIN, or GS1 does not allow it (more than 20 characters)."""
    if not (barcode.isascii() and barcode.isdigit() and len(barcode) in (8, 12, 13, 14)) or len(found.code) > 20:
        return found.code
    expiry = f"17{found.expires_on:%y%m%d}" if found.expires_on else ""
    return f"01{barcode.zfill(14)}{expiry}{'21' if sku.tracking is Tracking.SERIAL else '10'}{found.code}"


def _show(db: Session, found: Lot, form: Form[HoldForm], status: int = 200) -> Response:
    return page(
        "inventory/lot.html", "content", status, lot=found, sku=db.get_one(Sku, found.sku_id), form=form,
        words=messages, places=tracing.whereabouts_of(db, found), went=tracing.went_to(db, found),
        story=screens.show_history(db, tracing.lot_history(db, found)),
    )  # fmt: skip
