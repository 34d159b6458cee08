"""Sentences of the service desk."""

from flask_babel import lazy_gettext as _l

from floor.paper.labels import Command

REFUSALS = {
    "care.on_walk": _l(
        "%(shipment)s is picked: it cannot be cancelled any more. Put the order on hold, then the bench stops it."
    ),
    "care.on_bench": _l("%(shipment)s is on a bench. Put the order on hold and ask the packer to put the tote aside."),
    "care.packed": _l("%(shipment)s is packed. Put the order on hold, then no lorry takes the parcel."),
    "care.shipped": _l("%(shipment)s has left the house. Only a return can bring it back."),
    "care.label_printed": _l("%(shipment)s is being packed, its label may be printed. Ask the bench to put it aside."),
    "care.only_fewer": _l("Only fewer is possible: it wants %(n)s now."),
    "care.cancel_instead": _l("Nothing of the order would be left. Cancel it instead."),
    "care.picked_already": _l("%(n)s are picked already, or further. Not fewer than that."),
    "care.order_over": _l("This order was cancelled."),
    "care.unknown_frame": _l("This is no picture we can read."),
}

EVENTS: dict[str, object] = {
    "care.phone.revealed": _l("Phone number looked at"),
}

COMMANDS = {
    Command.CONFIRM: _l("Confirm"),
    Command.UNDO: _l("Undo"),
    Command.SKIP: _l("Skip"),
    Command.PROBLEM: _l("Problem"),
    Command.REPRINT: _l("Print again"),
    Command.DONE: _l("Done"),
}
