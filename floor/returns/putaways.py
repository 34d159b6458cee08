"""Restocked goods on the returns shelf, for the walk that puts everything away (inventory.putaway.Source)."""

from collections.abc import Sequence

from sqlmodel import Session

from floor.inventory.models import Bin, BinKind
from floor.inventory.putaway import Waiting
from floor.kit.actor import Actor
from floor.returns import queries, service


class ReturnsShelf:
    """Items of closed cases that go back to the shelf. Their keys are the items' ids."""

    def owns(self, key: str) -> bool:
        return key.isdecimal()

    def waiting(self, db: Session, warehouse_id: int | None) -> Sequence[Waiting]:
        found = queries.waiting_put_aways(db, warehouse_id)
        shelves = {
            case.warehouse_id: queries.bin_of_kind(db, case.warehouse_id, BinKind.RETURNS)
            for _item, _sku, case in found
        }
        return [
            Waiting(str(item.id), shelves[case.warehouse_id], sku, item.qty, note=case.number, is_whole=True)
            for item, sku, case in found
        ]

    def put(self, db: Session, key: str, target: str, qty: int, actor: Actor) -> Bin:
        """An item goes as a whole: `qty` is not asked."""
        return service.put_away(db, int(key), target, actor)
