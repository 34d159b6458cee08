"""Reads of the intake: channels and their health, raw messages, file imports, and what `flask check` proves."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.catalog.models import Barcode, BundlePart, Sku
from floor.intake.bundles import Part
from floor.intake.channels import port_for
from floor.intake.channels.port import Account, Change, ShopPort
from floor.intake.models import (
    ApiKey,
    Channel,
    GiftRule,
    ImportBatch,
    InboxMessage,
    InboxState,
    MessageKind,
    RejectedRow,
    ShopAccount,
    ShopFeed,
)
from floor.kit import clock
from floor.kit.errors import Unknown
from floor.orders.models import Order

#: Outcomes of messages that lead to no order of ours: cancelled or shipped before we saw it, a push about nothing.
WITHOUT_ORDER = ("passed_over", "nothing")


#: Asked for every order that comes in, so made once: making a statement takes longer than asking it.
_ACTIVE = select(Channel).where(Channel.code == sa.bindparam("code"), col(Channel.is_active))
_NUMBER = select(Order.number).where(Order.id == sa.bindparam("id"))
_EARLY = (
    select(InboxMessage.id)
    .where(
        InboxMessage.channel == sa.bindparam("channel"),
        col(InboxMessage.external_id).in_(sa.bindparam("numbers", expanding=True)),
        InboxMessage.state == InboxState.DEAD, InboxMessage.problem == "unknown_order",
    )
    .order_by(col(InboxMessage.id))
)  # fmt: skip
_GIFTS = (
    select(GiftRule, Sku.code)
    .join(Sku, col(Sku.id) == GiftRule.gift_sku_id)
    .where(col(GiftRule.is_active), col(GiftRule.channel).in_(("", sa.bindparam("channel"))))
    .order_by(col(GiftRule.id))
)
_SKUS = select(Sku.code, Sku.id, Sku.is_active).where(col(Sku.code).in_(sa.bindparam("codes", expanding=True)))


def channel_for(db: Session, code: str) -> Channel:
    """An active channel that can sign, or Unknown."""
    channel = db.exec(_ACTIVE, params={"code": code}).first()
    if channel is None or not channel.secret:
        raise Unknown("intake.unknown_channel")
    return channel


def message_for(db: Session, message_id: int, *, lock: bool = False) -> InboxMessage:
    message = db.get(InboxMessage, message_id, with_for_update=lock or None)
    if message is None:
        raise Unknown("intake.unknown_message")
    return message


class ToApply(NamedTuple):
    id: int
    channel: str
    kind: MessageKind
    body: str


def to_apply(db: Session, message_ids: Sequence[int]) -> list[ToApply]:
    """Those of the messages that are not applied yet, in this order; locked, in one that is the same for everybody."""
    columns = select(InboxMessage.id, InboxMessage.channel, InboxMessage.kind, InboxMessage.body)
    mine = columns.where(col(InboxMessage.id).in_(message_ids), InboxMessage.state != InboxState.APPLIED)
    rows = db.execute(mine.order_by(col(InboxMessage.id)).with_for_update())
    found = {row[0]: ToApply(*row) for row in rows}
    return [found[id_] for id_ in message_ids if id_ in found]


class Became(NamedTuple):
    """What became of a message; `number` is ours of its order, "" for none."""

    state: InboxState
    outcome: str
    number: str
    problem_values: dict[str, Any]


def became(db: Session, message_ids: Collection[int]) -> dict[int, Became]:
    columns = sa.select(
        InboxMessage.id, InboxMessage.state, InboxMessage.outcome, func.coalesce(Order.number, ""),  # type: ignore[call-overload]
        InboxMessage.problem_values,
    )  # fmt: skip
    joined = columns.outerjoin(Order, col(Order.id) == InboxMessage.order_id)
    return {row[0]: Became(*row[1:]) for row in db.execute(joined.where(col(InboxMessage.id).in_(message_ids)))}


def stored(db: Session, channel: str, keys: Collection[str]) -> dict[str, tuple[int, str]]:
    """Id and body of a channel's messages that are there already, by key."""
    mine = select(InboxMessage.message_key, InboxMessage.id, InboxMessage.body)
    mine = mine.where(InboxMessage.channel == channel, col(InboxMessage.message_key).in_(keys))
    return {key: (id_ or 0, body) for key, id_, body in db.exec(mine)}


def order_called(db: Session, channel: str, external_id: str, *, lock: bool = False) -> Order | None:
    """The order a channel calls so; locked and fresh if asked."""
    mine = select(Order).where(Order.channel == channel, Order.external_id == external_id)
    mine = mine.with_for_update().execution_options(populate_existing=True) if lock else mine
    return db.exec(mine).first()


