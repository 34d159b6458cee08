"""Any mix of the verbs of return, exchange and repair: no sum passes what was paid, no count what was sent.

Each verb runs under a savepoint of its own, as a door would run it; a whole sequence is one transaction that is rolled
back. What is proven after every step is asked of the tables in words of its own, not by the verbs' arithmetic.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlmodel import Session, col, select

from floor.inventory import books
from floor.inventory.models import Bin, BinKind
from floor.kit import uow
from floor.kit.actor import Actor
from floor.kit.errors import Refused
from floor.orders.models import Order, OrderLine
from floor.people import queries as people
from floor.returns import checks, early, exchanging, queries, repairing, service
from floor.returns.models import (
    CHOICES,
    CaseKind,
    Disposition,
    Grade,
    RefundKind,
    Repair,
    ReturnCase,
    ReturnItem,
    ReturnReason,
)
from floor.returns.rules import CHECKS
from floor.returns.service import Decision
from floor.returns.states import CaseState, RepairState
from floor.shipments import queries as shipments
from floor.shipments.states import ShipmentState
from tests.factories import a_planned_shipment, a_sku, stock
from tests.returns.worlds import world_again
from tests.tracking.worlds import World, a_world, hand_over, pack_up, parcels_of_order

#: Chooses one of however many there are.
PICK = st.integers(0, 30)
UNITS = st.integers(0, 4)
#: Below it the verb is tried where it can be done, above it anywhere: refusals are part of the game.
MOSTLY = 25
#: Items somebody may still work on.
ON_THE_DESK = (col(ReturnCase.state) == CaseState.ARRIVED, col(ReturnItem.inspected_at).is_(None))
UNDER_WAY = set(RepairState) - {RepairState.SENT_BACK, RepairState.GIVEN_UP}
#: What a clerk pays back alone, fen.
LIMIT = 20_000


@dataclass(frozen=True)
class Bought:
    """Ids of the orders a sequence begins with, and what was paid for them in money, fen."""

    orders: tuple[int, ...]
    paid_fen: int


def build() -> Bought:
    """Three orders went out: odd discounts and freight, one of a single unit, one of which less was paid than its lines
    add up to."""
    with uow.unit_of_work() as db:
        world = a_world(db)
        for code, price in (("TEE-NAVY-M", 12900), ("TEE-NAVY-XL", 13901), ("TEE-NAVY-S", 9907)):
            other = a_sku(db, code, price=price)
            other.name = world.tee.name
            stock(db, world.face, other, 60)
        odd = world.shipped([(world.tee, 3), (world.sock, 2)], freight_fen=801)
        for line, off in zip(_lines(db, odd), (1001, 7), strict=True):
            line.discount_fen = off
        odd.discount_fen = 1008
        odd.total_fen = odd.paid_fen = odd.goods_fen + 801 - 1008
        one = world.shipped([(world.tee, 1)])
        less = world.shipped([(world.sock, 4)], freight_fen=500)
        less.discount_fen, less.total_fen, less.paid_fen = 1111, 4 * 1990 + 500 - 1111, 4 * 1990 + 500 - 1111
        db.flush()
        some = (odd, one, less)
        return Bought(tuple(order.id or 0 for order in some), sum(order.paid_fen for order in some))


def _lines(db: Session, order: Order) -> list[OrderLine]:
    return list(db.exec(select(OrderLine).where(OrderLine.order_id == order.id).order_by(col(OrderLine.id))))


class ReturnsMachine(RuleBasedStateMachine):
    """One sequence. `house` is set by whoever runs it; `tally` counts (verb, "done" or the refusal's code)."""

    house: ClassVar[Bought]
    tally: ClassVar[Counter] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.turn = uow.database().write_turn()
        self.turn.__enter__()
        self.line = uow.database().engine.connect().execution_options(floor_write=True)
        #: Money customers paid on top, for dearer goods.
        self.extra_fen = 0

    def teardown(self) -> None:
        try:
            with self.session() as db:
                for check in (checks.broken_sums, checks.broken_lines, checks.broken_repairs, books.broken_balances,
                              books.broken_reservations, books.stale):  # fmt: skip
                    assert check(db) == []
                self.whole_lines_add_up(db)
            self.tally["sequence", "done"] += 1
        finally:
            self.line.close()
            self.turn.__exit__(None, None, None)

    def session(self) -> Session:
        return Session(self.line, expire_on_commit=False, join_transaction_mode="create_savepoint")

    def step(self, name: str, verb: Callable[[Session, Actor], Any], on: int = 1) -> Any:
        """Do it, or have it refused without a trace. `on` 0: there is nothing to do it on."""
        if not on:
            return None
        try:
            with self.session() as db:
                chen = people.by_badge(db, "B-3001")
                answer = verb(db, Actor("user", chen.id, chen.name))
                db.commit()
        except Refused as no:
            answer, said = None, no.code
        else:
            said = "done"
        # Shares are cut so that this guard is never met; meeting it is an error of theirs.
        assert said != "returns.more_than_paid", name
        self.tally[name, said] += 1
        return answer

    # --- choosing ------------------------------------------------------------------------------------------------

    def chosen(self, pick: int, query: Any) -> int:
        """The id of one of these rows; 0 where there is none."""
        found = self.line.execute(query).scalars().all()
        return found[pick % len(found)] if found else 0

    def case(self, pick: int, *where: Any) -> int:
        """A case, mostly one of these."""
        wanted = where if pick < MOSTLY else ()
        return self.chosen(pick, sa.select(col(ReturnCase.id)).where(*wanted).order_by(col(ReturnCase.id)))

    def repair_in(self, pick: int, *states: RepairState) -> int:
        """A case of repair, mostly in one of these states."""
        here = sa.select(col(Repair.case_id)).where(col(Repair.state).in_(states))
        return self.case(pick, col(ReturnCase.kind) == CaseKind.REPAIR, col(ReturnCase.id).in_(here))

    def item(self, pick: int, *where: Any) -> tuple[int, int]:
        """(case, position) of an item, mostly one of these."""
        found = self.line.execute(
            sa.select(col(ReturnItem.case_id), col(ReturnItem.position))
            .join(ReturnCase, col(ReturnCase.id) == col(ReturnItem.case_id))
            .where(*(where if pick < MOSTLY else ()))
            .order_by(col(ReturnItem.id))
        ).all()
        return tuple(found[pick % len(found)]) if found else (0, 1)

    def decided(self, pick: int, open_: Any, *as_: Disposition) -> int:
        """The id of an item that was decided, mostly as one of these, in a closed case, with this still to do."""
        some = sa.select(col(ReturnItem.id)).join(ReturnCase, col(ReturnCase.id) == col(ReturnItem.case_id))
        wanted = (col(ReturnCase.state) == CaseState.CLOSED, col(ReturnItem.disposition).in_(as_), open_)
        others = (col(ReturnItem.disposition).is_not(None),)
        return self.chosen(pick, some.where(*(wanted if pick < MOSTLY else others)).order_by(col(ReturnItem.id)))

    @initialize(
        kinds=st.lists(st.sampled_from(CaseKind), min_size=3, max_size=3),
        reasons=st.lists(st.sampled_from(ReturnReason), min_size=3, max_size=3), want=PICK, here=st.integers(0, 3),
    )  # fmt: skip
    def some_cases(self, kinds: list[CaseKind], reasons: list[ReturnReason], want: int, here: int) -> None:
        """A case of each order, some of them on the desk already: a sequence has better to do than to wait for one."""
        for n, (kind, reason) in enumerate(zip(kinds, reasons, strict=True)):
            self.ask(n, [2 if n != 1 else 1, 1], kind, reason, want)
            if n < here:
                self.arrive(n)

    # --- asking and arriving -------------------------------------------------------------------------------------

    @rule(
        pick=PICK, units=st.lists(UNITS, min_size=2, max_size=2), kind=st.sampled_from(CaseKind),
        reason=st.sampled_from(ReturnReason), want=PICK,
    )  # fmt: skip
    def ask(self, pick: int, units: list[int], kind: CaseKind, reason: ReturnReason, want: int) -> None:
        order_id = self.chosen(pick, sa.select(col(Order.id)).order_by(col(Order.id)))

        def verb(db: Session, me: Actor) -> None:
            lines = _lines(db, db.get_one(Order, order_id))
            wants = {line.id or 0: qty for line, qty in zip(lines, units, strict=False)}
            open_lines = queries.returnable(db, order_id)
            others = {one.line.id or 0: queries.variants(db, one.sku) for one in open_lines}
            instead = {line_id: some[want % len(some)].id or 0 for line_id, some in others.items()}
            service.request(db, order_id, wants, reason, "", "", me, kind=kind, instead=instead)

        self.step(f"ask {kind}", verb)

    @rule(pick=PICK)
    def arrive(self, pick: int) -> None:
        case_id = self.case(pick, col(ReturnCase.state) == CaseState.REQUESTED)
        self.step("arrive", lambda db, me: service.arrive(db, case_id, None, me), case_id)

    @rule(pick=PICK)
    def refused(self, pick: int) -> None:
        order_id = self.chosen(pick, sa.select(col(Order.id)).order_by(col(Order.id)))

        def verb(db: Session, me: Actor) -> None:
            parcels = parcels_of_order(db, db.get_one(Order, order_id))
            service.take_home(db, parcels[0].id if parcels else 0, None, me)

        self.step("refused", verb)

    @rule(pick=PICK)
    def cancel(self, pick: int) -> None:
        case_id = self.case(pick, col(ReturnCase.state) == CaseState.REQUESTED)
        self.step("cancel", lambda db, me: service.cancel(db, case_id, me), case_id)

    # --- money before the goods ----------------------------------------------------------------------------------

    @rule(pick=PICK, agreed=st.booleans())
    def pay_early(self, pick: int, agreed: bool) -> None:
        asked = col(ReturnCase.state) == CaseState.REQUESTED
        self.pay_case(self.case(pick, asked, col(ReturnCase.kind) == CaseKind.REFUND), agreed)

    def pay_case(self, case_id: int, agreed: bool) -> None:
        def verb(db: Session, me: Actor) -> None:
            early.pay(db, case_id, people.by_badge(db, "B-4001") if agreed else None, LIMIT, me)

        self.step("pay early", verb, case_id)

    @rule(pick=PICK)
    def never_came(self, pick: int) -> None:
        settled = sa.select(col(ReturnItem.case_id)).where(col(ReturnItem.settled_at).is_not(None))
        case_id = self.case(pick, col(ReturnCase.state) == CaseState.REQUESTED, col(ReturnCase.id).in_(settled))
        self.step("write off", lambda db, me: early.write_off(db, case_id, "lost", me), case_id)

    @rule(pick=PICK)
    def pay_difference(self, pick: int) -> None:
        owing = sa.select(col(Order.id)).where(col(Order.paid_fen) < col(Order.total_fen))
        case_id = self.case(pick, col(ReturnCase.sends_id).in_(owing))
        self.extra_fen += (
            self.step("pay difference", lambda db, me: exchanging.pay_difference(db, case_id, me), case_id) or 0
        )

    # --- at the desk ---------------------------------------------------------------------------------------------

    @rule(pick=PICK)
    def split(self, pick: int) -> None:
        several = [*ON_THE_DESK, col(ReturnItem.qty) > 1]
        if pick % 2:  # the rarer case: its money is out already
            several.append(col(ReturnItem.settled_at).is_not(None))
        case_id, position = self.item(pick, *several)
        self.step("split", lambda db, me: service.split(db, case_id, position, me), case_id)

    @rule(pick=PICK)
    def missing(self, pick: int) -> None:
        case_id, position = self.item(pick, *ON_THE_DESK) if pick % 3 == 0 else (0, 1)  # mostly all of it came
        self.step("missing", lambda db, me: service.missing(db, case_id, position, me), case_id)

    @rule(
        pick=PICK, grade=st.sampled_from(Grade), failed=st.sampled_from(("", "", *CHECKS)),
        against=st.sampled_from((*[None] * 5, *CHOICES, Disposition.SEND_BACK)), agreed=st.booleans(), scanned=PICK,
    )  # fmt: skip
    def decide(
        self, pick: int, grade: Grade, failed: str, against: Disposition | None, agreed: bool, scanned: int
    ) -> None:
        case_id, position = self.item(pick, *ON_THE_DESK, col(ReturnCase.kind) != CaseKind.REPAIR)
        found = Decision(grade, {name: name != failed for name in CHECKS}, against, "seen" if agreed else "")

        def verb(db: Session, me: Actor) -> None:
            if scanned < 28:
                service.matched(db, case_id, position, queries.item_at(db, case_id, position)[1].id or 0)
            dai = people.by_badge(db, "B-4001") if agreed else None
            service.decide(db, case_id, position, found, dai, LIMIT, me)

        self.step("decide", verb, case_id)

    @rule(pick=PICK)
    def take_back(self, pick: int) -> None:
        decided = col(ReturnItem.inspected_at).is_not(None)
        case_id, position = self.item(pick, col(ReturnCase.state) == CaseState.ARRIVED, decided)
        self.step("take back", lambda db, me: service.take_back(db, case_id, position, me), case_id)

    @rule(pick=PICK, straight=st.booleans())
    def close(self, pick: int, straight: bool) -> None:
        """`straight`: first decide whatever is left, as a clerk who hurries."""
        here = col(ReturnCase.state) == CaseState.ARRIVED
        self.close_one(self.case(pick, here, col(ReturnCase.kind) != CaseKind.REPAIR), straight)

    @rule(
        pick=PICK, units=st.lists(st.integers(0, 2), min_size=2, max_size=2),
        kind=st.sampled_from((CaseKind.REFUND, CaseKind.EXCHANGE)), reason=st.sampled_from(ReturnReason), want=PICK,
        is_early=st.booleans(),
    )  # fmt: skip
    def come_back(
        self, pick: int, units: list[int], kind: CaseKind, reason: ReturnReason, want: int, is_early: bool
    ) -> None:
        """A whole return at one go, or one paid early until it arrives: long ways are short then, lines get empty."""
        before = self.newest()
        self.ask(pick, units, kind, reason, want)
        case_id = self.newest()
        if case_id != before:
            if is_early:
                self.pay_case(case_id, True)
            self.step("arrive", lambda db, me: service.arrive(db, case_id, None, me))
            if not is_early:
                self.close_one(case_id, True)

    def newest(self) -> int:
        return self.line.execute(sa.select(sa.func.coalesce(sa.func.max(col(ReturnCase.id)), 0))).scalar_one()

    def close_one(self, case_id: int, straight: bool) -> None:
        def verb(db: Session, me: Actor) -> None:
            dai = people.by_badge(db, "B-4001")
            for item, sku in queries.items_of(db, case_id) if straight else ():
                if item.inspected_at is None:
                    service.matched(db, case_id, item.position, sku.id or 0)
                    found = Decision(Grade.A, dict.fromkeys(CHECKS, True))
                    service.decide(db, case_id, item.position, found, dai, LIMIT, me)
            service.close(db, case_id, me)

        self.step("close", verb, case_id)

    @rule(pick=PICK, good=st.booleans())
    def rework(self, pick: int, good: bool) -> None:
        item_id = self.decided(pick, col(ReturnItem.reworked_at).is_(None), Disposition.REWORK)
        self.step("rework", lambda db, me: service.rework(db, item_id, good, me), item_id)

    @rule(pick=PICK)
    def put_away(self, pick: int) -> None:
        waits = col(ReturnItem.put_away_at).is_(None)
        item_id = self.decided(pick, waits, Disposition.RESTOCK, Disposition.REWORK)
        self.step("put away", lambda db, me: service.put_away(db, item_id, "A01-01-1", me), item_id)

    # --- repair --------------------------------------------------------------------------------------------------

    @rule(pick=PICK, fen=st.sampled_from((0, 0, 900)), yes=st.booleans(), upto=st.integers(1, 6))
    def repair(self, pick: int, fen: int, yes: bool, upto: int) -> None:
        """Some steps of a repair, in their order, from wherever it is."""
        case_id = self.repair_in(pick, *UNDER_WAY)
        for name, verb in (
            ("diagnose", lambda db, me: repairing.diagnose(db, case_id, "torn", me)),
            ("quote", lambda db, me: repairing.quote(db, case_id, fen, me) if fen else None),
            ("answer", lambda db, me: repairing.answer(db, case_id, yes, me)),
            ("start", lambda db, me: repairing.start(db, case_id, me)),
            ("pay fee", lambda db, me: repairing.pay_fee(db, case_id, me)),
            ("finish", lambda db, me: repairing.finish(db, case_id, me)),
        )[:upto]:
            self.step(f"repair: {name}", verb, case_id)

    @rule(pick=PICK)
    def part(self, pick: int) -> None:
        case_id = self.repair_in(pick, RepairState.REPAIRING)

        def verb(db: Session, me: Actor) -> None:
            face = db.exec(select(Bin).where(Bin.kind == BinKind.PICK)).one()
            repairing.take_part(db, case_id, face, world_again(db).sock.id or 0, 1, me)

        self.step("repair: part", verb, case_id)

    @rule(pick=PICK, scans=st.sampled_from((True, True, True, False)))
    def send_back(self, pick: int, scans: bool) -> None:
        case_id = self.repair_in(pick, RepairState.DONE, RepairState.DECLINED)

        def verb(db: Session, me: Actor) -> None:
            for item, sku in queries.items_of(db, case_id) if scans else ():
                service.matched(db, case_id, item.position, sku.id or 0)
            repairing.send_back(db, case_id, me)

        self.step("repair: send back", verb, case_id)

    @rule(pick=PICK)
    def give_up(self, pick: int) -> None:
        case_id = self.repair_in(pick, RepairState.DIAGNOSED) if pick % 4 == 0 else 0  # mostly one is repaired
        self.step("repair: give up", lambda db, me: repairing.give_up(db, case_id, me), case_id)

    # --- what is sent goes out, and may come back ----------------------------------------------------------------

    @rule(pick=PICK)
    def ship(self, pick: int) -> None:
        """An order an exchange or a repair made leaves the house."""
        order_id = self.chosen(pick, sa.select(col(ReturnCase.sends_id)).where(col(ReturnCase.sends_id).is_not(None)))

        def verb(db: Session, _me: Actor) -> None:
            order = db.get(Order, order_id)
            if order is None or order.paid_fen < order.total_fen:
                return
            world = world_again(db)
            if order.channel == "exchange" and not shipments.of_order(db, order_id):
                self.plan(db, world, order)
            for shipment in shipments.of_order(db, order_id):
                if shipment.state is ShipmentState.PLANNED:
                    pack_up(world, shipment, 1)
                    hand_over(db, shipment)

        self.step("ship", verb, order_id)

    def plan(self, db: Session, world: World, order: Order) -> None:
        wants: Counter[int] = Counter()
        for line in _lines(db, order):
            wants[line.sku_id] += line.qty
        if len(wants) == len(_lines(db, order)):  # the factory knows one line per SKU
            skus = {sku.id: sku for sku in queries.skus(db, wants).values()}
            a_planned_shipment(db, order, [(world.face, skus[sku], qty) for sku, qty in wants.items()], world.carrier)

    # --- what holds after every step -----------------------------------------------------------------------------

    @invariant()
    def no_sum_passes_what_was_paid_or_sent(self) -> None:
        with self.session() as db:
            for check in (checks.broken_quantities, checks.broken_refunds, checks.broken_credits):
                assert check(db) == []
        one = lambda text: self.line.execute(sa.text(text)).scalar_one()  # noqa: E731
        out = one(f"SELECT coalesce(sum(amount_fen), 0) FROM refund WHERE kind = '{RefundKind.MONEY.value}'")
        assert out <= self.house.paid_fen + self.extra_fen, "more money went out than ever came in"
        assert not self.line.execute(sa.text(_OVER_PAID)).all()
        assert not self.line.execute(sa.text(_ON_THE_SHELF)).all()

    def whole_lines_add_up(self, db: Session) -> None:
        """Of a line whose every unit came back and was paid, exactly what was paid for it is on the rows."""
        for line_id, units, paid, given in self.line.execute(sa.text(_WHOLE_LINES)):
            order = db.get_one(Order, db.get_one(OrderLine, line_id).order_id)
            if order.paid_fen >= order.goods_fen + order.freight_fen - order.discount_fen and not self.is_short(order):
                assert given == paid, f"line {line_id}: all {units} units are back, {given} of {paid} fen are"

    def is_short(self, order: Order) -> bool:
        """Its own rebates are no line's: the last line to come back takes what is left."""
        shares = "SELECT sum(discount_fen) FROM order_line WHERE order_id = :order"
        return self.line.execute(sa.text(shares), {"order": order.id}).scalar_one() != order.discount_fen


#: Orders and lines that got back more than was paid for them, asked in SQL of their own.
_OVER_PAID = """
SELECT o.id FROM customer_order o WHERE (SELECT coalesce(sum(r.amount_fen), 0) FROM refund r WHERE r.order_id = o.id) > o.paid_fen
UNION ALL
SELECT l.id FROM order_line l WHERE (SELECT coalesce(sum(r.amount_fen), 0) FROM refund r WHERE r.order_line_id = l.id)
    > CASE WHEN l.unit_price_fen * l.qty > l.discount_fen THEN l.unit_price_fen * l.qty - l.discount_fen ELSE 0 END
"""  # noqa: E501

#: The returns shelf holds what the cases say: all of those on the desk, of closed ones what waits there, and what is
#: promised to an order that takes it home and has not been fetched.
_ON_THE_SHELF = """
SELECT s.id, coalesce(w.units, 0), coalesce(h.units, 0) FROM sku s
LEFT JOIN (
    SELECT i.sku_id, sum(i.qty) AS units FROM return_item i JOIN return_case c ON c.id = i.case_id
    LEFT JOIN shipment t ON t.order_id = c.sends_id
    WHERE (c.state = 'arrived' AND coalesce(i.disposition, '') <> 'never_came')
       OR (c.state = 'closed' AND i.put_away_at IS NULL AND i.disposition IN ('restock', 'rework'))
       OR (c.state = 'closed' AND i.disposition = 'send_back' AND coalesce(t.state, '') = 'planned')
    GROUP BY i.sku_id
) w ON w.sku_id = s.id
LEFT JOIN (
    SELECT b.sku_id, sum(b.qty) AS units FROM stock_balance b JOIN bin ON bin.id = b.place_id
    WHERE bin.kind = 'returns' GROUP BY b.sku_id
) h ON h.sku_id = s.id
WHERE coalesce(w.units, 0) <> coalesce(h.units, 0)
"""

_WHOLE_LINES = """
SELECT l.id, l.qty, CASE WHEN l.unit_price_fen * l.qty > l.discount_fen THEN l.unit_price_fen * l.qty - l.discount_fen ELSE 0 END,
    (SELECT coalesce(sum(r.amount_fen), 0) FROM refund r WHERE r.order_line_id = l.id)
FROM order_line l JOIN return_item i ON i.order_line_id = l.id JOIN return_case c ON c.id = i.case_id
WHERE c.state = 'closed' AND coalesce(i.disposition, '') <> 'never_came'
GROUP BY l.id, l.qty, l.unit_price_fen, l.discount_fen HAVING sum(i.qty) = l.qty
"""  # noqa: E501
