"""What a verb may refuse: codes and values. Each slice's messages.py has the sentences, in two languages."""

from typing import Any


class Refused(Exception):
    """A verb said no and changed nothing. `code` finds the sentence, `field` the input it belongs to.

    `status` is the HTTP answer: 403 not allowed, 404 unknown, 409 somebody was faster, 422 cannot be.
    """

    status = 422

    def __init__(self, code: str, field: str | None = None, **values: Any) -> None:
        super().__init__(code, values)
        self.code = code
        self.field = field
        self.values = values

    def __str__(self) -> str:
        shown = ", ".join(f"{key}={value!r}" for key, value in self.values.items())
        return f"{self.code}({shown})"


class NotAllowed(Refused):
    status = 403


class Unknown(Refused):
    status = 404


class Conflict(Refused):
    """The row changed meanwhile, or its state does not allow this now."""

    status = 409


class Invalid(Refused):
    status = 422
