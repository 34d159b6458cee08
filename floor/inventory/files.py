"""Files of master data and stock: which columns there are, what they are called, and a row's cells by field.

A column that is missing leaves things as they are; an empty cell says "nothing" (or the usual choice).
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from floor.inventory.models import ImportKind
from floor.kit import spreadsheet, units
from floor.kit.errors import Invalid
from floor.kit.spreadsheet import Line, Unreadable

#: Longer files come in parts.
MOST_ROWS = 500_000
#: What a spreadsheet makes of a long number when nobody looks: the digits are gone.
_SPOILED = re.compile(r"\d(\.\d+)?E\+?\d+", re.IGNORECASE)
_AMOUNT = re.compile(r"[\u00a5\uffe5]?\s*[\d,]{1,12}(\.\d+)?")
_NOT_LETTERS = re.compile(r"[\s_\-/.*:：()（）\[\]【】]+")


@dataclass(frozen=True)
class Fault:
    """Why a row cannot be used: the field, a code of messages.FAULTS, and the values of its sentence."""

    column: str
    reason: str
    values: dict[str, Any] = field(default_factory=dict)


class BadRow(Exception):
    def __init__(self, column: str, reason: str, **values: Any) -> None:
        super().__init__(column, reason)
        self.fault = Fault(column, reason, values)


@dataclass(frozen=True)
class Row:
    """A row by fields. `number` is the spreadsheet's own; a row that cannot be read has no cells and a fault."""

    number: int
    cells: dict[str, str]
    fault: Fault | None = None

    def has(self, name: str) -> bool:
        return name in self.cells

    def text(self, name: str, most: int, *, required: bool = False) -> str:
        """At most `most` characters. Raises BadRow, as all of these do."""
        text = self.cells.get(name, "")
        if required and not text:
            raise BadRow(name, "missing")
        if len(text) > most:
            raise BadRow(name, "too_long", value=text[:40], most=most)
        return text

    def code(self, name: str, most: int) -> str:
        """A code people scan: upper case, never what a spreadsheet left of a number."""
        text = self.text(name, most, required=True).upper()
        if _SPOILED.fullmatch(text):
            raise BadRow(name, "spoiled", value=text)
        return text

    def whole(self, name: str, least: int, most: int) -> int:
        text = self.text(name, 200, required=True)
        if not re.fullmatch(r"-?[0-9]{1,9}(\.0+)?", text) or not least <= int(text.partition(".")[0]) <= most:
            raise BadRow(name, "number", value=text[:40], least=least, most=most)
        return int(text.partition(".")[0])

    def wholes(self, name: str, least: int, most: int) -> list[int]:
        """A list in one cell, separated by spaces or any comma: in millimetres, in increasing order."""
        found = [Row(self.number, {name: part}).whole(name, least, most) for part in self.parts(name)]
        if found != sorted(set(found)):
            raise BadRow(name, "not_rising", value=self.cells[name][:60])
        return found

    def parts(self, name: str) -> list[str]:
        return [part for part in re.split(r"[\s,;，；、|]+", self.cells.get(name, "")) if part]

    def fen(self, name: str, most: int) -> int:
        """An amount of money in yuan; empty is nothing."""
        text = self.text(name, 200)
        try:
            amount = units.fen(text) if _AMOUNT.fullmatch(text) else 0 if not text else -1
        except ValueError:
            amount = -1
        if not 0 <= amount <= most:
            raise BadRow(name, "money", value=text[:40])
        return amount

    def day(self, name: str) -> date | None:
        """A date, year first, whatever stands between the numbers; empty is none."""
        text = self.text(name, 30)
        found = re.fullmatch(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})\D?", text)
        if not text:
            return None
        with suppress(ValueError):
            if found:
                return date(*map(int, found.groups()))
        raise BadRow(name, "date", value=text)

    def choice(self, name: str, words: str) -> str:
        """One of the codes of columns.toml's [words.<words>], by any of its names; empty is the first."""
        known: dict[str, list[str]] = _columns()["words"][words]
        given = self.text(name, 200).casefold()
        for code, names in known.items():
            if given in ("", code.casefold(), *names):
                return code
        raise BadRow(name, "choice", value=given[:40], known=", ".join(known))

    def yes(self, name: str, *, usually: bool = False) -> bool:
        return self.choice(name, "yes") == "1" if self.cells.get(name) else usually


@cache
def _columns() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("columns.toml").read_text(encoding="utf-8"))


def fields(kind: ImportKind) -> list[str]:
    """The fields of a kind, in the order in which they are exported."""
    return list(_columns()[kind.value])


def headings(kind: ImportKind, chinese: bool) -> list[str]:
    """What the columns of an export are called."""
    return [names[1 if chinese else 0] for names in _columns()[kind.value].values()]


def heading(kind: ImportKind, name: str, chinese: bool) -> str:
    """What people call a field; the field itself when it is none of this kind."""
    names = _columns()[kind.value].get(name)
    return names[1 if chinese else 0] if names else name


def bare(name: str) -> str:
    return _NOT_LETTERS.sub("", name).casefold()


@cache
def _known(kind: ImportKind) -> dict[str, str]:
    return {bare(other): name for name, others in _columns()[kind.value].items() for other in (*others, name)}


@dataclass(frozen=True)
class Head:
    """Where each field stands in the file, and the columns nobody asked for."""

    places: dict[str, int]
    unused: list[str]
    line: int


def read_head(kind: ImportKind, required: Sequence[str], lines: Iterator[Line]) -> Head:
    """The header: the first line that is not blank. Raises Invalid when it does not name what is needed."""
    first = next(lines, None)
    if first is None:
        raise Invalid("inventory.file_empty", field="file")
    places: dict[str, int] = {}
    unused = []
    for place, cell in enumerate(first.cells):
        name = _known(kind).get(bare(cell))
        if name is None:
            unused += [cell[:40]] if cell else []
        elif name in places:
            raise Invalid("inventory.column_twice", field="file", column=cell)
        else:
            places[name] = place
    if missing := [name for name in required if name not in places]:
        shown = ", ".join(cell for cell in first.cells if cell)[:200]
        raise Invalid("inventory.columns_missing", field="file", missing=", ".join(missing), found=shown)
    return Head(places, [cell for cell in unused if not cell.startswith("_")], first.number)


def rows(kind: ImportKind, required: Sequence[str], body: bytes) -> tuple[Head, Iterator[Row]]:
    """The header, and every row below it. Raises Invalid, here or on the way, for a file that cannot be used."""
    try:
        lines = spreadsheet.lines(body)
        head = read_head(kind, required, lines)
    except Unreadable as bad:
        raise Invalid(f"inventory.file_{bad.reason}", field="file") from None
    return head, _rows(head, lines)


def _rows(head: Head, lines: Iterator[Line]) -> Iterator[Row]:
    try:
        for count, line in enumerate(lines):
            if count >= MOST_ROWS:
                raise Invalid("inventory.file_too_long", field="file", most=MOST_ROWS)
            if line.fault:
                yield Row(line.number, {}, Fault("", line.fault))
            else:
                cells = line.cells
                yield Row(line.number, {name: cells[at] if at < len(cells) else "" for name, at in head.places.items()})
    except Unreadable as bad:
        raise Invalid(f"inventory.file_{bad.reason}", field="file") from None
