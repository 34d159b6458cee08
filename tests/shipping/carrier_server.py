"""SF and Kuaidi100 as they look from outside: a real HTTP server on this machine, written from their published rules.

It shares nothing with our adapters: it checks every signature by its own reading of the rules (`java_encoded` is Java's
URLEncoder letter by letter), knows each order id once, and does what its script says: answers, issues and then fails,
hangs, hangs up, answers nonsense.
"""

import base64
import hashlib
import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

PARTNER, CHECKWORD = "FLOORTEST", "check*word~ 1+"
KEY, SECRET, CUSTOMER = "KEY123", "SECRET789", "CUST456"

#: What may befall one call. The ISSUED ones happen after the number is written down.
ISSUED = ("issued_500", "issued_hang", "issued_cut", "issued_garbage")
UNISSUED = ("500", "cut", "busy", "hang")
#: How long a hanging call hangs, seconds: longer than the adapter's patience under test.
HANG = 0.6


def java_encoded(text: str) -> str:
    """java.net.URLEncoder: letters, digits and . - * _ stay, a blank becomes +, all else %XX of its UTF-8 bytes."""
    kept = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*_"
    out = []
    for letter in text:
        if letter in kept:
            out.append(letter)
        elif letter == " ":
            out.append("+")
        else:
            out += [f"%{byte:02X}" for byte in letter.encode("utf-8")]
    return "".join(out)


def sf_digest(data: str, stamp: str, checkword: str) -> str:
    hashed = hashlib.md5(java_encoded(data + stamp + checkword).encode(), usedforsecurity=False)
    return base64.b64encode(hashed.digest()).decode()


def md5_upper(text: str) -> str:
    return hashlib.md5(text.encode("utf-8"), usedforsecurity=False).hexdigest().upper()


@dataclass
class Gateway:
    """One carrier's memory. `script`: what befalls the next calls, one word each; "ok" after that."""

    url: str = ""
    script: list[str] = field(default_factory=list)
    #: Order id -> numbers ever issued for it; more than one is the fault everything here is about.
    issued: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    cancelled: set[str] = field(default_factory=set)
    calls: list[tuple[str, str]] = field(default_factory=list)
    forged: int = 0
    #: Orders refused by rule: their ids begin so.
    refuse: str = "\0"
    #: Order ids answered with a fresh number every time, as a broken carrier might.
    answers_twice: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def number(self, order_id: str, prefix: str) -> str:
        numbers = self.issued[order_id]
        if not numbers or self.answers_twice:
            numbers.append(f"{prefix}{len(self.issued):06d}{len(numbers)}{abs(hash(order_id)) % 10**6:06d}")
        return numbers[-1]

    @property
    def alive(self) -> dict[str, list[str]]:
        """Order id -> numbers that were issued and not cancelled."""
        found = {one: [n for n in numbers if n not in self.cancelled] for one, numbers in self.issued.items()}
        return {one: numbers for one, numbers in found.items() if numbers}


def _sf(gate: Gateway, form: dict[str, str]) -> dict[str, Any]:
    if form["partnerID"] != PARTNER or form["msgDigest"] != sf_digest(form["msgData"], form["timestamp"], CHECKWORD):
        gate.forged += 1
        return {"apiResultCode": "A1006", "apiErrorMsg": "bad signature", "apiResultData": ""}
    data, service = json.loads(form["msgData"]), form["serviceCode"]
    order_id = data.get("orderId", "")
    gate.calls.append((service, order_id))

    def said(success: bool, code: str, told: Any = None) -> dict[str, Any]:
        inner = {"success": success, "errorCode": code, "errorMsg": "said", "msgData": told}
        return {"apiResultCode": "A1000", "apiErrorMsg": "", "apiResultData": json.dumps(inner)}

    def order() -> dict[str, Any]:
        return {
            "orderId": order_id, "filterResult": 2, "destCode": "571",
            "waybillNoInfoList": [{"waybillType": 1, "waybillNo": gate.issued[order_id][-1]}],
            "routeLabelInfo": [{"routeLabelData": {"destRouteLabel": "571-CB-012"}}],
        }  # fmt: skip

    match service:
        case "EXP_RECE_CREATE_ORDER":
            if order_id.startswith(gate.refuse):
                return said(False, "8057")
            if order_id in gate.issued and not gate.answers_twice:
                return said(False, "8016")
            assert data["contactInfoList"][1]["contact"]
            gate.number(order_id, "SF")
            return said(True, "S0000", order())
        case "EXP_RECE_SEARCH_ORDER_RESP":
            return said(True, "S0000", order()) if order_id in gate.issued else said(False, "8024")
        case "EXP_RECE_UPDATE_ORDER":
            if order_id not in gate.issued:
                return said(False, "8024")
            gate.cancelled.update(gate.issued[order_id])
            return said(True, "S0000", {"orderId": order_id})
        case "EXP_RECE_SEARCH_ROUTES":
            step = {"acceptTime": "2026-11-27 10:00:00", "acceptAddress": "上海", "remark": "已收件", "opCode": "50"}
            return said(True, "S0000", {"routeResps": [{"mailNo": data["trackingNumber"][0], "routes": [step]}]})
    return {"apiResultCode": "A1004", "apiErrorMsg": "no permission", "apiResultData": ""}


