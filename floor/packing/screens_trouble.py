"""What the benches show when something is wrong: screen 37, the stopped order, and a parcel to be opened again."""

from flask import Response, url_for
from flask_login import current_user
from sqlmodel import Session

from floor.orders.states import OrderState
from floor.packing import goods, progress, queries, reopening, screens
from floor.packing.forms import TroubleForm
from floor.packing.messages import PARCEL_STATES, REFUSALS, THENS, TROUBLES
from floor.packing.models import Pack, PackLine, Parcel, Station
from floor.packing.service import Then, Trouble
from floor.packing.states import PackState
from floor.web.forms import Form
from floor.web.page import page

#: So many too many may be reported at once.
MOST_SURPLUS = 9


def may_end_without(db: Session, found: Pack, line: PackLine | None) -> bool:
    """A free gift may stay out by any packer's word; what was bought, by a supervisor's only."""
    if current_user.role in ("supervisor", "admin"):
        return True
    return line is not None and line.id in queries.gift_lines(db, found.id or 0)


def show_exception(db: Session, found: Pack, form: Form[TroubleForm], status: int = 200) -> Response:
    inside = queries.boxed(db, found.id or 0)
    rows = [
        (line, sku, left)
        for line, sku in queries.lines_of(db, found.id or 0)
        if (left := line.qty - line.missing - inside.get(line.shipment_line_id, 0))
    ]
    chosen = next((row for row in rows if str(row[0].id) == form["line"]), rows[0] if len(rows) == 1 else None)
    why = form["why"] if form["why"] in tuple(Trouble) else Trouble.MISSING.value
    qty = int(form["qty"]) if len(form["qty"]) < 6 and form["qty"].isdecimal() and 0 < int(form["qty"]) < 10_000 else 1
    goes_on = bool(inside) or queries.is_heaped(db, found)
    thens = {Then.LATER: THENS[Then.LATER]}
    if not goes_on:
        thens[Then.WAIT] = THENS[Then.WAIT]
    if may_end_without(db, found, chosen[0] if chosen else None):
        thens[Then.WITHOUT] = THENS[Then.WITHOUT]
    then = form["then"] if form["then"] in tuple(thens) else Then.LATER.value
    story = queries.story_of(db, found)
    return page(
        "packing/exception.html",
        "then" if status == 200 else "screen",
        status=status,
        pack=found,
        story=story,
        rows=rows,
        most=MOST_SURPLUS if why == Trouble.SURPLUS else max((left for _line, _sku, left in rows), default=1),
        form=form,
        chosen=chosen,
        qty=qty,
        why=why,
        why_words=TROUBLES,
        thens=thens,
        next_step=then,
        bin=queries.picked_from(db, chosen[0].shipment_line_id) if chosen else None,
        shelf=goods.put_back_bin(db, story.shipment.warehouse_id),
        total=sum(left for _line, _sku, left in rows),
        can_abandon=not goes_on,
        back=screens.where(db, found),
        verdict="err" if status != 200 else None,
        scan_url=None,
    )


def show_stopped(db: Session, found: Pack, status: int = 409) -> Response:
    """Full red: the order was stopped since the tote was opened. Nothing counts; where the goods go."""
    order = progress.order_of(db, found)
    story = queries.story_of(db, found)
    is_over = order.state is OrderState.CANCELLED
    return page(
        "packing/stopped.html",
        "screen",
        status=status,
        pack=found,
        story=story,
        is_cancelled=is_over,
        shelf=goods.put_back_bin(db, story.shipment.warehouse_id),
        units=sum(line.qty - line.missing for line, _sku in queries.lines_of(db, found.id or 0)),
        parcels=queries.parcels_of(db, found.id or 0),
        may_send_back=is_over or current_user.role in ("supervisor", "admin"),
        can_abandon=found.state in progress.WORKABLE
        and not queries.parcels_of(db, found.id or 0)
        and not queries.is_heaped(db, found),
        scan_url=url_for("packing.scan", pack_id=found.id),
        verdict="err",
    )


def show_reopen(db: Session, parcel: Parcel, status: int = 200, said: str = "") -> Response:
    """What is in a parcel, what opening it means, and why it cannot be opened where it cannot."""
    pack = db.get_one(Pack, parcel.pack_id)
    why_not = reopening.stands_against(db, parcel)
    station = queries.station_by_code(db, current_user.station) if current_user.station else None
    return page(
        "packing/reopen.html",
        "screen",
        status=status,
        parcel=parcel,
        state=PARCEL_STATES[parcel.state],
        contents=queries.contents_of(db, parcel.id),
        story=queries.story_of(db, pack),
        why_not=str(REFUSALS[why_not]) % {"number": parcel.number} if why_not else "",
        said=said,
        back=url_for("packing.bench", code=station.code)
        if station
        else url_for("packing.bench", code=db.get_one(Station, pack.station_id).code),
        is_live=pack.state is not PackState.CLOSED,
        scan_url=url_for("parcels.reopen", parcel_id=parcel.id),
        verdict="warn" if said else None,
    )
