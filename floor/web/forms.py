"""Input: one pydantic model per form; errors come back by field, and what was typed stays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from flask_babel import gettext as _
from pydantic import BaseModel, ValidationError

from floor.kit.errors import Refused

M = TypeVar("M", bound=BaseModel)


@dataclass
class Form(Generic[M]):
    """What was typed, what it means, and what is wrong with it. Templates read `form[name]` and `form.errors`."""

    typed: dict[str, str] = field(default_factory=dict)
    data: M | None = None
    errors: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.typed.get(name, "")

    def refuse(self, refused: Refused, sentence: str) -> "Form[M]":
        """A verb refused: show its sentence at the field it names, else on top."""
        self.errors[refused.field or ""] = sentence
        return self


def read(model: type[M], values: Mapping[str, str]) -> Form[M]:
    """Parse a submitted form. Empty strings count as not given, so optional fields stay None.

    NUL characters are dropped: nobody types them, and PostgreSQL refuses to store them.
    """
    typed = {key: value.replace("\x00", "").strip() for key, value in values.items()}
    try:
        return Form(typed, model.model_validate({key: value for key, value in typed.items() if value != ""}))
    except ValidationError as bad:
        return Form(typed, None, {_where(error): _sentence(error) for error in bad.errors()})


def _where(error: Any) -> str:
    return str(error["loc"][0]) if error["loc"] else ""


def _sentence(error: Any) -> str:
    """Say what to do, not what went wrong inside pydantic."""
    kind, context = error["type"], error.get("ctx", {})
    match kind:
        case "missing":
            return _("Fill this in")
        case "string_too_long":
            return _("Use %(n)s characters at most", n=context["max_length"])
        case "string_too_short":
            return _("Use %(n)s characters at least", n=context["min_length"])
        case "int_parsing" | "int_type" | "int_from_float":
            return _("Enter a whole number")
        case "greater_than_equal":
            return _("Enter %(n)s or more", n=context["ge"])
        case "greater_than":
            return _("Enter more than %(n)s", n=context["gt"])
        case "less_than_equal":
            return _("Enter %(n)s or less", n=context["le"])
        case "enum" | "literal_error":
            return _("Choose one of the options")
        case "value_error":
            return _(str(context["error"]))
        case _:
            return _("This cannot be read: %(given)s", given=str(error.get("input", ""))[:40])
