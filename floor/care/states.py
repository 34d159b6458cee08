"""Codes of the service desk, and how an enquiry goes."""

from datetime import timedelta
from enum import StrEnum

from floor.kit.states import Machine


class Why(StrEnum):
    """What a phone number is looked at for."""

    CALL_BACK = "call_back"
    WRONG_NUMBER = "wrong_number"
    CARRIER_ASKS = "carrier_asks"
    OTHER = "other"


class EnquiryKind(StrEnum):
    WHERE_IS_IT = "where_is_it"
    DAMAGED = "damaged"
    MISSING = "missing"
    WRONG_ITEM = "wrong_item"
    CHANGE = "change"
    INVOICE = "invoice"
    OTHER = "other"


#: How long an answer may take.
ANSWER_WITHIN = {
    EnquiryKind.WHERE_IS_IT: timedelta(hours=4),
    EnquiryKind.DAMAGED: timedelta(hours=24),
    EnquiryKind.MISSING: timedelta(hours=24),
    EnquiryKind.WRONG_ITEM: timedelta(hours=24),
    EnquiryKind.CHANGE: timedelta(hours=1),
    EnquiryKind.INVOICE: timedelta(hours=48),
    EnquiryKind.OTHER: timedelta(hours=24),
}


class EnquiryState(StrEnum):
    #: Somebody has to answer.
    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class EnquiryAction(StrEnum):
    ANSWER = "answer"
    #: The customer has another question.
    ASK = "ask"
    CLOSE = "close"


_S, _A = EnquiryState, EnquiryAction

ENQUIRY = Machine(
    "enquiry",
    {
        (_S.OPEN, _A.ANSWER): _S.ANSWERED,
        (_S.OPEN, _A.ASK): _S.OPEN,
        (_S.OPEN, _A.CLOSE): _S.CLOSED,
        (_S.ANSWERED, _A.ANSWER): _S.ANSWERED,
        (_S.ANSWERED, _A.ASK): _S.OPEN,
        (_S.ANSWERED, _A.CLOSE): _S.CLOSED,
        (_S.CLOSED, _A.ASK): _S.OPEN,
    },
)


class NoteKind(StrEnum):
    QUESTION = "question"
    ANSWER = "answer"
    #: Among ourselves; nobody else reads it.
    NOTE = "note"


class SendState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    #: Nothing to send, or nowhere to.
    NOBODY = "nobody"


class Reason(StrEnum):
    """What a customer liked or missed."""

    QUICK = "quick"
    WELL_PACKED = "well_packed"
    LATE = "late"
    BADLY_PACKED = "badly_packed"
    TOO_MUCH_PACKING = "too_much_packing"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    MISSING = "missing"
    NOT_AS_SHOWN = "not_as_shown"
