"""Doors to move goods from bin to bin: scan the bin, the item (and say how many), the other bin."""

from collections.abc import Sequence

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.catalog.models import Sku
from floor.catalog.queries import resolve
from floor.inventory import lots, queries, service, steps, tracing
from floor.inventory.forms import Scan
from floor.inventory.models import Bin, Lot, Warehouse
from floor.inventory.screens import FLOOR, UNKNOWN, Wrong, show_wrong, unknown_code
from floor.kit.errors import Invalid
from floor.kit.uow import reading
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import read
from floor.web.page import page

bp = Blueprint("relocate", __name__)

_STEPS = ("inventory.stock.relocated",)


@bp.get("/relocate")
@roles(*FLOOR)
def start() -> Response:
    """?bin=, ?sku=, ?lot=, ?qty=: what was scanned and said so far."""
    form = read(Scan, {**request.args, "code": "-"})
    with reading() as db:
        return _show(db, form.data or Scan(code="-"))


@bp.post("/relocate/scans")
@roles(*FLOOR)
@command
def scan(db: Session) -> Response:
    """Transitions: bin -> item -> (number ->) other bin -> moved, from the start. The item again counts one more."""
    hand = read(Scan, request.form).data
    if hand is None:
        return _wrong(Scan(code="-"), UNKNOWN, unknown_code())
    seen = resolve(db, hand.code)
    if seen.command == "UNDO":
        return _undone(db)
    found = queries.bins_called(db, hand.code, current_user.site) or queries.bins_called(db, hand.code)
    where = db.get(Bin, hand.bin) if hand.bin else None
    if found and (where is None or hand.sku is None):
        return _show(db, Scan(code="-", bin=found[0][0].id), verdict="step")
    if found and where is not None:
        return _move(db, hand, where, found)
    if seen.sku is None:
        return _wrong(hand, UNKNOWN, unknown_code())
    if where is None:
        return _wrong(hand, _("Scan the bin first"), _("Then the goods in it."), _("Just scan the bin"), seen.sku)
    return _take(db, hand, where, seen.sku, seen.lot or seen.serial)


def _take(db: Session, hand: Scan, where: Bin, sku: Sku, number: str) -> Response:
    """One unit of these goods is in hand, or one more."""
    lot = lots.lot_called(db, sku.id or 0, number) if number else None
    lying = _lying(db, where, sku, lot)
    if lying == 0:
        return _wrong(hand, _("Not in this bin"), _("By the books none of it lies free here."), got=sku)
    is_same = hand.sku == sku.id and (lot is None or hand.lot == lot.id)
    qty = (hand.qty or 0) + 1 if is_same else 1
    lot_id = lot.id if lot else hand.lot if is_same else None
    return _show(db, Scan(code="-", bin=where.id, sku=sku.id, lot=lot_id, qty=min(qty, lying)), verdict="step")


def _move(db: Session, hand: Scan, where: Bin, found: Sequence[tuple[Bin, Warehouse]]) -> Response:
    """The other bin was scanned: of several of this code, the one of the same house."""
    assert hand.sku is not None
    target = next((one for one, _house in found if one.warehouse_id == where.warehouse_id), found[0][0])
    qty = hand.qty or 1
    try:
        service.relocate(db, where, target, hand.sku, qty, actor(), lot_id=hand.lot)
    except Invalid as refused:
        return _wrong(hand, _("Not this bin"), sentence(refused), _("Just scan another bin"))
    sku = db.get_one(Sku, hand.sku)
    said = _("%(qty)s × %(sku)s: %(origin)s → %(to)s", qty=qty, sku=sku.code, origin=where.code, to=target.code)
    return _show(db, Scan(code="-"), verdict="done", said=said)


@bp.post("/relocate/undo")
@roles(*FLOOR)
@command
def undo(db: Session) -> Response:
    return _undone(db)


def _undone(db: Session) -> Response:
    try:
        steps.take_back(db, _STEPS, actor())
    except Invalid as refused:
        return _show(db, Scan(code="-"), 422, said=sentence(refused), mood="warn", verdict="warn")
    return _show(db, Scan(code="-"), said=_("Taken back: the goods lie where they were"), verdict="step")


def _lying(db: Session, where: Bin, sku: Sku, lot: Lot | None) -> int:
    """Units one may take from here: of a named lot all, else the free ones."""
    if lot is None:
        return queries.free_in(db, where.id, sku.id or 0)
    return {one.id: n for one, n in tracing.lots_in(db, where.id).get(sku.id or 0, [])}.get(lot.id, 0)


def _show(
    db: Session, hand: Scan, status: int = 200, *, said: str = "", mood: str = "ok", verdict: str | None = None
) -> Response:  # fmt: skip
    where = db.get(Bin, hand.bin) if hand.bin else None
    sku = db.get(Sku, hand.sku) if hand.sku and where else None
    lot = db.get(Lot, hand.lot) if hand.lot and sku else None
    lying = _lying(db, where, sku, lot) if where and sku else 0
    return page(
        "inventory/relocate.html", "screen", status, where=where, sku=sku, lot=lot, lying=lying,
        qty=min(max(hand.qty or 1, 1), max(lying, 1)), said=said, mood=mood, verdict=verdict,
        lots=tracing.lots_in(db, where.id).get(sku.id or 0, []) if where and sku else [],
        contents=queries.contents(db, where.id) if where and not sku else [],
        can_undo=bool(steps.of_person(db, _STEPS, actor())), scan_url=url_for("relocate.scan"),
    )  # fmt: skip


def _wrong(
    hand: Scan, title: object, detail: object, goon: object = None, got: Sku | None = None
) -> Response:  # fmt: skip
    keep = hand.model_dump(include={"bin", "sku", "lot", "qty"}, exclude_none=True)
    url, back = url_for("relocate.scan"), url_for("relocate.start", **keep)
    return show_wrong(Wrong(title, url, back, goon or _("Just scan the right code"), detail, keep, got))
