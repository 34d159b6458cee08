"""Verbs of the packing bench: open a tote, check every unit, box and weigh, say what is missing, prove the label.

Every verb begins with the pack (or its shipment) locked, so two people at one pack take effect one after the other.
A wrong scan is an answer, not a refusal: it is returned, recorded, and changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.catalog.models import Carton, Sku
from floor.catalog.queries import resolve
from floor.events.service import Event, record
from floor.inventory import counting
from floor.inventory import queries as stock
from floor.inventory import service as inventory
from floor.inventory.models import CountReason, MoveReason, PlaceKind
from floor.inventory.service import Move
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid
from floor.orders.models import Order
from floor.orders.states import OrderState
from floor.packing import queries
from floor.packing.models import Pack, PackLine, PackScan, Parcel, ParcelLine, Station
from floor.packing.states import PACK, PARCEL, PackAction, PackState, ParcelAction, ParcelState
from floor.picking import totes
from floor.shipments import queries as shipment_queries
from floor.shipments import service as shipments
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentAction, ShipmentState


class Verdict(StrEnum):
    #: One more unit is checked.
    CHECKED = "checked"
    #: It was the last one.
    VERIFIED = "verified"
    #: Ours, but all its units are checked already.
    ENOUGH = "enough"
    #: Goods of another order.
    NOT_OURS = "not_ours"
    #: Nothing the catalogue knows.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Scan:
    verdict: Verdict
    sku: Sku | None = None
    line: PackLine | None = None


class Trouble(StrEnum):
    MISSING = "missing"
    DAMAGED = "damaged"


_WORKABLE = (PackState.OPEN, PackState.VERIFIED)


def open_tote(db: Session, station: Station, code: str, actor: Actor) -> Pack:
    """Begin to pack what a tote carries; the same packer scanning it again finds the pack already begun.

    Raises Invalid for a code that is no tote with goods of this house, and Conflict when somebody else packs it, it is
    not picked yet, or its order may not leave.
    """
    tote = stock.tote_by_code(db, code.strip().upper())
    if tote is None:
        raise Invalid("packing.not_a_tote", field="code", scanned=code)
    if tote.warehouse_id != station.warehouse_id:
        raise Invalid("packing.other_house", field="code", scanned=code)
    carried = queries.carried_by(db, tote.id)
    if carried is None:
        raise Invalid("packing.empty_tote", field="code", scanned=code)
    shipment = shipment_queries.shipment_for(db, carried.shipment_id, lock=True)
    order = db.get_one(Order, shipment.order_id)
    if shipment.state is ShipmentState.CANCELLED or order.state is OrderState.CANCELLED:
        raise Conflict("packing.cancelled", tail=order.number[-4:])
    if order.state is not OrderState.RELEASED:
        raise Conflict("packing.on_hold", tail=order.number[-4:])
    if shipment.state is ShipmentState.PICKED:
        return _new_pack(db, station, tote.id, shipment, actor)
    return _begun_pack(db, station, shipment, actor)


def _new_pack(db: Session, station: Station, tote_id: int, shipment: Shipment, actor: Actor) -> Pack:
    lines = [line for line, _sku in shipment_queries.lines_of(db, shipment.id or 0) if line.picked]
    pack = Pack(shipment_id=shipment.id or 0, tote_id=tote_id, station_id=station.id or 0, packer_id=actor.id)
    db.add(pack)
    db.flush()
    db.add_all(
        PackLine(pack_id=pack.id or 0, shipment_line_id=line.id or 0, sku_id=line.sku_id, qty=line.picked)
        for line in lines
    )
    db.flush()
    shipments.advance(db, shipment, ShipmentAction.START_PACK, actor)
    _tell(db, "packing.pack.opened", pack, shipment, actor, station=station.code, units=sum(ln.picked for ln in lines))
    return pack


def _begun_pack(db: Session, station: Station, shipment: Shipment, actor: Actor) -> Pack:
    found = queries.live_pack(db, shipment.id or 0)
    if found is None:
        raise Conflict("packing.not_picked")
    pack, bench, who = found
    if pack.packer_id != actor.id:
        raise Conflict("packing.opened_elsewhere", station=bench.code, who=who.name if who else "")
    assert station.id is not None
    pack.station_id = station.id
    db.add(pack)
    db.flush()
    return pack


# --- checking ---------------------------------------------------------------


def check_item(db: Session, pack: Pack, code: str, actor: Actor) -> Scan:
    """One scanned unit against what is still wanted, in any order. Only CHECKED and VERIFIED count it."""
    _must_be_workable(pack)
    sku = resolve(db, code).sku
    if sku is None:
        return Scan(Verdict.UNKNOWN)
    lines = [line for line, _sku in queries.lines_of(db, pack.id or 0)]
    ours = [line for line in lines if line.sku_id == sku.id]
    line = next((line for line in ours if line.verified + line.missing < line.qty), None)
    if line is None:
        verdict = Verdict.ENOUGH if ours else Verdict.NOT_OURS
        _tell(db, "packing.item.refused", pack, None, actor, sku=sku.code, why=verdict.value)
        return Scan(verdict, sku, ours[0] if ours else None)
    line.verified += 1
    db.add_all([line, PackScan(pack_id=line.pack_id, pack_line_id=line.id or 0, actor_id=actor.id)])
    db.flush()
    if all(other.verified + other.missing == other.qty for other in lines):
        advance(db, pack, PackAction.VERIFY, actor)
        return Scan(Verdict.VERIFIED, sku, line)
    return Scan(Verdict.CHECKED, sku, line)


def undo_check(db: Session, pack: Pack, actor: Actor) -> PackLine:
    """Take the newest check back. Raises Conflict when there is none, or units are in a parcel already."""
    _must_be_workable(pack)
    assert pack.id is not None
    if queries.parcels_of(db, pack.id):
        raise Conflict("packing.already_boxed")
    scan = queries.newest_scan(db, pack.id)
    if scan is None:
        raise Conflict("packing.nothing_to_undo")
    line = db.get_one(PackLine, scan.pack_line_id)
    scan.undone_at = clock.now()
    line.verified -= 1
    db.add_all([scan, line])
    db.flush()
    if pack.state is PackState.VERIFIED:
        advance(db, pack, PackAction.UNVERIFY, actor)
    return line


# --- boxing ---------------------------------------------------------------


def box(
    db: Session, pack: Pack, carton: Carton, weight_g: int, units: Mapping[int, int], is_sure: bool, actor: Actor
) -> Parcel:
    """Put checked units (pack line -> how many) into a box of its own; the last box finishes the pack.

    Raises Invalid("packing.weight_off") when the scale differs by more than 5 % and nobody said they are sure.
    """
    if pack.state is not PackState.VERIFIED:
        raise Conflict("packing.not_verified")
    rows = queries.to_box(db, pack.id or 0)
    inside = [(line, sku, units.get(line.id or 0, 0)) for line, sku, _left in rows if units.get(line.id or 0, 0)]
    if not inside or any(not 0 <= units.get(line.id or 0, 0) <= left for line, _sku, left in rows):
        raise Invalid("packing.wrong_units", field="units")
    expected = queries.expected_g(carton, [(sku, qty) for _line, sku, qty in inside])
    if queries.is_off(weight_g, expected) and not is_sure:
        raise Invalid("packing.weight_off", field="weight", given=weight_g, expected=expected)
    parcel = _new_parcel(db, pack, carton, weight_g, expected, actor)
    _fill(db, pack, parcel, [(line, qty) for line, _sku, qty in inside], actor)
    shipment = db.get_one(Shipment, pack.shipment_id)
    data = {"carton": carton.code, "weight_g": weight_g, "expected_g": expected}
    record(db, Event("packing.parcel.boxed", "parcel", parcel.id, shipment.order_id, data), actor)
    _finish_if_empty(db, pack, actor)
    return parcel


def _new_parcel(db: Session, pack: Pack, carton: Carton, weight_g: int, expected_g: int, actor: Actor) -> Parcel:
    shipment = db.get_one(Shipment, pack.shipment_id)
    place = inventory.new_place(db, PlaceKind.PARCEL, shipment.warehouse_id)
    parcel = Parcel(
        id=place,
        number=f"P-{place:06d}",
        shipment_id=pack.shipment_id,
        pack_id=pack.id or 0,
        carton_id=carton.id or 0,
        weight_g=weight_g,
        expected_g=expected_g,
        packed_by=actor.id,
    )
    db.add(parcel)
    db.flush()
    return parcel


def _fill(db: Session, pack: Pack, parcel: Parcel, inside: Iterable[tuple[PackLine, int]], actor: Actor) -> None:
    lying = queries.lying_in(db, queries.tote_ids(db, pack))
    moves: list[Move] = []
    for line, qty in sorted(inside, key=lambda row: row[0].shipment_line_id):
        moves += _moves(line.sku_id, qty, pack.tote_id, parcel.id, MoveReason.PACK, lying)
        shipments.shift(db, line.shipment_line_id, picked=-qty, packed=qty)
        db.add(ParcelLine(parcel_id=parcel.id, shipment_line_id=line.shipment_line_id, sku_id=line.sku_id, qty=qty))
    inventory.move(db, moves, "parcel", parcel.id, actor)
    db.flush()


def _moves(
    sku_id: int, qty: int, tote_id: int, to_place: int, reason: MoveReason, lying: dict[tuple[int, int], int]
) -> list[Move]:
    """Moves of `qty` units out of the shipment's totes; `lying` is what they hold and is counted down."""
    moves = []
    for (sku, place), there in list(lying.items()):
        take = min(qty, there) if sku == sku_id else 0
        if take:
            moves.append(Move(sku_id, take, place, to_place, reason))
            lying[sku, place] -= take
            qty -= take
    if qty:  # the books know of fewer: let the ledger refuse it
        moves.append(Move(sku_id, qty, tote_id, to_place, reason))
    return moves


