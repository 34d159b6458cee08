"""Parcels that left, walks and returns, as many as one likes: rows by bulk SQL, past the verbs. Everything of row n
follows from n, so two databases and two runs hold the same."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, select

from floor.inventory.models import Reservation, Tote
from floor.packing.models import Station
from floor.packing.models_materials import Material, MaterialKind
from tests.factories import a_bin, a_carrier, a_carton, a_sku, a_warehouse

FIRST = date(2026, 10, 5)
PROVINCES = ("浙江省", "上海市", "广东省", "四川省", "黑龙江省")
#: Ids of rows made here begin above it.
BASE = 10_000_000
#: Parcel n shares the order, and of those every second the shipment, of parcel n - 1 where n % 7 is 6.
OWN_ORDER, OWN_SHIPMENT = "n % 7 <> 6", "n % 14 <> 13"


@dataclass(frozen=True)
class Made:
    houses: list[int]
    carriers: list[int]
    #: Units that benches found missing.
    mispicks: int


class _Rows:
    """INSERT ... SELECT over 0 <= n < parcels; what is not named gets its type's nothing."""

    def __init__(self, db: Session, parcels: int, days: int) -> None:
        self.db, self.parcels, self.days = db, parcels, days
        self.is_sqlite = db.get_bind().dialect.name == "sqlite"
        self.start = int(datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC).timestamp()) - 8 * 3600

    def any_of(self, key: str, salt: int, many: int) -> str:
        """A number below `many` that follows from `key`."""
        return f"(((({key}) * 7919 + {salt} * 104729) % 1000003 * 2654435761 % 4294967296) / 16 % {many})"

    def at(self, seconds: str) -> str:
        """A moment so many seconds after the first day began."""
        if self.is_sqlite:
            return f"strftime('%Y-%m-%d %H:%M:%S.000000', {self.start} + {seconds}, 'unixepoch')"
        return f"to_timestamp({self.start} + {seconds})"

    def one_of(self, key: str, salt: int, values: list[int] | tuple[str, ...]) -> str:
        cases = " ".join(f"WHEN {n} THEN {value!r}" for n, value in enumerate(values))
        return f"CASE {self.any_of(key, salt, len(values))} {cases} END"

    def fill(self, table: str, where: str = "1 = 1", **columns: str) -> None:
        found = SQLModel.metadata.tables[table]
        given = {
            c.name: columns.get(c.name) or self._nothing(c)
            for c in found.columns
            if c.name in columns or not c.nullable
        }
        self.db.execute(
            sa.text(
                f"INSERT INTO {table} ({', '.join(given)}) "
                "WITH RECURSIVE seq(n) AS (SELECT CAST(0 AS BIGINT) "
                f"UNION ALL SELECT n + 1 FROM seq WHERE n + 1 < {self.parcels}) "
                f"SELECT {', '.join(given.values())} FROM seq WHERE {where}"
            )
        )

    def _nothing(self, column: sa.Column) -> str:
        if isinstance(column.type, sa.JSON):
            return "'{}'" if self.is_sqlite else "CAST('{}' AS JSON)"
        nothing = {"BOOLEAN": "FALSE", "INTEGER": "0", "BIGINT": "0", "TEXT": "''"}
        kind = str(column.type.compile(self.db.get_bind().dialect))
        return "''" if kind.startswith("VARCHAR") else nothing.get(kind) or self.at("0")


