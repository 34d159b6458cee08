"""What may still be done with an order, and what it would mean, by how far its goods are. Verbs ask again."""

from collections.abc import Sequence
from dataclasses import dataclass

from floor.orders.states import OrderState
from floor.shipments.states import GONE, ShipmentState, all_gone

_S = ShipmentState
#: No parcel has a label yet, so nothing printed tells another address.
UNLABELLED = (_S.PLANNED, _S.PICKING, _S.PICKED)
#: Units on their shelves may still be taken off.
UNPICKED = (_S.PLANNED, _S.PICKING)
#: Goods a bench has: it hears of a cancellation at its next scan, and books them back itself.
AT_BENCH = (_S.PACKING, _S.PACKED)

VERBS = ("cancel", "hold", "release", "address", "fewer", "split", "resend")


@dataclass(frozen=True)
class Answer:
    """Whether a verb may be used now; `code` finds its sentence in messages.ANSWERS."""

    can: bool
    code: str


#: What cancelling means for the goods of a shipment in each state.
_CANCEL = {
    _S.PLANNED: "cancel_shelf", _S.PICKING: "cancel_walk", _S.PICKED: "cancel_tote", _S.PACKING: "cancel_bench",
    _S.PACKED: "cancel_parcel",
}  # fmt: skip
_HOLD = {
    _S.PLANNED: "hold_shelf", _S.PICKING: "hold_walk", _S.PICKED: "hold_tote", _S.PACKING: "hold_bench",
    _S.PACKED: "hold_parcel",
}  # fmt: skip


def answers(state: OrderState, shipment_states: Sequence[ShipmentState]) -> dict[str, Answer]:
    """Verb -> answer, in the order of VERBS. Of several shipments the one that is furthest decides what it means."""
    alive = [one for one in shipment_states if one is not _S.CANCELLED]
    furthest = max(alive, key=list(_S).index, default=None)
    if state is OrderState.CANCELLED:
        return {"resend": Answer(False, "over")}
    any_gone, whole_gone = any(one in GONE for one in alive), all_gone(alive)
    found = {"cancel": Answer(not any_gone, _meaning(_CANCEL, furthest, "cancel_free"))}
    if state is OrderState.HELD:
        found["release"] = Answer(True, "release")
    elif whole_gone:
        found["hold"] = Answer(False, "gone")
    else:
        found["hold"] = Answer(True, _meaning(_HOLD, furthest, "hold_free"))
    if all(one in UNLABELLED for one in alive):
        found["address"] = Answer(True, "address_free")
    else:
        found["address"] = Answer(False, "gone" if whole_gone else "address_labelled")
    if not alive or any(one in UNPICKED for one in alive):
        found["fewer"] = Answer(True, "fewer_free")
    else:
        found["fewer"] = Answer(False, "gone" if whole_gone else "fewer_picked")
    is_split = state is OrderState.HELD and not alive
    found["split"] = Answer(is_split, "split_free" if is_split else "split_late" if alive else "split_held")
    found["resend"] = Answer(any_gone, "resend_free" if any_gone else "resend_early")
    return {verb: found[verb] for verb in VERBS if verb in found}


def _meaning(table: dict[ShipmentState, str], furthest: ShipmentState | None, without: str) -> str:
    return without if furthest is None else table.get(furthest, "gone")


def possible(state: OrderState, shipment_states: Sequence[ShipmentState]) -> set[str]:
    """The buttons of an order's page."""
    return {verb for verb, answer in answers(state, shipment_states).items() if answer.can}
