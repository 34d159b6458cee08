"""What the outbox brings the intake. Both may run twice: an applied message and a finished file stay as they are."""

from floor.events.relay import Happened
from floor.intake import jobs, queries, syncing
from floor.intake.models import InboxState, MessageKind
from floor.inventory import feeds
from floor.inventory.models_supply import StockFeed
from floor.kit.uow import reading, unit_of_work


def apply_message(happened: Happened) -> None:
    """A message was stored; apply it if whoever stored it could not."""
    with reading() as db:
        message = queries.message_for(db, happened.subject_id)
    if message.state is not InboxState.WAITING:
        return
    if message.kind is MessageKind.HINT:
        syncing.follow_hint(happened.subject_id)
    else:
        jobs.apply(happened.subject_id)


def apply_messages(happened: Happened) -> None:
    """The same for those of one delivery."""
    with reading() as db:
        ended = queries.became(db, happened.data["messages"])
    jobs.apply_many([id_ for id_ in happened.data["messages"] if ended[id_].state is InboxState.WAITING], jobs.MANY)


def import_upload(happened: Happened) -> None:
    jobs.continue_upload(happened.subject_id)


def tell_stock(happened: Happened) -> None:
    """A channel's share of stock changed: its shop is told by its own interface, where the feed says so. Raises what
    the shop says against it, to be tried again."""
    sequence, stock = happened.data["sequence"], happened.data["stock"]
    with reading() as db:
        feed = db.get(StockFeed, happened.subject_id)
        if feed is None or not feed.is_active or feed.url != feeds.BY_SHOP:
            return
        rows = feeds.still_true(db, happened.subject_id, sequence, stock)
    if rows:
        syncing.tell_stock(feed.channel, rows)
        with unit_of_work() as db:
            feeds.delivered(db, happened.subject_id)
