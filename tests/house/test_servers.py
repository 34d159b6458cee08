"""The servers of the tests are real, start fast enough to use, and never outlive the tests."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import DEVNULL, PIPE
from tempfile import TemporaryDirectory

import psycopg
import pytest

from tests.servers import PostgresCluster, running_postgres

ROOT = Path(__file__).parents[2]
HOLD_SERVERS = """
import signal, sys, tempfile, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite started in the background ignores it
tempfile.tempdir = sys.argv[1]
from tests.servers import running_mosquitto, running_postgres
with running_postgres() as cluster, running_mosquitto() as port:
    print(cluster.port, port, flush=True)
    time.sleep(60)
"""


def connect(url: str) -> psycopg.Connection[tuple[int]]:
    return psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True)


@pytest.fixture
def crashable() -> Iterator[PostgresCluster]:
    """A cluster of this test's own: the session's is shared with other tests."""
    with running_postgres() as cluster:
        yield cluster


def test_a_database_can_be_made_from_a_template(postgres: PostgresCluster) -> None:
    template = postgres.create_database(name="seeded")
    with connect(template) as db:
        db.execute("CREATE TABLE bin (code int)")
        db.execute("INSERT INTO bin VALUES (7)")
    copy = postgres.create_database(template="seeded")
    with connect(copy) as db:
        assert db.execute("SELECT code FROM bin").fetchall() == [(7,)]
    postgres.drop_database(copy)
    postgres.drop_database(template)


def test_what_was_committed_survives_a_hard_kill(crashable: PostgresCluster) -> None:
    url = crashable.create_database()
    with connect(url) as db:
        db.execute("CREATE TABLE ack (id int)")
        db.execute("INSERT INTO ack VALUES (1)")
        crashable.kill_hard()
    with pytest.raises(psycopg.OperationalError):
        connect(url)
    crashable.start()
    with connect(url) as db:
        assert db.execute("SELECT id FROM ack").fetchall() == [(1,)]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that the servers' own users may enter, unlike pytest's."""
    with TemporaryDirectory(prefix="floor-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_servers_stop_even_when_the_tests_are_killed(how: signal.Signals, open_folder: Path) -> None:
    command = [sys.executable, "-c", HOLD_SERVERS, str(open_folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=PIPE, stderr=DEVNULL) as holder:
        assert holder.stdout
        ports = {int(port) for port in holder.stdout.readline().split()}
        assert len(ports) == 2
        assert ports <= listening()
        holder.send_signal(how)
    deadline = time.monotonic() + 20
    while ports & listening() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not ports & listening()


def listening() -> set[int]:
    """TCP ports somebody listens on (state 0A in /proc/net/tcp)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A"}
