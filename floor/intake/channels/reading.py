"""Reading what shops send: moments, money, texts, addresses. All adapters read with these, so all orders look alike."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from floor.intake.channels.draft import MOST_FEN, Problem
from floor.intake.places import Place, dialled, parsed, visible, visible_lines
from floor.kit import units
from floor.orders.service import NewAddress

LOCAL = ZoneInfo("Asia/Shanghai")
#: Promised when the shop says nothing: at the carrier so long after it was placed.
PROMISE = timedelta(hours=24)


class Unreadable(Exception):
    """A shop's order that cannot be taken, and why."""

    def __init__(self, where: str, reason: str, **values: Any) -> None:
        super().__init__(where, reason)
        self.problem = Problem(where, reason, values)


def new_address(
    recipient: str = "", phone: str = "", province: str = "", city: str = "", district: str = "", street: str = "",
    postcode: str = "", country: str = "CN", email: str = "", oaid: str = "",
) -> NewAddress:  # fmt: skip
    """An address as the house keeps it: divisions in their fields with their code, a phone as it is dialled."""
    place = Place(visible(province), visible(city), visible(district), visible(street))
    if country == "CN":
        place = parsed(place.province, place.city, place.district, place.street)
        phone = dialled(phone)
    return NewAddress(
        recipient=visible(recipient)[:80], phone=visible(phone)[:40], province=place.province[:40],
        city=place.city[:40], district=place.district[:40], street=place.street[:200],
        postcode=visible(postcode)[:16], country=country, email=visible(email)[:120], division=place.code,
        oaid=oaid[:200],
    )  # fmt: skip


def fen(value: Any, where: str) -> int:
    """Yuan as a shop writes them ("12.30", 12.3, None for nothing) in fen. Raises Unreadable, also below zero."""
    if value in (None, ""):
        return 0
    text = str(value)
    try:
        amount = units.fen(text) if len(text) <= 20 else -1
    except ValueError:
        amount = -1
    if not 0 <= amount <= MOST_FEN:
        raise Unreadable(where, "money", given=text[:40])
    return amount


def whole(value: Any, where: str, most: int = 100_000) -> int:
    """A whole number from 1 on. Raises Unreadable."""
    try:
        number = int(str(value))
    except ValueError:
        number = 0
    if not 1 <= number <= most:
        raise Unreadable(where, "number", given=str(value)[:40])
    return number


def local_moment(text: Any, where: str) -> datetime:
    """`2026-11-27 10:00:00`, Chinese time, as the Chinese platforms write it. Raises Unreadable."""
    try:
        moment = datetime.strptime(str(text)[:19], "%Y-%m-%d %H:%M:%S").replace(tzinfo=LOCAL)
    except ValueError:
        raise Unreadable(where, "date", given=str(text)[:40]) from None
    return _believable(moment.astimezone(UTC), where)


def local_stamp(moment: datetime) -> str:
    """The same the other way."""
    return moment.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M:%S")


def iso_moment(text: Any, where: str, zone: Any = UTC) -> datetime:
    """ISO 8601; without an offset it is of `zone`. Raises Unreadable."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise Unreadable(where, "date", given=str(text)[:40]) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return _believable(moment.astimezone(UTC), where)


def unix_moment(value: Any, where: str) -> datetime:
    """Seconds since 1970. Raises Unreadable."""
    try:
        return _believable(datetime.fromtimestamp(int(value), UTC), where)
    except (ValueError, TypeError, OverflowError, OSError):
        raise Unreadable(where, "date", given=str(value)[:40]) from None


def _believable(moment: datetime, where: str) -> datetime:
    if not 2000 <= moment.year < 2100:
        raise Unreadable(where, "date", given=moment.isoformat())
    return moment


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def line_text(value: Any, most: int) -> str:
    """One line of text, without what nobody sees, cut to what the house keeps."""
    return visible(_whole_letters(value))[:most]


def text(value: Any, most: int) -> str:
    """Text of any lines, the same."""
    return visible_lines(_whole_letters(value))[:most]


def _whole_letters(value: Any) -> str:
    shown = "" if value is None else str(value)
    return shown.encode("utf-8", "replace").decode()


def needed(source: Mapping[str, Any], name: str, most: int = 64) -> str:
    """A text the order cannot do without. Raises Unreadable."""
    found = line_text(source.get(name), most + 1)
    if not found or len(found) > most:
        raise Unreadable(name, "too_long" if found else "missing", most=most)
    return found
