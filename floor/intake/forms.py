"""Input of the intake: the JSON a channel sends."""

import json
import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
)

from floor.intake.channels.draft import MOST_FEN, Draft, DraftLine, Problem
from floor.intake.channels.reading import new_address
from floor.intake.places import visible, visible_lines
from floor.kit import units
from floor.orders.service import NewAddress, NewOrder

#: Promised when the channel says nothing: at the carrier a day after it was placed.
PROMISE = timedelta(hours=24)


_UNKEPT = re.compile("[\x00\ud800-\udfff]")


def _printable(text: str) -> str:
    """Without what nobody sees. NUL is refused: PostgreSQL cannot hold it, and no honest sender has it."""
    if _UNKEPT.search(text):
        raise ValueError("text")
    return visible_lines(text)


def _code(text: str) -> str:
    """A number or name of one line."""
    return visible(_printable(text))


def _yuan(value: Any) -> int:
    """A decimal string, e.g. "128.00": a JSON number may already have lost its cents."""
    if not isinstance(value, str) or len(value) > 16 or not value.replace(".", "", 1).isdecimal():
        raise ValueError("money")
    try:
        return units.fen(value)
    except ValueError:
        raise ValueError("money") from None


def _believable(moment: datetime) -> datetime:
    if not 2000 <= moment.year < 2100:
        raise ValueError("date")
    return moment


Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_printable)]
Code = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_code)]
Yuan = Annotated[int, BeforeValidator(_yuan), Field(le=MOST_FEN)]
Moment = Annotated[AwareDatetime, AfterValidator(_believable)]


class Buyer(BaseModel):
    id: Code = Field(min_length=1, max_length=64)
    name: Text = Field(default="", max_length=80)
    #: 0 new, 1 regular, 2 gold.
    tier: int = Field(default=0, ge=0, le=2)
    lang: Text = Field(default="zh", max_length=8)


class AddressIn(BaseModel):
    recipient: Text = Field(default="", max_length=80)
    phone: Text = Field(default="", max_length=40)
    province: Text = Field(default="", max_length=40)
    city: Text = Field(default="", max_length=40)
    district: Text = Field(default="", max_length=40)
    street: Text = Field(default="", max_length=200)
    postcode: Text = Field(default="", max_length=16)
    email: Text = Field(default="", max_length=120)
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")] = "CN"

    def place(self) -> NewAddress:
        return new_address(**self.model_dump())


class LineIn(BaseModel):
    """One of `sku` and `barcode`. Money is yuan as a decimal string; `discount` is for the whole line."""

    sku: Code = Field(default="", max_length=32)
    barcode: Code = Field(default="", max_length=48)
    qty: int = Field(ge=1, le=100_000, strict=True)
    unit_price: Yuan
    discount: Yuan = 0
    gift: bool = False
    spec: Text = Field(default="", max_length=120)
    #: The shop's own number of the line; it hears it again when the parcel left.
    id: Text = Field(default="", max_length=40)


class Gift(BaseModel):
    wrap: bool = False
    message: Text = Field(default="", max_length=300)
    hide_price: bool = False


class InvoiceIn(BaseModel):
    """The buyer asks for an invoice made out to this name; the tax number for companies."""

    title: Text = Field(min_length=1, max_length=100)
    tax_id: Text = Field(default="", max_length=32)


class Notes(BaseModel):
    buyer: Text = Field(default="", max_length=500)
    seller: Text = Field(default="", max_length=500)


class OrderMessage(BaseModel):
    """An order, whole. Fields not named here are ignored."""

    type: Literal["order"] = "order"
    order_id: Code = Field(min_length=1, max_length=64)
    placed_at: Moment
    paid_at: Moment | None = None
    promised_at: Moment | None = None
    buyer: Buyer | None = None
    address: AddressIn
    lines: list[LineIn] = Field(min_length=1, max_length=2000)
    freight: Yuan = 0
    discount: Yuan = 0
    total: Yuan | None = None
    paid: Yuan | None = None
    notes: Notes = Field(default_factory=Notes)
    gift: Gift = Field(default_factory=Gift)
    #: The buyer agreed to a substitute for what is sold out.
    substitutes: bool = False
    invoice: InvoiceIn | None = None

    def draft(self, channel: str) -> Draft:
        buyer = self.buyer or Buyer.model_construct(id="")
        order = NewOrder(
            channel=channel,
            external_id=self.order_id,
            placed_at=self.placed_at,
            paid_at=self.paid_at,
            promised_at=self.promised_at or self.placed_at + PROMISE,
            lines=(),
            address=self.address.place(),
            buyer_id=buyer.id,
            buyer_name=buyer.name,
            tier=buyer.tier,
            lang=buyer.lang,
            freight_fen=self.freight,
            discount_fen=self.discount,
            buyer_note=self.notes.buyer,
            seller_note=self.notes.seller,
            gift_wrap=self.gift.wrap,
            gift_message=self.gift.message,
            hide_price=self.gift.hide_price,
            takes_substitutes=self.substitutes,
            invoice_title=self.invoice.title if self.invoice else "",
            invoice_tax_id=self.invoice.tax_id if self.invoice else "",
        )
        lines = (
            DraftLine(
                line.sku.upper() or line.barcode, line.qty, line.unit_price, line.discount, line.gift,
                where=f"lines[{n}].{'sku' if line.sku else 'barcode'}", spec=line.spec, channel_line=line.id,
            )
            for n, line in enumerate(self.lines)
        )  # fmt: skip
        return Draft(order, tuple(lines), self.total, self.paid)


