"""Stock in plain Python: what every verb must do to a small house, said without a database.

Places, SKUs and lots go by short names; `No` says with which code the house has to refuse. Nothing here is imported
from the verbs, so an error would have to be made twice to stay unseen.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

#: The house: bins by name with (warehouse, kind); totes and parcels are in SHA.
BINS: Mapping[str, tuple[str, str]] = {
    "P1": ("SHA", "pick"),
    "P2": ("SHA", "pick"),
    "R": ("SHA", "reserve"),
    "Back": ("SHA", "returns"),
    "Sick": ("SHA", "quarantine"),
    "Dock": ("SHA", "dock"),
    "Look": ("SHA", "qc"),
    "Far": ("CAN", "pick"),
    "Quay": ("CAN", "dock"),
}
TOTES = ("T1", "T2")
PARCELS = ("B1", "B2")
SITES = ("SHA", "CAN")
#: Between the houses; what is on its way to CAN lies in "transit CAN".
ROADS = {"SHA": "transit SHA", "CAN": "transit CAN"}
INSIDE = {*BINS, *TOTES, *PARCELS, *ROADS.values()}
#: SKU -> how it is tracked, and the days of life it needs to be sold.
SKUS: Mapping[str, tuple[str, int]] = {
    "plain": ("none", 0),
    "hot": ("none", 0),
    "tea": ("lot", 30),
    "phone": ("serial", 0),
}
#: The house's clock when a sequence begins, and the days its lots have to live then (None: they do not spoil).
NOON = datetime.fromisoformat("2026-06-01T12:00:00+00:00")
LIFE: Mapping[str, int | None] = {"A": 45, "B": 90, "C": None, "OLD": 20, "S1": None, "S2": None, "S3": None}
UNNAMED = "?"


class No(Exception):
    """The house has to refuse with this code."""


@dataclass(frozen=True)
class Step:
    """A move that is wanted; `lot` None leaves the choice to the house."""

    sku: str
    qty: int
    source: str
    target: str
    reason: str
    lot: str | None = None
    promised: bool = False


@dataclass
class Lot:
    expires: date | None
    why: str = ""


@dataclass
class Promise:
    bin: str
    sku: str
    qty: int
    line: int | None = None
    until: datetime | None = None
    posted: int = 0
    released: int = 0

    @property
    def pending(self) -> int:
        return self.qty - self.posted - self.released


@dataclass
class Books:
    """Everything stock knows. A verb that raises No may leave the books half changed: call it on a copy."""

    now: datetime = NOON
    units: Counter = field(default_factory=Counter)  # (place, sku, lot or "") -> units
    lots: dict[tuple[str, str], Lot] = field(default_factory=dict)  # in the order they became known
    promises: dict[int, Promise] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    #: Ledger rows of the present step.
    rows: Counter = field(default_factory=Counter)  # (sku, lot, from, to, reason) -> units

    # --- reads ---------------------------------------------------------------------------------------------------

    def lying(self, place: str, sku: str) -> dict[str, int]:
        """Units by lot, what expires first in front."""
        here = {lot: n for (p, s, lot), n in self.units.items() if (p, s) == (place, sku) and n}
        known = list(self.lots)

        def soonest(lot: str) -> tuple:
            expires = self.lots[sku, lot].expires if lot else None
            return expires is None, expires or date.max, known.index((sku, lot)) if lot else 0

        return {lot: here[lot] for lot in sorted(here, key=soonest)}

    def lies_in(self, places: Iterable[str]) -> list[tuple[str, str]]:
        """(place, SKU) of everything that lies in some of these places."""
        return sorted({(place, sku) for (place, sku, _lot), n in self.units.items() if n and place in places})

    def is_held(self, sku: str, lot: str) -> bool:
        return bool(lot) and bool(self.lots[sku, lot].why)

    def qty(self, place: str, sku: str) -> int:
        return sum(self.lying(place, sku).values())

    def promised(self, place: str, sku: str) -> int:
        return sum(p.pending for p in self.promises.values() if (p.bin, p.sku) == (place, sku))

    def held(self, place: str, sku: str) -> int:
        """Units on hold that nobody was promised."""
        if place not in BINS:
            return 0
        blocked = sum(n for lot, n in self.lying(place, sku).items() if self.is_held(sku, lot))
        return min(blocked, self.qty(place, sku) - self.promised(place, sku))

    def free(self, place: str, sku: str) -> int:
        return self.qty(place, sku) - self.promised(place, sku) - self.held(place, sku)

    @property
    def today(self) -> date:
        return self.now.date()

    def is_old(self, sku: str, lot: str) -> bool:
        expires = self.lots[sku, lot].expires
        return expires is not None and expires < self.today + timedelta(days=SKUS[sku][1])

    # --- moves ---------------------------------------------------------------------------------------------------

    def move(self, *steps: Step) -> list[Step]:
        """All or none. Returns them with every lot named."""
        named = self._named(steps)
        out: dict[tuple[str, str], list[Step]] = defaultdict(list)
        for step in named:
            if step.source in INSIDE:
                out[step.source, step.sku].append(step)
        for (place, sku), parts in out.items():
            self._must_have(place, sku, parts)
        self._must_be_new(named)
        for step in named:
            self._book(step)
        return named

    def _named(self, steps: Iterable[Step]) -> list[Step]:
        named = []
        for step in steps:
            if SKUS[step.sku][0] == "none":
                named.append(replace(step, lot=""))
            elif step.lot is not None:
                named.append(step)
            elif step.source not in INSIDE:
                self.lots.setdefault((step.sku, UNNAMED), Lot(None, "unnamed"))
                named.append(replace(step, lot=UNNAMED))
            else:
                named += self._first_expired(step)
        return named

    def _first_expired(self, step: Step) -> list[Step]:
        lying = self.lying(step.source, step.sku)
        in_bin = step.source in BINS
        parts, rest = [], step.qty
        for lot, units in lying.items():
            take = 0 if in_bin and self.is_held(step.sku, lot) else min(units, rest)
            if take:
                parts.append(replace(step, lot=lot, qty=take))
                rest -= take
        if rest:
            on_hold = in_bin and sum(lying.values()) >= step.qty
            raise No("inventory.lot_on_hold" if on_hold else "inventory.not_enough")
        return parts

    def _must_have(self, place: str, sku: str, parts: list[Step]) -> None:
        by_lot: Counter = Counter()
        for part in parts:
            by_lot[part.lot] += part.qty
        if any(units > self.units[place, sku, lot] for lot, units in by_lot.items()):
            raise No("inventory.not_enough")
        if place in BINS:
            free = sum(part.qty for part in parts if not part.promised and not self.is_held(sku, part.lot or ""))
            held = sum(part.qty for part in parts if self.is_held(sku, part.lot or ""))
            if free > self.free(place, sku) or held > self.held(place, sku):
                raise No("inventory.not_enough")

    def _must_be_new(self, steps: list[Step]) -> None:
        """A serial number that comes in is in the house nowhere else, and is one unit."""
        for step in steps:
            if SKUS[step.sku][0] == "serial" and step.source not in INSIDE and step.lot != UNNAMED:
                inside = sum(
                    n for (p, s, lot), n in self.units.items() if p in INSIDE and (s, lot) == (step.sku, step.lot)
                )
                if inside or step.qty != 1:
                    raise No("inventory.serial_known")

    def _book(self, step: Step) -> None:
        for place, sign in ((step.source, -1), (step.target, 1)):
            if place in INSIDE:
                self.units[place, step.sku, step.lot] += sign * step.qty
        self.rows[step.sku, step.lot, step.source, step.target, step.reason] += step.qty

    # --- verbs ---------------------------------------------------------------------------------------------------

    def lot_for(self, sku: str, code: str, expires: date | None) -> None:
        known = self.lots.get((sku, code))
        if known is None:
            self.lots[sku, code] = lot = Lot(expires)
            lot.why = "unnamed" if code == UNNAMED else "expired" if self.is_old(sku, code) else ""
        elif expires is not None and known.expires != expires:
            raise No("inventory.other_expiry")

    def receive(self, where: str, sku: str, qty: int, lot: str | None, expires: date | None = None) -> None:
        if lot is not None:
            self.lot_for(sku, lot, expires)
        if where in self.closed:
            raise No("inventory.bin_closed")
        self.move(Step(sku, qty, f"supplier {BINS[where][0]}", where, "receive", lot))

    def relocate(
        self, where: str, target: str, sku: str, qty: int, lot: str | None, reason: str = "relocate"
    ) -> list[Step]:
        if target in self.closed:
            raise No("inventory.bin_closed")
        if BINS[target][0] != BINS[where][0]:
            raise No("inventory.other_house")
        if target == where:
            raise No("inventory.same_bin")
        return self.move(Step(sku, qty, where, target, reason, lot))

    def damage(self, where: str, sku: str, qty: int, lot: str | None) -> None:
        if "Sick" in self.closed or BINS[where][0] != "SHA":
            raise No("inventory.no_quarantine")
        self.relocate(where, "Sick", sku, qty, lot, "damage")

    def adjust(self, where: str, sku: str, change: int, reason: str, lot: str | None) -> None:
        other = {"found": "found", "lost": "lost", "scrap": "scrap", "correction": "lost"}.get(reason)
        if not change or other is None or (change > 0) is not (reason == "found"):
            raise No("inventory.wrong_reason")
        beyond = f"{other} {BINS[where][0]}"
        ends = (beyond, where) if change > 0 else (where, beyond)
        self.move(Step(sku, abs(change), *ends, reason, lot))

    def reserve(self, wishes: Iterable[Promise]) -> None:
        """Keyed by line until the house has given them ids."""
        for wish in wishes:
            if wish.qty > self.free(wish.bin, wish.sku):
                raise No("inventory.not_enough")
            self.promises[-(wish.line or 0)] = wish

    def put_aside(self, wish: Promise) -> None:
        assert wish.until is not None
        if wish.until <= self.now:
            raise No("inventory.past")
        self.reserve([wish])

    def release(self, key: int, qty: int | None) -> int:
        promise = self.promises[key]
        given = promise.pending if qty is None else qty
        if given > promise.pending:
            raise No("inventory.not_enough")
        promise.released += given
        return given

    def give_back_expired(self) -> int:
        over = [k for k, p in self.promises.items() if p.until and p.until <= self.now and p.pending]
        return sum(bool(self.release(key, None)) for key in over)

    def promise_again(self, key: int, qty: int) -> None:
        promise = self.promises[key]
        if qty > promise.released or qty > self.free(promise.bin, promise.sku):
            raise No("inventory.not_enough")
        promise.released -= qty

    def take(self, key: int, qty: int, tote: str) -> None:
        promise = self.promises[key]
        if qty > promise.pending:
            raise No("inventory.not_enough")
        self.move(Step(promise.sku, qty, promise.bin, tote, "pick", promised=True))
        promise.posted += qty

    def put_back(self, key: int, qty: int, tote: str) -> None:
        promise = self.promises[key]
        if qty > promise.posted:
            raise No("inventory.not_enough")
        self.move(Step(promise.sku, qty, tote, promise.bin, "put_back"))
        promise.posted -= qty

    def hold(self, sku: str, lot: str, why: str) -> int:
        """Units of it in bins that somebody was promised."""
        if self.lots[sku, lot].why:
            raise No("inventory.lot_held_already")
        self.lots[sku, lot].why = why
        return sum(max(self.units[place, sku, lot] - self.held(place, sku), 0) for place in BINS)

    def unhold(self, sku: str, lot: str) -> None:
        if lot == UNNAMED:
            raise No("inventory.lot_unnamed")
        if self.is_old(sku, lot):
            raise No("inventory.lot_expired")
        if not self.lots[sku, lot].why:
            raise No("inventory.lot_not_held")
        self.lots[sku, lot].why = ""

    def expire(self) -> set[tuple[str, str]]:
        old = {key for key, lot in self.lots.items() if not lot.why and self.is_old(*key)}
        for key in old:
            self.lots[key].why = "expired"
        return old

    def relabel(self, where: str, sku: str, qty: int, code: str, expires: date | None) -> None:
        """Unnamed units get a number: promised or not, they stay where they are."""
        if not 0 < qty <= self.units[where, sku, UNNAMED]:
            raise No("inventory.not_so_many")
        if code == UNNAMED:
            raise No("inventory.lot_needed")
        self.lot_for(sku, code, expires)
        site = BINS[where][0]
        named = Step(sku, qty, f"found {site}", where, "correction", code)
        self._must_be_new([named])
        self._book(Step(sku, qty, where, f"lost {site}", "correction", UNNAMED))
        self._book(named)

    # --- what the tasks of stock do to it ------------------------------------------------------------------------

    def book_count(self, where: str, sku: str, gap: int, off: Iterable[str]) -> None:
        """Found units come in; missing ones leave the lots for sale first, then those on hold; promised ones stay.

        Of serial numbers `off` says which: "+S1" was found, "-S2" is missing.
        """
        site = BINS[where][0]
        found, lost = f"found {site}", f"lost {site}"
        try:
            if off := list(off):
                for code in off:
                    self.lot_for(sku, code[1:], None)
                ends = {"+": (found, where), "-": (where, lost)}
                self.move(*(Step(sku, 1, *ends[code[0]], "count", code[1:]) for code in off))
            elif gap > 0:
                self.move(Step(sku, gap, found, where, "count"))
            else:
                self._write_off(where, sku, -gap, lost)
        except No as no:
            raise No(str(no) if str(no) == "inventory.serial_known" else "inventory.missing_promised") from None

    def _write_off(self, where: str, sku: str, missing: int, lost: str) -> None:
        free = self.free(where, sku)
        if missing > free + self.held(where, sku):
            raise No("inventory.not_enough")
        steps = [Step(sku, min(missing, free), where, lost, "count")] if free else []
        rest = missing - min(missing, free)
        for lot, units in self.lying(where, sku).items():
            if rest and self.is_held(sku, lot):
                steps.append(Step(sku, min(rest, units), where, lost, "count", lot))
                rest -= steps[-1].qty
        self.move(*steps)
