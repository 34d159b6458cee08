"""What becomes of a waybill number we ask for, and of an invoice a buyer asks for."""

from enum import StrEnum

from floor.kit.states import Machine


class WaybillState(StrEnum):
    #: Asked for; the carrier has not answered yet. A worker asks until it does.
    REQUESTED = "requested"
    ACTIVE = "active"
    #: The carrier may or may not have issued a number, and cannot be asked: a person finds out.
    UNSURE = "unsure"
    #: The carrier said no, so nothing was issued.
    REFUSED = "refused"
    #: To be cancelled at the carrier first.
    CANCELLING = "cancelling"
    VOID = "void"


class WaybillAction(StrEnum):
    RECEIVE = "receive"
    DOUBT = "doubt"
    REFUSE = "refuse"
    RETRY = "retry"
    CANCEL = "cancel"
    #: The carrier would not cancel, and the number goes on living.
    KEEP = "keep"
    #: Nothing was issued, or it was cancelled.
    DROP = "drop"


_S, _A = WaybillState, WaybillAction

WAYBILL = Machine(
    "waybill",
    {
        (_S.REQUESTED, _A.RECEIVE): _S.ACTIVE,
        (_S.REQUESTED, _A.DOUBT): _S.UNSURE,
        (_S.REQUESTED, _A.REFUSE): _S.REFUSED,
        (_S.REQUESTED, _A.CANCEL): _S.CANCELLING,
        (_S.REQUESTED, _A.DROP): _S.VOID,
        (_S.UNSURE, _A.RECEIVE): _S.ACTIVE,
        (_S.UNSURE, _A.RETRY): _S.REQUESTED,
        (_S.UNSURE, _A.CANCEL): _S.CANCELLING,
        (_S.UNSURE, _A.DROP): _S.VOID,
        (_S.REFUSED, _A.RECEIVE): _S.ACTIVE,
        (_S.REFUSED, _A.RETRY): _S.REQUESTED,
        (_S.REFUSED, _A.DROP): _S.VOID,
        (_S.ACTIVE, _A.CANCEL): _S.CANCELLING,
        (_S.CANCELLING, _A.KEEP): _S.ACTIVE,
        (_S.CANCELLING, _A.DROP): _S.VOID,
    },
)

#: States in which a label with the number must not stick on a parcel that leaves.
DEAD = (WaybillState.CANCELLING, WaybillState.VOID)


class InvoiceState(StrEnum):
    #: Asked for; it goes into the next file as soon as nothing is missing.
    RELEASED = "released"
    #: A person keeps it back.
    HELD = "held"
    #: In a file for whoever issues it.
    EXPORTED = "exported"
    #: It has its number.
    ISSUED = "issued"
    CANCELLED = "cancelled"


class InvoiceAction(StrEnum):
    HOLD = "hold"
    RELEASE = "release"
    EXPORT = "export"
    ISSUE = "issue"
    CANCEL = "cancel"


_I, _D = InvoiceState, InvoiceAction

INVOICE = Machine(
    "invoice",
    {
        (_I.RELEASED, _D.HOLD): _I.HELD,
        (_I.RELEASED, _D.EXPORT): _I.EXPORTED,
        (_I.RELEASED, _D.ISSUE): _I.ISSUED,
        (_I.RELEASED, _D.CANCEL): _I.CANCELLED,
        (_I.HELD, _D.RELEASE): _I.RELEASED,
        (_I.HELD, _D.ISSUE): _I.ISSUED,
        (_I.HELD, _D.CANCEL): _I.CANCELLED,
        (_I.EXPORTED, _D.ISSUE): _I.ISSUED,
        (_I.EXPORTED, _D.CANCEL): _I.CANCELLED,
    },
)
