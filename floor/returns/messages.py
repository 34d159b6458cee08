"""Sentences about returns."""

from flask_babel import lazy_gettext as _l

from floor.returns.models import Disposition, Grade, ReturnReason
from floor.returns.states import CaseState

REFUSALS = {
    "returns.unknown": _l("There is no such return."),
    "returns.nothing_chosen": _l("Choose at least one item to return."),
    "returns.nothing_shipped": _l("Nothing of this order has left our house yet."),
    "returns.too_many": _l("Only %(left)s can still be returned."),
    "returns.no_shelf": _l("This warehouse has no returns shelf. Ask the supervisor to set one up."),
    "returns.no_quarantine": _l("This warehouse has no quarantine bin. Ask the supervisor to set one up."),
    "returns.not_this_item": _l("This is another item. Scan what belongs to this line."),
    "returns.not_bought": _l("Not bought in this order."),
    "returns.not_announced": _l("Bought in this order, but not part of this return."),
    "returns.unknown_code": _l("Nobody knows this code. Scan the item's barcode."),
    "returns.not_scanned": _l("Scan the item first."),
    "returns.nothing_to_split": _l("There is only one unit here."),
    "returns.reason_needed": _l("Say why you decide against the rule."),
    "returns.second_person": _l("A refund of this size needs a supervisor's badge and PIN."),
    "returns.not_a_second": _l("The second badge must be another person's, and a supervisor's."),
    "returns.already_decided": _l("Somebody else decided this item meanwhile. Look at the fresh page."),
    "returns.not_on_the_desk": _l("This return is not on the desk. Look at the fresh page."),
    "returns.too_late": _l("Too late to undo: only for 30 seconds, and before the return is closed."),
    "returns.not_all_inspected": _l("Some items are not inspected yet."),
    "returns.more_than_paid": _l("That would pay back more than was paid for the order."),
    "returns.put_away_already": _l("Somebody else already put this away."),
    "returns.no_pick_face": _l("%(scanned)s is no open pick face here. Scan the label of a bin."),
    "returns.not_waiting": _l("No returned unit of this item waits on the returns shelf."),
    "returns.bad_photo": _l("This is no photo we can read. Use JPEG, PNG or WebP up to 8 MB."),
    "returns.no_such_order": _l("There is no order with this number."),
}

EVENTS = {
    "returns.case.requested": _l("Return announced"),
    "returns.case.arrived": _l("Return arrived"),
    "returns.case.closed": _l("Return closed, refund recorded"),
    "returns.case.cancelled": _l("Return cancelled"),
    "returns.item.split": _l("Returned units split up"),
    "returns.item.missing": _l("Announced item was not in the parcel"),
    "returns.item.decided": _l("Returned item inspected"),
    "returns.item.taken_back": _l("Inspection taken back"),
    "returns.item.put_away": _l("Returned item put away"),
}

STATES = {
    CaseState.REQUESTED: _l("Expected"),
    CaseState.ARRIVED: _l("On the desk"),
    CaseState.CLOSED: _l("Closed"),
    CaseState.CANCELLED: _l("Cancelled"),
}

REASONS = {
    ReturnReason.NO_LONGER_WANTED: _l("No longer wanted"),
    ReturnReason.WRONG_SIZE: _l("Does not fit"),
    ReturnReason.DAMAGED: _l("Arrived damaged"),
    ReturnReason.WRONG_ITEM: _l("Wrong item sent"),
    ReturnReason.NOT_AS_DESCRIBED: _l("Not as described"),
}

CHECKS = {
    "complete": _l("Complete, with its parts"),
    "packaging": _l("Packaging whole"),
    "clean": _l("Clean, not worn"),
    "works": _l("Works"),
}

GRADES = {
    Grade.A: _l("Like new"),
    Grade.B: _l("Small flaw"),
    Grade.C: _l("Worn, torn"),
    Grade.D: _l("Ruined"),
}

DISPOSITIONS = {
    Disposition.RESTOCK: _l("Back to the shelf"),
    Disposition.SECOND_CHOICE: _l("Second choice"),
    Disposition.SUPPLIER: _l("Back to the supplier"),
    Disposition.SCRAP: _l("Scrap"),
}

#: The rules of rules.RULES, in words.
RULES = {
    "ruined": _l("Grade D cannot be sold: scrap."),
    "arrived_damaged": _l("Grade C and it arrived damaged: back to the supplier."),
    "worn": _l("Grade C for another reason: scrap."),
    "not_working": _l("It does not work: back to the supplier, whatever its looks."),
    "blemished": _l("Grade B: second choice."),
    "incomplete": _l("Grade A but parts are missing: second choice."),
    "not_clean": _l("Grade A but not clean: second choice."),
    "new_bag": _l("Grade A, only the packaging is broken: a new bag, then back to the shelf."),
    "like_new": _l("Grade A: back to the shelf."),
}
