"""An order's whole way at the real screens: from the shop's message to the put-away of what came back.

One script for phones and desks, played with JavaScript and without, on SQLite and on PostgreSQL.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from floor.kit.uow import reading
from floor.orders.models import Order
from floor.orders.states import OrderState
from floor.shipments.models import Shipment
from tests.journeys import outside
from tests.journeys.conftest import House
from tests.journeys.person import Person
from tests.journeys.world import LANE, SHELVES

pytestmark = [pytest.mark.browser, pytest.mark.either_way]

#: What the customers want. The second asks for a call, which the audit flags; the last wants what nobody has.
BY_WEBHOOK = {"web-1": {"TEE-NAVY-L": 3, "MUG-WHITE": 1}, "web-2": {"CAP-RED": 2}}
BY_FILE = {"shop-3": {"TEE-NAVY-L": 2, "SOCK-GREY": 1}, "shop-4": {"SCARF-BLUE": 3}, "shop-5": {"NO-SUCH-SKU": 1}}
WANTED = {number: lines for number, lines in {**BY_WEBHOOK, **BY_FILE}.items() if number != "shop-5"}
#: What the order's page tells of its way, first to last; more may stand between.
WAY = (
    "Order came in", "Released for allocation", "Allocated to a warehouse", "Picking began", "Units picked into a tote",
    "Picked", "Packing began", "Every item checked", "Boxed and weighed", "Waybill number received",
    "The right label is on the parcel", "Loaded onto the lorry", "Handed to the carrier", "The parcel was delivered",
    "Return announced", "Return arrived", "Returned item inspected", "Return closed, refund recorded",
    "Returned item put away",
)  # fmt: skip
#: Two units of the scarf are not where they should be, and are taken from the other bin.
MISSING = 2


@dataclass
class Story:
    """What one chapter hands on to the next."""

    house: House
    someone: Callable[..., Person]
    script: bool
    #: Who has signed in stays so, with the device at hand.
    here: dict[str, Person] = field(default_factory=dict)
    #: Place on the cart -> tote.
    totes: dict[str, str] = field(default_factory=dict)
    #: As read from the printed pages, in the order they were packed.
    waybills: list[str] = field(default_factory=list)

    def come(self, name: str) -> Person:
        if name not in self.here:
            self.here[name] = self.someone(name, script=self.script)
        return self.here[name]

    def order(self, number: str) -> Order:
        """As the channel numbered it."""
        with reading() as db:
            return db.exec(select(Order).where(Order.external_id == number)).one()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_an_order_goes_from_the_shop_to_the_customer_and_partly_back(
    house: House, someone: Callable[..., Person], script: bool
) -> None:
    story = Story(house, someone, script)
    orders_come_in_by_webhook_and_by_file(story)
    chen_lets_a_flagged_order_pass(story)
    dai_runs_the_allocation_and_publishes_the_walk(story)
    ana_picks_everything_with_mistakes_on_the_way(story)
    bo_packs_labels_and_loads_the_lorry(story)
    house.is_sound()
    the_carrier_tells_and_the_customer_reads_it(story)
    a_unit_comes_back_is_inspected_paid_and_put_away(story)
    chen_reads_the_whole_way(story)
    house.passes_flask_check()


# --- the desk's morning ----------------------------------------------------------------------------------------------


def orders_come_in_by_webhook_and_by_file(story: Story) -> None:
    url = story.house.url
    first = outside.an_order("web-1", BY_WEBHOOK["web-1"])
    assert outside.shop_sends(url, first, secret="somebody else's")[0] == 401
    status, said = outside.shop_sends(url, first)
    assert (status, said["outcome"]) == (200, "accepted")
    again = outside.shop_sends(url, first)
    assert again[1]["order"] == said["order"]
    second = outside.an_order("web-2", BY_WEBHOOK["web-2"], note="A present! Call me before shipping.")
    assert outside.shop_sends(url, second)[0] == 200

    dai = story.come("Dai")
    dai.open("/intake")
    dai.page.get_by_label("File", exact=True).set_input_files(outside.a_shop_file(story.house.folder, BY_FILE))
    dai.page.get_by_label("Mapping", exact=True).select_option("shop_export")
    dai.tap("Import")
    dai.wait_until_settled()
    dai.sees(re.compile(r"3 \+ 0 \+ 1 = 4"))
    dai.sees("NO-SUCH-SKU")


def chen_lets_a_flagged_order_pass(story: Story) -> None:
    number = story.order("web-2").number
    chen = story.come("Chen")
    chen.open("/audit")
    row = chen.page.get_by_role("link", name=number)
    chen.look_again_until(row)
    expect(chen.page.get_by_text("1 order on hold")).to_be_visible()
    with chen.changed():
        row.click()
    chen.sees("Call me", "mark")
    chen.tap(re.compile("Pass, next order"))
    chen.sees(f"{number} released")
    assert story.order("web-2").state is OrderState.RELEASED


def dai_runs_the_allocation_and_publishes_the_walk(story: Story) -> None:
    dai = story.come("Dai")
    dai.open("/runs/new")
    start = re.compile("Start with 4 orders")
    dai.look_again_until(dai.page.get_by_role("button", name=start))
    dai.tap(start)
    dai.wait_until_settled()
    dai.sees("Nothing was left out")
    dai.tap("Publish 1 ready cart")
    dai.sees("Published", "[role=status]")


# --- the floor -------------------------------------------------------------------------------------------------------


def ana_picks_everything_with_mistakes_on_the_way(story: Story) -> None:
    ana = story.come("Ana")
    ana.open("/walks")
    ana.look_again_until(ana.page.get_by_role("button", name="Start"))
    ana.tap("Start")
    ana.sees("Scan your cart")
    ana.scan("C-SHA-1")
    while place := _place_that_wants_a_tote(ana):
        story.totes[place] = f"T-SHA-{9 - int(place)}"
        ana.scan(story.totes[place])
    assert len(story.totes) == len(WANTED)
    _picks_along_the_walk(ana, story)
    ana.scan("L9")
    ana.sees("This is no lane")
    ana.scan(LANE)
    ana.sees("Walk done")
    units = sum(sum(lines.values()) for lines in WANTED.values())
    ana.sees(f"{units} units")
    ana.sees("1 short")


def _place_that_wants_a_tote(ana: Person) -> str:
    card = ana.page.locator(".put", has_text="Empty tote")
    return card.locator(".bigno").inner_text() if card.count() else ""


def _picks_along_the_walk(ana: Person, story: Story) -> None:
    """Scan what the screen asks for, until it asks for the lane; each mistake once, where it first can be made."""
    mistakes = {"bin": _wrong_bin, "item": _wrong_item_and_undo, "put": _wrong_tote, "scarf": _two_scarves_are_missing}
    while not ana.page.get_by_role("heading", name="Finish the walk").count():
        what, code = _asked_for(ana, story)
        name = "scarf" if code == story.house.ean["SCARF-BLUE"] else what
        if name in mistakes and (name != "item" or code == story.house.ean["TEE-NAVY-L"]):
            mistakes.pop(name)(ana, story, code)
        else:
            ana.scan(code)
    assert mistakes == {}


def _asked_for(ana: Person, story: Story) -> tuple[str, str]:
    """What the screen wants scanned now, read from it as a picker reads it."""
    page = ana.page
    if page.locator(".put").count():
        return "put", story.totes[page.locator(".put .bigno").inner_text()]
    place = page.locator(".locc.now")
    if place.count():
        return "bin", (place.get_attribute("aria-label") or "").removeprefix("Bin ")
    return "item", "".join((page.locator(".bc .num").text_content() or "").split())


def _wrong_bin(ana: Person, _story: Story, code: str) -> None:
    ana.scan("A04-02-1")
    ana.is_stopped("Wrong bin")
    ana.scan(code)
    ana.sees("Bin scanned")


def _wrong_item_and_undo(ana: Person, story: Story, code: str) -> None:
    """The same shirt in another size counts nothing; a right one counts one; taken back it counts none."""
    ana.scan(story.house.ean["TEE-NAVY-M"])
    ana.is_stopped("Wrong size")
    ana.scan(code)
    ana.sees("1 scanned")
    ana.tap("Undo the last step")
    ana.sees("Undone")
    ana.sees("0 scanned")
    ana.scan(code)
    ana.sees("1 scanned")


def _wrong_tote(ana: Person, story: Story, code: str) -> None:
    other = next(tote for tote in story.totes.values() if tote != code)
    ana.scan(other)
    ana.is_stopped("Wrong tote")
    ana.scan(code)


def _two_scarves_are_missing(ana: Person, _story: Story, _code: str) -> None:
    """The sheet says what follows before it does it: the rest comes from the scarf's other bin."""
    ana.tap("Problem", role="link")
    with ana.changed():
        ana.page.locator(".keys").get_by_role("link", name="1", exact=True).click()
    ana.sees(re.compile(rf"Take {MISSING} from A03-0[48]-1 instead"))
    ana.sees("No order is late.")
    ana.tap(f"Report {MISSING} short")
    ana.sees(f"Reported {MISSING} short")


