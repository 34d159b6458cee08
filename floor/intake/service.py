"""Verbs of the intake: store a raw message, apply it once, settle the orders of a file."""

import logging
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, col, select

from floor.catalog.models import Sku
from floor.events.service import Event, record
from floor.intake import catalogue, following, queries
from floor.intake.catalogue import Catalogue
from floor.intake.channels.draft import Draft, DraftLine, Problem
from floor.intake.channels.files import Group, Row
from floor.intake.channels.mapping import Mapping
from floor.intake.channels.port import Standing
from floor.intake.following import cancel
from floor.intake.forms import AddressMessage, Message, OrderMessage, PaidMessage, read_message
from floor.intake.models import (
    Channel,
    ImportBatch,
    ImportFile,
    InboxMessage,
    InboxState,
    MessageKind,
    RejectedRow,
)
from floor.kit import clock
from floor.kit.actor import Actor
from floor.kit.db import insert, row_of, upsert
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.orders import service as orders
from floor.orders.models import Order
from floor.orders.service import NewOrder

log = logging.getLogger(__name__)

#: The order a draft became or was already, and whether it is new; or what the catalogue does not serve.
Taken = tuple[int, bool] | list[Problem]
#: No fault of a message: troubles of the database, of which whoever carries it tries again; and that there is none.
PASSING = (IntegrityError, OperationalError, StaleDataError, Unknown)
#: Outer size of a SKU a file brought and nobody measured: length, width, height in mm, weight in g. A guess, said so.
ASSUMED_SIZE = (200, 150, 100, 500)


def ensure_channel(db: Session, code: str, name: str = "") -> Channel:
    """The channel of this code; a new one cannot sign until `new_secret`."""
    found = db.exec(select(Channel).where(Channel.code == code)).first()
    if found is None:
        found = Channel(code=code, name=name or code)
        db.add(found)
        db.flush()
    return found


def new_secret(db: Session, channel: Channel) -> str:
    """Give a channel a fresh secret; the one before no longer opens the door."""
    channel.secret = secrets.token_urlsafe(32)
    db.add(channel)
    db.flush()
    return channel.secret


def tell_shipped_to(db: Session, channel: Channel, url: str, actor: Actor) -> None:
    """Where a channel hears that its parcels left; "" stops it. Raises Invalid for what is no http(s) address."""
    if url and not url.startswith(("http://", "https://")):
        raise Invalid("intake.no_url", field="url")
    channel.shipped_url = url
    db.add(channel)
    db.flush()
    data = {"channel": channel.code, "told": bool(url)}
    record(db, Event("intake.channel.told_shipped", "channel", channel.id or 0, data=data), actor)


def store(
    db: Session, channel: str, key: str, body: str, actor: Actor, kind: MessageKind = MessageKind.OWN,
    external_id: str = "", version: int = 0, *, is_same: bool = False,
) -> InboxMessage:  # fmt: skip
    """Keep a message as it came, before anybody reads it. The same one again is the row already there.

    What a shop was asked for (ORDER) goes to no outbox: whoever asked applies it, or the chore. Raises Invalid when
    another body was sent under this key, unless the key alone says that it is the same.
    """
    row = row_of(
        InboxMessage, channel=channel, message_key=key, body=body, kind=kind, external_id=external_id[:64],
        shop_version=version,
    )  # fmt: skip
    new = upsert(db, InboxMessage).on_conflict_do_nothing().returning(InboxMessage)
    message = db.scalars(new, row).first()
    is_new = message is not None
    if message is None:
        mine = select(InboxMessage).where(InboxMessage.channel == channel, InboxMessage.message_key == key)
        message = db.exec(mine).one()
    if message.body != body and not is_same:
        raise Invalid("intake.key_reused")
    if is_new and kind is not MessageKind.ORDER:
        _heard(db, channel)
        record(db, Event("intake.message.stored", "inbox", message.id or 0, data={"channel": channel}), actor)
    return message


def _heard(db: Session, channel: str) -> None:
    now = sa.update(Channel).where(col(Channel.code) == channel).values(last_message_at=clock.now())
    db.execute(now.execution_options(synchronize_session=False))


