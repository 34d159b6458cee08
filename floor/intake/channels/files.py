"""Order files: bytes -> rows -> groups of one order each -> drafts. Streams; every row keeps its number.

A file is read twice. The first pass counts the rows of each order, so that the second can close an order the moment its
last row came by, wherever in the file its rows stand, and hold only the open ones.
"""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from floor.intake.channels.draft import MOST_FEN, Draft, DraftLine, Problem
from floor.intake.channels.mapping import LINE_FIELDS, Mapping
from floor.intake.channels.reading import new_address
from floor.intake.places import visible, visible_lines
from floor.kit import spreadsheet, units
from floor.kit.errors import Invalid
from floor.kit.spreadsheet import clean
from floor.orders.service import NewOrder

#: Gives the file from its beginning, each time it is called.
Opener = Callable[[], BinaryIO]

MOST_ROWS = 2_000_000
_MOST_LINE = 1_000_000
_AMOUNT = re.compile(r"[-+]?[\d,]{1,14}(\.\d+)?")
_CURRENCY = re.compile(r"[\u00a5\uffe5$\u20ac\u00a3\s]")
_LIMITS = {
    "order_id": 64, "buyer_id": 64, "buyer_name": 80, "lang": 8, "recipient": 80, "phone": 40, "province": 40,
    "city": 40, "district": 40, "street": 200, "postcode": 16, "country": 2, "buyer_note": 500, "seller_note": 500,
    "gift_message": 300, "sku": 32, "barcode": 48,
}  # fmt: skip
_PLACE = ("recipient", "phone", "province", "city", "district", "street", "postcode")
_YES = ("1", "y", "yes", "true", "\u662f")


class Row(NamedTuple):
    """`number` 1 is the first row below the header; `cells` are cleaned, by column."""

    number: int
    names: Sequence[str]
    values: Sequence[str]
    cells: dict[str, str]
    problem: Problem | None = None

    @property
    def raw(self) -> dict[str, str]:
        """What stood there, by column."""
        return {
            name: value[:500].replace("\x00", "\ufffd") for name, value in zip(self.names, self.values, strict=False)
        }


@dataclass
class Group:
    """The rows of one order, and what became of them: `dropped` do not count for the order, `faults` stop it."""

    order_id: str
    rows: list[Row]
    dropped: list[tuple[Row, Problem]] = field(default_factory=list)
    faults: list[tuple[Row, Problem]] = field(default_factory=list)
    #: Rows that stand in the draft, in the draft's order of lines.
    lines: list[Row] = field(default_factory=list)
    draft: Draft | None = None


@contextmanager
def _text(opener: Opener, mapping: Mapping) -> Iterator[Iterator[str]]:
    with opener() as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        source: BinaryIO = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
        buffered = io.BufferedReader(source)  # type: ignore[type-var]
        encoding = _encoding(buffered.peek(), mapping)
        with io.TextIOWrapper(buffered, encoding=encoding, errors="replace", newline="") as lines:
            # A "line" without end must not fill the memory: the CSV reader refuses the piece instead.
            yield iter(partial(lines.readline, _MOST_LINE), "")


def _encoding(beginning: bytes, mapping: Mapping) -> str:
    """Spreadsheets write either, as they please: a mark at the beginning says more than the mapping, and so does a
    header that shows its columns in the other encoding only."""
    if beginning.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    first = beginning.partition(b"\n")[0]
    for encoding in (mapping.encoding, "utf-8", "gb18030"):
        shown = first.decode(encoding, "replace")
        if all(name in shown for name in mapping.wanted_columns()):
            return encoding
    return mapping.encoding


