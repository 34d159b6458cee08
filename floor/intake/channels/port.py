"""What a shop's interface must be able to do, and how it may fail."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from floor.intake.channels.draft import Draft, Problem


@dataclass(frozen=True)
class Account:
    """How one shop is reached. Secrets stay out of every repr."""

    channel: str
    url: str
    app_key: str = ""
    app_secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    token_expires_at: datetime | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Token:
    """What a renewal brought; `refresh_token` "" keeps the one before."""

    token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Change:
    """An order that changed: `version` ms since 1970, 0 where the list does not say; `body` the whole of it, "" where
    the list brings only numbers and it is to be read."""

    external_id: str
    version: int = 0
    body: str = field(default="", repr=False)


class Standing(StrEnum):
    #: Not paid, or the shop forbids to ship it yet.
    UNPAID = "unpaid"
    PAID = "paid"
    CANCELLED = "cancelled"
    #: Shipped or finished: nothing is left for us to do.
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Seen:
    """An order as its shop shows it, in the house's words."""

    standing: Standing
    draft: Draft
    #: The buyer asked for a refund, and it is not decided.
    refund: bool = False


@dataclass(frozen=True)
class Push:
    """A request of the shop at our door, as it came."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Hint:
    """What a push is good for: `order_id` is to be read again, "" for a push about nothing of ours. `key` is the same
    for the same push; `answer` is what the shop wants to hear."""

    key: str
    order_id: str = ""
    #: What it said, decrypted where it came encrypted.
    body: str = field(default="", repr=False)
    answer: str = ""


@dataclass(frozen=True)
class Shipped:
    """A parcel that left, as a shop is told. `lines`: the channel's own numbers of its lines with the units, all of the
    order's; `carrier` is our code, which the shop's options translate."""

    order_id: str
    parcel: str
    carrier: str
    carrier_name: str
    waybill: str
    shipped_at: datetime
    parcels: int = 1
    lines: Sequence[tuple[str, int]] = ()


class ShopTrouble(Exception):
    """Something kept us from an answer. `code` has its sentence in messages.SHOP_TROUBLES; `detail` is the shop's own
    code, never its words: those may repeat an address."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail[:80]


class Down(ShopTrouble):
    """It was not reached, answered 5xx or nothing we understand: the same may be asked again."""


class Throttled(ShopTrouble):
    """Too many calls. Ask again after so many seconds, if it said how many."""

    def __init__(self, detail: str = "", after_s: float | None = None) -> None:
        super().__init__("too_busy", detail)
        self.after_s = after_s


class Expired(ShopTrouble):
    """The token is no longer good."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("expired", detail)


class Rejected(ShopTrouble):
    """It said no, and will say so again."""


class ShopPort(Protocol):
    """A shop's interface. Network calls raise a ShopTrouble; `patience` (outside.py) asks again where that helps."""

    #: The longest stretch of time one `changed` may span, and how far a stretch reaches back into the one before.
    span: timedelta
    overlap: timedelta

    def changed(self, since: datetime, until: datetime) -> Iterator[Change]:
        """Every order changed in [since, until], perhaps some twice, in whatever order keeps paging from losing one."""
        ...

    def read(self, order_id: str) -> Change:
        """One order, whole."""
        ...

    def seen(self, body: str) -> Seen | list[Problem]:
        """What an order's body says; no network. Everything wrong with it, when it cannot be taken."""
        ...

    def hint(self, push: Push) -> Hint:
        """What a push at our door says. Raises Forged when it is not the shop's."""
        ...

    def ship(self, parcel: Shipped) -> None:
        """Tell the shop that the order left. Telling twice must do no harm: what is shipped already is success."""
        ...

    def tell_stock(self, stock: Mapping[str, int]) -> None:
        """SKU code -> units the shop may sell."""
        ...

    def renew(self, moment: datetime, force: bool) -> Token | None:
        """A fresh token when the one we have ends soon, or when forced; None where nothing is to be renewed."""
        ...
