"""Those around the floor: shop, audit, supervisor, carrier, returns.

Everything is done over HTTP. What is to be scanned next is read from the database, as a person reads it off the
screen and the shelf; nothing is ever written from here.
"""

import json
import random
import re
import time
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col, func, select

from floor.allocation.models import Run
from floor.allocation.states import AT_WORK, RunState
from floor.catalog.models import Barcode, Sku
from floor.catalog.queries import barcode_of
from floor.intake.channels.signed import signature
from floor.kit import clock
from floor.kit.uow import reading
from floor.orders.models import Order, OrderLine
from floor.orders.states import OrderState
from floor.picking.models import Cart
from floor.returns import queries as returns
from floor.returns.models import ReturnCase
from floor.returns.states import CaseState
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentState
from floor.shipping.models import Manifest, ManifestParcel, ManifestState, Waybill
from floor.tracking.models import CarrierEvent
from floor.web import signing
from tests.soak.phone import Answer, Phone, Promise
from tests.soak.worker import Worker
from tests.soak.world import GOODS, SECRET
from tests.web_client import csrf_of

#: Orders on their way through the house at once: the shop waits while there are more.
BACKLOG = 40


class Shop(Worker):
    """Orders by signed webhook; some unpaid and paid later, some with a note for the audit, some cancelled at once."""

    sent = 0

    def once(self) -> bool:
        with reading() as db:
            open_lines = select(OrderLine.order_id).where(OrderLine.backordered > 0)
            living = col(Order.state) != OrderState.CANCELLED
            if db.exec(select(func.count(Order.id)).where(living, col(Order.id).in_(open_lines))).one() > BACKLOG:
                return False
        self.sent += 1
        name, later = f"K-{self.sent:05d}", self.now_and_then(10)
        self._tell(_order(self.rng, name, is_paid=not later, is_noted=self.now_and_then(12)), f"{name}-new", name)
        if later:
            total = self.total
            self._tell({"type": "paid", "order_id": name, "paid_at": _stamp(), "paid": total}, f"{name}-paid", name)
        elif self.now_and_then(20):
            self._tell({"type": "cancel", "order_id": name, "reason": "changed my mind"}, f"{name}-cancel", name)
        self.done.wait(self.rng.uniform(0.1, 0.6))
        return True

    def _tell(self, message: dict, key: str, order: str) -> None:
        body = json.dumps(message).encode()
        self.total = message.get("total", "")
        first = self._send(key, body)
        if first.status == 200:
            self.book.keep(Promise("message", key, 1, json.loads(first.body)["order"]))
        else:
            self.book.complain(f"the shop's message {key} was answered {first.status}: {first.body[:200]!r}")
        if self.now_and_then(4) and (again := self._send(key, body)).body != first.body:
            self.book.found_twice(f"message {key} was answered {first.body!r}, then {again.body!r}")

    def _send(self, key: str, body: bytes) -> Answer:
        stamp = str(int(time.time()))
        headers = {"X-Floor-Timestamp": stamp, "X-Floor-Message-Id": key}
        headers["X-Floor-Signature"] = signature(SECRET, stamp, key, body)
        return self.phone.message("/hooks/orders/shop", body, headers)


def _stamp() -> str:
    return clock.now().isoformat()


def _order(rng: random.Random, name: str, *, is_paid: bool, is_noted: bool) -> dict:
    chosen = rng.sample(range(GOODS), rng.randint(1, 3))
    lines = [{"sku": f"SOAK-{n:02d}", "qty": rng.choice((1, 1, 2, 3, 7)), "unit_price": f"{10 + n}.00"} for n in chosen]
    total = f"{sum(line['qty'] * float(line['unit_price']) for line in lines):.2f}"
    paid = {"paid_at": _stamp(), "paid": total} if is_paid else {}
    place = {"province": "浙江省", "city": "杭州市", "district": "西湖区", "street": "文三路 90 号"}
    return {
        "type": "order", "order_id": name, "placed_at": _stamp(), "lines": lines, "total": total, **paid,
        "buyer": {"id": f"buyer of {name}", "name": "张小明"},
        "address": {"recipient": "张小明", "phone": "13812341234", **place},
        "notes": {"buyer": "call first please"} if is_noted else {},
    }  # fmt: skip


class Auditor(Worker):
    """Lets flagged orders pass; unpaid ones wait for their money."""

    name = "Chen"

    def once(self) -> bool:
        found = re.findall(rb"/audit/orders/(\d+)", self.phone.get("/audit?flag=says_call").body)
        for order_id in dict.fromkeys(found):
            self.phone.post(f"/audit/orders/{int(order_id)}/pass", {}, "passed", key=order_id.decode())
        return False


class Supervisor(Worker):
    """Asks for a run as soon as a few orders wait, and publishes it."""

    name = "Dai"

    def once(self) -> bool:
        with reading() as db:
            run = db.exec(select(Run).order_by(col(Run.id).desc())).first()
            waiting = select(OrderLine.order_id).where(OrderLine.backordered > 0)
            free = select(func.count(Order.id)).where(Order.state == OrderState.RELEASED, col(Order.id).in_(waiting))
            orders = db.exec(free).one()
        if run is not None and run.state is RunState.READY:
            self.phone.post(f"/runs/{run.id}/publish", {}, "published", key=str(run.id))
            return True
        if run is not None and run.state is RunState.FAILED:
            self.book.complain(f"run {run.id} failed: {run.error}")
        if orders < 4 or (run is not None and run.state in AT_WORK):
            return False
        self.phone.post("/runs", {"strategy": "optimal"}, "asked")
        return True


