"""Sentences of the benches."""

from flask_babel import lazy_gettext as _l

from floor.catalog.models import PackingClass
from floor.packing import messages_materials
from floor.packing.service import Trouble
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
    "packing.parcel.label": _l("The right label is on the parcel"),
    "packing.parcel.ship": _l("The parcel left the house"),
}

TROUBLES = {
    Trouble.MISSING: _l("Not in the tote"),
    Trouble.DAMAGED: _l("Damaged"),
}

CLASSES = {
    PackingClass.NORMAL: _l("Normal"),
    PackingClass.FRAGILE: _l("Fragile"),
    PackingClass.LIQUID: _l("Liquid"),
    PackingClass.ELECTRONICS: _l("Electronics"),
}

#: What a packing class asks of the hands.
CARE = {
    PackingClass.FRAGILE: _l("Wrap in bubble wrap"),
    PackingClass.LIQUID: _l("Bag it and keep it upright"),
    PackingClass.ELECTRONICS: _l("Pad it, no static"),
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
}
