"""The house the soak works in: one warehouse with plenty of everything, so that only kills can stop the flow."""

from sqlmodel import Session

from floor import cli
from floor.audit import service as audit
from floor.intake import service as intake
from floor.inventory import service as inventory
from floor.inventory.models import BinKind, PlaceKind, Tote
from floor.kit import uow
from floor.kit.db import Database
from floor.packing.models import Station
from floor.picking.models import Cart
from tests.cast import hire_cast
from tests.factories import a_bin, a_carrier, a_carton, a_sku, a_warehouse, stock

SECRET = "what the shop signs with"
GOODS = 12
UNITS = 5000


def build(url: str) -> None:
    """Migrate an empty database and furnish it. Leaves this process bound to it: that is how the cast sees screens."""
    uow.bind(Database(url))
    cli.migrate()
    with uow.unit_of_work() as db:
        hire_cast(db)
        _furnish(db)


def _furnish(db: Session) -> None:
    house = a_warehouse(db)
    assert house.id is not None
    for n in range(GOODS):
        sku = a_sku(db, f"SOAK-{n:02d}", price=1000 + 100 * n)
        # Two pick faces each, so that a short pick finds the rest elsewhere.
        for half in (1, 2):
            stock(db, a_bin(db, house, f"A{n % 4 + 1:02d}-{n // 4 + 1:02d}-{half}"), sku, UNITS)
    a_bin(db, house, "A04-09-1", BinKind.RETURNS)
    a_bin(db, house, "A04-10-1", BinKind.QUARANTINE)
    for n in (2, 3):
        db.add(Cart(code=f"C-SHA-{n}", warehouse_id=house.id))
    db.add(Station(code="P-SHA-2", name="2", warehouse_id=house.id, printer="P2"))
    for n in range(9, 81):
        place = inventory.new_place(db, PlaceKind.TOTE, house.id)
        db.add(Tote(id=place, code=f"T-SHA-{n}", warehouse_id=house.id))
    a_carrier(db)
    a_carton(db, "K5", (600, 500, 500))
    audit.install_rules(db)
    intake.ensure_channel(db, "shop").secret = SECRET
    db.flush()
