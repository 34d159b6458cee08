"""Units whose lot number nobody knew get the one found on them."""

from datetime import date

from sqlmodel import Session

from floor.catalog.models import Sku
from floor.events.service import Event, record
from floor.inventory import lots, service
from floor.inventory.models import UNNAMED, Bin, Lot, LotBalance, MoveReason, PlaceKind
from floor.inventory.service import Move
from floor.kit.actor import Actor
from floor.kit.errors import Invalid


def relabel(
    db: Session, where: Bin, sku: Sku, qty: int, code: str, expires_on: date | None, actor: Actor
) -> Lot:  # fmt: skip
    """`qty` units of the unnamed lot in a bin are of lot `code`: out of the one lot and into the other, in one go.

    Raises Invalid for more than lie there unnamed, for "?" itself, and for another expiry date than the one known.
    """
    assert sku.id is not None
    unnamed = lots.lot_called(db, sku.id, UNNAMED)
    lying = db.get(LotBalance, (where.id, unnamed.id), populate_existing=True) if unnamed else None
    most = lying.qty if lying else 0
    if not 0 < qty <= most or unnamed is None:
        raise Invalid("inventory.not_so_many", field="qty", most=most)
    if code.strip() in ("", UNNAMED):
        raise Invalid("inventory.lot_needed", field="lot")
    named = lots.lot_for(db, sku, code, expires_on)
    gone, found = (service.beyond(db, kind, where.warehouse_id) for kind in (PlaceKind.LOST, PlaceKind.FOUND))
    moves = [
        Move(sku.id, qty, where.id, gone, MoveReason.CORRECTION, lot_id=unnamed.id),
        Move(sku.id, qty, found, where.id, MoveReason.CORRECTION, lot_id=named.id),
    ]
    service.move(db, moves, "lot", named.id or 0, actor)
    assert named.id is not None
    data = {"sku": sku.id, "qty": qty, "bin": where.id}
    record(db, Event("inventory.lot.named", "lot", named.id, data=data), actor)
    return named
