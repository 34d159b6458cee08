from enum import StrEnum

from floor.kit.states import Machine


class CaseState(StrEnum):
    #: The customer or a clerk asked; the goods are still out.
    REQUESTED = "requested"
    #: The parcel is on our desk.
    ARRIVED = "arrived"
    #: Every unit inspected and decided; the refund is recorded.
    CLOSED = "closed"
    CANCELLED = "cancelled"


class CaseAction(StrEnum):
    ARRIVE = "arrive"
    CLOSE = "close"
    CANCEL = "cancel"


CASE = Machine(
    "return",
    {
        (CaseState.REQUESTED, CaseAction.ARRIVE): CaseState.ARRIVED,
        (CaseState.REQUESTED, CaseAction.CANCEL): CaseState.CANCELLED,
        (CaseState.ARRIVED, CaseAction.CLOSE): CaseState.CLOSED,
    },
)
