"""How to read one kind of order file: which column says what, in which encoding, and what to leave out.

A mapping is a TOML file (docs/mappings/ has examples); the batch keeps a copy, so that one can tell later how a file
was read.
"""

import re
import tomllib
import zlib
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from floor.kit.errors import Invalid

ORDER_FIELDS = (
    "order_id", "placed_at", "paid_at", "promised_at", "buyer_id", "buyer_name", "tier", "lang", "recipient", "phone",
    "province", "city", "district", "street", "postcode", "country", "freight", "discount", "total", "paid",
    "buyer_note", "seller_note", "gift_wrap", "gift_message", "hide_price",
    "substitutes",
)  # fmt: skip
LINE_FIELDS = frozenset(("sku", "barcode", "qty", "unit_price", "line_discount", "is_gift", "product_name"))
FIELDS = LINE_FIELDS.union(ORDER_FIELDS)


class RejectRule(BaseModel):
    """Rows whose `column` matches are left out for `reason`; the rest of their order is taken."""

    model_config = ConfigDict(extra="forbid")

    column: str
    pattern: str
    reason: Literal["cancellation", "not_goods", "out_of_scope"]

    @field_validator("pattern")
    @classmethod
    def compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as bad:
            raise ValueError(f"not a regular expression: {bad}") from None
        return pattern

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern)


class Mapping(BaseModel):
    """See docs/mappings/README.md for what each key does."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=80)
    channel: str = Field(pattern="^[a-z0-9_-]{1,24}$")
    encoding: Literal["utf-8-sig", "gb18030"] = "utf-8-sig"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    timezone: str = "Asia/Shanghai"
    date_format: str = "%Y-%m-%d %H:%M:%S"
    #: field = column
    columns: dict[str, str]
    #: field = value; {n} is a number from 1 to 9999 drawn from the order's id, {order} the id itself.
    constants: dict[str, str] = {}
    #: Sets of constants taken in turn; which one an order gets depends on its id alone, so a rerun says the same.
    rotate: list[dict[str, str]] = []
    #: Fields that may not be empty, besides order_id, qty, unit_price and sku or barcode.
    required: list[str] = []
    #: What a minus sign of the quantity means: a fault, nothing, or that sales are written with it.
    qty_sign: Literal["positive", "absolute", "negative"] = "positive"
    #: The file holds paid orders only: paid in full when placed, unless a column says otherwise.
    assume_paid: bool = False
    #: Without a promised_at: so many hours after the order was placed, or after it was imported.
    promise_hours: int = Field(default=24, ge=1, le=24 * 60)
    promise_from: Literal["placed", "imported"] = "placed"
    reject: list[RejectRule] = []

    @field_validator("timezone")
    @classmethod
    def exists(cls, timezone: str) -> str:
        try:
            ZoneInfo(timezone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"no such time zone: {timezone}") from None
        return timezone

    @field_validator("date_format")
    @classmethod
    def reads_back(cls, given: str) -> str:
        moment = datetime(2024, 2, 3, tzinfo=UTC)
        try:
            datetime.strptime(moment.strftime(given), given)  # noqa: DTZ007 -- only the format is tried
        except ValueError as bad:
            raise ValueError(f"not a date format: {bad}") from None
        return given

    @model_validator(mode="after")
    def complete(self) -> "Mapping":
        given = {*self.columns, *self.constants, *(name for turn in self.rotate for name in turn)}
        if unknown := sorted((given | set(self.required)) - FIELDS):
            raise ValueError(f"unknown fields: {', '.join(unknown)}")
        if missing := {"order_id", "placed_at", "qty", "unit_price"} - given:
            raise ValueError(f"nothing says {', '.join(sorted(missing))}")
        if not given & {"sku", "barcode"}:
            raise ValueError("nothing says sku or barcode")
        if "order_id" not in self.columns:
            raise ValueError("order_id must be a column: it groups the rows")
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def wanted_columns(self) -> set[str]:
        return {*self.columns.values(), *(rule.column for rule in self.reject)}

    def column_of(self, name: str) -> str:
        """Where a field stands in the file; the field's own name when it stands in the mapping."""
        return self.columns.get(name, name)

    def fixed(self, order_id: str) -> dict[str, str]:
        """The fields the mapping itself supplies for an order."""
        if not (self.constants or self.rotate):
            return {}
        draw = zlib.crc32(order_id.encode())
        turn = self.rotate[draw % len(self.rotate)] if self.rotate else {}
        number = str(draw // 7 % 9999 + 1)
        every = {**self.constants, **turn}
        return {name: text.replace("{n}", number).replace("{order}", order_id) for name, text in every.items()}


def read_mapping(raw: bytes) -> Mapping:
    """Raises Invalid("intake.bad_mapping") naming the place and the fault."""
    try:
        return Mapping.model_validate(tomllib.loads(raw.decode("utf-8-sig")))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as bad:
        raise Invalid("intake.bad_mapping", field="mapping_file", where="-", why=str(bad)) from None
    except ValidationError as bad:
        first: Any = bad.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "-"
        raise Invalid("intake.bad_mapping", field="mapping_file", where=where, why=first["msg"]) from None
