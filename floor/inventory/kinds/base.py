"""What every kind of file offers, and what looking at a row gives."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from floor.inventory.files import BadRow, Fault, Row
from floor.inventory.models import Outcome
from floor.kit.actor import Actor
from floor.kit.spreadsheet import Cell, as_read

#: (field, before, after), as people read them.
Change = tuple[str, str, str]


@dataclass
class Verdict:
    """What one row would do. `wanted` is what its kind needs to book it; `keys` are (field, value) it speaks for."""

    row: Row
    outcome: Outcome
    label: str = ""
    keys: tuple[tuple[str, str], ...] = ()
    changes: list[Change] = field(default_factory=list)
    fault: Fault | None = None
    wanted: Any = None
    #: Units of stock that would come, or go.
    units: int = 0

    def refuse(self, fault: Fault) -> None:
        self.outcome, self.fault, self.changes, self.units = Outcome.BAD, fault, [], 0


@dataclass(frozen=True)
class Kind:
    """`examine` looks at some rows against the house as it is now, without a query per row; `book` makes it so.

    `book` holds the rows it changes still, looks again, and refuses what meanwhile became impossible: it corrects
    the verdicts it was given. `export` yields every row the house has, in the order of `files.fields`.
    """

    required: Sequence[str]
    examine: Callable[[Session, Sequence[Row]], list[Verdict]]
    book: Callable[[Session, Sequence[Verdict], int, Actor], None]
    export: Callable[[Session], Iterator[Sequence[Cell]]]


def each(rows: Iterable[Row], look: Callable[[Row], Verdict]) -> list[Verdict]:
    """Look at every row; one that raises BadRow is a bad one, and the next is looked at."""
    found = []
    for row in rows:
        try:
            if row.fault:
                raise BadRow(row.fault.column, row.fault.reason, **row.fault.values)
            found.append(look(row))
        except BadRow as bad:
            found.append(Verdict(row, Outcome.BAD, " ".join(row.cells.values())[:80], fault=bad.fault))
    return found


def differences(now: Any, wanted: dict[str, Any], show: Callable[[str, Any], str]) -> list[Change]:
    """The fields whose values differ: a text counts as what an export of it would be read as."""
    found = []
    for name, value in wanted.items():
        before = getattr(now, name)
        if (as_read(before) if isinstance(before, str) else before) != value:
            found.append((name, show(name, before), show(name, value)))
    return found
