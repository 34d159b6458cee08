"""The cable between phones and the house, which a test can cut: a dead zone for everything a browser sends.

Chromium's own offline switch acts on pages one by one: a service worker is left out, and a page just loaded may get a
request through before it hears of it.
"""

import select
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self


class Wire:
    """Passes connections to 127.0.0.1:`port` on, from `url`. `cut()` ends all of them and turns away new ones.

    `lose_the_next_answer()` to a POST cuts when it comes back from the house: done there, never heard of here. `lost`
    counts them.
    """

    def __init__(self, port: int) -> None:
        self._house = port
        self._whole = True
        self._losing = b""
        self.lost = 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._answer, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.cut()
        self._door.shutdown(socket.SHUT_RDWR)  # wakes who waits for the next connection
        self._door.close()

    def cut(self) -> None:
        with self._lock:
            self._whole = False
            for end in self._open:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        with self._lock:
            self._whole = True
            self._losing = b""

    def lose_the_next_answer(self, path_end: str) -> None:
        with self._lock:
            self._losing = f"{path_end} HTTP/".encode()

    def _answer(self) -> None:
        with suppress(OSError):
            while True:
                phone, _address = self._door.accept()
                threading.Thread(target=self._carry, args=(phone,), daemon=True).start()

    def _carry(self, phone: socket.socket) -> None:
        # A house that is away refuses, as a cable without an end does: the phone's own end closes, and that is all.
        with suppress(OSError), phone, socket.create_connection(("127.0.0.1", self._house)) as house:
            ends = {phone: house, house: phone}
            with self._lock:
                if not self._whole:
                    return
                self._open |= ends.keys()
            with suppress(OSError):
                doomed = False
                while data := (source := select.select(list(ends), [], [])[0][0]).recv(65536):
                    if source is phone and self._is_to_lose(data):
                        doomed = True
                    elif source is house and doomed:
                        self.cut()
                    ends[source].sendall(data)
            with self._lock:
                self._open -= ends.keys()

    def _is_to_lose(self, data: bytes) -> bool:
        with self._lock:
            line = data.partition(b"\r\n")[0]
            if not (self._losing and line.startswith(b"POST ") and self._losing in line):
                return False
            self._losing = b""
            self.lost += 1
            return True
