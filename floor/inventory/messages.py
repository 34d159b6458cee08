"""Sentences about stock."""

from flask_babel import lazy_gettext as _l

from floor.inventory.counting import Seen
from floor.inventory.lots import Held
from floor.inventory.models import BinKind, CountReason, MoveReason, PlaceKind
from floor.inventory.receiving import Outcome
from floor.inventory.states import CountState, DeliveryState, ReplenishmentState, TransferState

REFUSALS = {
    "inventory.not_enough": _l("Somebody else was faster: there are not enough units left."),
    "inventory.unknown_bin": _l("There is no bin %(bin)s."),
    "inventory.unknown_sku": _l("Nobody knows the SKU %(sku)s."),
    "inventory.unknown_tote": _l("There is no tote %(tote)s."),
    "inventory.unknown_count": _l("There is no such count."),
    "inventory.unknown_replenishment": _l("There is no such replenishment."),
    "inventory.unknown_warehouse": _l("There is no such warehouse."),
    "inventory.bin_closed": _l("Bin %(bin)s is closed. Choose another one."),
    "inventory.scan_first": _l("Scan the bin and the item first."),
    "inventory.count_over": _l("This count is finished. Look at the fresh list."),
    "inventory.missing_promised": _l(
        "%(missing)s units are missing, but only %(free)s are free: the others are promised to orders. "
        "Let the picker report them short on the walk, then adjust."
    ),
    "inventory.replenishment_over": _l("This replenishment is finished. Look at the fresh list."),
    "inventory.unknown_lot": _l("There is no lot %(lot)s."),
    "inventory.lot_on_hold": _l("What lies here is on hold and may not be sold. Report it short."),
    "inventory.lot_held_already": _l("Lot %(lot)s is on hold already."),
    "inventory.lot_not_held": _l("Lot %(lot)s is not on hold."),
    "inventory.lot_expired": _l("Lot %(lot)s is too old to be sold. It stays on hold."),
    "inventory.lot_unnamed": _l("These units have no lot number. Find it on the goods and write it down first."),
    "inventory.other_expiry": _l("Lot %(lot)s expires on %(known)s, by what was written down before. Look again."),
    "inventory.serial_known": _l("Serial number %(serial)s is in the house already."),
    "inventory.past": _l("Choose a moment in the future."),
    "inventory.other_house": _l("Bin %(bin)s belongs to another warehouse. Send a transfer instead."),
    "inventory.same_bin": _l("The goods lie in %(bin)s already."),
    "inventory.no_quarantine": _l("This warehouse has no open quarantine bin. Ask a supervisor to open one."),
    "inventory.wrong_reason": _l("This reason does not fit the number."),
    "inventory.not_fewer": _l("Enter %(most)s or less."),
    "inventory.nothing_to_undo": _l("There is nothing to take back: your last step is more than a minute ago."),
    "inventory.no_units": _l("Say what and how many, at least one unit."),
    "inventory.not_so_many": _l("Only %(most)s are left. Enter %(most)s or less."),
    "inventory.one_by_one": _l("Every unit has a serial number of its own. Scan one after the other."),
    "inventory.lot_needed": _l("These goods have a lot number. Scan or type it."),
    "inventory.no_dock": _l("This warehouse has no open receiving dock. Ask a supervisor to open one."),
    "inventory.no_qc": _l("This warehouse has no open bin for quality control. Ask a supervisor to open one."),
    "inventory.not_qc": _l("Bin %(bin)s is no bin of quality control."),
    "inventory.not_a_dock": _l("Bin %(bin)s is no open dock of this warehouse."),
    "inventory.unknown_delivery": _l("There is no such delivery."),
    "inventory.delivery_over": _l("This delivery is closed. What still comes is a new one."),
    "inventory.delivery_known": _l("Delivery %(reference)s of this supplier is known here already."),
    "inventory.not_waiting": _l("None of this waits to be put away."),
    "inventory.put_away_already": _l("Fewer are left there: somebody else put them away."),
    "inventory.not_a_shelf": _l("%(bin)s is no open shelf here. Scan another bin."),
    "inventory.other_dates": _l("In %(bin)s lies a lot that expires on another day. Scan another bin."),
    "inventory.same_house": _l("Choose two different warehouses."),
    "inventory.unknown_transfer": _l("There is no such transfer."),
    "inventory.transfer_over": _l("Not possible any more: the transfer has gone on. Look at the fresh page."),
    "inventory.not_this_house": _l("Bin %(bin)s is in another warehouse than the goods come from."),
    "inventory.not_in_transfer": _l("Nobody asked for these goods in this transfer."),
    "inventory.nothing_loaded": _l("Nothing is loaded yet."),
    "inventory.unload_first": _l("Units are on the lorry. Unload it first."),
    "inventory.say_why": _l("Say what happened to them."),
    "inventory.no_site": _l("You belong to no single warehouse. Let a supervisor announce the delivery at the desk."),
    "inventory.scan_again": _l("Something else was scanned meanwhile. Scan the item again."),
    "inventory.not_more": _l("%(n)s are counted already. Enter more, or take the last step back."),
    "inventory.unknown_promise": _l("These units are no longer put aside."),
}

