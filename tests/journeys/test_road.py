"""Two parcels that do not arrive, at the real screens: one is lost and turns up too late, one is not taken."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from floor.inventory.models import Balance, Bin
from floor.kit import clock
from floor.kit.actor import SYSTEM
from floor.kit.uow import reading, unit_of_work
from floor.returns.models import Refund, ReturnCase
from floor.shipping import service as shipping
from floor.tracking import jobs, resending, service
from floor.tracking.service import Said
from tests import factories
from tests.journeys.conftest import House
from tests.journeys.outside import carrier_tells
from tests.journeys.person import Person
from tests.journeys.test_returns import inspects
from tests.journeys.world import a_shelf
from tests.picking.conftest import person
from tests.tracking.worlds import number_of, pack_up, parcels_of_order

pytestmark = [pytest.mark.browser, pytest.mark.either_way]

TWELVE_DAYS = timedelta(days=12)


class Gone:
    """Two units of an article left on a lorry, so long ago, and the carrier said so much since."""

    def __init__(self, sku: str, ago: timedelta, *codes: str) -> None:
        with clock.shifted(-ago), unit_of_work() as db:
            world, bo = a_shelf(db, sku), person(db, "Bo")
            order = factories.an_order(db, [(world.tee, 2)], lang="en", buyer_id=f"buyer of {sku}")
            shipment = factories.a_planned_shipment(db, order, [(world.face, world.tee, 2)], world.carrier)
            pack_up(world, shipment, 1)
            (parcel,) = parcels_of_order(db, order)
            self.order, self.token, self.parcel = order.id or 0, order.public_token, parcel.id
            self.waybill = number_of(db, parcel)
            lorry = shipping.open_manifest(db, world.house.id or 0, world.carrier, bo)
            shipping.load(db, lorry, self.waybill, bo)
            shipping.hand_over(db, lorry, "Driver", "S-1", bo)
            service.attach(db, shipment.id or 0, SYSTEM)
            said = [Said(self.waybill, code, "", "", clock.now()) for code in codes]
            service.hear(db, world.carrier, said, SYSTEM)

    def is_told_by_carrier(self, house: House, *codes: str) -> None:
        assert carrier_tells(house.url, self.waybill, codes, clock.now() - timedelta(seconds=1))[0] == 200


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_lost_parcel_goes_out_again_and_one_not_taken_comes_home(
    house: House, someone: Callable[..., Person], script: bool
) -> None:
    lost, refused = Gone("CAP-RED", TWELVE_DAYS, "103", "0"), Gone("MUG-WHITE", timedelta(hours=5), "103", "0")
    come = lambda name="": someone(name, script=script)  # noqa: E731
    chen, customer = come("Chen"), come()
    its_silence_is_noticed_claimed_and_made_good(lost, chen, customer)
    it_turns_up_too_late(house, lost, chen, customer)
    it_is_not_taken_and_comes_home(house, refused, chen, customer, come)
    house.passes_flask_check()


def _opens(chen: Person, words: str) -> None:
    chen.page.locator("summary").filter(has_text=words).click()


def its_silence_is_noticed_claimed_and_made_good(lost: Gone, chen: Person, customer: Person) -> None:
    customer.open(f"/t/{lost.token}")
    customer.sees("On the way")
    jobs.look_due()  # the worker's own, every half minute
    chen.open("/tracking?type=lost")
    chen.sees("Claim it at the carrier; send again or refund")
    with chen.changed():
        chen.page.get_by_role("link", name=re.compile(lost.waybill)).first.click()
    chen.sees("Claim it at the carrier; send again or refund")
    _opens(chen, "Write to the customer")
    expect(chen.page.get_by_label("Message")).to_have_value(re.compile(f"lost your parcel {lost.waybill}"))
    chen.tap("Send")
    chen.sees("It is sent now.")
    _opens(chen, "Claim at the carrier")
    expect(chen.page.get_by_label("Amount, yuan")).to_have_value("198.00")
    chen.page.get_by_label("Carrier's number").fill("C-77")
    chen.tap("Write it down")
    _opens(chen, "Send again or refund")
    chen.tap("Send the goods again")
    chen.sees("goes out in its place")
    customer.open(f"/t/{lost.token}")
    customer.sees("This parcel will not arrive")
    customer.sees("We have sent these goods again.")
    customer.tap("Where the new parcel is", role="link")
    customer.sees(re.compile("preparing it|Being prepared"))
    chen.open(f"/orders/{lost.order}/again")  # the other door
    chen.sees("Nothing of it is left to send")


def it_turns_up_too_late(house: House, lost: Gone, chen: Person, customer: Person) -> None:
    """The claim is void; what goes out instead is stopped, because it has not left."""
    lost.is_told_by_carrier(house, "3")
    chen.open(f"/parcels/{lost.parcel}/story")
    chen.sees("Delivered", "header")
    chen.sees("Withdrawn: the parcel turned up")
    chen.sees("The carrier has the first parcel after all")
    with reading() as db:
        (made,) = resending.sent_instead(db, lost.parcel)
    chen.tap(made.number, role="link")
    chen.tap(re.compile("^Cancel the whole order"))
    chen.sees(re.compile("cancelled", re.I))
    customer.open(f"/t/{lost.token}")
    customer.sees("Delivered")
    expect(customer.page.get_by_text("We have sent these goods again.")).to_have_count(0)


def it_is_not_taken_and_comes_home(
    house: House, refused: Gone, chen: Person, customer: Person, come: Callable[..., Person]
) -> None:
    customer.open(f"/t/{refused.token}")
    customer.sees("On the way")
    refused.is_told_by_carrier(house, "5", "203")
    customer.page.reload()
    customer.sees("This parcel is not delivered, it comes back to us")
    chen.open("/tracking?type=refused")
    chen.sees(refused.waybill)
    chen.open(f"/parcels/{refused.parcel}/story")
    chen.sees("Ask the customer; expect it at the returns desk")
    refused.is_told_by_carrier(house, "6")
    customer.page.reload()
    customer.sees("On the way back")
    chen.open("/returns/intake")
    chen.scan(refused.waybill)  # the carrier said that it comes back: no question is left
    chen.scan(house.ean["MUG-WHITE"])
    chen.sees("×2")
    inspects(chen)
    chen.tap(re.compile("Close, pay back ¥198.00"))
    chen.sees("Refund of ¥198.00 recorded")
    chen.open(f"/parcels/{refused.parcel}/story")
    chen.sees("It came back to us")
    refused.is_told_by_carrier(house, "4")
    customer.page.reload()
    customer.sees("This parcel came back to us")
    ana = come("Ana")
    ana.open("/putaways")
    ana.scan(house.ean["MUG-WHITE"])
    ana.scan("A01-06-1")
    ana.sees("Put away in A01-06-1")
    with reading() as db:
        case = db.exec(select(ReturnCase).where(ReturnCase.order_id == refused.order)).one()
        assert (case.reason, case.state, case.waybill_number) == ("refused", "closed", refused.waybill)
        assert sum(db.exec(select(Refund.amount_fen)).all()) == 19800
        shelf = select(Balance.qty).join(Bin, Bin.id == Balance.place_id).where(Bin.code == "A01-06-1")
        assert sum(db.exec(shelf).all()) == 20
