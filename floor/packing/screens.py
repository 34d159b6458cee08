"""What the benches show: screens 33-35 have one function each here, and every door ends in one."""

from typing import Any

from flask import Response, url_for
from flask_login import current_user
from sqlmodel import Session

from floor.catalog import queries as catalog
from floor.catalog.models import Carton, Sku
from floor.packing import boxing, caring, cartons, labels, queries, service
from floor.packing.forms import ParcelForm
from floor.packing.messages import CARES, CLASSES, PACK_STATES, WEIGHT_WHYS
from floor.packing.models import Pack, PackLine, Station
from floor.packing.service import Verdict
from floor.packing.states import PackState
from floor.web import hx
from floor.web.forms import Form
from floor.web.page import page

#: One sentence on a screen: ok, warn, err or info; the words; a count.
Said = tuple[str, str, str]


def show_stations(db: Session, status: int = 200, wrong: str = "") -> Response:
    return page(
        "packing/stations.html",
        "content",
        status=status,
        benches=queries.stations(db, current_user.site),
        wrong=wrong,
        scan_url=url_for("packing.bind_station"),
        verdict="err" if wrong else None,
    )


def show_bench(
    db: Session, station: Station, status: int = 200, said: tuple[str, str] | None = None, verdict: str | None = None
) -> Response:
    assert station.id is not None
    waiting = labels.book().at_bench(db, station, current_user.site)
    begun = queries.unfinished(db, station.id)
    if waiting:  # a boxed pack is there as its boxes
        begun = [row for row in begun if row[0].state is not PackState.BOXED]
    return page(
        "packing/bench.html",
        "labels" if hx.target() == "labels" else "screen",
        status=status,
        labels=waiting,
        station=station,
        queue=queries.queue_of(db, station.warehouse_id),
        begun=[(pack, order, who, where(db, pack)) for pack, order, who in begun],
        states=PACK_STATES,
        said=said,
        scan_url=url_for("packing.scan_at_bench", code=station.code),
        verdict=verdict,
    )


def where(db: Session, pack: Pack) -> str:
    """The screen a pack stands at."""
    if pack.state is PackState.OPEN:
        return url_for("packing.pack", pack_id=pack.id)
    if pack.state is PackState.VERIFIED:
        return url_for("packing.parcel", pack_id=pack.id)
    parcel = queries.next_to_label(db, pack.id or 0)
    if parcel is not None:
        return url_for("shipping.label", parcel_id=parcel.id)
    return url_for("packing.bench", code=db.get_one(Station, pack.station_id).code)


def show_pack(
    db: Session, found: Pack, status: int = 200, said: Said | None = None, verdict: str | None = None
) -> Response:
    rows = queries.lines_of(db, found.id or 0)
    wanted = sum(line.qty - line.missing for line, _sku in rows)
    checked = sum(line.verified for line, _sku in rows)
    return page(
        "packing/pack.html",
        "screen",
        status=status,
        pack=found,
        todo=[(sku, left, line) for line, sku in rows if (left := line.qty - line.missing - line.verified)],
        gifts=queries.gift_lines(db, found.id or 0),
        brothers=queries.brothers_of(db, found),
        seen=[(sku, line) for line, sku in rows if line.verified],
        wanted=wanted,
        checked=checked,
        carton=_suggested(db, found),
        said=said,
        verdict=verdict,
        **_around(db, found),
    )


def _around(db: Session, found: Pack) -> dict[str, Any]:
    """What every screen of a pack shows."""
    card = caring.card_of(db, found.id or 0)
    return {
        "story": queries.story_of(db, found),
        "card": card,
        "steps_left": sum(care.done_at is None for care, _sku in card),
        "care_words": CARES,
        "classes": CLASSES,
        "scan_url": url_for("packing.scan", pack_id=found.id),
    }


