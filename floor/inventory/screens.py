"""What the screens of stock share: the red screen, the story of a place, goods by their code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlmodel import Session

from floor.catalog.models import Sku
from floor.catalog.queries import sku_by_code, skus
from floor.inventory import queries, tracing
from floor.inventory.models import LedgerRow
from floor.kit.errors import Unknown
from floor.web.page import page

#: Who walks the floor.
FLOOR = ("picker", "supervisor")


@dataclass(frozen=True)
class Wrong:
    """The red screen: nothing was counted. `goon` says what to scan, `back` where a tap leads.

    `keep` are the values the next scan takes along, `got` the goods that were scanned, `anyway` a button that does it
    all the same: (address, words, values to send).
    """

    title: Any
    scan_url: str
    back: str
    goon: Any
    detail: Any = ""
    keep: Mapping[str, Any] | None = None
    got: Sku | None = None
    anyway: tuple[str, Any, Mapping[str, Any]] | None = None


def show_wrong(wrong: Wrong, code: str | None = None) -> Response:
    """Just scanning the right thing clears it."""
    shown = request.form.get("code", "") if code is None else code
    return page(
        "inventory/wrong.html", "screen", 422, wrong=wrong, code=shown, verdict="err", scan_url=wrong.scan_url,
        keep={name: value for name, value in (wrong.keep or {}).items() if value},
    )  # fmt: skip


UNKNOWN = _l("Unknown code")


def unknown_code() -> str:
    return _("The system does not know this code. Nothing was counted.")


def sku_or_unknown(db: Session, code: str) -> Sku:
    sku = sku_by_code(db, code.strip().upper())
    if sku is None:
        raise Unknown("inventory.unknown_sku", sku=code)
    return sku


def show_history(db: Session, rows: Sequence[LedgerRow]) -> list[dict[str, object]]:
    """Ledger rows with the names of their places, goods and lots, as the table shows them."""
    names = queries.place_names(db, [place for row in rows for place in (row.from_place_id, row.to_place_id)])
    goods = skus(db, {row.sku_id for row in rows})
    lots = tracing.lots_by_id(db, {row.lot_id for row in rows if row.lot_id})
    return [
        {
            "row": row, "sku": goods[row.sku_id].code, "lot": lots.get(row.lot_id or 0),
            "ends": (names[row.from_place_id], names[row.to_place_id]),
        }
        for row in rows
    ]  # fmt: skip
