"""Reads of the catalogue. `resolve` says what a scanned code is, before anybody decides what to do with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import biip
import sqlalchemy as sa
from biip.gs1_messages import GS1Message
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from floor.catalog.models import Barcode, Carton, Sku

#: Commands a person may scan from a printed card.
COMMANDS = ("UNDO", "PROBLEM", "SKIP", "CONFIRM", "REPRINT", "DONE")


@dataclass(frozen=True)
class Scanned:
    """A code as read and its SKU, if the catalogue knows it; `command` for a command card.

    A GS1 code may carry more: the lot (10), the serial number (21), the expiry date (17, or best before, 15).
    """

    code: str
    sku: Sku | None = None
    command: str = ""
    lot: str = ""
    serial: str = ""
    expires_on: date | None = None


def resolve(db: Session, text: str) -> Scanned:
    """What the catalogue knows about a scanned text: a command card, or goods by barcode, SKU code or GS1 code."""
    code = text.strip()
    if code.upper().startswith("CMD-") and code[4:].upper() in COMMANDS:
        return Scanned(code, command=code[4:].upper())
    carried, candidates = _read(code)
    for candidate in candidates:
        sku = db.exec(select(Sku).join(Barcode, col(Barcode.sku_id) == Sku.id).where(Barcode.code == candidate)).first()
        if sku is not None:
            return replace(carried, sku=sku)
    return replace(carried, sku=db.exec(select(Sku).where(Sku.code == code.upper())).first())


def _read(code: str) -> tuple[Scanned, list[str]]:
    """What a code carries, and its readings: itself, and the GTIN inside a GS1 code (]C1, DataMatrix, Digital Link, or
    typed with brackets) as EAN-13 too."""
    try:
        if code.startswith("("):
            code = GS1Message.parse_hri(code).value
        parsed = biip.parse(code)
    except biip.ParseError:
        return Scanned(code), [code]
    # A wrong check digit shows in gtin_error although the message parses: such a code names nothing.
    gtin = None if parsed.gtin_error else parsed.gtin
    if gtin is None:
        return Scanned(code), [code]
    parts = {part.ai.ai: part for part in parsed.gs1_message.element_strings} if parsed.gs1_message else {}
    text = {ai: part.value for ai, part in parts.items()}
    dates = [parts[ai].date for ai in ("17", "15") if ai in parts and parts[ai].date]
    carried = Scanned(
        code, lot=text.get("10", ""), serial=text.get("21", ""), expires_on=dates[0] if dates else None
    )  # fmt: skip
    return carried, [code, gtin.value, gtin.value.lstrip("0").rjust(13, "0")]


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


def substitutes(db: Session) -> Sequence[tuple[Sku, Sku]]:
    """(SKU, what goes out in its place) by code."""
    other = aliased(Sku)
    joined = sa.select(Sku, other).join(other, col(other.id) == col(Sku.substitute_id))
    return [(sku, target) for sku, target in db.execute(joined.order_by(col(Sku.code)))]
