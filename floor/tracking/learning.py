"""Learning how long parcels need, version by version: used where it tells better than what is simpler, else off."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlmodel import Session, col, select

from floor.audit import learning as versions
from floor.audit.models import Learned
from floor.kit import clock
from floor.kit.uow import reading, unit_of_work
from floor.packing.models import Parcel
from floor.shipments.models import Shipment
from floor.tracking import eta, learned, rules
from floor.tracking.models import Track

#: What was learned is learned again after so long.
AGAIN = timedelta(days=7)


def learn_road() -> tuple[Learned | None, eta.Figures | None]:
    """Learn from the company's own parcels. The version is used where it beats the carriers' promise and the plain mean
    on the later parcels, and its range holds what it should. (None, None) when too few arrived."""
    now = clock.now()
    with reading() as db:
        past = learned.past(db, now)
    if np.isfinite(past.road.ended).sum() < eta.LEAST:
        return None, None
    moment = learned.hours(now)
    figures = eta.trial(past.road, moment)
    weights: dict[str, Any] = {"road": eta.learn(past.road, moment)}
    if np.isfinite(past.silence.ended).sum() >= eta.LEAST:
        weights["silence"] = eta.learn(past.silence, moment)
    with unit_of_work() as db:
        row = versions.keep(db, learned.ROAD, weights, asdict(figures), figures.is_better)
        rules.look_again(db)
    return row, figures


def learn_again() -> bool:
    """A chore: what is in use and a week old is learned anew. True when it was."""
    with reading() as db:
        row = versions.newest(db, learned.ROAD)
    if row is None or row.made_at > clock.now() - AGAIN:
        return False
    return learn_road()[0] is not None


def judge_road() -> bool:
    """A chore: switch what was learned off when parcels that left since were told worse than by their mean, or fell out
    of their range too often. True when it was."""
    with reading() as db:
        row = versions.newest(db, learned.ROAD)
        later = _told_since(db, row.made_at) if row else []
    if row is None or len(later) < eta.LEAST // 4:
        return False
    took = np.array([hours for hours, _middle, _is_in in later])
    ours = float(np.abs(took - np.array([middle for _hours, middle, _is_in in later])).mean())
    covered = sum(is_in for _hours, _middle, is_in in later) / len(later)
    if ours <= float(np.abs(took - took.mean()).mean()) and covered >= 0.6:
        return False
    with unit_of_work() as db:
        figures = {"later": round(ours, 2), "later_covered": round(covered, 4), "parcels": len(later)}
        versions.switch_off(db, row.id or 0, figures)
        rules.look_again(db)
    return True


def _told_since(db: Session, since: datetime) -> Sequence[tuple[float, float, bool]]:
    """(hours it took, hours that were told, whether it came inside its range) of parcels that left since and came."""
    rows = db.exec(
        select(Track, Shipment.shipped_at)
        .join(Parcel, col(Parcel.id) == Track.parcel_id)
        .join(Shipment, col(Shipment.id) == Parcel.shipment_id)
        .where(col(Shipment.shipped_at) > since, col(Track.eta_to).is_not(None), col(Track.delivered_at).is_not(None))
    )
    told = []
    for track, left in rows:
        moments = (track.delivered_at, track.eta, track.eta_from, track.eta_to)
        took, middle, first, last = (_hours(left, moment) for moment in moments)
        told.append((took, middle, first <= took <= last))
    return told


def _hours(left: datetime | None, moment: datetime | None) -> float:
    assert left is not None and moment is not None
    return (moment - left).total_seconds() / 3600
