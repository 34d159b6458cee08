"""The house as its users meet it: server and worker in processes of their own, on a real port, killable."""

import atexit
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from floor.settings import Settings
from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE_SECONDS = 60
#: The nursery dies with the test, however it dies, and its children with it.
_NURSERY = ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "tests.nursery"]


@cache
def _nursery() -> "subprocess.Popen[str]":
    templates = tempfile.TemporaryDirectory(prefix="floor-templates-", ignore_cleanup_errors=True)
    atexit.register(templates.cleanup)
    command = [*_NURSERY, templates.name]
    nursery = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(nursery.kill)
    return nursery


def _born(words: list[str], env: dict[str, str] | None, log: Path) -> int:
    """The process id of `python -m words`."""
    nursery = _nursery()
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    asked = {"words": words, "log": str(log)} | ({"env": env} if env is not None else {})
    nursery.stdin.write(json.dumps(asked) + "\n")
    nursery.stdin.flush()
    return int(nursery.stdout.readline())


@contextmanager
def running(*words: str, env: dict[str, str] | None = None) -> Iterator[tuple[int, Iterator[str]]]:
    """The process id of `python -m words`, with this process's environment if no other is given, and the lines it
    prints, as it does; the last one is its exit code, unless it is killed."""
    with tempfile.TemporaryDirectory(prefix="floor-running-") as folder:
        pipe = Path(folder) / "pipe"
        os.mkfifo(pipe)
        child = _born(list(words), env, pipe)
        with pipe.open(errors="replace") as said:
            yield child, said


def ran(*words: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Run `python -m words` to its end; its exit code, 1 when it was killed, and what it printed."""
    with running(*words, env=env) as (_child, said):
        *printed, code = ["", *said]
    return (int(code), "".join(printed)) if code.strip().isdigit() else (1, "".join([*printed, code]))


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class RunningHouse:
    """gunicorn and worker on one database; `kill_server()` and `kill_worker()` are SIGKILL, `start()` brings back."""

    def __init__(self, database_url: str, folder: Path, port: int = 0) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = Settings(
            database_url=database_url,
            secret_key="a key for tests",
            rate_limits=False,
            public_url=self.url,
            lease_seconds=2,
        )
        self.log = folder / "house.log"
        self._children: dict[str, int] = {}

    def start(self, *names: str) -> None:
        """Start server and worker, or those named, and wait until the server answers."""
        threads = ["--worker-class", "gthread", "--threads", "8", "--log-level", "warning"]
        words = {
            "server": ["gunicorn", "app:app", "--bind", f"127.0.0.1:{self.port}", *threads],
            "worker": ["flask", "--app", "app", "worker"],
        }
        for name in names or words:
            self._children[name] = _born(words[name], self.settings.exported(), self.log)
        self._wait_until_it_answers()

    def kill_server(self) -> None:
        self._kill("server")

    def kill_worker(self) -> None:
        self._kill("worker")

    def stop(self) -> None:
        for name in list(self._children):
            self._kill(name)

    def is_alive(self, name: str) -> bool:
        return name in self._children and _lives(self._children[name])

    def _kill(self, name: str) -> None:
        child = self._children.pop(name)
        # The whole session: gunicorn's workers and the compute processes with it.
        subprocess.run(["pkill", "-KILL", "-s", str(child)], check=False)
        while _lives(child):
            time.sleep(0.01)

    def _wait_until_it_answers(self) -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"{self.url}/session", timeout=5):  # noqa: S310 -- our own address
                    return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(f"the house did not open:\n{self.log.read_text()[-3000:]}")


@contextmanager
def running_house(database_url: str, folder: Path) -> Iterator[RunningHouse]:
    house = RunningHouse(database_url, folder)
    house.start()
    try:
        yield house
    finally:
        house.stop()
