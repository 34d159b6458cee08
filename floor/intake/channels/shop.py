"""What all adapters share: asking with patience, and with a fresh token when the old one ended."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from floor.intake.channels.draft import Problem
from floor.intake.channels.outside import Pace, patience
from floor.intake.channels.port import Account, Expired, Hint, Push, Rejected, Seen, Token
from floor.intake.channels.reading import Unreadable
from floor.intake.channels.signed import Forged
from floor.kit import clock

T = TypeVar("T")

#: One pace per channel and process.
_paces: dict[tuple[str, float], Pace] = {}


FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}


class Shop(ABC):
    """An adapter's beginnings; each overrides what its platform has."""

    span = timedelta(days=1)
    overlap = timedelta(minutes=10)
    #: Calls a second, unless the account's option `per_second` says otherwise.
    per_second = 20.0

    def __init__(self, account: Account, keep: Callable[[Token], None]) -> None:
        self.account = account
        self._keep = keep
        rate = float(self.option("per_second", self.per_second))
        self._pace = _paces.setdefault((account.channel, rate), Pace(rate))

    def option(self, name: str, default: Any = "") -> Any:
        """What this shop's options say, else the default."""
        found = self.account.options.get(name)
        return default if found in (None, "") else found

    def renew(self, moment: datetime, force: bool) -> Token | None:
        return None

    def hint(self, push: Push) -> Hint:
        raise Forged("intake.no_pushes")

    def tell_stock(self, stock: Mapping[str, int]) -> None:
        raise Rejected("no_stock")

    def stock_ids(self, code: str) -> list[str] | None:
        """What the option `stock_ids` calls a SKU of ours in the shop: {"TEE-NAVY-L": "123:456"}; None: not in it."""
        found = self.option("stock_ids", {}).get(code)
        return None if found is None else [str(one) for one in (found if isinstance(found, list) else [found])]

    def seen(self, body: str) -> Seen | list[Problem]:
        try:
            return self._read(body)
        except Unreadable as bad:
            return [bad.problem]
        except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as bad:
            return [Problem("", "not_an_order", {"given": type(bad).__name__})]

    @abstractmethod
    def _read(self, body: str) -> Seen:
        """What `seen` tells. Raises Unreadable, or what a body of another shape makes Python raise."""

    def asking(self, once: Callable[[], T]) -> T:
        """What may be asked twice: again after Down and Throttled, once more with a fresh token after Expired."""
        self._freshen(force=False)
        try:
            return patience(lambda: self._at_pace(once))
        except Expired:
            if not self._freshen(force=True):
                raise
            return patience(lambda: self._at_pace(once))

    def _at_pace(self, once: Callable[[], T]) -> T:
        self._pace.wait()
        return once()

    def _freshen(self, *, force: bool) -> bool:
        token = patience(lambda: self.renew(clock.now(), force))
        if token is None:
            return False
        self.account = replace(
            self.account, token=token.token, refresh_token=token.refresh_token or self.account.refresh_token,
            token_expires_at=token.expires_at,
        )  # fmt: skip
        self._keep(token)
        return True

    def ends_soon(self, moment: datetime, before: timedelta) -> bool:
        """Whether there is no token, or it ends within `before`."""
        ends = self.account.token_expires_at
        return not self.account.token or (ends is not None and ends - moment < before)


def token_of(told: Any, moment: datetime, lasts_s: int) -> Token:
    """What an OAuth answer grants (RFC 6749, 5.1); it lasts so long where it does not say. Raises Rejected."""
    if not isinstance(told, dict) or "access_token" not in told:
        raise Rejected("no_token")
    ends = moment + timedelta(seconds=int(told.get("expires_in", lasts_s)))
    return Token(str(told["access_token"]), str(told.get("refresh_token", "")), ends)