def unpacked(body: bytes, mapping: Mapping) -> tuple[bytes, Mapping]:
    """A workbook as the CSV it could have been, and the mapping that reads that; anything else as it came. Raises
    Invalid for a workbook that is damaged, too big, or a small one that would unpack to a big one."""
    if not spreadsheet.is_workbook(body):
        return body, mapping
    try:
        table = spreadsheet.unpacked(body, MOST_ROWS + 1)
    except spreadsheet.Unreadable as bad:
        raise Invalid(
            "intake.workbook_too_big" if bad.reason == "too_big" else "intake.file_broken", field="file"
        ) from bad
    return table, mapping.model_copy(update={"encoding": "utf-8-sig", "delimiter": ","})


def header(opener: Opener, mapping: Mapping) -> list[str]:
    """The names of the columns. Raises Invalid when one the mapping wants is missing."""
    try:
        with _text(opener, mapping) as lines:
            found = [clean(cell) for cell in next(csv.reader(lines, delimiter=mapping.delimiter), [])]
    except (EOFError, OSError, zlib.error, csv.Error):
        raise Invalid("intake.file_broken", field="file") from None
    if missing := sorted(mapping.wanted_columns() - set(found)):
        shown = ", ".join(found)[:200]
        raise Invalid("intake.no_columns", field="file", missing=", ".join(missing), found=shown)
    return found


