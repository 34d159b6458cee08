"""Verbs about people: hire, sign in with badge and PIN, sign out everywhere."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.kit import clock, ids
from floor.kit.actor import Actor
from floor.kit.errors import Invalid
from floor.people.models import Login, Role, User

# A PIN has four digits: no hash makes it strong, the lock-out does. So the cost stays low enough for a shift's start.
_hasher = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)


def hire(db: Session, badge: str, name: str, role: Role, pin: str, site: str, actor: Actor) -> User:
    """A new person with a badge and a PIN of digits. Raises Invalid when the badge is taken."""
    if db.exec(select(User).where(User.badge == badge)).first():
        raise Invalid("people.badge_taken", field="badge", badge=badge)
    user = User(badge=badge, name=name, role=role, pin_hash=_hasher.hash(pin), site=site)
    db.add(user)
    db.flush()
    return user


def check_pin(db: Session, badge: str, pin: str, attempts: int, lock_for: timedelta) -> User | Invalid:
    """The person, or why not. The refusal is returned, not raised: the failed try must be counted and committed."""
    user = db.exec(select(User).where(User.badge == badge.strip().upper()).with_for_update()).first()
    if user is None or not user.is_active:
        return Invalid("people.unknown_badge", field="badge")
    now = clock.now()
    if user.locked_until and user.locked_until > now:
        return Invalid("people.locked", field="pin", minutes=_minutes_left(user, now))
    try:
        _hasher.verify(user.pin_hash, pin)
    except VerifyMismatchError:
        user.failed_pins += 1
        if user.failed_pins < attempts:
            return Invalid("people.wrong_pin", field="pin", left=attempts - user.failed_pins)
        user.failed_pins = 0
        user.locked_until = now + lock_for
        return Invalid("people.locked", field="pin", minutes=_minutes_left(user, now))
    user.failed_pins = 0
    user.locked_until = None
    return user


def _minutes_left(user: User, now: datetime) -> int:
    assert user.locked_until is not None
    return max(1, int((user.locked_until - now).total_seconds() + 59) // 60)


def start_login(db: Session, user: User, device: str) -> str:
    """Open a session; returns the token for the cookie. The table keeps only its hash."""
    token = ids.public_token() + ids.public_token()
    login = Login(token_hash=ids.digest(token), user_id=_id(user), device=device[:200])
    db.add(login)
    db.flush()
    record(db, Event("people.login.started", "user", _id(user)), Actor("user", user.id, user.name))
    return token


def end_login(db: Session, token: str, actor: Actor) -> None:
    """Sign this session out; ending it twice is no error."""
    mine = (col(Login.token_hash) == ids.digest(token)) & col(Login.ended_at).is_(None)
    if db.execute(sa.update(Login).where(mine).values(ended_at=clock.now())).rowcount:  # type: ignore[attr-defined]
        record(db, Event("people.login.ended", "user", actor.id or 0), actor)


def end_all_logins(db: Session, user_id: int, actor: Actor) -> int:
    """Sign a person out on every device."""
    open_ones = (col(Login.user_id) == user_id) & col(Login.ended_at).is_(None)
    ended = db.execute(sa.update(Login).where(open_ones).values(ended_at=clock.now())).rowcount  # type: ignore[attr-defined]
    if ended:
        record(db, Event("people.login.ended", "user", user_id, data={"devices": ended}), actor)
    return int(ended)


def bind_station(db: Session, token: str, station: str) -> None:
    """Remember which bench this device stands at."""
    db.execute(sa.update(Login).where(col(Login.token_hash) == ids.digest(token)).values(station=station))


def set_preferences(
    db: Session,
    user_id: int,
    *,
    lang: str,
    theme: str,
    hand: str,
    text_size: str,
    volume: int,
    vibrate: bool,
    shortcuts: bool,
) -> None:
    """How this person wants every screen, on any device."""
    values = {
        "lang": lang,
        "theme": theme,
        "hand": hand,
        "text_size": text_size,
        "volume": volume,
        "vibrate": vibrate,
        "shortcuts": shortcuts,
    }
    db.execute(sa.update(User).where(col(User.id) == user_id).values(values))


def set_language(db: Session, user_id: int, lang: str) -> None:
    db.execute(sa.update(User).where(col(User.id) == user_id).values(lang=lang))


def _id(user: User) -> int:
    assert user.id is not None
    return user.id