def _finish_if_empty(db: Session, pack: Pack, actor: Actor) -> None:
    """All units in parcels: the shipment is packed, and its parcels ask for their waybills."""
    if queries.to_box(db, pack.id or 0):
        return
    parcels = queries.parcels_of(db, pack.id or 0)
    advance(db, pack, PackAction.BOX, actor, parcels=len(parcels))
    shipment = shipment_queries.shipment_for(db, pack.shipment_id, lock=True)
    shipments.advance(db, shipment, ShipmentAction.FINISH_PACK, actor)
    for parcel in parcels:
        data = {"number": parcel.number, "shipment": shipment.id}
        record(db, Event("packing.parcel.packed", "parcel", parcel.id, shipment.order_id, data), actor)


# --- trouble ---------------------------------------------------------------


def report(db: Session, pack: Pack, line: PackLine, qty: int, why: Trouble, actor: Actor) -> None:
    """`qty` units of a line are not there, or not fit to send: they leave the shipment and wait for a new allocation.

    Missing units are booked as lost and the bin they came from is counted; damaged ones go to quarantine. When nothing
    is left to send, the shipment is cancelled.
    """
    _must_be_workable(pack)
    inside = queries.boxed(db, pack.id or 0).get(line.shipment_line_id, 0)
    if not 1 <= qty <= line.qty - line.missing - inside:
        raise Invalid("packing.not_so_many", field="qty", qty=line.qty - line.missing - inside)
    shipment = db.get_one(Shipment, pack.shipment_id)
    target, reason = _where_to(db, shipment.warehouse_id, why)
    lying = queries.lying_in(db, queries.tote_ids(db, pack))
    moves = _moves(line.sku_id, qty, pack.tote_id, target, reason, lying)
    inventory.move(db, moves, "pack", pack.id or 0, actor)
    shipments.backorder(db, db.get_one(ShipmentLine, line.shipment_line_id), qty, part="picked")
    _write_off(db, line, qty)
    data = {"sku": line.sku_id, "qty": qty}
    if why is Trouble.MISSING and (bin_ := queries.picked_from(db, line.shipment_line_id)) is not None:
        counting.ask_count(db, bin_, line.sku_id, CountReason.SHORT, actor)
        data["bin"] = bin_.id
    _tell(db, f"packing.units.{why}", pack, shipment, actor, **data)
    _settle(db, pack, shipment, actor)