# --- the bench -------------------------------------------------------------------------------------------------------


def bo_packs_labels_and_loads_the_lorry(story: Story) -> None:
    bo = story.come("Bo")
    bo.open("/stations")
    bo.scan("P-SHA-1")
    for tote in story.totes.values():
        bo.scan(tote)
        _checks_every_unit(bo, story)
        _boxes_it(bo, by_scale=bool(story.waybills))
        _proves_the_label(bo, story)
    bo.sees("No tote is waiting")
    _loads_the_lorry(bo, story)


def _checks_every_unit(bo: Person, story: Story) -> None:
    todo = _still_to_scan(bo)
    if not story.waybills:
        bo.scan(story.house.ean[next(code for code in ("CAP-RED", "SCARF-BLUE") if code not in todo)])
        bo.is_stopped("Not this order's")
    while not bo.page.locator("#box").count():
        sku = next(iter(_still_to_scan(bo) or todo))
        bo.scan(story.house.ean[sku])


def _still_to_scan(bo: Person) -> list[str]:
    """The SKU codes of the rows not checked yet: test goods carry theirs in the name."""
    return [name.split()[-1] for name in bo.page.locator(".card.now .li .nm").all_inner_texts()]


def _boxes_it(bo: Person, *, by_scale: bool) -> None:
    """The carton by its code; the weight typed into its field, or typed by the scale."""
    bo.scan("K3")
    hint = bo.page.locator("#weight-hint").inner_text()
    grams = re.sub(r"\D", "", hint)
    if by_scale:
        bo.scan(f"{grams}g")
    else:
        bo.page.get_by_label("Weight, g").fill(grams)
        bo.tap(re.compile("Box it and print"))