def store_many(db: Session, channel: str, told: Sequence[tuple[str, str]], actor: Actor) -> list[int | None]:
    """The same for the messages (key, body) of one delivery: their ids; None where another body has the key already.

    One event tells the worker of all. Written by key, so that two who bring the same messages never block each other.
    """
    bodies: dict[str, str] = {}
    for key, body in told:
        bodies.setdefault(key, body)
    there = queries.stored(db, channel, bodies)
    new = [row_of(InboxMessage, channel=channel, message_key=key, body=bodies[key])
           for key in sorted(bodies.keys() - there.keys())]  # fmt: skip
    if new:
        db.execute(upsert(db, InboxMessage).on_conflict_do_nothing(), new)
        there |= queries.stored(db, channel, [row["message_key"] for row in new])
        _heard(db, channel)
        ids = [there[key][0] for key in bodies]
        record(db, Event("intake.delivery.stored", "inbox", ids[0], data={"channel": channel, "messages": ids}), actor)
    return [there[key][0] if there[key][1] == body else None for key, body in told]


def apply(db: Session, message_id: int) -> InboxMessage:
    """Do what a stored message says, exactly once: its state changes in the transaction of its effect.

    What cannot be done is written down with its reasons and waits for a person; trying again is safe at any time.
    """
    message = queries.message_for(db, message_id, lock=True)
    if message.state is InboxState.APPLIED:
        return message
    if message.kind is MessageKind.HINT:
        return message  # the order it names is read first, with no transaction open: jobs.apply
    if message.kind is MessageKind.ORDER:
        return settle_message(db, message, _take(db, message))
    read = read_message(message.body)
    if isinstance(read, list):
        return settle_message(db, message, read)
    problems = _carry_out(db, message, read)
    message.external_id = read.order_id
    settle_message(db, message, problems)
    if message.outcome == "accepted":
        _apply_early(db, message.channel, [message.external_id])
    return message


def apply_many(db: Session, message_ids: Sequence[int]) -> None:
    """The same for messages of one channel, in this order: orders that follow one another are looked up and written
    together."""
    read = [
        (row.channel, row.id, read_message(row.body) if row.kind is MessageKind.OWN else None)
        for row in queries.to_apply(db, message_ids)
    ]
    for (channel, is_order), some in groupby(read, lambda one: (one[0], isinstance(one[2], OrderMessage))):
        if is_order:
            _accept_many(db, channel, [(id_, said) for _, id_, said in some if isinstance(said, OrderMessage)])
        else:
            for _channel, id_, _said in some:
                apply(db, id_)


#: A message's end, of many at once.
_ENDED = (
    sa.update(InboxMessage.__table__)  # type: ignore[attr-defined]
    .where(col(InboxMessage.id) == sa.bindparam("message"))
    .values({name: sa.bindparam(name) for name in
             ("external_id", "order_id", "outcome", "state", "problem", "problem_values")})
)  # fmt: skip


def _accept_many(db: Session, channel: str, read: Sequence[tuple[int, OrderMessage]]) -> None:
    ended: list[dict[str, Any]] = []
    all_taken = take_in(db, [said.draft(channel) for _id, said in read], Actor("channel", None, channel))
    for (id_, said), taken in zip(read, all_taken, strict=True):
        order_id, outcome, problems = _became(taken)
        ended.append(
            {"message": id_, "external_id": said.order_id, "order_id": order_id, "outcome": outcome, **_end(problems)}
        )
    db.connection().execute(_ENDED, ended)
    _apply_early(db, channel, [one["external_id"] for one in ended if one["outcome"] == "accepted"])


def settle_message(db: Session, message: InboxMessage, problems: list[Problem]) -> InboxMessage:
    """Write down what became of a message: applied, or dead with every reason."""
    for name, value in _end(problems).items():
        setattr(message, name, value)
    db.add(message)
    db.flush()
    return message


def _end(problems: list[Problem]) -> dict[str, Any]:
    if not problems:
        return {"state": InboxState.APPLIED, "problem": "", "problem_values": {}}
    told = {"errors": [problem.plain() for problem in problems]}
    return {"state": InboxState.DEAD, "problem": problems[0].reason, "problem_values": told}


def stumble(db: Session, message_id: int, error: Exception) -> InboxMessage:
    """A message we could not even judge is a dead letter like any other: it must hold nobody up."""
    log.error("message %d could not be judged", message_id, exc_info=error)
    message = queries.message_for(db, message_id, lock=True)
    if message.state is InboxState.APPLIED:
        return message
    return settle_message(db, message, [Problem("", "stumbled", {"given": type(error).__name__})])


