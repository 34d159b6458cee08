"""Doors of the packing benches. Every scan answers with the next screen; the scan form's action never changes."""

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlmodel import Session

from floor.catalog import queries as catalog
from floor.catalog.models import Sku
from floor.kit.errors import Conflict, Invalid, NotAllowed, Refused
from floor.kit.uow import reading
from floor.orders.states import OrderState
from floor.packing import (
    caring,
    goods,
    jobs,
    labels,
    merging,
    progress,
    queries,
    reopening,
    screens,
    screens_trouble,
    service,
    trouble,
)
from floor.packing.forms import ParcelForm, TroubleForm, units_of, weight_of
from floor.packing.messages import CARES, NOT_COUNTED
from floor.packing.models import Pack, PackLine, Station
from floor.packing.service import Then, Trouble, Verdict
from floor.packing.states import PackState, ParcelState
from floor.packing.views_parcels import done, pack_here, sent_back, show
from floor.people import service as people
from floor.web import hx
from floor.web.auth import actor, roles
from floor.web.commands import command
from floor.web.context import in_words
from floor.web.errors import sentence
from floor.web.forms import Form, read

bp = Blueprint("packing", __name__)

WHO = ("packer", "supervisor")

# --- benches --------------------------------------------------------------------------------------------------


@bp.get("/stations")
@roles(*WHO)
def stations() -> Response:
    """Which bench does this device stand at? One that knows goes straight to it, unless ?choose."""
    with reading() as db:
        bound = queries.station_by_code(db, current_user.station) if current_user.station else None
        if bound is not None and "choose" not in request.args:
            return hx.see(url_for("packing.bench", code=bound.code))
        return screens.show_stations(db)


@bp.post("/stations")
@roles(*WHO)
@command
def bind_station(db: Session) -> Response:
    """Scan or tap a bench. Transitions: known -> its home; anything else -> the list again, red."""
    station = queries.station_by_code(db, request.form.get("code", ""))
    try:
        if station is None:
            raise Invalid("packing.unknown_station")
        queries.must_be_at(db, station.warehouse_id, current_user.site)
    except Refused as no:
        return screens.show_stations(db, 422, sentence(no))
    return _bound_to(db, station)


def _bound_to(db: Session, station: Station) -> Response:
    people.bind_station(db, current_user.token, station.code)
    return hx.see(url_for("packing.bench", code=station.code))


def _station(db: Session, code: str) -> Station:
    station = queries.station_for(db, code)
    queries.must_be_at(db, station.warehouse_id, current_user.site)
    return station


@bp.get("/stations/<code>")
@roles(*WHO)
def bench(code: str) -> Response:
    """Screen 33: what waits, by cut-off. `done` names the parcel just closed."""
    done = request.args.get("done", "")[:20]
    said = ("ok", _("Parcel %(number)s is closed", number=done)) if done else None
    with reading() as db:
        return screens.show_bench(db, _station(db, code), said=said, verdict="walk" if done else None)


@bp.post("/stations/<code>/scans")
@roles(*WHO)
@command
def scan_at_bench(db: Session, code: str) -> Response:
    """A tote, typed or tapped in the queue too. Transitions: tote -> its pack; bench -> that bench; a parcel's label ->
    that parcel; else red."""
    station, scanned = _station(db, code), request.form.get("code", "").strip()
    other = queries.station_by_code(db, scanned)
    try:
        if other is not None:
            return _bound_to(db, _station(db, other.code))
        if (parcel := labels.book().whose(db, scanned)) is not None:
            if parcel.state is ParcelState.BOXED:
                return hx.see(url_for("shipping.label", parcel_id=parcel.id))
            return hx.see(url_for("parcels.reopening_of", parcel_id=parcel.id))
        pack = service.open_tote(db, station, scanned, actor())
    except Refused as no:
        return screens.show_bench(db, station, no.status, ("err", sentence(no)), "err")
    return hx.see(screens.where(db, pack))


