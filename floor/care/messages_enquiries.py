"""Sentences of enquiries and of feedback."""

from flask_babel import lazy_gettext as _l

from floor.care.enquiry_reads import Tab
from floor.care.states import EnquiryKind, EnquiryState, NoteKind, Reason, SendState

REFUSALS = {
    "care.unknown_enquiry": _l("There is no such enquiry."),
    "care.enquiry_moved_on": _l("%(number)s has moved on meanwhile, last by %(who)s. Read what is new, then decide."),
    "care.place_left": _l("%(place)s is not filled in yet."),
    "care.unknown_place": _l("%(place)s is nothing that can be filled in. There are: %(places)s"),
    "care.unknown_template": _l("There is no such ready answer."),
    "care.template_taken": _l("There is a ready answer called %(name)s already."),
    "care.no_feedback_now": _l("This parcel cannot be judged now."),
}

EVENTS: dict[str, object] = {
    "care.enquiry.asked": _l("Enquiry %(number)s"),
    "care.enquiry.taken": _l("Enquiry %(number)s taken"),
    "care.enquiry.answered": _l("Enquiry %(number)s answered by mail"),
    "care.enquiry.told": _l("Enquiry %(number)s answered"),
    "care.enquiry.closed": _l("Enquiry %(number)s closed"),
    "care.template.kept": _l("Ready answer %(name)s written down"),
    "care.template.dropped": _l("Ready answer %(name)s removed"),
    "care.orders.forgotten": _l("Personal data of %(orders)s orders masked"),
    "care.feedback.given": _l("The customer gave %(stars)s of 5 stars"),
}

KINDS = {
    EnquiryKind.WHERE_IS_IT: _l("Where is it?"),
    EnquiryKind.DAMAGED: _l("Damaged"),
    EnquiryKind.MISSING: _l("Something is missing"),
    EnquiryKind.WRONG_ITEM: _l("The wrong article"),
    EnquiryKind.CHANGE: _l("To be changed or cancelled"),
    EnquiryKind.INVOICE: _l("Invoice"),
    EnquiryKind.OTHER: _l("Something else"),
}

STATES = {
    EnquiryState.OPEN: _l("To be answered"),
    EnquiryState.ANSWERED: _l("Answered"),
    EnquiryState.CLOSED: _l("Closed"),
}

TABS = {
    Tab.OPEN: _l("To be answered"),
    Tab.MINE: _l("Mine"),
    Tab.OVERDUE: _l("Overdue"),
    Tab.ANSWERED: _l("Answered"),
    Tab.CLOSED: _l("Closed"),
}

NOTES = {
    NoteKind.QUESTION: _l("Customer"),
    NoteKind.ANSWER: _l("Answer"),
    NoteKind.NOTE: _l("Among ourselves"),
}

SENDING = {
    SendState.WAITING: _l("Mail on its way"),
    SendState.SENT: _l("Mail sent"),
    SendState.FAILED: _l("Mail not delivered"),
    SendState.NOBODY: _l("No mail: tell the customer"),
}

SAID = {
    "answer": _l("Answered"),
    "note": _l("Written down"),
    "question": _l("Open again, with a new deadline"),
}

REASONS = {
    Reason.QUICK: _l("Came quickly"),
    Reason.WELL_PACKED: _l("Well packed"),
    Reason.LATE: _l("Came late"),
    Reason.BADLY_PACKED: _l("Badly packed"),
    Reason.TOO_MUCH_PACKING: _l("Too much packing"),
    Reason.DAMAGED: _l("Damaged"),
    Reason.WRONG_ITEM: _l("The wrong article"),
    Reason.MISSING: _l("Something is missing"),
    Reason.NOT_AS_SHOWN: _l("Not as shown"),
}
