"""Verbs of shops: set one up, claim its feed, write down how reading went, keep its tokens and API keys."""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.events.service import Event, record
from floor.intake import queries
from floor.intake.channels import ADAPTERS, URLS
from floor.intake.channels.draft import Problem
from floor.intake.channels.port import Token
from floor.intake.models import ApiKey, Channel, InboxMessage, InboxState, MessageKind, ShopAccount, ShopFeed
from floor.intake.service import PASSING, apply, ensure_channel, settle_message, stumble
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown

#: How long one reading may take before another worker may begin.
LEASE = timedelta(minutes=5)
#: Pauses after failures: doubled up to this.
LONGEST_PAUSE = timedelta(minutes=15)
#: How far back the first reading reaches.
FIRST = timedelta(days=3)


def set_up(db: Session, code: str, values: Mapping[str, Any], actor: Actor) -> Channel:
    """A channel and how its shop is reached. `values`: name, name_en, adapter, url, app_key, options, every_s,
    silent_minutes, is_active; app_secret, token, refresh_token where "" keeps the one that is known.

    Raises Invalid for an adapter nobody wrote or an address that is none.
    """
    adapter = values.get("adapter", "")
    if adapter and adapter not in ADAPTERS:
        raise Invalid("intake.no_adapter", field="adapter")
    url = values.get("url") or URLS.get(adapter, "")
    if adapter and not url.startswith(("http://", "https://")):
        raise Invalid("intake.no_url", field="url")
    channel = ensure_channel(db, code)
    for name in ("name", "name_en", "silent_minutes", "is_active"):
        if name in values:
            setattr(channel, name, values[name])
    channel.adapter = adapter
    db.add(channel)
    db.flush()
    if adapter:
        _keep_account(db, channel, {**values, "url": url})
        _keep_feed(db, channel, values.get("every_s", 60))
    record(
        db,
        Event("intake.channel.set_up", "channel", channel.id or 0, data={"channel": code, "adapter": adapter}),
        actor,
    )
    return channel


def _keep_account(db: Session, channel: Channel, values: Mapping[str, Any]) -> None:
    row = db.get(ShopAccount, channel.id) or ShopAccount(channel_id=channel.id or 0)
    row.url, row.app_key = values["url"], values.get("app_key", "")
    row.options = dict(values.get("options") or {})
    for name in ("app_secret", "token", "refresh_token"):
        if values.get(name):
            setattr(row, name, values[name])
            if name == "token":
                row.token_expires_at = values.get("token_expires_at")
    db.add(row)
    db.flush()


def _keep_feed(db: Session, channel: Channel, every_s: int) -> None:
    feed = db.get(ShopFeed, channel.id)
    if feed is None:
        feed = ShopFeed(channel_id=channel.id or 0, read_to=clock.now() - FIRST, next_at=clock.now())
    feed.every_s = every_s
    db.add(feed)
    db.flush()


# --- reading ---------------------------------------------------------------------------------------------------------


def due(db: Session, moment: datetime) -> list[str]:
    """Codes of shops to read now."""
    mine = (
        select(Channel.code)
        .join(ShopFeed, col(ShopFeed.channel_id) == Channel.id)
        .where(col(Channel.is_active), Channel.adapter != "", col(ShopFeed.next_at) <= moment)
        .where(sa.or_(col(ShopFeed.reading_until).is_(None), col(ShopFeed.reading_until) < moment))
        .order_by(col(ShopFeed.next_at))
    )
    return list(db.exec(mine))


def claim(db: Session, code: str) -> tuple[Channel, ShopFeed] | None:
    """Begin to read a shop; None while somebody else does."""
    channel = queries.channel_by_code(db, code)
    feed = _feed(db, channel)
    moment = clock.now()
    if feed.reading_until is not None and feed.reading_until > moment:
        return None
    feed.reading_until, feed.last_run_at = moment + LEASE, moment
    db.add(feed)
    db.flush()
    return channel, feed


def move_mark(db: Session, channel: Channel, until: datetime) -> None:
    """Everything that changed before `until` is in the inbox; the reader goes on."""
    feed = _feed(db, channel)
    feed.read_to, feed.reading_until = max(feed.read_to, until), clock.now() + LEASE
    db.add(feed)
    db.flush()


def went_well(db: Session, channel: Channel) -> None:
    feed, moment = _feed(db, channel), clock.now()
    feed.last_ok_at, feed.reading_until, feed.next_at = moment, None, moment + timedelta(seconds=feed.every_s)
    feed.failing_since, feed.fails, feed.error, feed.error_detail = None, 0, "", ""
    db.add(feed)
    db.flush()


