"""Rounds of the races: the last units of something, and what twenty people try with them at the same moment."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlmodel import Session

from floor.catalog.models import Tracking
from floor.inventory import service
from floor.inventory.lots import Held
from floor.inventory.models import CountReason, CountTask, Lot, MoveReason, Replenishment, Reservation
from floor.inventory.service import Move, Wish
from floor.inventory.states import CountState
from floor.kit import clock
from tests.factories import a_sku
from tests.soak.deeds import HAND, Deed, Promise, Step
from tests.soak.shelves import Shelves


@dataclass(frozen=True)
class Post:
    """A form of the real house, and the deed it does."""

    url: str
    form: dict[str, str]
    deed: Deed


Tries = list[Deed | Post]

NOT_ENOUGH, ON_HOLD = "inventory.not_enough", "inventory.lot_on_hold"
FAR, LONG_AGO = date(2090, 1, 31), date(2020, 1, 31)


@dataclass(frozen=True)
class Race:
    """Each client tries its deeds in order until one is accepted."""

    name: str
    #: Exactly so many must have been taken in the end; None where luck decides, and only the sums must hold.
    units: int | None
    tries: list[Tries]
    #: What lay and was promised before: (place, sku) -> [units, promised].
    before: dict[tuple[int, int], list[int]]
    #: Codes of what a loser may be told.
    lost: tuple[str, ...]


class Table:
    """Lays out the goods of one round: SKUs of its own, in the bins of the house."""

    def __init__(self, db: Session, shelves: Shelves, rng: random.Random, number: int, clients: int) -> None:
        self.db, self.at, self.rng, self.number, self.clients = db, shelves, rng, number, clients
        self.before: dict[tuple[int, int], list[int]] = {}
        self._deeds = self._skus = 0

    def sku(self, tracking: Tracking = Tracking.NONE) -> int:
        self._skus += 1
        made = a_sku(self.db, f"R{self.number:06d}-{self._skus}")
        made.tracking = tracking
        self.db.flush()
        assert made.id is not None
        return made.id

    def lot(self, sku: int, code: str, expires_on: date | None = None, why: str = "") -> int:
        made = Lot(sku_id=sku, code=code, expires_on=expires_on, hold_reason=why)
        self.db.add(made)
        self.db.flush()
        assert made.id is not None
        return made.id

    def lay(self, place: int, sku: int, units: int, lot: int | None = None) -> None:
        step = Move(sku, units, self.at.beyond["supplier"], place, MoveReason.OPENING, lot_id=lot)
        service.move(self.db, [step], "opening", 0, HAND)
        self.before.setdefault((place, sku), [0, 0])[0] += units

    def promise(self, place: int, sku: int, units: int) -> int:
        """Promised to some line; returns the reservation."""
        made = service.reserve_one(self.db, Wish(place, sku, units, shipment_line_id=10**9))
        self.before[place, sku][1] += units
        assert made.id is not None
        return made.id

    def few(self) -> int:
        """Fewer than there are clients, so that some must lose."""
        return self.rng.randint(1, max(1, self.clients // 3))

    def bins(self, n: int) -> list[int]:
        return self.rng.sample(self.at.picks, n)

    def deed(self, kind: str, moves: list[Step], promises: list[Promise], **args: object) -> Deed:
        self._deeds += 1
        n = self.number * 1000 + self._deeds
        return Deed(n, f"race-{n:010d}", kind, tuple(moves), tuple(promises), args)

    def race(self, name: str, units: int | None, tries: list[Tries], *others: str) -> Race:
        """`others`: refusals besides the usual one that are right here."""
        self.rng.shuffle(tries)
        return Race(name, units, tries, self.before, (NOT_ENOUGH, *others))

    # --- one client's deeds -----------------------------------------------------------------------------------------

    def reserve(self, where: int, sku: int, qty: int = 1) -> Deed:
        return self.deed("reserve", [], [(where, sku, qty)])

    def relocate(self, where: int, sku: int, qty: int = 1) -> Deed:
        target = self.rng.choice(self.at.reserves)  # where nobody of the same round looks for them
        return self.deed("relocate", [(sku, qty, where, target)], [])

    def scrap(self, where: int, sku: int, qty: int = 1) -> Deed:
        return self.deed("adjust", [(sku, qty, where, self.at.beyond["scrap"])], [], reason="scrap")

    def damage(self, where: int, sku: int, qty: int = 1) -> Deed:
        return self.deed("damage", [(sku, qty, where, self.at.quarantine)], [])

    def put_aside(self, where: int, sku: int, qty: int = 1) -> Deed:
        return self.deed("put_aside", [], [(where, sku, qty)], seconds=3600)

    def short(self, reservation: int, where: int, sku: int, qty: int = 1) -> Deed:
        step = (sku, qty, where, self.at.beyond["lost"])
        return self.deed("short", [step], [(where, sku, -qty)], reservation=reservation)

    def take(self, reservation: int, where: int, sku: int, qty: int = 1) -> Deed:
        step = (sku, qty, where, self.rng.choice(self.at.totes))
        return self.deed("take", [step], [(where, sku, -qty)], reservation=reservation)

    def release(self, reservation: int, where: int, sku: int, qty: int = 1) -> Deed:
        return self.deed("release", [], [(where, sku, -qty)], reservation=reservation)


def reserve_the_last(table: Table) -> Race:
    """A few units, everybody wants the same small number of them."""
    (where,), sku, each = table.bins(1), table.sku(), table.rng.randint(1, 3)
    units = table.few() * each
    table.lay(where, sku, units)
    return table.race("reserve", units, [[table.reserve(where, sku, each)] for _n in range(table.clients)])


def move_the_last(table: Table) -> Race:
    """Everybody carries them somewhere else."""
    (where,), sku, units = table.bins(1), table.sku(), table.few()
    table.lay(where, sku, units)
    return table.race("move", units, [[table.relocate(where, sku)] for _n in range(table.clients)])


def everything_at_once(table: Table) -> Race:
    """Promised, relocated, scrapped, broken, put aside; and some are promised already."""
    (where,), sku, units, promised = table.bins(1), table.sku(), table.few(), table.rng.randint(0, 4)
    table.lay(where, sku, units + promised)
    if promised:
        table.promise(where, sku, promised)
    wants = (table.reserve, table.relocate, table.scrap, table.damage, table.put_aside)
    return table.race("everything", units, [[wants[n % 5](where, sku)] for n in range(table.clients)])


def take_one_promise(table: Table) -> Race:
    """One reservation, taken and released by more people than it has units."""
    (where,), sku, units = table.bins(1), table.sku(), table.few()
    table.lay(where, sku, units + 3)
    mine = table.promise(where, sku, units)
    wants = (table.take, table.release)
    return table.race("take, release", units, [[wants[n % 2](mine, where, sku)] for n in range(table.clients)])


def several_bins(table: Table) -> Race:
    """The last units lie in several bins; each client asks one after another, in an order of its own."""
    bins, sku = table.bins(4), table.sku()
    lying = [table.rng.randint(1, 2) for _bin in bins]
    for where, units in zip(bins, lying, strict=True):
        table.lay(where, sku, units)
    tries: list[Tries] = []
    for n in range(table.clients):
        want = (table.reserve, table.relocate)[n % 2]
        tries.append([want(where, sku) for where in table.rng.sample(bins, len(bins))])
    return table.race("several bins", sum(lying), tries)


def lines_in_opposite_orders(table: Table) -> Race:
    """Reservations of several SKUs in several bins, each client naming them in another order: all or nothing."""
    rows = [(where, table.sku()) for where in table.bins(3)]
    sets = table.few()
    for where, sku in rows:
        table.lay(where, sku, sets)
    tries: list[Tries] = []
    for n in range(table.clients):
        mine = rows if n % 2 else rows[::-1]
        tries.append([table.deed("reserve", [], [(where, sku, 1) for where, sku in mine])])
    return table.race("lines in opposite orders", sets * len(rows), tries)


def across(table: Table) -> Race:
    """Half carry from here to there, half from there to here, several goods at once; there is enough for all."""
    here, there = table.bins(2)
    skus = [table.sku(), table.sku()]
    for where in (here, there):
        for sku in skus:
            table.lay(where, sku, table.clients)
    tries: list[Tries] = []
    for n in range(table.clients):
        ends = (here, there) if n % 2 else (there, here)
        steps = [(sku, 1, *ends) for sku in (skus if n % 3 else skus[::-1])]
        tries.append([table.deed("move", steps, [], reason="replenish")])
    return table.race("across", 2 * table.clients, tries)


def into_one_new_bin(table: Table) -> Race:
    """The first units of a SKU ever to lie in a bin come from everywhere at the same moment, and some leave again."""
    *sources, target = table.bins(4)
    sku = table.sku()
    for where in sources:
        table.lay(where, sku, table.clients)
    steps = [(sku, 1, table.rng.choice(sources), target) for _n in range(table.clients)]
    tries: list[Tries] = [[table.deed("move", [step], [], reason="put_away")] for step in steps]
    return table.race("into a new bin", table.clients, tries)


def count_against_reserve(table: Table) -> Race:
    """A supervisor books a missing unit while others promise the last ones."""
    (where,), sku, units = table.bins(1), table.sku(), table.few()
    table.lay(where, sku, units)
    tries: list[Tries] = [[table.reserve(where, sku)] for _n in range(table.clients - 2)]
    for _n in range(2):
        task = CountTask(
            warehouse_id=table.at.house, bin_id=where, sku_id=sku, reason=CountReason.ASKED, state=CountState.VARIANCE,
            counted_qty=units - 1, system_qty=units,
        )  # fmt: skip
        table.db.add(task)
        table.db.flush()
        step = (sku, 1, where, table.at.beyond["lost"])
        tries.append([Post(f"/counts/{task.id}/adjust", {"why": "unknown"}, table.deed("adjust", [step], []))])
    return table.race("adjust, reserve", units, tries, "inventory.missing_promised")


def refills(table: Table) -> Race:
    """Twenty replenishments from the last units of one reserve bin, by the real form of the phone."""
    where, sku, units = table.rng.choice(table.at.reserves), table.sku(), table.few()
    table.lay(where, sku, units)
    tries: list[Tries] = []
    for face in table.rng.sample(table.at.faces, table.clients):
        task = Replenishment(
            warehouse_id=table.at.house, sku_id=sku, from_bin_id=where, to_bin_id=face, qty=1, from_seen=True,
            item_seen=True,
        )  # fmt: skip
        table.db.add(task)
        table.db.flush()
        deed = table.deed("refill", [(sku, 1, where, face)], [])
        tries.append([Post(f"/replenishments/{task.id}/scans", {"code": table.at.labels[face]}, deed)])
    return table.race("refills", units, tries)


def release_and_reserve(table: Table) -> Race:
    """All units are promised; half of the clients give one back, the others want one: luck says who gets any."""
    (where,), sku, half = table.bins(1), table.sku(), table.clients // 2
    table.lay(where, sku, half)
    promises = [table.promise(where, sku, 1) for _n in range(half)]
    tries: list[Tries] = [[table.release(one, where, sku)] for one in promises]
    tries += [[table.reserve(where, sku)] for _n in range(table.clients - half)]
    return table.race("release, reserve", None, tries)


# --- lots, numbers, and units put aside -----------------------------------------------------------------------------


def last_of_two_lots(table: Table) -> Race:
    """Goods of two lots, what expires first leaves first; whoever is too late hears that they are gone."""
    (where,), sku, units = table.bins(1), table.sku(Tracking.LOT), table.few() + 1
    table.lay(where, sku, 1, table.lot(sku, "FIRST", FAR))
    table.lay(where, sku, units - 1, table.lot(sku, "SECOND"))
    wants = (table.reserve, table.relocate, table.scrap)
    return table.race("last of two lots", units, [[wants[n % 3](where, sku)] for n in range(table.clients)])


def beside_a_lot_on_hold(table: Table) -> Race:
    """Some units are for sale, as many are on hold and must stay."""
    (where,), sku, units = table.bins(1), table.sku(Tracking.LOT), table.few()
    table.lay(where, sku, units, table.lot(sku, "GOOD", FAR))
    table.lay(where, sku, units, table.lot(sku, "BAD", FAR, Held.QUALITY))
    wants = (table.reserve, table.put_aside, table.relocate)
    tries: list[Tries] = [[wants[n % 3](where, sku)] for n in range(table.clients)]
    return table.race("beside a lot on hold", units, tries, ON_HOLD)


def hold_while_it_is_sold(table: Table) -> Race:
    """A lot is recalled while it is promised, taken and reported short: luck decides, the books must agree."""
    bins, sku = table.bins(2), table.sku(Tracking.LOT)
    lot = table.lot(sku, "RECALL", FAR)
    promises = []
    for where in bins:
        table.lay(where, sku, table.clients, lot)
        promises += [(table.promise(where, sku, 1), where) for _n in range(table.clients // 3)]
    tries: list[Tries] = [[table.deed("hold", [], [], lot_id=lot)], [table.deed("hold", [], [], lot_id=lot)]]
    for n, (promise, where) in enumerate(promises[: table.clients - 2]):
        wants = (table.take, table.short, table.release)[n % 3]
        tries.append([wants(promise, where, sku)])
    tries += [[table.reserve(bins[n % 2], sku)] for n in range(table.clients - len(tries))]
    return table.race("hold while it is sold", None, tries, ON_HOLD, "inventory.lot_held_already")


def too_old_at_once(table: Table) -> Race:
    """The night's job puts old lots on hold while goods of several SKUs move together."""
    where, target = table.bins(2)
    skus = [table.sku(Tracking.LOT) for _n in range(3)]
    for n in (2, 0, 1):  # their lots are younger or older than their SKUs
        table.lay(where, skus[n], table.clients, table.lot(skus[n], "OLD", LONG_AGO))
    steps = [(sku, 1, where, target) for sku in skus]
    tries: list[Tries] = [[table.deed("expire", [], [])] for _n in range(3)]
    while len(tries) < table.clients:
        if len(tries) % 2:
            tries.append([table.deed("move", steps, [], reason="relocate")])
        else:
            tries.append([table.deed("reserve", [], [(where, sku, 1) for sku in skus])])
    return table.race("too old at once", None, tries, ON_HOLD, "inventory.lot_held_already")


