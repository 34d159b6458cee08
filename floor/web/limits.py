"""Rate limits of the doors strangers can knock at: sign-in, tracking links, webhooks."""

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(get_remote_address, storage_uri="memory://", default_limits=[])
