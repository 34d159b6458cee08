"""Counting in the demo company: the day's plan, variances under review, one for a second counter, and what readers saw."""

import json
from collections.abc import Sequence
from datetime import timedelta

from flask import Flask
from sqlmodel import Session, col, select

from floor.catalog import queries as catalog
from floor.catalog.models import Sku, Tracking
from floor.inventory import count_days, counting, epc, observing
from floor.inventory.models import Balance, Bin, BinKind, CountReason, Warehouse
from floor.inventory.models_counting import ObservationSource, SourceKind
from floor.kit import clock, ids
from floor.kit.actor import Actor
from floor.kit.uow import reading, unit_of_work
from floor.web import signing

SITE = "SHA"
READERS = (("RFID-A01", SourceKind.RFID), ("SCALE-02", SourceKind.WEIGHT))


def live(app: Flask, counter: Actor, boss: Actor) -> None:
    """Each step is a transaction of its own, as it is on the floor."""
    with unit_of_work() as db:
        house = db.exec(select(Warehouse).where(Warehouse.code == SITE)).one()
        bins = _bins(db, house.id or 0)
    for weeks in range(6, 0, -1):
        with clock.shifted(-timedelta(weeks=weeks)):
            for n, (where, sku, _books) in enumerate(bins):
                _count(where, sku, counter, boss, (-1, 0) if n * weeks % 7 < weeks % 3 else (0,))
    for (where, sku, _books), off in zip(bins, (0, -2, 1, -6), strict=False):
        _count(where, sku, counter, boss, (off, off))
    with unit_of_work() as db:
        rules = counting.rules_of(db, house.id or 0)
        rules.daily_bins = 12
        counting.change_rules(db, rules, boss)
        count_days.plan_day(db, house, boss)
        for code, kind in READERS:
            observing.add_source(db, code, kind, house.id or 0, boss, tolerance_percent=0)
    _observe(app, bins[4:])


def _bins(db: Session, house: int) -> list[tuple[Bin, Sku, int]]:
    """Pick faces where nobody picks today, and what lies there."""
    query = (
        select(Bin, Sku, Balance.qty)
        .join(Balance, col(Balance.place_id) == Bin.id)
        .join(Sku, col(Sku.id) == Balance.sku_id)
        .where(Bin.warehouse_id == house, Bin.kind == BinKind.PICK, Sku.tracking == Tracking.NONE)
        .where(Balance.qty > 8, Balance.reserved == 0)
        .order_by(Bin.code)
        .limit(10)
    )
    return list(db.exec(query))


def _count(where: Bin, sku: Sku, counter: Actor, boss: Actor, offs: Sequence[int]) -> None:
    """One count, number after number until it is settled; `offs` units from the books."""
    with unit_of_work() as db:
        task = counting.ask_count(db, where, sku.id or 0, CountReason.ASKED, boss)
        code = catalog.barcode_of(db, sku.id or 0)
    for off in offs:
        with unit_of_work() as db:
            mine = db.merge(task)
            counting.scan(db, mine, where.code, counter)
            counting.scan(db, mine, code, counter)
            books = db.get_one(Balance, (where.id, sku.id)).qty
            if counting.count(db, mine, max(books + off, 0), counter):
                return
            task = mine


def _observe(app: Flask, bins: list[tuple[Bin, Sku, int]]) -> None:
    """Readers tell, signed, through the real door: some agree, some do not, one reads a tag nobody knows."""
    for n, (where, sku, books) in enumerate(bins):
        code, kind = READERS[n % 2]
        seen = books - (2 if n % 3 == 2 else 0)
        with reading() as db:
            barcode = catalog.barcode_of(db, sku.id or 0)
        said: list[dict[str, object]] = [{"code": barcode, "weight_g": seen * sku.weight_g}]
        if kind is SourceKind.RFID:
            said = [{"epc": epc.encoded(barcode[:7], "0" + barcode[7:12], 1000 * n + k)} for k in range(seen)]
        if n == 0:
            said.append({"epc": epc.encoded("0614141", "812345", 6789)})
        _tell(app, code, where.code, said)


def _tell(app: Flask, source: str, place: str, readings: list[dict[str, object]]) -> None:
    message = {"message_id": ids.new_id(), "place": place, "at": clock.now().isoformat(), "readings": readings}
    body, stamp = json.dumps(message).encode(), str(int(clock.now().timestamp()))
    with reading() as db:
        secret = db.exec(select(ObservationSource.secret).where(ObservationSource.code == source)).one()
    headers = {signing.TIMESTAMP_HEADER: stamp, signing.SIGNATURE_HEADER: signing.sign(secret, stamp, body)}
    address = f"/hooks/observations/{source}"
    answer = app.test_client().post(address, data=body, headers=headers, content_type="application/json")
    assert answer.status_code == 200, answer.text
