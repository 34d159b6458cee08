"""SKUs and their barcodes. A new one needs a name, its size and its weight; a column left out stays as it is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog import service as catalog
from floor.catalog.models import Barcode, PackingClass, Sku, Tracking
from floor.catalog.service import NEEDED, SkuDraft
from floor.inventory.files import BadRow, Row
from floor.inventory.kinds.base import Change, Kind, Verdict, differences, each
from floor.inventory.models import LedgerRow, Outcome
from floor.kit.actor import Actor
from floor.kit.spreadsheet import Cell

#: mm, g and fen: twenty metres, two tons, a million yuan.
_MOST = {"length_mm": 20_000, "width_mm": 20_000, "height_mm": 20_000, "weight_g": 2_000_000}
_MOST_FEN = 100_000_000
_TEXTS = {"name": 120, "name_en": 120, "colour": 24, "colour_en": 24, "size": 24, "category": 40}
_SIZE = ("length_mm", "width_mm", "height_mm")


def examine(db: Session, rows: Sequence[Row]) -> list[Verdict]:
    verdicts = each(rows, _read)
    drafts = [v.wanted for v in verdicts if v.wanted]
    known = {sku.code: sku for sku in db.exec(select(Sku).where(col(Sku.code).in_({draft.code for draft in drafts})))}
    labels: dict[int, list[str]] = {}
    for sku_id, code in _barcodes(db, [sku.id or 0 for sku in known.values()]):
        labels.setdefault(sku_id, []).append(code)
    wanted = {code for draft in drafts for code in draft.barcodes or ()}
    owners = dict(
        db.execute(
            sa.select(col(Barcode.code), col(Sku.code))
            .join(Sku, col(Sku.id) == col(Barcode.sku_id))
            .where(col(Barcode.code).in_(wanted))
        ).all()
    )
    for verdict in verdicts:
        if verdict.wanted:
            sku = known.get(verdict.wanted.code)
            _judge(verdict, sku, labels.get(sku.id or 0, []) if sku else [], owners)
    _keep_tracking(db, [(verdict, known.get(verdict.label)) for verdict in verdicts if verdict.changes])
    return verdicts


def _keep_tracking(db: Session, changing: Sequence[tuple[Verdict, Sku | None]]) -> None:
    """Once stock was booked, units without a lot would be of none, and lots would be left over."""
    switched = {
        sku.id: verdict for verdict, sku in changing if sku and any(name == "tracking" for name, *_ in verdict.changes)
    }
    booked = sa.select(col(LedgerRow.sku_id)).where(col(LedgerRow.sku_id).in_(switched)).distinct()
    for sku_id in db.execute(booked).scalars() if switched else ():
        _bad(switched[sku_id], "tracking", "tracking_fixed", value=switched[sku_id].label)


def _barcodes(db: Session, sku_ids: Sequence[int]) -> Sequence[tuple[int, str]]:
    found = sa.select(col(Barcode.sku_id), col(Barcode.code)).where(col(Barcode.sku_id).in_(sku_ids))
    return db.execute(found.order_by(col(Barcode.id))).all()


def _read(row: Row) -> Verdict:
    code = row.code("code", 32)
    values: dict[str, Any] = {}
    for name, most in _TEXTS.items():
        if row.has(name):
            values[name] = row.text(name, most, required=name == "name")
    for name, most in _MOST.items():
        if row.has(name):
            values[name] = row.whole(name, 1, most)
    if all(name in values for name in _SIZE):  # longest first, however it was measured
        values |= zip(_SIZE, sorted((values[name] for name in _SIZE), reverse=True), strict=True)
    if row.has("colour_hex"):
        values["colour_hex"] = row.text("colour_hex", 7) or "#888888"
        if not re.fullmatch("#[0-9A-Fa-f]{6}", values["colour_hex"]):
            raise BadRow("colour_hex", "colour", value=values["colour_hex"])
    if row.has("price"):
        values["price_fen"] = row.fen("price", _MOST_FEN)
    if row.has("packing_class"):
        values["packing_class"] = PackingClass(row.choice("packing_class", "packing_class"))
    if row.has("tracking"):
        values["tracking"] = Tracking(row.choice("tracking", "tracking"))
    if row.has("min_life_days"):
        values["min_life_days"] = row.whole("min_life_days", 0, 9999) if row.cells["min_life_days"] else 0
    if row.has("active"):
        values["is_active"] = row.yes("active", usually=True)
    barcodes = _given_barcodes(row) if row.has("barcodes") else None
    keys = [("code", code), *(("barcodes", barcode) for barcode in barcodes or ())]
    return Verdict(row, Outcome.SAME, code, tuple(keys), wanted=SkuDraft(code, values, barcodes))


def _given_barcodes(row: Row) -> tuple[str, ...]:
    """Separated by ; or lines; whole numbers also by spaces."""
    text = row.text("barcodes", 500)
    pieces = [piece.strip() for piece in re.split(r"[;；|、,，\n]", text)]
    codes = [code for piece in pieces for code in (piece.split() if re.fullmatch(r"[\d\s]+", piece) else [piece])]
    for code in codes:
        if len(code) > 48:
            raise BadRow("barcodes", "too_long", value=code[:40], most=48)
        if re.fullmatch(r"\d(\.\d+)?E\+?\d+", code, re.IGNORECASE):
            raise BadRow("barcodes", "spoiled", value=code)
    return tuple(dict.fromkeys(code for code in codes if code))


def _judge(verdict: Verdict, sku: Sku | None, labels: Sequence[str], owners: Mapping[str, str]) -> None:
    draft: SkuDraft = verdict.wanted
    for code in draft.barcodes or ():
        if owners.get(code, draft.code) != draft.code:
            _bad(verdict, "barcodes", "barcode_taken", value=code, sku=owners[code])
            return
    if sku is None:
        if missing := [name for name in NEEDED if name not in draft.values]:
            _bad(verdict, missing[0], "new_sku", value=draft.code)
            return
        verdict.outcome = Outcome.MAKE
        verdict.changes = [(name, "", _shown(name, value)) for name, value in draft.values.items()]
        return
    verdict.changes = [_named(change) for change in differences(sku, dict(draft.values), _shown)]
    if draft.barcodes is not None and set(draft.barcodes) != set(labels):
        verdict.changes.append(("barcodes", " ".join(labels), " ".join(draft.barcodes)))
    verdict.outcome = Outcome.CHANGE if verdict.changes else Outcome.SAME


def _bad(verdict: Verdict, column: str, reason: str, **values: str) -> None:
    verdict.refuse(BadRow(column, reason, **values).fault)


_FIELDS = {"price_fen": "price", "is_active": "active"}


def _named(change: Change) -> Change:
    """By the file's name for it."""
    return (_FIELDS.get(change[0], change[0]), *change[1:])