EVENTS: dict[str, object] = {
    "inventory.count.asked": _l("Count asked for"),
    "inventory.count.differed": _l("Count differed, to be counted again"),
    "inventory.count.match": _l("Counted, the books are right"),
    "inventory.count.differ": _l("Counted twice with a difference"),
    "inventory.count.adjust": _l("Stock adjusted after a count"),
    "inventory.count.recount": _l("Recount asked for"),
    "inventory.replenishment.asked": _l("Replenishment asked for"),
    "inventory.replenishment.finish": _l("Pick face filled"),
    "inventory.replenishment.cancel": _l("Replenishment cancelled"),
    "inventory.stock.received": _l("Goods received"),
    "inventory.stock.put_aside": _l("Units put aside"),
    "inventory.stock.given_back": _l("Units no longer put aside"),
    "inventory.stock.relocated": _l("Goods moved to another bin"),
    "inventory.stock.adjusted": _l("Stock adjusted"),
    "inventory.lot.held": _l("Lot put on hold"),
    "inventory.lot.released": _l("Lot no longer on hold"),
    "inventory.stock.imported": _l("Stock set from a file"),
    "inventory.delivery.received": _l("Delivery received from a file"),
    "inventory.delivery.announced": _l("Delivery announced"),
    "inventory.delivery.arrive": _l("Delivery arrived at the dock"),
    "inventory.delivery.taken_in": _l("Units received at the dock"),
    "inventory.delivery.set_aside": _l("Received units set aside"),
    "inventory.delivery.close": _l("Delivery closed"),
    "inventory.delivery.cancel": _l("Delivery cancelled"),
    "inventory.stock.checked": _l("Checked by quality control"),
    "inventory.stock.put_away": _l("Goods put away"),
    "inventory.step.undone": _l("Last step taken back"),
    "inventory.lot.named": _l("Lot number found and written down"),
    "inventory.transfer.planned": _l("Transfer planned"),
    "inventory.transfer.loaded": _l("Units loaded for another warehouse"),
    "inventory.transfer.unloaded": _l("Lorry unloaded again"),
    "inventory.transfer.send": _l("Transfer sent"),
    "inventory.transfer.received": _l("Units of a transfer received"),
    "inventory.transfer.written_off": _l("Units of a transfer written off"),
    "inventory.transfer.close": _l("Transfer complete"),
    "inventory.transfer.reopen": _l("Transfer open again"),
    "inventory.transfer.cancel": _l("Transfer cancelled"),
}

BIN_KINDS = {
    BinKind.PICK: _l("Pick face"),
    BinKind.RESERVE: _l("Reserve storage"),
    BinKind.DOCK: _l("Receiving dock"),
    BinKind.QC: _l("Quality control"),
    BinKind.RETURNS: _l("Returns shelf"),
    BinKind.QUARANTINE: _l("Quarantine"),
}

PLACE_KINDS = {
    PlaceKind.BIN: _l("Bin"),
    PlaceKind.TOTE: _l("Tote"),
    PlaceKind.PARCEL: _l("Parcel"),
    PlaceKind.TRANSIT: _l("On the road"),
    PlaceKind.SUPPLIER: _l("Supplier"),
    PlaceKind.CUSTOMER: _l("Customer"),
    PlaceKind.FOUND: _l("Found"),
    PlaceKind.LOST: _l("Lost"),
    PlaceKind.SCRAP: _l("Scrap"),
}

