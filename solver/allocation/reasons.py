"""Why each order was left out: the most basic cause first, and the shortage nearest to being none."""

import numpy as np

from solver.allocation.model import NO_LANE, NO_LIMIT, Ints, Model
from solver.allocation.plan import Code, Reason
from solver.allocation.problem import Warehouse
from solver.allocation.room import Room


class Explainer:
    """Looks up what an order could have had: with safety stock, with full shelves, in an empty house, with
    more hands. `room` is what the finished plan leaves free."""

    def __init__(self, model: Model, room: Room) -> None:
        self._model, self._room = model, room
        houses = model.problem.warehouses
        self._shelves = _table(model, [dict(w.stock) for w in houses])
        self._safety = _table(model, [_with_safety(w) for w in houses])

    def why(self, order: int) -> Reason:
        """The first cause that holds, in the order of `Code`."""
        model, name = self._model, self._model.problem.orders[order].id
        serves = model.parcel[order] < NO_LANE
        if not serves.any():
            return Reason(name, Code.NO_LANE)
        rows = slice(int(model.first[order]), int(model.first[order + 1]))
        sku, qty = model.line_sku[rows], model.line_qty[rows]
        on_shelves = (self._shelves[sku] * serves).sum(axis=1)
        if (on_shelves < qty).any():
            enough = ((self._safety[sku] * serves).sum(axis=1) >= qty).all()
            code = Code.SAFETY_STOCK if enough else Code.NO_STOCK
            if not enough:
                on_shelves = np.where((self._safety[sku] * serves).sum(axis=1) < qty, on_shelves, NO_LIMIT)
            return self._in_all(name, code, sku, qty, on_shelves)
        if not self._can_ship(order, model.stock):
            if self._can_ship(order, self._shelves):
                return self._at_nearest(name, Code.PICK_FACE_EMPTY, order, model.stock)
            return self._at_nearest(name, Code.PARTIAL_ONLY, order, self._shelves)
        if self._can_ship(order, self._room.stock):
            return self._no_hands(name, order)
        return self._at_nearest(name, Code.OTHER_ORDERS_FIRST, order, self._room.stock)

    def _can_ship(self, order: int, stock: Ints) -> bool:
        """Would the order fit this stock if nobody else wanted it and hands were no limit?"""
        room = Room(self._model)
        room.stock, room.labour = stock, np.full_like(self._model.labour, NO_LIMIT)
        return room.best(order) is not None

    def _in_all(self, name: str, code: Code, sku: Ints, qty: Ints, there: Ints) -> Reason:
        """The line with the largest shortage over all serving warehouses."""
        i = int(np.argmax(qty - there))
        return Reason(name, code, self._model.skus[sku[i]], None, int(qty[i]), int(there[i]))

    def _at_nearest(self, name: str, code: Code, order: int, stock: Ints) -> Reason:
        """The warehouse that lacks the fewest units, the cheaper one on a tie, and the line it lacks most
        of."""
        model = self._model
        rows = slice(int(model.first[order]), int(model.first[order + 1]))
        sku, qty = model.line_sku[rows], model.line_qty[rows]
        short = np.maximum(0, qty[:, None] - stock[sku])
        serving = [w for w in range(short.shape[1]) if model.parcel[order, w] < NO_LANE]
        w = min(serving, key=lambda w: (int(short[:, w].sum()), int(model.parcel[order, w]), w))
        i = int(np.argmax(short[:, w]))
        house = model.problem.warehouses[w].id
        return Reason(name, code, model.skus[sku[i]], house, int(qty[i]), int(max(0, stock[sku[i], w])))

    def _no_hands(self, name: str, order: int) -> Reason:
        """The warehouse with most hands left among those that serve the address and have the goods."""
        model, rows = self._model, slice(int(self._model.first[order]), int(self._model.first[order + 1]))
        has = (self._room.stock[model.line_sku[rows]] > 0).any(axis=0) & (model.parcel[order] < NO_LANE)
        w = int(np.argmax(np.where(has, self._room.labour, -1)))
        lines = rows.stop - rows.start
        house = model.problem.warehouses[w].id
        return Reason(name, Code.LABOUR_FULL, None, house, lines, int(self._room.labour[w]))


def _with_safety(warehouse: Warehouse) -> dict[str, int]:
    stock = dict(warehouse.stock)
    for sku, qty in warehouse.safety:
        stock[sku] = stock.get(sku, 0) + qty
    return stock


def _table(model: Model, rows: list[dict[str, int]]) -> Ints:
    found = [[max(0, row.get(sku, 0)) for row in rows] for sku in model.skus]
    return np.array(found, dtype=np.int64).reshape(len(model.skus), len(rows))