def _where_to(db: Session, warehouse_id: int, why: Trouble) -> tuple[int, MoveReason]:
    if why is Trouble.MISSING:
        return inventory.beyond(db, PlaceKind.LOST, warehouse_id), MoveReason.SHORT
    quarantine = queries.quarantine_of(db, warehouse_id)
    if quarantine is not None:
        return quarantine.id, MoveReason.DAMAGE
    return inventory.beyond(db, PlaceKind.SCRAP, warehouse_id), MoveReason.DAMAGE


def _write_off(db: Session, line: PackLine, qty: int) -> None:
    """Units not checked yet go first; checks of units that are gone are taken back."""
    line.missing += qty
    while line.verified + line.missing > line.qty:
        line.verified -= 1
        scan = queries.newest_scan(db, line.pack_id, line.id)
        assert scan is not None, "every checked unit has its scan"
        scan.undone_at = clock.now()
        db.add(scan)
        db.flush()
    db.add(line)
    db.flush()


def _settle(db: Session, pack: Pack, shipment: Shipment, actor: Actor) -> None:
    """After a loss: is everything checked now, everything boxed, or nothing left at all?"""
    lines = [line for line, _sku in queries.lines_of(db, pack.id or 0)]
    if all(line.missing == line.qty for line in lines):
        _put_aside(db, pack, shipment, actor)
        shipments.advance(db, shipment, ShipmentAction.CANCEL, actor, why="nothing_left")
        totes.free_totes(db, pack.shipment_id)
        return
    if pack.state is PackState.OPEN and all(line.verified + line.missing == line.qty for line in lines):
        advance(db, pack, PackAction.VERIFY, actor)
    if pack.state is PackState.VERIFIED and queries.parcels_of(db, pack.id or 0):
        _finish_if_empty(db, pack, actor)


