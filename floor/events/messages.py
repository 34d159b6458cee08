"""Sentences for what happened: wiring.py gathers those of every slice here, so that any page can tell a story."""

from collections.abc import Mapping
from typing import Any

from floor.events.models import AuditEvent

_sentences: dict[str, Any] = {}


class _Values(dict[str, Any]):
    """An event's data; what an old event did not write down stays empty."""

    def __missing__(self, _key: str) -> str:
        return ""


def learn(sentences: Mapping[str, Any]) -> None:
    _sentences.update(sentences)


def sentence(event: AuditEvent) -> str:
    """The event in the reader's language; its bare kind when nobody wrote a sentence for it."""
    words = _sentences.get(event.kind)
    return event.kind if words is None else str(words) % _Values(event.data)
