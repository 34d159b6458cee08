"""What channels are told: a share of what is available, pulled with a key or pushed on change.

Nothing here happens while stock moves. A chore compares what each channel may sell now with what it was last told,
writes the differences down and records one event for them; the handler behind it sends them. Channels belong to the
intake, further down the line: here they are codes.
"""

import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.events.models import AuditEvent, Delivery, OutboxMessage
from floor.events.service import Event, record
from floor.inventory import availability
from floor.inventory.models import Warehouse
from floor.inventory.models_supply import FeedRow, StockFeed, StockShare
from floor.kit import clock, ids
from floor.kit.actor import Actor
from floor.kit.db import upsert
from floor.kit.errors import Conflict, Invalid, Unknown

#: SKUs in one push: a write transaction and a message of bearable length.
MOST = 1000
HANDLERS = ("inventory.push_stock", "intake.tell_stock")
#: In place of an address: the intake tells this channel's shop through the shop's own interface.
BY_SHOP = "shop:"


@dataclass(frozen=True)
class Share:
    """A part of what is available: percent, but at least `floor` and at most `ceiling` units."""

    percent: int = 100
    floor: int = 0
    ceiling: int | None = None

    def of(self, available: int) -> int:
        """Units to tell; never more than there are. Parts of a unit are not told."""
        told = max(available * self.percent // 100, self.floor)
        if self.ceiling is not None:
            told = min(told, self.ceiling)
        return min(told, available)


def share_of(row: StockFeed | StockShare) -> Share:
    return Share(row.percent, row.floor_qty, row.ceiling_qty)


# --- reads -------------------------------------------------------------------------------------------------------


def feeds(db: Session) -> Sequence[StockFeed]:
    return db.exec(select(StockFeed).order_by(StockFeed.channel)).all()


def feed_for(db: Session, channel: str, *, lock: bool = False) -> StockFeed:
    """The feed of a channel, or Unknown; locked and fresh if asked."""
    query = select(StockFeed).where(StockFeed.channel == channel)
    query = query.with_for_update().execution_options(populate_existing=True) if lock else query
    found = db.exec(query).first()
    if found is None:
        raise Unknown("inventory.unknown_feed", channel=channel)
    return found


def may_read(feed: StockFeed, authorization: str) -> bool:
    """Whether an Authorization header carries the key of this feed."""
    scheme, _blank, key = authorization.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(key.strip().encode(), feed.key.encode())


def shares(db: Session, feed: StockFeed) -> dict[int, Share]:
    """sku_id -> its own share on this channel."""
    return {row.sku_id: share_of(row) for row in db.exec(select(StockShare).where(StockShare.feed_id == feed.id))}


def own_shares(db: Session, feed: StockFeed) -> Sequence[tuple[StockShare, Sku]]:
    joined = select(StockShare, Sku).join(Sku, col(Sku.id) == StockShare.sku_id)
    return db.exec(joined.where(StockShare.feed_id == feed.id).order_by(Sku.code)).all()


def told(db: Session, feed: StockFeed, sku_ids: Collection[int] | None = None) -> dict[int, int]:
    """sku_id -> units this channel may sell now, of all active SKUs that ever lay on a shelf or of these; one read."""
    sites = None
    if feed.warehouses:
        sites = db.exec(select(Warehouse.id).where(col(Warehouse.code).in_(feed.warehouses))).all()
    rows = availability.per_sku(db, sku_ids, [site or 0 for site in sites] if sites is not None else None)
    retired = set(db.exec(select(Sku.id).where(col(Sku.is_active).is_(False))))
    usual, own = share_of(feed), shares(db, feed)
    return {row.sku_id: own.get(row.sku_id, usual).of(int(row.available)) for row in rows if row.sku_id not in retired}


def listing(db: Session, feed: StockFeed) -> list[tuple[str, int]]:
    """(SKU code, units) as the channel reads it, by code."""
    units = told(db, feed)
    codes = db.exec(select(Sku.id, Sku.code).order_by(Sku.code))
    return [(code, units[sku_id or 0]) for sku_id, code in codes if sku_id in units]


@dataclass(frozen=True)
class FeedState:
    """How a feed does. `waiting`: pushes not delivered yet; `since`: when the oldest of them was recorded."""

    feed: StockFeed
    rows: int
    waiting: int = 0
    dead: int = 0
    since: datetime | None = None
    error: str = ""


def states(db: Session) -> list[FeedState]:
    """Every feed with its lag and its failures, by channel."""
    message, event = OutboxMessage, AuditEvent
    is_dead = col(message.state) == Delivery.DEAD
    late = db.execute(
        sa.select(
            col(event.subject_id),
            sa.func.sum(sa.case((is_dead, 0), else_=1)),
            sa.func.sum(sa.case((is_dead, 1), else_=0)),
            sa.func.min(col(event.at)),
            sa.func.max(col(message.error)),
        )
        .join(event, col(event.id) == col(message.event_id))
        .where(col(message.state).in_((Delivery.PENDING, Delivery.DEAD)), col(message.handler).in_(HANDLERS))
        .group_by(col(event.subject_id))
    )
    by_feed = {row[0]: row[1:] for row in late}
    counted = sa.select(col(FeedRow.feed_id), sa.func.count()).group_by(col(FeedRow.feed_id))
    rows = {row[0]: row[1] for row in db.execute(counted)}
    return [FeedState(feed, rows.get(feed.id or 0, 0), *by_feed.get(feed.id, ())) for feed in feeds(db)]


def promised(db: Session, planned: StockFeed | None = None) -> dict[str, int]:
    """Warehouse code -> percent of its stock that all active feeds together are told of; with one of them changed."""
    sites = db.exec(select(Warehouse.code).order_by(Warehouse.code)).all()
    every = [feed for feed in feeds(db) if planned is None or feed.channel != planned.channel]
    active = [feed for feed in [*every, *([planned] if planned else [])] if feed.is_active]
    return {site: sum(f.percent for f in active if not f.warehouses or site in f.warehouses) for site in sites}


# --- verbs -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FeedTerms:
    """What the settings screen says of a feed."""

    share: Share
    warehouses: tuple[str, ...] = ()
    url: str = ""
    is_active: bool = True
    may_oversell: bool = False


#: What the settings say; the rest of a feed is its own.
_SAID = ("percent", "floor_qty", "ceiling_qty", "warehouses", "url", "is_active", "may_oversell")


def keep_feed(db: Session, channel: str, terms: FeedTerms, actor: Actor) -> StockFeed:
    """Make or change the feed of a channel; a new one gets its key and secret.

    Raises Invalid for an address that is not http(s), for a warehouse nobody has, and where all channels together
    would be told of more than 100 percent of a warehouse's stock and nobody said that this is meant.
    """
    if terms.url and terms.url != BY_SHOP and not terms.url.startswith(("http://", "https://")):
        raise Invalid("inventory.feed_url", field="url")
    known = set(db.exec(select(Warehouse.code)))
    if lost := sorted(set(terms.warehouses) - known):
        raise Invalid("inventory.unknown_warehouse", field="warehouses", warehouse=lost[0])
    share = terms.share
    planned = StockFeed(
        channel=channel, percent=share.percent, floor_qty=share.floor, ceiling_qty=share.ceiling,
        warehouses=sorted(terms.warehouses), url=terms.url, is_active=terms.is_active, may_oversell=terms.may_oversell,
        secret=ids.public_token(), key=ids.public_token(),
    )  # fmt: skip
    over = max(promised(db, planned).values(), default=0)
    if over > 100 and terms.is_active and not terms.may_oversell:
        raise Invalid("inventory.feeds_oversell", field="percent", percent=over)
    feed = db.exec(select(StockFeed).where(StockFeed.channel == channel).with_for_update()).first()
    if feed is None:
        feed = planned
    else:
        for name in _SAID:
            setattr(feed, name, getattr(planned, name))
    db.add(feed)
    db.flush()
    assert feed.id is not None
    data = {"channel": channel, "percent": feed.percent, "active": feed.is_active}
    record(db, Event("inventory.feed.changed", "feed", feed.id, data=data), actor)
    return feed


def new_key(db: Session, feed: StockFeed, actor: Actor) -> None:
    """Another key and secret: whoever has the old ones reads and proves nothing any more."""
    feed.key, feed.secret = ids.public_token(), ids.public_token()
    db.add(feed)
    db.flush()
    assert feed.id is not None
    record(db, Event("inventory.feed.key_changed", "feed", feed.id, data={"channel": feed.channel}), actor)


def keep_share(db: Session, feed: StockFeed, sku_id: int, share: Share | None, actor: Actor) -> None:
    """Another share for one SKU; None takes it away. Raises Conflict where there is none to take away."""
    assert feed.id is not None
    row = db.get(StockShare, (feed.id, sku_id), with_for_update=True)
    if share is None:
        if row is None:
            raise Conflict("inventory.no_own_share")
        db.delete(row)
    else:
        row = row or StockShare(feed_id=feed.id, sku_id=sku_id, percent=0)
        row.percent, row.floor_qty, row.ceiling_qty = share.percent, share.floor, share.ceiling
        db.add(row)
    db.flush()
    data = {"channel": feed.channel, "sku": sku_id, "percent": share.percent if share else None}
    record(db, Event("inventory.feed.share_changed", "feed", feed.id, data=data), actor)


def changes(db: Session, feed: StockFeed) -> dict[int, int]:
    """sku_id -> units, where they differ from what the channel was last told. What is gone is 0."""
    return _differing(told(db, feed), _last_told(db, feed.id or 0))


def _last_told(db: Session, feed_id: int, sku_ids: Collection[int] | None = None) -> dict[int, int]:
    rows = select(FeedRow.sku_id, FeedRow.qty).where(FeedRow.feed_id == feed_id)
    return dict(db.exec(rows if sku_ids is None else rows.where(col(FeedRow.sku_id).in_(sku_ids))).all())


def _differing(now: Mapping[int, int], was: Mapping[int, int]) -> dict[int, int]:
    gone = {sku_id: 0 for sku_id, qty in was.items() if qty and sku_id not in now}
    return {sku_id: qty for sku_id, qty in now.items() if was.get(sku_id) != qty} | gone


def tell(db: Session, feed_id: int, sku_ids: Collection[int], actor: Actor) -> int:
    """Write down what the channel is told of these SKUs now, and record the push that carries it, together.

    Looks again under the feed's lock, so that of two workers the second finds nothing left. Returns how many changed;
    0 when the feed was switched off meanwhile.
    """
    feed = db.get(StockFeed, feed_id, with_for_update=True, populate_existing=True)
    if feed is None or not feed.is_active or not feed.url:
        return 0
    news = _differing(told(db, feed, sku_ids), _last_told(db, feed_id, sku_ids))
    if not news:
        return 0
    feed.sequence += 1
    db.add(feed)
    db.flush()
    new = upsert(db, FeedRow).values(
        [{"feed_id": feed_id, "sku_id": sku, "qty": qty, "sequence": feed.sequence} for sku, qty in news.items()]
    )
    fresh = {"qty": new.excluded.qty, "sequence": new.excluded.sequence}
    db.execute(new.on_conflict_do_update(index_elements=["feed_id", "sku_id"], set_=fresh))
    codes = dict(db.exec(select(Sku.id, Sku.code).where(col(Sku.id).in_(news))).all())
    stock = {codes[sku_id]: qty for sku_id, qty in sorted(news.items())}
    data = {"channel": feed.channel, "sequence": feed.sequence, "stock": stock}
    kind = "inventory.feed.for_shop" if feed.url == BY_SHOP else "inventory.feed.pushed"
    record(db, Event(kind, "feed", feed_id, data=data), actor)
    return len(news)


def still_true(db: Session, feed_id: int, sequence: int, stock: Mapping[str, int]) -> dict[str, int]:
    """The part of a push that no later push carries: what was overtaken while it waited is not sent any more."""
    rows = (
        sa.select(col(Sku.code))
        .join(FeedRow, col(FeedRow.sku_id) == col(Sku.id))
        .where(col(FeedRow.feed_id) == feed_id, col(FeedRow.sequence) == sequence)
    )
    mine = set(db.execute(rows).scalars())
    return {code: qty for code, qty in stock.items() if code in mine}


def delivered(db: Session, feed_id: int) -> None:
    """The channel took a push just now."""
    db.execute(sa.update(StockFeed).where(col(StockFeed.id) == feed_id).values(delivered_at=clock.now()))