def _kuaidi100(gate: Gateway, path: str, form: dict[str, str]) -> dict[str, Any]:
    param = json.loads(form["param"])
    if path == "/poll":
        gate.calls.append(("subscribe", param["number"]))
        return {"result": param["key"] == KEY, "returnCode": "200" if param["key"] == KEY else "600", "message": ""}
    if path == "/query.do":
        if form["customer"] != CUSTOMER or form["sign"] != md5_upper(form["param"] + KEY + CUSTOMER):
            gate.forged += 1
            return {"result": False, "returnCode": "503", "message": "sign failed"}
        step = {"time": "2026-11-27 10:00:00", "ftime": "2026-11-27 10:00:00", "context": "已揽收", "statusCode": "103",
                "areaName": "上海"}  # fmt: skip
        return {"message": "ok", "nu": param["num"], "com": param["com"], "status": "200", "state": "1", "data": [step]}
    if form["key"] != KEY or form["sign"] != md5_upper(form["param"] + form["t"] + KEY + SECRET):
        gate.forged += 1
        return {"success": False, "code": 503, "message": "sign failed"}
    order_id = param.get("orderId", "")
    gate.calls.append((form["method"], order_id))
    if form["method"] == "cancel":
        gate.cancelled.add(param["kuaidinum"])
        return {"success": True, "code": 200, "message": "success", "data": None}
    if order_id.startswith(gate.refuse):
        return {"success": False, "code": 400, "message": "refused"}
    assert param["reorder"] is False
    assert param["recMan"]["mobile"]
    number = gate.number(order_id, "ZT")
    data = {"kuaidinum": number, "bulkpen": "571-CB-012", "taskId": "T1"}
    return {"success": True, "code": 200, "message": "success", "data": data}


@contextmanager
def serving(kind: str) -> Iterator[Gateway]:
    """A gateway of a kind, "sf" or "kuaidi100", on a free port of 127.0.0.1 for the length of the block."""
    gate = Gateway()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            form = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
            with gate.lock:
                fate = gate.script.pop(0) if gate.script else "ok"
                told: Any = None
                if fate == "busy":
                    told = {"apiResultCode": "A1005", "apiResultData": "", "returnCode": "504"}
                elif fate not in UNISSUED:
                    told = _sf(gate, form) if kind == "sf" else _kuaidi100(gate, self.path, form)
            if fate.endswith("hang"):
                time.sleep(HANG)
            if fate.endswith(("cut", "hang")):
                self.close_connection = True
                return
            text = b"<html>Bad gateway" if fate.endswith("garbage") else json.dumps(told).encode()
            self.send_response(500 if fate.endswith("500") else 200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign] -- whoever called went away: that is the test
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    gate.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield gate
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answers(kind: str, gate: Gateway) -> dict[str, Any]:
    """Settings that lead our adapters to this gateway."""
    if kind == "sf":
        return {"sf_url": f"{gate.url}/std/service", "sf_partner": PARTNER, "sf_checkword": CHECKWORD}
    return {
        "kuaidi100_label_url": f"{gate.url}/label/order", "kuaidi100_query_url": f"{gate.url}/query.do",
        "kuaidi100_poll_url": f"{gate.url}/poll", "kuaidi100_key": KEY, "kuaidi100_secret": SECRET,
        "kuaidi100_customer": CUSTOMER, "kuaidi100_partners": "zhongtong=P1:K1:N1",
    }  # fmt: skip
