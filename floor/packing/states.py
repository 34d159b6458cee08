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
    },
)


class ParcelState(StrEnum):
    #: Goods inside, label not yet proven.
    BOXED = "boxed"
    #: Its own label was scanned on it.
    LABELLED = "labelled"
    #: On the lorry, in the carrier's hands.
    SHIPPED = "shipped"


class ParcelAction(StrEnum):
    LABEL = "label"
    SHIP = "ship"


PARCEL = Machine(
    "parcel",
    {
        (ParcelState.BOXED, ParcelAction.LABEL): ParcelState.LABELLED,
        (ParcelState.LABELLED, ParcelAction.SHIP): ParcelState.SHIPPED,
    },
)
