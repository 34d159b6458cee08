"""Somebody with a phone who does the next thing, over and over, until told to stop."""

import random
import threading
from abc import ABC, abstractmethod

from tests.soak.phone import Book, Phone


class Worker(ABC):
    """One person with one phone: `once()` does the next thing, or says that there is nothing to do."""

    name = ""

    def __init__(self, port: int, book: Book, seed: str, done: threading.Event) -> None:
        self.rng = random.Random(seed)
        self.phone = Phone(port, book, self.rng)
        self.book, self.done = book, done

    def run(self) -> None:
        try:
            if self.name:
                self.phone.sign_in(self.name)
            while not self.done.is_set():
                if not self.once():
                    self.done.wait(0.2)
        except Exception as error:
            self.book.complain(f"{type(self).__name__} {self.name} gave up: {type(error).__name__}: {error}")
        finally:
            self.hang_up()

    @abstractmethod
    def once(self) -> bool:
        """Do the next thing; False when there is nothing to do."""

    def hang_up(self) -> None:
        self.phone.close()

    def now_and_then(self, n: int) -> bool:
        """One time in n."""
        return self.rng.randrange(n) == 0
