"""A label printer for tests: a TCP port that keeps what it is sent, and the bad habits printers have.

And a reader of its language, written from the ZPL II guide and from nothing in floor.paper.
"""

import re
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from PIL import Image


@dataclass
class LabelPrinter:
    """habit   "good" reads all and closes; "half_closed" shuts its own side first and reads on; "slow" reads little by
    little; "stuck" reads nothing; "breaks" slams the door in the middle; "keeps_open" closes late.

    One connection at a time, as printers do: labels come out in the order they were sent.
    """

    habit: str = "good"
    port: int = 0
    labels: list[bytes] = field(default_factory=list)
    taken: threading.Condition = field(default_factory=threading.Condition)
    switched_off: threading.Event = field(default_factory=threading.Event)

    def wait_for(self, n: int, seconds: float = 10.0) -> list[bytes]:
        with self.taken:
            assert self.taken.wait_for(lambda: len(self.labels) >= n, seconds), f"{len(self.labels)} labels of {n}"
            return list(self.labels)

    def _serve(self, line: socket.socket) -> None:
        if self.habit == "half_closed":
            line.shutdown(socket.SHUT_WR)
        if self.habit == "breaks":
            line.recv(100)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close says RST
            line.close()
            return
        got = b""
        if self.habit == "stuck":
            self.switched_off.wait(3)
            line.close()
            return
        while part := line.recv(2_000 if self.habit == "slow" else 65_536):
            got += part
            if self.habit == "slow":
                self.switched_off.wait(0.002)
        with self.taken:
            self.labels.append(got)
            self.taken.notify_all()
        if self.habit == "keeps_open":
            self.switched_off.wait(1)
        line.close()


@contextmanager
def label_printer(habit: str = "good", port: int = 0) -> Iterator[LabelPrinter]:
    """Listen on a free port of 127.0.0.1 for the length of the block."""
    printer = LabelPrinter(habit)
    ear = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if habit in ("slow", "stuck"):
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    ear.bind(("127.0.0.1", port))
    ear.listen(50)
    printer.port = ear.getsockname()[1]

    def accept() -> None:
        while True:
            try:
                line, _where = ear.accept()
            except OSError:
                return
            printer._serve(line)

    listener = threading.Thread(target=accept, daemon=True)
    listener.start()
    try:
        yield printer
    finally:
        printer.switched_off.set()
        ear.shutdown(socket.SHUT_RDWR)
        ear.close()
        listener.join()


def free_port() -> int:
    """A port of this machine where nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


# --- what the printer would burn ---------------------------------------------------------------

_LABEL = re.compile(
    rb"\^XA(?P<head>(?:\^(?:MNY|PW\d+|LL\d+|LH0,0|LS0|PON))*)"
    rb"\^FO0,0\^GFA,(?P<sent>\d+),(?P<total>\d+),(?P<stride>\d+),(?P<data>[0-9A-Fa-zG-Z,:!]*)\^FS\^PQ1,0,1,N\^XZ\s*"
)
_COUNTS = {chr(ord("G") + n): n + 1 for n in range(19)} | {chr(ord("g") + n): 20 * (n + 1) for n in range(20)}


def burnt(document: bytes) -> Image.Image:
    """The picture of a document with one label; AssertionError for anything a ZPL printer would not take."""
    match = _LABEL.fullmatch(document)
    assert match, document[:120]
    total, stride = int(match["total"]), int(match["stride"])
    assert int(match["sent"]) == total
    width, length = (int(re.search(rb"\^" + name + rb"(\d+)", match["head"])[1]) for name in (b"PW", b"LL"))
    rows = _rows(match["data"].decode(), stride * 2)
    assert len(rows) * stride == total, f"{len(rows)} rows of {stride} bytes are not {total}"
    assert (len(rows), stride) == (length, (width + 7) // 8)
    ink = Image.frombytes("1", (width, length), bytes.fromhex("".join(rows)))
    return ink.point(lambda dot: 255 - dot)


def _rows(data: str, digits: int) -> list[str]:
    rows: list[str] = []
    row, count = "", 0
    for sign in data:
        if sign in _COUNTS:
            count += _COUNTS[sign]
        elif sign == ":":
            assert not row, "a row is repeated from its beginning only"
            rows.append(rows[-1] if rows else "0" * digits)
        elif sign in ",!":
            rows.append(row + ("0" if sign == "," else "F") * (digits - len(row)))
            row = ""
        else:
            row, count = row + sign * (count or 1), 0
            assert len(row) <= digits
            if len(row) == digits:
                rows.append(row)
                row = ""
    assert not row
    assert not count
    return rows
