"""What a shop says after its order came in reaches a person: as a flag, which its rule makes a hold or a note."""

from datetime import timedelta

import pytest
from sqlmodel import select

from floor.audit import queries as audit
from floor.audit import service as rules
from floor.audit.models import Verdict
from floor.events.service import Event, record
from floor.intake import accounts, service, syncing
from floor.intake.channels import outside
from floor.intake.models import ShopFeed
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.orders import service as orders
from floor.orders.models import Address, Order
from floor.orders.states import OrderState
from floor.shipments.models import Shipment, ShipmentLine
from floor.shipments.states import ShipmentState
from tests.factories import a_bin, a_carrier, a_planned_shipment, a_sku, a_warehouse, an_order, stock
from tests.intake.shop_server import KINDS, Bought, account, serving


def flags(order_id):
    with reading() as db:
        found = [(flag.rule, flag.verdict) for flag in audit.flags_of(db, order_id)]
        return db.get_one(Order, order_id).state, found


@pytest.mark.parametrize("kind", KINDS)
def test_a_refund_asked_for_before_shipping_holds_the_order_until_it_is_decided(kind, app, relay, monkeypatch):
    monkeypatch.setattr(outside, "PAUSE", 0.0)
    with serving(kind) as shop:
        now = clock.now().replace(microsecond=0) - timedelta(minutes=1)
        one = shop.orders[7000] = Bought(7000, now, now, street="文三路 90 号")
        with unit_of_work() as db:
            a_sku(db), a_sku(db, "MUG")
            channel = accounts.set_up(db, "shop", account(shop), SYSTEM)
            db.get_one(ShopFeed, channel.id).read_to = now - timedelta(minutes=5)

        def says(**values):
            one.modified += timedelta(seconds=1)
            for name, value in values.items():
                setattr(one, name, value)
            syncing.read_shop("shop")
            relay.drain()
            return flags(order.id)

        syncing.read_shop("shop")
        with unit_of_work() as db:
            order = db.exec(select(Order)).one()
            assert ("*" in db.get_one(Address, order.id).phone) == (kind == "top"), "TOP masks who gets it"
        relay.drain()
        assert flags(order.id)[0] is OrderState.RELEASED
        state, found = says(refund=True)
        assert state is OrderState.HELD
        assert [verdict for _rule, verdict in found] == [Verdict.OPEN]
        assert {rule for rule, _verdict in found} <= {"refund_asked", "shop_stopped"}
        state, found = says(refund=False)
        assert (state, [verdict for _rule, verdict in found]) == (OrderState.RELEASED, [Verdict.GONE])
        assert says(refund=True)[0] is OrderState.HELD
        assert says(refund=False, status="cancelled")[0] is OrderState.CANCELLED


def test_late_changes_hold_goods_that_are_set_aside_and_are_told_of_goods_that_left(app, relay, sign_in):
    with unit_of_work() as db:
        service.ensure_channel(db, "web")
        house, tee = a_warehouse(db), a_sku(db)
        where, carrier = a_bin(db, house), a_carrier(db)
        stock(db, where, tee, 9)
        first, second, plain = (an_order(db, [(tee, 1)], buyer_id=f"b{n}") for n in range(3))
        one, two = (a_planned_shipment(db, order, [(where, tee, 1)], carrier) for order in (first, second))
        assert one.id != two.id
    relay.drain()

    def happens(order, kind):
        with unit_of_work() as db:
            record(db, Event(kind, "order", order.id, order.id), SYSTEM)
        relay.drain()
        return flags(order.id)

    assert happens(first, "intake.address.too_late") == (OrderState.HELD, [("address_late", Verdict.OPEN)])
    assert happens(first, "intake.address.too_late")[1] == [("address_late", Verdict.OPEN)], "said twice, asked once"
    with unit_of_work() as db:
        rules.pass_order(db, rules.locked(db, first.id), SYSTEM)
        rules.set_rule(db, "lines_late", True, {}, SYSTEM, "note")
    assert happens(first, "intake.address.too_late")[0] is OrderState.HELD, "it is another change"
    assert happens(second, "intake.lines.too_late") == (OrderState.RELEASED, [("lines_late", Verdict.NOTED)])

    # A refund taken back before anybody heard of it, then one that is heard in time.
    with unit_of_work() as db:
        for kind in ("intake.refund.asked", "intake.refund.decided"):
            record(db, Event(kind, "order", second.id, second.id), SYSTEM)
    relay.drain()
    assert flags(second.id)[0] is OrderState.RELEASED

    # Remarks: a released order stops for what a new one stops for, and for the change when goods are set aside.
    def writes(order, text):
        with unit_of_work() as db:
            orders.change_notes(db, rules.locked(db, order.id), text, "", SYSTEM)
        relay.drain()
        return flags(order.id)

    assert writes(plain, "请放门口")[0] is OrderState.RELEASED
    state, found = writes(plain, "先不发，等我电话")
    assert (state, [rule for rule, _verdict in found]) == (OrderState.HELD, ["says_wait"])
    state, found = writes(second, "请放门口")
    assert (state, found[-1]) == (OrderState.HELD, ("notes_late", Verdict.OPEN))

    with unit_of_work() as db:
        assert audit.broken_flags(db) == []
        rules.pass_order(db, rules.locked(db, second.id), SYSTEM)
        db.get_one(Shipment, two.id).state = ShipmentState.SHIPPED
        (line,) = db.exec(select(ShipmentLine).where(ShipmentLine.shipment_id == two.id))
        line.allocated, line.shipped = 0, 1
    assert happens(second, "intake.address.too_late") == (
        OrderState.RELEASED, [*flags(second.id)[1][:-1], ("address_late", Verdict.NOTED)]
    ), "nothing is left to hold: it is told"  # fmt: skip
    chen = sign_in("Chen")
    page = chen.get("/audit").text
    assert [page.count(words) for words in ('id="told"', "but it has left", "before shipping")] == [1, 2, 0]
    assert chen.post(f"/audit/orders/{second.id}/seen").status_code == 303
    assert 'id="told"' not in chen.get("/audit").text
    with reading() as db:
        (late,) = (one for one in audit.rule_records(db) if one.rule.code == "address_late")
    assert (late.hits, late.decided, late.passed) == (3, 1, 1), "having read it says nothing of the rule"