def _proves_the_label(bo: Person, story: Story) -> None:
    """Wait for the papers, print the waybill, read its barcode off the print; only its own closes the parcel."""
    bo.wait_until_settled()
    paper = bo.page.locator("section", has_text="Waybill").get_by_role("link", name="Open")
    pdf = bo.fetch(paper.get_attribute("href") or "")
    (waybill,) = {code for code in outside.barcodes_on(pdf, story.house.folder) if code.startswith("SF")}
    for other in story.waybills[-1:]:
        bo.scan(other)
        bo.is_stopped("Wrong label")
    bo.scan(waybill)
    bo.sees(re.compile(r"Parcel P-\d+ is closed"))
    story.waybills.append(waybill)


def _loads_the_lorry(bo: Person, story: Story) -> None:
    bo.open("/manifests")
    bo.tap("Load a lorry")
    for waybill in story.waybills:
        bo.scan(waybill)
        bo.sees(f"{story.waybills.index(waybill) + 1} / {len(story.waybills)}")
    bo.scan(story.waybills[-1])
    bo.is_stopped("It is on this lorry already")
    bo.tap("Back to the lorry", role="link")
    bo.tap("Hand over", role="link")
    bo.page.get_by_label("Driver").fill("沪A 12345")
    bo.tap(f"Hand over {len(story.waybills)} parcels")
    bo.sees("Handed over at")


# --- the road, the customer, the way back -----------------------------------------------------------------------------


