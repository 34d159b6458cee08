"""What machines see on the shelves. An observation never changes the books: it confirms them, or asks for a count.

A reading may take several messages (`session`); a tag counts once in it. Compared is with the books at the moment of
the reading, so a message that comes late does no harm.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.catalog.queries import resolve
from floor.events.service import Event, record
from floor.inventory import counting, epc, queries
from floor.inventory.models import Balance, Bin, CountReason, CountTask, LedgerRow
from floor.inventory.models_counting import (
    Finding,
    Observation,
    ObservationMessage,
    ObservationSource,
    ObservedTag,
    SourceKind,
)
from floor.inventory.states import CountState
from floor.kit import clock, ids
from floor.kit.actor import Actor
from floor.kit.db import upsert
from floor.kit.errors import Invalid, Unknown


@dataclass(frozen=True)
class Reading:
    """One thing seen: a tag (`epc`), or goods by `code` with a number, or with the weight of all of them, grams."""

    epc: str = ""
    code: str = ""
    qty: int | None = None
    weight_g: int | None = None


@dataclass(frozen=True)
class Heard:
    """What a message came to. `is_new` False: it was heard before and nothing changed. `tags`: counted for the first
    time in their reading; `counts`: asked for."""

    is_new: bool
    tags: int = 0
    observations: int = 0
    counts: int = 0


def add_source(
    db: Session, code: str, kind: SourceKind, warehouse_id: int, actor: Actor, tolerance_percent: int = 0
) -> ObservationSource:  # fmt: skip
    """A machine that may tell what it sees, with a secret of its own. Raises Invalid for a code that is taken."""
    if source_called(db, code) is not None:
        raise Invalid("inventory.source_taken", field="code", source=code)
    source = ObservationSource(
        code=code, kind=kind, warehouse_id=warehouse_id, secret=ids.public_token(), tolerance_percent=tolerance_percent
    )
    db.add(source)
    db.flush()
    record(db, Event("inventory.source.added", "source", source.id or 0, data={"kind": kind.value}), actor)
    return source


def source_called(db: Session, code: str) -> ObservationSource | None:
    return db.exec(select(ObservationSource).where(ObservationSource.code == code)).first()


def hear(
    db: Session, source: ObservationSource, message_id: str, session: str, place: str, at: datetime,
    readings: Sequence[Reading], payload: dict[str, Any], actor: Actor, *, is_complete: bool = True,
) -> Heard:  # fmt: skip
    """Keep what a source saw in a place, once, and compare it with the books when the reading `is_complete`.

    One source's messages take turns. Raises Unknown for a source that was switched off.
    """
    assert source.id is not None
    held = db.get(ObservationSource, source.id, with_for_update=True, populate_existing=True)
    if held is None or not held.is_active:
        raise Unknown("inventory.unknown_source")
    kept = {"source_id": source.id, "message_id": message_id, "received_at": clock.now(), "payload": payload}
    told = _insert(db, ObservationMessage, kept, ObservationMessage.id)
    if told is None:
        return Heard(is_new=False)
    reading = _Reading(db, held, session or message_id, place.strip().upper(), at, told)
    tags = reading.keep(readings)
    if not is_complete:
        return Heard(True, tags, len(reading.seen))
    return Heard(True, tags, len(reading.seen), reading.compare(actor))


def _insert(db: Session, table: type, row: dict[str, Any], wanted: Any) -> Any:
    """Insert a row whose key is new; the wanted column of it, or None."""
    return db.execute(upsert(db, table).values(row).on_conflict_do_nothing().returning(wanted)).scalar()


class _Reading:
    """A message's part of one reading of a place."""

    def __init__(
        self, db: Session, source: ObservationSource, session: str, place: str, at: datetime, message_id: int
    ) -> None:
        self.db, self.source, self.session, self.place, self.message_id = db, source, session, place, message_id
        self.at = min(at, clock.now())
        self.where = queries.bin_by_code(db, source.warehouse_id, place)
        self.seen: dict[str, Observation] = {}
        self._known: dict[str, Sku | None] = {}

    def keep(self, readings: Sequence[Reading]) -> int:
        """Write down what was seen. Returns how many tags were new to the reading."""
        tags = [epc.canonical(one.epc) for one in readings if one.epc]
        for one in readings:
            if not one.epc:
                self._keep_number(one)
        new: dict[int, int] = defaultdict(int)
        for tag in dict.fromkeys(tags):
            sgtin = epc.decoded(tag)
            found = self._observation(sgtin.gtin if sgtin else tag)
            row = {"source_id": self.source.id, "session": self.session, "epc": tag, "observation_id": found.id}
            if _insert(self.db, ObservedTag, row, sa.literal(1)) is not None:
                new[found.id or 0] += 1
        for found in self.seen.values():
            found.qty += new.get(found.id or 0, 0)
        self.db.flush()
        return sum(new.values())

    def _keep_number(self, one: Reading) -> None:
        found = self._observation(one.code)
        if one.qty is not None:
            found.qty = one.qty
        elif found.sku_id is not None:
            found.qty = round((one.weight_g or 0) / self.db.get_one(Sku, found.sku_id).weight_g)

    def _observation(self, code: str) -> Observation:
        """The reading's row of these goods, made on first sight."""
        if code not in self._known:
            self._known[code] = resolve(self.db, code).sku
        sku = self._known[code]
        return self._row(sku.code if sku else code[:64], sku.id if sku else None)

    def _row(self, name: str, sku_id: int | None) -> Observation:
        if name in self.seen:
            return self.seen[name]
        same = (Observation.source_id == self.source.id, Observation.session == self.session)
        here = select(Observation).where(*same, Observation.place == self.place, Observation.code == name)
        found = self.db.exec(here).first()
        if found is None:
            found = Observation(
                source_id=self.source.id or 0, session=self.session, place=self.place, code=name, sku_id=sku_id,
                bin_id=self.where.id if self.where else None, at=self.at, message_id=self.message_id,
            )  # fmt: skip
        found.at, found.received_at, found.message_id = self.at, clock.now(), self.message_id
        found.finding = Finding.PENDING
        self.db.add(found)
        self.db.flush()
        self.seen[name] = found
        return found

    def compare(self, actor: Actor) -> int:
        """The whole reading beside the books. Returns how many counts it asked for."""
        for sku in self._unseen():
            self._row(sku.code, sku.id)
        same = (Observation.source_id == self.source.id, Observation.session == self.session)
        whole = select(Observation).where(*same, Observation.place == self.place).order_by(col(Observation.id))
        asked = sum(self._compared(found, actor) for found in self.db.exec(whole).all())
        self.db.flush()
        return asked

    def _unseen(self) -> list[Sku]:
        """Goods the books have here of which no tag answered, and that wear tags: a reader of this house saw some."""
        if self.where is None or self.source.kind is not SourceKind.RFID:
            return []
        tagged = (
            select(Observation.sku_id)
            .join(ObservationSource, col(ObservationSource.id) == Observation.source_id)
            .where(ObservationSource.warehouse_id == self.source.warehouse_id, Observation.qty > 0)
            .where(ObservationSource.kind == SourceKind.RFID, col(Observation.sku_id).is_not(None))
        )
        lying = select(Sku).join(Balance, col(Balance.sku_id) == Sku.id).where(Balance.place_id == self.where.id)
        return [
            sku
            for sku in self.db.exec(lying.where(Balance.qty > 0, col(Sku.id).in_(tagged)).order_by(col(Sku.id)))
            if sku.code not in self.seen and self._first_of(sku)
        ]

    def _first_of(self, sku: Sku) -> bool:
        """No message of this reading saw these goods."""
        same = (Observation.source_id == self.source.id, Observation.session == self.session)
        here = select(Observation.id).where(*same, Observation.place == self.place, Observation.sku_id == sku.id)
        return self.db.exec(here).first() is None

    def _compared(self, found: Observation, actor: Actor) -> bool:
        if found.bin_id is None or found.sku_id is None:
            found.finding = Finding.UNKNOWN
            return False
        books = books_at(self.db, found.bin_id, found.sku_id, found.at)
        off = abs(found.qty - books)
        agrees = off * 100 <= self.source.tolerance_percent * books
        found.books_qty, found.finding = books, Finding.AGREES if agrees else Finding.DISAGREES
        self.db.add(found)
        if agrees or self._is_known_to_be_wrong(found):
            return False
        open_now = self._unfinished(found)
        assert self.where is not None
        task = open_now or counting.ask_count(self.db, self.where, found.sku_id, CountReason.OBSERVED, actor)
        found.task_id = task.id
        return open_now is None

    def _unfinished(self, found: Observation) -> CountTask | None:
        here = (CountTask.bin_id == found.bin_id, CountTask.sku_id == found.sku_id)
        states = (CountState.OPEN, CountState.VARIANCE, CountState.APPROVED)
        return self.db.exec(select(CountTask).where(*here, col(CountTask.state).in_(states))).first()

    def _is_known_to_be_wrong(self, found: Observation) -> bool:
        """Somebody counted after the goods last moved: the books were proven, and the machine errs."""
        here = (CountTask.bin_id == found.bin_id, CountTask.sku_id == found.sku_id, CountTask.state == CountState.DONE)
        counted = self.db.exec(select(sa.func.max(col(CountTask.counted_at))).where(*here)).one()
        if counted is None:
            return False
        ends = (LedgerRow.from_place_id == found.bin_id) | (LedgerRow.to_place_id == found.bin_id)
        moved = select(LedgerRow.id).where(ends, LedgerRow.sku_id == found.sku_id, LedgerRow.at > counted)
        return self.db.exec(moved.where(LedgerRow.subject != "count").limit(1)).first() is None


