"""Signatures of machines' messages: hex HMAC-SHA256 over `timestamp + "." + body`, good for ten minutes either way."""

import hashlib
import hmac
from datetime import datetime

SIGNATURE_HEADER = "X-Floor-Signature"
#: Seconds since 1970, UTC.
TIMESTAMP_HEADER = "X-Floor-Timestamp"
TOLERANCE_S = 600


def sign(secret: str, timestamp: int | str, body: bytes) -> str:
    """The signature of a body sent at `timestamp` (seconds since 1970)."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def verify(secret: str, timestamp: str, signature: str, body: bytes, now: datetime) -> bool:
    """Whether the body was signed with our secret, lately. An empty secret proves nothing and is refused."""
    if not secret or not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
        return False
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_S:
        return False
    return hmac.compare_digest(sign(secret, timestamp, body).encode(), signature.strip().lower().encode())
