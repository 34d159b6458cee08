"""Two pickers report a short stop at the same moment, and elsewhere lies one unit: it is sent to one of them."""

from collections import Counter

import pytest
from sqlmodel import Session

from floor.inventory import queries as stock_queries
from floor.inventory.models import Warehouse
from floor.kit.actor import SYSTEM
from floor.kit.uow import unit_of_work
from floor.orders.models import OrderLine
from floor.picking import queries, service, short_rules
from floor.picking.models import Cart
from floor.picking.models_shorts import Way
from floor.picking.shorting import Consequences
from tests.factories import a_bin, a_carrier, a_warehouse, stock
from tests.picking.conftest import Picker, a_floor, person, rows, sound
from tests.picking.test_putwall_races import at_once


@pytest.mark.parametrize("way", [Way.DETOUR, Way.WALK, Way.SPLIT])
def test_the_last_unit_elsewhere_is_sent_to_one_of_two_who_report_at_once(app, way: Way):
    with unit_of_work() as db:
        floor = a_floor(db)
        short_rules.change(db, db.get_one(Warehouse, floor.house.id), [way], 300, SYSTEM)
        db.add(Cart(code="C-SHA-2", warehouse_id=floor.house.id))
        pickers = []
        for name in ("Ana", "Ben"):
            walk = floor.walk(db, [{0: 1}])
            who = person(db, name)
            service.claim(db, walk.id, who)
            service.bind_cart(db, walk.id, f"C-SHA-{len(pickers) + 1}", who)
            service.bind_tote(db, walk.id, floor.free_totes(db)[0].code, who)
            pickers.append((walk.id, Picker(db, walk, who).at.id, who))
        where = floor.house
        if way is Way.SPLIT:
            where = a_warehouse(db, "CAN")
            a_carrier(db, "from-can")
        last = a_bin(db, where, "A02-02-1")
        stock(db, last, floor.skus[0], 1)
        last_id, sku_id = last.id, floor.skus[0].id

    def report(walk_id: int, stop_id: int, who) -> object:
        def now(db: Session) -> str:
            return service.report(db, walk_id, stop_id, 0, service.Why.SHORT, who, seen[walk_id].mark).code

        return now

    with unit_of_work() as db:
        seen = {walk_id: looked_at(db, walk_id, stop_id) for walk_id, stop_id, _who in pickers}
    assert not any(one.waiting for one in seen.values())
    said = at_once(*(report(*picker) for picker in pickers))
    assert Counter(said) == {"short_reported": 1, "picking.shelves_changed": 1}
    with unit_of_work() as db:
        sound(db)
        assert stock_queries.free_in(db, last_id, sku_id) == 0
        assert not any(line.backordered for line in rows(db, OrderLine))
        loser = pickers[said.index("picking.shelves_changed")]
        again = looked_at(db, *loser[:2])  # who was slower looks again: the order waits for its unit
        assert service.report(db, *loser[:2], 0, service.Why.SHORT, loser[2], again.mark).code == "short_reported"
        assert [line.backordered for line in rows(db, OrderLine) if line.backordered] == [1]
        sound(db)


def looked_at(db: Session, walk_id: int, stop_id: int) -> Consequences:
    """What the sheet shows when nothing lay there."""
    view = queries.walk_view(db, walk_id)
    return service.consequences(db, view, view.by_id(stop_id), 0, service.Why.SHORT)
