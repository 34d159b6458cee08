"""Two at one tote, one pack or one parcel at the same moment: one does it, the other is told. Both databases."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import pytest
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, select

from floor.kit import uow
from floor.kit.errors import Refused
from floor.kit.uow import unit_of_work
from floor.packing import boxing, labels, merging, proving, queries, reopening, service
from floor.packing.models import Pack, PackLine, PackScan, Parcel, Station
from floor.packing.service import Trouble
from floor.packing.states import PackState, ParcelState
from floor.shipping import relabelling
from floor.shipping import service as shipping
from floor.shipping.models import Manifest
from tests import goods_out
from tests.factories import count, ean
from tests.packing.test_service import the_books_agree
from tests.packing.worlds import World, a_boxed_parcel, a_picked_shipment, a_world, check_all, everything, person
from tests.soak import window
from tests.soak.window import widened


@pytest.fixture
def world(app) -> World:
    labels.learn(relabelling.Labels())
    with unit_of_work() as db:
        made = a_world(db)
        a_picked_shipment(db, made, [(made.tee, 2), (made.mug, 1)])
        return made


def at_once(*calls: Callable[[Session], object]) -> list[object]:
    """Each in a unit of work of its own, at the same moment; what each came to, a refusal's code included."""
    start = threading.Barrier(len(calls))

    def one(call: Callable[[Session], object]) -> object:
        start.wait()
        try:
            with unit_of_work() as db:
                return call(db)
        except Refused as refused:
            return refused.code
        except StaleDataError:  # the door answers 409: somebody was faster
            return "faster"

    slow = patch.object(window, "WRITES", (*window.WRITES, "UPDATE pa", "INSERT INTO pa", "UPDATE shipment"))
    with slow, widened(uow.database().engine, 1, (25, 35)), ThreadPoolExecutor(len(calls)) as pool:
        return [asked.result() for asked in [pool.submit(one, call) for call in calls]]


def sound() -> None:
    with unit_of_work() as db:
        assert the_books_agree(db)
        assert proving.broken_heaps(db) == []


def opening(world: World, name: str) -> Callable[[Session], object]:
    def call(db: Session) -> str:
        bench = db.get_one(Station, world.bench.id)
        return f"pack {service.open_tote(db, bench, 'T-SHA-1', person(db, name)).id}"

    return call


def at_pack(world: World, verb: Callable[[Session, Pack], object]) -> Callable[[Session], object]:
    return lambda db: verb(db, queries.pack_for(db, 1, lock=True))


def begun(world: World, *, checked: bool) -> None:
    with unit_of_work() as db:
        pack = service.open_tote(db, db.get_one(Station, world.bench.id), "T-SHA-1", person(db, "Bo"))
        if checked:
            check_all(db, pack, person(db, "Bo"))


def test_two_packers_open_one_tote_and_one_of_them_has_it(world):
    said = at_once(opening(world, "Bo"), opening(world, "Dai"))
    assert Counter(said) == {"pack 1": 1, "packing.opened_elsewhere": 1}
    with unit_of_work() as db:
        assert count(db, Pack) == 1
    sound()


def test_the_same_packer_at_two_screens_opens_one_pack(world):
    assert at_once(opening(world, "Bo"), opening(world, "Bo")) == ["pack 1", "pack 1"]
    with unit_of_work() as db:
        assert (count(db, Pack), count(db, PackLine)) == (1, 2)


def test_the_last_unit_scanned_at_two_screens_counts_once(world):
    begun(world, checked=False)
    with unit_of_work() as db:
        service.check_item(db, queries.pack_for(db, 1, lock=True), ean(world.tee), person(db, "Bo"))
    scan = at_pack(world, lambda db, pack: service.check_item(db, pack, ean(world.tee), person(db, "Bo")).verdict.value)
    assert Counter(at_once(scan, scan)) == {"checked": 1, "enough": 1}
    with unit_of_work() as db:
        assert count(db, PackScan) == 2


