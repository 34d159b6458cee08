"""What a POST door of the house is asked and told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from tests.house.doors_world import Ids

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Door:
    """`path`, `form` and `bad` are filled in from the world's ids: `{walk}`.

    who       the one of the cast who may; wrong: one who may not, "" where anybody may
    unknown   an address of nothing; "" where the address names nothing
    bad       input that cannot be; None where the door takes none, and `keeps` a text of it the page must show again
    before    what must just have happened for the form to make sense
    is_reading the command changes nothing but its own answer
    is_unkept  its answer shows a secret once: the same command again only hears that it was done
    """

    path: str
    who: str
    wrong: str
    form: Values = field(default_factory=dict)
    unknown: str = ""
    bad: Values | None = None
    keeps: str = ""
    before: Callable[[Session, Ids], None] | None = None
    is_reading: bool = False
    is_unkept: bool = False

    def filled(self, values: Values, ids: Ids) -> dict[str, Any]:
        """The form to send: names and texts filled in, files opened anew."""
        return {_in(name, ids): value(ids) if callable(value) else _in(value, ids) for name, value in values.items()}

    def url(self, ids: Ids) -> str:
        return _in(self.path, ids)


def _in(text: Any, ids: Ids) -> Any:
    return text.format(**ids) if isinstance(text, str) else text


#: A whole number nothing has.
NO = 999_999


#: Another one than the order has.
ADDRESS = {
    "recipient": "李四", "phone": "13900001111", "province": "浙江省", "city": "宁波市", "street": "解放路 8 号",
    "country": "CN",
}  # fmt: skip
