"""Work that spans transactions: a message is stored in one and applied in a second; a file is settled in many."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from floor.intake import queries, service
from floor.intake.channels import files
from floor.intake.channels.files import Group, Opener
from floor.intake.channels.mapping import Mapping
from floor.intake.models import ImportBatch, ImportFile, InboxMessage, InboxState
from floor.intake.queries import Became
from floor.kit import ids
from floor.kit.actor import Actor
from floor.kit.errors import Refused
from floor.kit.uow import reading, unit_of_work

#: Messages, and orders of a file, per transaction: few enough that others on SQLite wait less than a quarter second.
CHUNK, FILE_CHUNK = 20, 500
#: Messages one delivery may bring.
MANY = 500


class TooMany(Refused):
    status = 413


def receive(channel: str, message_id: str, body: bytes) -> InboxMessage:
    """Store, then apply. A process killed in between leaves the message waiting; the worker applies it."""
    key = message_id or ids.digest(body)
    with unit_of_work() as db:
        message = service.store(db, channel, key, text_of(body), Actor("channel", None, channel))
    assert message.id is not None
    return message if message.state is InboxState.APPLIED else apply(message.id)


def text_of(body: bytes) -> str:
    """A body as every database can keep it."""
    return body.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")


def receive_many(channel: str, told: Sequence[tuple[str, str]]) -> list[Became | None]:
    """The same for the messages (id or "", text) of one delivery: what became of each, None for one whose id another
    message has. Raises TooMany."""
    if len(told) > MANY:
        raise TooMany("intake.too_many", most=MANY)
    keyed = [(key or ids.digest(text.encode()), text) for key, text in told]
    with unit_of_work() as db:
        stored = service.store_many(db, channel, keyed, Actor("channel", None, channel))
    kept = list(dict.fromkeys(one for one in stored if one is not None))
    apply_many(kept, MANY)
    with reading() as db:
        found = queries.became(db, kept)
    return [None if one is None else found[one] for one in stored]


def receive_api(channel: str, key: str, body: bytes) -> InboxMessage:
    """The same for the JSON interface: its keys are its own, apart from those of signed messages."""
    return receive(channel, f"api:{key or ids.digest(body)}", body)


def apply(message_id: int) -> InboxMessage:
    """Apply a stored message. Two messages may bring the same order or customer at once: the loser looks again. One
    that we stumble over becomes a dead letter."""
    try:
        return _apply(message_id)
    except (IntegrityError, StaleDataError):
        return _apply(message_id)


def _apply(message_id: int) -> InboxMessage:
    try:
        with unit_of_work() as db:
            return service.apply(db, message_id)
    except service.PASSING:
        raise
    except Exception as error:
        with unit_of_work() as db:
            return service.stumble(db, message_id, error)


def apply_many(message_ids: Sequence[int], at_once: int = CHUNK) -> int:
    """Apply many, a few to a transaction; what fails there is applied alone. Returns how many were looked at."""
    for begin in range(0, len(message_ids), at_once):
        chunk = message_ids[begin : begin + at_once]
        try:
            with unit_of_work() as db:
                service.apply_many(db, chunk)
        except Exception:
            for message_id in chunk:
                apply(message_id)
    return len(message_ids)


def apply_waiting() -> dict[InboxState, int]:
    """Apply everything that waits; how many ended in which state."""
    with reading() as db:
        waiting = queries.waiting(db)
    ended = dict.fromkeys(InboxState, 0)
    for message_id in waiting:
        ended[apply(message_id).state] += 1
    return ended


def import_file(
    filename: str,
    opener: Opener,
    mapping: Mapping,
    create_skus: bool,
    actor: Actor,
    tell: Callable[[ImportBatch], None] = lambda _batch: None,
) -> ImportBatch:
    """Import a file here and now; `tell` hears the counts after every chunk. Raises Invalid for an unreadable file."""
    counted = files.survey(opener, mapping)
    with unit_of_work() as db:
        batch = service.begin_batch(db, filename, mapping, create_skus, None, actor)
    return _settle_all(batch, files.groups(opener, mapping, batch.imported_at, counted), actor, tell)


def continue_upload(batch_id: int) -> None:
    """Import an uploaded file from where it stands; nothing to do when it is finished."""
    with reading() as db:
        batch = queries.batch_for(db, batch_id)
        stored = db.get(ImportFile, batch_id)
    if batch.finished_at is None and stored is not None:
        body = stored.body
        actor = Actor("user", None, batch.imported_by)
        mapping = Mapping.model_validate(batch.mapping)
        groups = files.groups(lambda: io.BytesIO(body), mapping, batch.imported_at)
        _settle_all(batch, groups, actor, lambda _batch: None)


def _settle_all(
    batch: ImportBatch, groups: Iterator[Group], actor: Actor, tell: Callable[[ImportBatch], None]
) -> ImportBatch:
    assert batch.id is not None
    done = batch.rows
    waiting = _after(groups, done)
    while chunk := list(islice(waiting, FILE_CHUNK)):
        with unit_of_work() as db:
            batch = service.settle(db, batch.id, done, chunk, actor)
        done = batch.rows
        tell(batch)
    with unit_of_work() as db:
        return service.finish_batch(db, batch.id or 0, actor)


def _after(groups: Iterable[Group], rows: int) -> Iterator[Group]:
    """The groups behind the first `rows` rows, which an earlier try has settled."""
    passed = 0
    for group in groups:
        if passed >= rows:
            yield group
        passed += len(group.rows)
