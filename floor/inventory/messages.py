"""Sentences about stock."""

from flask_babel import lazy_gettext as _l

from floor.inventory import messages_supply
from floor.inventory.count_planning import Klass
from floor.inventory.count_review import Why
from floor.inventory.counting import Seen
from floor.inventory.lots import Held
from floor.inventory.models import BinKind, CountReason, ImportKind, MoveReason, PlaceKind
from floor.inventory.models_counting import Finding, SourceKind
from floor.inventory.receiving import Outcome
from floor.inventory.states import CountState, DeliveryState, ImportState, ReplenishmentState, TransferState

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
    "inventory.other_must_count": _l(
        "You counted these already. Leave them for a colleague: two people have to count."
    ),
    "inventory.not_empty": _l("You counted goods in this bin. Say that nothing else lies here instead."),
    "inventory.own_count": _l("You counted these yourself. A difference this large is decided by others."),
    "inventory.second_person": _l("You agreed already. A second supervisor has to agree, too."),
    "inventory.unknown_source": _l("There is no such source of observations."),
    "inventory.source_taken": _l("There is a source %(source)s already."),
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
    "inventory.unknown_import": _l("There is no such import."),
    "inventory.no_file": _l("Choose a file."),
    "inventory.no_kind": _l("Choose what the file holds."),
    "inventory.file_empty": _l("The file is empty."),
    "inventory.file_broken": _l("The file cannot be read: it is damaged, or no CSV or Excel workbook."),
    "inventory.file_old_excel": _l("This is a workbook of an old Excel (.xls). Save it as .xlsx or CSV."),
    "inventory.file_too_big": _l("The workbook is too big once unpacked. Split it."),
    "inventory.file_too_long": _l("The file has more than %(most)s rows. Split it."),
    "inventory.column_twice": _l("The column %(column)s is there twice."),
    "inventory.columns_missing": _l("These columns are missing: %(missing)s. The file has: %(found)s."),
    "inventory.nothing_to_import": _l("Nothing would change: the house is as the file says."),
    **messages_supply.REFUSALS,
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
    "inventory.count.other": _l("Count differed, to be counted by somebody else"),
    "inventory.count.approve": _l("Large difference agreed to, a second supervisor is wanted"),
    "inventory.count.reject": _l("Count rejected, the books stay"),
    "inventory.counts.planned": _l("Cycle counts planned"),
    "inventory.counts.rules_changed": _l("Rules of counting changed"),
    "inventory.bin.done": _l("Counting at the bin ended"),
    "inventory.bin.nothing_else": _l("Bin counted, nothing else lies there"),
    "inventory.bin.empty": _l("Bin found empty"),
    "inventory.bin.doubted": _l("Wrong goods scanned at the bin"),
    "inventory.source.added": _l("Source of observations added"),
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
    "inventory.import.uploaded": _l("File %(file)s uploaded"),
    "inventory.import.show": _l("File %(file)s examined"),
    "inventory.import.fail": _l("File %(file)s cannot be used"),
    "inventory.import.confirm": _l("Import of %(file)s confirmed"),
    "inventory.import.cancel": _l("File %(file)s put aside"),
    "inventory.import.went_on": _l("File %(file)s goes on"),
    "inventory.import.finish": _l("File %(file)s imported: %(made)s new, %(changed)s changed, %(refused)s refused"),
    "inventory.delivery.received": _l("Delivery received from a file"),
    **messages_supply.EVENTS,
    "inventory.warehouse.capacity": _l("Today's capacity changed"),
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
    MoveReason.SORT: _l("Sorted at the wall"),
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
    CountReason.OBSERVED: _l("A reader disagrees"),
}

COUNT_STATES = {
    CountState.OPEN: _l("To count"),
    CountState.VARIANCE: _l("Variance"),
    CountState.APPROVED: _l("Agreed once"),
    CountState.DONE: _l("Done"),
    CountState.REJECTED: _l("Rejected"),
}

#: Why the books were wrong.
WHYS = {
    Why.MISCOUNTED: _l("Miscounted before"),
    Why.ELSEWHERE: _l("Found elsewhere"),
    Why.THEFT: _l("Theft or loss"),
    Why.DAMAGE: _l("Damage"),
    Why.SUPPLIER: _l("Supplier's error"),
    Why.UNKNOWN: _l("Unknown"),
}