def _shown(name: str, value: Any) -> str:
    if name == "price_fen":
        return str(_yuan(value))
    return str(int(value)) if isinstance(value, bool) else str(value)


def _yuan(fen: int) -> Decimal:
    return Decimal(fen).scaleb(-2).quantize(Decimal("0.01"))


def book(db: Session, verdicts: Sequence[Verdict], import_id: int, actor: Actor) -> None:
    catalog.save_skus(db, [verdict.wanted for verdict in verdicts if verdict.changes], actor)


def export(db: Session) -> Iterator[Sequence[Cell]]:
    labels: dict[int, list[str]] = {}
    for sku_id, code in db.execute(sa.select(col(Barcode.sku_id), col(Barcode.code)).order_by(col(Barcode.id))):
        labels.setdefault(sku_id, []).append(code)
    for sku in db.exec(select(Sku).order_by(Sku.code)):
        yield (
            sku.code, sku.name, sku.name_en, "; ".join(labels.get(sku.id or 0, [])), sku.colour, sku.colour_en,
            sku.colour_hex, sku.size, sku.category, sku.length_mm, sku.width_mm, sku.height_mm, sku.weight_g,
            _yuan(sku.price_fen), sku.tracking.value, sku.min_life_days, sku.packing_class.value, int(sku.is_active),
        )  # fmt: skip


KIND = Kind(("code",), examine, book, export)
