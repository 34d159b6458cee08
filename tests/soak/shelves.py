"""The shelves the stock soaks fight over: few bins, few goods, so that everybody wants the same units."""

from dataclasses import dataclass, replace

from flask import Flask
from sqlmodel import Session, col, select

from floor import cli
from floor.catalog.models import Tracking
from floor.factory import create_app
from floor.inventory import service as inventory
from floor.inventory.models import Bin, BinKind, PlaceKind, Tote, Warehouse
from floor.kit import uow
from floor.kit.actor import SYSTEM
from floor.people import service as people
from floor.people.models import Role
from floor.settings import Settings
from tests.cast import PIN, hire_cast
from tests.factories import a_bin, a_sku, a_warehouse, ean
from tests.soak import deeds

#: Goods without lots, with lots, and with serial numbers.
PLAIN, IN_LOTS, BY_NUMBER = 4, 3, 1
PICK_BINS = 8
#: Pick faces beyond those, so that everybody can refill one of their own.
MORE_FACES = 16
#: People whose hands count: one per hand, because a person stands at one bin at a time.
PEOPLE = 8
RESERVE_BINS = 3
PARCELS = 4


@dataclass(frozen=True)
class Shelves:
    """Place ids by what they are, and the codes people scan."""

    house: int
    picks: tuple[int, ...]
    #: Every pick face, `picks` among them.
    faces: tuple[int, ...]
    reserves: tuple[int, ...]
    returns: int
    quarantine: int
    totes: tuple[int, ...]
    parcels: tuple[int, ...]
    #: supplier, customer, found, lost, scrap
    beyond: dict[str, int]
    transit: int
    skus: tuple[int, ...]
    #: SKUs whose lots are written down, and those whose every unit has a number.
    in_lots: tuple[int, ...]
    by_number: tuple[int, ...]
    #: User ids, one per hand.
    people: tuple[int, ...]
    #: Bin id -> the code on its label.
    labels: dict[int, str]
    #: SKU id -> its barcode.
    barcodes: dict[int, str]

    @property
    def shelves(self) -> tuple[int, ...]:
        return self.picks + self.reserves


def open_house(url: str) -> Flask:
    """The application on an empty database, migrated, with the cast hired and the soak's own door."""
    app = create_app(replace(Settings(), database_url=url, secret_key="a key for tests", rate_limits=False))
    app.config["PROPAGATE_EXCEPTIONS"] = True  # what breaks is to be seen as it is, not as a page
    deeds.install(app)
    cli.migrate()
    with uow.unit_of_work() as db:
        hire_cast(db)
    return app


def furnish() -> Shelves:
    """A warehouse with pick faces, reserve storage, a returns shelf, quarantine, totes, parcels and a few goods."""
    with uow.unit_of_work() as db:
        house = a_warehouse(db)
        assert house.id is not None
        for n in range(PICK_BINS + MORE_FACES):
            a_bin(db, house, f"A{n % 4 + 1:02d}-{n // 4 + 1:02d}-1")
        for n in range(RESERVE_BINS):
            a_bin(db, house, f"A{n % 4 + 1:02d}-09-2", BinKind.RESERVE)
        a_bin(db, house, "A04-09-1", BinKind.RETURNS)
        a_bin(db, house, "A04-10-1", BinKind.QUARANTINE)
        skus = [a_sku(db, f"SOAK-{n:02d}") for n in range(PLAIN + IN_LOTS + BY_NUMBER)]
        for sku, tracking in zip(skus[PLAIN:], [Tracking.LOT] * IN_LOTS + [Tracking.SERIAL] * BY_NUMBER, strict=True):
            sku.tracking, sku.min_life_days = tracking, 30
        db.flush()
        inventory.new_place(db, PlaceKind.TRANSIT, house.id)
        parcels = tuple(inventory.new_place(db, PlaceKind.PARCEL, house.id) for _n in range(PARCELS))
        hired = [people.hire(db, f"H-{n}", f"Hand {n}", Role.PICKER, PIN, "SHA", SYSTEM).id or 0 for n in range(PEOPLE)]
        return _as_they_are(db, house, parcels, {sku.id or 0: ean(sku) for sku in skus}, tuple(hired))


def _as_they_are(
    db: Session, house: Warehouse, parcels: tuple[int, ...], barcodes: dict[int, str], hired: tuple[int, ...]
) -> Shelves:
    assert house.id is not None
    bins = db.exec(select(Bin).order_by(col(Bin.id))).all()

    def of(kind: BinKind) -> tuple[int, ...]:
        return tuple(where.id for where in bins if where.kind is kind)

    outside = (PlaceKind.SUPPLIER, PlaceKind.CUSTOMER, PlaceKind.FOUND, PlaceKind.LOST, PlaceKind.SCRAP)
    return Shelves(
        house=house.id, picks=of(BinKind.PICK)[:PICK_BINS], faces=of(BinKind.PICK),
        reserves=of(BinKind.RESERVE), returns=of(BinKind.RETURNS)[0],
        quarantine=of(BinKind.QUARANTINE)[0], totes=tuple(db.exec(select(Tote.id).order_by(col(Tote.id)))),
        parcels=parcels, transit=inventory.beyond(db, PlaceKind.TRANSIT, house.id),
        beyond={kind.value: inventory.beyond(db, kind, house.id) for kind in outside},
        skus=tuple(barcodes), in_lots=tuple(barcodes)[PLAIN:-BY_NUMBER], by_number=tuple(barcodes)[-BY_NUMBER:],
        people=hired, labels={where.id: where.code for where in bins}, barcodes=barcodes,
    )  # fmt: skip
