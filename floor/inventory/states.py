"""States of what people do with stock: counts, replenishments, requests, files, deliveries, transfers."""

from enum import StrEnum

from floor.kit.states import Machine


class CountState(StrEnum):
    #: Somebody should count, or count again.
    OPEN = "open"
    #: Counted twice with the same difference: a supervisor decides.
    VARIANCE = "variance"
    #: A supervisor agreed to a large difference: another one must, too.
    APPROVED = "approved"
    #: The books are right, or follow the count.
    DONE = "done"
    #: Not believed: the books stay.
    REJECTED = "rejected"


class CountAction(StrEnum):
    MATCH = "match"
    DIFFER = "differ"
    ADJUST = "adjust"
    APPROVE = "approve"
    REJECT = "reject"
    RECOUNT = "recount"


COUNT = Machine(
    "count",
    {
        (CountState.OPEN, CountAction.MATCH): CountState.DONE,
        (CountState.OPEN, CountAction.DIFFER): CountState.VARIANCE,
        (CountState.VARIANCE, CountAction.ADJUST): CountState.DONE,
        (CountState.VARIANCE, CountAction.APPROVE): CountState.APPROVED,
        (CountState.VARIANCE, CountAction.REJECT): CountState.REJECTED,
        (CountState.VARIANCE, CountAction.RECOUNT): CountState.OPEN,
        (CountState.APPROVED, CountAction.ADJUST): CountState.DONE,
        (CountState.APPROVED, CountAction.REJECT): CountState.REJECTED,
        (CountState.APPROVED, CountAction.RECOUNT): CountState.OPEN,
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


class ImportState(StrEnum):
    #: The worker looks at every row; nothing changes.
    EXAMINING = "examining"
    #: What would change is shown and waits for a yes.
    READY = "ready"
    APPLYING = "applying"
    DONE = "done"
    CANCELLED = "cancelled"
    #: No table, or not with these columns: nothing of it was used.
    FAILED = "failed"


class ImportAction(StrEnum):
    SHOW = "show"
    FAIL = "fail"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    FINISH = "finish"


IMPORT = Machine(
    "import",
    {
        (ImportState.EXAMINING, ImportAction.SHOW): ImportState.READY,
        (ImportState.EXAMINING, ImportAction.FAIL): ImportState.FAILED,
        (ImportState.EXAMINING, ImportAction.CANCEL): ImportState.CANCELLED,
        (ImportState.READY, ImportAction.CONFIRM): ImportState.APPLYING,
        (ImportState.READY, ImportAction.CANCEL): ImportState.CANCELLED,
        (ImportState.APPLYING, ImportAction.FINISH): ImportState.DONE,
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