def _lines(opener: Opener, mapping: Mapping) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of every row that is not blank; a row that cannot be read has no cells."""
    with _text(opener, mapping) as lines:
        reader = csv.reader(lines, delimiter=mapping.delimiter)
        next(reader)
        number = 0
        while True:
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error:
                number += 1
                yield number, []
                continue
            if not any(map(str.strip, values)):
                continue
            number += 1
            if number > MOST_ROWS:
                raise Invalid("intake.file_too_long", field="file", most=MOST_ROWS)
            yield number, values


def _row(number: int, names: Sequence[str], values: list[str]) -> Row:
    cells = dict(zip(names, map(clean, values), strict=False))
    return Row(number, names, values, cells, _unreadable(names, values, cells))


def _unreadable(names: Sequence[str], values: list[str], cells: dict[str, str]) -> Problem | None:
    if not values:
        return Problem("", "row_broken")
    if len(values) != len(names):
        reason = "row_short" if len(values) < len(names) else "row_long"
        return Problem("", reason, {"cells": len(values), "columns": len(names)})
    whole = "".join(cells.values())
    if "\ufffd" not in whole and "\x00" not in whole:
        return None
    return Problem(next(name for name, cell in cells.items() if "\ufffd" in cell or "\x00" in cell), "encoding")


def survey(opener: Opener, mapping: Mapping) -> Counter[str]:
    """Rows per order. Raises Invalid for a file that is damaged, empty, too long or lacks columns."""
    column, names = mapping.columns["order_id"], header(opener, mapping)
    told = (dict(zip(names, values, strict=False)).get(column, "") for _number, values in _lines(opener, mapping))
    try:
        counted = Counter(map(clean, told))
    except (EOFError, OSError, zlib.error):
        raise Invalid("intake.file_broken", field="file") from None
    if not counted:
        raise Invalid("intake.file_empty", field="file")
    return counted


def groups(
    opener: Opener, mapping: Mapping, imported_at: datetime, counted: Counter[str] | None = None
) -> Iterator[Group]:
    """Orders in the order in which they are complete, each read into a draft; rows without order id come alone.

    The same file always gives the same groups in the same order: an import that was stopped finds its place again.
    `counted`: what `survey` told, if it was asked.
    """
    counted = survey(opener, mapping) if counted is None else counted
    column, names = mapping.columns["order_id"], header(opener, mapping)
    open_ones: dict[str, list[Row]] = {}
    for number, values in _lines(opener, mapping):
        row = _row(number, names, values)
        order_id = row.cells.get(column, "")
        if not order_id:
            yield Group("", [row], dropped=[(row, row.problem or Problem(column, "missing"))])
            continue
        mine = open_ones.setdefault(order_id, [])
        mine.append(row)
        if len(mine) == counted[order_id]:
            yield _read(Group(order_id, open_ones.pop(order_id)), mapping, imported_at)


def _read(group: Group, mapping: Mapping, imported_at: datetime) -> Group:
    """Sort the rows into dropped, faulty and good; draft the order when none is faulty."""
    fixed = mapping.fixed(group.order_id)
    lines: list[DraftLine] = []
    kept: list[tuple[Row, dict[str, str]]] = []
    for row in group.rows:
        if row.problem is None and (left_out := _left_out(row, mapping)):
            group.dropped.append((row, left_out))
            continue
        values = {name: row.cells.get(column, "") for name, column in mapping.columns.items()}
        if fixed:
            values |= {name: value for name, value in fixed.items() if not values.get(name)}
        found = row.problem or _missing(values, mapping) or _line(values, mapping, row.number)
        if isinstance(found, Problem):
            group.faults.append((row, found))
            continue
        kept.append((row, values))
        lines.append(found)
        group.lines.append(row)
    if not lines or group.faults:
        return group
    order = _order(kept, mapping, imported_at)
    if isinstance(order, Problem):
        group.faults.append((kept[0][0], order))
        return group
    group.draft = Draft(order, tuple(lines), _given(kept, "total"), _given(kept, "paid"))
    if group.draft.goods_fen() > MOST_FEN:
        group.faults.append((kept[0][0], Problem(mapping.column_of("unit_price"), "too_much")))
    return group


def _left_out(row: Row, mapping: Mapping) -> Problem | None:
    for rule in mapping.reject:
        value = row.cells.get(rule.column, "")
        if rule.regex.search(value):
            return Problem(rule.column, rule.reason, {"given": value[:80]})
    return None


def _missing(values: dict[str, str], mapping: Mapping) -> Problem | None:
    code = "sku" if "sku" in values else "barcode"
    if not values.get("sku") and not values.get("barcode"):
        return Problem(mapping.column_of(code), "missing")
    for name in ("placed_at", "qty", "unit_price", *mapping.required):
        if not values.get(name):
            return Problem(mapping.column_of(name), "missing")
    for name, most in _LIMITS.items():
        if name in values and len(values[name]) > most:
            return Problem(mapping.column_of(name), "too_long", {"most": most})
    return None


def _line(values: dict[str, str], mapping: Mapping, number: int) -> DraftLine | Problem:
    qty = _quantity(values["qty"], mapping)
    if isinstance(qty, Problem):
        return qty
    money = {}
    for name in ("unit_price", "line_discount"):
        amount = _money(values.get(name, ""), mapping.column_of(name))
        if isinstance(amount, Problem):
            return amount
        money[name] = amount or 0
    return DraftLine(
        values.get("sku", "").upper() or values["barcode"], qty, money["unit_price"], money["line_discount"],
        _yes(values, "is_gift"), values.get("product_name", "")[:120], str(number),
    )  # fmt: skip


def _quantity(text: str, mapping: Mapping) -> int | Problem:
    column = mapping.column_of("qty")
    try:
        qty = int(text.replace(",", "").removesuffix(".0").removesuffix(".00"))
    except ValueError:
        return Problem(column, "number", {"given": text[:40]})
    if mapping.qty_sign != "positive":
        qty = abs(qty) if mapping.qty_sign == "absolute" else -qty
    if qty <= 0:
        return Problem(column, "not_positive", {"given": text[:40]})
    return qty if qty <= 100_000 else Problem(column, "number", {"given": text[:40]})


@lru_cache(4096)
def _money(text: str, column: str) -> int | Problem | None:
    """Fen; None for an empty cell. Never below zero: a refund is not part of an order."""
    bare = _CURRENCY.sub("", text) if text else ""
    if not bare:
        return None
    if not _AMOUNT.fullmatch(bare):
        return Problem(column, "money", {"given": text[:40]})
    try:
        amount = units.fen(bare)
    except ValueError:
        return Problem(column, "money", {"given": text[:40]})
    if amount < 0:
        return Problem(column, "negative", {"given": text[:40]})
    return amount if amount <= MOST_FEN else Problem(column, "too_much")


def _yes(values: dict[str, str], name: str) -> bool:
    return values.get(name, "").lower() in _YES


def _given(kept: list[tuple[Row, dict[str, str]]], name: str) -> int | None:
    """An order's sum that `_order` already proved readable; None when no row gives it."""
    amounts = [_money(values.get(name, ""), name) for _, values in kept]
    return next((amount for amount in amounts if isinstance(amount, int)), None)


