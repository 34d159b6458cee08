"""Proof that a message comes from its channel: HMAC-SHA256 over time, message id and raw body."""

import hashlib
import hmac
from datetime import datetime, timedelta

from floor.kit.errors import Refused

#: How far the sender's clock may be off; an older message is refused, so a stolen one cannot be sent again later.
TOLERANCE = timedelta(minutes=10)


class Forged(Refused):
    status = 401


def signature(secret: str, timestamp: str, message_id: str, body: bytes) -> str:
    """Lower-case hex over `<timestamp>.<message id>.<body>`."""
    signed = f"{timestamp}.{message_id}.".encode() + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def verify(secret: str, given: str, timestamp: str, message_id: str, body: bytes, moment: datetime) -> None:
    """Raises Forged when the signature is wrong or the time (Unix seconds) is too far from `moment`.

    Compared in constant time, on the bytes as they came: parsing first would let an attacker choose what is signed.
    """
    wanted = signature(secret, timestamp, message_id, body)
    if not hmac.compare_digest(wanted.encode(), given.strip().lower().encode("utf-8", "replace")):
        raise Forged("intake.forged")
    if not timestamp.isdecimal() or abs(int(timestamp) - moment.timestamp()) > TOLERANCE.total_seconds():
        raise Forged("intake.stale", minutes=int(TOLERANCE.total_seconds()) // 60)