# --- checking -------------------------------------------------------------------------------------------------


@bp.get("/packs/<int:pack_id>")
@roles(*WHO)
def pack(pack_id: int) -> Response:
    """Screen 34: check every unit."""
    with reading() as db:
        found = pack_here(db, pack_id)
        return screens.show_pack(db, found) if found.state is PackState.OPEN else hx.see(screens.where(db, found))


@bp.post("/packs/<int:pack_id>/scans")
@roles(*WHO)
@command
def scan(db: Session, pack_id: int) -> Response:
    """Whatever is scanned at a pack, in any of its stages.

    Transitions: item -> count falls; last item -> the box; wrong or unknown -> red; enough -> amber; material of the
    packing card -> its step is done; a second tote of the order -> it joins; once checked: carton -> chosen; weight ->
    parcel; command cards -> what they say. An order stopped meanwhile -> red, and where the goods go.
    """
    code = request.form.get("code", "").strip()
    card = catalog.resolve(db, code).command
    if card == "UNDO":
        return _undo(db, pack_id)
    found = pack_here(db, pack_id, lock=True)
    if found.state not in progress.WORKABLE:
        return hx.see(screens.where(db, found))
    try:
        progress.must_be_wanted(db, found)
    except Conflict:
        return _stopped_scan(db, found, code, card)
    if card == "PROBLEM":
        return hx.see(url_for("packing.exception", pack_id=pack_id))
    if card in ("CONFIRM", "DONE") and (step := caring.next_step(db, pack_id)) is not None:
        return done(db, found, step, "")
    return _code_scan(db, found, code)


def _code_scan(db: Session, found: Pack, code: str) -> Response:
    if (step := caring.scanned(db, found, code, actor())) is not None:
        return show(db, found, 200, ("ok", str(CARES[step.kind]), ""), "step")
    if found.state is PackState.VERIFIED and (answer := _box_scan(db, found, code)) is not None:
        return answer
    if queries.is_tote(db, code):
        return _tote_scan(db, found, code)
    return _item_scan(db, found, code)


def _stopped_scan(db: Session, found: Pack, code: str, card: str) -> Response:
    """The put-back shelf's code, or the card that says done, books what the screen asked for; all else shows it."""
    order = progress.order_of(db, found)
    shelf = goods.put_back_bin(db, db.get_one(Station, found.station_id).warehouse_id)
    is_over = order.state is OrderState.CANCELLED
    if shelf is not None and code.upper() == shelf.code and (is_over or current_user.role in ("supervisor", "admin")):
        return sent_back(db, found)
    if card in ("CONFIRM", "DONE") and not is_over:
        service.abandon(db, found, actor())
        return hx.see(url_for("packing.bench", code=db.get_one(Station, found.station_id).code))
    return screens_trouble.show_stopped(db, found)


def _tote_scan(db: Session, found: Pack, code: str) -> Response:
    try:
        with db.begin_nested():
            units = merging.join(db, found, code, actor())
    except Refused as no:
        return show(db, found, 422, ("warn", sentence(no), ""), "warn")
    if not units:
        return show(db, found, 422, ("warn", _("Scan the items first, not the tote"), ""), "warn")
    response = screens.show_pack(db, found, said=("ok", _("Tote %(code)s joined", code=code.upper()), f"+{units}"))
    return hx.push(response, url_for("packing.pack", pack_id=found.id))


