"""Reads of the intake: channels and their health, raw messages, file imports, and what `flask check` proves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, func, select

from floor.catalog.models import Barcode, Sku
from floor.intake.models import Channel, ImportBatch, InboxMessage, InboxState, RejectedRow
from floor.kit import clock
from floor.kit.errors import Unknown
from floor.orders.models import Order


def channel_for(db: Session, code: str) -> Channel:
    """An active channel that can sign, or Unknown."""
    channel = db.exec(select(Channel).where(Channel.code == code, col(Channel.is_active))).first()
    if channel is None or not channel.secret:
        raise Unknown("intake.unknown_channel")
    return channel


def message_for(db: Session, message_id: int, *, lock: bool = False) -> InboxMessage:
    message = db.get(InboxMessage, message_id, with_for_update=lock or None)
    if message is None:
        raise Unknown("intake.unknown_message")
    return message


def batch_for(db: Session, batch_id: int) -> ImportBatch:
    batch = db.get(ImportBatch, batch_id)
    if batch is None:
        raise Unknown("intake.unknown_batch")
    return batch


def waiting(db: Session) -> Sequence[int]:
    """Ids of messages stored but not applied, oldest first."""
    ids = select(InboxMessage.id).where(InboxMessage.state == InboxState.WAITING).order_by(col(InboxMessage.id))
    return [found for found in db.exec(ids) if found is not None]


def dead_letters(db: Session, limit: int = 50) -> Sequence[InboxMessage]:
    """Messages that wait for a person, newest first."""
    dead = select(InboxMessage).where(InboxMessage.state == InboxState.DEAD)
    return db.exec(dead.order_by(col(InboxMessage.id).desc()).limit(limit)).all()


def order_number(db: Session, message: InboxMessage) -> str:
    order = db.get(Order, message.order_id) if message.order_id else None
    return order.number if order else ""


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


def skus_by_code(db: Session, codes: Iterable[str]) -> dict[str, tuple[int, bool]]:
    """What the catalogue knows of these SKU codes and barcodes: code -> (SKU id, still sold)."""
    wanted = list(codes)
    by_barcode = (
        select(Barcode.code, Sku.id, Sku.is_active)
        .join(Sku, col(Sku.id) == Barcode.sku_id)
        .where(col(Barcode.code).in_(wanted))
    )
    by_code = select(Sku.code, Sku.id, Sku.is_active).where(col(Sku.code).in_(wanted))
    rows = [*db.exec(by_barcode), *db.exec(by_code)]
    return {code: (sku_id or 0, is_active) for code, sku_id, is_active in rows}


def broken_inbox(db: Session) -> list[str]:
    """Check: an applied message has its order, and none is left waiting for an hour."""
    late = clock.now() - timedelta(hours=1)
    message = InboxMessage
    off = select(message).where(
        ((col(message.state) == InboxState.APPLIED) & col(message.order_id).is_(None))
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
