"""Sentences of shipping."""

from flask_babel import lazy_gettext as _l

from floor.shipping.models import PaperKind, PrintState
from floor.shipping.models_printing import PrinterKind, SendState
from floor.shipping.service import LoadVerdict

REFUSALS = {
    "shipping.unknown_job": _l("There is no such print job."),
    "shipping.unknown_manifest": _l("There is no such manifest."),
    "shipping.unknown_carrier": _l("There is no such carrier."),
    "shipping.unknown_house": _l("There is no such warehouse."),
    "shipping.no_paper": _l("The paper is not ready yet."),
    "shipping.no_numbers": _l("The carrier's waybill numbers are used up. The supervisor must enter a new range."),
    "shipping.still_printing": _l("It is being printed already."),
    "shipping.parcel_gone": _l("The parcel has left the house."),
    "shipping.already_closed": _l("This parcel is closed already."),
    "shipping.manifest_closed": _l("This manifest is closed: the lorry has left."),
    "shipping.nothing_to_undo": _l("There is nothing on the lorry."),
    "shipping.empty_lorry": _l("Nothing is loaded yet. Scan the first parcel."),
    "shipping.unknown_printer": _l("There is no such printer."),
    "shipping.unknown_batch": _l("There is no such batch."),
    "shipping.no_host": _l("A label printer needs its address in the network."),
    "shipping.printer_taken": _l("This warehouse has a printer of that name already."),
    "shipping.wrong_printer": _l("This printer does not print that paper. Choose another, or the browser."),
    "shipping.was_printed": _l("It was printed meanwhile."),
    "shipping.nothing_to_print": _l("There is nothing to print: all of it was printed, or has left the house."),
    "shipping.wrong_tax_id": _l("This is no valid tax number: 18 characters, the last one proves the others."),
    "shipping.order_cancelled": _l("The order was cancelled."),
    "shipping.invoice_there": _l("This order has an invoice already."),
    "shipping.unknown_invoice": _l("There is no such invoice."),
    "shipping.wrong_invoice_number": _l("An invoice number has 20 digits."),
    "shipping.invoice_settled": _l("This invoice has its number already, or that number belongs to another."),
    "shipping.no_such_stock": _l("There is no such label size or resolution."),
    "shipping.nothing_failed": _l("Nothing failed that could be tried again here."),
    "shipping.stopped_aboard": _l("Parcel %(parcel)s of order …%(tail)s was stopped. Take it off the lorry first."),
}

EVENTS = {
    "shipping.waybill.received": _l("Waybill number received"),
    "shipping.paper.asked_again": _l("Printed again"),
    "shipping.invoice.asked": _l("Invoice asked for"),
    "shipping.invoice.exported": _l("Invoice data exported"),
    "shipping.invoice.issued": _l("Invoice issued"),
    "shipping.invoice.cancelled": _l("Invoice cancelled"),
    "shipping.printer.kept": _l("Printer written down"),
    "shipping.print.queued": _l("Sent to the printer"),
    "shipping.batch.asked": _l("Batch of papers asked for"),
    "shipping.batch.went_on": _l("Batch of papers went on"),
    "shipping.label.refused": _l("Label of another parcel stopped"),
    "shipping.manifest.opened": _l("Manifest opened"),
    "shipping.manifest.closed": _l("Manifest handed to the carrier"),
    "shipping.parcel.loaded": _l("Loaded onto the lorry"),
    "shipping.parcel.unloaded": _l("Taken off the lorry again"),
}

PAPERS = {
    PaperKind.WAYBILL: _l("Waybill"),
    PaperKind.SLIP: _l("Packing slip"),
}

BATCH_KINDS = {
    PaperKind.WAYBILL: _l("Waybills"),
    PaperKind.SLIP: _l("Packing slips"),
}

PRINT_STATES = {
    PrintState.QUEUED: _l("Printing"),
    PrintState.READY: _l("Ready"),
    PrintState.PRINTED: _l("Printed"),
    PrintState.FAILED: _l("Not printed"),
}

#: Why a paper did not come out.
PRINT_ERRORS = {
    "shipping.no_numbers": REFUSALS["shipping.no_numbers"],
    "shipping.cannot_print": _l("The paper could not be made. It is tried again by itself."),
    "shipping.no_number": _l("The carrier gave no waybill number."),
    "shipping.parcel_gone": REFUSALS["shipping.parcel_gone"],
    "shipping.still_printing": REFUSALS["shipping.still_printing"],
    "shipping.wrong_printer": REFUSALS["shipping.wrong_printer"],
    "shipping.incomplete": _l("Something the paper needs is missing: the address or the waybill number."),
    "shipping.code_too_wide": _l("A number is too long to be printed as a barcode."),
    "shipping.no_raster": _l("This computer cannot draw labels for the printer: the program pdftoppm is missing."),
    "shipping.printer_refused": _l("The printer refuses the connection. Is it switched on, and is the port right?"),
    "shipping.printer_silent": _l("The printer does not answer. Is it switched on and in the network?"),
    "shipping.printer_unknown": _l("No printer is known under this address. Check it on the page of printers."),
    "shipping.printer_stuck": _l(
        "The printer takes nothing more: no paper, cover open or paused? See whether the label came out."
    ),
    "shipping.printer_broke_off": _l("The connection broke while the label was sent. See whether it came out."),
    "shipping.print_in_doubt": _l("Printing was cut off. See whether the label came out."),
}

SEND_STATES = {
    SendState.QUEUED: _l("Waiting for the printer"),
    SendState.PRINTING: _l("Printing"),
    SendState.DONE: _l("Printed"),
    SendState.FAILED: _l("Not printed"),
}

PRINTER_KINDS = {
    PrinterKind.BROWSER: _l("The browser prints"),
    PrinterKind.ZPL: _l("Label printer in the network (ZPL)"),
}

#: What a scan at the lorry means: headline, and what to do.
LOAD_WORDS = {
    LoadVerdict.TWICE: (_l("It is on this lorry already"), _l("Scan the next parcel")),
    LoadVerdict.OTHER_CARRIER: (_l("Other carrier"), _l("Not loaded. Put it on its own carrier's pallet.")),
    LoadVerdict.OTHER_HOUSE: (_l("Other warehouse"), _l("Not loaded. Call the supervisor.")),
    LoadVerdict.NOT_CLOSED: (
        _l("Label not proven"),
        _l("Not loaded. Take it back to the bench and scan its label there."),
    ),
    LoadVerdict.ELSEWHERE: (_l("It left already"), _l("Not loaded. It is on another manifest; call the supervisor.")),
    LoadVerdict.STOPPED: (_l("Order stopped"), _l("Not loaded. Put it on the problem shelf.")),
    LoadVerdict.UNKNOWN: (_l("Not our label"), _l("Not loaded. Scan the waybill number.")),
}
