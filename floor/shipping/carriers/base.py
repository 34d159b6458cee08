"""What a carrier must be able to do, and how it may fail."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol


@dataclass(frozen=True)
class Party:
    """Who sends or receives. Personal data: kept out of every repr."""

    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    province: str = ""
    city: str = ""
    district: str = ""
    street: str = field(default="", repr=False)


@dataclass(frozen=True)
class WaybillRequest:
    """Plain words about one parcel. `request_id` makes asking twice safe: it never changes for this waybill."""

    request_id: str
    waybill_id: int
    receiver: Party
    sender: Party
    weight_g: int
    #: What is inside, for the carrier's label.
    cargo: str = ""
    #: The service as the carrier's interface calls it; "" for its standard.
    product: str = ""
    #: The carrier's code at an aggregator.
    company: str = ""


@dataclass(frozen=True)
class WaybillAnswer:
    number: str
    #: Big letters for the sorters.
    route_code: str


@dataclass(frozen=True)
class RouteEvent:
    """One thing the carrier says about a parcel; its own code and words."""

    code: str
    text: str
    place: str
    at: datetime


class CarrierTrouble(Exception):
    """Something kept us from a number. `code` has its sentence in messages.WAYBILL_PROBLEMS; `detail` is the carrier's
    own code, never its words: those may repeat an address."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail[:80]


class Down(CarrierTrouble):
    """It was not reached, or asked us to come back later: certainly no number was issued by this call."""


class Unsure(CarrierTrouble):
    """It was reached and gave no answer we understand: it may have issued a number."""


class Rejected(CarrierTrouble):
    """It said no: certainly no number was issued."""


class CarrierPort(Protocol):
    """A carrier's label service. All three raise Down, Unsure or Rejected."""

    #: Whether `cancel` takes back the number it is given; else whatever became of the request.
    cancels_numbers: ClassVar[bool]

    def issue(self, request: WaybillRequest) -> WaybillAnswer:
        """Ask for a number for the first time."""
        ...

    def recall(self, request: WaybillRequest, since: datetime) -> WaybillAnswer:
        """After a try whose outcome is unknown: the number of this request id, first asked for at `since`; issued now
        only where that cannot buy a second one."""
        ...

    def cancel(self, request: WaybillRequest, number: str | None) -> None:
        """Take the number back, or whatever became of the request when no number was heard. No `request_id`: the
        number alone, for the request has another one that lives."""
        ...

    def routes(self, number: str, phone_tail: str, company: str) -> Sequence[RouteEvent]:
        """What it says about a parcel; empty where it cannot be asked."""
        ...