def one_new_lot(table: Table) -> Race:
    """A delivery of a new lot is unloaded by everybody at once: one lot, every unit."""
    bins, sku = table.bins(3), table.sku(Tracking.LOT)
    tries: list[Tries] = []
    for n in range(table.clients):
        step = (sku, 1, table.at.beyond["supplier"], bins[n % 3])
        tries.append([table.deed("receive", [step], [], lot="NEW", expires=FAR.isoformat())])
    table.before[bins[0], sku] = [0, 0]
    return table.race("one new lot", table.clients, tries)


def one_serial_number(table: Table) -> Race:
    """Everybody scans the same serial number: it is in the house once."""
    bins, sku = table.bins(3), table.sku(Tracking.SERIAL)
    table.before[bins[0], sku] = [0, 0]
    if table.rng.random() < 0.5:  # known, because it was here and left again
        table.lot(sku, "SN-1")
    tries: list[Tries] = []
    for n in range(table.clients):
        step = (sku, 1, table.at.beyond["supplier"], bins[n % 3])
        tries.append([table.deed("receive", [step], [], lot="SN-1")])
    return table.race("one serial number", 1, tries, "inventory.serial_known")


def found_without_a_number(table: Table) -> Race:
    """Units of a tracked SKU turn up in several bins at once; they wait in the unnamed lot, on hold."""
    bins, sku = table.bins(2), table.sku(Tracking.LOT)
    table.before[bins[0], sku] = [0, 0]
    tries: list[Tries] = []
    for n in range(table.clients):
        step = (sku, 1, table.at.beyond["found"], bins[n % 2])
        tries.append([table.deed("adjust", [step], [], reason="found")])
    return table.race("found without a number", table.clients, tries)


def put_aside_and_over(table: Table) -> Race:
    """Units put aside for too long are given back by everybody at once, and once."""
    (where,), sku, units = table.bins(1), table.sku(), table.few()
    table.lay(where, sku, units)
    for _n in range(units):
        promise = table.db.get_one(Reservation, table.promise(where, sku, 1))
        promise.shipment_line_id, promise.expires_at = None, clock.now() - timedelta(hours=1)
    table.db.flush()
    tries: list[Tries] = [[table.deed("give_back_expired", [], [])] for _n in range(table.clients)]
    return table.race("put aside and over", units, tries)


ROUNDS: tuple[Callable[[Table], Race], ...] = (
    reserve_the_last,
    move_the_last,
    everything_at_once,
    take_one_promise,
    several_bins,
    lines_in_opposite_orders,
    across,
    into_one_new_bin,
    count_against_reserve,
    refills,
    release_and_reserve,
    last_of_two_lots,
    beside_a_lot_on_hold,
    hold_while_it_is_sold,
    too_old_at_once,
    one_new_lot,
    one_serial_number,
    found_without_a_number,
    put_aside_and_over,
)