def show_wrong(db: Session, found: Pack, seen: service.Scan, code: str) -> Response:
    """Mock 03: full red, whose it is, and that nothing was counted."""
    rows = [(line, sku) for line, sku in queries.lines_of(db, found.id or 0)]
    left = [sku for line, sku in rows if line.verified + line.missing < line.qty] or [sku for _line, sku in rows]
    return page(
        "packing/wrong.html",
        "screen",
        status=422,
        pack=found,
        sku=seen.sku,
        is_number=seen.verdict is Verdict.WRONG_NUMBER,
        wanted=left[0],
        wanted_code=catalog.barcode_of(db, left[0].id or 0),
        to_go=sum(line.qty - line.missing - line.verified for line, _sku in rows),
        code=code[:48],
        owner=queries.owner_of(db, found, seen.sku.id or 0) if seen.sku else None,
        back=where(db, found),
        verdict="err",
        **_around(db, found),
    )


def show_parcel(
    db: Session,
    found: Pack,
    status: int = 200,
    said: Said | None = None,
    verdict: str | None = None,
    form: Form[ParcelForm] | None = None,
    carton: Carton | None = None,
    by_hand: bool = False,
    units: dict[int, int] | None = None,
    off: dict[str, Any] | None = None,
) -> Response:
    rows = queries.to_box(db, found.id or 0)
    chosen = carton or _suggested(db, found)
    number = box_number(db, found)
    planned = planned_units(found, rows, number)
    units = units or planned
    goods = [(sku, units.get(line.id or 0, 0)) for line, sku, _left in rows if units.get(line.id or 0, 0) > 0]
    return page(
        "packing/parcel.html",
        "screen",
        status=status,
        pack=found,
        rows=[(line, sku, left, units.get(line.id or 0, 0)) for line, sku, left in rows],
        cartons=catalog.cartons(db),
        carton=chosen,
        number=number,
        by_hand=by_hand,
        split=by_hand or number > 1 or queries.left_of(rows, planned) > 0,
        form=form,
        expected=queries.expected_g(chosen, goods) if chosen else None,
        suspects=queries.suspects(off["given"] - off["expected"], goods) if off and goods else [],
        off=off,
        weight_whys=WEIGHT_WHYS,
        opened=next(iter(queries.opened_parcels(db, found.id or 0)), None),
        how=_how(db, found, chosen, number),
        said=said,
        verdict=verdict,
        **_around(db, found),
    )


def box_number(db: Session, found: Pack) -> int:
    """Which box of the pack is being filled, from 1."""
    return len(queries.parcels_of(db, found.id or 0)) + 1


def _suggested(db: Session, found: Pack) -> Carton | None:
    """What the solver proposes; the next larger one where the packer found that too small."""
    boxes, number = found.suggestion.get("boxes") or [], box_number(db, found)
    carton = queries.carton_by_code(db, boxes[number - 1]["carton"]) if number <= len(boxes) else None
    while carton is not None and carton.code in found.too_small:
        carton = boxing.next_larger(db, found, carton)
    return carton


def planned_units(found: Pack, rows: list[tuple[PackLine, Sku, int]], number: int) -> dict[int, int]:
    """What the solver puts into box `number`; everything that is left where it has no such plan."""
    boxes = found.suggestion.get("boxes") or []
    if number >= len(boxes):
        return {line.id or 0: left for line, _sku, left in rows}
    inside = [at[0] for at in boxes[number - 1]["placements"]]
    units = {}
    for line, sku, left in rows:
        units[line.id or 0] = min(left, inside.count(sku.id))
        for _unit in range(units[line.id or 0]):
            inside.remove(sku.id)
    return units


def _how(db: Session, found: Pack, carton: Carton | None, number: int) -> cartons.How | None:
    boxes = found.suggestion.get("boxes") or []
    if carton is None or number > len(boxes) or boxes[number - 1]["carton"] != carton.code:
        return None
    return cartons.how_it_fits(
        boxes[number - 1], carton, {sku.id or 0: sku for _, sku in queries.lines_of(db, found.id or 0)}
    )
