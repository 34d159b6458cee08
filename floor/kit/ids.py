"""Identifiers: command and scan ids, public links, and the numbers people read aloud."""

import hashlib
import secrets
import uuid
from contextvars import ContextVar

#: The command this thread of work belongs to; the web door sets it, the audit trail writes it down.
current_command: ContextVar[str] = ContextVar("current_command", default="")


def new_id() -> str:
    """A random UUID as text: command ids, scan ids, lease owners."""
    return str(uuid.uuid4())


def public_token() -> str:
    """An unguessable link part (128 bits) for customers who have no login."""
    return secrets.token_urlsafe(16)


def digest(*parts: str | bytes) -> str:
    """SHA-256 over length-prefixed parts, so that ("ab", "c") and ("a", "bc") differ."""
    h = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        h.update(len(raw).to_bytes(8, "big"))
        h.update(raw)
    return h.hexdigest()
