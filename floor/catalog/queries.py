"""Reads of the catalogue. `resolve` says what a scanned code is, before anybody decides what to do with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import biip
from sqlmodel import Session, col, select

from floor.catalog.models import Barcode, Carton, Sku

#: Commands a person may scan from a printed card.
COMMANDS = ("UNDO", "PROBLEM", "SKIP", "CONFIRM", "REPRINT", "DONE")


@dataclass(frozen=True)
class Scanned:
    """A code as read and its SKU, if the catalogue knows it; `command` for a command card."""

    code: str
    sku: Sku | None = None
    command: str = ""


def resolve(db: Session, text: str) -> Scanned:
    """What the catalogue knows about a scanned text: a command card, or goods by barcode, SKU code or GS1 code."""
    code = text.strip()
    if code.upper().startswith("CMD-") and code[4:].upper() in COMMANDS:
        return Scanned(code, command=code[4:].upper())
    for candidate in _readings(code):
        sku = db.exec(select(Sku).join(Barcode, col(Barcode.sku_id) == Sku.id).where(Barcode.code == candidate)).first()
        if sku is not None:
            return Scanned(code, sku)
    return Scanned(code, db.exec(select(Sku).where(Sku.code == code.upper())).first())


def _readings(code: str) -> list[str]:
    """The code itself, and the GTIN inside a GS1 code (]C1, DataMatrix, Digital Link) as EAN-13 too."""
    try:
        parsed = biip.parse(code)
    except biip.ParseError:
        return [code]
    # A wrong check digit shows in gtin_error although the message parses: such a code names nothing.
    gtin = None if parsed.gtin_error else parsed.gtin
    if gtin is None:
        return [code]
    return [code, gtin.value, gtin.value.lstrip("0").rjust(13, "0")]


def sku_by_code(db: Session, code: str) -> Sku | None:
    return db.exec(select(Sku).where(Sku.code == code)).first()


def skus(db: Session, ids: Iterable[int]) -> dict[int, Sku]:
    """SKUs by id."""
    return {sku.id: sku for sku in db.exec(select(Sku).where(col(Sku.id).in_(list(ids)))) if sku.id is not None}


def barcode_of(db: Session, sku_id: int) -> str:
    """The code printed on the goods; the SKU code when there is none."""
    code = db.exec(select(Barcode.code).where(Barcode.sku_id == sku_id).order_by(col(Barcode.id))).first()
    if code is not None:
        return code
    sku = db.get(Sku, sku_id)
    return sku.code if sku else ""


def cartons(db: Session) -> Sequence[Carton]:
    """Active cartons, smallest volume first."""
    every = db.exec(select(Carton).where(col(Carton.is_active))).all()
    return sorted(every, key=lambda c: c.length_mm * c.width_mm * c.height_mm)
