"""Tables in files: CSV in whatever dress Excel gives it, and .xlsx. Read line by line, written safely."""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import openpyxl

#: Unpacked size a workbook may claim, bytes: a hundred times what we let people upload would be a bomb.
MOST_UNPACKED = 600 * 1024 * 1024
#: Shared texts are held in memory while the sheet is read.
MOST_TEXTS = 120 * 1024 * 1024

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
#: What makes a spreadsheet run a cell, also in the width Chinese keyboards type; and our own apostrophe.
_RISKY = ("=", "+", "-", "@", "\t", "\r", "'", "＝", "＋", "－", "＠")
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"


class Unreadable(Exception):
    """The file is no table: `reason` is broken, old_excel or too_big."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Line:
    """`number` as a spreadsheet counts (the first is 1); `fault` is broken or encoding when it cannot be trusted."""

    number: int
    cells: tuple[str, ...]
    fault: str = ""


def clean(cell: str) -> str:
    """Exports protect numbers from spreadsheets: a leading apostrophe, ="123", tabs. None of it is content."""
    text = cell.strip(" \t\r\n\ufeff\u3000")
    if not text or text[0] not in "='":
        return text
    if text.startswith('="') and text.endswith('"') and len(text) > 2:
        text = text[2:-1].strip()
    return text[1:].strip() if text.startswith("'") else text


def harmless(cell: str) -> str:
    """A spreadsheet must not run what a stranger typed; `clean` takes the apostrophe off again."""
    return f"'{cell}" if cell.startswith(_RISKY) and not _NUMBER.fullmatch(cell) else cell


def as_read(text: str) -> str:
    """What comes back of a text that was written into a file here and read from it again."""
    return clean(harmless(_plain(text)))


def _plain(text: str) -> str:
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


# --- reading -----------------------------------------------------------------------------------------------------


def is_workbook(body: bytes) -> bool:
    return body.startswith(b"PK\x03\x04")


def lines(body: bytes) -> Iterator[Line]:
    """Every line that is not blank, cells cleaned. Raises Unreadable, at the latest when the damage is reached."""
    if body.startswith(_OLD_EXCEL):
        raise Unreadable("old_excel")
    return _sheet_lines(body) if is_workbook(body) else _csv_lines(body)


def about_how_many(body: bytes) -> int:
    """Lines a CSV may have, header included, for a progress bar."""
    return body.count(b"\n") + (not body.endswith(b"\n"))


def unpacked(body: bytes, most_lines: int) -> bytes:
    """A workbook as CSV with the same lines under the same numbers: ten times as quick to read again from the start.

    Raises Unreadable, also for more than `most_lines`.
    """
    out = io.StringIO(newline="")
    table = csv.writer(out)
    number = 0
    for count, line in enumerate(_sheet_lines(body), 1):
        if count > most_lines or out.tell() > MOST_TEXTS:
            raise Unreadable("too_big")
        out.write("\r\n" * (line.number - number - 1))
        table.writerow([harmless(cell) for cell in line.cells])
        number = line.number
    return out.getvalue().encode("utf-8-sig")


def _csv_lines(body: bytes) -> Iterator[Line]:
    text = _text(body)
    delimiter, skip = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 0
    while True:
        number += 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Line(number, (), "broken")
            continue
        if number > skip and any(value.strip() for value in values):
            yield _line(number, values)


def _text(body: bytes) -> str:
    """UTF-8, with or without a mark; Excel's "Unicode text"; else what Chinese Excel writes."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", errors="replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("gb18030", errors="replace")


def _delimiter(text: str) -> tuple[str, int]:
    """What separates the cells, and how many lines say so and nothing else (Excel's `sep=;`)."""
    first = next((line for line in io.StringIO(text[:20_000]) if line.strip()), "")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[4], 1
    bare = re.sub(r'"[^"]*"', "", first)
    return max(",;\t", key=bare.count), 0


def _sheet_lines(body: bytes) -> Iterator[Line]:
    """The first sheet. A damaged workbook fails anywhere inside the library, with anything: it is one fault to us."""
    _must_be_sane(body)
    try:
        book = openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # some programs write a wrong size, and rows beyond it would be lost
            for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
                shown = [_shown(value) for value in values]
                if any(shown):
                    yield _line(number, shown)
        finally:
            book.close()
    except GeneratorExit:
        raise
    except Exception as bad:
        raise Unreadable("broken") from bad


def _must_be_sane(body: bytes) -> None:
    """A small file may unpack to a house full of zeros."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    except zipfile.BadZipFile:
        raise Unreadable("broken") from None
    texts = sum(size for name, size in sizes.items() if name.lower().endswith("sharedstrings.xml"))
    if sum(sizes.values()) > MOST_UNPACKED or texts > MOST_TEXTS:
        raise Unreadable("too_big")


def _shown(value: Any) -> str:
    """A cell as a person would type it: whole numbers without .0, 15:00, 2026-11-23."""
    match value:
        case None:
            return ""
        case bool():
            return str(int(value))
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}"
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
        case date():
            return value.isoformat()
        case time():
            return value.isoformat("minutes")
    return str(value)


def _line(number: int, values: Sequence[str]) -> Line:
    cells = tuple(clean(_plain(value)) for value in values)
    lost = any("\ufffd" in value or "\x00" in value for value in values)
    return Line(number, cells, "encoding" if lost else "")


# --- writing -----------------------------------------------------------------------------------------------------

Cell = str | int | Decimal


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with the mark Excel needs to see it."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow([_safe(cell) for cell in header])
    table.writerows([_safe(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def to_workbook(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet, the header frozen; numbers are numbers, texts stay texts (leading zeros, long barcodes)."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("1")
    sheet.freeze_panes = "A2"
    for n, name in enumerate(header):
        sheet.column_dimensions[openpyxl.utils.get_column_letter(n + 1)].width = max(12, 2 * len(name))
    sheet.append([_safe(cell) for cell in header])
    for row in rows:
        sheet.append([_safe(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _safe(cell: Cell) -> Cell:
    return harmless(_plain(cell)) if isinstance(cell, str) else cell
