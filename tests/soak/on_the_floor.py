"""The scanners: pickers, packers, and whoever loads the lorry.

Everything is done over HTTP. What is to be scanned next is read from the database, as a person reads it off the
screen and the shelf; nothing is ever written from here.
"""

from sqlmodel import col, func, select

from floor.catalog.queries import barcode_of
from floor.inventory.models import Tote
from floor.kit.uow import reading
from floor.orders.models import Order
from floor.orders.states import OrderState
from floor.packing import queries as packing
from floor.packing.models import Pack, Parcel
from floor.packing.states import PackState, ParcelState
from floor.people.models import User
from floor.picking import queries as picking
from floor.picking.models import Cart, Walk, WalkTote
from floor.picking.states import WalkState
from floor.shipments.models import Shipment
from floor.shipments.states import ShipmentState
from floor.shipping.models import Manifest, ManifestParcel, ManifestState, Waybill, WaybillState
from tests.soak.worker import Worker


class Picker(Worker):
    """Claims a walk and scans along it; now and then a wrong scan, a unit that is not there, a step taken back."""

    def __init__(self, name: str, *others) -> None:
        super().__init__(*others)
        self.name = name

    def once(self) -> bool:
        with reading() as db:
            me = db.exec(select(User.id).where(User.name == self.name)).one()
            mine = picking.active_walk(db, me or 0)
            waits = db.exec(select(Walk.id).where(Walk.state == WalkState.PUBLISHED)).first()
            view = picking.walk_view(db, mine.id or 0) if mine else None
        if view is None:
            return bool(waits) and self._claim()
        if view.state is WalkState.CLAIMED:
            return self._load(view)
        here = view.after(None)
        if here is None:
            self._scan(view, {"code": "L1", "at": "finish"}, "finished")
        else:
            self._at(view, here)
        return True

    def _claim(self) -> bool:
        answer = self.phone.post("/walks/next", {})
        return answer.status == 303 and answer.went_to != "/walks"

    def _load(self, view: picking.WalkView) -> bool:
        with reading() as db:
            taken = select(Walk.cart_id).where(col(Walk.state).in_(picking.ACTIVE), col(Walk.cart_id).is_not(None))
            carts = db.exec(select(Cart.code).where(col(Cart.id).not_in(taken))).all()
            busy = select(WalkTote.tote_id).where(col(WalkTote.is_busy), col(WalkTote.tote_id).is_not(None))
            totes = db.exec(select(Tote.code).where(col(Tote.id).not_in(busy))).all()
        free = totes if view.cart else carts
        if not free:
            return False
        self._scan(view, {"code": self.rng.choice(free)}, *(() if view.cart else ("cart",)))
        return True

    def _at(self, view: picking.WalkView, here: picking.StopView) -> None:
        check = view.to_check()
        if check is not None and self.now_and_then(2):
            where = f"/walks/{view.id}/stops/{check.number}/empty"
            self.phone.post(where, {"stop": check.id, "empty": "1"}, "bin_checked")
        elif self.now_and_then(25):
            self.phone.post(f"/walks/{view.id}/undo", {}, "undone")
        elif here.phase == "item" and here.rest > 1 and self.now_and_then(12):
            got = here.rest - 1
            form = {"stop": here.id, "got": got, "why": "short"}
            path = f"/walks/{view.id}/stops/{here.number}/exception"
            # On a walk of one tote the report puts what is there at once.
            self.phone.post(path, form, "short", *(("put",) if here.is_direct else ()), amount=got)
        elif self.now_and_then(30):
            self.phone.post(f"/walks/{view.id}/scans", {"stop": here.id, "code": "6900000000000"})
        else:
            self._right_scan(view, here)

    def _right_scan(self, view: picking.WalkView, here: picking.StopView) -> None:
        code = {"bin": here.code, "put": here.puts[0].slot.tote}.get(here.phase, here.goods.barcode)
        is_put = here.phase == "put" or (here.is_direct and here.phase in ("item", "count"))
        units = here.puts[0].units if here.phase == "put" else 1
        self._scan(view, {"stop": here.id, "code": code}, *(("put",) if is_put else ()), amount=units)

    def _scan(self, view: picking.WalkView, form: dict, *kinds: str, amount: int = 1) -> None:
        self.phone.post(f"/walks/{view.id}/scans", form, *kinds, amount=amount)


