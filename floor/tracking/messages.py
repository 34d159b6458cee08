"""Sentences about parcels on the road."""

from collections.abc import Callable

from flask_babel import lazy_gettext as _l

from floor.tracking.codes import Problem
from floor.tracking.kinds import Kind, Topic
from floor.tracking.models_exceptions import Closed
from floor.tracking.states import ClaimAction, ClaimState, TrackState

REFUSALS = {
    "tracking.unknown_parcel": _l("There is no such parcel."),
    "tracking.unknown_exception": _l("There is no such exception."),
    "tracking.unknown_claim": _l("There is no such claim."),
    "tracking.unknown_kind": _l("There is no such column of the board."),
    "tracking.unknown_rule": _l("There is no such rule."),
    "tracking.exception_closed": _l(
        "Somebody settled this meanwhile, or the carrier scanned the parcel. Look at it again."
    ),
    "tracking.someone_has_it": _l("%(who)s has this parcel now. Take it over first, or leave it."),
    "tracking.claimed_already": _l("The carrier was asked for money already."),
    "tracking.not_left": _l("This parcel has not left the house yet."),
    "tracking.paid_back": _l("The customer gets the money back for this parcel."),
    "tracking.resent_already": _l("What was in this parcel goes out again already, as %(number)s."),
    "tracking.in_return": _l("Return %(number)s holds these goods. Cancel it first, or leave it to the returns desk."),
    "tracking.not_so_many": _l("Only %(n)s of it may go out again."),
    "tracking.nothing_to_send": _l("Say of at least one line how many go out again."),
    "tracking.moment_past": _l("This moment is past. Choose a later one."),
    "tracking.refund_too_high": _l("The customer paid less for what is in it. Enter that sum at most."),
    "tracking.no_sum": _l("Enter what the carrier paid."),
    "tracking.no_hours": _l("Enter after how many hours."),
}

STATES = {
    TrackState.LABEL_MADE: _l("Waiting for the carrier"),
    TrackState.COLLECTED: _l("Collected by the carrier"),
    TrackState.IN_TRANSIT: _l("On the way"),
    TrackState.OUT_FOR_DELIVERY: _l("Out for delivery"),
    TrackState.AVAILABLE: _l("Ready to be fetched"),
    TrackState.ATTEMPT_FAILED: _l("Delivery did not succeed"),
    TrackState.EXCEPTION: _l("Held up"),
    TrackState.DELIVERED: _l("Delivered"),
    TrackState.RETURNING: _l("On the way back"),
    TrackState.RETURNED: _l("Came back"),
}

EVENTS = {
    "tracking.parcel.label_made": _l("The carrier knows the parcel"),
    "tracking.parcel.collected": _l("The carrier collected the parcel"),
    "tracking.parcel.in_transit": _l("The parcel is on the way"),
    "tracking.parcel.out_for_delivery": _l("The parcel is out for delivery"),
    "tracking.parcel.available": _l("The parcel waits in a locker or shop"),
    "tracking.parcel.attempt_failed": _l("A delivery did not succeed"),
    "tracking.parcel.exception": _l("The carrier reports a problem"),
    "tracking.parcel.delivered": _l("The parcel was delivered"),
    "tracking.parcel.returning": _l("The parcel is on the way back"),
    "tracking.parcel.returned": _l("The parcel came back"),
    "tracking.parcel.sent_again": _l("Sent again as %(number)s"),
    "tracking.exception.opened": _l("The parcel needs somebody"),
    "tracking.exception.changed": _l("Something else is wrong with the parcel"),
    "tracking.exception.closed": _l("The parcel needs nobody any more"),
    "tracking.exception.taken": _l("Somebody looks after the parcel"),
    "tracking.exception.snoozed": _l("The parcel is looked at again later"),
    "tracking.exception.customer_written": _l("The customer was written to"),
    "tracking.exception.claimed": _l("The carrier was asked for money"),
    "tracking.exception.claim_settled": _l("The carrier's answer was written down"),
    "tracking.exception.refund_asked": _l("A refund was asked for"),
    "tracking.letter.asked": _l("The customer is told"),
    "tracking.rule.changed": _l("A rule of tracking was changed"),
}

PROBLEMS = {
    Problem.REFUSED: _l("Refused by the customer"),
    Problem.ADDRESS: _l("Address not found"),
    Problem.UNREACHABLE: _l("Customer cannot be reached"),
    Problem.OUT_OF_AREA: _l("Outside the carrier's area"),
    Problem.NOT_FETCHED: _l("Not fetched in time"),
    Problem.DELAYED: _l("Late at the carrier"),
    Problem.DAMAGED: _l("Damaged on the way"),
    Problem.LOST: _l("Lost"),
    Problem.CUSTOMS: _l("Stopped by customs"),
    Problem.CANCELLED: _l("Waybill cancelled at the carrier"),
    Problem.OTHER: _l("Problem at the carrier"),
}