def failed(db: Session, channel: Channel, code: str, detail: str) -> None:
    """It is tried again after a pause that grows."""
    feed, moment = _feed(db, channel), clock.now()
    feed.fails += 1
    feed.failing_since = feed.failing_since or moment
    feed.reading_until, feed.error, feed.error_detail = None, code[:40], detail[:80]
    feed.next_at = moment + min(LONGEST_PAUSE, timedelta(seconds=max(5, feed.every_s) * 2 ** min(feed.fails - 1, 8)))
    db.add(feed)
    db.flush()


def read_now(db: Session, code: str, actor: Actor) -> None:
    """A person has a shop read at once; the worker does it. Raises Conflict while it is being read."""
    channel = queries.channel_by_code(db, code)
    feed, moment = _feed(db, channel), clock.now()
    if feed.reading_until is not None and feed.reading_until > moment:
        raise Conflict("intake.being_read")
    feed.next_at = moment
    db.add(feed)
    db.flush()
    record(db, Event("intake.shop.read_asked", "channel", channel.id or 0, data={"channel": code}), actor)


def _feed(db: Session, channel: Channel) -> ShopFeed:
    feed = db.get(ShopFeed, channel.id, with_for_update=True, populate_existing=True)
    if feed is None:
        raise Unknown("intake.unknown_channel")
    return feed


def heard(db: Session, channel: Channel, fresh: int) -> None:
    """New versions of orders came."""
    if fresh:
        mine = sa.update(Channel).where(col(Channel.id) == channel.id)
        db.execute(mine.values(last_message_at=clock.now()))


def keep_token(db: Session, channel_id: int, token: Token) -> None:
    row = db.get(ShopAccount, channel_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise Unknown("intake.unknown_channel")
    row.token, row.token_expires_at = token.token, token.expires_at
    row.refresh_token = token.refresh_token or row.refresh_token
    db.add(row)
    db.flush()


def settle_hint(db: Session, message_id: int, problem: str) -> None:
    """A push was followed; or cannot be, with the reason."""
    message = queries.message_for(db, message_id, lock=True)
    if message.state is InboxState.APPLIED:
        return
    order = queries.order_called(db, message.channel, message.external_id) if message.external_id else None
    message.order_id = order.id if order else None
    message.outcome = "" if problem else "read" if order else "nothing"
    settle_message(db, message, [Problem("order_id", problem)] if problem else [])


def try_again(db: Session, message_id: int) -> InboxMessage:
    """A dead letter once its reason is gone: a push waits for the worker, anything else is applied now. What was
    applied stays as it is."""
    message = queries.message_for(db, message_id, lock=True)
    if message.kind is not MessageKind.HINT:
        try:
            with db.begin_nested():
                return apply(db, message_id)
        except PASSING:
            raise
        except Exception as error:
            return stumble(db, message_id, error)
    if message.state is InboxState.DEAD:
        message.state = InboxState.WAITING
        db.add(message)
        db.flush()
        event = Event("intake.message.stored", "inbox", message.id or 0, data={"channel": message.channel})
        record(db, event, Actor("channel", None, message.channel))
    return message


# --- API keys --------------------------------------------------------------------------------------------------------


def hashed(key: str) -> str:
    """Keys are long and random: a plain hash is enough, and can be looked up."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def new_key(db: Session, code: str, name: str, actor: Actor) -> str:
    """A key for a channel's JSON interface. It is told once."""
    channel = queries.channel_by_code(db, code)
    key = f"flk_{secrets.token_urlsafe(32)}"
    row = ApiKey(channel_id=channel.id or 0, name=name, start=key[:10], hashed=hashed(key), made_by=actor.name[:64])
    db.add(row)
    db.flush()
    record(db, Event("intake.key.made", "channel", channel.id or 0, data={"key": row.start}), actor)
    return key


def revoke_key(db: Session, key_id: int, actor: Actor) -> str:
    """The key opens nothing any more; returns its channel's code. Raises Unknown."""
    row = db.get(ApiKey, key_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise Unknown("intake.unknown_key")
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        db.add(row)
        db.flush()
        record(db, Event("intake.key.revoked", "channel", row.channel_id, data={"key": row.start}), actor)
    return db.get_one(Channel, row.channel_id).code


def channel_of_key(db: Session, key: str) -> Channel | None:
    """The active channel a key opens."""
    mine = (
        select(Channel)
        .join(ApiKey, col(ApiKey.channel_id) == Channel.id)
        .where(ApiKey.hashed == hashed(key), col(ApiKey.revoked_at).is_(None), col(Channel.is_active))
    )
    return db.exec(mine).first()