def make(db: Session, parcels: int, days: int, skus: int = 4) -> Made:
    """Two houses, two carriers, five provinces; about one parcel in fourteen is the second of its order."""
    places = [a_warehouse(db, code) for code in ("SHA", "CAN")]
    houses = [one.id or 0 for one in places]
    carriers = [a_carrier(db, code).id or 0 for code in ("sf", "zto")]
    carton, goods = a_carton(db).id, [a_sku(db, f"SKU-{n}").id or 0 for n in range(skus)]
    shelf = a_bin(db, places[0])
    tote, bench = db.exec(select(Tote.id)).first(), [_bench(db, house) for house in houses]
    promise = Reservation(bin_id=shelf.id, sku_id=goods[0], qty=1, released=1)
    material = Material(code="BOX", name="纸箱", kind=MaterialKind.CARTON, cost_fen=180, mass_g=250)
    db.add_all([promise, material])
    db.flush()
    r = _Rows(db, parcels, days)
    order, shipment = (
        f"{BASE} + n - (CASE WHEN n % 7 = 6 THEN 1 ELSE 0 END)",
        f"{BASE} + n - (CASE WHEN n % 14 = 13 THEN 1 ELSE 0 END)",
    )
    house, carrier = r.one_of(shipment, 3, houses), r.one_of(shipment, 4, carriers)
    left = r.any_of(shipment, 1, days * 86_400)
    # On the road: a day, and half a day more with the second carrier to far provinces; and hours by chance.
    far = r.any_of(order, 5, len(PROVINCES))
    slower = f"CASE WHEN {r.any_of(shipment, 4, 2)} = 1 THEN {far} * 10800 ELSE 0 END"
    road = f"(86400 + {r.any_of('n', 6, 36_000)} + {far} * 14400 + {slower})"
    r.fill(
        "customer_order",
        OWN_ORDER,
        id=order,
        number="'SO-' || n",
        channel="'web'",
        external_id="'x-' || n",
        state="'released'",
        placed_at=r.at(left),
        received_at=r.at(left),
        promised_at=r.at(left),
        currency="'CNY'",
        priority="5",
        public_token="'token-' || n",
        version="1",
    )
    r.fill(
        "address",
        OWN_ORDER,
        order_id=order,
        recipient="'张小明'",
        phone="'13812341234'",
        country="'CN'",
        street="'文三路'",
        province=r.one_of(order, 5, PROVINCES),
    )
    sku = r.one_of("n", 7, goods)
    r.fill("order_line", OWN_ORDER, id=order, order_id=order, sku_id=sku, qty="9")
    r.fill(
        "shipment",
        OWN_SHIPMENT,
        id=shipment,
        number="'SH-' || n",
        order_id=order,
        warehouse_id=house,
        carrier_id=carrier,
        state="'shipped'",
        promised_at=r.at(f"{left} - 3600 + {r.any_of('n', 8, 36_000)}"),
        priority="5",
        created_at=r.at(left),
        shipped_at=r.at(left),
        version="1",
    )
    r.fill(
        "shipment_line", OWN_SHIPMENT, id=shipment, shipment_id=shipment, order_line_id=order, sku_id=sku, shipped="1"
    )
    r.fill(
        "pack",
        OWN_SHIPMENT,
        id=shipment,
        shipment_id=shipment,
        tote_id=str(tote),
        state="'closed'",
        version="1",
        station_id=f"CASE {house} WHEN {houses[0]} THEN {bench[0]} ELSE {bench[1]} END",
        started_at=r.at(left),
    )
    parcel = f"{BASE} + n"
    r.fill("place", id=parcel, kind="'parcel'", warehouse_id=house)
    r.fill(
        "parcel",
        id=parcel,
        number="'P-' || n",
        shipment_id=shipment,
        pack_id=shipment,
        carton_id=str(carton),
        weight_g=f"200 + {r.any_of('n', 9, 4800)}",
        state="'shipped'",
        packed_at=r.at(left),
        version="1",
    )
    r.fill(
        "parcel_line",
        parcel_id=parcel,
        shipment_line_id=shipment,
        sku_id=r.one_of("n", 10, goods),
        qty=f"1 + {r.any_of('n', 11, 3)}",
    )
    r.fill(
        "waybill",
        id=parcel,
        parcel_id=parcel,
        carrier_id=carrier,
        number="'W-' || n",
        state="'active'",
        requested_at=r.at(left),
        cost_fen=f"500 + {r.any_of('n', 12, 2500)}",
        is_sure="TRUE",
    )
    arrived = f"CASE WHEN n % 9 = 0 THEN NULL ELSE {r.at(f'{left} + {road}')} END"
    r.fill(
        "track",
        parcel_id=parcel,
        state="CASE WHEN n % 9 = 0 THEN 'in_transit' ELSE 'delivered' END",
        changed_at=r.at(left),
        delivered_at=arrived,
    )
    for salt, chosen, said in (
        (1, "n % 11 = 5", "attempt_failed"),
        (2, "n % 22 = 5", "exception"),
        (3, "n % 3 = 0", "in_transit"),
    ):
        r.fill(
            "carrier_event",
            chosen,
            id=f"{salt} * {BASE} * 3 + n",
            event_key=f"'{salt}-' || n",
            carrier="'sf'",
            waybill_number="'W-' || n",
            parcel_id=parcel,
            meaning=f"'{said}'",
            happened_at=r.at(left),
            received_at=r.at(left),
        )
    r.fill(
        "parcel_fill",
        "n % 5 <> 0",
        parcel_id=parcel,
        warehouse_id=house,
        at=r.at(left),
        inner_mm3="30000000",
        goods_mm3=f"5000000 + {r.any_of('n', 13, 20_000)} * 1000",
    )
    r.fill(
        "parcel_material",
        "n % 5 <> 0",
        parcel_id=parcel,
        material_id=str(material.id),
        qty="1",
        cost_fen="180",
        mass_g=f"100 + {r.any_of('n', 14, 300)}",
    )
    back = f"{OWN_ORDER} AND n % 20 = 3"
    r.fill(
        "return_case",
        back,
        id=order,
        number="'R-' || n",
        kind="'refund'",
        order_id=order,
        warehouse_id=house,
        state="'arrived'",
        version="1",
        reason=r.one_of("n", 15, ("wrong_size", "damaged", "wrong_item")),
        requested_at=r.at(left),
        arrived_at=f"CASE WHEN n % 100 = 3 THEN NULL ELSE {r.at(left)} END",
    )
    r.fill(
        "return_item",
        back,
        id=order,
        case_id=order,
        position="1",
        order_line_id=order,
        sku_id=sku,
        qty=f"1 + {r.any_of('n', 16, 2)}",
    )
    _walks(r, house, left, shelf.id, goods[0], promise.id or 0)
    units = "'{\"qty\": 2}'" if r.is_sqlite else "CAST('{\"qty\": 2}' AS JSON)"
    short = f"{OWN_SHIPMENT} AND n % 50 = 1"
    r.fill(
        "audit_event",
        short,
        id=parcel,
        kind="'packing.units.missing'",
        at=r.at(left),
        subject="'pack'",
        subject_id=shipment,
        actor_kind="'user'",
        data=units,
    )
    db.flush()
    return Made(houses, carriers, 2 * sum(n % 14 != 13 and n % 50 == 1 for n in range(parcels)))


