"""The model's dock: deliveries, quality control, putting away, transfers, and the steps of a minute taken back."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from tests.inventory.model import BINS, ROADS, SKUS, Books, No, Step


@dataclass
class Delivery:
    site: str
    state: str = "expected"
    dock: str | None = None
    #: SKU -> [expected, received, damaged, in doubt].
    lines: dict[str, list[int]] = field(default_factory=dict)


@dataclass
class Transfer:
    source: str
    target: str
    state: str = "draft"
    #: SKU -> [wanted, sent, received, lost, extra].
    lines: dict[str, list[int]] = field(default_factory=dict)
    #: (sku, lot) -> units on the road.
    aboard: Counter = field(default_factory=Counter)
    #: (bin, sku, lot) -> units it came from.
    origin: Counter = field(default_factory=Counter)


@dataclass
class Done:
    """A step that can be taken back for a minute."""

    kind: str
    subject: tuple[str, int]
    steps: list[Step]
    at: datetime
    sku: str
    qty: int
    #: Units found beyond what was sent, or why units were set aside.
    more: int = 0
    why: str = ""


@dataclass
class DockBooks(Books):
    deliveries: dict[int, Delivery] = field(default_factory=dict)
    transfers: dict[int, Transfer] = field(default_factory=dict)
    done: list[Done] = field(default_factory=list)
    #: Replenishment -> its moves that stand.
    brought: dict[int, list[Step]] = field(default_factory=dict)

    def bin_of(self, site: str, kind: str) -> str:
        """The first open bin of a kind."""
        for name, facts in BINS.items():
            if facts == (site, kind) and name not in self.closed:
                return name
        raise No(f"inventory.no_{kind}")

    def take_back(self, kinds: tuple[str, ...], subject: tuple[str, int] | None = None) -> Done:
        young = [
            step
            for step in self.done
            if step.kind in kinds and subject in (None, step.subject) and step.at >= self.now - timedelta(seconds=60)
        ]
        if not young:
            raise No("inventory.nothing_to_undo")
        step = young[-1]
        self.move(*(Step(s.sku, s.qty, s.target, s.source, "correction", s.lot) for s in step.steps))
        self.done.remove(step)
        return step

    def refill(self, key: int, sku: str, qty: int, source: str, target: str) -> None:
        self.brought[key] = self.move(Step(sku, qty, source, target, "replenish"))

    def undo_refill(self, key: int) -> None:
        self.move(*(replace(s, source=s.target, target=s.source) for s in self.brought.pop(key)))

    # --- deliveries ----------------------------------------------------------------------------------------------

    def take_in(self, key: int, sku: str, qty: int, lot: str | None, expires: date | None) -> None:
        delivery = self.deliveries[key]
        if lot is not None:
            self.lot_for(sku, lot, expires)
        elif SKUS[sku][0] != "none":
            raise No("inventory.lot_needed")
        if SKUS[sku][0] == "serial" and qty != 1:
            raise No("inventory.one_by_one")
        dock = self._dock_of(delivery)
        if delivery.state not in ("expected", "receiving"):
            raise No("inventory.delivery_over")
        delivery.state = "receiving"
        booked = self.move(Step(sku, qty, f"supplier {delivery.site}", dock, "receive", lot))
        delivery.lines.setdefault(sku, [0, 0, 0, 0])[1] += qty
        self.done.append(Done("taken_in", ("delivery", key), booked, self.now, sku, qty))

    def _dock_of(self, delivery: Delivery) -> str:
        if delivery.dock is None or delivery.dock in self.closed:
            delivery.dock = self.bin_of(delivery.site, "dock")
        return delivery.dock

    def set_aside(self, key: int, sku: str, qty: int, why: str, lot: str | None) -> None:
        delivery = self.deliveries[key]
        if delivery.state != "receiving":
            raise No("inventory.delivery_over")
        line = delivery.lines.get(sku, [0, 0, 0, 0])
        if not 0 < qty <= line[1] - line[2] - line[3]:
            raise No("inventory.not_so_many")
        kind, reason = {"damaged": ("quarantine", "damage"), "in_doubt": ("qc", "relocate")}[why]
        target = self.bin_of(delivery.site, kind)
        booked = self.move(Step(sku, qty, self._dock_of(delivery), target, reason, lot))
        line[2 if why == "damaged" else 3] += qty
        self.done.append(Done("set_aside", ("delivery", key), booked, self.now, sku, qty, why=why))

    def undo_delivery(self, key: int) -> None:
        delivery = self.deliveries[key]
        if delivery.state != "receiving":
            raise No("inventory.delivery_over")
        step = self.take_back(("taken_in", "set_aside"), ("delivery", key))
        part = 1 if step.kind == "taken_in" else 2 if step.why == "damaged" else 3
        delivery.lines[step.sku][part] -= step.qty

    def end_delivery(self, key: int, state: str) -> None:
        delivery = self.deliveries[key]
        if delivery.state != {"closed": "receiving", "cancelled": "expected"}[state]:
            raise No("state.no_such_move")
        delivery.state = state

    def check_quality(self, where: str, sku: str, qty: int, outcome: str, lot: str | None) -> None:
        site, kind = BINS[where]
        if kind != "qc":
            raise No("inventory.not_qc")
        if outcome == "good":
            target, reason = self.bin_of(site, "dock"), "relocate"
        elif outcome == "bad":
            target, reason = self.bin_of(site, "quarantine"), "damage"
        else:
            target, reason = f"supplier {site}", "return"
        self.move(Step(sku, qty, where, target, reason, lot))

    def put_away(self, where: str, target: str, sku: str, qty: int, lot: str | None) -> None:
        if BINS[target][1] not in ("pick", "reserve") or target in self.closed:
            raise No("inventory.not_a_shelf")
        if lot is not None:
            dates = {self.lots[sku, other].expires for other in self.lying(target, sku)}
            if len(dates) == 1 and self.lots[sku, lot].expires not in dates:
                raise No("inventory.other_dates")
        try:
            booked = self.relocate(where, target, sku, qty, lot, "put_away")
        except No as no:
            known = str(no) in ("inventory.not_enough", "inventory.lot_on_hold")
            raise No("inventory.put_away_already" if known else str(no)) from None
        self.done.append(Done("put_away", ("bin", 0), booked, self.now, sku, qty))

    # --- transfers -----------------------------------------------------------------------------------------------

    def load(self, key: int, where: str, sku: str, qty: int, lot: str | None) -> None:
        transfer = self.transfers[key]
        if transfer.state != "draft":
            raise No("inventory.transfer_over")
        if BINS[where][0] != transfer.source:
            raise No("inventory.not_this_house")
        line = transfer.lines.get(sku)
        if line is None:
            raise No("inventory.not_in_transfer")
        if not 0 < qty <= line[0] - line[1]:
            raise No("inventory.not_so_many")
        booked = self.move(Step(sku, qty, where, ROADS[transfer.target], "transfer", lot))
        line[1] += qty
        for step in booked:
            transfer.aboard[sku, step.lot] += step.qty
            transfer.origin[where, sku, step.lot] += step.qty
        self.done.append(Done("loaded", ("transfer", key), booked, self.now, sku, qty))

    def load_rest(self, key: int) -> int:
        transfer, missing = self.transfers[key], 0
        for sku in sorted(transfer.lines, key=list(SKUS).index):
            rest = transfer.lines[sku][0] - transfer.lines[sku][1]
            for where in self._sources(transfer.source, sku):
                if units := min(rest, self.free(where, sku)):
                    self.load(key, where, sku, units, None)
                    rest -= units
            missing += rest
        return missing

    def _sources(self, site: str, sku: str) -> list[str]:
        """Bins with free units: what expires first, reserve storage before pick faces, small rests first."""
        kinds = [name for name, (of, kind) in BINS.items() if of == site and kind in ("pick", "reserve")]
        bins = [name for name in kinds if name not in self.closed and self.free(name, sku) > 0]

        def rank(where: str) -> tuple:
            days = [self.lots[sku, lot].expires for lot in self.lying(where, sku) if lot and not self.is_held(sku, lot)]
            first = min((day for day in days if day), default=date.max)
            return first, BINS[where][1] != "reserve", self.free(where, sku), list(BINS).index(where)

        return sorted(bins, key=rank)

    def send(self, key: int) -> None:
        transfer = self.transfers[key]
        if not any(line[1] for line in transfer.lines.values()):
            raise No("inventory.nothing_loaded")
        if transfer.state != "draft":
            raise No("state.no_such_move")
        transfer.state = "sent"

    def cancel_transfer(self, key: int) -> None:
        transfer = self.transfers[key]
        if any(line[1] for line in transfer.lines.values()):
            raise No("inventory.unload_first")
        if transfer.state != "draft":
            raise No("state.no_such_move")
        transfer.state = "cancelled"

    def unload(self, key: int) -> int:
        """What was loaded goes back to where it came from: after that there is no loading left to take back."""
        transfer = self.transfers[key]
        if transfer.state != "draft":
            raise No("inventory.transfer_over")
        back = [(place, sku, lot, n) for (place, sku, lot), n in transfer.origin.items() if n]
        road = ROADS[transfer.target]
        self.move(*(Step(sku, n, road, place, "correction", lot) for place, sku, lot, n in back))
        for line in transfer.lines.values():
            line[1] = 0
        transfer.aboard.clear()
        transfer.origin.clear()
        self.done = [step for step in self.done if step.subject != ("transfer", key)]
        return sum(n for *_rest, n in back)

    def unpack_transfer(self, key: int, sku: str, qty: int, lot: str | None) -> None:
        transfer = self.transfers[key]
        if transfer.state != "sent":
            raise No("inventory.transfer_over")
        dock, site = self.bin_of(transfer.target, "dock"), transfer.target
        steps, rest = [], qty
        for code in self._aboard(transfer, sku):
            take = min(rest, transfer.aboard[sku, code]) if lot is None or code == lot else 0
            if take:
                steps.append(Step(sku, take, ROADS[site], dock, "transfer", code))
                rest -= take
        if rest:
            if SKUS[sku][0] != "none" and lot is None:
                raise No("inventory.lot_needed")
            steps.append(Step(sku, rest, f"found {site}", dock, "found", lot))
        booked = self.move(*steps)
        line = transfer.lines.setdefault(sku, [0, 0, 0, 0, 0])
        line[2] += qty - rest
        line[4] += rest
        for step in booked:
            transfer.aboard[sku, step.lot] -= step.qty if step.source == ROADS[site] else 0
        self.done.append(Done("received", ("transfer", key), booked, self.now, sku, qty - rest, more=rest))
        self._close_if_empty(transfer)

    def _aboard(self, transfer: Transfer, sku: str) -> list[str]:
        """Lots of it on the road, what expires first in front."""
        return [lot for lot in self.lying(ROADS[transfer.target], sku) if transfer.aboard[sku, lot] > 0]

    def _close_if_empty(self, transfer: Transfer) -> None:
        if all(line[1] == line[2] + line[3] for line in transfer.lines.values()):
            transfer.state = "closed"

    def write_off(self, key: int, sku: str, qty: int, note: str) -> None:
        transfer = self.transfers[key]
        if transfer.state != "sent":
            raise No("inventory.transfer_over")
        if not note:
            raise No("inventory.say_why")
        line = transfer.lines.get(sku, [0, 0, 0, 0, 0])
        if not 0 < qty <= line[1] - line[2] - line[3]:
            raise No("inventory.not_so_many")
        rest, road = qty, ROADS[transfer.target]
        for lot in self._aboard(transfer, sku):
            if take := min(rest, transfer.aboard[sku, lot]):
                self.move(Step(sku, take, road, f"lost {transfer.target}", "lost", lot))
                transfer.aboard[sku, lot] -= take
                rest -= take
        line[3] += qty
        self._close_if_empty(transfer)

    def undo_transfer(self, key: int) -> None:
        transfer = self.transfers[key]
        step = self.take_back(("loaded",) if transfer.state == "draft" else ("received",), ("transfer", key))
        line = transfer.lines[step.sku]
        if step.kind == "loaded":
            line[1] -= step.qty
            for part in step.steps:
                transfer.aboard[step.sku, part.lot] -= part.qty
                transfer.origin[part.source, step.sku, part.lot] -= part.qty
            return
        line[2] -= step.qty
        line[4] -= step.more
        for part in step.steps:
            transfer.aboard[step.sku, part.lot] += part.qty if part.source == ROADS[transfer.target] else 0
        if transfer.state == "closed":
            transfer.state = "sent"
