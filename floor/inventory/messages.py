"""Sentences about stock."""

from flask_babel import lazy_gettext as _l

from floor.inventory import messages_supply
from floor.inventory.counting import Seen
from floor.inventory.lots import Held
from floor.inventory.models import BinKind, CountReason, MoveReason, PlaceKind
from floor.inventory.states import CountState, ReplenishmentState

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
    **messages_supply.REFUSALS,
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
    **messages_supply.EVENTS,
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
}
