"""Boxes: checked goods go into one, its weight is proven, the last one finishes the pack; shipping moves them on."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from sqlmodel import Session, col, delete

from floor.catalog import queries as catalog
from floor.catalog.models import Carton, Sku
from floor.events.service import Event, record
from floor.inventory import service as inventory
from floor.inventory.models import MoveReason, PlaceKind
from floor.inventory.service import Move
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid
from floor.packing import caring, goods, labels, progress, queries
from floor.packing.models import Pack, PackLine, Parcel, ParcelLine
from floor.packing.states import PARCEL, PackAction, PackState, ParcelAction, ParcelState
from floor.picking import totes
from floor.shipments import queries as shipment_queries
from floor.shipments import service as shipments
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentAction


class WeightWhy(StrEnum):
    """Why the packer stands by a weight that is off."""

    #: Counted again: the goods are right.
    COUNTED = "counted"
    #: The weight in the catalogue must be wrong.
    CATALOGUE = "catalogue"
    #: Much filling, or packaging of the goods' own.
    FILLING = "filling"
    #: The scale shows nonsense.
    SCALE = "scale"


def box(
    db: Session, pack: Pack, carton: Carton, weight_g: int, units: Mapping[int, int], is_sure: bool, actor: Actor,
    why: WeightWhy | None = None,
) -> Parcel:  # fmt: skip
    """Put checked units (pack line -> how many) into a box of its own; the last box finishes the pack.

    A parcel that was opened again is filled first: it keeps its number, and its label too where nothing changed.
    Raises Invalid("packing.weight_off") when the scale differs by more than 5 % and nobody said they are sure, and
    Conflict while steps of the packing card are left.
    """
    if pack.state is not PackState.VERIFIED:
        raise Conflict("packing.not_verified")
    progress.must_be_wanted(db, pack)
    rows = queries.to_box(db, pack.id or 0)
    inside = [(line, sku, units.get(line.id or 0, 0)) for line, sku, _left in rows if units.get(line.id or 0, 0)]
    if not inside or any(not 0 <= units.get(line.id or 0, 0) <= left for line, _sku, left in rows):
        raise Invalid("packing.wrong_units", field="units")
    skus = {sku.id or 0 for _line, sku, _qty in inside}
    if left := caring.left_of(db, pack.id or 0, skus, queries.left_of(rows, units) == 0):
        raise Conflict("packing.steps_left", n=len(left))
    expected = queries.expected_g(carton, [(sku, qty) for _line, sku, qty in inside])
    is_off = queries.is_off(weight_g, expected)
    if is_off and not is_sure:
        raise Invalid("packing.weight_off", field="weight", given=weight_g, expected=expected)
    reason = (why or WeightWhy.COUNTED).value if is_off else ""
    said: dict[str, Any] = {
        "carton_id": carton.id or 0, "weight_g": weight_g, "expected_g": expected, "weight_why": reason
    }  # fmt: skip
    parcel = _a_parcel(db, pack, said, actor)
    _fill(db, pack, parcel, inside, actor)
    if parcel.was:
        _close_again(db, parcel, actor)
    shipment = db.get_one(Shipment, pack.shipment_id)
    data = {"carton": carton.code, "weight_g": weight_g, "expected_g": expected} | ({"why": reason} if reason else {})
    record(db, Event("packing.parcel.boxed", "parcel", parcel.id, shipment.order_id, data), actor)
    finish_if_empty(db, pack, actor)
    return parcel


def _a_parcel(db: Session, pack: Pack, said: Mapping[str, Any], actor: Actor) -> Parcel:
    """The first one opened again, else a new one."""
    opened = next(iter(queries.opened_parcels(db, pack.id or 0)), None)
    if opened is not None:
        for name, value in said.items():
            setattr(opened, name, value)
        opened.packed_by = actor.id
        advance(db, opened, ParcelAction.REBOX, actor)
        return opened
    shipment = db.get_one(Shipment, pack.shipment_id)
    place = inventory.new_place(db, PlaceKind.PARCEL, shipment.warehouse_id)
    number = f"P-{place:06d}"
    parcel = Parcel(
        id=place, number=number, shipment_id=pack.shipment_id, pack_id=pack.id or 0, packed_by=actor.id, **said
    )  # fmt: skip
    db.add(parcel)
    db.flush()
    return parcel


def _fill(db: Session, pack: Pack, parcel: Parcel, inside: Iterable[tuple[PackLine, Sku, int]], actor: Actor) -> None:
    source = goods.Source(db, pack)
    moves: list[Move] = []
    for line, sku, qty in sorted(inside, key=lambda row: row[0].shipment_line_id):
        lots = goods.lots_to_go(db, pack, line) if goods.goes_by_number(sku) else []
        moves += source.take(line.sku_id, qty, parcel.id, MoveReason.PACK, lots)
        shipments.shift(db, line.shipment_line_id, picked=-qty, packed=qty)
        db.add(ParcelLine(parcel_id=parcel.id, shipment_line_id=line.shipment_line_id, sku_id=line.sku_id, qty=qty))
    inventory.move(db, moves, "parcel", parcel.id, actor)
    db.flush()


def contents(db: Session, parcel: Parcel) -> dict[str, Any]:
    """What a label is good for, as JSON: lines, carton, weight."""
    lines = [[line.shipment_line_id, line.qty] for line, _sku in queries.contents_of(db, parcel.id)]
    return {"lines": sorted(lines), "carton": parcel.carton_id, "weight": parcel.weight_g}


def _close_again(db: Session, parcel: Parcel, actor: Actor) -> None:
    """The label stays good where the same goods lie in the same carton and weigh about the same."""
    was, now = parcel.was, contents(db, parcel)
    is_same = was["lines"] == now["lines"] and was["carton"] == now["carton"]
    if not is_same or queries.is_off(parcel.weight_g, was["weight"]):
        labels.book().void(db, parcel, "changed", actor)
    parcel.was = {}
    db.add(parcel)
    db.flush()


def empty(db: Session, pack: Pack, parcel: Parcel, actor: Actor) -> None:
    """Everything out of a parcel, onto the pack's heap; what it was is remembered."""
    if pack.heap_id is None:
        pack.heap_id = inventory.new_place(
            db, PlaceKind.PARCEL, db.get_one(Shipment, pack.shipment_id).warehouse_id
        )  # fmt: skip
        db.add(pack)
        db.flush()
    parcel.was = contents(db, parcel)
    lines = queries.contents_of(db, parcel.id)
    moves = [Move(line.sku_id, line.qty, parcel.id, pack.heap_id, MoveReason.UNPACK) for line, _sku in lines]
    inventory.move(db, moves, "parcel", parcel.id, actor)
    for line, _sku in lines:
        shipments.shift(db, line.shipment_line_id, packed=-line.qty, picked=line.qty)
    db.execute(delete(ParcelLine).where(col(ParcelLine.parcel_id) == parcel.id))
    db.flush()


