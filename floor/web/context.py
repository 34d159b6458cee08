"""What every template may use: assets, the person's preferences, command ids, filters for money, time and mass."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from babel.dates import format_interval
from flask import Flask, get_flashed_messages, message_flashed, request, session
from flask_babel import format_datetime, format_timedelta, get_locale, get_timezone
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from floor.kit import clock, ids, units
from floor.web import locale, provinces
from floor.web.assets import asset, htmx_asset


@dataclass(frozen=True)
class Preferences:
    """How this person wants the screen; strangers get the defaults."""

    theme: str = "auto"
    hand: str = "right"
    text: str = "normal"
    volume: int = 2
    vibrate: bool = True
    shortcuts: bool = True


@dataclass(frozen=True)
class NavItem:
    """One entry of the rail."""

    url: str
    label: str
    icon: str
    current: bool = False
    count: int = 0


#: Words that wait for the next page at most: they lie in the cookie, and servers refuse a header of over 8 KB.
_FLASHES = 5


def register(app: Flask) -> None:
    app.context_processor(_context)
    message_flashed.connect(_keep_few, app)
    app.jinja_env.filters.update(yuan=units.yuan, kg=units.kilograms, metres=units.metres, clock=at_clock, day=on_day)
    app.jinja_env.filters.update(
        province=provinces.in_words,
        named=in_words("name"),
        coloured=in_words("colour"),
        days=day_range,
        lasting=lasting,
    )
    app.jinja_env.globals.update(
        asset=asset,
        htmx_asset=htmx_asset,
        command_fields=command_fields,
        command_input=command_input,
        flashes=lambda: get_flashed_messages(with_categories=True),
        now=clock.now,
        say=lambda _name, value: value,
    )


def _keep_few(_app: Flask, **_said: Any) -> None:
    session["_flashes"] = session["_flashes"][-_FLASHES:]


def _context() -> dict[str, Any]:
    return {
        "locale": str(get_locale()),
        "html_lang": locale.HTML_LANG[locale.chosen()],
        "prefs": preferences(),
        "request": request,
    }


def preferences() -> Preferences:
    if not current_user or not current_user.is_authenticated:
        return Preferences(theme=request.cookies.get("theme", "auto"))
    me = current_user
    return Preferences(me.theme, me.hand, me.text_size, me.volume, me.vibrate, me.shortcuts)


def command_input(form: str | None = None) -> Markup:
    """A fresh command id; `form` ties it to a form elsewhere on the page (the scan form never re-renders)."""
    owner = Markup(' form="{}"').format(form) if form else ""
    return Markup('<input type="hidden" name="command_id" value="{}"{}>').format(ids.new_id(), owner)


def command_fields() -> Markup:
    """What every POST form carries: the CSRF token and its command id."""
    token = Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())
    return token + command_input()


def in_words(column: str) -> Callable[[Any], str]:
    """`sku|named`: the column in the reader's language; `name_en` for English where it was filled in."""

    def words(row: Any) -> str:
        english = getattr(row, f"{column}_en", "") if locale.chosen() == locale.ENGLISH else ""
        return str(english or getattr(row, column))

    return words


def named(row: Any) -> str:
    """A row's name in the reader's language."""
    return in_words("name")(row)


def at_clock(moment: datetime | None) -> str:
    """14:05 today, 11-23 14:05 otherwise; empty for None."""
    if moment is None:
        return ""
    today = format_datetime(clock.now(), "yyyy-MM-dd") == format_datetime(moment, "yyyy-MM-dd")
    return str(format_datetime(moment, "HH:mm" if today else "MM-dd HH:mm"))


def day_range(first: datetime, more: int) -> str:
    """The days from `first` to so many later, as the reader says them: Nov 24 - 25."""
    return str(format_interval(first, first + timedelta(days=more), "MMMd", get_timezone(), locale=get_locale()))


def lasting(span: timedelta) -> str:
    """About how long: 5 hours, 3 days."""
    return str(format_timedelta(span, granularity="minute", threshold=2))


def on_day(moment: datetime | None) -> str:
    return "" if moment is None else str(format_datetime(moment, "yyyy-MM-dd"))