def test_a_box_made_at_two_screens_is_one_parcel(world):
    begun(world, checked=True)

    def box(db: Session, pack: Pack) -> str:
        carton = queries.carton_by_code(db, "K3")
        return boxing.box(db, pack, carton, 1100, everything(db, pack), False, person(db, "Bo")).number

    said = at_once(at_pack(world, box), at_pack(world, box))
    assert "packing.not_verified" in said
    with unit_of_work() as db:
        assert db.exec(select(Parcel.number)).one() in said
    sound()


def test_the_last_unit_is_boxed_or_reported_missing_never_both(world):
    begun(world, checked=True)

    def box(db: Session, pack: Pack) -> str:
        boxing.box(
            db, pack, queries.carton_by_code(db, "K3"), 1100, everything(db, pack), True, person(db, "Bo")
        )  # fmt: skip
        return "boxed"

    def report(db: Session, pack: Pack) -> str:
        line = db.exec(select(PackLine).where(PackLine.sku_id == world.mug.id)).one()
        service.report(db, pack, line, 1, Trouble.MISSING, person(db, "Dai"))
        return "reported"

    said = at_once(at_pack(world, box), at_pack(world, report))
    assert said in (["boxed", "packing.pack_over"], ["boxed", "reported"], ["packing.steps_left", "reported"])
    sound()


def test_a_parcel_is_loaded_or_opened_again_never_both(world):
    with unit_of_work() as db:
        parcel = a_boxed_parcel(db, world)
        number = goods_out.labelled(db, parcel)
        lorry = shipping.open_manifest(db, world.house.id, world.carrier, person(db, "Bo")).id

    def load(db: Session) -> str:
        manifest = db.get_one(Manifest, lorry, with_for_update=True)
        return shipping.load(db, manifest, number, person(db, "Dai")).verdict.value

    def reopen(db: Session) -> str:
        return reopening.reopen(
            db, queries.parcel_for(db, parcel.id, lock=True), None, person(db, "Bo")
        ).state.value  # fmt: skip

    assert at_once(load, reopen) in (
        ["loaded", "packing.on_lorry"], ["not_closed", "verified"], ["faster", "verified"]
    )  # fmt: skip
    sound()


def test_a_parcel_opened_at_two_benches_is_opened_once(world):
    with unit_of_work() as db:
        parcel = a_boxed_parcel(db, world)
        goods_out.labelled(db, parcel)

    def reopen(db: Session) -> str:
        return reopening.reopen(
            db, queries.parcel_for(db, parcel.id, lock=True), None, person(db, "Bo")
        ).state.value  # fmt: skip

    assert Counter(at_once(reopen, reopen)) == {"verified": 1, "packing.parcel_open": 1}
    with unit_of_work() as db:
        assert db.get_one(Parcel, parcel.id).state is ParcelState.OPENED
    sound()


def test_a_tote_joins_a_pack_or_is_opened_by_somebody_else(world):
    from tests.packing.test_bench import _another_shipment

    begun(world, checked=False)
    with unit_of_work() as db:
        order = db.get_one(type(world.orders[0]), world.orders[0].id)
        _another_shipment(db, world, order, [(world.mug, 1)])

    def open_second(db: Session) -> str:
        service.open_tote(db, db.get_one(Station, world.bench.id), "T-SHA-2", person(db, "Dai"))
        return "opened"

    join = at_pack(world, lambda db, pack: merging.join(db, pack, "T-SHA-2", person(db, "Bo")))
    said = at_once(join, open_second)
    assert said[0] == 1 or said == ["packing.tote_not_free", "opened"]
    assert (said[0] == 1) == (said[1] in ("packing.cancelled", "packing.opened_elsewhere", "packing.empty_tote"))
    with unit_of_work() as db:
        assert {pack.state for pack in db.exec(select(Pack))} == {PackState.OPEN}
    sound()
