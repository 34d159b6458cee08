"""Sentences about returns."""

from flask_babel import lazy_gettext as _l

from floor.returns.models import CaseKind, Disposition, Grade, RefundKind, RefundWhy, ReturnReason, StrayEnding
from floor.returns.rules import Timing
from floor.returns.states import CaseState, RepairState

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
    "returns.too_many_photos": _l("%(most)s photos are enough."),
    "returns.no_variant": _l("This article cannot be had in exchange. Choose another colour or size of the same."),
    "returns.all_back": _l("All of this parcel is in a return already. Scan it again to see which."),
    "returns.settled_already": _l("Money or other goods went out for it already. Look at the fresh page."),
    "returns.not_early": _l("Only a return for money that is not here yet can be paid early. Look at the fresh page."),
    "returns.not_settled": _l("Nothing was paid for it before it came: cancel it instead."),
    "returns.why_never": _l("Say how you know that it will not come."),
    "returns.in_repair": _l("This is a repair: it goes its own way."),
    "returns.no_choice": _l("Choose one of the options"),
    "returns.nothing_to_pay": _l("Nothing is to be paid any more. Look at the fresh page."),
    "returns.not_repairing": _l("The repair is not under way. Look at the fresh page."),
    "returns.no_part_here": _l("%(bin)s is no shelf of this warehouse with parts for repairs."),
    "returns.unknown_bin": _l("There is no bin %(bin)s in this warehouse."),
    "returns.fee_not_paid": _l("The customer agreed to a price and has not paid it yet."),
    "returns.reworked_already": _l("Somebody else already looked at this. Look at the fresh page."),
    "returns.unknown_stray": _l("There is no such parcel."),
    "returns.stray_ended": _l("Somebody else already settled this parcel. Look at the fresh page."),
    "returns.silent_grade": _l("Each grade needs a rule without conditions. None speaks for: %(grades)s"),
    "returns.no_place": _l("Enter a turn as a whole number, or leave it empty to drop the rule."),
    "returns.rules_changed": _l("Somebody else changed the rules meanwhile. Look at the fresh page."),
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
    "returns.item.reworked": _l("Returned item made good again"),
    "returns.case.written_off": _l("Paid for, never came"),
    "returns.refund.recorded": _l("Refund recorded"),
    "returns.exchange.sent": _l("Exchange: a new order sends the other goods"),
    "returns.repair.diagnose": _l("Repair: looked at"),
    "returns.repair.quote": _l("Repair: price told to the customer"),
    "returns.repair.accept": _l("Repair: the customer agreed to the price"),
    "returns.repair.decline": _l("Repair: the customer wants it back as it is"),
    "returns.repair.start": _l("Repair begun"),
    "returns.repair.part_taken": _l("Repair: part taken off its shelf"),
    "returns.repair.fee_paid": _l("Repair: paid by the customer"),
    "returns.repair.finish": _l("Repair done"),
    "returns.repair.send_back": _l("Repair: goods go back to the customer"),
    "returns.repair.going_home": _l("Repair: shipment planned"),
    "returns.repair.give_up": _l("Repair given up: a return for money now"),
    "returns.stray.kept": _l("Unknown parcel kept"),
    "returns.stray.ended": _l("Unknown parcel settled"),
    "returns.rules.changed": _l("Rules of returns changed"),
}

KINDS = {
    CaseKind.REFUND: _l("Return for money"),
    CaseKind.EXCHANGE: _l("Exchange"),
    CaseKind.REPAIR: _l("Repair"),
}

#: The same, as a customer chooses among them.
WISHES = {
    CaseKind.REFUND: _l("My money back"),
    CaseKind.EXCHANGE: _l("Another one instead"),
    CaseKind.REPAIR: _l("Have it repaired"),
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
    ReturnReason.DEFECTIVE: _l("Broke in use"),
    ReturnReason.REFUSED: _l("Parcel refused"),
    ReturnReason.LOST: _l("Parcel lost"),
}

#: What a customer may choose: of refused and lost parcels the carrier tells.
CUSTOMER_REASONS = {
    reason: words for reason, words in REASONS.items() if reason not in (ReturnReason.REFUSED, ReturnReason.LOST)
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
    Disposition.REWORK: _l("Make it good again"),
    Disposition.SECOND_CHOICE: _l("Second choice"),
    Disposition.SUPPLIER: _l("Back to the supplier"),
    Disposition.SCRAP: _l("Scrap"),
    Disposition.SEND_BACK: _l("Back to the customer"),
    Disposition.NEVER_CAME: _l("Never came"),
}

#: A check that was answered no, as a rule's condition.
FAILED = {
    "complete": _l("parts are missing"),
    "packaging": _l("packaging broken"),
    "clean": _l("not clean"),
    "works": _l("does not work"),
}

TIMINGS = {
    Timing.AT_ONCE: _l("At once"),
    Timing.ON_ARRIVAL: _l("When the parcel is here"),
    Timing.INSPECTED: _l("After the inspection"),
}

REFUND_KINDS = {RefundKind.MONEY: _l("Money back"), RefundKind.CREDIT: _l("Credit for the order sent")}

REFUND_WHYS = {
    RefundWhy.INSPECTED: _l("after the inspection"),
    RefundWhy.EARLY: _l("before it came"),
    RefundWhy.EXCHANGE: _l("exchange"),
    RefundWhy.REPAIR: _l("repair"),
}

REPAIRS = {
    RepairState.RECEIVED: _l("To look at"),
    RepairState.DIAGNOSED: _l("Looked at"),
    RepairState.QUOTED: _l("Waits for the customer's answer"),
    RepairState.ACCEPTED: _l("Price accepted"),
    RepairState.DECLINED: _l("Price declined"),
    RepairState.REPAIRING: _l("Under repair"),
    RepairState.DONE: _l("Repaired"),
    RepairState.SENT_BACK: _l("On its way back"),
    RepairState.GIVEN_UP: _l("Given up"),
}

ENDINGS = {
    StrayEnding.MATCHED: _l("Its order was found"),
    StrayEnding.HANDED_BACK: _l("Handed back to the carrier"),
    StrayEnding.GIVEN_UP: _l("Nobody's"),
}
