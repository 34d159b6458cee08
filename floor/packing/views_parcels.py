"""Doors of the bench beyond the plain way: steps of the card, a carton too small, a parcel opened again, goods back."""

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.catalog import queries as catalog
from floor.kit.errors import NotAllowed, Refused, Unknown
from floor.kit.uow import reading
from floor.orders.states import OrderState
from floor.packing import boxing, caring, progress, queries, reopening, screens, screens_trouble, trouble
from floor.packing.forms import CartonForm
from floor.packing.messages import CARES
from floor.packing.models import Pack, PackCare, Parcel, Station
from floor.packing.states import PackState
from floor.shipments.models import Shipment
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.errors import sentence
from floor.web.forms import read

bp = Blueprint("parcels", __name__)

WHO = ("packer", "supervisor")


def pack_here(db: Session, pack_id: int, *, lock: bool = False) -> Pack:
    """The pack, or Unknown, also for one of another site."""
    pack = queries.pack_for(db, pack_id, lock=lock)
    queries.must_be_at(db, db.get_one(Station, pack.station_id).warehouse_id, current_user.site)
    return pack


def show(db: Session, found: Pack, status: int, said: screens.Said, verdict: str) -> Response:
    """The screen of the pack's stage again, with one sentence on it."""
    if found.state is PackState.OPEN:
        return screens.show_pack(db, found, status, said, verdict)
    if found.state is PackState.VERIFIED:
        return screens.show_parcel(db, found, status, said, verdict)
    return hx.see(screens.where(db, found))


# --- the packing card -----------------------------------------------------------------------------------------


@bp.post("/packs/<int:pack_id>/cares/<int:care_id>")
@roles(*WHO)
@command
def care(db: Session, pack_id: int, care_id: int) -> Response:
    """A step of the card is done, by a tap. One with a code of its own wants the scan: amber."""
    found = pack_here(db, pack_id, lock=True)
    step = db.get(PackCare, care_id)
    if step is None or step.pack_id != found.id:
        raise Unknown("packing.unknown_step")
    return done(db, found, step, "")


def done(db: Session, found: Pack, step: PackCare, code: str) -> Response:
    try:
        caring.confirm(db, found, step, code, actor())
    except Refused as no:
        return show(db, found, no.status, ("warn", sentence(no), ""), "warn")
    return show(db, found, 200, ("ok", str(CARES[step.kind]), ""), "step")


# --- the carton -----------------------------------------------------------------------------------------------


@bp.post("/packs/<int:pack_id>/too-big")
@roles(*WHO)
@command
def too_big(db: Session, pack_id: int) -> Response:
    """The goods do not fit. Transitions: the next larger carton -> proposed; none -> choose what goes into two."""
    found, form = pack_here(db, pack_id, lock=True), read(CartonForm, request.form)
    carton = queries.carton_by_code(db, form["carton"])
    if found.state is not PackState.VERIFIED:
        return hx.see(screens.where(db, found))
    if carton is None:
        return show(db, found, 422, ("warn", _("Choose a carton"), ""), "warn")
    larger = boxing.refuse_carton(db, found, carton, actor())
    if larger is None:
        words = _("No carton is larger. Split it into two boxes.")
        return screens.show_parcel(db, found, said=("warn", words, ""), verdict="warn", by_hand=True)
    words = _("Take carton %(code)s", code=larger.code)
    return screens.show_parcel(db, found, said=("info", words, ""), verdict="step", carton=larger)


# --- a parcel opened again ------------------------------------------------------------------------------------


def _parcel(db: Session, parcel_id: int, *, lock: bool = False) -> Parcel:
    parcel = queries.parcel_for(db, parcel_id, lock=lock)
    queries.must_be_at(db, db.get_one(Shipment, parcel.shipment_id).warehouse_id, current_user.site)
    return parcel


@bp.get("/parcels/<int:parcel_id>/reopen")
@roles(*WHO)
def reopening_of(parcel_id: int) -> Response:
    """What is inside, what follows, and why not where it cannot be."""
    with reading() as db:
        return screens_trouble.show_reopen(db, _parcel(db, parcel_id))


@bp.post("/parcels/<int:parcel_id>/reopen")
@roles(*WHO)
@command
def reopen(db: Session, parcel_id: int) -> Response:
    """A tap, or the card that confirms. Transitions: its goods lie on the bench -> the box; loaded or gone -> amber."""
    parcel, code = _parcel(db, parcel_id, lock=True), request.form.get("code", "").strip()
    if code and catalog.resolve(db, code).command not in ("CONFIRM", "DONE"):
        return screens_trouble.show_reopen(db, parcel, 422, _("Scan the card that confirms, or tap the button."))
    station = queries.station_by_code(db, current_user.station) if current_user.station else None
    if station is not None and station.warehouse_id != db.get_one(Shipment, parcel.shipment_id).warehouse_id:
        station = None
    try:
        pack = reopening.reopen(db, parcel, station, actor())
    except Refused as no:
        return screens_trouble.show_reopen(db, parcel, no.status, sentence(no))
    return hx.see(screens.where(db, pack))


# --- a stopped order ------------------------------------------------------------------------------------------


@bp.post("/packs/<int:pack_id>/send-back")
@roles(*WHO)
@command
def send_back(db: Session, pack_id: int) -> Response:
    """The goods lie on the put-back shelf: the books follow. Transitions: -> the bench; held: a supervisor's."""
    return sent_back(db, pack_here(db, pack_id))


def sent_back(db: Session, found: Pack) -> Response:
    order = progress.order_of(db, found)
    if order.state is OrderState.HELD and current_user.role not in ("supervisor", "admin"):
        raise NotAllowed("packing.supervisor_only")
    with db.begin_nested():
        shelf = trouble.send_back(db, found, actor())
    flash(_("Everything is booked to %(bin)s. The tote is free.", bin=shelf.code), "ok")
    return hx.see(url_for("packing.bench", code=db.get_one(Station, found.station_id).code))
