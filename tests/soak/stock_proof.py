"""After the last kill: is every acknowledged deed on the shelves, and once? Row by row of the ledger."""

from collections import Counter
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask import Flask
from sqlmodel import Session, col

from floor.cli import run_checks
from floor.inventory.models import Balance, LedgerRow
from floor.kit.uow import reading
from floor.web.models import Command
from tests.soak.deeds import NUMBERED, SUBJECT, Deed
from tests.soak.proof import Verdict


@dataclass
class Told:
    """What the house acknowledged, deed by deed, and what it refused."""

    begun: dict[str, Deed] = field(default_factory=dict)
    accepted: dict[str, Deed] = field(default_factory=dict)
    #: Command id -> the sentence.
    refused: dict[str, str] = field(default_factory=dict)
    #: Tries that were needed beyond the first, by deeds that were sent again.
    repeated: int = 0
    #: Of those, found done already: the kill came between the commit and the answer. By the kind of death.
    replayed: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    @property
    def unanswered(self) -> list[str]:
        return [one for one in self.begun if one not in self.accepted and one not in self.refused]


def prove_stock(app: Flask, told: Told, also: tuple[Deed, ...] = ()) -> Verdict:
    """Ledger, promises and stored commands against what was acknowledged; then `flask check`.

    `also` are deeds done when the shelves were filled, without a command.
    """
    verdict = Verdict()
    verdict.broken += told.broken
    verdict.broken += [f"{one} was never answered" for one in told.unanswered]
    deeds = [*told.accepted.values(), *also]
    with reading() as db:
        _ledger(db, verdict, deeds)
        _numbered(db, verdict, told)
        _promises(db, verdict, deeds)
        _commands(db, verdict, told)
    verdict.broken += broken_identities(app)
    return verdict


def broken_identities(app: Flask) -> list[str]:
    """What `flask check` finds, in words."""
    found = run_checks(app.extensions["checks"])
    return [f"flask check: {name}: {row}" for name, rows in found.items() for row in rows]


def _ledger(db: Session, verdict: Verdict, deeds: list[Deed]) -> None:
    """Every unit of the ledger belongs to a deed, and every unit of a deed is in it. Lots may split a deed's rows."""
    promised: Counter[tuple[int, int, int]] = Counter()
    for deed in deeds:
        for sku, qty, here, there in deed.moves:
            promised[sku, here, there] += qty
    row = LedgerRow
    key = (col(row.sku_id), col(row.from_place_id), col(row.to_place_id))
    rows = db.execute(sa.select(*key, sa.func.sum(col(row.qty))).group_by(*key))
    found = {(sku, here, there): units for sku, here, there, units in rows}
    for step in promised.keys() | found.keys():
        verdict.compare(f"units in the ledger of sku, from, to {step}", promised[step], found.get(step, 0))


def _numbered(db: Session, verdict: Verdict, told: Told) -> None:
    """The same by the deed's own number, where the verb writes it down."""
    query = sa.select(col(LedgerRow.subject_id), sa.func.sum(col(LedgerRow.qty))).where(
        col(LedgerRow.subject) == SUBJECT
    )
    found = dict(db.execute(query.group_by(col(LedgerRow.subject_id))).all())
    for one, deed in told.begun.items():
        if deed.kind in NUMBERED:
            promised = sum(qty for _sku, qty, _from, _to in deed.moves) if one in told.accepted else 0
            verdict.compare(f"units of deed {one}, a {deed.kind}", promised, found.get(deed.n, 0))


def _promises(db: Session, verdict: Verdict, deeds: list[Deed]) -> None:
    promised: Counter[tuple[int, int]] = Counter()
    for deed in deeds:
        for where, sku, qty in deed.promises:
            promised[where, sku] += qty
    rows = db.execute(sa.select(col(Balance.place_id), col(Balance.sku_id), col(Balance.reserved)))
    found = {(place, sku): units for place, sku, units in rows}
    for key in promised.keys() | found.keys():
        verdict.compare(f"units promised of bin, sku {key}", promised[key], found.get(key, 0))


def _commands(db: Session, verdict: Verdict, told: Told) -> None:
    found = set(db.execute(sa.select(col(Command.id)).where(col(Command.id).startswith("soak-"))).scalars())
    verdict.lost += [f"command {one} was acknowledged and is not known" for one in told.accepted.keys() - found]
    verdict.doubled += [f"command {one} was never acknowledged, but is done" for one in found - told.accepted.keys()]
