"""Shelves for imports to fill."""

import pytest

from floor.inventory import jobs, service
from floor.inventory.service import Wish
from floor.kit.uow import unit_of_work
from tests.factories import a_bin, a_sku, a_warehouse, ean, stock
from tests.inventory.importing import sheet


@pytest.fixture
def shelves(app):
    """SHA with four bins; ten tees in the first, four of them promised."""
    with unit_of_work() as db:
        house = a_warehouse(db)
        bins = [a_bin(db, house, f"A01-0{n}-1") for n in range(1, 5)]
        tee = a_sku(db)
        a_sku(db, "MUG-RED")
        stock(db, bins[0], tee, 10)
        service.reserve(db, [Wish(bins[0].id, tee.id, 4, shipment_line_id=1)])
        return {"bins": [where.id for where in bins], "tee": tee.id, "ean": ean(tee)}


@pytest.fixture
def slices(shelves, monkeypatch):
    """Two rows per transaction, and seven rows: MUG and TEE in bins 2 to 4, and one nobody knows."""
    monkeypatch.setattr(jobs, "SLICE", 2)
    rows = [f"{sku},SHA,A01-0{n}-1,{n}" for n in (2, 3, 4) for sku in ("TEE-NAVY-L", "MUG-RED")]
    return sheet(*rows[:3], "NOPE,SHA,A01-01-1,1", *rows[3:])
