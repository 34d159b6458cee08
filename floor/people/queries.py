"""Reads about people and their sessions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import Session, col, select

from floor.kit import clock, ids
from floor.people.models import Login, Role, User


@dataclass(frozen=True)
class SignedIn:
    """The person behind a request, as Flask-Login wants it: plain values, safe after the session closed."""

    id: int
    badge: str
    name: str
    role: Role
    site: str
    lang: str
    theme: str
    hand: str
    text_size: str
    volume: int
    vibrate: bool
    shortcuts: bool
    token: str
    station: str
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    def get_id(self) -> str:
        return self.token


def signed_in(db: Session, token: str, idle: timedelta) -> SignedIn | None:
    """Who holds this session token, or None when it was ended, idle too long, or its person left."""
    found = db.exec(
        select(Login, User)
        .join(User, col(User.id) == Login.user_id)
        .where(Login.token_hash == ids.digest(token), col(Login.ended_at).is_(None), col(User.is_active))
    ).first()
    if found is None:
        return None
    login, user = found
    if login.seen_at + idle < clock.now():
        return None
    assert user.id is not None
    return SignedIn(
        id=user.id,
        badge=user.badge,
        name=user.name,
        role=user.role,
        site=user.site,
        lang=user.lang,
        theme=user.theme,
        hand=user.hand,
        text_size=user.text_size,
        volume=user.volume,
        vibrate=user.vibrate,
        shortcuts=user.shortcuts,
        token=token,
        station=login.station,
    )


def staff(db: Session) -> Sequence[User]:
    return db.exec(select(User).where(col(User.is_active)).order_by(User.badge)).all()


def by_badge(db: Session, badge: str) -> User | None:
    return db.exec(select(User).where(User.badge == badge)).first()


def names(db: Session, ids: Iterable[int | None]) -> dict[int | None, str]:
    """What people are called, by id."""
    found = db.exec(select(User.id, User.name).where(col(User.id).in_({n for n in ids if n is not None})))
    return dict(found.all())
