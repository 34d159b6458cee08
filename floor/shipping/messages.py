"""Sentences of shipping."""

from flask_babel import lazy_gettext as _l

from floor.shipping.choosing import Why, WhyNot
from floor.shipping.models import PaperKind, PrintState
from floor.shipping.models_carriers import NoticeKind, NoticeState, RuleVerdict, ServiceKind
from floor.shipping.models_invoices import BuyerKind
from floor.shipping.models_printing import PrinterKind, SendState
from floor.shipping.service import LoadVerdict
from floor.shipping.states import InvoiceState, WaybillState

REFUSALS = {
    "shipping.unknown_job": _l("There is no such print job."),
    "shipping.unknown_manifest": _l("There is no such manifest."),
    "shipping.unknown_carrier": _l("There is no such carrier."),
    "shipping.unknown_house": _l("There is no such warehouse."),
    "shipping.unknown_waybill": _l("There is no such waybill."),
    "shipping.unknown_service": _l("There is no such service. Choose one of the list."),
    "shipping.unknown_zone": _l("There is no such zone."),
    "shipping.unknown_rule": _l("There is no such rule."),
    "shipping.unknown_notice": _l("There is no such notice."),
    "shipping.number_there": _l("The number is there already."),
    "shipping.number_missing": _l("There is no number to cancel."),
    "shipping.no_number": _l("Enter the waybill number: 6 to 39 letters and digits."),
    "shipping.number_used": _l("Another parcel has this number. Compare it with the carrier's page."),
    "shipping.not_unclear": _l("That is settled already."),
    "shipping.by_telephone": _l("This carrier would cancel the good number with it. Have it cancelled by telephone."),
    "shipping.being_asked": _l("The carrier is being asked this very moment. Try again in a minute."),
    "shipping.label_proven": _l("Its label was scanned on the parcel. Reopen the parcel first."),
    "shipping.notice_not_failed": _l("This notice went, or is on its way."),
    "shipping.code_taken": _l("This code is taken. Choose another one."),
    "shipping.range_backwards": _l("The last number lies before the next one."),
    "shipping.province_twice": _l("%(province)s stands in zone %(zone)s already."),
    "shipping.no_province": _l("Name at least one province, with blanks between."),
    "shipping.empty_rule": _l("Say at least one condition."),
    "shipping.product_number": _l("SF numbers its services: enter its expressTypeId, digits only."),
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
    "shipping.invoice_out": _l("This invoice is in a file already. Cancel it and ask for a new one."),
    "shipping.invoice_moved_on": _l("Somebody else was faster: this invoice is in another state now."),
    "shipping.invoices_changed": _l("Somebody else exported or held some of these. This is the list as it is now."),
    "shipping.nothing_to_export": _l("There is no invoice to export: each is held, out already, or lacks something."),
    "shipping.no_customs": _l("This parcel needs no commercial invoice: it stays in the country."),
    "shipping.unknown_file": _l("There is no such file."),
    "shipping.unknown_order": _l("There is no order of this number."),
    "shipping.unknown_sku": _l("There is no such article."),
    "shipping.invoice_settled": _l("This invoice has its number already, or that number belongs to another."),
    "shipping.no_such_stock": _l("There is no such label size or resolution."),
    "shipping.nothing_failed": _l("Nothing failed that could be tried again here."),
    "shipping.stopped_aboard": _l("Parcel %(parcel)s of order …%(tail)s was stopped. Take it off the lorry first."),
}