MOVE_REASONS = {
    MoveReason.OPENING: _l("Opening stock"),
    MoveReason.RECEIVE: _l("Received"),
    MoveReason.PUT_AWAY: _l("Put away"),
    MoveReason.RELOCATE: _l("Relocated"),
    MoveReason.TRANSFER: _l("Transferred"),
    MoveReason.REPLENISH: _l("Replenished"),
    MoveReason.PICK: _l("Picked"),
    MoveReason.PUT_BACK: _l("Put back"),
    MoveReason.PACK: _l("Packed"),
    MoveReason.UNPACK: _l("Unpacked"),
    MoveReason.SHIP: _l("Shipped"),
    MoveReason.RETURN: _l("Returned"),
    MoveReason.SHORT: _l("Short"),
    MoveReason.DAMAGE: _l("Damaged"),
    MoveReason.FOUND: _l("Found"),
    MoveReason.LOST: _l("Lost"),
    MoveReason.SCRAP: _l("Scrapped"),
    MoveReason.COUNT: _l("Counted"),
    MoveReason.CORRECTION: _l("Corrected"),
}

#: Why a lot is not for sale.
HOLDS = {
    Held.EXPIRED: _l("Too old"),
    Held.QUALITY: _l("Quality in doubt"),
    Held.RECALL: _l("Recalled"),
    Held.UNNAMED: _l("Number unknown"),
}

COUNT_REASONS = {
    CountReason.SHORT: _l("Short pick"),
    CountReason.ZERO_CHECK: _l("Bin should be empty"),
    CountReason.CYCLE: _l("Cycle count"),
    CountReason.ASKED: _l("Asked for"),
}

COUNT_STATES = {
    CountState.OPEN: _l("To count"),
    CountState.VARIANCE: _l("Variance"),
    CountState.DONE: _l("Done"),
}

REPLENISHMENT_STATES = {
    ReplenishmentState.OPEN: _l("To do"),
    ReplenishmentState.DONE: _l("Done"),
    ReplenishmentState.CANCELLED: _l("Cancelled"),
}

DELIVERY_STATES = {
    DeliveryState.EXPECTED: _l("To come"),
    DeliveryState.RECEIVING: _l("Being received"),
    DeliveryState.CLOSED: _l("Receiving closed"),
    DeliveryState.CANCELLED: _l("Cancelled"),
}

TRANSFER_STATES = {
    TransferState.DRAFT: _l("To load"),
    TransferState.SENT: _l("On the road"),
    TransferState.CLOSED: _l("Complete"),
    TransferState.CANCELLED: _l("Cancelled"),
}

OUTCOMES = {
    Outcome.GOOD: _l("Good: to the dock"),
    Outcome.BAD: _l("Bad: to quarantine"),
    Outcome.BACK: _l("Back to the supplier"),
}

#: What a ledger row was for, as a recall reads it.
SUBJECTS = {
    "walk": _l("Walk"),
    "pack": _l("Packing"),
    "parcel": _l("Parcel"),
    "manifest": _l("Manifest"),
    "return": _l("Return"),
    "transfer": _l("Transfer"),
    "delivery": _l("Delivery"),
    "bin": _l("Bin"),
    "count": _l("Count"),
}

#: What a wrong scan at a count says.
SEEN = {
    Seen.WRONG_BIN: _l("This is not the bin to count"),
    Seen.WRONG_ITEM: _l("Other goods than the ones to count"),
    Seen.UNKNOWN: _l("The system does not know this code"),
}

#: Why a row of a stock file cannot be used.
FAULTS = {
    "columns": _l("The file needs the columns %(value)s."),
    "sku": _l("There is no SKU %(value)s."),
    "warehouse": _l("There is no warehouse %(value)s."),
    "bin": _l("There is no bin %(value)s in this warehouse."),
    "qty": _l("%(value)s is not a whole number of units."),
    "twice": _l("%(value)s stands in the file twice."),
    "promised": _l("%(value)s units there are promised to orders and cannot go."),
    "reference": _l("Give the supplier's reference, 40 characters at most."),
    "supplier": _l("The supplier's name is too long: %(value)s"),
    "day": _l("%(value)s is not a day. Write 2026-11-30."),
    "known": _l("Delivery %(value)s of this supplier is known here already."),
    "two_days": _l("Delivery %(value)s has two different days."),
}
