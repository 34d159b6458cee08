"""When a parcel needs somebody and what customers are told: as kinds.py says, as a supervisor said, as was learned."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Invalid, Unknown
from floor.tracking import learned
from floor.tracking.kinds import HOURS, OFF, Kind, Limits, Topic
from floor.tracking.learned import Way
from floor.tracking.models import Track
from floor.tracking.models_exceptions import TrackingRule
from floor.tracking.states import ENDED, TrackState

#: Of a notice: what stands before its topic.
TELL = "tell_"
TOLD = tuple(topic for topic in Topic if topic is not Topic.MESSAGE)
CODES = (*Kind, *(f"{TELL}{topic}" for topic in TOLD))


def every(db: Session) -> dict[str, TrackingRule]:
    """Each rule as it holds now, by code."""
    changed = {rule.code: rule for rule in db.exec(select(TrackingRule))}
    return {code: changed.get(code) or _default(code) for code in CODES}


def _default(code: str) -> TrackingRule:
    told_not = [f"{TELL}{topic}" for topic in OFF]
    return TrackingRule(
        code=code, is_active=code not in told_not, hours=HOURS.get(Kind(code)) if code in list(Kind) else None
    )


def limits(db: Session, way: Way | None, stage: TrackState) -> Limits:
    """How long silence is normal for one parcel."""
    rules = every(db)
    known = learned.silences(db, way, stage)
    silence = {}
    for kind in HOURS:
        rule = rules[kind]
        silence[kind] = timedelta(hours=rule.hours or HOURS[kind])
        if rule.is_learned and kind in known:
            silence[kind] = known[kind]
    return Limits(silence, frozenset(kind for kind in Kind if not rules[kind].is_active))


def is_told(db: Session, topic: Topic) -> bool:
    return topic is Topic.MESSAGE or every(db)[f"{TELL}{topic}"].is_active


def keep(db: Session, code: str, is_active: bool, hours: int | None, is_learned: bool, actor: Actor) -> None:
    """Change one rule; what is on the road is looked at again by it."""
    if code not in CODES:
        raise Unknown("tracking.unknown_rule")
    if code in HOURS and not hours:
        raise Invalid("tracking.no_hours", field="hours")
    db.merge(
        TrackingRule(code=code, is_active=is_active, hours=hours if code in HOURS else None, is_learned=is_learned)
    )
    look_again(db)
    data = {"rule": code, "active": is_active, "hours": hours, "learned": is_learned}
    record(db, Event("tracking.rule.changed", "rule", 0, data=data), actor)


def look_again(db: Session) -> None:
    """Every parcel on the road is looked at soon, whatever its timers said."""
    there: Sequence[TrackState] = [state for state in TrackState if state not in ENDED] + [TrackState.RETURNING]
    now = sa.update(Track).where(col(Track.state).in_(there)).values(look_at=clock.now())
    db.execute(now.execution_options(synchronize_session=False))
