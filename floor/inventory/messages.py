"""Sentences about stock."""

from flask_babel import lazy_gettext as _l

from floor.inventory.counting import Seen
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
    "inventory.not_fewer": _l("Enter %(most)s or less."),
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
    "inventory.stock.imported": _l("Stock set from a file"),
    "inventory.delivery.received": _l("Delivery received from a file"),
}

BIN_KINDS = {
    BinKind.PICK: _l("Pick face"),
    BinKind.RESERVE: _l("Reserve storage"),
    BinKind.RETURNS: _l("Returns shelf"),
    BinKind.QUARANTINE: _l("Quarantine"),
}

PLACE_KINDS = {
    PlaceKind.BIN: _l("Bin"),
    PlaceKind.TOTE: _l("Tote"),
    PlaceKind.PARCEL: _l("Parcel"),
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
    MoveReason.REPLENISH: _l("Replenished"),
    MoveReason.PICK: _l("Picked"),
    MoveReason.PUT_BACK: _l("Put back"),
    MoveReason.PACK: _l("Packed"),
    MoveReason.UNPACK: _l("Unpacked"),
    MoveReason.SHIP: _l("Shipped"),
    MoveReason.RETURN: _l("Returned"),
    MoveReason.SHORT: _l("Short"),
    MoveReason.DAMAGE: _l("Damaged"),
    MoveReason.COUNT: _l("Counted"),
    MoveReason.CORRECTION: _l("Corrected"),
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