def books_at(db: Session, bin_id: int, sku_id: int, at: datetime) -> int:
    """Units the books had in a bin at a moment: what lies there now, less what came since, plus what left."""
    row = LedgerRow
    came = sa.case((col(row.to_place_id) == bin_id, col(row.qty)), else_=-col(row.qty))
    ends = (col(row.from_place_id) == bin_id) | (col(row.to_place_id) == bin_id)
    since = db.execute(sa.select(sa.func.sum(came)).where(ends, col(row.sku_id) == sku_id, col(row.at) > at)).scalar()
    return queries.balance_of(db, bin_id, sku_id) - (since or 0)


@dataclass(frozen=True)
class ObservationRow:
    """An observation with what its screen shows."""

    seen: Observation
    source: ObservationSource
    where: Bin | None
    sku: Sku | None


def observations(
    db: Session, warehouse_id: int | None, finding: Finding | None, limit: int, offset: int = 0
) -> tuple[list[ObservationRow], int]:
    """What was seen, newest first, and how many there are."""
    query = (
        select(Observation, ObservationSource, Bin, Sku)
        .join(ObservationSource, col(ObservationSource.id) == Observation.source_id)
        .outerjoin(Bin, col(Bin.id) == Observation.bin_id)
        .outerjoin(Sku, col(Sku.id) == Observation.sku_id)
    )
    if warehouse_id is not None:
        query = query.where(ObservationSource.warehouse_id == warehouse_id)
    if finding is not None:
        query = query.where(Observation.finding == finding)
    total = db.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one()
    newest = query.order_by(col(Observation.received_at).desc(), col(Observation.id).desc())
    return [ObservationRow(*row) for row in db.exec(newest.limit(limit).offset(offset))], total
