"""One delivery's file in two people's hands at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

from floor.inventory import jobs, queries
from floor.kit import uow
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from tests.factories import a_bin, a_sku, a_warehouse
from tests.soak.window import widened


def test_a_delivery_booked_by_two_at_once_comes_in_once(app):
    with unit_of_work() as db:
        house = a_warehouse(db)
        where, tee = a_bin(db, house), a_sku(db)
    body = f"sku,warehouse,bin,qty\n{tee.code},{house.code},{where.code},5\n".encode()
    start = threading.Barrier(2)

    def book() -> bool:
        start.wait()
        return jobs.receive(body, False, SYSTEM).is_known

    with widened(uow.database().engine, 1, (30, 40)), ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(book) for _n in range(2)]
        known = sorted(one.result() for one in asked)
    with reading() as db:
        assert queries.balance_of(db, where.id, tee.id) == 5
    assert known == [False, True]
