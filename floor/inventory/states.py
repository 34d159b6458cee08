"""States of the tasks of stock: counting a bin, refilling a pick face, asking purchasing for more."""

from enum import StrEnum

from floor.kit.states import Machine


class CountState(StrEnum):
    #: Somebody should count, or count again.
    OPEN = "open"
    #: Counted twice with the same difference: a supervisor decides.
    VARIANCE = "variance"
    DONE = "done"


class CountAction(StrEnum):
    MATCH = "match"
    DIFFER = "differ"
    ADJUST = "adjust"
    RECOUNT = "recount"


COUNT = Machine(
    "count",
    {
        (CountState.OPEN, CountAction.MATCH): CountState.DONE,
        (CountState.OPEN, CountAction.DIFFER): CountState.VARIANCE,
        (CountState.VARIANCE, CountAction.ADJUST): CountState.DONE,
        (CountState.VARIANCE, CountAction.RECOUNT): CountState.OPEN,
    },
)


class ReplenishmentState(StrEnum):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class ReplenishmentAction(StrEnum):
    FINISH = "finish"
    CANCEL = "cancel"
    UNDO = "undo"


REPLENISHMENT = Machine(
    "replenishment",
    {
        (ReplenishmentState.OPEN, ReplenishmentAction.FINISH): ReplenishmentState.DONE,
        (ReplenishmentState.OPEN, ReplenishmentAction.CANCEL): ReplenishmentState.CANCELLED,
        (ReplenishmentState.DONE, ReplenishmentAction.UNDO): ReplenishmentState.OPEN,
    },
)


class PurchaseState(StrEnum):
    OPEN = "open"
    #: Somebody ordered the goods; they count as expected until they were received.
    ORDERED = "ordered"
    DISMISSED = "dismissed"


class PurchaseAction(StrEnum):
    ORDER = "order"
    DISMISS = "dismiss"


PURCHASE = Machine(
    "purchase request",
    {
        (PurchaseState.OPEN, PurchaseAction.ORDER): PurchaseState.ORDERED,
        (PurchaseState.OPEN, PurchaseAction.DISMISS): PurchaseState.DISMISSED,
        (PurchaseState.ORDERED, PurchaseAction.DISMISS): PurchaseState.DISMISSED,
    },
)
