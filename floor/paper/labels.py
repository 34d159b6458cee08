"""Labels of the house, 100 x 50 mm: bins, totes, badges, lots, command cards; on a roll, or ten to an A4 sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from floor.paper import fit
from floor.paper.document import render
from floor.paper.words import html_of

#: Fill and text of the cart's slots 1..8: the eight hues that stay apart in every kind of colour vision.
TOTE_COLOURS = (
    ("#44CCF9", "#10151C"),
    ("#BC5406", "#FFFFFF"),
    ("#0C7E5E", "#FFFFFF"),
    ("#E9CD30", "#10151C"),
    ("#0625B3", "#FFFFFF"),
    ("#831A76", "#FFFFFF"),
    ("#FFFFFF", "#10151C"),
    ("#10151C", "#FFFFFF"),
)
SHEETS = ("roll", "a4")
# Bin codes are set in wide bold digits with air around every block.
BOLD_EM, AIR_EM, LARGEST_PT = 0.78, 0.55, 68.0
LEFT_MM, BLOCKS_MM = 3.0, 94.0


class Command(StrEnum):
    """What a command card says to the scan field; its barcode is `Command.scan`."""

    CONFIRM = "confirm"
    UNDO = "undo"
    SKIP = "skip"
    PROBLEM = "problem"
    REPRINT = "reprint"
    DONE = "done"

    @property
    def scan(self) -> str:
        return f"CMD-{self.name}"


@dataclass(frozen=True, slots=True)
class BinLabel:
    """`code` in blocks joined by hyphens: aisle-bay-level; `barcode` when the scanner reads another text."""

    code: str
    barcode: str = ""


@dataclass(frozen=True, slots=True)
class ToteLabel:
    """`slot` is its place on the cart, 1..8: numeral and colour."""

    code: str
    slot: int


@dataclass(frozen=True, slots=True)
class BadgeLabel:
    """`role` in the label's language."""

    code: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class LotLabel:
    """`code` is the lot or serial number, `expires` its last day or ""; `barcode` what the scanner reads."""

    sku: str
    code: str
    expires: str
    barcode: str


@dataclass(frozen=True, slots=True)
class CommandCard:
    command: Command


Label = BinLabel | ToteLabel | BadgeLabel | CommandCard | LotLabel


def labels_pdf(labels: Sequence[Label], lang: str, sheet: str = "roll") -> bytes:
    """A page per label on a roll, or ten to an A4 page; kinds may mix. ValueError: a code does not fit."""
    if sheet not in SHEETS:
        raise ValueError(f"no label sheet {sheet!r}")
    html = html_of("labels.html", lang, labels=[_drawn(label) for label in labels])
    return render(html, "labels.css", f"labels-{sheet}.css")


def _drawn(label: Label) -> dict[str, Any]:
    match label:
        case BinLabel(code, barcode):
            return {
                "kind": "bin",
                "blocks": _blocks(code),
                "code": code,
                "bars": fit.bars(barcode or code, 92),
            }
        case ToteLabel(code, slot):
            if not 1 <= slot <= len(TOTE_COLOURS):
                raise ValueError(f"no tote slot {slot}")
            fill, ink = TOTE_COLOURS[slot - 1]
            drawn = {"kind": "tote", "slot": slot, "fill": fill, "ink": ink}
            return drawn | {"code": fit.text(code, 54, 9, 18, 8, lines=1), "bars": fit.bars(code, 56)}
        case BadgeLabel(code, name, role):
            drawn = {
                "kind": "badge",
                "name": fit.text(name, 90, 16, 34, 10),
                "role": fit.text(role, 54, 7, 13, 7),
            }
            return drawn | {"code": code, "bars": fit.bars(code, 96)}
        case LotLabel(sku, code, expires, barcode):
            drawn = {"kind": "lot", "sku": fit.text(sku, 92, 9, 20, 8, lines=1), "expires": expires}
            try:
                bars = fit.bars(barcode, 96)
            except ValueError:  # too long for the paper: the number alone must do
                bars = fit.bars(code, 96)
            return drawn | {"code": fit.text(code, 92, 11, 26, 8, lines=1), "bars": bars}
        case CommandCard(command):
            return {"kind": "command", "command": command.value, "bars": fit.bars(command.scan, 70)}


def _blocks(code: str) -> list[dict[str, Any]]:
    """Each block of a bin code with its place; all share the largest type at which they fit side by side."""
    parts = code.split("-")
    ems = [BOLD_EM * len(part) + AIR_EM for part in parts]
    pt = min(LARGEST_PT, int(BLOCKS_MM / (sum(ems) * fit.MM_PER_PT) * 2) / 2)
    widths = [BLOCKS_MM * em / sum(ems) for em in ems]
    lefts = [LEFT_MM + sum(widths[:i]) for i in range(len(widths))]
    return [
        {"text": part, "pt": pt, "left": round(left, 2), "width": round(width, 2)}
        for part, left, width in zip(parts, lefts, widths, strict=True)
    ]