class Carrier(Worker):
    """Tells of every parcel that it was collected and delivered, sometimes twice."""

    def once(self) -> bool:
        with reading() as db:
            told = select(CarrierEvent.waybill_number).where(CarrierEvent.code == "delivered")
            gone = select(Waybill.number, Manifest.closed_at).join(
                ManifestParcel, col(ManifestParcel.parcel_id) == Waybill.parcel_id
            )
            closed = gone.join(Manifest, col(Manifest.id) == ManifestParcel.manifest_id)
            where = (Manifest.state == ManifestState.CLOSED, col(Waybill.number).not_in(told))
            found = db.exec(closed.where(*where)).first()
        if found is None:
            return False
        number, left_at = found
        for n, code in enumerate(("collected", "delivered")):
            self._say(number or "", code, left_at + timedelta(seconds=n))
        return True

    def _say(self, number: str, code: str, at) -> None:
        event = {"waybill": number, "code": code, "text": "", "place": "", "at": at.isoformat()}
        body = json.dumps({"events": [event]}).encode()
        for _time in range(2 if self.now_and_then(4) else 1):
            stamp = str(int(time.time()))
            headers = {
                signing.TIMESTAMP_HEADER: stamp,
                signing.SIGNATURE_HEADER: signing.sign("secret of sf", stamp, body),
            }
            answer = self.phone.message("/hooks/tracking/sf", body, headers)
            if answer.status != 200:
                self.book.complain(f"the carrier's event was answered {answer.status}: {answer.body[:200]!r}")
        self.book.keep(Promise("tracked", "", 1, f"{number} {code}"))


class Desk(Worker):
    """Returns of what was delivered: announced by the customer or at the desk, inspected, closed, put away."""

    name = "Chen"

    def __init__(self, *others) -> None:
        super().__init__(*others)
        port, book, _seed, _done = others
        self.customer = Phone(port, book, self.rng)

    def hang_up(self) -> None:
        super().hang_up()
        self.customer.close()

    def once(self) -> bool:
        return self._inspect() or self._announce() or self._put_away()

    def _announce(self) -> bool:
        with reading() as db:
            order = db.exec(
                select(Order)
                .join(Shipment, col(Shipment.order_id) == Order.id)
                .where(Shipment.state == ShipmentState.DELIVERED, col(Order.id) % 2 == 0)
                .where(~sa.exists().where(col(ReturnCase.order_id) == col(Order.id)))
            ).first()
            lines = returns.returnable(db, order.id or 0) if order else []
        if order is None or not lines:
            return False
        form = {"reason": "wrong_size", f"qty_{lines[0].line.id}": "1"}
        if self.now_and_then(2):
            self.phone.post(f"/returns/new?order={order.number}", {**form, "here": "1"}, "announced", key=order.number)
            return True
        page = f"/t/{order.public_token}/return"
        self.customer.token = csrf_of(self.customer.get(page).body.decode())
        self.customer.post(page, form, "announced", key=order.number)
        return True

    def _inspect(self) -> bool:
        with reading() as db:
            open_ones = col(ReturnCase.state).in_((CaseState.REQUESTED, CaseState.ARRIVED))
            case = db.exec(select(ReturnCase).where(open_ones).order_by(col(ReturnCase.id))).first()
            if case is None or case.id is None:
                return False
            items = [(item, barcode_of(db, item.sku_id)) for item, _sku in returns.items_of(db, case.id)]
        path = f"/returns/{case.id}"
        if case.state is CaseState.REQUESTED:
            self.phone.post(f"{path}/arrive", {}, "arrived")
            return True
        for item, code in items:
            at = f"{path}/items/{item.position}"
            if item.scanned_at is None:
                self.phone.post(f"{at}/scan", {"code": code})
                return True
            if item.inspected_at is None:
                well = dict.fromkeys(("complete", "packaging", "clean", "works"), "yes")
                self.phone.post(f"{at}/decide", {**well, "grade": "a"}, "decided")
                return True
        self.phone.post(f"{path}/close", {}, "refunded", amount=sum(item.refund_fen for item, _code in items))
        return True

    def _put_away(self) -> bool:
        with reading() as db:
            house = db.exec(select(Cart.warehouse_id)).first() or 0
            waiting = returns.waiting_put_aways(db, house)
            if not waiting:
                return False
            item, sku, _case = waiting[0]
            target = returns.pick_bin_for(db, house, item.sku_id)
            code = db.exec(select(Barcode.code).join(Sku, col(Sku.id) == Barcode.sku_id).where(Sku.id == sku.id)).one()
        assert target is not None
        self.phone.post("/putaways/scan", {"code": code})
        self.phone.post("/putaways/scan", {"code": target.code, "item": item.id}, "put_away")
        return True
