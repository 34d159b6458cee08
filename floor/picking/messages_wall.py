"""Sentences of the put wall and of the supervisor's board."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from floor.picking.verdict import Verdict

REFUSALS = {
    "picking.tote_is_slot": _l("%(tote)s is a slot of the put wall. Take a tote that can be carried."),
    "picking.unknown_wall": _l("There is no such wall here."),
    "picking.wall_code_taken": _l("%(wall)s is taken already. Give the wall another name."),
    "picking.no_batch_tote": _l("Nothing to sort has the code %(scanned)s. Scan a tote that came from a batch walk."),
    "picking.batch_on_walk": _l("Walk %(number)s is still being picked. Its totes are sorted when it is finished."),
    "picking.batch_elsewhere": _l("Wall %(wall)s sorts this batch. Bring the tote there."),
    "picking.batch_not_here": _l("This batch is not sorted at this wall. Scan one of its totes first."),
    "picking.packing_began": _l("Cannot be undone: this slot is being packed already."),
    "picking.tote_went_on": _l("Cannot be undone: the empty tote is in use again."),
    "picking.sorted_meanwhile": _l("Somebody sorted on meanwhile. Look at the fresh list."),
    "picking.unit_with_somebody": _l("%(who)s has a unit in hand. Let them put it away first."),
    "picking.carries_totes": _l("It carries totes by now. Ask its picker to hand it over."),
    "picking.has_it_already": _l("%(name)s has this walk already."),
    "picking.unknown_person": _l("There is no such person."),
    "picking.not_waiting": _l("This order is on a walk already, or no longer waits. Look at the fresh board."),
    "picking.cannot_join": _l("This walk has gone on too far, or its cart is full. Look at the fresh list."),
    "picking.nothing_goes_there": _l("Nothing of this batch goes to %(scanned)s. Scan a shelf from the list."),
}

EVENTS = {
    "picking.walk.for_wall": _l("Walk is picked for the put wall"),
    "picking.walk.at_wall": _l("Batch came to the put wall"),
    "picking.walk.unit_sorted": _l("Unit sorted into its slot"),
    "picking.walk.sorting_undone": _l("Unit taken out of its slot again"),
    "picking.walk.missing_at_wall": _l("Units missing at the put wall"),
    "picking.walk.wall_shelved": _l("Units of a cancelled order put back on the shelf"),
    "picking.walk.assigned": _l("Walk given to a picker"),
    "picking.walk.handover_asked": _l("Picker asked to hand the walk over"),
    "picking.walk.handover_withdrawn": _l("No longer asked to hand the walk over"),
    "picking.walk.order_joined": _l("Urgent order joined a walk"),
    "picking.wall.put_up": _l("Wall put up"),
    "picking.wall.changed": _l("Wall changed"),
}

SLOT_STATES = {
    "free": _l("Free"),
    "filling": _l("Filling"),
    "complete": _l("Complete, take it to a bench"),
    "packing": _l("Being packed"),
    "cancelled": _l("Cancelled, put it back"),
}


def say(said: Verdict) -> tuple[str, str]:
    """(what happened, what to do) of a scan at the wall."""
    v = said.values
    match said.code:
        case "to_slot" | "in_slot" | "slot_complete":
            return _right(said)
        case "tote_changed":
            return _("Tote %(tote)s", tote=v["tote"]), _("Scan what is in it.")
        case "sorting_undone":
            return _("Undone"), _("Put it back into tote %(tote)s.", tote=v["tote"])
        case "slot_first":
            return _("Slot %(n)s first", n=v["number"]), _("Put in what you hold and scan the slot, or undo.")
        case "item_first":
            return _("Scan the item first"), _("The slot comes after it.")
        case "wall_full":
            return _("No slot is free"), _("Take a complete slot to a bench, then scan this again.")
        case "in_hand_elsewhere":
            return _("You hold a unit of %(walk)s", walk=v["walk"]), _("Put that one into its slot first, or undo it.")
        case "tote_of_another":
            return _("%(tote)s is not of this batch", tote=v["tote"]), _("Finish this batch first.")
        case "with_somebody":
            first = _("%(who)s has it for slot %(n)s", who=v["who"], n=v["number"])
            return first, _("Yours is not counted. Put it back into the tote and take another.")
        case "of_cancelled":
            return _("Its order was cancelled"), _("Leave it in the tote. It goes back to the shelf at the end.")
        case "no_such_command":
            return _("This card does nothing here"), ""
        case "wrong_slot" | "other_wall":
            return _("Wrong slot"), _("Put it into slot %(n)s", n=v["wanted"])
        case "one_too_many":
            return _("One too many"), _("Not counted. Every slot has its units.")
        case "not_of_batch":
            return _("Not of this batch"), _("Not counted. No slot wants it.")
        case _:
            return _("Unknown code"), _("Not counted. Nothing here has this code.")


def _right(said: Verdict) -> tuple[str, str]:
    v = said.values
    emptied = _("Tote %(tote)s is empty: put it away.", tote=v["tote"]) if v.get("tote") else ""
    if said.code == "slot_complete":
        return _("Slot %(n)s is complete: to a bench", n=v["number"]), emptied
    return ("", "") if said.code == "to_slot" else (_("In slot %(n)s", n=v["number"]), emptied)