def finish_if_empty(db: Session, pack: Pack, actor: Actor) -> None:
    """All units in parcels: the shipment is packed, and its parcels ask for their waybills."""
    if queries.to_box(db, pack.id or 0):
        return
    drop_opened(db, pack, actor)
    parcels = queries.parcels_of(db, pack.id or 0)
    progress.advance(db, pack, PackAction.BOX, actor, parcels=len(parcels))
    shipment = shipment_queries.shipment_for(db, pack.shipment_id, lock=True)
    shipments.advance(db, shipment, ShipmentAction.FINISH_PACK, actor)
    for parcel in parcels:
        data = {"number": parcel.number, "shipment": shipment.id}
        record(db, Event("packing.parcel.packed", "parcel", parcel.id, shipment.order_id, data), actor)
    _close_if_proven(db, pack, actor)


def drop_opened(db: Session, pack: Pack, actor: Actor) -> None:
    """Parcels that stand open and get nothing any more: their numbers are void."""
    for parcel in queries.opened_parcels(db, pack.id or 0):
        advance(db, parcel, ParcelAction.DROP, actor)
        labels.book().void(db, parcel, "emptied", actor)


def refuse_carton(db: Session, pack: Pack, carton: Carton, actor: Actor) -> Carton | None:
    """The goods do not fit into this carton. Returns the next larger one not refused yet; None: they must be split."""
    progress.must_be_workable(pack)
    if carton.code not in pack.too_small:
        pack.too_small = [*pack.too_small, carton.code]
        db.add(pack)
        db.flush()
        shipment = db.get_one(Shipment, pack.shipment_id)
        progress.tell(db, "packing.carton.too_small", pack, shipment, actor, carton=carton.code)
    return next_larger(db, pack, carton)


def next_larger(db: Session, pack: Pack, carton: Carton) -> Carton | None:
    """The smallest carton larger than this one that was not found too small."""
    room = carton.length_mm * carton.width_mm * carton.height_mm
    return next(
        (
            other
            for other in catalog.cartons(db)
            if other.length_mm * other.width_mm * other.height_mm > room and other.code not in pack.too_small
        ),
        None,
    )


# --- parcels, as shipping moves them on ---------------------------------------------------------------


def label(db: Session, parcel: Parcel, actor: Actor) -> Pack:
    """The parcel's own label was scanned on it. The last one closes the pack and frees its totes."""
    advance(db, parcel, ParcelAction.LABEL, actor)
    pack = queries.pack_for(db, parcel.pack_id, lock=True)
    _close_if_proven(db, pack, actor)
    return pack


def unlabel(db: Session, parcel: Parcel, actor: Actor) -> None:
    """What its label says is no longer so: no lorry takes it before the new one was scanned on it. Its pack may be
    closed and its totes gone; that stays."""
    advance(db, parcel, ParcelAction.UNLABEL, actor)


def _close_if_proven(db: Session, pack: Pack, actor: Actor) -> None:
    open_ones = [parcel for parcel in queries.parcels_of(db, pack.id or 0) if parcel.state is ParcelState.BOXED]
    if pack.state is PackState.BOXED and not open_ones:
        progress.advance(db, pack, PackAction.CLOSE, actor)
        totes.free_totes(db, pack.shipment_id)


def ship(db: Session, parcel: Parcel, actor: Actor) -> None:
    """The parcel leaves on a lorry; its stock and its units are booked by the one who hands it over."""
    advance(db, parcel, ParcelAction.SHIP, actor)


def advance(db: Session, parcel: Parcel, action: ParcelAction, actor: Actor) -> None:
    """The only door to a parcel's state. Raises Conflict when the table has no such move."""
    parcel.state = PARCEL.after(parcel.state, action)
    db.add(parcel)
    db.flush()
    order_id = db.get_one(Shipment, parcel.shipment_id).order_id
    record(db, Event(f"packing.parcel.{action}", "parcel", parcel.id, order_id, {"number": parcel.number}), actor)
