"""The commercial invoice that customs and freight carriers ask for, A4, in English and Chinese."""

from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from floor.kit.units import kilograms, yuan
from floor.paper import fit
from floor.paper.document import render
from floor.paper.words import LANGUAGES, html_of, translations

BARS_MM = 66.0


@dataclass(frozen=True, slots=True)
class Trader:
    """Who sells, or who receives; nothing is masked, for customs asks for all of it."""

    name: str
    address: str
    phone: str = ""
    tax_id: str = ""
    #: Two letters.
    country: str = "CN"


@dataclass(frozen=True, slots=True)
class CustomsLine:
    sku: str
    #: English first; the other language below it.
    name_en: str
    name: str
    variant: str
    #: "" where nobody wrote it down: a line is left to fill in.
    hs_code: str
    origin: str
    qty: int
    #: Of one piece.
    weight_g: int
    price_fen: int
    #: Given away: its price is what it is worth, and is taken off again below.
    is_free: bool = False


@dataclass(frozen=True, slots=True)
class CommercialInvoice:
    """Money in fen. `total_fen` must be what the lines, the discount and the freight add up to."""

    number: str
    day: date
    order_no: str
    ordered_on: date
    seller: Trader
    buyer: Trader
    carrier: str
    waybill_number: str
    #: "DAP Berlin".
    incoterm: str
    currency: str
    lines: tuple[CustomsLine, ...]
    discount_fen: int
    freight_fen: int
    total_fen: int
    gross_g: int
    parcel: int = 1
    parcels: int = 1

    @property
    def goods_fen(self) -> int:
        return sum(line.price_fen * line.qty for line in self.lines)

    @property
    def free_fen(self) -> int:
        return sum(line.price_fen * line.qty for line in self.lines if line.is_free)

    @property
    def net_g(self) -> int:
        return sum(line.weight_g * line.qty for line in self.lines)


def commercial_invoice_pdf(invoice: CommercialInvoice) -> bytes:
    """ValueError when its sums do not add up, or its number does not fit as a barcode."""
    reckoned = invoice.goods_fen - invoice.free_fen - invoice.discount_fen + invoice.freight_fen
    if reckoned != invoice.total_fen:
        raise ValueError(f"{invoice.number}: {reckoned} is not {invoice.total_fen}")
    chinese = translations(LANGUAGES[0]).gettext
    html = html_of(
        "commercial_invoice.html", "en", invoice=invoice, bars=fit.bars(invoice.number, BARS_MM), yuan=yuan,
        kilograms=kilograms, both=lambda words: f"{words} {chinese(words)}",
        head=lambda words: Markup("{}<br>{}").format(words, chinese(words)),
    )  # fmt: skip
    return render(html, "desk.css", "sheet.css")
