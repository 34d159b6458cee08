"""A label printer at the other end of a TCP port, 9100 by habit: bytes in, paper out, and hardly a word back.

It never says "printed". What can be known is known: it took the connection, its side has acknowledged every byte, and
it did not slam the door. What remains in doubt is said to be in doubt, so that nobody prints a second label unseen.
"""

import errno
import fcntl
import socket
import struct
import termios
import time

CONNECT_SECONDS = 3.0
#: A printer that takes nothing for so long is out of paper, open or paused.
STALL_SECONDS = 8.0
#: However slowly it reads, a label ends by then.
TOTAL_SECONDS = 45.0
_CHUNK = 16_384
_LOOK_SECONDS = 0.02


class NotSent(Exception):
    """`code` has its sentence in messages.PRINT_ERRORS; `in_doubt` when the label may have come out all the same."""

    def __init__(self, code: str, *, in_doubt: bool) -> None:
        super().__init__(code)
        self.code = code
        self.in_doubt = in_doubt


def deliver(host: str, port: int, document: bytes) -> None:
    """Send one document. Raises NotSent; without it every byte is acknowledged by the printer's side."""
    deadline = time.monotonic() + TOTAL_SECONDS
    with _connected(host, port) as printer:
        try:
            _send(printer, document, deadline)
            printer.shutdown(socket.SHUT_WR)
            _wait_until_taken(printer, deadline)
        except TimeoutError:
            raise NotSent("shipping.printer_stuck", in_doubt=True) from None
        except OSError:
            raise NotSent("shipping.printer_broke_off", in_doubt=True) from None


def _connected(host: str, port: int) -> socket.socket:
    try:
        return socket.create_connection((host, port), CONNECT_SECONDS)
    except TimeoutError:
        raise NotSent("shipping.printer_silent", in_doubt=False) from None
    except socket.gaierror:
        raise NotSent("shipping.printer_unknown", in_doubt=False) from None
    except OSError as no:
        refused = no.errno == errno.ECONNREFUSED
        raise NotSent("shipping.printer_refused" if refused else "shipping.printer_silent", in_doubt=False) from None


def _send(printer: socket.socket, document: bytes, deadline: float) -> None:
    """In pieces, so that a slow printer is waited for as long as it takes anything at all."""
    printer.settimeout(STALL_SECONDS)
    for start in range(0, len(document), _CHUNK):
        if time.monotonic() > deadline:
            raise TimeoutError
        printer.sendall(document[start : start + _CHUNK])


def _wait_until_taken(printer: socket.socket, deadline: float) -> None:
    """Until the other side has acknowledged every byte; a reset meanwhile is an OSError."""
    left, moved = _unacknowledged(printer), time.monotonic()
    printer.settimeout(_LOOK_SECONDS)
    while True:
        try:
            if not printer.recv(1024):  # it has closed its side too: some do at once, and go on reading
                time.sleep(_LOOK_SECONDS)
        except TimeoutError:
            pass
        before, left = left, _unacknowledged(printer)
        if left == 0:
            _raise_pending(printer)
            return
        now = time.monotonic()
        moved = now if left < before else moved
        if now - moved > STALL_SECONDS or now > deadline:
            raise TimeoutError


def _unacknowledged(printer: socket.socket) -> int:
    """Bytes the kernel still holds for the other side (SIOCOUTQ, which Linux numbers as TIOCOUTQ)."""
    (left,) = struct.unpack("i", fcntl.ioctl(printer.fileno(), termios.TIOCOUTQ, struct.pack("i", 0)))
    return int(left)


def _raise_pending(printer: socket.socket) -> None:
    error = printer.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, "the printer broke off")
