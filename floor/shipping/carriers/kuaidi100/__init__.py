"""Kuaidi100: e-waybills of many express companies through one door, queries, and pushes.

Signatures are upper-case MD5: of param + t + key + secret for e-waybills, of param + key + customer for queries, of
param + salt on pushes. With `reorder` false the same order id gets the same number for 48 hours: that is what makes
asking again safe, and all that can be asked after a timeout. Not published, and so to be compared with an account of
one's own: the envelope of an e-waybill's answer around `data`, and the fields of `cancel`.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from floor.kit import clock
from floor.shipping.carriers.base import Down, Party, Rejected, RouteEvent, Unsure, WaybillAnswer, WaybillRequest
from floor.shipping.carriers.outside import post_form

_LOCAL = ZoneInfo("Asia/Shanghai")
#: How long the same order id gets the same number; an hour less than promised.
SAME_ANSWER = timedelta(hours=47)
_LATER = ("504",)
_OPEN = ("500", "501", "502")
#: What a push must be answered with, or it comes again.
PUSH_TAKEN = {"result": True, "returnCode": "200", "message": "\u6210\u529f"}


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def sign_label(param: str, t: str, key: str, secret: str) -> str:
    """E-waybills: `param` is the JSON exactly as sent, `t` ms since 1970."""
    return _md5(param + t + key + secret)


def sign_query(param: str, key: str, customer: str) -> str:
    return _md5(param + key + customer)


def is_pushed(param: str, sign: str, salt: str) -> bool:
    """Whether a push is Kuaidi100's. Without a salt of ours nothing is."""
    return bool(salt) and hmac.compare_digest(_md5(param + salt).encode(), sign.strip().upper().encode())


@dataclass(frozen=True)
class Partner:
    """Our contract with one express company."""

    id: str = ""
    key: str = field(default="", repr=False)
    net: str = ""


def partners(text: str) -> dict[str, Partner]:
    """Settings.kuaidi100_partners: company -> contract."""
    found = {}
    for entry in text.split():
        company, _equals, rest = entry.partition("=")
        found[company] = Partner(*[*rest.split(":"), "", "", ""][:3])
    return found


@dataclass(frozen=True)
class Kuaidi100Carrier:
    label_url: str
    query_url: str
    poll_url: str
    key: str
    secret: str
    customer: str
    partners: Mapping[str, Partner]
    cancels_numbers: ClassVar[bool] = True

    def issue(self, request: WaybillRequest) -> WaybillAnswer:
        told = self._label("order", self._order(request))
        number = str(told.get("kuaidinum") or "")
        if not number:
            raise Unsure("unreadable")
        route = told.get("bulkpen") or told.get("destSortingCode") or told.get("destCode") or ""
        return WaybillAnswer(number, str(route)[:40])

    def recall(self, request: WaybillRequest, since: datetime) -> WaybillAnswer:
        """There is no search; within two days the same order is answered with the same number."""
        if clock.now() - since > SAME_ANSWER:
            raise Unsure("too_long_ago")
        return self.issue(request)

    def cancel(self, request: WaybillRequest, number: str | None) -> None:
        if number is None:  # without the number it cannot be cancelled: hear it first
            number = self.issue(request).number
        param = {**self._contract(request), "kuaidinum": number}
        if request.request_id:
            param["orderId"] = request.request_id
        self._label("cancel", param)

    def routes(self, number: str, phone_tail: str, company: str) -> Sequence[RouteEvent]:
        """The realtime query. A number may be asked about once in 30 minutes; the caller sees to that."""
        asked = {"com": company, "num": number, "phone": phone_tail, "resultv2": "4", "show": "0", "order": "desc"}
        param = json.dumps(asked, ensure_ascii=False, separators=(",", ":"))
        sign = sign_query(param, self.key, self.customer)
        body = post_form(self.query_url, {"customer": self.customer, "sign": sign, "param": param})
        return events(_json(body))

    def subscribe(self, number: str, company: str, phone_tail: str, callback: str, salt: str) -> None:
        """Ask for pushes about a number. 501: subscribed already (not in the published texts; taken as such)."""
        asked = {
            "company": company, "number": number, "key": self.key,
            "parameters": {"callbackurl": callback, "salt": salt, "resultv2": "4", "phone": phone_tail},
        }  # fmt: skip
        told = _json(post_form(self.poll_url, {"schema": "json", "param": json.dumps(asked, separators=(",", ":"))}))
        code = str(told.get("returnCode", ""))
        if code not in ("200", "501"):
            raise Rejected("refused", code)

    def _contract(self, request: WaybillRequest) -> dict[str, Any]:
        partner = self.partners.get(request.company, Partner())
        return {
            "kuaidicom": request.company, "partnerId": partner.id, "partnerKey": partner.key, "net": partner.net,
        }  # fmt: skip

    def _order(self, request: WaybillRequest) -> dict[str, Any]:
        return {
            **self._contract(request),
            "printType": "NON",
            "recMan": _person(request.receiver),
            "sendMan": _person(request.sender),
            "cargo": request.cargo,
            "count": 1,
            "weight": request.weight_g / 1000,
            "payType": "MONTHLY",
            "expType": request.product,
            "orderId": request.request_id,
            "reorder": False,
        }

    def _label(self, method: str, param: Mapping[str, Any]) -> dict[str, Any]:
        if not (self.key and self.secret):
            raise Rejected("not_set_up", "kuaidi100")
        text = json.dumps(param, ensure_ascii=False, separators=(",", ":"))
        t = str(int(clock.now().timestamp() * 1000))
        fields = {"key": self.key, "sign": sign_label(text, t, self.key, self.secret), "t": t, "method": method,
                  "param": text}  # fmt: skip
        told = _json(post_form(self.label_url, fields))
        code = str(told.get("returnCode") or told.get("code") or "")
        if code in _LATER:
            raise Down("too_busy", code)
        if code in _OPEN:
            raise Unsure("no_answer", code)
        if code == "200" or told.get("success") is True or told.get("result") is True:
            data = told.get("data") or {}
            return data if isinstance(data, dict) else {}
        if not code:
            raise Unsure("unreadable")
        raise Rejected("refused", code)


def events(told: Mapping[str, Any]) -> list[RouteEvent]:
    """The steps of a query's answer or of a push's lastResult, as they came. Raises Rejected for an error."""
    if "data" not in told:
        raise Rejected("refused", str(told.get("returnCode") or told.get("status") or ""))
    return [
        RouteEvent(
            str(step.get("statusCode") or told.get("state") or ""),
            str(step.get("context", "")),
            str(step.get("areaName") or step.get("location") or ""),
            datetime.strptime(step.get("ftime") or step["time"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=_LOCAL),
        )
        for step in told["data"]
    ]


def _person(party: Party) -> dict[str, str]:
    return {
        "name": party.name, "mobile": party.phone, "province": party.province, "city": party.city,
        "district": party.district, "addr": party.street,
    }  # fmt: skip


def _json(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        raise Unsure("unreadable") from None
    if not isinstance(told, dict):
        raise Unsure("unreadable")
    return told