def version_before(db: Session, message: InboxMessage) -> InboxMessage | None:
    """The newest version of the message's order that was applied, other than itself."""
    mine = select(InboxMessage).where(
        InboxMessage.channel == message.channel, InboxMessage.external_id == message.external_id,
        InboxMessage.kind == MessageKind.ORDER, InboxMessage.state == InboxState.APPLIED, InboxMessage.id != message.id,
        col(InboxMessage.outcome).not_in(("older", "passed_over")),
    )  # fmt: skip
    return db.exec(mine.order_by(col(InboxMessage.shop_version).desc(), col(InboxMessage.id).desc()).limit(1)).first()


def account_of(db: Session, channel: Channel) -> Account:
    """What a shop's adapter works with."""
    row = db.get(ShopAccount, channel.id) or ShopAccount(channel_id=channel.id or 0)
    return Account(
        channel.code, row.url, row.app_key, row.app_secret, row.token, row.refresh_token, row.token_expires_at,
        row.options,
    )  # fmt: skip


def port_of(db: Session, code: str) -> ShopPort:
    """The adapter of a channel. Raises Unknown for one that is read through none."""
    channel = channel_by_code(db, code)
    if not channel.adapter:
        raise Unknown("intake.unknown_channel")
    return port_for(channel.adapter, account_of(db, channel))


def bundles(db: Session, codes: Iterable[str]) -> dict[str, list[Part]]:
    """The bundles among these codes, with their parts. A code that is an SKU's is none."""
    rows = db.execute(
        sa.select(col(BundlePart.code), col(Sku.code), col(BundlePart.qty), col(BundlePart.weight))
        .join(Sku, col(Sku.id) == col(BundlePart.sku_id))
        .where(col(BundlePart.code).in_(list(codes)), col(BundlePart.is_active))
        .order_by(col(BundlePart.code), col(Sku.id))
    )
    found: dict[str, list[Part]] = {}
    for code, sku, qty, weight in rows:
        found.setdefault(code, []).append(Part(sku, qty, weight))
    return found


def gift_rules(db: Session, channel: str) -> list[tuple[GiftRule, str]]:
    """Active rules of a channel's free gifts, each with its gift's SKU code."""
    return list(db.exec(_GIFTS, params={"channel": channel}).all())


def every_gift_rule(db: Session) -> Sequence[GiftRule]:
    """Those at work first, then the newest."""
    return db.exec(select(GiftRule).order_by(col(GiftRule.is_active).desc(), col(GiftRule.id).desc())).all()


def gift_for(db: Session, rule_id: int) -> GiftRule:
    """The rule, or Unknown."""
    rule = db.get(GiftRule, rule_id)
    if rule is None:
        raise Unknown("intake.unknown_gift")
    return rule


def batch_for(db: Session, batch_id: int) -> ImportBatch:
    batch = db.get(ImportBatch, batch_id)
    if batch is None:
        raise Unknown("intake.unknown_batch")
    return batch


def channel_by_code(db: Session, code: str) -> Channel:
    """The channel, or Unknown."""
    channel = db.exec(select(Channel).where(Channel.code == code)).first()
    if channel is None:
        raise Unknown("intake.unknown_channel")
    return channel


def must_be_active(db: Session, code: str) -> None:
    """Raises Unknown for a channel that is switched off, or is none."""
    if not channel_by_code(db, code).is_active:
        raise Unknown("intake.unknown_channel")


def known_versions(db: Session, channel: str, changes: Sequence[Change]) -> set[tuple[str, int]]:
    """Which of these versions of orders are in the inbox."""
    numbers = {change.external_id for change in changes}
    if not numbers:
        return set()
    mine = select(InboxMessage.external_id, InboxMessage.shop_version).where(
        InboxMessage.channel == channel, InboxMessage.kind == MessageKind.ORDER,
        col(InboxMessage.external_id).in_(numbers),
    )  # fmt: skip
    return {(number, version) for number, version in db.exec(mine)}


def waiting(db: Session, before: datetime | None = None) -> Sequence[int]:
    """Ids of messages stored but not applied, oldest first; those that came before a moment."""
    ids = select(InboxMessage.id).where(InboxMessage.state == InboxState.WAITING).order_by(col(InboxMessage.id))
    if before is not None:
        ids = ids.where(InboxMessage.received_at < before).limit(500)
    return [found for found in db.exec(ids) if found is not None]


@dataclass(frozen=True)
class FeedRow:
    """How reading one shop goes: `lag_s` since the moment up to which everything is here, None for a channel that is
    not read; `is_silent` when it said nothing for longer than it should."""

    channel: Channel
    feed: ShopFeed | None
    counts: dict[str, int]
    lag_s: int | None = None
    is_silent: bool = False


