"""Sentences about orders."""

from flask_babel import lazy_gettext as _l

from floor.orders.states import OrderState

REFUSALS = {
    "orders.unknown": _l("There is no such order."),
    "orders.no_substitutes": _l("This order takes no substitute for it."),
    "orders.address_changed": _l(
        "Somebody else changed the address meanwhile, to: %(address)s. What you typed is still below; save it again if"
        " it is right."
    ),
    "orders.changed_meanwhile": _l("Somebody else changed this order meanwhile. Look at the fresh page."),
}

#: Orders the house makes itself come from no shop.
OWN_CHANNELS = {"exchange": _l("Exchange"), "repair": _l("Repair"), "resend": _l("Sent again")}

STATES = {
    OrderState.RECEIVED: _l("Received"),
    OrderState.HELD: _l("On hold"),
    OrderState.RELEASED: _l("Released"),
    OrderState.CANCELLED: _l("Cancelled"),
}

EVENTS = {
    "orders.order.received": _l("Order came in"),
    "orders.order.release": _l("Released for allocation"),
    "orders.order.hold": _l("Put on hold"),
    "orders.order.cancel": _l("Cancelled"),
    "orders.order.reopen": _l("Cancellation taken back"),
    "orders.order.paid": _l("Paid"),
    "orders.order.lowered": _l("%(qty)s fewer wanted"),
    "orders.order.notes_changed": _l("Remarks changed"),
    "orders.order.address_changed": _l("Address corrected"),
}