def _carry_out(db: Session, message: InboxMessage, said: Message) -> list[Problem]:
    actor = Actor("channel", None, message.channel)
    if isinstance(said, OrderMessage):
        return _accept(db, message, said.draft(message.channel), actor)
    mine = select(Order).where(Order.channel == message.channel, Order.external_id == said.order_id)
    order = db.exec(mine.with_for_update()).first()
    if order is None:
        return [Problem("order_id", "unknown_order")]
    message.order_id = order.id
    if isinstance(said, PaidMessage):
        orders.pay(db, order, said.paid, said.paid_at, actor)
        message.outcome = "paid"
    elif isinstance(said, AddressMessage):
        message.outcome = following.move(db, order, said.address.place(), actor)
    else:
        message.outcome = cancel(db, order, actor)
    return []


def _apply_early(db: Session, channel: str, numbers: Sequence[str]) -> None:
    """What came before its order is done now, in the order in which it came."""
    for message_id in queries.early(db, channel, numbers):
        apply(db, message_id)


def _take(db: Session, message: InboxMessage) -> list[Problem]:
    """An order as its shop shows it: new ones are taken on, known ones follow what changed since the version before."""
    port = queries.port_of(db, message.channel)
    seen = port.seen(message.body)
    if isinstance(seen, list):
        return seen
    actor = Actor("channel", None, message.channel)
    order = queries.order_called(db, message.channel, message.external_id, lock=True)
    if order is None:
        if seen.standing in (Standing.CANCELLED, Standing.ELSEWHERE):
            message.outcome = "passed_over"
            return []
        problems = _accept(db, message, seen.draft, actor)
        if seen.refund and message.outcome == "accepted":
            following.refunding(db, db.get_one(Order, message.order_id), actor, asked=True)
        return problems
    message.order_id = order.id
    before = queries.version_before(db, message)
    if before is not None and before.shop_version > message.shop_version:
        message.outcome = "older"
        return []
    was = port.seen(before.body) if before is not None else None
    message.outcome = following.follow(db, order, seen, None if isinstance(was, list) else was, actor)
    return []


def _accept(db: Session, message: InboxMessage, draft: Draft, actor: Actor) -> list[Problem]:
    (taken,) = take_in(db, [draft], actor)
    message.order_id, message.outcome, problems = _became(taken)
    return problems


def _became(taken: Taken) -> tuple[int | None, str, list[Problem]]:
    """The order of a message that brought one, the outcome, and what is wrong with it."""
    if isinstance(taken, list):
        return None, "", taken
    order_id, is_new = taken
    return order_id, "accepted" if is_new else "known", []


def take_in(db: Session, drafts: Sequence[Draft], actor: Actor) -> list[Taken]:
    """Drafts of one channel become orders, those the house has not: what became of each."""
    channel = drafts[0].order.channel
    known = catalogue.of(db, channel, drafts)
    ready = [catalogue.prepared(known, draft) for draft in drafts]
    there = orders.known_numbers(db, channel, [draft.order.external_id for draft in drafts])
    new: dict[str, NewOrder] = {}
    for draft, sku_ids, problems in ready:
        number = draft.order.external_id
        if not problems and number not in there and number not in new:
            new[number] = draft.complete(sku_ids)
    there |= zip(new, orders.write_down(db, list(new.values()), actor), strict=True)
    return [
        problems or (there[number := draft.order.external_id], new.pop(number, None) is not None)
        for draft, _sku_ids, problems in ready
    ]


def begin_batch(
    db: Session, filename: str, mapping: Mapping, create_skus: bool, body: bytes | None, actor: Actor
) -> ImportBatch:
    """A new file import. With `body` the worker imports it; without, the caller does."""
    ensure_channel(db, mapping.channel)
    batch = ImportBatch(
        filename=filename[-200:],
        channel=mapping.channel,
        mapping=mapping.model_dump(mode="json"),
        imported_by=actor.name,
        create_skus=create_skus,
    )
    db.add(batch)
    db.flush()
    assert batch.id is not None
    if body is not None:
        db.add(ImportFile(batch_id=batch.id, body=body))
        db.flush()
        record(db, Event("intake.batch.uploaded", "batch", batch.id, data={"channel": mapping.channel}), actor)
    return batch


