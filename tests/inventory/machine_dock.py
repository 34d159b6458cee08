"""The dock in the machine: deliveries, quality control, putting away, transfers, and steps taken back."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlmodel import Session

from floor.catalog.models import Sku
from floor.inventory import lots, putaway, receiving, transfers
from floor.inventory.lots import Lot
from floor.inventory.models import Delivery, Transfer
from floor.inventory.receiving import Aside, NewDelivery, Outcome
from floor.inventory.transfers import NewTransfer
from tests.inventory import model_dock
from tests.inventory.model import BINS, LIFE, SITES, SKUS
from tests.inventory.small_house import expiry
from tests.inventory.stepping import BIN, NAMED, PICK, SKU, UNITS, Stepping, choose, some

WANTS = st.dictionaries(SKU, st.integers(1, 5), min_size=1, max_size=3)


class Dock(Stepping):
    def warehouse(self, db: Session, site: str) -> int:
        return self.house.bin(db, "Far" if site == "CAN" else "P1").warehouse_id

    @property
    def clerk(self):
        return self.house.people["Ana"]

    # --- deliveries ----------------------------------------------------------------------------------------------

    @rule(site=st.sampled_from(["SHA", "SHA", "CAN"]), wants=WANTS, is_known=st.booleans())
    def announce(self, site: str, wants: dict[str, int], is_known: bool) -> None:
        wanted = {sku: wants[sku] for sku in SKUS if sku in wants and is_known}

        def verb(db: Session) -> int:
            new = NewDelivery(self.warehouse(db, site), "maker", lines={self.ids(sku): n for sku, n in wanted.items()})
            return receiving.announce(db, new, self.clerk).id or 0

        def learn(made: int) -> None:
            lines = {sku: [n, 0, 0, 0] for sku, n in wanted.items()}
            self.books.deliveries[made] = model_dock.Delivery(site, lines=lines)

        self.step("announce", verb, None, learn)

    def delivery(self, pick: int) -> int:
        alive = [key for key, one in self.books.deliveries.items() if one.state in ("expected", "receiving")]
        return choose(pick, alive, self.books.deliveries)

    @precondition(lambda self: self.books.deliveries)
    @rule(pick=PICK, sku=SKU, units=st.integers(1, 5), code=st.sampled_from(list(LIFE)), mode=st.integers(0, 9))
    def take_in(self, pick: int, sku: str, units: int, code: str, mode: int) -> None:
        """`mode` 0 comes without a number, 1 with another date than the lot's, 9 with several of a serial number."""
        key = self.delivery(pick)
        lot = None if SKUS[sku][0] == "none" or mode == 0 else code
        qty = 1 if SKUS[sku][0] == "serial" and mode < 9 else units
        day = expiry(lot, 60 if mode == 1 else None)

        def verb(db: Session) -> None:
            goods = db.get_one(Sku, self.ids(sku))
            made = lots.lot_for(db, goods, lot, day) if lot else None
            receiving.take_in(db, self.locked(db, Delivery, key), goods, qty, self.clerk, made)

        self.step("take in", verb, lambda b: b.take_in(key, sku, qty, lot, day))

    def locked(self, db: Session, model, key: int):
        return db.get_one(model, key, with_for_update=True, populate_existing=True)

    @precondition(lambda self: any(one.lines for one in self.books.deliveries.values()))
    @rule(pick=PICK, units=UNITS, why=st.sampled_from(["damaged", "in_doubt"]), named=NAMED)
    def set_aside(self, pick: int, units: int, why: str, named: int) -> None:
        key = self.delivery(pick)
        delivery = self.books.deliveries[key]
        sku = choose(pick % 20, list(delivery.lines), list(SKUS))
        line = delivery.lines.get(sku, [0, 0, 0, 0])
        lot = self.lot_at(delivery.dock or "Dock", sku, named)
        qty = some(units, line[1] - line[2] - line[3])

        def verb(db: Session) -> None:
            one = self.locked(db, Delivery, key)
            receiving.set_aside(db, one, self.ids(sku), qty, Aside(why), self.clerk, self.lot_id(db, sku, lot))

        self.step("set aside", verb, lambda b: b.set_aside(key, sku, qty, why, lot))

    @precondition(lambda self: self.books.deliveries)
    @rule(pick=PICK)
    def undo_delivery(self, pick: int) -> None:
        key = self.delivery(pick)

        def verb(db: Session) -> None:
            receiving.undo(db, self.locked(db, Delivery, key), self.clerk)

        self.step("undo delivery", verb, lambda b: b.undo_delivery(key))

    @precondition(lambda self: len(self.books.deliveries) > 1)
    @rule(pick=PICK, state=st.sampled_from(["closed", "cancelled"]))
    def end_delivery(self, pick: int, state: str) -> None:
        key = self.delivery(pick)
        end = receiving.close if state == "closed" else receiving.cancel
        self.step(
            f"{state} delivery", lambda db: end(db, self.locked(db, Delivery, key), self.clerk),
            lambda b: b.end_delivery(key, state),
        )  # fmt: skip

    @rule(pick=PICK, units=UNITS, outcome=st.sampled_from(["good", "bad", "back"]), named=NAMED)
    def check_quality(self, pick: int, units: int, outcome: str, named: int) -> None:
        where, sku = choose(pick, self.books.lies_in(["Look"]), [self.spot(pick)])
        lot = self.lot_at(where, sku, named)
        qty = some(units, self.books.free(where, sku))

        def verb(db: Session) -> None:
            here = self.house.bin(db, where)
            lot_id = self.lot_id(db, sku, lot)
            receiving.release_from_qc(db, here, self.ids(sku), qty, Outcome(outcome), self.clerk, lot_id)

        self.step("check quality", verb, lambda b: b.check_quality(where, sku, qty, outcome, lot))

    @precondition(lambda self: self.books.lies_in(["Dock", "Quay"]))
    @rule(pick=PICK, to=BIN, units=UNITS, named=st.integers(4, 8))
    def put_away(self, pick: int, to: str, units: int, named: int) -> None:
        docks = self.books.lies_in(["Dock", "Quay"])
        where, sku = docks[pick % len(docks)]
        if BINS[to][0] != BINS[where][0]:
            to = "Far" if where == "Quay" else "P1"
        lot = self.lot_at(where, sku, named)
        qty = some(units, self.books.free(where, sku))

        def verb(db: Session) -> None:
            key = f"{self.house.places[where]}.{self.ids(sku)}.{self.lot_id(db, sku, lot) or 0}"
            putaway.put(db, key, self.house.scans[to], qty, self.clerk)

        self.step("put away", verb, lambda b: b.put_away(where, to, sku, qty, lot))

    @precondition(lambda self: any(step.kind == "put_away" for step in self.books.done))
    @rule()
    def undo_put_away(self) -> None:
        self.step("undo put away", lambda db: putaway.undo(db, self.clerk), self.take_back)

    def take_back(self, books: model_dock.DockBooks) -> None:
        books.take_back(("put_away",))

    # --- transfers -----------------------------------------------------------------------------------------------

    @rule(source=st.sampled_from(["SHA", "SHA", "CAN"]), wants=WANTS)
    def plan_transfer(self, source: str, wants: dict[str, int]) -> None:
        target = next(site for site in SITES if site != source)
        wanted = {sku: wants[sku] for sku in SKUS if sku in wants}

        def verb(db: Session) -> int:
            lines = {self.ids(sku): n for sku, n in wanted.items()}
            new = NewTransfer(self.warehouse(db, source), self.warehouse(db, target), lines)
            return transfers.plan(db, new, self.clerk).id or 0

        def learn(made: int) -> None:
            lines = {sku: [n, 0, 0, 0, 0] for sku, n in wanted.items()}
            self.books.transfers[made] = model_dock.Transfer(source, target, lines=lines)

        self.step("plan transfer", verb, None, learn)

    def transfers_in(self, *states: str) -> list[int]:
        return [key for key, one in self.books.transfers.items() if one.state in states]

    def transfer(self, pick: int, *states: str) -> int:
        return choose(pick, self.transfers_in(*states), self.books.transfers)

    @precondition(lambda self: self.transfers_in("draft"))
    @rule(pick=PICK, units=UNITS, named=NAMED)
    def load(self, pick: int, units: int, named: int) -> None:
        key = self.transfer(pick, "draft")
        transfer = self.books.transfers[key]
        spots = [(place, sku) for place, sku in self.books.lies_in(BINS) if BINS[place][0] == transfer.source]
        where, sku = choose(pick, [spot for spot in spots if spot[1] in transfer.lines], [self.spot(pick)])
        lot = self.lot_at(where, sku, named)
        line = transfer.lines.get(sku, [1, 0])
        qty = some(units, min(line[0] - line[1], self.books.free(where, sku)))

        def verb(db: Session) -> None:
            one = self.locked(db, Transfer, key)
            here = self.house.bin(db, where)
            transfers.load(db, one, here, self.ids(sku), qty, self.clerk, self.lot_id(db, sku, lot))

        self.step("load", verb, lambda b: b.load(key, where, sku, qty, lot))

    @precondition(lambda self: self.transfers_in("draft"))
    @rule(pick=PICK, then_send=st.booleans())
    def load_rest(self, pick: int, then_send: bool) -> None:
        key = self.transfer(pick, "draft")
        self.step(
            "load rest", lambda db: transfers.load_rest(db, self.locked(db, Transfer, key), self.clerk),
            lambda b: b.load_rest(key),
        )  # fmt: skip
        if then_send:
            self.send_exactly(key)

    @precondition(lambda self: self.books.transfers)
    @rule(pick=PICK)
    def send(self, pick: int) -> None:
        self.send_exactly(self.transfer(pick, "draft"))

    def send_exactly(self, key: int) -> None:
        self.step(
            "send", lambda db: transfers.send(db, self.locked(db, Transfer, key), self.clerk), lambda b: b.send(key)
        )  # fmt: skip

    @precondition(lambda self: self.books.transfers)
    @rule(pick=PICK, anyway=st.booleans())
    def unload(self, pick: int, anyway: bool) -> None:
        key = self.transfer(pick, "draft")
        if anyway:
            self.step(
                "cancel transfer", lambda db: transfers.cancel(db, self.locked(db, Transfer, key), self.clerk),
                lambda b: b.cancel_transfer(key),
            )  # fmt: skip
            return
        self.step(
            "unload", lambda db: transfers.unload(db, self.locked(db, Transfer, key), self.clerk),
            lambda b: b.unload(key),
        )  # fmt: skip

    @precondition(lambda self: self.transfers_in("sent"))
    @rule(pick=PICK, sku=SKU, units=UNITS, code=st.sampled_from([None, None, None, "A", "B", "S1", "S2"]))
    def unpack_transfer(self, pick: int, sku: str, units: int, code: str | None) -> None:
        key = self.transfer(pick, "sent")
        transfer = self.books.transfers[key]
        there = sorted({sku for (sku, _lot), n in transfer.aboard.items() if n > 0})
        sku = choose(pick, there, [sku])
        lot = code if SKUS[sku][0] != "none" and (sku, code) in self.books.lots else None
        qty = some(units, sum(n for (of, _lot), n in transfer.aboard.items() if of == sku))

        def verb(db: Session) -> None:
            one, goods = self.locked(db, Transfer, key), db.get_one(Sku, self.ids(sku))
            named: Lot | None = self.house.lot(db, sku, lot)
            transfers.receive(db, one, goods, qty, self.clerk, named)

        self.step("receive transfer", verb, lambda b: b.unpack_transfer(key, sku, qty, lot))

    @precondition(lambda self: self.transfers_in("sent"))
    @rule(pick=PICK, units=UNITS, note=st.sampled_from(["fell off", "fell off", ""]))
    def write_off(self, pick: int, units: int, note: str) -> None:
        key = self.transfer(pick, "sent")
        transfer = self.books.transfers[key]
        sku = choose(pick % 20, list(transfer.lines), [])
        line = transfer.lines[sku]
        qty = some(units, line[1] - line[2] - line[3])

        def verb(db: Session) -> None:
            transfers.write_off(db, self.locked(db, Transfer, key), self.ids(sku), qty, note, self.clerk)

        self.step("write off", verb, lambda b: b.write_off(key, sku, qty, note))

    @precondition(lambda self: self.books.transfers)
    @rule(pick=PICK)
    def undo_transfer(self, pick: int) -> None:
        key = self.transfer(pick, "draft", "sent", "closed")

        def verb(db: Session) -> None:
            transfers.undo(db, self.locked(db, Transfer, key), self.clerk)

        self.step("undo transfer", verb, lambda b: b.undo_transfer(key))
