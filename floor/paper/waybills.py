"""Electronic waybills, zoned like GB/T 41833: code, destination, receiver, sender, contents, sign-off."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from floor.kit.units import kilograms, yuan
from floor.paper import fit
from floor.paper.document import render
from floor.paper.words import html_of


@dataclass(frozen=True, slots=True)
class Party:
    """A sender or receiver as it may be printed: mask it first (`floor.paper.mask`)."""

    name: str
    phone: str
    address: str


@dataclass(frozen=True, slots=True)
class Waybill:
    carrier: str
    service: str
    waybill_number: str
    #: The sorting code the carrier's label service returned; the largest text on the label. May be empty.
    route_code: str
    hub: str
    receiver: Party
    sender: Party
    weight_g: int
    order_ref: str
    contents: str
    #: Who pays the freight, in the label's language.
    pay_mode: str
    printed_at: datetime
    parcel: int = 1
    parcels: int = 1
    #: What the carrier returned for its QR code; None prints the waybill number.
    qr_text: str | None = None
    #: Cash to collect, in fen; 0 prints nothing.
    cod_fen: int = 0
    #: From 2 on the label says Reprint: two labels of one number must never be mistaken.
    print_no: int = 1


@dataclass(frozen=True, slots=True)
class _Stock:
    """A label stock: the boxes (width, height in mm) that are fitted; the style sheets place them."""

    styles: tuple[str, ...]
    bars: float
    small_bars: float
    qr: float
    carrier: tuple[float, float]
    service: tuple[float, float]
    route: tuple[float, float]
    hub: tuple[float, float]
    name: tuple[float, float]
    address: tuple[float, float]
    sender: tuple[float, float]
    pay_mode: tuple[float, float]
    contents: tuple[float, float]
    order: tuple[float, float]
    scale: float  # of the type; 1 on stock 100 mm wide


_100X180 = _Stock(
    ("waybill-100.css", "waybill-100x180.css"),
    bars=90,
    small_bars=66,
    qr=28,
    carrier=(58, 9),
    service=(26, 9),
    route=(92, 16),
    hub=(72, 8),
    name=(71, 8),
    address=(92, 16),
    sender=(77, 5.8),
    pay_mode=(22, 5),
    contents=(60, 13.5),
    order=(78, 5),
    scale=1,
)
_STOCKS = {
    "100x180": _100X180,
    "100x150": replace(_100X180, styles=("waybill-100.css", "waybill-100x150.css"), contents=(65, 8.5), order=(45, 5)),
    "76x130": _Stock(
        ("waybill-76x130.css",),
        bars=74,
        small_bars=72,
        qr=22,
        carrier=(45, 7.5),
        service=(20, 7.5),
        route=(71, 12.5),
        hub=(50, 7),
        name=(53, 6.6),
        address=(70, 14),
        sender=(58, 8),
        pay_mode=(17, 4.5),
        contents=(46, 7.2),
        order=(38, 4.4),
        scale=0.8,
    ),
}
SIZES = tuple(_STOCKS)


def size_mm(size: str) -> tuple[int, int]:
    """Width and height of a stock, mm; ValueError for one we do not have."""
    if size not in _STOCKS:
        raise ValueError(f"no waybill stock of size {size!r}")
    across, down = size.split("x")
    return int(across), int(down)


def waybills_pdf(labels: Sequence[Waybill], lang: str, size: str = "100x180") -> bytes:
    """One page per label on stock of `size` mm (one of SIZES). ValueError: a barcode too wide."""
    size_mm(size)
    stock = _STOCKS[size]
    html = html_of("waybill.html", lang, labels=[_drawn(label, stock) for label in labels])
    return render(html, "waybill.css", *stock.styles)


# Carrier codes are set in a wide bold face, while the estimates of `fit` are for the text face.
_WIDE = 1.16


def _drawn(label: Waybill, stock: _Stock) -> dict[str, Any]:
    """The label's fields with everything that is fitted, for the template."""

    def fitted(content: str, box: tuple[float, float], largest: float, lines: int | None = None) -> fit.Text:
        return fit.text(content, *box, largest * stock.scale, 6.0, lines=lines)

    sender = f"{label.sender.name}  {label.sender.phone}  {label.sender.address}"
    return {
        "label": label,
        "bars": fit.bars(label.waybill_number, stock.bars),
        "small_bars": fit.bars(label.waybill_number, stock.small_bars),
        "qr": fit.qr(label.qr_text or label.waybill_number, stock.qr),
        "carrier": fitted(label.carrier, stock.carrier, 21, 1),
        "service": fitted(label.service, stock.service, 14, 1),
        "route": fitted(label.route_code, (stock.route[0] / _WIDE, stock.route[1]), 36, 1),
        "hub": fitted(label.hub, stock.hub, 18, 1),
        "name": fitted(f"{label.receiver.name}  {label.receiver.phone}", stock.name, 17, 1),
        "address": fitted(label.receiver.address, stock.address, 15),
        "sender": fitted(sender, stock.sender, 9.5),
        "pay_mode": fitted(label.pay_mode, stock.pay_mode, 11, 1),
        "contents": fitted(label.contents, stock.contents, 10),
        "order": fitted(label.order_ref, stock.order, 9, 1),
        "kilograms": kilograms(label.weight_g),
        "cod": yuan(label.cod_fen) if label.cod_fen else "",
        "printed_at": label.printed_at.strftime("%Y-%m-%d %H:%M"),
    }
