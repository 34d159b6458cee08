"""What `./run` starts: migrate, demo company once, server and worker, and what a person needs to know to begin."""

import argparse
import ipaddress
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import FrameType

import numpy as np
import trustme
import zxingcpp

from floor import cli
from floor.demo import company, day
from floor.events.relay import Relay
from floor.factory import create_app
from floor.kit import ids
from floor.kit.uow import database, reading
from floor.people import queries as people
from floor.settings import Settings

HERE = Path(__file__).resolve().parent.parent
STATE = HERE / ".run"


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    STATE.mkdir(exist_ok=True)
    settings = _settings(options)
    app = create_app(settings)
    with app.app_context():
        if not _answers():
            print(f"The database does not answer: {database().url!r}", file=sys.stderr)
            return 3
        cli.migrate()
        is_new = settings.demo and company.load_once(_say)
        _welcome(settings, options)
        database().dispose()
        with _House(settings, options) as house:
            if is_new:
                # Before the worker starts: the day carries its own messages, one after the other.
                day.live(app, Relay(app.extensions["handlers"]), _say)
            database().dispose()
            return house.serve()


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run", description="Starts Floor.")
    parser.add_argument("--host", default="", help="address to listen on")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on")
    parser.add_argument("--database", default="", help="sqlite:///FILE or postgresql+psycopg://...")
    parser.add_argument("--https", action="store_true", help="make a local certificate")
    parser.add_argument("--empty", action="store_true", help="start without the demo company")
    options = parser.parse_args(arguments)
    # A phone has to reach us, or the certificate would be of no use.
    options.host = options.host or ("0.0.0.0" if options.https else "127.0.0.1")  # noqa: S104
    return options


def _settings(options: argparse.Namespace) -> Settings:
    secret = STATE / "secret"
    if not secret.exists():
        secret.touch(0o600)
        secret.write_text(ids.public_token() + ids.public_token())
    name = "empty" if options.empty else "floor"
    given = Settings.from_environment()
    return replace(
        given,
        database_url=options.database or f"sqlite:///{STATE / name}.db",
        secret_key=secret.read_text(),
        secure_cookies=options.https,
        public_url=_address(options),
        demo=not options.empty,
    )


def _address(options: argparse.Namespace) -> str:
    host = _lan_address() if options.host == "0.0.0.0" else options.host  # noqa: S104
    return f"{'https' if options.https else 'http'}://{host}:{options.port}"


def _lan_address() -> str:
    """The address other machines know us by: the one a packet to the outside would leave from. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _answers() -> bool:
    try:
        with database().engine.connect():
            return True
    except Exception as error:  # whatever the driver raises, the person needs one sentence
        print(error, file=sys.stderr)
        return False


def _welcome(settings: Settings, options: argparse.Namespace) -> None:
    print(f"\n  Floor is at {settings.public_url}\n")
    if settings.demo:
        with reading() as db:
            for user in people.staff(db):
                print(f"  {user.badge}  PIN {company.PIN}  {user.role:<10}  {user.name}")
    else:
        print("  The house is empty. Hire the first person:")
        print(f"  FLOOR_DATABASE_URL={database().url} .venv/bin/flask people hire --help")  # a password shows as ***
    if options.https:
        print(f"\n  Trust this certificate on the phone: {STATE / 'ca.pem'}\n\n{_qr(settings.public_url)}")
    print("\n  Ctrl-C stops it.", flush=True)


def _qr(text: str) -> str:
    """A QR code for the terminal: two modules per character, dark on light."""
    image = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_image(scale=1, add_quiet_zones=True)
    pixels = np.array(image)
    height, width = pixels.shape
    dark = np.vstack([pixels, np.full((1, width), 255, pixels.dtype)]) < 128
    halves = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
    rows = (zip(dark[y], dark[y + 1], strict=True) for y in range(0, height, 2))
    return "\n".join("  " + "".join(halves[bool(up), bool(low)] for up, low in row) for row in rows)


def _certificate(host: str) -> tuple[Path, Path]:
    """A certificate for this machine's addresses, signed by a local authority the phone is asked to trust once."""
    authority, key, chain = STATE / "ca.pem", STATE / "server.key", STATE / "server.pem"
    names = sorted({"localhost", "127.0.0.1", _lan_address(), str(ipaddress.ip_address(host))} - {"0.0.0.0"})  # noqa: S104
    stamp = STATE / "server.names"
    if not chain.exists() or not stamp.exists() or stamp.read_text() != " ".join(names):
        ca = trustme.CA()
        issued = ca.issue_cert(*names)
        ca.cert_pem.write_to_path(str(authority))
        key.touch(0o600)
        issued.private_key_pem.write_to_path(str(key))
        for n, part in enumerate(issued.cert_chain_pems):
            part.write_to_path(str(chain), append=n > 0)
        stamp.write_text(" ".join(names))
    return key, chain


class _House:
    """Server and workers as children; a worker that dies is started again, a server that dies ends the house.

    Two workers: while one plans a run for a minute, labels and notices do not wait behind it.
    """

    def __init__(self, settings: Settings, options: argparse.Namespace) -> None:
        self._environment = settings.exported()
        # The children go when we go, even by SIGKILL.
        tied = ["setpriv", "--pdeathsig", "TERM", sys.executable, "-m"]
        # One process on SQLite, because its writers queue inside the process; two on PostgreSQL.
        workers = 1 if settings.database_url.startswith("sqlite") else 2
        server = [*tied, "gunicorn", "app:app", "--bind", f"{options.host}:{options.port}"]
        server += ["--worker-class", "gthread", "--workers", str(workers), "--threads", "8"]
        server += ["--log-level", "warning", "--graceful-timeout", "10"]
        if options.https:
            key, chain = _certificate(options.host)
            server += ["--keyfile", str(key), "--certfile", str(chain)]
        worker = [*tied, "flask", "--app", "app", "worker"]
        # The first plan of a fresh house would wait a minute for it, and a wave's has twenty seconds.
        warming = ["nice", *tied, "solver.warming", "each"]
        self._words = {"server": server, "warming": warming} | dict.fromkeys(_WORKERS, worker)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "_House":
        # As exceptions, so that a stop during the demo day ends it too.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _interrupt)
        self._start("server")
        self._start("warming")
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._running.values():
            child.terminate()
        for child in self._running.values():
            try:
                child.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()

    def serve(self) -> int:
        """Until Ctrl-C (0) or until the server ends (its code)."""
        try:
            while self._running["server"].poll() is None:
                for name in _WORKERS:
                    if name not in self._running or self._running[name].poll() is not None:
                        self._start(name)
                time.sleep(0.5)
        except KeyboardInterrupt:
            return 0
        return self._running["server"].returncode or 1

    def _start(self, name: str) -> None:
        self._running[name] = subprocess.Popen(self._words[name], cwd=HERE, env=self._environment)


_STOP_SECONDS = 15
_WORKERS = ("worker", "second worker")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(words: str) -> None:
    print(f"  {words}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(0)
