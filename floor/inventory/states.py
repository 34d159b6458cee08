"""States of what people do with stock: counts, replenishments, deliveries, transfers."""

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


REPLENISHMENT = Machine(
    "replenishment",
    {
        (ReplenishmentState.OPEN, ReplenishmentAction.FINISH): ReplenishmentState.DONE,
        (ReplenishmentState.OPEN, ReplenishmentAction.CANCEL): ReplenishmentState.CANCELLED,
    },
)


class DeliveryState(StrEnum):
    #: Announced, nothing of it was seen yet.
    EXPECTED = "expected"
    #: At the dock, being scanned.
    RECEIVING = "receiving"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class DeliveryAction(StrEnum):
    ARRIVE = "arrive"
    CLOSE = "close"
    CANCEL = "cancel"


DELIVERY = Machine(
    "delivery",
    {
        (DeliveryState.EXPECTED, DeliveryAction.ARRIVE): DeliveryState.RECEIVING,
        (DeliveryState.EXPECTED, DeliveryAction.CANCEL): DeliveryState.CANCELLED,
        (DeliveryState.RECEIVING, DeliveryAction.CLOSE): DeliveryState.CLOSED,
    },
)


class TransferState(StrEnum):
    #: Planned; units may be loaded already.
    DRAFT = "draft"
    #: On the road, or being unloaded.
    SENT = "sent"
    #: Every unit sent was received or written off.
    CLOSED = "closed"
    CANCELLED = "cancelled"


class TransferAction(StrEnum):
    SEND = "send"
    CLOSE = "close"
    #: Its last unit was taken in by mistake, and is taken back.
    REOPEN = "reopen"
    CANCEL = "cancel"


TRANSFER = Machine(
    "transfer",
    {
        (TransferState.DRAFT, TransferAction.SEND): TransferState.SENT,
        (TransferState.DRAFT, TransferAction.CANCEL): TransferState.CANCELLED,
        (TransferState.SENT, TransferAction.CLOSE): TransferState.CLOSED,
        (TransferState.CLOSED, TransferAction.REOPEN): TransferState.SENT,
    },
)
