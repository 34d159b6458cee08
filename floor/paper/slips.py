"""Slips that travel in the parcel, A5: the packing slip and the return form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from floor.kit.units import yuan
from floor.paper import fit
from floor.paper.document import render
from floor.paper.waybills import Party
from floor.paper.words import html_of

QR_MM = 30.0
BARS_MM = 62.0


@dataclass(frozen=True, slots=True)
class SlipLine:
    sku: str
    name: str
    variant: str
    qty: int
    #: Of one piece, in fen; None hides it (a gift, or a shop that prints no prices).
    price_fen: int | None = None
    #: In the buyer's language, e.g. what was ordered when this goes out in its place.
    note: str = ""


@dataclass(frozen=True, slots=True)
class PackingSlip:
    shop: str
    order_no: str
    ordered_on: date
    #: Masked (`floor.paper.mask`).
    buyer: str
    lines: tuple[SlipLine, ...]
    #: Printed only when every line has its price; `total_fen` None leaves the totals out.
    total_fen: int | None = None
    discount_fen: int = 0
    shipping_fen: int = 0
    gift_message: str = ""
    notes: str = ""
    #: How to return, in the buyer's language; empty prints none.
    returns: str = ""
    #: Address of the tracking and returns page.
    page_url: str = ""
    parcel: int = 1
    parcels: int = 1


@dataclass(frozen=True, slots=True)
class ReturnLine:
    sku: str
    name: str
    variant: str
    qty: int
    #: In the buyer's language; empty leaves a line to write on.
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReturnSlip:
    shop: str
    #: Printed as Code 128: the returns dock scans it.
    return_no: str
    order_no: str
    lines: tuple[ReturnLine, ...]
    send_to: Party
    send_before: date | None = None
    page_url: str = ""


def packing_slips_pdf(slips: Sequence[PackingSlip], lang: str) -> bytes:
    """Each slip starts on a page of its own; a long one runs on, its table head repeated."""
    drawn = [
        {
            "slip": slip,
            "pieces": sum(line.qty for line in slip.lines),
            "priced": all(line.price_fen is not None for line in slip.lines),
            "qr": fit.qr(slip.page_url, QR_MM) if slip.page_url else None,
        }
        for slip in slips
    ]
    return render(html_of("packing_slip.html", lang, slips=drawn, yuan=yuan), "desk.css", "slip.css")


def return_slips_pdf(slips: Sequence[ReturnSlip], lang: str) -> bytes:
    """Forms to lay in the parcel that comes back. ValueError when a number does not fit as a barcode."""
    drawn = [
        {
            "slip": slip,
            "bars": fit.bars(slip.return_no, BARS_MM),
            "qr": fit.qr(slip.page_url, QR_MM) if slip.page_url else None,
        }
        for slip in slips
    ]
    return render(html_of("return_slip.html", lang, slips=drawn), "desk.css", "slip.css")
