"""Versions of what was learned: the newest active one is used; one that does worse than what is simpler is kept off."""

from typing import Any

from sqlmodel import Session, col, func, select

from floor.audit.models import Learned


def newest(db: Session, name: str) -> Learned | None:
    """The version in use; None when nothing was learned, or the newest was switched off."""
    rows = select(Learned).where(Learned.name == name).order_by(col(Learned.version).desc()).limit(1)
    row = db.exec(rows).first()
    return row if row is not None and row.is_active else None


def keep(db: Session, name: str, weights: dict[str, Any], figures: dict[str, Any], is_active: bool) -> Learned:
    """Write the next version. Switched off it still counts as the newest: what was before it was no better."""
    last = db.exec(select(func.max(Learned.version)).where(Learned.name == name)).one()
    row = Learned(name=name, version=(last or 0) + 1, weights=weights, figures=figures, is_active=is_active)
    db.add(row)
    db.flush()
    return row


def switch_off(db: Session, learned_id: int, figures: dict[str, Any]) -> None:
    """It got worse: nothing learned is better than this. `figures` tell why."""
    row = db.get_one(Learned, learned_id, with_for_update=True)
    row.is_active, row.figures = False, {**row.figures, **figures}
    db.add(row)
    db.flush()