def feeds(db: Session) -> list[FeedRow]:
    """Every channel by code, with the messages of the last 24 hours by outcome."""
    now = clock.now()
    since = now - timedelta(hours=24)
    counted = (
        sa.select(col(InboxMessage.channel), col(InboxMessage.outcome), sa.func.count())
        .where(col(InboxMessage.received_at) >= since)
        .group_by(col(InboxMessage.channel), col(InboxMessage.outcome))
    )
    counts: dict[str, dict[str, int]] = {}
    for code, outcome, number in db.execute(counted):
        counts.setdefault(code, {})[outcome] = number
    by_channel = {feed.channel_id: feed for feed in db.exec(select(ShopFeed))}
    found = []
    for channel in db.exec(select(Channel).order_by(Channel.code)):
        feed = by_channel.get(channel.id or 0) if channel.adapter else None
        lag = max(0, int((now - feed.read_to).total_seconds())) if feed else None
        quiet = timedelta(minutes=channel.silent_minutes)
        heard = channel.last_message_at
        silent = bool(channel.silent_minutes) and channel.is_active and (heard is None or now - heard > quiet)
        found.append(FeedRow(channel, feed, counts.get(channel.code, {}), lag, silent))
    return found


def silent_channels(db: Session) -> list[Channel]:
    """Active channels nobody heard of for longer than they should be silent."""
    return [row.channel for row in feeds(db) if row.is_silent]


def inbox(
    db: Session, channel: str = "", state: InboxState | None = None, text: str = "", page: int = 1, size: int = 50
) -> tuple[Sequence[InboxMessage], int]:
    """Messages, newest first, and how many there are; `text` is a channel's number of an order, or a message's id."""
    wanted = select(InboxMessage)
    if channel:
        wanted = wanted.where(InboxMessage.channel == channel)
    if state is not None:
        wanted = wanted.where(InboxMessage.state == state)
    if text:
        wanted = wanted.where(sa.or_(col(InboxMessage.external_id) == text, col(InboxMessage.message_key) == text))
    total = db.execute(sa.select(sa.func.count()).select_from(wanted.subquery())).scalar_one()
    rows = db.exec(wanted.order_by(col(InboxMessage.id).desc()).offset((page - 1) * size).limit(size)).all()
    return rows, total


def states(db: Session) -> dict[InboxState, int]:
    """How many messages are in each state."""
    rows = db.exec(select(InboxMessage.state, func.count()).group_by(InboxMessage.state))
    return {InboxState(state): int(number) for state, number in rows}


def dead_reasons(db: Session) -> Sequence[tuple[str, str, int]]:
    """(channel, reason, how many) of the dead letters, most first."""
    dead = select(InboxMessage.channel, InboxMessage.problem, func.count()).where(InboxMessage.state == InboxState.DEAD)
    grouped = dead.group_by(InboxMessage.channel, InboxMessage.problem)
    return db.exec(grouped.order_by(func.count().desc(), InboxMessage.channel, InboxMessage.problem)).all()


def dead_ids(db: Session, channel: str, problem: str, limit: int) -> list[int]:
    """Dead letters of one reason, oldest first."""
    mine = select(InboxMessage.id).where(
        InboxMessage.state == InboxState.DEAD, InboxMessage.channel == channel, InboxMessage.problem == problem
    )
    return [found or 0 for found in db.exec(mine.order_by(col(InboxMessage.id)).limit(limit))]


def keys_of(db: Session, channel: Channel) -> Sequence[ApiKey]:
    return db.exec(select(ApiKey).where(ApiKey.channel_id == channel.id).order_by(col(ApiKey.id))).all()


def dead_letters(db: Session, limit: int = 50) -> Sequence[InboxMessage]:
    """Messages that wait for a person, newest first."""
    dead = select(InboxMessage).where(InboxMessage.state == InboxState.DEAD)
    return db.exec(dead.order_by(col(InboxMessage.id).desc()).limit(limit)).all()


def order_number(db: Session, message: InboxMessage) -> str:
    """Our number of the order a message is about; "" for none."""
    return db.exec(_NUMBER, params={"id": message.order_id}).first() or ""


def early(db: Session, channel: str, numbers: Sequence[str]) -> list[int]:
    """Messages about a channel's orders that came before them, in their order."""
    return [id_ or 0 for id_ in db.exec(_EARLY, params={"channel": channel, "numbers": numbers})]


@dataclass(frozen=True)
class Health:
    """How one channel does: messages of the last 24 hours, and what needs somebody."""

    channel: Channel
    today: int
    waiting: int
    dead: int


def channels(db: Session) -> dict[str, Channel]:
    """Every channel by its code, for its name."""
    return {channel.code: channel for channel in db.exec(select(Channel).order_by(Channel.code))}


