"""Slips that travel in the parcel, A5: the packing slip and the return form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from floor.kit.units import yuan
from floor.paper import fit
from floor.paper.document import render
from floor.paper.waybills import Party
from floor.paper.words import html_of

QR_MM = 30.0
SLIP_QR_MM = 26.0
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


#: The sheet within its margins, and where rows begin on the first page and on those after it, mm.
_SHEET_MM, _FIRST_MM, _NEXT_MM = 185.0, 25.0, 0.0
_HEAD_MM = 5.5
#: Rows are as high as their names need: one line of a name, or two; the variant and the SKU stand below it.
_ROW_MM, _HIGH_ROW_MM = 9.4, 13.7
_NAME_PT, _SMALLEST_PT = 11.0, 8.0


def packing_slips_pdf(slips: Sequence[PackingSlip], lang: str) -> bytes:
    """Each slip starts on a page of its own; a long one runs on, its table head repeated."""
    drawn = [_drawn(slip) for slip in slips]
    return render(html_of("packing_slip.html", lang, slips=drawn, yuan=yuan), "packing-slip.css")


def _drawn(slip: PackingSlip) -> dict[str, Any]:
    """A slip with its rows placed: all are of one height, so that a page takes a known number of them."""
    priced = all(line.price_fen is not None for line in slip.lines)
    side = 66.0 if priced else 20.0
    wide = 126.0 - side
    is_high = any(fit.lines(line.name, wide, _SMALLEST_PT) > 1 for line in slip.lines)
    row = _HIGH_ROW_MM if is_high else _ROW_MM
    rows = [
        (line, fit.text(line.name, wide, row - 4.5, _NAME_PT, _SMALLEST_PT, lines=2 if is_high else 1))
        for line in slip.lines
    ]
    parts: list[dict[str, Any]] = []
    top = _FIRST_MM
    while rows or not parts:
        room = int((_SHEET_MM - top - _HEAD_MM) / row)
        part, rows = rows[:room], rows[room:]
        parts.append({"top": top, "lines": part, "end": round(top + _HEAD_MM + row * len(part), 2)})
        top = _NEXT_MM
    return {
        "slip": slip,
        "parts": parts,
        "row_mm": row,
        "side_mm": side,
        "qty_mm": 48 if priced else 0,
        "shop": fit.text(slip.shop, 92, 10, 22, 9, lines=1),
        "buyer": fit.text(slip.buyer, 30, 6, 12, 12, lines=1).text,
        "pieces": sum(line.qty for line in slip.lines),
        "priced": priced,
        "qr": fit.qr(slip.page_url, SLIP_QR_MM) if slip.page_url else None,
    }


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
