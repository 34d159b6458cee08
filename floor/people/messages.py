"""Sentences about people, for people."""

from flask_babel import lazy_gettext as _l

from floor.people.models import Role

ROLES = {
    Role.PICKER: _l("Picker"),
    Role.PACKER: _l("Packer"),
    Role.SERVICE: _l("Customer service"),
    Role.SUPERVISOR: _l("Supervisor"),
    Role.ADMIN: _l("Administrator"),
}

REFUSALS = {
    "people.wrong_pin": _l("Badge or PIN is not right. %(left)s tries left."),
    "people.locked": _l("Too many wrong PINs. Try again in %(minutes)s min or ask the supervisor."),
    "people.unknown_badge": _l("Nobody has this badge. Scan the badge again."),
    "people.badge_taken": _l("Badge %(badge)s already belongs to somebody."),
    "people.session_over": _l("You were signed out. Sign in with your badge."),
}

EVENTS = {
    "people.login.started": _l("signed in"),
    "people.login.ended": _l("signed out"),
}
