"""Lists, A4: the carrier's manifest, the pick list for the day the phones are down, what purchasing should order."""

from dataclasses import dataclass
from datetime import date

from floor.kit.units import kilograms, yuan
from floor.paper import fit
from floor.paper.document import render
from floor.paper.words import html_of

TITLE_BARS_MM = 66.0
STOP_BARS_MM = 40.0


@dataclass(frozen=True, slots=True)
class ManifestParcel:
    waybill_number: str
    weight_g: int
    city: str


@dataclass(frozen=True, slots=True)
class Manifest:
    number: str
    carrier: str
    warehouse: str
    day: date
    parcels: tuple[ManifestParcel, ...]
    driver: str = ""
    vehicle: str = ""
    seal: str = ""


@dataclass(frozen=True, slots=True)
class PickStop:
    #: Blocks joined by hyphens: aisle-bay-level.
    bin_code: str
    sku: str
    name: str
    variant: str
    qty: int
    #: Slot on the cart; empty on a walk without totes.
    tote: str = ""
    #: What the scanner should read; empty prints the SKU as text only.
    barcode: str = ""


@dataclass(frozen=True, slots=True)
class PickList:
    """Carries no personal data."""

    walk_no: str
    zone: str
    picker: str
    cart: str
    day: date
    stops: tuple[PickStop, ...]


@dataclass(frozen=True, slots=True)
class PurchaseLine:
    #: Empty where nobody wrote down who delivers it.
    supplier: str
    sku: str
    name: str
    variant: str
    warehouse: str
    qty: int
    #: Units to a pack.
    pack_qty: int
    cost_fen: int | None


@dataclass(frozen=True, slots=True)
class PurchaseList:
    company: str
    day: date
    lines: tuple[PurchaseLine, ...]


def purchase_pdf(paper: PurchaseList, lang: str) -> bytes:
    """One table per supplier, with its sum; those without a known supplier last."""
    suppliers = sorted({line.supplier for line in paper.lines}, key=lambda name: (not name, name))
    groups = []
    for name in suppliers:
        lines = [line for line in paper.lines if line.supplier == name]
        groups.append((name, lines, sum(line.cost_fen or 0 for line in lines)))
    html = html_of("purchase.html", lang, paper=paper, groups=groups, yuan=yuan)
    return render(html, "desk.css", "sheet.css")


def manifest_pdf(manifest: Manifest, lang: str) -> bytes:
    """Head repeated and pages numbered n/m; the totals and the signatures stay together on the last page."""
    html = html_of(
        "manifest.html",
        lang,
        manifest=manifest,
        bars=fit.bars(manifest.number, TITLE_BARS_MM),
        kilograms=kilograms,
        total_g=sum(parcel.weight_g for parcel in manifest.parcels),
    )
    return render(html, "desk.css", "sheet.css")


def pick_list_pdf(pick_list: PickList, lang: str) -> bytes:
    """Stops in walking order. ValueError when a barcode is too long for its column."""
    html = html_of(
        "pick_list.html",
        lang,
        list=pick_list,
        bars=fit.bars(pick_list.walk_no, TITLE_BARS_MM),
        stops=[(s, fit.bars(s.barcode, STOP_BARS_MM) if s.barcode else None) for s in pick_list.stops],
        pieces=sum(stop.qty for stop in pick_list.stops),
    )
    return render(html, "desk.css", "sheet.css")
