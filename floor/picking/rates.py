"""How fast walks go, told as ranges beside the team's middle: work is compared with its plan, people with nobody.

A walk's plan knows its metres and pieces, so "against plan" is fair to long walks. Walks that changed hands count for
nobody, and fewer than ENOUGH say nothing yet.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

import sqlalchemy as sa
from sqlmodel import Session, col

from floor.inventory.models import Warehouse
from floor.kit import clock
from floor.people.models import User
from floor.picking.models import Pick, Step, Stop, Walk
from floor.picking.states import WalkState

#: How far back walks count, and how many a person needs before anything is said.
OVER, ENOUGH = timedelta(days=14), 3


@dataclass(frozen=True)
class Done:
    """One finished walk of one person."""

    picker_id: int
    name: str
    lines: int
    units: int
    length_mm: int
    #: As planned, and as it took.
    planned_min: float
    took_min: float

    @property
    def lines_an_hour(self) -> float:
        return 60 * self.lines / self.took_min

    @property
    def units_an_hour(self) -> float:
        return 60 * self.units / self.took_min

    @property
    def against_plan(self) -> float:
        """Percent: 100 as planned, above it quicker."""
        return 100 * self.planned_min / self.took_min

    @property
    def metres_a_line(self) -> float:
        return self.length_mm / 1000 / self.lines


@dataclass(frozen=True)
class Range:
    """The middle half of the walks, and their median; whole numbers."""

    low: int
    middle: int
    high: int


@dataclass(frozen=True)
class Rate:
    """A person's walks, or the team's (`name` "")."""

    name: str
    walks: int
    lines: Range
    units: Range
    plan: Range
    #: How long the ways are: the walk's difficulty.
    metres_a_line: int


def finished(db: Session, site: str = "") -> list[Done]:
    """Walks of the last fortnight that one person made from the first stop to the lane."""
    hands = sa.select(sa.func.count(sa.distinct(col(Step.actor_id)))).where(col(Step.walk_id) == col(Walk.id))
    query = (
        sa.select(
            col(User.id), col(User.name), sa.func.count(col(Pick.id)), sa.func.sum(col(Pick.picked)),
            col(Walk.length_mm), col(Walk.minutes), col(Walk.started_at), col(Walk.finished_at),
        )
        .join(User, col(User.id) == col(Walk.picker_id))
        .join(Warehouse, col(Warehouse.id) == col(Walk.warehouse_id))
        .join(Stop, col(Stop.walk_id) == col(Walk.id))
        .join(Pick, (col(Pick.stop_id) == col(Stop.id)) & (col(Pick.picked) > 0))
        .where(col(Walk.state) == WalkState.DONE, col(Walk.finished_at) >= clock.now() - OVER)
        .where(col(Walk.started_at).is_not(None), hands.correlate(Walk).scalar_subquery() == 1)
        .group_by(
            col(User.id), col(User.name), col(Walk.id), col(Walk.length_mm), col(Walk.minutes), col(Walk.started_at),
            col(Walk.finished_at),
        )
        .order_by(col(Walk.finished_at))
    )  # fmt: skip
    if site:
        query = query.where(col(Warehouse.code) == site)
    return [
        Done(picker, name, lines, int(units), mm, minutes, max((ended - began) / timedelta(minutes=1), 1.0))
        for picker, name, lines, units, mm, minutes, began, ended in db.execute(query)
    ]


def team(done: Sequence[Done]) -> Rate | None:
    """All walks together; None while there are too few."""
    return _rate("", done) if len(done) >= ENOUGH else None


def each(done: Sequence[Done]) -> tuple[list[Rate], list[str]]:
    """(people with enough walks, the others' names), both by name: this is no ranking."""
    by_name: dict[tuple[str, int], list[Done]] = defaultdict(list)
    for walk in done:
        by_name[walk.name, walk.picker_id].append(walk)
    known = [_rate(name, walks) for (name, _id), walks in sorted(by_name.items()) if len(walks) >= ENOUGH]
    return known, [name for (name, _id), walks in sorted(by_name.items()) if len(walks) < ENOUGH]


def own(done: Sequence[Done], picker_id: int) -> tuple[Rate | None, int]:
    """(a picker's own, how many walks they made): what each sees of themselves."""
    mine = [walk for walk in done if walk.picker_id == picker_id]
    return (_rate(mine[0].name, mine) if len(mine) >= ENOUGH else None), len(mine)


def _rate(name: str, walks: Sequence[Done]) -> Rate:
    return Rate(
        name,
        len(walks),
        _range([walk.lines_an_hour for walk in walks]),
        _range([walk.units_an_hour for walk in walks]),
        _range([walk.against_plan for walk in walks]),
        round(median(walk.metres_a_line for walk in walks)),
    )


def _range(values: Sequence[float]) -> Range:
    """From the lower to the upper quartile, so that one odd walk says nothing."""
    ordered = sorted(values)
    at = lambda part: ordered[round(part * (len(ordered) - 1))]  # noqa: E731
    return Range(round(at(0.25)), round(median(ordered)), round(at(0.75)))