def _walks(r: _Rows, house: str, left: str, shelf: int, sku: int, promise: int) -> None:
    """A walk of four stops for every eighth parcel."""
    walk, first = f"{BASE} + n", "n % 8 = 0"
    r.fill(
        "walk",
        first,
        id=walk,
        number="'W-' || n",
        warehouse_id=house,
        state="'done'",
        mode="'cluster'",
        due_at=r.at(left),
        version="1",
        priority="5",
        length_mm=f"50000 + {r.any_of('n', 17, 300_000)}",
        created_at=r.at(left),
        started_at=r.at(left),
        finished_at=r.at(f"{left} + 600 + {r.any_of('n', 18, 3000)}"),
    )
    r.fill("walk_tote", first, id=walk, walk_id=walk, slot="1", shipment_id=walk)
    for stop in range(4):
        key = f"{stop + 1} * {BASE} * 2 + n"
        r.fill(
            "walk_stop",
            first,
            id=key,
            walk_id=walk,
            position=str(stop + 1),
            bin_id=str(shelf),
            sku_id=str(sku),
            state=f"CASE WHEN {r.any_of('n', 20 + stop, 20)} = 0 THEN 'short' ELSE 'done' END",
        )
        r.fill(
            "pick",
            first,
            id=key,
            stop_id=key,
            walk_tote_id=walk,
            shipment_line_id=walk,
            reservation_id=str(promise),
            qty="5",
            picked=r.any_of("n", 30 + stop, 6),
        )


def _bench(db: Session, house: int) -> int:
    return db.exec(select(Station.id).where(Station.warehouse_id == house)).one() or 0
