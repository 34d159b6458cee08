"""Heavy pure work (plans, PDFs) runs in processes of its own: in a thread it slows every other request.

`submit(fn, *plain_data)` is the whole contract, so that a cluster can stand behind it (`Cluster`): `fn` is a
module-level function, arguments and result are plain picklable data, and the truth stays in the database.
"""

import atexit
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

#: A worker process died; its work may be done again.
Broken = BrokenProcessPool

P = ParamSpec("P")
R = TypeVar("R")

#: How far heavy work steps back: under a full load it still has a quarter of a core to each page's whole.
NICE = 5

_pool: ProcessPoolExecutor | None = None
_pid = 0


def _executor() -> ProcessPoolExecutor:
    global _pool, _pid
    if _pool is None or _pid != os.getpid():
        # Not fork: the server has threads, and a forked child would inherit their locks held.
        _pool = ProcessPoolExecutor(
            max_workers=max(2, (os.cpu_count() or 2) - 1),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
        )
        _pid = os.getpid()
        atexit.register(shutdown)
    return _pool


def _begin() -> None:
    """In a worker process: pages go first where there is not enough of the machine for both."""
    os.nice(NICE)
    _end_with_parent()


def _end_with_parent() -> None:
    """It holds both ends of its pipe, so it would wait for work for ever when the parent is
    killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def submit(fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> "Future[R]":
    """Start `fn(*args)` in a worker process."""
    return _executor().submit(fn, *args, **kwargs)


def run(fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run and wait. A worker that died is replaced once: the work is pure, so doing it again is safe."""
    try:
        return submit(fn, *args, **kwargs).result()
    except BrokenProcessPool:
        shutdown()
        return submit(fn, *args, **kwargs).result()


@contextmanager
def cluster_at(address: str) -> "Iterator[Cluster | None]":
    """The cluster for one piece of work; None where the address is empty: this machine alone."""
    cluster = Cluster(address) if address else None
    try:
        yield cluster
    finally:
        if cluster is not None:
            cluster.close()


class Cluster:
    """Answers many questions side by side on the workers of a `distributed` cluster. They are pure, so one a lost
    worker had is simply asked again."""

    def __init__(self, address: str) -> None:
        # Only here: a house without a cluster does not pay for the import.
        from distributed import Client

        self._client: Any = Client(address, timeout="10s", set_as_default=False)  # type: ignore[no-untyped-call]

    def map(self, fn: Callable[[Any], R], questions: Sequence[Any]) -> list[R]:
        """Answers in the order of the questions."""
        return list(self._client.gather(self._client.map(fn, questions, pure=False, retries=3)))

    def close(self) -> None:
        self._client.close()


def shutdown(*_: Any) -> None:
    global _pool
    if _pool is not None and _pid == os.getpid():
        _pool.shutdown(wait=False, cancel_futures=True)
    _pool = None
