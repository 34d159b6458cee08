"""One HTTP call to a carrier, and how sure we may be of what did not come back.

http.client instead of urllib, because urllib does not tell a connection that never stood from one that broke after the
request was sent: the first bought nothing, the second may have.
"""

import http.client
import ssl
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from floor.shipping.carriers.base import Down, Rejected, Unsure

#: Seconds to connect and for every read; together well below the lease of a waybill (asking.LEASE).
PATIENCE = 12
#: Bytes read of an answer: a label picture is not asked for.
MOST = 1 << 20
_NOT_SERVED = (401, 403, 404, 405)


def post_form(url: str, fields: Mapping[str, str]) -> bytes:
    """POST a form and return the body of a 200. Redirects are not followed: the address is ours to set.

    Raises Down when nothing was delivered, Rejected for an address that serves no such thing, else Unsure.
    """
    where = urlsplit(url)
    if where.scheme not in ("http", "https") or not where.hostname:
        raise Rejected("not_set_up", "url")
    line: http.client.HTTPConnection
    if where.scheme == "https":
        line = http.client.HTTPSConnection(
            where.hostname, where.port, timeout=PATIENCE, context=ssl.create_default_context()
        )
    else:
        line = http.client.HTTPConnection(where.hostname, where.port, timeout=PATIENCE)
    try:
        try:
            line.connect()
        except OSError as error:
            raise Down("out_of_reach", type(error).__name__) from None
        try:
            path = f"{where.path or '/'}{'?' + where.query if where.query else ''}"
            headers = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8", "Connection": "close"}
            line.request("POST", path, urlencode(fields).encode(), headers)
            answer = line.getresponse()
            body = answer.read(MOST)
        except (OSError, http.client.HTTPException) as error:
            raise Unsure("no_answer", type(error).__name__) from None
    finally:
        line.close()
    if answer.status == 200:
        return body
    if answer.status in _NOT_SERVED:
        raise Rejected("not_served", str(answer.status))
    if answer.status == 429:
        raise Down("too_busy", "429")
    raise Unsure("no_answer", str(answer.status))
