"""Every sentence pickers read. Verb first, the number inside, what happened and then what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from floor.picking import messages_wall
from floor.picking.models import CheckWhy
from floor.picking.models_shorts import Way
from floor.picking.shorting import Why
from floor.picking.states import StopState, WalkState
from floor.picking.verdict import Verdict

REFUSALS = {
    **messages_wall.REFUSALS,
    "picking.unknown_walk": _l("There is no such walk here."),
    "picking.unknown_stop": _l("There is no such stop on this walk."),
    "picking.not_yours": _l("This walk is with somebody else now."),
    "picking.not_now": _l("Not possible now: the walk has moved on. Look at the fresh page."),
    "picking.taken": _l("Somebody else was faster: this walk is taken. Get the next one."),
    "picking.have_one": _l("You have a walk in hand. Finish it or hand it over first."),
    "picking.unknown_cart": _l("This is no cart of this warehouse. Scan the label on the cart."),
    "picking.cart_in_use": _l("Cart %(cart)s is on another walk. Take another cart."),
    "picking.cart_too_small": _l("Cart %(cart)s holds %(slots)s totes, this walk needs %(needed)s. Take a larger one."),
    "picking.cart_first": _l("Scan the cart first."),
    "picking.unknown_tote": _l("This is no tote. Scan the label on the tote."),
    "picking.tote_elsewhere": _l("Tote %(tote)s belongs to another warehouse. Take another one."),
    "picking.tote_busy": _l("Tote %(tote)s already carries an order. Take another one."),
    "picking.tote_not_empty": _l("Tote %(tote)s is not empty. Take an empty one."),
    "picking.nothing_to_undo": _l("Nothing to undo: only the last minute can be taken back."),
    "picking.order_is_cancelled": _l("Cannot be undone: the order was cancelled meanwhile."),
    "picking.scan_one_first": _l("Scan one item first, then enter the number."),
    "picking.number_cannot_be": _l("Enter a number from %(low)s to %(high)s."),
    "picking.nothing_is_missing": _l("Nothing is missing: go on scanning."),
    "picking.units_in_hand": _l("You hold %(n)s scanned units. Put them into the tote or undo first."),
    "picking.skipped_before": _l("This stop came back already. Pick it or report it short."),
    "picking.shelves_changed": _l("Somebody took units meanwhile. Look at what follows now, and report again."),
    "picking.sent_already": _l("Cannot be undone: shipment %(shipment)s is already on its way to be picked."),
    "picking.stop_is_done": _l("This stop is done already."),
    "picking.unknown_badge": _l("Nobody has this badge. Scan the badge again."),
    "picking.badge_cannot_pick": _l("%(name)s does not pick here. Scan another badge."),
    "picking.badge_has_walk": _l("%(name)s has a walk already. Scan another badge."),
    "picking.own_badge": _l("This is your own badge. Scan the badge of whoever takes over."),
    "picking.form": _l("This cannot be read. Open the page again and scan."),
    "picking.unknown_check": _l("There is no such stop to check on this walk."),
    "picking.check_is_settled": _l("This is put right already."),
    "picking.other_bin": _l("This is another bin. Scan %(bin)s."),
    "picking.checks_open": _l("%(n)s stops are still to check. Put those units back first."),
    "picking.not_your_events": _l("These scans are somebody else's. They wait until that person signs in."),
    "picking.gap": _l("An earlier scan is missing. It is sent first."),
    "picking.unknown_lane": _l("This is no lane. Scan the lane's label: %(lanes)s."),
}

EVENTS = {
    **messages_wall.EVENTS,
    "picking.walk.order_lowered": _l("The walk takes fewer"),
    "picking.walk.sent_on": _l("Left to another walk"),
    "picking.rule.changed": _l("Rule for short shelves changed"),
    "picking.walk.made": _l("Put on a walk"),
    "picking.walk.publish": _l("Walk released to the pickers"),
    "picking.walk.take_back": _l("Walk taken back"),
    "picking.walk.claim": _l("Walk taken"),
    "picking.walk.let_go": _l("Walk given back"),
    "picking.walk.start": _l("Walk began"),
    "picking.walk.finish": _l("Walk done"),
    "picking.walk.cancel": _l("Walk cancelled"),
    "picking.walk.cart_bound": _l("Cart chosen"),
    "picking.walk.handed_over": _l("Walk handed over"),
    "picking.walk.units_picked": _l("Units picked into a tote"),
    "picking.tote.shelved": _l("%(qty)s units of the cancelled order back in %(bin)s"),
    "picking.walk.units_put_back": _l("Units put back on the shelf"),
    "picking.walk.short_reported": _l("Units missing on the shelf"),
    "picking.walk.stop_skipped": _l("Stop put aside"),
    "picking.walk.stop_given_up": _l("Stop not visited: units wait for the next allocation"),
    "picking.walk.step_undone": _l("Last step undone"),
    "picking.walk.order_dropped": _l("Cancelled order taken off the walk"),
    "picking.walk.bin_checked": _l("Bin looked at"),
    "picking.walk.event_refused": _l("A scan from a dead zone was refused"),
    "picking.walk.checked": _l("Units of a stop to check put back"),
    "picking.walk.code_reported": _l("Label reported"),
}

WALK_STATES = {
    WalkState.READY: _l("Ready"),
    WalkState.PUBLISHED: _l("Free"),
    WalkState.CLAIMED: _l("Taken"),
    WalkState.PICKING: _l("Being picked"),
    WalkState.DONE: _l("Done"),
    WalkState.CANCELLED: _l("Cancelled"),
}

STOP_STATES = {
    StopState.OPEN: _l("To pick"),
    StopState.SKIPPED: _l("Put aside"),
    StopState.DONE: _l("Done"),
    StopState.SHORT: _l("Short"),
    StopState.DROPPED: _l("Cancelled"),
}

#: In the order of the sheet, with their icons.
WHY = {
    Why.EMPTY: (_l("Bin is empty"), "empty-bin"),
    Why.SHORT: (_l("Too few"), "less"),
    Why.DAMAGED: (_l("Damaged"), "broken"),
    Why.OTHER_GOODS: (_l("Other goods"), "swap"),
}


@dataclass(frozen=True)
class Said:
    """A verdict in words: the head line, what follows from it, and what to do with what is in the hand."""

    title: str
    detail: str = ""
    way: str = ""


def say(said: Verdict) -> Said:
    """The sentences of an amber or red verdict, or of a right scan worth a word."""
    v = said.values
    match said.code:
        case "stale_stop":
            return Said(_("That stop is done already"), _("Not counted again. Go on here."))
        case "bin_first":
            return Said(_("Scan the bin first"), v["bin"])
        case "bin_already":
            return Said(_("Bin is right"), _("Now scan the item."))
        case "item_first":
            return Said(_("Scan the item first"), _("The tote comes after it."))
        case "put_first":
            return Said(_("Scan tote %(tote)s", tote=v["tote"]), _("All items are scanned."))
        case "later_stop":
            return Said(_("That is for stop %(number)s", number=v["number"]), _("Put it back for now."))
        case "enough":
            return Said(_("You have all %(n)s", n=v["n"]), _("Put the extra one back."))
        case "order_cancelled":
            return Said(_("Order of tote %(slot)s is cancelled", slot=v["slot"]), _cancelled(v["n"]))
        case "order_changed":
            return Said(
                _("The order of tote %(slot)s wants fewer now", slot=v["slot"]),
                _("Take only what the screen asks for. Scan again."),
            )
        case "order_held":
            return Said(
                _("Order of tote %(slot)s is on hold", slot=v["slot"]),
                _("Pick on. The bench keeps it back. Scan again."),
            )
        case "events_refused":
            return Said(
                ngettext("%(n)s step was not taken", "%(n)s steps were not taken", v["n"], n=v["n"]),
                _("At the end of the walk you see what goes back."),
            )
        case "batch_cancelled":
            return Said(_("An order was cancelled"), _("Take only what the screen asks for. Scan again."))
        case "batch_changed":
            return Said(_("An order wants fewer now"), _("Take only what the screen asks for. Scan again."))
        case "batch_held":
            return Said(_("An order is on hold"), _("Pick on. The bench keeps it back. Scan again."))
        case "no_such_command":
            return Said(_("This card does nothing here"))
        case "tote_changed":
            return Said(_("New tote for place %(slot)s", slot=v["slot"]), _("The full one stays with it."))
        case "undone":
            return Said(_("Undone"), _undone(v))
        case "skipped":
            return Said(_("Put aside"), _("It comes back at the end."))
        case "short_reported":
            return Said(_("Reported %(n)s short", n=v["n"]))
        case "items_all":
            return Said(ngettext("Scanned", "All %(num)s scanned", v["n"]))
        case "wrong_tote":
            return Said(_("Wrong tote"), _("Put %(n)s into tote %(tote)s", n=v["units"], tote=v["wanted"]))
        case "tote_refused":
            return Said(_("Not this tote"), str(REFUSALS[v["why"]]) % dict(v))
        case "unknown_code":
            return Said(_("Unknown code"), _("Not counted. Nothing here has this code."))
        case "wrong_colour":
            return Said(_("Wrong colour"), _("Not counted, put it back"))
        case "wrong_size":
            return Said(_("Wrong size"), _("Not counted, put it back"))
        case "wrong_product":
            return Said(_("Wrong item"), _("Not counted, put it back"))
        case _:
            return Said(_("Wrong bin"), _("You are at %(bin)s", bin=v["scanned"]), _way(said))


def _undone(v: Mapping[str, Any]) -> str:
    """What the hands do now that a step is taken back."""
    match v["kind"]:
        case "put" if not v["n"]:
            return _("The tote that was full is in use again.")
        case "put" if v["tote"]:
            return _("Take %(n)s out of tote %(tote)s again.", n=v["n"], tote=v["tote"])
        case "put":
            return _("Put %(n)s back on the shelf.", n=v["n"])
        case "item":
            return _("%(n)s fewer in your hand: put back on the shelf.", n=v["n"])
        case "bin":
            return _("Scan the bin again.")
        case "skip":
            return _("The stop is next again.")
        case _:
            return _("The report is taken back.")


def _cancelled(units: int) -> str:
    if not units:
        return _("Nothing goes into it. Go on with the others.")
    return ngettext(
        "%(n)s unit in it goes back, at the end of the walk you see where.",
        "%(n)s units in it go back, at the end of the walk you see where.",
        units,
        n=units,
    )


#: The ways of a short rule: what it is, and what it means.
WAYS = {
    Way.DETOUR: (_l("Another bin on the same walk"), _l("A pick face near the walk becomes a stop of it.")),
    Way.WALK: (
        _l("Another walk"),
        _l("A pick face further away is left to another walk; the order comes in one more parcel."),
    ),
    Way.SUBSTITUTE: (
        _l("A substitute"),
        _l("What the catalogue names in its place, where the buyer agreed, at the price paid."),
    ),
    Way.SPLIT: (_l("Another warehouse"), _l("It sends the rest at once, above its safety stock; no wrapped gifts.")),
}

#: Why units go back, on the screen of a stop to check.
CHECKS = {
    CheckWhy.CANCELLED: _l("The order was cancelled"),
    CheckWhy.DONE_ELSEWHERE: _l("Somebody else has picked this stop meanwhile"),
    CheckWhy.FEWER: _l("Fewer are wanted here now"),
    CheckWhy.STOCK_GONE: _l("Somebody else took these units meanwhile"),
    CheckWhy.NOT_YOURS: _l("The walk was in other hands already"),
    CheckWhy.TOTE: _l("That tote carries something else"),
    CheckWhy.TOO_LATE: _l("What you did without net came too late and was not done"),
}


def _way(said: Verdict) -> str:
    n = said.values.get("n", 0)
    match said.code:
        case "wrong_bin_aisle":
            return _("Go to aisle %(aisle)s", aisle=said.values["aisle"])
        case "wrong_bin_up":
            return ngettext("%(n)s bay on, towards higher numbers", "%(n)s bays on, towards higher numbers", n, n=n)
        case "wrong_bin_down":
            return ngettext("%(n)s bay back, towards lower numbers", "%(n)s bays back, towards lower numbers", n, n=n)
        case "wrong_level_up":
            return ngettext("%(n)s level higher", "%(n)s levels higher", n, n=n)
        case _:
            return ngettext("%(n)s level lower", "%(n)s levels lower", n, n=n)


def beside(levels: int) -> str:
    """Where the wrong unit's own bin is, when it is the same bay."""
    n = abs(levels)
    if levels > 0:
        return ngettext("%(n)s level above this bin", "%(n)s levels above this bin", n, n=n)
    return ngettext("%(n)s level below this bin", "%(n)s levels below this bin", n, n=n)
