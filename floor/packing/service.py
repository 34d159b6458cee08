"""Verbs of the packing bench, the plain way: open a tote, check every unit; boxing.py, trouble.py and the others go on.

Every verb begins with the pack (or its shipment) locked, so two people at one pack take effect one after the other.
A wrong scan is an answer, not a refusal: it is returned, recorded, and changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session

from floor.catalog.models import CheckBy, Sku
from floor.catalog.queries import resolve
from floor.inventory import lots
from floor.inventory import queries as stock
from floor.inventory.models import Lot
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid
from floor.orders.models import Order
from floor.orders.states import OrderState
from floor.packing import caring, goods, progress, queries
from floor.packing.boxing import WeightWhy as WeightWhy
from floor.packing.boxing import box as box
from floor.packing.boxing import label as label
from floor.packing.boxing import ship as ship
from floor.packing.models import Pack, PackCare, PackLine, PackScan, Station
from floor.packing.progress import keep_suggestion as keep_suggestion
from floor.packing.states import PackAction, PackState
from floor.packing.trouble import Then as Then
from floor.packing.trouble import Trouble as Trouble
from floor.packing.trouble import abandon as abandon
from floor.packing.trouble import report as report
from floor.shipments import queries as shipment_queries
from floor.shipments import service as shipments
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentAction, ShipmentState


class Verdict(StrEnum):
    #: One more unit is checked, or a line by its one scan.
    CHECKED = "checked"
    #: It was the last one.
    VERIFIED = "verified"
    #: Ours, but all its units are checked already.
    ENOUGH = "enough"
    #: This very unit was scanned before.
    TWICE = "twice"
    #: Ours, but its own number must be scanned.
    NUMBER_FIRST = "number_first"
    #: A number that is not in this tote.
    WRONG_NUMBER = "wrong_number"
    #: Goods of another order.
    NOT_OURS = "not_ours"
    #: Nothing the catalogue knows.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Scan:
    verdict: Verdict
    sku: Sku | None = None
    line: PackLine | None = None


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
    begun = queries.live_pack(db, carried.shipment_id)
    if begun is not None:  # before its shipment, as every verb of a pack locks them
        queries.pack_for(db, begun[0].id or 0, lock=True)
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
    caring.write_card(db, pack)
    shipments.advance(db, shipment, ShipmentAction.START_PACK, actor)
    units = sum(line.picked for line in lines)
    progress.tell(db, "packing.pack.opened", pack, shipment, actor, station=station.code, units=units)
    return pack


def _begun_pack(db: Session, station: Station, shipment: Shipment, actor: Actor) -> Pack:
    found = queries.live_pack(db, shipment.id or 0)
    if found is None:
        raise Conflict("packing.not_picked")
    pack, bench, who = found
    if pack.packer_id != actor.id:
        raise Conflict("packing.opened_elsewhere", station=bench.code, who=who.name if who else "")
    if pack.station_id != station.id and station.id is not None:
        pack.station_id = station.id
        db.add(pack)
        db.flush()
    return pack


# --- checking ---------------------------------------------------------------


def check_item(db: Session, pack: Pack, code: str, actor: Actor) -> Scan:
    """One scan against what is still wanted, in any order, as the SKU wants it: unit by unit, one scan for a line, or
    by the unit's own number. Only CHECKED and VERIFIED count it.
    """
    progress.must_be_workable(pack)
    read = resolve(db, code)
    lines = [line for line, _sku in queries.lines_of(db, pack.id or 0)]
    sku, lot = read.sku, None
    if sku is None:
        lot = goods.lot_by_number(db, {line.sku_id for line in lines}, code)
        sku = db.get_one(Sku, lot.sku_id) if lot else None
    elif read.serial and sku.id is not None:
        lot = lots.lot_called(db, sku.id, read.serial)
    if sku is None:
        return Scan(Verdict.UNKNOWN)
    ours = [line for line in lines if line.sku_id == sku.id]
    if ours and goods.goes_by_number(sku):
        verdict = _number_verdict(db, pack, lot, bool(read.serial), actor)
        if verdict is not None:
            return _refused(db, pack, Scan(verdict, sku, ours[0]), actor)
    line = next((line for line in ours if line.verified + line.missing < line.qty), None)
    if line is None:
        verdict = Verdict.ENOUGH if ours else Verdict.NOT_OURS
        return _refused(db, pack, Scan(verdict, sku, ours[0] if ours else None), actor)
    qty = line.qty - line.verified - line.missing if sku.check_by is CheckBy.LINE else 1
    line.verified += qty
    lot_id = lot.id if lot is not None and goods.goes_by_number(sku) else None
    scan = PackScan(pack_id=line.pack_id, pack_line_id=line.id or 0, qty=qty, lot_id=lot_id, actor_id=actor.id)
    db.add_all([line, scan])
    db.flush()
    return Scan(_after(db, pack, lines, actor), sku, line)


def _after(db: Session, pack: Pack, lines: Sequence[PackLine], actor: Actor) -> Verdict:
    if any(line.verified + line.missing < line.qty for line in lines):
        return Verdict.CHECKED
    progress.advance(db, pack, PackAction.VERIFY, actor)
    return Verdict.VERIFIED


def _number_verdict(db: Session, pack: Pack, lot: Lot | None, has_number: bool, actor: Actor) -> Verdict | None:
    """What stands against a unit that is checked by its own number; None: nothing."""
    if lot is None:
        return Verdict.WRONG_NUMBER if has_number else Verdict.NUMBER_FIRST
    if lot.id in goods.scanned_lots(db, pack.id or 0):
        return Verdict.TWICE
    return None if goods.fetch_number(db, pack, lot, actor) else Verdict.WRONG_NUMBER


def _refused(db: Session, pack: Pack, seen: Scan, actor: Actor) -> Scan:
    if seen.verdict is not Verdict.NUMBER_FIRST and seen.sku is not None:
        progress.tell(
            db, "packing.item.refused", pack, None, actor, sku=seen.sku.code, why=seen.verdict.value
        )  # fmt: skip
    return seen


def undo_last(db: Session, pack: Pack, actor: Actor) -> PackLine | PackCare:
    """Take the last step back: a check, or a step of the packing card. Raises as `undo_check` does."""
    progress.must_be_workable(pack)
    care, scan = caring.newest(db, pack.id or 0), queries.newest_scan(db, pack.id or 0)
    is_care = care is not None and care.done_at is not None and (scan is None or care.done_at >= scan.at)
    if not is_care or care is None:
        return undo_check(db, pack, actor)
    if queries.parcels_of(db, pack.id or 0):
        raise Conflict("packing.already_boxed")
    caring.undo(db, care)
    return care


def undo_check(db: Session, pack: Pack, actor: Actor) -> PackLine:
    """Take the newest check back. Raises Conflict when there is none, or units are in a parcel already."""
    progress.must_be_workable(pack)
    assert pack.id is not None
    if queries.parcels_of(db, pack.id) or queries.opened_parcels(db, pack.id):
        raise Conflict("packing.already_boxed")
    scan = queries.newest_scan(db, pack.id)
    if scan is None:
        raise Conflict("packing.nothing_to_undo")
    line = db.get_one(PackLine, scan.pack_line_id)
    scan.undone_at = clock.now()
    line.verified -= scan.qty
    db.add_all([scan, line])
    db.flush()
    if pack.state is PackState.VERIFIED:
        progress.advance(db, pack, PackAction.UNVERIFY, actor)
    return line
