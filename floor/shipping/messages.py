"""Sentences of shipping."""

from flask_babel import lazy_gettext as _l

from floor.shipping.models import PaperKind, PrintState
from floor.shipping.service import LoadVerdict

REFUSALS = {
    "shipping.unknown_job": _l("There is no such print job."),
    "shipping.unknown_manifest": _l("There is no such manifest."),
    "shipping.unknown_carrier": _l("There is no such carrier."),
    "shipping.unknown_house": _l("There is no such warehouse."),
    "shipping.no_paper": _l("The paper is not ready yet."),
    "shipping.no_numbers": _l("The carrier's waybill numbers are used up. The supervisor must enter a new range."),
    "shipping.still_printing": _l("It is being printed already."),
    "shipping.parcel_gone": _l("The parcel has left the house."),
    "shipping.already_closed": _l("This parcel is closed already."),
    "shipping.manifest_closed": _l("This manifest is closed: the lorry has left."),
    "shipping.nothing_to_undo": _l("There is nothing on the lorry."),
    "shipping.empty_lorry": _l("Nothing is loaded yet. Scan the first parcel."),
    "shipping.stopped_aboard": _l("Parcel %(parcel)s of order …%(tail)s was stopped. Take it off the lorry first."),
}

EVENTS = {
    "shipping.waybill.received": _l("Waybill number received"),
    "shipping.waybill.voided": _l("Waybill number void: the parcel changed"),
    "shipping.paper.asked_again": _l("Printed again"),
    "shipping.label.refused": _l("Label of another parcel stopped"),
    "shipping.manifest.opened": _l("Manifest opened"),
    "shipping.manifest.closed": _l("Manifest handed to the carrier"),
    "shipping.parcel.loaded": _l("Loaded onto the lorry"),
    "shipping.parcel.unloaded": _l("Taken off the lorry again"),
}

PAPERS = {
    PaperKind.WAYBILL: _l("Waybill"),
    PaperKind.SLIP: _l("Packing slip"),
}

PRINT_STATES = {
    PrintState.QUEUED: _l("Printing"),
    PrintState.READY: _l("Ready"),
    PrintState.PRINTED: _l("Printed"),
    PrintState.FAILED: _l("Not printed"),
}

#: Why a paper did not come out.
PRINT_ERRORS = {
    "shipping.no_numbers": REFUSALS["shipping.no_numbers"],
    "shipping.cannot_print": _l("The paper could not be made. It is tried again by itself."),
}

#: What a scan at the lorry means: headline, and what to do.
LOAD_WORDS = {
    LoadVerdict.TWICE: (_l("It is on this lorry already"), _l("Scan the next parcel")),
    LoadVerdict.OTHER_CARRIER: (_l("Other carrier"), _l("Not loaded. Put it on its own carrier's pallet.")),
    LoadVerdict.OTHER_HOUSE: (_l("Other warehouse"), _l("Not loaded. Call the supervisor.")),
    LoadVerdict.NOT_CLOSED: (
        _l("Label not proven"),
        _l("Not loaded. Take it back to the bench and scan its label there."),
    ),
    LoadVerdict.ELSEWHERE: (_l("It left already"), _l("Not loaded. It is on another manifest; call the supervisor.")),
    LoadVerdict.STOPPED: (_l("Order stopped"), _l("Not loaded. Put it on the problem shelf.")),
    LoadVerdict.UNKNOWN: (_l("Not our label"), _l("Not loaded. Scan the waybill number.")),
}
