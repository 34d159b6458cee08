"""What a carrier must be able to do."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class WaybillRequest:
    """Plain words about one parcel. `request_id` (the parcel's number) makes asking twice safe."""

    request_id: str
    waybill_id: int
    province: str
    city: str
    district: str
    weight_g: int


@dataclass(frozen=True)
class WaybillAnswer:
    number: str
    #: Big letters for the sorters.
    route_code: str


class CarrierPort(Protocol):
    """A carrier's label service. The same `request_id` must get the same number, however often it is asked."""

    def issue(self, request: WaybillRequest) -> WaybillAnswer: ...