def _item_scan(db: Session, found: Pack, code: str) -> Response:
    seen = service.check_item(db, found, code, actor())
    if seen.verdict in (Verdict.NOT_OURS, Verdict.UNKNOWN, Verdict.WRONG_NUMBER):
        return screens.show_wrong(db, found, seen, code)
    assert seen.sku is not None
    assert seen.line is not None
    words = " ".join((in_words("name")(seen.sku), in_words("colour")(seen.sku), seen.sku.size))
    count = f"{seen.line.verified}\u00a0/\u00a0{seen.line.qty - seen.line.missing}"
    if seen.verdict in NOT_COUNTED:
        return show(db, found, 422, ("warn", str(NOT_COUNTED[seen.verdict]), count), "warn")
    if seen.verdict is Verdict.VERIFIED:
        response = screens.show_parcel(db, found, said=("ok", words, count), verdict="done")
        return hx.push(response, url_for("packing.parcel", pack_id=found.id))
    return screens.show_pack(db, found, said=("ok", words, count), verdict="step")


def _box_scan(db: Session, found: Pack, code: str) -> Response | None:
    """At the box: a carton's code chooses it, a scale's text boxes. None when it is neither."""
    carton = queries.carton_by_code(db, code)
    if carton is not None:
        return screens.show_parcel(db, found, carton=carton, verdict="step")
    weight = weight_of(code)
    if weight is None:
        return None
    form = read(ParcelForm, {"carton": request.form.get("carton", ""), "weight": str(weight)})
    if "split" in request.form:  # the units are being chosen by hand: the weight waits for them
        return screens.show_parcel(
            db, found, form=form, carton=queries.carton_by_code(db, form["carton"]), by_hand=True
        )
    return _box(
        db, found, form, screens.planned_units(found, queries.to_box(db, found.id or 0), screens.box_number(db, found))
    )


@bp.post("/packs/<int:pack_id>/undo")
@roles(*WHO)
@command
def undo(db: Session, pack_id: int) -> Response:
    """Take the last step back: a check, a step of the card, or the box just made."""
    return _undo(db, pack_id)


def _undo(db: Session, pack_id: int) -> Response:
    found = pack_here(db, pack_id)
    try:
        with db.begin_nested():
            if found.state not in progress.WORKABLE or queries.parcels_of(db, pack_id):
                return _undo_box(db, found)
            found = pack_here(db, pack_id, lock=True)
            step = service.undo_last(db, found, actor())
    except Refused as no:
        found = pack_here(db, pack_id)
        if found.state not in progress.WORKABLE:
            raise
        return show(db, found, no.status, ("warn", sentence(no), ""), "warn")
    if not isinstance(step, PackLine):
        return show(db, found, 200, ("info", _("Taken back: %(item)s", item=str(CARES[step.kind])), ""), "step")
    sku = db.get_one(Sku, step.sku_id)
    response = screens.show_pack(db, found, said=("info", _("Taken back: %(item)s", item=in_words("name")(sku)), ""))
    return hx.push(response, url_for("packing.pack", pack_id=found.id))


def _undo_box(db: Session, found: Pack) -> Response:
    """The parcel before its pack, as everywhere."""
    if found.state in (PackState.CLOSED, PackState.ABANDONED):
        raise Conflict("packing.pack_over")
    again, parcel = reopening.reopen_newest(db, found.id or 0, actor())
    flash(_("Parcel %(number)s is open again", number=parcel.number), "info")
    return hx.see(screens.where(db, again))


# --- the box --------------------------------------------------------------------------------------------------


@bp.get("/packs/<int:pack_id>/parcel")
@roles(*WHO)
def parcel(pack_id: int) -> Response:
    """Screen 35: box and weight; ?split=1 chooses units, ?carton= another box. Works the box out if nobody did."""
    jobs.suggest_carton(pack_id)
    with reading() as db:
        found = pack_here(db, pack_id)
        if found.state is not PackState.VERIFIED:
            return hx.see(screens.where(db, found))
        carton = queries.carton_by_code(db, request.args.get("carton", ""))
        return screens.show_parcel(db, found, carton=carton, by_hand="split" in request.args)


@bp.post("/packs/<int:pack_id>/parcel")
@roles(*WHO)
@command
def make_parcel(db: Session, pack_id: int) -> Response:
    """Box and weigh. Transitions: units left -> the next box; none -> the label; weight off -> look and confirm."""
    return _box(db, pack_here(db, pack_id, lock=True), read(ParcelForm, request.form), units_of(request.form))


