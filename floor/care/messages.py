"""Sentences of the service desk."""

from flask_babel import lazy_gettext as _l

from floor.care import messages_enquiries
from floor.care.states import Why
from floor.paper.labels import Command

REFUSALS = {
    **messages_enquiries.REFUSALS,
    "care.shipped": _l("%(shipment)s has left the house. Only a return can bring it back."),
    "care.label_printed": _l("%(shipment)s is being packed, its label may be printed. Ask the bench to put it aside."),
    "care.only_fewer": _l("Only fewer is possible: it wants %(n)s now."),
    "care.cancel_instead": _l("Nothing of the order would be left. Cancel it instead."),
    "care.picked_already": _l("%(n)s are picked already, or further. Not fewer than that."),
    "care.order_over": _l("This order was cancelled."),
    "care.unknown_frame": _l("This is no picture we can read."),
}

EVENTS: dict[str, object] = {
    **messages_enquiries.EVENTS,
    "care.phone.revealed": _l("Phone number looked at"),
}

#: Why somebody looks at a phone number.
WHY = {
    Why.CALL_BACK: _l("The customer asked to be called"),
    Why.WRONG_NUMBER: _l("The number may be wrong"),
    Why.CARRIER_ASKS: _l("The carrier asks for it"),
    Why.OTHER: _l("Something else"),
}

VERBS = {
    "cancel": _l("Cancel the whole order"),
    "hold": _l("Put on hold"),
    "release": _l("Release"),
    "address": _l("Change the address"),
    "fewer": _l("Fewer of a line"),
    "split": _l("Split into two orders"),
    "resend": _l("Send again"),
}

#: possible.Answer.code -> what would happen now, or why it cannot.
ANSWERS = {
    "over": _l("The order was cancelled; nothing of it left the house."),
    "gone": _l("It has left the house. Only a return can bring it back."),
    "cancel_free": _l("Nothing is set aside yet: it ends at once."),
    "cancel_shelf": _l("Its units on the shelves are everybody's again at once."),
    "cancel_walk": _l("The picker hears of it at the next scan and takes what is in the tote back to its bins."),
    "cancel_tote": _l("Its goods lie in totes. They appear under Put away, each with its bin."),
    "cancel_bench": _l("The bench hears of it at its next scan and puts the goods back."),
    "cancel_parcel": _l("No lorry takes its parcels. A packer opens them, puts the goods back and voids the labels."),
    "hold_free": _l("No run plans it until it is released."),
    "hold_shelf": _l("Its units stay set aside; no walk is made for it until it is released."),
    "hold_walk": _l("The picker hears of it and goes on; no bench opens the tote until it is released."),
    "hold_tote": _l("No bench opens its tote until it is released."),
    "hold_bench": _l("The bench hears of it at its next scan and puts the tote aside."),
    "hold_parcel": _l("No lorry takes its parcels until it is released."),
    "release": _l("It goes on where it stopped. Open flags count as looked at."),
    "address_free": _l("No label is printed yet: the waybill gets the new address."),
    "address_labelled": _l("A label may be printed. Put it on hold and ask the bench to put it aside."),
    "fewer_free": _l("What nobody has picked yet may be taken off a line."),
    "fewer_picked": _l("Everything is picked. Cancel it, or let it go out and take a return."),
    "split_free": _l("The audit makes two orders of it."),
    "split_held": _l("Put it on hold first. Allocation splits by itself where stock asks for it."),
    "split_late": _l("Goods are set aside already: what is missing follows in a shipment of its own."),
    "resend_free": _l("A new order without charge for what was lost or broken; the audit looks at it as at any other."),
    "resend_early": _l("Nothing has left the house yet."),
}

COMMANDS = {
    Command.CONFIRM: _l("Confirm"),
    Command.UNDO: _l("Undo"),
    Command.SKIP: _l("Skip"),
    Command.PROBLEM: _l("Problem"),
    Command.REPRINT: _l("Print again"),
    Command.DONE: _l("Done"),
}
