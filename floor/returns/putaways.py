"""Restocked goods on the returns shelf, for the walk that puts everything away (inventory.putaway.Source)."""

from collections.abc import Sequence

from sqlmodel import Session

from floor.inventory.models import Bin, BinKind
from floor.inventory.putaway import Waiting
from floor.kit.actor import Actor
from floor.kit.errors import Conflict
from floor.returns import queries, service


class ReturnsShelf:
    """Items of closed cases that go back to the shelf. Their keys are the items' ids."""

    def owns(self, key: str) -> bool:
        return key.isdecimal()

    def waiting(self, db: Session, warehouse_id: int | None) -> Sequence[Waiting]:
        """A house that gave up its returns shelf has nothing to show: the walk of the others goes on."""
        shelves: dict[int, Bin | None] = {}
        rows = []
        for item, sku, case in queries.waiting_put_aways(db, warehouse_id):
            if case.warehouse_id not in shelves:
                shelves[case.warehouse_id] = _shelf(db, case.warehouse_id)
            shelf = shelves[case.warehouse_id]
            if shelf is not None:
                rows.append(Waiting(str(item.id), shelf, sku, item.qty, note=case.number, is_whole=True))
        return rows

    def put(self, db: Session, key: str, target: str, qty: int, actor: Actor) -> Bin:
        """An item goes as a whole: `qty` is not asked."""
        return service.put_away(db, int(key), target, actor)


def _shelf(db: Session, warehouse_id: int) -> Bin | None:
    try:
        return queries.bin_of_kind(db, warehouse_id, BinKind.RETURNS)
    except Conflict:
        return None