def _box(db: Session, found: Pack, form: Form[ParcelForm], units: dict[int, int]) -> Response:
    carton = queries.carton_by_code(db, form["carton"])
    by_hand = "split" in request.form
    if form.data is None or carton is None:
        if carton is None:
            form.errors["carton"] = _("Choose a carton")
        return screens.show_parcel(
            db, found, 422, verdict="err", form=form, carton=carton, by_hand=by_hand, units=units
        )
    is_sure = form.data.sure or form.data.why is not None
    try:
        with db.begin_nested():
            service.box(db, found, carton, form.data.weight, units, is_sure, actor(), form.data.why)
    except Invalid as no:
        form.refuse(no, sentence(no))
        off = no.values if no.code == "packing.weight_off" else None
        return screens.show_parcel(
            db, found, 422, verdict="warn", form=form, carton=carton, by_hand=by_hand, units=units, off=off
        )
    except Conflict as no:
        if no.code in ("packing.cancelled", "packing.on_hold"):
            return screens_trouble.show_stopped(db, found)
        if found.state is not PackState.VERIFIED:
            return hx.see(screens.where(db, found))
        said = ("warn", sentence(no), "")
        return screens.show_parcel(
            db, found, no.status, said, "warn", form, carton=carton, by_hand=by_hand, units=units
        )  # fmt: skip
    return hx.see(screens.where(db, found))


# --- trouble --------------------------------------------------------------------------------------------------


@bp.get("/packs/<int:pack_id>/exception")
@roles(*WHO)
def exception(pack_id: int) -> Response:
    """Screen 37: what is wrong, and what will happen; htmx asks again for the consequences alone."""
    with reading() as db:
        return screens_trouble.show_exception(db, pack_here(db, pack_id), Form(dict(request.args)))


@bp.post("/packs/<int:pack_id>/exception")
@roles(*WHO)
@command
def report(db: Session, pack_id: int) -> Response:
    """Units missing, damaged or too many. Transitions: units left -> the pack; none, or the tote waits -> the bench."""
    found, form = pack_here(db, pack_id, lock=True), read(TroubleForm, request.form)
    line = queries.line_for(db, found, form.data.line) if form.data else None
    if form.data is None or line is None:
        if form.data is not None or "line" in form.errors:
            form.errors["line"] = _("Choose the item")
        return screens_trouble.show_exception(db, found, form, 422)
    try:
        with db.begin_nested():
            _report(db, found, line, form.data)
    except (Invalid, NotAllowed) as no:
        return screens_trouble.show_exception(db, found, form.refuse(no, sentence(no)), no.status)
    except Conflict as no:
        if no.code in ("packing.cancelled", "packing.on_hold"):
            return screens_trouble.show_stopped(db, found)
        return screens_trouble.show_exception(db, found, form.refuse(no, sentence(no)), no.status)
    return hx.see(screens.where(db, found))


def _report(db: Session, found: Pack, line: PackLine, told: TroubleForm) -> None:
    if told.why is Trouble.SURPLUS:
        shelf = trouble.surplus(db, found, line, told.qty, actor())
        flash(_("Put %(n)s on %(bin)s.", n=told.qty, bin=shelf.code), "info")
        return
    if told.then is Then.WITHOUT and not screens_trouble.may_end_without(db, found, line):
        raise NotAllowed("packing.supervisor_only")
    service.report(db, found, line, told.qty, told.why, actor(), told.then)


@bp.post("/packs/<int:pack_id>/abandon")
@roles(*WHO)
@command
def abandon(db: Session, pack_id: int) -> Response:
    """Put the tote aside; any bench may take it up again."""
    found = pack_here(db, pack_id, lock=True)
    service.abandon(db, found, actor())
    return hx.see(url_for("packing.bench", code=db.get_one(Station, found.station_id).code))