KINDS = {
    Kind.NOT_COLLECTED: _l("Not collected"),
    Kind.STUCK: _l("Stuck"),
    Kind.ADDRESS: _l("Address or phone"),
    Kind.REFUSED: _l("Refused or coming back"),
    Kind.DAMAGED: _l("Damaged"),
    Kind.CUSTOMS: _l("Customs"),
    Kind.LOST: _l("Probably lost"),
}

#: What usually helps.
NEXT_STEPS = {
    Kind.NOT_COLLECTED: _l("Ask the carrier to collect it"),
    Kind.STUCK: _l("Ask the carrier where it is"),
    Kind.ADDRESS: _l("Check address and phone with the customer"),
    Kind.REFUSED: _l("Ask the customer; expect it at the returns desk"),
    Kind.DAMAGED: _l("Claim it at the carrier; send again or refund"),
    Kind.CUSTOMS: _l("Ask the customer for the papers"),
    Kind.LOST: _l("Claim it at the carrier; send again or refund"),
}

CLOSED = {
    Closed.SCAN: _l("The carrier scanned it again"),
    Closed.CAME_BACK: _l("It came back to us"),
    Closed.RESENT: _l("Sent again"),
    Closed.REFUND: _l("Refund asked for"),
    Closed.HAND: _l("Settled by hand"),
    Closed.RULE: _l("The rule asks for more patience now"),
}

CLAIMS = {
    ClaimState.ASKED: _l("Asked, no answer yet"),
    ClaimState.PAID: _l("Paid by the carrier"),
    ClaimState.REFUSED: _l("Refused by the carrier"),
    ClaimState.WITHDRAWN: _l("Withdrawn: the parcel turned up"),
}

CLAIM_ACTIONS = {
    ClaimAction.PAY: _l("The carrier paid"),
    ClaimAction.REFUSE: _l("The carrier refused"),
    ClaimAction.WITHDRAW: _l("Withdraw the claim"),
    ClaimAction.ASK_AGAIN: _l("Ask once more"),
}

TOPICS = {
    Topic.COLLECTED: _l("Collected by the carrier"),
    Topic.OUT_FOR_DELIVERY: _l("Out for delivery"),
    Topic.DELIVERED: _l("Delivered"),
    Topic.DELAYED: _l("Later than was told"),
    Topic.MESSAGE: _l("Written by hand"),
}


def letters(_: Callable[[str], str]) -> dict[Topic, str]:
    """What customers are told by rule, in the language of `_`; filled in with carrier, waybill and order."""
    return {
        Topic.COLLECTED: _("%(carrier)s has collected your parcel. Waybill number: %(waybill)s"),
        Topic.OUT_FOR_DELIVERY: _("Your parcel is out for delivery with %(carrier)s. Waybill number: %(waybill)s"),
        Topic.DELIVERED: _("Your parcel was delivered by %(carrier)s. Waybill number: %(waybill)s"),
        Topic.DELAYED: _(
            "Your parcel with %(carrier)s takes longer than we told you. We look after it. Waybill number: %(waybill)s"
        ),
    }


def to_customer(_: Callable[[str], str]) -> dict[Kind, str]:
    """What usually helps to write to the customer; a person reads it before it goes."""
    return {
        Kind.NOT_COLLECTED: _("%(carrier)s has not collected your parcel yet. We have asked them to come."),
        Kind.STUCK: _("Your parcel %(waybill)s has not moved for a while. We are asking %(carrier)s where it is."),
        Kind.ADDRESS: _(
            "%(carrier)s could not deliver your parcel %(waybill)s. Please tell us the right address and phone number."
        ),
        Kind.REFUSED: _(
            "Your parcel %(waybill)s was not taken and is on its way back. Shall we send it again, or refund it?"
        ),
        Kind.DAMAGED: _(
            "%(carrier)s reports that your parcel %(waybill)s was damaged. Shall we send it again, or refund it?"
        ),
        Kind.CUSTOMS: _("Customs have stopped your parcel %(waybill)s. Please tell us when they ask you for papers."),
        Kind.LOST: _(
            "%(carrier)s seems to have lost your parcel %(waybill)s. We are sorry. Send it again, or refund it?"
        ),
    }


def ask_carrier(_: Callable[[str], str]) -> dict[Kind, str]:
    """What to ask the carrier, for its page or to be read out."""
    where = _("Waybill %(waybill)s has had no scan for a long time. Where is it, and when will it be delivered?")
    claim = _("We claim the value of the goods of waybill %(waybill)s. Please open a case and tell us its number.")
    return {
        Kind.NOT_COLLECTED: _("Waybill %(waybill)s was handed over and has no scan. Please collect it today."),
        Kind.STUCK: where,
        Kind.ADDRESS: _("Waybill %(waybill)s could not be delivered. Please hold it until we send the right address."),
        Kind.REFUSED: _("Waybill %(waybill)s was refused. Please return it to the sender and tell us when."),
        Kind.DAMAGED: claim,
        Kind.CUSTOMS: _("Waybill %(waybill)s is stopped by customs. Which papers are missing?"),
        Kind.LOST: claim,
    }


#: What our simulated carrier writes; it never pretends to be a real one.
SIMULATED = _l("Simulation: %(what)s")
