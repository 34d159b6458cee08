"""A day at the packing bench for the journeys and the soak: goods of every kind in totes, and somebody who packs them.

Baskets are (kind of goods, units) as real orders have them. Each order may bring a twist: something that goes wrong.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select

from floor.catalog.models import CareKind, CareRule, CheckBy, PackingClass, Sku, Tracking
from floor.inventory import lots
from floor.inventory import service as inventory
from floor.inventory.models import BinKind, Lot, MoveReason, PlaceKind, Tote
from floor.inventory.service import Move
from floor.kit import uow
from floor.kit.actor import SYSTEM
from floor.kit.db import Database
from floor.kit.uow import reading, unit_of_work
from floor.orders import service as orders
from floor.orders.models import Order, OrderLine
from floor.orders.states import OrderAction
from floor.packing import goods, queries
from floor.packing.models import Pack, PackLine, Parcel
from floor.packing.states import PackState, ParcelState
from floor.shipments.models import ShipmentLine
from floor.shipping.models import Waybill, WaybillState
from tests import factories
from tests.journeys.conftest import House
from tests.journeys.person import PATIENCE, Person
from tests.journeys.wire import Wire
from tests.packing.worlds import World, a_picked_shipment, a_world
from tests.running import running_house

Basket = Sequence[tuple[str, int]]

#: Kind -> its packing class, size, weight.
KINDS: dict[str, tuple[PackingClass, tuple[int, int, int], int]] = {
    "TEE": (PackingClass.NORMAL, (300, 220, 30), 200),
    "MUG": (PackingClass.FRAGILE, (120, 100, 100), 450),
    "OIL": (PackingClass.LIQUID, (80, 80, 250), 900),
    "RADIO": (PackingClass.ELECTRONICS, (200, 120, 60), 700),
    "CHOC": (PackingClass.NORMAL, (150, 80, 15), 100),
    "SCREW": (PackingClass.NORMAL, (60, 40, 20), 40),
    "CAMERA": (PackingClass.NORMAL, (140, 100, 80), 620),
    "SOCK": (PackingClass.NORMAL, (200, 90, 20), 60),
}
DOCK = "A04-07-1"
CARTONS = {"K3": (400, 300, 250), "K5": (600, 400, 350), "K9": (800, 600, 500)}
LEAFLET = "LEAFLET-9"


@dataclass
class Job:
    """One order in its tote."""

    order_id: int
    number: str
    tote: str
    #: Its second tote, of another shipment of the order.
    second: str = ""


@dataclass
class Day:
    world: World
    ean: dict[str, str]
    jobs: list[Job] = field(default_factory=list)
    #: Living waybill numbers of closed parcels, oldest first.
    closed: list[str] = field(default_factory=list)
    #: Wrong items and wrong labels that were tried at a strict bench; each was stopped.
    wrong_items: int = 0
    wrong_labels: int = 0


def a_day(db: Session, baskets: Sequence[Basket], twins: Sequence[int] = ()) -> Day:
    """A house whose totes hold these baskets; orders at the places of `twins` come in two totes."""
    world = a_world(db)
    for code, kind in ((DOCK, BinKind.DOCK), ("A04-10-1", BinKind.QUARANTINE), ("A04-09-1", BinKind.RETURNS)):
        factories.a_bin(db, world.house, code, kind)
    for code, size in CARTONS.items():
        if code != "K3":
            factories.a_carton(db, code, size)
    for n in range(9, 9 + 2 * len(baskets)):
        place = inventory.new_place(db, PlaceKind.TOTE, world.house.id or 0)
        db.add(Tote(id=place, code=f"T-SHA-{n}", warehouse_id=world.house.id or 0))
    day = Day(world, {})
    skus = {kind: _goods(db, world, kind, n) for n, kind in enumerate(KINDS)}
    day.ean = {kind: factories.ean(sku) for kind, sku in skus.items()}
    db.add(CareRule(kind=CareKind.LEAFLET, sku_id=skus["SOCK"].id, code=LEAFLET))
    for n, basket in enumerate(baskets):
        wants = [(skus[kind], units) for kind, units in basket]
        gift = {"gift_wrap": True, "gift_message": "Happy birthday"} if n % 5 == 1 else {}
        _shipment, tote = a_picked_shipment(db, world, wants, **gift)
        order = world.orders[-1]
        job = Job(order.id or 0, order.number, tote.code)
        if n in twins:
            job.second = _second_shipment(db, world, order, skus["TEE"], 1)
        day.jobs.append(job)
    db.flush()
    return day


def _goods(db: Session, world: World, kind: str, n: int) -> Sku:
    sku = factories.a_sku(db, kind)
    sku.packing_class, (sku.length_mm, sku.width_mm, sku.height_mm), sku.weight_g = KINDS[kind]
    sku.is_cold = kind == "CHOC"
    sku.check_by = {"SCREW": CheckBy.LINE, "CAMERA": CheckBy.SERIAL}.get(kind, CheckBy.EACH)
    shelf = world.bins[sku.id or 0] = factories.a_bin(db, world.house, f"A03-{n + 1:02d}-1")
    if kind != "CAMERA":
        factories.stock(db, shelf, sku, 500)
        return sku
    sku.tracking = Tracking.SERIAL
    db.flush()
    numbers = [f"CAM-{i:04d}" for i in range(80)]
    lots.make_lots(db, [(sku, number, None) for number in numbers])
    supplier = inventory.beyond(db, PlaceKind.SUPPLIER, world.house.id or 0)
    known = {lot.code: lot.id for lot in db.exec(select(Lot).where(Lot.sku_id == sku.id))}
    moves = [Move(sku.id or 0, 1, supplier, shelf.id, MoveReason.OPENING, lot_id=known[no]) for no in numbers]
    inventory.move(db, moves, "opening", 0, SYSTEM)
    return sku


def _second_shipment(db: Session, world: World, order: Order, sku: Sku, units: int) -> str:
    """More of the order, picked into the next tote as a shipment of its own; its goods are not in the first."""
    shipment, tote = a_picked_shipment(db, world, [(sku, units)])
    stranger = world.orders.pop()
    line = db.exec(select(OrderLine).where(OrderLine.order_id == stranger.id)).one()
    mine = db.exec(select(OrderLine).where(OrderLine.order_id == order.id, OrderLine.sku_id == sku.id)).first()
    if mine is None:
        line.order_id = order.id or 0
    else:
        mine.qty += units
        held = db.exec(select(ShipmentLine).where(ShipmentLine.order_line_id == line.id)).one()
        held.order_line_id = mine.id or 0
        db.add(held)
        db.flush()
        db.delete(line)
    shipment.order_id = order.id or 0
    db.add(shipment)
    db.flush()
    return tote.code


def made_up_baskets(n: int, seed: int = 7) -> list[Basket]:
    """Orders as shops see them: half of them one line, few more than four."""
    rng = random.Random(seed)
    kinds = list(KINDS)
    found: list[Basket] = []
    for _order in range(n):
        some = rng.sample(kinds, rng.choices((1, 2, 3, 4, 5), (50, 22, 14, 9, 5))[0])
        found.append([(kind, rng.choices((1, 2, 3, 4), (70, 18, 8, 4))[0]) for kind in some])
    return found


@contextmanager
def a_house(database_url: str, folder: Path, baskets: Sequence[Basket], twins: Sequence[int]) -> Iterator[House]:
    """Server and worker on a day's totes; `house.day` tells of them."""
    uow.bind(Database(database_url))
    with unit_of_work() as db:
        day = a_day(db, baskets, twins)
    uow.database().dispose()
    with running_house(database_url, folder) as running:
        uow.bind(Database(database_url))
        with Wire(running.port) as wire:
            house = House(running, day.ean, folder, wire)
            house.day = day  # type: ignore[attr-defined]
            yield house
        uow.database().dispose()