def abandon(db: Session, pack: Pack, actor: Actor) -> None:
    """Put the tote aside: the shipment waits for a bench again. Raises Conflict once a parcel is made."""
    _must_be_workable(pack)
    if queries.parcels_of(db, pack.id or 0):
        raise Conflict("packing.already_boxed")
    _put_aside(db, pack, shipment_queries.shipment_for(db, pack.shipment_id, lock=True), actor)


def _put_aside(db: Session, pack: Pack, shipment: Shipment, actor: Actor) -> None:
    advance(db, pack, PackAction.ABANDON, actor)
    shipments.advance(db, shipment, ShipmentAction.REOPEN_PACK, actor)


# --- parcels, as shipping moves them on ---------------------------------------------------------------


def label(db: Session, parcel: Parcel, actor: Actor) -> Pack:
    """The parcel's own label was scanned on it. The last one closes the pack and frees its totes."""
    _advance_parcel(db, parcel, ParcelAction.LABEL, actor)
    pack = queries.pack_for(db, parcel.pack_id, lock=True)
    if all(other.state is not ParcelState.BOXED for other in queries.parcels_of(db, parcel.pack_id)):
        advance(db, pack, PackAction.CLOSE, actor)
        totes.free_totes(db, pack.shipment_id)
    return pack


def ship(db: Session, parcel: Parcel, actor: Actor) -> None:
    """The parcel leaves on a lorry; its stock and its units are booked by the one who hands it over."""
    _advance_parcel(db, parcel, ParcelAction.SHIP, actor)


def _advance_parcel(db: Session, parcel: Parcel, action: ParcelAction, actor: Actor) -> None:
    parcel.state = PARCEL.after(parcel.state, action)
    db.add(parcel)
    db.flush()
    order_id = db.get_one(Shipment, parcel.shipment_id).order_id
    record(db, Event(f"packing.parcel.{action}", "parcel", parcel.id, order_id, {"number": parcel.number}), actor)


# --- the pack itself ---------------------------------------------------------------


def advance(db: Session, pack: Pack, action: PackAction, actor: Actor, **data: object) -> None:
    """The only door to a pack's state. Raises Conflict when the table has no such move."""
    pack.state = PACK.after(pack.state, action)
    if pack.state in (PackState.CLOSED, PackState.ABANDONED):
        pack.finished_at = clock.now()
    db.add(pack)
    db.flush()
    _tell(db, f"packing.pack.{action}", pack, db.get_one(Shipment, pack.shipment_id), actor, **data)


def keep_suggestion(db: Session, pack_id: int, suggestion: Mapping[str, object], carton_id: int | None) -> None:
    """Remember which box the solver proposes. Written past the version counter: it must not make a scan fail."""
    db.execute(
        sa.update(Pack)
        .where(col(Pack.id) == pack_id)
        .values(suggestion=dict(suggestion), suggested_carton_id=carton_id)
        .execution_options(synchronize_session=False)
    )


def _must_be_workable(pack: Pack) -> None:
    if pack.state not in _WORKABLE:
        raise Conflict("packing.pack_over")


def _tell(db: Session, kind: str, pack: Pack, shipment: Shipment | None, actor: Actor, **data: object) -> None:
    """Into the trail of the pack, and of the order where `shipment` says whose it is."""
    assert pack.id is not None
    record(db, Event(kind, "pack", pack.id, shipment.order_id if shipment else None, data), actor)
