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
    """Passes connections to 127.0.0.1:`port` on, from `url`. `cut()` ends all of them and turns away new ones."""

    def __init__(self, port: int) -> None:
        self._house = port
        self._whole = True
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
                while all(self._pass_on(ready, ends[ready]) for ready in select.select(list(ends), [], [])[0]):
                    pass
            with self._lock:
                self._open -= ends.keys()

    @staticmethod
    def _pass_on(source: socket.socket, sink: socket.socket) -> bool:
        data = source.recv(65536)
        sink.sendall(data)
        return bool(data)