class PaidMessage(BaseModel):
    """The buyer has paid an order sent before; `paid` is the whole sum paid so far."""

    type: Literal["paid"]
    order_id: Code = Field(min_length=1, max_length=64)
    paid_at: Moment
    paid: Yuan


class CancelMessage(BaseModel):
    """The buyer no longer wants it."""

    type: Literal["cancel"]
    order_id: Code = Field(min_length=1, max_length=64)
    reason: Text = Field(default="", max_length=200)


class AddressMessage(BaseModel):
    """The buyer wants it sent elsewhere."""

    type: Literal["address"]
    order_id: Code = Field(min_length=1, max_length=64)
    address: AddressIn


Message = OrderMessage | PaidMessage | CancelMessage | AddressMessage
_KINDS: dict[str, type[BaseModel]] = {
    "order": OrderMessage, "paid": PaidMessage, "cancel": CancelMessage, "address": AddressMessage,
}  # fmt: skip


#: What stands before, between and behind the messages of one body.
_BEFORE, _BETWEEN, _BEHIND = (re.compile(rf"[ \t\n\r]*{sign}[ \t\n\r]*") for sign in (r"\[", ",", r"\]"))
_DECODER = json.JSONDecoder()


def read_delivery(body: str) -> list[tuple[str, str]] | None:
    """The messages of a body that brings many, a JSON array of objects: the `message_id` of each, "" for none, and its
    text as it was sent. None for any other body: that is one message."""
    found: list[tuple[str, str]] = []
    mark = _BEFORE.match(body)
    while mark:
        try:
            told, end = _DECODER.raw_decode(body, mark.end())
        except (ValueError, RecursionError):
            return None
        if not isinstance(told, dict):
            return None
        name = told.get("message_id")
        if not (isinstance(name, str) and name.isprintable() and len(name) <= 80):
            name = ""
        found.append((name, body[mark.end() : end]))
        mark = _BETWEEN.match(body, end)
        if mark is None and _BEHIND.fullmatch(body, end):
            return found
    return None


def read_message(body: str) -> Message | list[Problem]:
    """What a channel's body says, or everything that is wrong with it."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        return [Problem("", "not_json")]
    if not isinstance(raw, dict):
        return [Problem("", "not_json")]
    kind = _KINDS.get(str(raw.get("type", "order")))
    if kind is None:
        return [Problem("type", "choice", {"given": str(raw["type"])[:40]})]
    try:
        message = cast(Message, kind.model_validate(raw))
    except ValidationError as bad:
        return [_problem(error) for error in bad.errors(include_url=False)[:50]]
    return _sound(message)


def _sound(message: Message) -> Message | list[Problem]:
    if not isinstance(message, OrderMessage):
        return message
    nameless = [Problem(f"lines[{n}].sku", "missing") for n, x in enumerate(message.lines) if not (x.sku or x.barcode)]
    if nameless:
        return nameless
    if sum(line.qty * line.unit_price for line in message.lines) > MOST_FEN:
        return [Problem("lines", "too_much")]
    return message


def _problem(error: Any) -> Problem:
    path = ""
    for part in error["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    kind = error["type"]
    context = error.get("ctx", {})
    match kind:
        case "missing" | "string_too_short" | "too_short":
            return Problem(path, "missing")
        case "string_too_long" | "too_long":
            return Problem(path, "too_long", {"most": context["max_length"]})
        case "value_error":
            return Problem(path, str(context["error"]))
        case _ if kind.startswith(("datetime", "timezone")):
            return Problem(path, "date")
        case _ if kind.startswith("string"):
            return Problem(path, "text")
        case _ if kind.startswith(("int", "less", "greater")):
            return Problem(path, "number")
        case _:
            return Problem(path, "choice", {"given": str(error.get("input", ""))[:40]})
