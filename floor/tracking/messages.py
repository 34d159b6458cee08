"""Sentences about parcels on the road."""

from flask_babel import lazy_gettext as _l

from floor.tracking.codes import Problem
from floor.tracking.queries import Column
from floor.tracking.states import TrackState

REFUSALS = {
    "tracking.unknown_parcel": _l("There is no such parcel."),
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

COLUMNS = {
    Column.NOT_COLLECTED: _l("Not collected"),
    Column.STUCK: _l("No scan for two days"),
    Column.ATTEMPT_FAILED: _l("Address or phone"),
    Column.EXCEPTION: _l("Problem at the carrier"),
    Column.GOING_BACK: _l("Refused or coming back"),
}

#: What usually helps.
NEXT_STEPS = {
    Column.NOT_COLLECTED: _l("Ask the carrier to collect it"),
    Column.STUCK: _l("Ask the carrier where it is"),
    Column.ATTEMPT_FAILED: _l("Check address and phone with the customer"),
    Column.EXCEPTION: _l("Ask the carrier; send again if it is lost"),
    Column.GOING_BACK: _l("Ask the customer; expect it at the returns desk"),
}

#: What our simulated carrier writes; it never pretends to be a real one.
SIMULATED = _l("Simulation: %(what)s")
