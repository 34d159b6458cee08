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
    #: Paid for before it came; it never came.
    WRITE_OFF = "write_off"


CASE = Machine(
    "return",
    {
        (CaseState.REQUESTED, CaseAction.ARRIVE): CaseState.ARRIVED,
        (CaseState.REQUESTED, CaseAction.CANCEL): CaseState.CANCELLED,
        (CaseState.REQUESTED, CaseAction.WRITE_OFF): CaseState.CLOSED,
        (CaseState.ARRIVED, CaseAction.CLOSE): CaseState.CLOSED,
    },
)


class RepairState(StrEnum):
    RECEIVED = "received"
    #: Somebody wrote down what is wrong.
    DIAGNOSED = "diagnosed"
    #: The customer was told a price.
    QUOTED = "quoted"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REPAIRING = "repairing"
    DONE = "done"
    #: An order takes it home.
    SENT_BACK = "sent_back"
    #: It cannot be repaired: the case goes on as a return for money.
    GIVEN_UP = "given_up"


class RepairAction(StrEnum):
    DIAGNOSE = "diagnose"
    QUOTE = "quote"
    ACCEPT = "accept"
    DECLINE = "decline"
    START = "start"
    FINISH = "finish"
    SEND_BACK = "send_back"
    GIVE_UP = "give_up"


_S, _A = RepairState, RepairAction

REPAIR = Machine(
    "repair",
    {
        (_S.RECEIVED, _A.DIAGNOSE): _S.DIAGNOSED,
        (_S.RECEIVED, _A.GIVE_UP): _S.GIVEN_UP,
        (_S.DIAGNOSED, _A.QUOTE): _S.QUOTED,
        # Nothing to pay: nobody has to be asked.
        (_S.DIAGNOSED, _A.START): _S.REPAIRING,
        (_S.DIAGNOSED, _A.GIVE_UP): _S.GIVEN_UP,
        (_S.QUOTED, _A.ACCEPT): _S.ACCEPTED,
        (_S.QUOTED, _A.DECLINE): _S.DECLINED,
        (_S.ACCEPTED, _A.START): _S.REPAIRING,
        (_S.DECLINED, _A.SEND_BACK): _S.SENT_BACK,
        (_S.DECLINED, _A.GIVE_UP): _S.GIVEN_UP,
        (_S.REPAIRING, _A.FINISH): _S.DONE,
        (_S.REPAIRING, _A.GIVE_UP): _S.GIVEN_UP,
        (_S.DONE, _A.SEND_BACK): _S.SENT_BACK,
    },
)