def the_carrier_tells_and_the_customer_reads_it(story: Story) -> None:
    order = story.order("web-1")
    with reading() as db:
        left_at = db.exec(select(Shipment.shipped_at).where(Shipment.order_id == order.id)).one()
    assert left_at is not None
    customer = story.come("")
    customer.open(f"/t/{order.public_token}")
    (waybill,) = [number for number in story.waybills if customer.page.get_by_text(number).count()]

    url = story.house.url
    assert outside.carrier_tells(url, waybill, ["delivered"], left_at, secret="a guess")[0] == 401
    road = ["collected", "in_transit", "out_for_delivery"]
    assert outside.carrier_tells(url, waybill, road, left_at) == (200, {"events": 3, "new": 3})
    customer.look_again_until(customer.page.get_by_text("Out for delivery").first)
    door = [*road, "delivered"]
    assert outside.carrier_tells(url, waybill, door, left_at) == (200, {"events": 4, "new": 1})
    customer.look_again_until(customer.page.get_by_role("heading", name="Delivered"))
    assert "王芳" not in customer.page.locator("body").inner_text()


def a_unit_comes_back_is_inspected_paid_and_put_away(story: Story) -> None:
    number = _the_customer_announces_a_return(story)
    _chen_inspects_and_pays(story, number)
    customer = story.come("")
    customer.open(f"/t/{story.order('web-1').public_token}/return/{number}")
    customer.sees("Your money is on its way: ¥99.00")
    _ana_puts_it_away(story)


def _the_customer_announces_a_return(story: Story) -> str:
    customer = story.come("")
    customer.open(f"/t/{story.order('web-1').public_token}")
    customer.tap("Return something", role="link")
    tee = customer.page.locator("li", has_text="TEE-NAVY-L")
    tee.get_by_label(re.compile("Units, up to 3")).fill("1")
    customer.page.get_by_text("Does not fit").click()
    customer.tap("Announce the return")
    customer.sees("What to do now")
    number = customer.page.locator(".promise").inner_text()
    slip = customer.page.get_by_role("link", name="Return slip (PDF)").get_attribute("href") or ""
    assert number in outside.barcodes_on(customer.fetch(slip), story.house.folder)
    return number


def _chen_inspects_and_pays(story: Story, number: str) -> None:
    chen, ean = story.come("Chen"), story.house.ean
    chen.open("/returns/intake")
    chen.scan(number)
    chen.scan(ean["CAP-RED"])
    chen.sees("Not bought in this order.")
    chen.scan(ean["MUG-WHITE"])
    chen.sees("not part of this return")
    chen.scan(ean["TEE-NAVY-L"])
    chen.sees("Barcode matches")
    for check in ("Complete, with its parts", "Packaging whole", "Clean, not worn", "Works"):
        chen.page.get_by_role("radiogroup", name=check).get_by_text("Yes").click()
    chen.page.locator(".grades").get_by_text("Like new").click()
    if chen.script:
        chen.sees("Back to the shelf", "#decision")
    chen.tap(re.compile("Done, pay back ¥99.00"))
    chen.tap(re.compile("Close, pay back ¥99.00"))
    chen.sees("Refund of ¥99.00 recorded")


def _ana_puts_it_away(story: Story) -> None:
    (face,) = SHELVES["TEE-NAVY-L"]
    ana = story.come("Ana")
    ana.open("/putaways")
    ana.scan(story.house.ean["TEE-NAVY-L"])
    ana.scan(face)
    ana.sees(f"Put away in {face}")
    ana.sees("Docks and returns shelf are empty")


def chen_reads_the_whole_way(story: Story) -> None:
    """The search by the channel's number opens the order; its page tells the way without a gap."""
    chen = story.come("Chen")
    chen.open("/orders?q=web-1")
    expect(chen.page.get_by_role("heading", name=story.order("web-1").number)).to_be_visible()
    told = iter(reversed(chen.page.locator(".timeline li b").all_text_contents()))  # the older ones are folded away
    missing = [step for step in WAY if step not in told]  # `in` moves on: the order counts
    assert missing == []
    row = chen.page.get_by_role("row", name=re.compile("TEE-NAVY-L"))
    assert row.locator("td[data-th=Shipped], td[data-th=Returned]").all_inner_texts() == ["3", "1"]
