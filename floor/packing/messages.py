"""Sentences of the benches."""

from flask_babel import lazy_gettext as _l

from floor.catalog.models import CareKind, CheckBy, PackingClass
from floor.packing import messages_materials
from floor.packing.service import Then, Trouble, Verdict, WeightWhy
from floor.packing.states import PackState, ParcelState

REFUSALS = {
    **messages_materials.REFUSALS,
    "packing.unknown_station": _l("There is no such packing bench."),
    "packing.other_site": _l("This belongs to another warehouse."),
    "packing.unknown_pack": _l("There is no such pack."),
    "packing.unknown_parcel": _l("There is no such parcel."),
    "packing.not_a_tote": _l("%(scanned)s is not a tote. Scan a tote."),
    "packing.other_house": _l("Tote %(scanned)s belongs to another warehouse."),
    "packing.empty_tote": _l("Tote %(scanned)s carries nothing. It can go back to the carts."),
    "packing.cancelled": _l("Order …%(tail)s was cancelled. Take the tote to the put-back shelf."),
    "packing.on_hold": _l("Order …%(tail)s is on hold. Take the tote to the problem shelf."),
    "packing.not_picked": _l("This tote is still on its walk. Wait until the picker has left it at the lane."),
    "packing.opened_elsewhere": _l("%(who)s is packing this tote at bench %(station)s."),
    "packing.pack_over": _l("This pack is finished. Scan the next tote."),
    "packing.not_verified": _l("Check every item first, then box it."),
    "packing.nothing_to_undo": _l("There is nothing to take back."),
    "packing.already_boxed": _l("Some items are in a parcel already. Finish this pack first."),
    "packing.wrong_units": _l("Choose at least one item, and no more than are here."),
    "packing.unknown_carton": _l("There is no such carton."),
    "packing.weight_off": _l("The scale says %(given)s g, it should be about %(expected)s g."),
    "packing.steps_left": _l("Steps of the packing card are left: %(n)s. Do them, then weigh."),
    "packing.scan_the_material": _l("Scan the code on it: %(wanted)s."),
    "packing.unknown_step": _l("There is no such step on the packing card."),
    "packing.cannot_wait": _l("A parcel of it is made already: it cannot wait. Send the rest now."),
    "packing.no_put_back_shelf": _l("This warehouse has no dock and no returns shelf to put goods back on."),
    "packing.count_by_number": _l("Goods with serial numbers: give it to the supervisor, who looks the number up."),
    "packing.not_stopped": _l("Order …%(tail)s is not stopped. Pack it."),
    "packing.other_order": _l("Tote %(scanned)s belongs to another order. Nothing was joined."),
    "packing.tote_not_free": _l(
        "Tote %(scanned)s is not ready for this bench: still on its walk, or on another bench."
    ),
    "packing.slot_stays": _l("%(scanned)s is a slot of the put wall. Pack it by itself."),
    "packing.parcel_gone": _l("Parcel %(number)s has left the house."),
    "packing.parcel_open": _l("Parcel %(number)s is open already, or no longer there."),
    "packing.on_lorry": _l("Parcel %(number)s is loaded. Take it off the lorry first, then open it."),
    "packing.brother_gone": _l("Another parcel of this order has left already: %(number)s stays as it is."),
    "packing.supervisor_only": _l("Only the supervisor may end an order without goods that were bought."),
    "packing.not_so_many": _l("At most %(qty)s of them can be reported."),
}

