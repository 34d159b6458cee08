"""An order's own states end with its release: from there on its shipments tell how far it is."""

from enum import StrEnum

from floor.kit.states import Machine


class OrderState(StrEnum):
    #: In the house, not yet looked at.
    RECEIVED = "received"
    #: Waiting for a person's decision.
    HELD = "held"
    #: May be allocated and shipped.
    RELEASED = "released"
    CANCELLED = "cancelled"


class OrderAction(StrEnum):
    HOLD = "hold"
    RELEASE = "release"
    CANCEL = "cancel"
    #: A cancellation at the audit taken back within its minute.
    REOPEN = "reopen"


ORDER = Machine(
    "order",
    {
        (OrderState.RECEIVED, OrderAction.RELEASE): OrderState.RELEASED,
        (OrderState.RECEIVED, OrderAction.HOLD): OrderState.HELD,
        (OrderState.RECEIVED, OrderAction.CANCEL): OrderState.CANCELLED,
        (OrderState.HELD, OrderAction.RELEASE): OrderState.RELEASED,
        (OrderState.HELD, OrderAction.CANCEL): OrderState.CANCELLED,
        (OrderState.RELEASED, OrderAction.HOLD): OrderState.HELD,
        (OrderState.RELEASED, OrderAction.CANCEL): OrderState.CANCELLED,
        (OrderState.CANCELLED, OrderAction.REOPEN): OrderState.HELD,
    },
)
