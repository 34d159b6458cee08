"""The small company the journeys play in: one warehouse, seven kinds of goods, everything its people reach for."""

from sqlmodel import Session, select

from floor.audit import service as audit
from floor.catalog.models import Carton, Sku
from floor.intake.models import Channel
from floor.inventory.models import Bin, BinKind, Warehouse
from floor.inventory.queries import bin_by_code, warehouse_by_code
from floor.kit.actor import SYSTEM
from floor.picking import walls
from floor.shipments.models import Carrier
from tests import factories
from tests.picking.conftest import Floor, person
from tests.tracking.worlds import World

CHANNEL, CHANNEL_SECRET = "web", "what only our web shop knows"
CARRIER, CARRIER_SECRET = "sf", "secret of sf"
PRICE_FEN = 9900
LANE = "L1"

#: SKU -> units by pick face. The scarf lies in two bins. Nobody orders the tee in M: it is there to be grabbed wrongly.
SHELVES = {
    "TEE-NAVY-L": {"A01-02-1": 20},
    "TEE-NAVY-M": {"A01-02-2": 20},
    "MUG-WHITE": {"A01-06-1": 20},
    "CAP-RED": {"A02-03-1": 20},
    "SOCK-GREY": {"A02-07-2": 20},
    "SCARF-BLUE": {"A03-04-1": 4, "A03-08-1": 4},
    "BAG-BLACK": {"A04-02-1": 20},
}


def a_small_company(db: Session) -> dict[str, str]:
    """Build it; the barcode of every SKU by its code."""
    house = factories.a_warehouse(db)
    skus = {code: factories.a_sku(db, code, price=PRICE_FEN) for code in SHELVES}
    _brothers(skus["TEE-NAVY-L"], skus["TEE-NAVY-M"])
    for code, bins in SHELVES.items():
        for where, units in bins.items():
            factories.stock(db, factories.a_bin(db, house, where), skus[code], units)
    factories.a_bin(db, house, "A04-09-1", BinKind.RETURNS)
    factories.a_bin(db, house, "A04-10-1", BinKind.QUARANTINE)
    factories.a_bin(db, house, "A04-07-1", BinKind.DOCK)
    factories.a_bin(db, house, "A04-08-1", BinKind.QC)
    factories.a_carrier(db, CARRIER)
    factories.a_carton(db, "K3")
    audit.install_rules(db)
    if db.exec(select(Channel).where(Channel.code == CHANNEL)).first() is None:
        db.add(Channel(code=CHANNEL, name="网店", name_en="Web shop", secret=CHANNEL_SECRET))
    db.flush()
    return {code: factories.ean(sku) for code, sku in skus.items()}


def _brothers(large: Sku, middle: Sku) -> None:
    """One T-shirt in two sizes."""
    large.name = middle.name = "圆领短袖"
    middle.size = "M"


def a_walk_in_hand(db: Session, name: str) -> int:
    """A walk this person has begun: three large tees for the first order, then a cap for the second. Its id."""
    walk = _tees_and_caps(db).started(db, [{0: 3}, {1: 1}], person(db, name))
    assert walk.id is not None
    return walk.id


def a_batch_in_hand(db: Session, name: str) -> int:
    """The same for the wall W1: two tees for the first order, a tee and a cap for the second. Its id."""
    floor = _tees_and_caps(db)
    walls.put_up(db, floor.house.id or 0, "W1", 6, walls.Terms(3, True, 2), SYSTEM)
    walk = floor.batch(db, [{0: 2}, {0: 1, 1: 1}], person(db, name))
    assert walk.id is not None
    return walk.id


def a_shelf(db: Session, code: str) -> World:
    """The company as parcels on the road are made of it: goods of one article, from its first pick face."""
    one = lambda table, *where: db.exec(select(table).where(*where)).first()  # noqa: E731
    sku = one(Sku, Sku.code == code)
    return World(
        db, one(Warehouse), one(Bin, Bin.code == next(iter(SHELVES[code]))), one(Bin, Bin.kind == BinKind.RETURNS),
        one(Bin, Bin.kind == BinKind.QUARANTINE), one(Carrier), one(Carton), sku, sku,
    )  # fmt: skip


def _tees_and_caps(db: Session) -> Floor:
    one = lambda code: db.exec(select(Sku).where(Sku.code == code)).one()  # noqa: E731
    house = warehouse_by_code(db, "SHA")
    assert house is not None
    spots = [bin_by_code(db, house.id or 0, "A01-02-1"), bin_by_code(db, house.id or 0, "A02-03-1")]
    carrier = db.exec(select(Carrier)).one()
    return Floor(house, spots, [one("TEE-NAVY-L"), one("CAP-RED")], carrier)