EVENTS = {
    "shipping.waybill.received": _l("Waybill number received"),
    "shipping.waybill.voided": _l("Waybill number void: the parcel changed"),
    "shipping.waybill.stray": _l("The carrier gave a second number, %(waybill)s"),
    "shipping.waybill.unclear": _l("The carrier may have issued a number: somebody must find out"),
    "shipping.waybill.refused": _l("The carrier refused the parcel"),
    "shipping.waybill.fell_back": _l("Went from %(was)s to %(carrier)s by rule"),
    "shipping.waybill.went_by": _l("Goes by %(carrier)s now"),
    "shipping.waybill.asked_again": _l("Carrier asked again"),
    "shipping.waybill.entered": _l("Waybill number %(waybill)s typed in"),
    "shipping.waybill.none_issued": _l("The carrier knows of no number: asked anew"),
    "shipping.waybill.cancel_asked": _l("Waybill to be cancelled"),
    "shipping.waybill.cancelled": _l("Waybill cancelled, its label is void"),
    "shipping.waybill.not_cancelled": _l("The carrier did not cancel the waybill"),
    "shipping.waybill.second_kept": _l("Second waybill number %(waybill)s left with the carrier: %(reason)s"),
    "shipping.waybill.kept": _l("Waybill %(waybill)s goes on"),
    "shipping.notice.asked": _l("Notice on its way"),
    "shipping.notice.sent": _l("Told that the parcel left"),
    "shipping.notice.failed": _l("A notice could not be delivered"),
    "shipping.carrier.changed": _l("Carrier changed"),
    "shipping.service.changed": _l("Carrier's service changed"),
    "shipping.zone.changed": _l("Rates of a service changed"),
    "shipping.rule.changed": _l("Rule about services changed"),
    "shipping.paper.asked_again": _l("Printed again"),
    "shipping.paper.renumbered": _l("Label printed anew: the order has more or fewer parcels now"),
    "shipping.invoice.asked": _l("Invoice asked for"),
    "shipping.invoice.changed": _l("Invoice made out to another buyer"),
    "shipping.invoice.held": _l("Invoice held: %(reason)s"),
    "shipping.invoice.released": _l("Invoice released: %(reason)s"),
    "shipping.invoice.exported": _l("Invoice data exported"),
    "shipping.invoices.given_again": _l("Invoice file %(number)s given out again"),
    "shipping.tax.changed": _l("Tax and customs data of an article changed"),
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

INVOICE_STATES = {
    InvoiceState.RELEASED: _l("To be exported"),
    InvoiceState.HELD: _l("Held"),
    InvoiceState.EXPORTED: _l("Exported"),
    InvoiceState.ISSUED: _l("Issued"),
    InvoiceState.CANCELLED: _l("Cancelled"),
}

INVOICE_PROBLEMS = {
    "cancelled": _l("The order was cancelled"),
    "no_tax_id": _l("The tax number is missing or wrong"),
    "no_tax_code": _l("A tax code of the goods is missing"),
}

BUYER_KINDS = {
    BuyerKind.PERSON: _l("Person"),
    BuyerKind.COMPANY: _l("Company"),
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
    LoadVerdict.TWICE: (_l("It is on this lorry already"), _l("Not loaded again. Scan the next parcel.")),
    LoadVerdict.CANCELLED: (
        _l("Label cancelled"),
        _l("Not loaded. Take it back to the bench: it needs the label of its new number."),
    ),
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

WAYBILL_STATES = {
    WaybillState.REQUESTED: _l("Asked for"),
    WaybillState.ACTIVE: _l("There"),
    WaybillState.UNSURE: _l("Unclear"),
    WaybillState.REFUSED: _l("Refused"),
    WaybillState.CANCELLING: _l("Being cancelled"),
    WaybillState.VOID: _l("Void"),
}

#: What kept a number from coming, as a person at a desk would say it.
WAYBILL_PROBLEMS = {
    "out_of_reach": _l("The carrier cannot be reached. It is tried again by itself."),
    "too_busy": _l("The carrier asks us to come back later. It is tried again by itself."),
    "no_answer": _l("The carrier was asked and did not answer. It may have issued a number."),
    "unreadable": _l("The carrier's answer cannot be read. It may have issued a number."),
    "cannot_search": _l("The carrier could not say whether it issued a number."),
    "too_long_ago": _l("It was asked for too long ago to ask again safely."),
    "not_yet": _l("The carrier's people still look at the address."),
    "not_there": _l("The carrier does not go to this address."),
    "refused": _l("The carrier refused it."),
    "not_served": _l("The carrier's address in the settings serves no waybills."),
    "not_set_up": _l("The carrier's account is not set up: its keys are missing in the settings."),
    "no_numbers": _l("The range of waybill numbers is used up."),
    "not_cancelled": _l("The carrier did not cancel it."),
    "stray": _l("A second number for the same parcel. Give it back, or keep it and say why."),
}

WHY = {
    Why.RULE: _l("a rule of the house"),
    Why.PLANNED: _l("the cheapest of the planned carrier that leaves by the promise"),
    Why.OTHER: _l("the planned carrier cannot; the cheapest other one that leaves by the promise"),
    Why.SOONEST: _l("none leaves by the promise; this one leaves soonest"),
    Why.PERSON: _l("chosen by hand"),
}

WHY_NOT = {
    WhyNot.AREA: _l("does not go there"),
    WhyNot.WEIGHT: _l("too heavy"),
    WhyNot.SIZE: _l("too long"),
    WhyNot.RULE: _l("kept out by a rule"),
    WhyNot.DOWN: _l("out of reach"),
    WhyNot.TRIED: _l("asked in vain"),
    WhyNot.NO_NUMBERS: _l("no numbers left"),
}

ADAPTERS = {
    "manual": _l("Own numbers from a range"),
    "sf": _l("SF, directly"),
    "kuaidi100": _l("Kuaidi100"),
}

SERVICE_KINDS = {
    ServiceKind.EXPRESS: _l("Express"),
    ServiceKind.POST: _l("Post"),
    ServiceKind.FREIGHT: _l("Freight"),
}

RULE_VERDICTS = {
    RuleVerdict.USE: _l("goes by"),
    RuleVerdict.AVOID: _l("never goes by"),
}

NOTICE_KINDS = {
    NoticeKind.MAIL: _l("Mail to the customer"),
    NoticeKind.PUSH: _l("Messenger"),
    NoticeKind.CHANNEL: _l("Shop"),
}

NOTICE_STATES = {
    NoticeState.WAITING: _l("On its way"),
    NoticeState.SENT: _l("Told"),
    NoticeState.FAILED: _l("Not delivered"),
    NoticeState.NOBODY: _l("Nobody to tell"),
}

NOTICE_ERRORS = {
    "no_address": _l("The address was not accepted. Correct it on the order, then try again."),
    "mail_server": _l("The mail server did not take it."),
    "push_address": _l("FLOOR_SHIPPING_NOTIFY has an address that cannot be read."),
    "push_server": _l("The messenger did not take it."),
    "channel_refused": _l("The shop refused it."),
    "channel_server": _l("The shop did not take it."),
}