EVENTS = {
    **messages_materials.EVENTS,
    "packing.pack.opened": _l("Packing bench opened the tote"),
    "packing.pack.verify": _l("Every item checked"),
    "packing.pack.unverify": _l("An item was taken back from the check"),
    "packing.pack.box": _l("Everything is boxed"),
    "packing.pack.close": _l("Pack closed, the tote is free"),
    "packing.pack.abandon": _l("Tote put aside"),
    "packing.item.refused": _l("Wrong item stopped at the bench"),
    "packing.units.missing": _l("Items missing in the tote"),
    "packing.units.damaged": _l("Items damaged"),
    "packing.parcel.boxed": _l("Boxed and weighed"),
    "packing.parcel.packed": _l("Parcel ready for its waybill"),
    "packing.pack.reopen": _l("Pack taken up again"),
    "packing.pack.joined": _l("A second tote of the order joined the parcel"),
    "packing.pack.sent_back": _l("Order stopped: goods back on the shelf"),
    "packing.units.surplus": _l("Too many in the tote: put back"),
    "packing.care.done": _l("A step of the packing card is done"),
    "packing.carton.too_small": _l("Carton too small"),
    "packing.parcel.reopen": _l("Parcel opened again"),
    "packing.parcel.rebox": _l("Parcel closed again"),
    "packing.parcel.drop": _l("Parcel no longer used, its number is void"),
    "packing.parcel.label": _l("The right label is on the parcel"),
    "packing.parcel.unlabel": _l("Waits for a new label"),
    "packing.parcel.ship": _l("The parcel left the house"),
}

TROUBLES = {
    Trouble.MISSING: _l("Not in the tote"),
    Trouble.DAMAGED: _l("Damaged"),
    Trouble.SURPLUS: _l("Too many in it"),
}

#: What the order does without the units: tile, and the small words below.
THENS = {
    Then.LATER: (_l("Send the rest now"), _l("these follow in a parcel of their own")),
    Then.WAIT: (_l("Wait for them"), _l("tote aside, one parcel later")),
    Then.WITHOUT: (_l("Send without"), _l("the order ends without them")),
}

WEIGHT_WHYS = {
    WeightWhy.COUNTED: _l("Counted again, it is right"),
    WeightWhy.CATALOGUE: _l("The catalogue's weight is wrong"),
    WeightWhy.FILLING: _l("Much filling"),
    WeightWhy.SCALE: _l("The scale is wrong"),
}

#: Ours, and yet not counted: the bar says why.
NOT_COUNTED = {
    Verdict.ENOUGH: _l("Enough of it: put it aside"),
    Verdict.TWICE: _l("This very one is checked already"),
    Verdict.NUMBER_FIRST: _l("Scan its own serial number"),
}

CLASSES = {
    PackingClass.NORMAL: _l("Normal"),
    PackingClass.FRAGILE: _l("Fragile"),
    PackingClass.LIQUID: _l("Liquid"),
    PackingClass.ELECTRONICS: _l("Electronics"),
}

CHECKS = {
    CheckBy.EACH: _l("Scan every unit"),
    CheckBy.LINE: _l("One scan for the line, counted by hand"),
    CheckBy.SERIAL: _l("Scan every unit's own number"),
}

#: The steps of the packing card: what to do, in one breath.
CARES = {
    CareKind.FRAGILE: _l("Wrap in bubble wrap"),
    CareKind.ELECTRONICS: _l("Anti-static bag, pad it"),
    CareKind.LIQUID: _l("Bag it and keep it upright"),
    CareKind.COLD: _l("Add a cold pack"),
    CareKind.LEAFLET: _l("Add the leaflet"),
    CareKind.GIFT_WRAP: _l("Gift wrap"),
    CareKind.GIFT_CARD: _l("Gift card"),
}

PACK_STATES = {
    PackState.OPEN: _l("Checking"),
    PackState.VERIFIED: _l("To box"),
    PackState.BOXED: _l("Waiting for the label"),
    PackState.CLOSED: _l("Done"),
    PackState.ABANDONED: _l("Put aside"),
}

PARCEL_STATES = {
    ParcelState.BOXED: _l("Label not proven"),
    ParcelState.LABELLED: _l("Ready for the lorry"),
    ParcelState.SHIPPED: _l("Shipped"),
    ParcelState.OPENED: _l("Opened again"),
    ParcelState.VOID: _l("No longer used"),
}