def health(db: Session) -> list[Health]:
    """Every channel, by code."""
    since = clock.now() - timedelta(hours=24)
    message = InboxMessage
    counts = (
        sa.select(
            col(message.channel),
            sa.func.sum(sa.case((col(message.received_at) >= since, 1), else_=0)).label("today"),
            sa.func.sum(sa.case((col(message.state) == InboxState.WAITING, 1), else_=0)).label("waiting"),
            sa.func.sum(sa.case((col(message.state) == InboxState.DEAD, 1), else_=0)).label("dead"),
        )
        .where(sa.or_(col(message.received_at) >= since, col(message.state) != InboxState.APPLIED))
        .group_by(col(message.channel))
    )
    by_code = {row.channel: row for row in db.execute(counts)}
    found = []
    for channel in db.exec(select(Channel).order_by(Channel.code)):
        row = by_code.get(channel.code)
        found.append(Health(channel, *((row.today, row.waiting, row.dead) if row else (0, 0, 0))))
    return found


def batches(db: Session, limit: int = 20) -> Sequence[ImportBatch]:
    return db.exec(select(ImportBatch).order_by(col(ImportBatch.id).desc()).limit(limit)).all()


def rejected(db: Session, batch_id: int, page: int = 1, size: int = 100) -> Sequence[RejectedRow]:
    """Rejected rows of a file in the file's order, one page of them."""
    mine = select(RejectedRow).where(RejectedRow.batch_id == batch_id)
    return db.exec(mine.order_by(col(RejectedRow.row), col(RejectedRow.id)).offset((page - 1) * size).limit(size)).all()


def all_rejected(db: Session, batch_id: int) -> Sequence[RejectedRow]:
    return db.exec(select(RejectedRow).where(RejectedRow.batch_id == batch_id).order_by(col(RejectedRow.row))).all()


def reasons(db: Session, batch_id: int) -> Sequence[tuple[str, int]]:
    """How many rows were rejected for each reason, most first."""
    counted = select(RejectedRow.reason, func.count()).where(RejectedRow.batch_id == batch_id)
    return db.exec(counted.group_by(RejectedRow.reason).order_by(func.count().desc(), RejectedRow.reason)).all()


def reasons_by_column(db: Session, batch_id: int) -> Sequence[tuple[str, str, int]]:
    """(reason, the file's column, rows), most first; the column is "" for what is wrong with a whole row."""
    by = (col(RejectedRow.reason), col(RejectedRow.column))
    counted = select(*by, func.count()).where(RejectedRow.batch_id == batch_id).group_by(*by)
    return db.exec(counted.order_by(func.count().desc(), *by)).all()


def skus_by_code(db: Session, codes: Iterable[str]) -> dict[str, tuple[int, bool]]:
    """What the catalogue knows of these SKU codes and barcodes: code -> (SKU id, still sold)."""
    wanted = set(codes)
    rows = db.exec(_SKUS, params={"codes": list(wanted)})
    found = {code: (sku_id or 0, is_active) for code, sku_id, is_active in rows}
    if missing := wanted - found.keys():
        by_barcode = select(Barcode.code, Sku.id, Sku.is_active).join(Sku, col(Sku.id) == Barcode.sku_id)
        rows = db.exec(by_barcode.where(col(Barcode.code).in_(missing)))
        found |= {code: (sku_id or 0, is_active) for code, sku_id, is_active in rows}
    return found


def broken_inbox(db: Session) -> list[str]:
    """Check: an applied message has its order, and none is left waiting for an hour."""
    late = clock.now() - timedelta(hours=1)
    message = InboxMessage
    off = select(message).where(
        (
            (col(message.state) == InboxState.APPLIED)
            & col(message.order_id).is_(None)
            & col(message.outcome).not_in(WITHOUT_ORDER)
        )
        | ((col(message.state) == InboxState.WAITING) & (col(message.received_at) < late))
    )
    return [f"inbox_message {row.id} of {row.channel} is {row.state}, order {row.order_id}" for row in db.exec(off)]


def broken_batches(db: Session) -> list[str]:
    """Check: every row of every file is accepted, known or rejected, and each rejected one is listed."""
    batch = ImportBatch
    listed = (
        sa.select(sa.func.count()).where(col(RejectedRow.batch_id) == col(batch.id)).correlate(batch).scalar_subquery()
    )
    off = sa.select(batch, listed.label("listed")).where(
        sa.or_(
            col(batch.rows) != col(batch.lines) + col(batch.known_rows) + col(batch.rejected),
            col(batch.rejected) != listed,
        )
    )
    return [
        f"import_batch {row.id}: {row.rows} rows, but {row.lines} accepted + {row.known_rows} known + {row.rejected}"
        f" rejected, {listed} of them listed"
        for row, listed in db.execute(off)
    ]
