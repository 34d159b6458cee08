"""A carrier that gave us a range of numbers to hand out ourselves: no network, no waiting."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from floor.shipping.carriers.base import RouteEvent, WaybillAnswer, WaybillRequest

#: Letters of the middle part; none that reads like a digit.
_ZONES = "ABCDEFGHJKLMNPRTUVWXY"


@dataclass(frozen=True)
class ManualCarrier:
    """`next_number(waybill_id)` draws one number per waybill and gives the same one when asked again."""

    next_number: Callable[[int], str]
    cancels_numbers: ClassVar[bool] = True

    def issue(self, request: WaybillRequest) -> WaybillAnswer:
        number, to = self.next_number(request.waybill_id), request.receiver
        return WaybillAnswer(number, route_code(to.province, to.city, to.district))

    def recall(self, request: WaybillRequest, since: datetime) -> WaybillAnswer:
        return self.issue(request)

    def cancel(self, request: WaybillRequest, number: str | None) -> None:
        """Nobody else knows the number: letting go of it is all there is."""

    def routes(self, number: str, phone_tail: str, company: str) -> Sequence[RouteEvent]:
        return ()


def route_code(province: str, city: str, district: str) -> str:
    """Three parts for three sorts, as carriers print them: city, district zone, round, e.g. "571-A03-012".

    Ours, for carriers without a label service: the same place always sorts together and never changes its code.
    """
    place = zlib.crc32(f"{province}|{city}".encode())
    area = zlib.crc32(f"{province}|{city}|{district}".encode())
    zone = f"{_ZONES[area % len(_ZONES)]}{area // 100 % 100:02d}"
    return f"{place % 900 + 100}-{zone}-{area // 10_000 % 1000:03d}"
