from enum import StrEnum

from floor.kit.states import Machine


class PackState(StrEnum):
    #: Units are being scanned.
    OPEN = "open"
    #: Every unit seen; choose the box and weigh.
    VERIFIED = "verified"
    #: In parcels; waiting for labels and their scan.
    BOXED = "boxed"
    CLOSED = "closed"
    #: Given up: back to the shelf of problems.
    ABANDONED = "abandoned"


class PackAction(StrEnum):
    VERIFY = "verify"
    UNVERIFY = "unverify"
    BOX = "box"
    CLOSE = "close"
    #: A parcel was opened again.
    REOPEN = "reopen"
    ABANDON = "abandon"


_S, _A = PackState, PackAction

PACK = Machine(
    "pack",
    {
        (_S.OPEN, _A.VERIFY): _S.VERIFIED,
        (_S.OPEN, _A.ABANDON): _S.ABANDONED,
        (_S.VERIFIED, _A.UNVERIFY): _S.OPEN,
        (_S.VERIFIED, _A.BOX): _S.BOXED,
        (_S.VERIFIED, _A.ABANDON): _S.ABANDONED,
        (_S.BOXED, _A.CLOSE): _S.CLOSED,
        (_S.BOXED, _A.REOPEN): _S.VERIFIED,
        (_S.CLOSED, _A.REOPEN): _S.VERIFIED,
    },
)


class ParcelState(StrEnum):
    #: Goods inside, label not yet proven.
    BOXED = "boxed"
    #: Its own label was scanned on it.
    LABELLED = "labelled"
    #: On the lorry, in the carrier's hands.
    SHIPPED = "shipped"
    #: Opened again at a bench: empty by the books, its number waits for what goes into it now.
    OPENED = "opened"
    #: Opened and never filled again: its number is void.
    VOID = "void"


class ParcelAction(StrEnum):
    LABEL = "label"
    SHIP = "ship"
    REOPEN = "reopen"
    REBOX = "rebox"
    DROP = "drop"
    #: What its label says is no longer so: a new one is on its way and must be scanned on it.
    UNLABEL = "unlabel"


_P, _D = ParcelState, ParcelAction

PARCEL = Machine(
    "parcel",
    {
        (_P.BOXED, _D.LABEL): _P.LABELLED,
        (_P.LABELLED, _D.SHIP): _P.SHIPPED,
        (_P.LABELLED, _D.UNLABEL): _P.BOXED,
        (_P.BOXED, _D.REOPEN): _P.OPENED,
        (_P.LABELLED, _D.REOPEN): _P.OPENED,
        (_P.OPENED, _D.REBOX): _P.BOXED,
        (_P.OPENED, _D.DROP): _P.VOID,
    },
)
