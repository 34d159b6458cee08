"""What the outbox brings stock: files to carry, shares of it to tell to channels, low stock to tell to purchasing."""

import json
from collections.abc import Sequence
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from floor.events.relay import Happened
from floor.inventory import feeds, jobs, purchasing
from floor.inventory.models_supply import StockFeed
from floor.inventory.purchasing import RequestRow
from floor.kit import clock
from floor.kit.uow import reading, unit_of_work
from floor.paper.words import translations
from floor.settings import bound
from floor.web import signing

#: Seconds a channel has to answer: well below the lease of the message.
PATIENCE = 15
IDEMPOTENCY_HEADER = "Idempotency-Key"
#: SKUs named in a notice; the page has them all.
LINES = 20


def carry_import(happened: Happened) -> None:
    """A file was uploaded, confirmed, put aside, or is to be gone on with; the import's marks keep it in order."""
    jobs.carry(happened.subject_id, jobs.SHIFT_S)


def push_stock(happened: Happened) -> None:
    """Tell a channel the units that changed; raises what the channel's server says against it, to be tried again."""
    sequence, stock = happened.data["sequence"], happened.data["stock"]
    with reading() as db:
        feed = db.get(StockFeed, happened.subject_id)
        if feed is None or not feed.is_active or not feed.url:
            return
        rows = feeds.still_true(db, happened.subject_id, sequence, stock)
    if rows:
        message = {"channel": feed.channel, "sequence": sequence, "stock": _rows(rows)}
        post(feed.url, message, feed.secret, f"stock-{feed.channel}-{sequence}")
        with unit_of_work() as db:
            feeds.delivered(db, happened.subject_id)


def _rows(stock: dict[str, int]) -> list[dict[str, object]]:
    return [{"sku": code, "qty": qty} for code, qty in sorted(stock.items())]


def post(url: str, message: object, secret: str, key: str) -> None:
    """POST JSON with a signature (floor.web.signing) and an idempotency key. Raises OSError for any answer but 2xx."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"not an http address: {url}")
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    stamp = str(int(clock.now().timestamp()))
    headers = {
        "Content-Type": "application/json",
        signing.TIMESTAMP_HEADER: stamp,
        signing.SIGNATURE_HEADER: signing.sign(secret, stamp, body),
        IDEMPOTENCY_HEADER: key,
    }
    with _opener.open(Request(url, body, headers, method="POST"), timeout=PATIENCE) as answer:  # noqa: S310
        answer.read(1024)


def tell_purchasing(happened: Happened) -> None:
    """Send the new requests to the addresses of FLOOR_PURCHASING_NOTIFY; nothing without them.

    Raises ConnectionError when an address did not take it: all of them are told again then.
    """
    settings = bound()
    if not settings.purchasing_notify.strip():
        return
    with reading() as db:
        rows = purchasing.rows_of(db, happened.data["requests"])
    if rows:
        import apprise  # here, because it takes a second that only a worker with an address to tell has to spend

        post_box = apprise.Apprise()
        for address in settings.purchasing_notify.split():
            if not post_box.add(address):
                raise ValueError("FLOOR_PURCHASING_NOTIFY has an address that apprise cannot read")
        title, body = letter(rows, f"{settings.public_url}/purchasing")
        if not post_box.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT):
            raise ConnectionError("the notice to purchasing was not taken")


def letter(rows: Sequence[RequestRow], link: str, lang: str = "zh_Hans_CN") -> tuple[str, str]:
    """Title and text of the notice, in the language given."""
    words = translations(lang)
    _ = words.gettext
    title = words.ngettext("%(num)s article runs low", "%(num)s articles run low", len(rows)) % {"num": len(rows)}
    lines = [
        _("%(sku)s %(name)s, %(site)s: free %(free)s, reorder point %(point)s, order %(qty)s")
        % {
            "sku": row.sku.code, "name": row.sku.name_en if lang == "en" and row.sku.name_en else row.sku.name,
            "site": row.house.code, "free": row.request.free, "point": row.request.reorder_point,
            "qty": row.request.qty,
        }
        for row in rows[:LINES]
    ]  # fmt: skip
    if len(rows) > LINES:
        lines.append(_("and %(n)s more") % {"n": len(rows) - LINES})
    return title, "\n".join([*lines, link])


class _Stay(HTTPRedirectHandler):
    """A push is for the address in the settings, and for no other one that address may name."""

    def redirect_request(self, *_: object) -> None:
        return None


_opener = build_opener(_Stay)
