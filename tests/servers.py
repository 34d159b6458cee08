"""The real servers the tests talk to: PostgreSQL and mosquitto of our own, and the path of Chromium.

Each pytest process (so each xdist worker) starts its own, the first time a test asks, on free ports of
127.0.0.1 and with its data in a temporary folder. They stop with the session; should the test process die any
other way, even by SIGKILL, the kernel stops them (`setpriv --pdeathsig`). When the tests run as root, the
servers run under their own users, as they insist on.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

START_SECONDS = 30
OWNER = "floor"  # superuser of the test cluster; no password, as only this machine can reach it
POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "jit": "off",
    # fsync and synchronous_commit stay on: durability is one of the things under test.
}


class PostgresCluster:
    """A PostgreSQL of our own: `create_database()` gives URLs; `kill_hard()`, then `start()`, is a crash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._created = 0
        _give(folder, "postgres")
        initdb = _postgres_program("initdb")
        options = f"-D {folder}/data -U {OWNER} -A trust -E UTF8 --locale=C.UTF-8 --no-sync".split()
        with _log(folder) as log:
            command = [*_as_user("postgres"), initdb, *options]
            subprocess.run(command, cwd=folder, check=True, stdout=log, stderr=log)

    def start(self) -> None:
        """Start, or start again after `kill_hard()` on the same port, and wait until it answers."""
        settings = {**POSTGRES_SETTINGS, "unix_socket_directories": str(self.folder)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        for port in [self.port] if self.port else [free_port() for _ in range(3)]:
            command = [_postgres_program("postgres"), "-D", f"{self.folder}/data", "-p", str(port), *options]
            self._process = _spawn(command, user="postgres", folder=self.folder, ends_by=signal.SIGINT)
            self.port = port
            if _until(self._answers, self._process):
                return
        raise RuntimeError(f"PostgreSQL did not start:\n{_log_end(self.folder)}")

    def stop(self) -> None:
        """SIGINT: PostgreSQL's fast shutdown, which rolls back what is open."""
        if self._process:
            _stop(self._process, signal.SIGINT)

    def kill_hard(self) -> None:
        """SIGKILL the postmaster and every backend at once, as an out-of-memory killer or a crash would.

        Each backend leads its own process group, so they are found by their parent; the postmaster is frozen
        first so that it starts no other meanwhile. The kernel keeps what was written: this is no power cut.
        """
        assert self._process
        os.kill(self._process.pid, signal.SIGSTOP)
        for pid in [*_children(self._process.pid), self._process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of one database of this cluster."""
        return f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template1", name: str = "") -> str:
        """Create a database as a copy of `template` (nobody may be connected to it); return its URL."""
        self._created += 1
        name = name or f"test_{self._created}"
        # Copied file by file: for a database this small faster than through the log, PostgreSQL's way for busy servers.
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database by its URL, disconnecting whoever still uses it."""
        self._execute(f'DROP DATABASE IF EXISTS "{url.rpartition("/")[2]}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        # Through the socket in our own folder: certainly our server, whoever else may have taken the port.
        where = f"host={self.folder} port={self.port} user={OWNER} dbname=postgres connect_timeout=5"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            self._execute("SELECT 1")
            return True
        return False


@contextmanager
def running_postgres() -> Iterator[PostgresCluster]:
    """A fresh cluster for the length of the block."""
    with _server_folder("postgres") as folder:
        cluster = PostgresCluster(folder)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


@contextmanager
def running_mosquitto() -> Iterator[int]:
    """An MQTT broker for the length of the block; gives its port on 127.0.0.1. It keeps nothing on disk."""
    with _server_folder("mosquitto") as folder:
        port = free_port()
        settings = folder / "mosquitto.conf"
        settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        _give(folder, "mosquitto")
        command = [_program("mosquitto"), "-c", str(settings)]
        process = _spawn(command, user="mosquitto", folder=folder, ends_by=signal.SIGTERM)
        try:
            if not _until(lambda: _accepts(port), process):
                raise RuntimeError(f"mosquitto did not start:\n{_log_end(folder)}")
            yield port
        finally:
            _stop(process, signal.SIGTERM)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """This pytest process's PostgreSQL."""
    with running_postgres() as cluster:
        yield cluster


@pytest.fixture
def postgres_url(postgres: PostgresCluster) -> Iterator[str]:
    """The URL of an empty database of this test's own."""
    url = postgres.create_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(scope="session")
def mosquitto_port() -> Iterator[int]:
    """The port of this pytest process's MQTT broker."""
    with running_mosquitto() as port:
        yield port


@pytest.fixture(scope="session")
def chromium_path() -> str:
    return chromium()


def pytest_configure() -> None:
    """`kill` ends the tests as Ctrl-C does: fixtures finish and servers stop."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def chromium() -> str:
    """Debian's Chromium, which Playwright drives instead of a download of its own; without its windows and menus where
    that is installed: the same engine, at a third of the work a page (decision 051)."""
    return shutil.which("chromium-headless-shell") or _program("chromium")


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database: a file in the folder, or one in a PostgreSQL of its own."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'floor.db'}"
        return
    with running_postgres() as cluster:
        yield cluster.create_database()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/bin:/usr/sbin")  # sbin: not on every user's PATH
    if not found:
        raise FileNotFoundError(f"{name} is not installed: ./test installs it")
    return found


def _postgres_program(name: str) -> str:
    """The newest installed major version's `name`; Debian keeps these off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise FileNotFoundError(f"PostgreSQL's {name} is not installed: ./test installs it")
    return str(found[-1])


def _as_user(user: str) -> list[str]:
    return [] if os.getuid() else ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"]


def _give(folder: Path, user: str) -> None:
    if not os.getuid():
        for path in [folder, *folder.iterdir()]:
            shutil.chown(path, user, user)


@contextmanager
def _server_folder(name: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=f"floor-{name}-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def _log(folder: Path) -> Iterator[int]:
    handle = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        yield handle
    finally:
        os.close(handle)


def _log_end(folder: Path) -> str:
    return (folder / "log").read_text(errors="replace")[-2000:]


def _spawn(command: list[str], *, user: str, folder: Path, ends_by: signal.Signals) -> subprocess.Popen[bytes]:
    """Start a server that the kernel sends `ends_by` when this thread dies.

    Its own session: a Ctrl-C in the terminal reaches the tests alone, which then stop their servers in order.
    The death signal is set after the change of user, as changing clears it.
    """
    keep = ["setpriv", f"--pdeathsig={ends_by.name.removeprefix('SIG')}", "--"]
    with _log(folder) as log:
        return subprocess.Popen(
            [*_as_user(user), *keep, *command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _until(answers: Callable[[], bool], process: subprocess.Popen[bytes]) -> bool:
    """Whether the server answers before it ends or START_SECONDS have passed."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if answers():
            return True
        time.sleep(0.05)
    return False


def _accepts(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _stop(process: subprocess.Popen[bytes], by: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(by)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _children(parent: int) -> list[int]:
    """Process ids whose parent is `parent`: in /proc/N/stat the second field after `(name)`."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found
