"""Who does it: a person, a device, a channel or the house itself. Every verb takes one, last."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """`kind` is user, channel, carrier, customer, device or system; `name` is what the story shows."""

    kind: str
    id: int | None = None
    name: str = ""


SYSTEM = Actor("system", None, "floor")
