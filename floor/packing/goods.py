"""Where a pack's goods lie, and the moves out of there; units with numbers of their own go by number."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import CheckBy, Sku, Tracking
from floor.inventory import service as inventory
from floor.inventory.models import Bin, BinKind, Lot, LotBalance, MoveReason
from floor.inventory.service import Move
from floor.kit.actor import Actor
from floor.kit.errors import Conflict
from floor.packing import queries
from floor.packing.models import Pack, PackLine, PackScan
from floor.shipments.models import Shipment


def goes_by_number(sku: Sku) -> bool:
    """Every unit's own number is scanned. Goods whose numbers the books do not keep are checked unit by unit."""
    return sku.check_by is CheckBy.SERIAL and sku.tracking is Tracking.SERIAL


class Source:
    """What a pack's totes and heap hold, counted down as it is taken."""

    def __init__(self, db: Session, pack: Pack) -> None:
        self.db, self.places = db, queries.places_of(db, pack)
        self.lying = queries.lying_in(db, self.places)

    def take(
        self, sku_id: int, qty: int, to_place: int, reason: MoveReason, lots: Sequence[int] = ()
    ) -> list[Move]:  # fmt: skip
        """Moves of `qty` units out of there, these lots first. Raises Conflict when the books know of fewer."""
        moves = []
        for lot_id in lots[:qty]:
            place = place_of_lot(self.db, lot_id, self.places)
            if place is not None:
                moves.append(Move(sku_id, 1, place, to_place, reason, lot_id=lot_id))
                self.lying[sku_id, place] -= 1
        qty -= len(moves)
        for (sku, place), there in list(self.lying.items()):
            units = min(qty, there) if sku == sku_id else 0
            if units:
                moves.append(Move(sku_id, units, place, to_place, reason))
                self.lying[sku, place] -= units
                qty -= units
        if qty:
            raise Conflict("inventory.not_enough", sku=sku_id, qty=qty)
        return moves


def place_of_lot(db: Session, lot_id: int, places: Collection[int]) -> int | None:
    """Which of these places holds a unit of the lot."""
    held = select(LotBalance.place_id).where(LotBalance.lot_id == lot_id, LotBalance.qty > 0)
    return db.exec(held.where(col(LotBalance.place_id).in_(places)).order_by(col(LotBalance.place_id))).first()


def lots_in(db: Session, sku_id: int, places: Collection[int]) -> list[int]:
    """Lots of a SKU with units in these places."""
    held = select(LotBalance.lot_id).join(Lot, col(Lot.id) == LotBalance.lot_id)
    here = held.where(Lot.sku_id == sku_id, LotBalance.qty > 0, col(LotBalance.place_id).in_(places))
    return list(db.exec(here.order_by(col(LotBalance.lot_id))))


def scanned_lots(db: Session, pack_id: int, line_id: int | None = None) -> list[int]:
    """Numbers scanned for a pack, or one line of it, and not taken back; oldest first."""
    mine = select(PackScan.lot_id).where(PackScan.pack_id == pack_id, col(PackScan.undone_at).is_(None))
    if line_id is not None:
        mine = mine.where(PackScan.pack_line_id == line_id)
    return [lot for lot in db.exec(mine.order_by(col(PackScan.id))) if lot is not None]


def lots_to_go(db: Session, pack: Pack, line: PackLine) -> list[int]:
    """The numbers of a line that were checked and are in no parcel yet."""
    places = queries.places_of(db, pack)
    mine = scanned_lots(db, line.pack_id, line.id)
    return [lot for lot in mine if place_of_lot(db, lot, places) is not None]


def lots_not_checked(db: Session, pack: Pack, sku_id: int) -> list[int]:
    """Numbers the books have in the totes and nobody scanned: of missing units the likeliest."""
    checked = set(scanned_lots(db, pack.id or 0))
    return [lot for lot in lots_in(db, sku_id, queries.places_of(db, pack)) if lot not in checked]


def lot_by_number(db: Session, sku_ids: Collection[int], number: str) -> Lot | None:
    """The unit with this number among some SKUs; None when there is none, or two."""
    found = db.exec(select(Lot).where(Lot.code == number.strip().upper(), col(Lot.sku_id).in_(sku_ids))).all()
    return found[0] if len(found) == 1 else None


def fetch_number(db: Session, pack: Pack, lot: Lot, actor: Actor) -> bool:
    """Is this unit in the pack's totes? The picker may have taken another one than the books say: then the books
    exchange the two, where the other lies on a shelf of the house and is not on hold."""
    places = queries.places_of(db, pack)
    if place_of_lot(db, lot.id or 0, places) is not None:
        return True
    house = db.get_one(Shipment, pack.shipment_id).warehouse_id
    shelf = db.execute(
        sa.select(col(Bin.id))
        .join(LotBalance, col(LotBalance.place_id) == col(Bin.id))
        .where(col(LotBalance.lot_id) == lot.id, col(LotBalance.qty) > 0, col(Bin.warehouse_id) == house)
    ).scalar()
    others = lots_not_checked(db, pack, lot.sku_id)
    if shelf is None or not others or lot.hold_reason:
        return False
    place = place_of_lot(db, others[0], places)
    assert place is not None
    try:
        with db.begin_nested():
            moves = [
                Move(lot.sku_id, 1, place, shelf, MoveReason.CORRECTION, lot_id=others[0]),
                Move(lot.sku_id, 1, shelf, place, MoveReason.CORRECTION, lot_id=lot.id),
            ]
            inventory.move(db, moves, "pack", pack.id or 0, actor)
    except Conflict:
        return False
    return True


def put_back_bin(db: Session, warehouse_id: int) -> Bin | None:
    """Where the bench puts goods no parcel takes: a dock, from which they are put away; else the returns shelf, else
    quarantine."""
    kinds = (BinKind.DOCK, BinKind.RETURNS, BinKind.QUARANTINE)
    mine = select(Bin).where(Bin.warehouse_id == warehouse_id, col(Bin.kind).in_(kinds), col(Bin.is_closed).is_(False))
    found = db.exec(mine.order_by(Bin.code)).all()
    return min(found, key=lambda where: kinds.index(where.kind), default=None)
