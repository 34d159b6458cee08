from collections.abc import Iterable
from enum import StrEnum

from floor.kit.states import Machine


class ShipmentState(StrEnum):
    #: Stock is reserved; no walk yet.
    PLANNED = "planned"
    #: On a walk.
    PICKING = "picking"
    #: In its tote, waiting for a bench.
    PICKED = "picked"
    #: Being checked and packed.
    PACKING = "packing"
    #: In closed parcels with labels.
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class ShipmentAction(StrEnum):
    START_PICK = "start_pick"
    #: Back from a walk that was given up.
    RETURN_PLAN = "return_plan"
    FINISH_PICK = "finish_pick"
    #: The last unit put into its slot of the wall was taken out again.
    REOPEN_PICK = "reopen_pick"
    START_PACK = "start_pack"
    REOPEN_PACK = "reopen_pack"
    FINISH_PACK = "finish_pack"
    #: A parcel was opened again before the lorry.
    UNPACK = "unpack"
    SHIP = "ship"
    DELIVER = "deliver"
    #: What the carrier told later of earlier: the signature was the sender's.
    UNDELIVER = "undeliver"
    CANCEL = "cancel"


_S, _A = ShipmentState, ShipmentAction

#: Out of the house.
GONE = (_S.SHIPPED, _S.DELIVERED)


def all_gone(states: Iterable[ShipmentState]) -> bool:
    """Whether there is something, and all of it that was not cancelled has left the house."""
    alive = [state for state in states if state is not _S.CANCELLED]
    return bool(alive) and all(state in GONE for state in alive)


SHIPMENT = Machine(
    "shipment",
    {
        (_S.PLANNED, _A.START_PICK): _S.PICKING,
        (_S.PLANNED, _A.CANCEL): _S.CANCELLED,
        (_S.PICKING, _A.RETURN_PLAN): _S.PLANNED,
        (_S.PICKING, _A.FINISH_PICK): _S.PICKED,
        (_S.PICKING, _A.CANCEL): _S.CANCELLED,
        (_S.PICKED, _A.REOPEN_PICK): _S.PICKING,
        (_S.PICKED, _A.START_PACK): _S.PACKING,
        (_S.PICKED, _A.CANCEL): _S.CANCELLED,
        (_S.PACKING, _A.REOPEN_PACK): _S.PICKED,
        (_S.PACKING, _A.FINISH_PACK): _S.PACKED,
        (_S.PACKED, _A.UNPACK): _S.PACKING,
        (_S.PACKED, _A.SHIP): _S.SHIPPED,
        (_S.SHIPPED, _A.DELIVER): _S.DELIVERED,
        (_S.DELIVERED, _A.UNDELIVER): _S.SHIPPED,
    },
)