# --- somebody who packs ---------------------------------------------------------------------------------------


class Bench:
    """A packer at a bench, reading what the books want of them as they read it from the tote.

    At a strict one every order has a wrong item tried, and every parcel the labels of others.
    """

    def __init__(self, who: Person, day: Day, *, strict: bool = False) -> None:
        self.who, self.day, self.strict = who, day, strict
        self.pack_id = 0

    def opens(self, tote: str) -> None:
        self.who.scan(tote)
        self.pack_id = int(re.search(r"/packs/(\d+)", self.who.page.url).group(1))  # type: ignore[union-attr]

    def left(self) -> list[str]:
        """Codes still to scan, one for each scan."""
        with reading() as db:
            pack = db.get_one(Pack, self.pack_id)
            codes = []
            for line, sku in queries.lines_of(db, self.pack_id):
                units = line.qty - line.missing - line.verified
                if goods.goes_by_number(sku):
                    free = goods.lots_not_checked(db, pack, sku.id or 0)
                    numbers = {lot.id: lot.code for lot in db.exec(select(Lot).where(col(Lot.id).in_(free)))}
                    codes += [numbers[lot] for lot in free[:units]]
                else:
                    codes += [factories.ean(sku)] * (1 if sku.check_by is CheckBy.LINE and units else units)
            return codes

    def verified(self) -> int:
        with reading() as db:
            return sum(line.verified for line in db.exec(select(PackLine).where(PackLine.pack_id == self.pack_id)))

    def state(self) -> PackState:
        with reading() as db:
            return db.get_one(Pack, self.pack_id).state

    def checks(self, but: int = 0) -> None:
        """Scan what is left, except the last `but` scans."""
        codes = self.left()
        if self.strict and len(codes) > but:
            self.tries_a_wrong_item()
        for code in codes[: len(codes) - but]:
            self.who.scan(code)

    def tries_a_wrong_item(self) -> None:
        """Full red, and nothing counts; not a kind that goes by number, whose code alone says nothing."""
        with reading() as db:
            mine = {factories.ean(sku) for _line, sku in queries.lines_of(db, self.pack_id)}
        wrong = next(code for kind, code in self.day.ean.items() if code not in mine and kind != "CAMERA")
        before = self.verified()
        self.who.scan(wrong)
        self.who.is_stopped("Not this order's")
        assert self.verified() == before
        self.day.wrong_items += 1

    def does_the_card(self) -> None:
        """Materials by their codes; the rest by the card that confirms, and once by a tap."""
        page = self.who.page
        while page.locator(".cares.now").count():
            step = page.locator(".cares .care:not(.done)").first
            code = step.locator(".chip .num")
            if code.count():
                self.who.scan(code.inner_text())
            elif self.pack_id % 3 == 0:
                with self.who.changed():
                    step.get_by_role("button").click()
            else:
                self.who.scan("CMD-CONFIRM")

    def grams(self) -> int:
        return int(re.sub(r"\D", "", self.who.page.locator("#weight-hint").inner_text()))

    def boxes(self, carton: str = "K5") -> None:
        self.who.scan(carton)
        self.who.scan(f"{self.grams()}g")

    def proves(self) -> list[str]:
        """Scan the label of every parcel of the pack that waits for it; the numbers, in order."""
        numbers = []
        while match := re.search(r"/parcels/(\d+)/label", self.who.page.url):
            number = self.number_of(int(match.group(1)))
            self.who.open(f"/parcels/{match.group(1)}/label")
            self.who.wait_until_settled()
            if self.strict:
                self.tries_wrong_labels(int(match.group(1)))
            self.who.scan(number)
            numbers.append(number)
        self.who.sees(re.compile(r"Parcel P-\d+ is closed"))
        self.day.closed += numbers
        return numbers

    def tries_wrong_labels(self, parcel_id: int) -> None:
        """The label of its brother and of the parcel closed last: full red, and it stays open."""
        own = self.number_of(parcel_id)
        with reading() as db:
            brothers = select(Parcel.id).where(Parcel.pack_id == self.pack_id, Parcel.id != parcel_id)
            others = [self.number_of(brother) for brother in db.exec(brothers.where(Parcel.state != ParcelState.VOID))]
        for other in [*others[:1], *[number for number in self.day.closed if number != own][-1:]]:
            self.who.scan(other)
            self.who.is_stopped(re.compile("Wrong label|Not our label"))  # the latter: a number that is void now
            with reading() as db:
                assert db.get_one(Parcel, parcel_id).state is ParcelState.BOXED
            self.day.wrong_labels += 1

    def number_of(self, parcel_id: int) -> str:
        """What is printed on its label, once the carrier answered."""
        living = (Waybill.parcel_id == parcel_id, Waybill.state == WaybillState.ACTIVE)
        for _try in range(PATIENCE // 100):
            with reading() as db:
                number = db.exec(select(Waybill.number).where(*living)).first()
            if number:
                return number
            self.who.page.wait_for_timeout(100)
        raise AssertionError(f"parcel {parcel_id} got no number")

    def reports(self, kind: str, why: str, then: str = "") -> None:
        """On the problem screen: one unit of a kind of goods."""
        self.who.tap("Problem", role="link")
        page = self.who.page
        tile = page.locator("#line .opt", has_text=kind)
        if tile.count():
            tile.first.click()
        for choice in (why, then):
            if choice:
                page.locator(".opt", has_text=choice).click()
        self.who.tap("Report it")


def stop_order(order_id: int, action: OrderAction) -> None:
    """Somebody at the desk puts it on hold, lets it go on, or cancels it."""
    with unit_of_work() as db:
        orders.advance(db, db.get_one(Order, order_id), action, SYSTEM)


def packed_simply(bench: Bench, job: Job) -> list[str]:
    bench.opens(job.tote)
    bench.checks()
    bench.does_the_card()
    bench.boxes()
    return bench.proves()


# --- twists: each packs one order, with something going wrong on the way ---------------------------------------


def wrong_item_and_undo(bench: Bench, job: Job) -> list[str]:
    """Goods of nobody here are full red and count nothing, whatever was scanned before; a check is taken back."""
    bench.opens(job.tote)
    ordered = set(bench.left())
    wrong = [code for code in bench.day.ean.values() if code not in ordered and code != bench.day.ean["CAMERA"]]
    for code in (*wrong[:2], "4006381333931"):
        before = bench.verified()
        bench.who.scan(code)
        bench.who.is_stopped("Unknown code" if code == "4006381333931" else "Not this order's")
        assert bench.verified() == before
    bench.checks()
    bench.who.tap("Undo the last step")
    bench.who.sees("Taken back")
    bench.checks()
    bench.does_the_card()
    bench.boxes()
    others = [number for number in bench.day.closed if number]
    for number in others[-1:]:
        bench.who.scan(number)
        bench.who.is_stopped("Wrong label")
    return bench.proves()


def missing(bench: Bench, job: Job) -> list[str]:
    bench.opens(job.tote)
    bench.checks(but=1)
    bench.reports(_first_kind(bench), "Not in the tote", "Send the rest now")
    if bench.state() is PackState.ABANDONED:  # it was the only unit
        bench.who.sees("Scan a tote")
        return []
    bench.checks()
    bench.does_the_card()
    bench.boxes()
    return bench.proves()


def damaged_and_too_many(bench: Bench, job: Job) -> list[str]:
    bench.opens(job.tote)
    kind = _first_kind(bench)
    if kind != "CAMERA":
        bench.reports(kind, "Too many")
        bench.who.sees(f"Put 1 on {DOCK}")
    bench.reports(kind, "Damaged")
    if bench.state() is PackState.ABANDONED:
        return []
    bench.checks()
    bench.does_the_card()
    bench.boxes()
    return bench.proves()


def _first_kind(bench: Bench) -> str:
    """Goods with units still to scan."""
    with reading() as db:
        rows = queries.lines_of(db, bench.pack_id)
        return next(sku.code for line, sku in rows if line.qty > line.missing + line.verified)


def too_big_and_weight_off(bench: Bench, job: Job) -> list[str]:
    bench.opens(job.tote)
    bench.checks()
    bench.does_the_card()
    bench.who.scan("K3")
    bench.who.tap("The goods do not fit")
    bench.who.sees("Take carton K5")
    bench.who.scan(f"{bench.grams() * 2}g")
    bench.who.sees("The weight is off")
    bench.who.tap("Much filling")
    return bench.proves()


def two_boxes(bench: Bench, job: Job) -> list[str]:
    """Split by hand where there is more than one unit."""
    bench.opens(job.tote)
    bench.checks()
    bench.does_the_card()
    page = bench.who.page
    bench.who.tap("Two boxes", role="link")
    fields = page.locator("#units input")
    units = [int(fields.nth(n).input_value()) for n in range(fields.count())]
    if sum(units) > 1:
        for n in range(len(units)):
            fields.nth(n).fill("1" if n == 0 else "0")
        page.get_by_label("Box", exact=True).select_option("K5")
        page.get_by_label("Weight, g").fill(str(_weight_of_first(bench)))
        bench.who.tap(re.compile("Box it and print"))
        bench.who.sees("Box 2")
    bench.boxes()
    return bench.proves()


def _weight_of_first(bench: Bench) -> int:
    with reading() as db:
        (_line, sku, _left), *_rest = queries.to_box(db, bench.pack_id)
        return 250 + sku.weight_g


def opened_again(bench: Bench, job: Job) -> list[str]:
    """Opened by its label and closed unchanged: the same number. Into another carton: a new one, the old is void."""
    (number,) = packed_simply(bench, job)
    _opens_again(bench, number)
    bench.boxes()
    assert bench.proves() == [number]
    _opens_again(bench, number)
    bench.boxes("K9")
    (new,) = bench.proves()
    assert new != number
    bench.day.closed = [one for one in bench.day.closed if one != number]
    bench.who.scan(number)
    bench.who.sees("is not a tote")
    return [new]


def _opens_again(bench: Bench, number: str) -> None:
    bench.who.scan(number)
    bench.who.sees("In this parcel")
    bench.who.scan("CMD-CONFIRM")
    bench.who.sees("Goes back into parcel")


def both_totes(bench: Bench, job: Job) -> list[str]:
    bench.opens(job.tote)
    if job.second:
        bench.who.sees("Scan its tote to pack both together")
        bench.who.scan(job.second)
        bench.who.sees("joined")
    bench.checks()
    bench.does_the_card()
    bench.boxes()
    return bench.proves()


def held(bench: Bench, job: Job) -> list[str]:
    """Put on hold meanwhile: stopped at the next scan, put aside; let go, it is packed."""
    bench.opens(job.tote)
    stop_order(job.order_id, OrderAction.HOLD)
    before = bench.verified()
    bench.who.scan(bench.left()[0])
    bench.who.is_stopped("Order on hold")
    assert bench.verified() == before
    bench.who.scan("CMD-DONE")
    bench.who.sees("Scan a tote")
    bench.who.scan(job.tote)
    bench.who.sees("is on hold")
    stop_order(job.order_id, OrderAction.RELEASE)
    return packed_simply(bench, job)


def cancelled(bench: Bench, job: Job) -> list[str]:
    """Cancelled meanwhile: everything goes to the put-back shelf, whose scan books it."""
    bench.opens(job.tote)
    bench.checks(but=1)
    stop_order(job.order_id, OrderAction.CANCEL)
    bench.who.scan(bench.left()[0])
    bench.who.is_stopped("Order cancelled")
    bench.who.scan(DOCK)
    bench.who.sees("Everything is booked")
    return []


def waits_for_the_missing(bench: Bench, job: Job) -> list[str]:
    """One unit is missing and the order waits for it; its tote is put aside, and goes out by itself in the end."""
    bench.opens(job.tote)
    bench.reports(_first_kind(bench), "Not in the tote", "Wait for them")
    bench.who.sees("Scan a tote")
    assert bench.state() is PackState.ABANDONED
    with reading() as db:
        left = sum(line.picked for line in db.exec(select(ShipmentLine).where(_of_pack(bench.pack_id))))
    return packed_simply(bench, job) if left else []


def _of_pack(pack_id: int) -> Any:
    shipment = select(Pack.shipment_id).where(Pack.id == pack_id)
    return col(ShipmentLine.shipment_id).in_(shipment)


def aside_and_again(bench: Bench, job: Job) -> list[str]:
    """The whole tote is put aside half checked; opened again, what was checked is checked anew."""
    bench.opens(job.tote)
    bench.checks(but=1)
    bench.who.tap("Problem", role="link")
    bench.who.tap("Put the whole tote aside")
    bench.who.sees("Scan a tote")
    return packed_simply(bench, job)


TWISTS: tuple[Callable[[Bench, Job], list[str]], ...] = (
    wrong_item_and_undo, missing, damaged_and_too_many, too_big_and_weight_off, two_boxes, opened_again, held,
    cancelled, both_totes, packed_simply,
)  # fmt: skip
#: Longer ways round, for the soak.
MORE_TWISTS = (*TWISTS, waits_for_the_missing, aside_and_again)


def loads_the_lorry(who: Person, numbers: Sequence[str]) -> None:
    """Every closed parcel onto one lorry, and away."""
    who.open("/manifests")
    who.tap("Load a lorry")
    for n, number in enumerate(numbers):
        who.scan(number)
        who.sees(f"{n + 1} / {len(numbers)}")
        if n == 0 and len(numbers) > 1:  # taken off again
            who.tap("Undo the last step")
            who.sees(f"0 / {len(numbers)}")
            who.scan(number)
            who.sees(f"1 / {len(numbers)}")
    who.tap("Hand over", role="link")
    who.page.get_by_label("Driver").fill("沪A 12345")
    who.tap(f"Hand over {len(numbers)} parcels")
    who.sees("Handed over at")


def parcels() -> dict[str, int]:
    """How many parcels stand in which state."""
    with reading() as db:
        states = [parcel.state.value for parcel in db.exec(select(Parcel))]
    return {state: states.count(state) for state in sorted(set(states))}