def _order(kept: list[tuple[Row, dict[str, str]]], mapping: Mapping, imported_at: datetime) -> NewOrder | Problem:
    """What the rows say together: the earliest of dates, else the one value of those rows that have one."""
    fields: dict[str, str] = {}
    moments: dict[str, datetime] = {}
    names = [name for name in kept[0][1] if name not in LINE_FIELDS]  # all rows have the same
    before: dict[str, str] = {}
    for _, values in kept:
        for name in names:
            value = values[name]
            if not value or before.get(name) == value:
                continue
            if name in ("placed_at", "paid_at", "promised_at"):
                moment = _moment(value, mapping)
                if moment is None:
                    return Problem(mapping.column_of(name), "date", {"given": value[:40]})
                moments[name] = min(moment, moments.get(name, moment))
            elif fields.setdefault(name, value) != value:
                both = {"given": fields[name][:40], "other": value[:40]}
                return Problem(mapping.column_of(name), "differs", both)
        before = values
    amounts: dict[str, int] = {}
    for name in ("freight", "discount", "total", "paid"):
        amount = _money(fields.get(name, ""), mapping.column_of(name))
        if isinstance(amount, Problem):
            return amount
        amounts[name] = amount or 0
    return _new_order(fields, moments, amounts, mapping, imported_at)


def _new_order(
    fields: dict[str, str],
    moments: dict[str, datetime],
    amounts: dict[str, int],
    mapping: Mapping,
    imported_at: datetime,
) -> NewOrder:
    placed = moments["placed_at"]
    begin = placed if mapping.promise_from == "placed" else imported_at
    address = {name: fields.get(name, "") for name in _PLACE}
    return NewOrder(
        channel=mapping.channel,
        external_id=fields["order_id"],
        placed_at=placed,
        paid_at=moments.get("paid_at") or (placed if mapping.assume_paid else None),
        promised_at=moments.get("promised_at") or begin + timedelta(hours=mapping.promise_hours),
        lines=(),
        address=new_address(**address, country=fields.get("country", "CN").upper()),
        buyer_id=fields.get("buyer_id", ""),
        buyer_name=visible(fields.get("buyer_name", "")),
        freight_fen=amounts["freight"],
        discount_fen=amounts["discount"],
        buyer_note=visible_lines(fields.get("buyer_note", "")),
        seller_note=visible_lines(fields.get("seller_note", "")),
        gift_wrap=_yes(fields, "gift_wrap"),
        gift_message=visible_lines(fields.get("gift_message", "")),
        hide_price=_yes(fields, "hide_price"),
        takes_substitutes=_yes(fields, "substitutes"),
        lang=fields.get("lang", "zh"),
        tier=min(int(tier), 2) if (tier := fields.get("tier", "")).isdecimal() and len(tier) < 10 else 0,
    )


def _moment(text: str, mapping: Mapping) -> datetime | None:
    return _read_moment(text, mapping.date_format, mapping.zone)


@lru_cache(1024)
def _read_moment(text: str, form: str, zone: ZoneInfo) -> datetime | None:
    """Every row of an order says it again."""
    try:
        moment = datetime.strptime(text, form)  # noqa: DTZ007 -- the mapping names the zone
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return moment.astimezone(UTC) if 2000 <= moment.year < 2100 else None
