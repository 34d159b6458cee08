"""Reading shops: claim the feed -> ask, with no transaction open -> store what came -> apply it -> move the mark.

The mark moves only past stretches whose every change is in the inbox, and each stretch reaches back into the one
before: what a shop shows late is met again, and counts once. Killed anywhere, the next reader begins at the mark.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from floor.intake import accounts, jobs, queries
from floor.intake.channels import port_for
from floor.intake.channels.port import Change, Rejected, Shipped, ShopPort, ShopTrouble, Token
from floor.intake.channels.reading import Unreadable
from floor.intake.models import Channel, InboxState, MessageKind
from floor.intake.service import store
from floor.kit import clock, ids
from floor.kit.actor import Actor
from floor.kit.uow import reading, unit_of_work

log = logging.getLogger(__name__)

#: Orders stored, and applied, in one transaction.
CHUNK = 20
#: Stretches of time read in one go: a shop that was away for long does not hold a worker for hours.
STRETCHES = 400


def read_shop(code: str) -> int:
    """Read what changed in a shop since the last time; how many new versions of orders came. 0 also while somebody
    else reads it. Raises the ShopTrouble that stopped it, written down for people; the mark stays where it was."""
    with unit_of_work() as db:
        work = accounts.claim(db, code)
    if work is None:
        return 0
    channel, feed = work
    came = 0
    try:
        port = _port(channel)
        since, now = feed.read_to, clock.now()
        for _stretch in range(STRETCHES):
            until = min(now, since + port.span - port.overlap)
            came += _stretch_of(channel, port, since - port.overlap, until)
            with unit_of_work() as db:
                accounts.move_mark(db, channel, until)
            since = until
            if until >= now:
                break
    except ShopTrouble as trouble:
        with unit_of_work() as db:
            accounts.failed(db, channel, trouble.code, trouble.detail)
        raise
    except Exception:
        with unit_of_work() as db:
            accounts.failed(db, channel, "stumbled", "")
        raise
    with unit_of_work() as db:
        accounts.went_well(db, channel)
    return came


def _stretch_of(channel: Channel, port: ShopPort, since: datetime, until: datetime) -> int:
    came = 0
    changes = _whole(channel, port, port.changed(since, until))
    while chunk := list(islice(changes, CHUNK)):
        came += _keep(channel, chunk)
    return came


def _whole(channel: Channel, port: ShopPort, changes: Iterable[Change]) -> Iterator[Change]:
    """Each change with its body: those of the list that bring none are read, but not again in a version we have.

    The list's order of reading stays; a page is looked up at once.
    """
    source = iter(changes)
    while page := list(islice(source, CHUNK)):
        bare = [change for change in page if not change.body and change.version]
        with reading() as db:
            known = queries.known_versions(db, channel.code, bare)
        for change in page:
            if change.body:
                yield change
            elif (change.external_id, change.version) not in known:
                yield port.read(change.external_id)


def _keep(channel: Channel, chunk: list[Change]) -> int:
    """Store a chunk, then apply what is new in it; how much was new."""
    actor = Actor("channel", None, channel.code)
    waiting = []
    with unit_of_work() as db:
        for change in chunk:
            key = f"{change.external_id[:40]}:{ids.digest(change.body)[:32]}"
            message = store(
                db, channel.code, key, change.body, actor, MessageKind.ORDER, change.external_id, change.version
            )
            if message.state is InboxState.WAITING:
                waiting.append(message.id or 0)
        accounts.heard(db, channel, len(waiting))
    jobs.apply_many(waiting)
    return len(waiting)


def follow_hint(message_id: int) -> None:
    """A push named an order: read it, keep that, apply that; then the push is done. Raises ShopTrouble to be tried
    again; an order the shop does not know makes the push a dead letter."""
    with reading() as db:
        message = queries.message_for(db, message_id)
        channel = queries.channel_by_code(db, message.channel)
    if message.state is InboxState.APPLIED:
        return
    if message.external_id:
        try:
            change = _port(channel).read(message.external_id)
        except (Rejected, Unreadable) as no:
            code = no.code if isinstance(no, Rejected) else no.problem.reason
            with unit_of_work() as db:
                accounts.settle_hint(db, message_id, code if code == "unknown_order" else "shop_refused")
            return
        _keep(channel, [change])
    with unit_of_work() as db:
        accounts.settle_hint(db, message_id, "")


def tell_shipped(code: str, parcel: Shipped) -> None:
    """Tell a shop that an order left. Raises ShopTrouble."""
    with reading() as db:
        channel = queries.channel_by_code(db, code)
    _port(channel).ship(parcel)


def tell_stock(code: str, stock: dict[str, int]) -> None:
    """Tell a shop what it may sell. Raises ShopTrouble."""
    with reading() as db:
        channel = queries.channel_by_code(db, code)
    _port(channel).tell_stock(stock)


def _port(channel: Channel) -> ShopPort:
    with reading() as db:
        account = queries.account_of(db, channel)
    return port_for(channel.adapter, account, _keeper(channel.id or 0))


def _keeper(channel_id: int) -> Callable[[Token], None]:
    def keep(token: Token) -> None:
        with unit_of_work() as db:
            accounts.keep_token(db, channel_id, token)

    return keep


def read_due() -> int:
    """The chore: read every shop whose turn it is. A shop that fails is written down and holds up no other."""
    with reading() as db:
        due = accounts.due(db, clock.now())
    for code in due:
        try:
            read_shop(code)
        except ShopTrouble as trouble:
            log.warning("shop %s could not be read: %s %s", code, trouble.code, trouble.detail)
        except Exception:
            log.exception("reading shop %s failed", code)
    return len(due)


def apply_left() -> int:
    """The chore: apply what was stored a minute ago and is still waiting: its worker died."""
    with reading() as db:
        left = queries.waiting(db, before=clock.now() - timedelta(minutes=1))
    return jobs.apply_many(left)