class Packer(Worker):
    """Opens totes, scans every unit, boxes, and proves the label when it is there."""

    def __init__(self, name: str, bench: str, *others) -> None:
        super().__init__(*others)
        self.name, self.bench = name, bench

    def once(self) -> bool:
        return self._label() or self._go_on() or self._open()

    def _label(self) -> bool:
        with reading() as db:
            mine = select(Parcel, Waybill.number).join(Pack, col(Pack.id) == Parcel.pack_id)
            ready = (Parcel.state == ParcelState.BOXED, Waybill.state == WaybillState.ACTIVE)
            joined = mine.join(Waybill, col(Waybill.parcel_id) == Parcel.id).join(User, col(User.id) == Pack.packer_id)
            found = db.exec(joined.where(*ready, User.name == self.name).order_by(col(Parcel.id))).first()
        if found is None:
            return False
        parcel, number = found
        self.phone.post(f"/parcels/{parcel.id}/scans", {"code": number}, "labelled", key=parcel.number)
        return True

    def _go_on(self) -> bool:
        with reading() as db:
            workable = col(Pack.state).in_((PackState.OPEN, PackState.VERIFIED))
            mine = select(Pack).join(User, col(User.id) == Pack.packer_id).where(User.name == self.name, workable)
            pack = db.exec(mine.order_by(col(Pack.id))).first()
            if pack is None or pack.id is None:
                return False
            left = [
                barcode_of(db, sku.id or 0)
                for line, sku in packing.lines_of(db, pack.id)
                if line.verified + line.missing < line.qty
            ]
            inside = {f"units-{line.id}": units for line, _sku, units in packing.to_box(db, pack.id)}
        if pack.state is PackState.OPEN:
            form = {"code": self.rng.choice(left)}
            self.phone.post(f"/packs/{pack.id}/scans", form, "checked", key=str(pack.id))
        else:
            form = {"carton": "K5", "weight": 2500, "sure": "1", **inside}
            self.phone.post(f"/packs/{pack.id}/parcel", form, "boxed", amount=sum(inside.values()))
        return True

    def _open(self) -> bool:
        with reading() as db:
            waiting = (
                select(Tote.code)
                .join(WalkTote, col(WalkTote.tote_id) == Tote.id)
                .join(Shipment, col(Shipment.id) == WalkTote.shipment_id)
                .join(Order, col(Order.id) == Shipment.order_id)
                .where(
                    Shipment.state == ShipmentState.PICKED, col(WalkTote.is_busy), Order.state == OrderState.RELEASED
                )
            )
            totes = db.exec(waiting).all()
        if not totes:
            return False
        self.phone.post(f"/stations/{self.bench}/scans", {"code": self.rng.choice(totes)}, "opened")
        return True


class Lorry(Worker):
    """Loads what is labelled and hands over by threes or more."""

    name = "Dai"

    def once(self) -> bool:
        with reading() as db:
            aboard = select(ManifestParcel.parcel_id)
            ready = (Parcel.state == ParcelState.LABELLED, col(Parcel.id).not_in(aboard))
            numbers = select(Waybill.number, Parcel.number).join(Parcel, col(Parcel.id) == Waybill.parcel_id)
            found = db.exec(numbers.where(*ready).order_by(col(Parcel.id))).all()
            lorry = db.exec(select(Manifest).where(Manifest.state == ManifestState.OPEN)).first()
            loaded = select(func.count()).select_from(ManifestParcel)
            n = db.exec(loaded.where(ManifestParcel.manifest_id == lorry.id)).one() if lorry else 0
        if lorry is None:
            if found:
                self.phone.post("/manifests", {"carrier": "sf", "warehouse": "SHA"}, "lorry")
            return bool(found)
        if n >= 3:
            form = {"driver": "Driver 7", "seal": "S-1"}
            self.phone.post(f"/manifests/{lorry.id}/handover", form, "handed_over", key=lorry.number)
            return True
        for waybill, number in found[:1]:
            self.phone.post(f"/manifests/{lorry.id}/scans", {"code": waybill}, "loaded", key=number)
        return bool(found)
