"""Sentences of the board and the start page."""

from flask_babel import lazy_gettext as _l

REFUSALS: dict[str, object] = {
    "analytics.unknown_message": _l("There is no such message."),
    "analytics.not_dead": _l("This message is under way already. Look at the fresh page."),
}

EVENTS: dict[str, object] = {
    "analytics.message.retried": _l("Message sent again"),
}

#: What the next hours still need.
NEEDS = {
    "check": _l("To check"),
    "pick": _l("Waiting for picking"),
    "pack": _l("Waiting for packing"),
    "ship": _l("Waiting for the lorry"),
}