def settle(db: Session, batch_id: int, expected_rows: int, groups: Iterable[Group], actor: Actor) -> ImportBatch:
    """Settle some orders of a file: each row ends as accepted, known or rejected, and the counts say so.

    Raises Conflict when the batch is not where the caller thinks: another worker took it over.
    """
    batch = db.get(ImportBatch, batch_id, with_for_update=True, populate_existing=True)
    if batch is None or batch.rows != expected_rows or batch.finished_at:
        raise Conflict("intake.batch_elsewhere")
    chunk = list(groups)
    there = orders.known_numbers(db, batch.channel, [group.order_id for group in chunk])
    sound = [group.draft for group in chunk if group.draft and not group.faults and group.order_id not in there]
    if batch.create_skus:
        batch.created_skus += _create_missing_skus(db, (line for draft in sound for line in draft.lines))
    known = catalogue.of(db, batch.channel, sound)
    rejected: list[tuple[Row, Problem]] = []
    counts: Counter[str] = Counter(rows=sum(len(group.rows) for group in chunk))
    new = [_settled(group, known, counts, rejected, is_known=group.order_id in there) for group in chunk]
    orders.write_down(db, [order for order in new if order is not None], actor)
    _reject(db, batch_id, rejected)
    counts["rejected"] = len(rejected)
    for name, more in counts.items():
        setattr(batch, name, getattr(batch, name) + more)
    db.add(batch)
    db.flush()
    return batch


def _settled(
    group: Group, known: Catalogue, counts: Counter[str], rejected: list[tuple[Row, Problem]], *, is_known: bool
) -> NewOrder | None:
    """Count the rows of one order, and reject those that must be; the order to take on, if any."""
    rejected += group.dropped
    open_rows = len(group.rows) - len(group.dropped)
    if not open_rows:
        return None
    if is_known:
        counts["known_orders"] += 1
        counts["known_rows"] += open_rows
        return None
    faults = list(group.faults)
    if group.draft is not None and not faults:
        draft, sku_ids, unknown = catalogue.prepared(known, group.draft)
        if not unknown:
            counts["orders"] += 1
            counts["lines"] += open_rows
            return draft.complete(sku_ids)
        by_number = {str(row.number): row for row in group.lines}
        faults = [(by_number[problem.where], problem) for problem in unknown]
    rejected += _whole_order(group, faults)
    return None


def _whole_order(group: Group, faults: list[tuple[Row, Problem]]) -> list[tuple[Row, Problem]]:
    """A customer who paid for five things must not get four of them silently: the sound rows wait with the bad one."""
    bad = {row.number for row, _problem in faults}
    first = Problem("", "order_incomplete", {"row": min(bad)})
    waiting = [(row, first) for row in group.lines if row.number not in bad]
    return sorted([*faults, *waiting], key=lambda entry: entry[0].number)


def _reject(db: Session, batch_id: int, rows: Iterable[tuple[Row, Problem]]) -> None:
    listed = [
        row_of(RejectedRow, batch_id=batch_id, row=row.number, raw=row.raw, reason=problem.reason,
               column="" if problem.where.isdigit() else problem.where[:60], values=problem.values)
        for row, problem in rows
    ]  # fmt: skip
    insert(db, RejectedRow, listed)


def _create_missing_skus(db: Session, lines: Iterable[DraftLine]) -> int:
    """New SKUs of ASSUMED_SIZE for codes the catalogue does not know. Returns how many."""
    wanted = {line.code: line for line in lines}
    known = queries.skus_by_code(db, wanted)
    length, width, height, weight = ASSUMED_SIZE
    new = [line for code, line in sorted(wanted.items()) if code not in known and len(code) <= 32]
    db.add_all(
        Sku(
            code=line.code.upper(), name=line.name or line.code, name_en=line.name, length_mm=length, width_mm=width,
            height_mm=height, weight_g=weight, price_fen=line.unit_price_fen, category="imported",
        )
        for line in new
    )  # fmt: skip
    db.flush()
    return len(new)


def finish_batch(db: Session, batch_id: int, actor: Actor) -> ImportBatch:
    """Every row is settled: the copy of the file goes."""
    batch = queries.batch_for(db, batch_id)
    batch.finished_at = clock.now()
    db.add(batch)
    db.execute(sa.delete(ImportFile).where(col(ImportFile.batch_id) == batch_id))
    db.flush()
    data = {"orders": batch.orders, "rejected": batch.rejected}
    record(db, Event("intake.batch.finished", "batch", batch_id, data=data), actor)
    return batch