FINDINGS = {
    Finding.PENDING: _l("Being read"),
    Finding.AGREES: _l("Agrees"),
    Finding.DISAGREES: _l("Disagrees"),
    Finding.UNKNOWN: _l("Not known here"),
}

SOURCE_KINDS = {
    SourceKind.RFID: _l("RFID reader"),
    SourceKind.WEIGHT: _l("Scale"),
    SourceKind.CAMERA: _l("Camera"),
}

#: How often bins of a class are counted.
KLASSES = {
    Klass.A: _l("A, monthly"),
    Klass.B: _l("B, every quarter"),
    Klass.C: _l("C, yearly"),
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
    Seen.WRONG_ITEM: _l("Nobody asked to count these here"),
    Seen.TWICE: _l("This number is scanned already"),
    Seen.COUNTED: _l("You counted these here already"),
    Seen.UNKNOWN: _l("The system does not know this code"),
}

IMPORT_KINDS = {
    ImportKind.STOCK: _l("Stock in bins"),
    ImportKind.SKUS: _l("SKUs"),
    ImportKind.BINS: _l("Bins"),
    ImportKind.LAYOUTS: _l("Warehouses and floor plans"),
}

IMPORT_STATES = {
    ImportState.EXAMINING: _l("Being examined"),
    ImportState.READY: _l("Waits for your yes"),
    ImportState.APPLYING: _l("Being applied"),
    ImportState.DONE: _l("Done"),
    ImportState.CANCELLED: _l("Not imported"),
    ImportState.FAILED: _l("Cannot be used"),
}

#: Why a row of a file cannot be used.
FAULTS = {
    "sku": _l("There is no SKU %(value)s."),
    "warehouse": _l("There is no warehouse %(value)s."),
    "bin": _l("There is no bin %(value)s in this warehouse."),
    "twice": _l("%(value)s stands in the file twice: the first row counts."),
    "promised": _l("%(value)s units there are promised to orders and cannot go."),
    "closed": _l("%(value)s is closed."),
    "missing": _l("Fill this in"),
    "too_long": _l("%(value)s is too long: use %(most)s characters at most."),
    "number": _l("%(value)s is no whole number from %(least)s to %(most)s."),
    "money": _l("%(value)s is no amount of money in yuan."),
    "time": _l("%(value)s is no time of day. Write it like 15:00."),
    "point": _l("%(value)s is no point. Write x and y in mm, like 1600 0."),
    "colour": _l("%(value)s is no colour value. Write it like #1C2F57."),
    "choice": _l("%(value)s is not known here. Use one of: %(known)s."),
    "too_few": _l("%(value)s positions are too few: at least %(least)s."),
    "not_rising": _l("%(value)s: list the positions from small to large, each once, separated by spaces."),
    "spoiled": _l("The spreadsheet has shortened a long number to %(value)s. Make the column text and enter it again."),
    "columns": _l("The file needs the columns %(value)s."),
    "qty": _l("%(value)s is not a whole number of units."),
    "date": _l("%(value)s is no date. Write it like 2027-05-31."),
    "lot_needed": _l("%(value)s is tracked: name the lot or serial number."),
    "no_lots": _l("%(value)s is not tracked: leave the lot empty."),
    "other_expiry": _l("Lot %(value)s is known with another expiry date: %(known)s."),
    "serial_one": _l("%(value)s is a serial number: it is one unit at most."),
    "serial_known": _l("Serial number %(value)s is in the house already."),
    "tracking_fixed": _l("Stock of %(value)s was booked before: how it is tracked cannot change any more."),
    "barcode_taken": _l("Barcode %(value)s is on %(sku)s already."),
    "new_sku": _l("%(value)s would be new: a new SKU needs this."),
    "new_bin": _l("%(value)s would be new: a new bin needs this."),
    "new_warehouse": _l("%(value)s would be new: a new warehouse needs this."),
    "broken": _l("The row cannot be read."),
    "encoding": _l("The row holds characters that cannot be read. Save the file as UTF-8 or .xlsx."),
    "reference": _l("Give the supplier's reference, 40 characters at most."),
    "supplier": _l("The supplier's name is too long: %(value)s"),
    "day": _l("%(value)s is not a day. Write 2026-11-30."),
    "known": _l("Delivery %(value)s of this supplier is known here already."),
    "two_days": _l("Delivery %(value)s has two different days."),
}
