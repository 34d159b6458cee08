"""SF Express, directly: order, search after a timeout, cancel, routes.

The digest is base64(MD5(URL-encoded(msgData + timestamp + checkword))) with Java's encoder, which leaves `*` alone and
encodes `~`. The business JSON is written once: what is signed is what is sent. Not published, and so to be compared
with an account of one's own: the codes of the order search for an unknown order (Settings.sf_unknown_order).
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote_plus
from zoneinfo import ZoneInfo

from floor.kit import clock
from floor.shipping.carriers.base import Down, Party, Rejected, RouteEvent, Unsure, WaybillAnswer, WaybillRequest
from floor.shipping.carriers.outside import post_form

_LOCAL = ZoneInfo("Asia/Shanghai")
#: Throttled: nothing was done.
_LATER = ("A1005",)
#: The gateway took the message and cannot say what became of it: duplicate message, target unavailable, system error.
_OPEN = ("A1007", "A1009", "A1099")
#: SF's standard express (expressTypeId), where a service names no product.
_STANDARD = "1"


def digest(data: str, timestamp: str, checkword: str) -> str:
    """The msgDigest of a message: `data` is the JSON exactly as sent, `timestamp` ms since 1970."""
    encoded = quote_plus(f"{data}{timestamp}{checkword}", safe="*").replace("~", "%7E")
    return base64.b64encode(hashlib.md5(encoded.encode(), usedforsecurity=False).digest()).decode()


@dataclass(frozen=True)
class SfCarrier:
    url: str
    partner: str
    checkword: str
    monthly_card: str = ""
    #: errorCode of a search that found no order.
    unknown_order: tuple[str, ...] = ()
    cancels_numbers: ClassVar[bool] = False

    def issue(self, request: WaybillRequest) -> WaybillAnswer:
        """EXP_RECE_CREATE_ORDER."""
        return _answer(self._call("EXP_RECE_CREATE_ORDER", self._order(request)))

    def recall(self, request: WaybillRequest, since: datetime) -> WaybillAnswer:
        """Search first, then order under the same id, which SF takes once; what it refuses then may have arrived
        between the two, and is searched for again."""
        found = self._search(request)
        if found is not None:
            return found
        try:
            return self.issue(request)
        except Rejected as no:
            found = self._search(request)
            if found is None:
                raise no from None
            return found

    def _search(self, request: WaybillRequest) -> WaybillAnswer | None:
        """EXP_RECE_SEARCH_ORDER_RESP by our order id; None when SF knows no such order."""
        asked = {"orderId": request.request_id, "searchType": "1", "language": "zh-CN"}
        try:
            found = self._call("EXP_RECE_SEARCH_ORDER_RESP", asked)
        except Rejected as no:
            if no.detail in self.unknown_order:
                return None
            raise Unsure("cannot_search", no.detail) from None
        return _answer(found)

    def cancel(self, request: WaybillRequest, number: str | None) -> None:
        """EXP_RECE_UPDATE_ORDER with dealType 2, by our order id: works whether we heard a number or not."""
        try:
            self._call("EXP_RECE_UPDATE_ORDER", {"orderId": request.request_id, "dealType": 2, "language": "zh-CN"})
        except Rejected as no:
            if no.detail not in self.unknown_order:
                raise

    def routes(self, number: str, phone_tail: str, company: str) -> Sequence[RouteEvent]:
        """EXP_RECE_SEARCH_ROUTES of one waybill; SF wants the last digits of a phone on it."""
        asked = {
            "language": "zh-CN", "trackingType": "1", "trackingNumber": [number], "methodType": "1",
            "checkPhoneNo": phone_tail,
        }  # fmt: skip
        told = self._call("EXP_RECE_SEARCH_ROUTES", asked)
        return [
            RouteEvent(
                str(step.get("opCode", "")),
                str(step.get("remark", "")),
                str(step.get("acceptAddress", "")),
                datetime.strptime(step["acceptTime"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=_LOCAL),
            )
            for parcel in told.get("routeResps") or []
            for step in parcel.get("routes") or []
        ]

    def _order(self, request: WaybillRequest) -> dict[str, Any]:
        return {
            "language": "zh-CN",
            "orderId": request.request_id,
            "cargoDetails": [{"name": request.cargo, "count": 1}],
            "contactInfoList": [_contact(1, request.sender), _contact(2, request.receiver)],
            "monthlyCard": self.monthly_card,
            "payMethod": 1,
            "expressTypeId": int(request.product or _STANDARD),
            "parcelQty": 1,
            "totalWeight": request.weight_g / 1000,
            "isReturnRoutelabel": 1,
            "custReferenceNo": request.request_id,
        }

    def _call(self, service: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """One message; the business part of its answer."""
        if not (self.partner and self.checkword):
            raise Rejected("not_set_up", "sf")
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        stamp = str(int(clock.now().timestamp() * 1000))
        body = post_form(
            self.url,
            {
                "partnerID": self.partner, "requestID": str(uuid.uuid4()), "serviceCode": service,
                "timestamp": stamp, "msgDigest": digest(text, stamp, self.checkword), "msgData": text,
            },
        )  # fmt: skip
        try:
            outer = json.loads(body)
            code = str(outer["apiResultCode"])
            inner = json.loads(outer["apiResultData"]) if code == "A1000" else {}
        except (ValueError, KeyError, TypeError):
            raise Unsure("unreadable") from None
        if code in _LATER:
            raise Down("too_busy", code)
        if code in _OPEN:
            raise Unsure("no_answer", code)
        if code != "A1000":
            raise Rejected("refused", code)
        if not isinstance(inner, dict) or "success" not in inner:
            raise Unsure("unreadable")
        if not inner["success"]:
            raise Rejected("refused", str(inner.get("errorCode", "")))
        told = inner.get("msgData") or {}
        return told if isinstance(told, dict) else {}


def _contact(kind: int, party: Party) -> dict[str, Any]:
    return {
        "contactType": kind, "contact": party.name, "mobile": party.phone, "country": "CN", "province": party.province,
        "city": party.city, "county": party.district, "address": party.street,
    }  # fmt: skip


def _answer(told: Mapping[str, Any]) -> WaybillAnswer:
    """The parent number and its sorting code. filterResult 3: SF does not go there; 1: its people still look at it."""
    numbers = [
        str(one["waybillNo"])
        for one in told.get("waybillNoInfoList") or []
        if isinstance(one, dict) and str(one.get("waybillType")) == "1" and one.get("waybillNo")
    ]
    if numbers:
        labels = [one.get("routeLabelData") or {} for one in told.get("routeLabelInfo") or [] if isinstance(one, dict)]
        code = str(labels[0].get("destRouteLabel", "")) if labels else ""
        return WaybillAnswer(numbers[0], (code or str(told.get("destCode") or ""))[:40])
    if str(told.get("filterResult")) == "3":
        raise Rejected("not_there", "filterResult 3")
    raise Unsure("not_yet", f"filterResult {told.get('filterResult', '')}")
