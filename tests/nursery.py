"""Processes of a running house, forked from one that has imported everything: starting one from nothing takes seconds.

    python -m tests.nursery FOLDER

reads one JSON object a line, {"words": ["gunicorn", "app:app", ...], "env": {...}, "log": path, "end": path}, starts
that module as `python -m` would in a session of its own, and answers its process id. The exit code of one that ends by
itself is in `end` then. Its children die with it. What Jinja makes of a template lies in the folder for the next of
them: to compile the pages of a short story takes longer than to tell it.
"""

import ctypes
import gc
import json
import os
import runpy
import signal
import sys
import traceback
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1


def _become(asked: dict[str, Any]) -> None:
    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for descriptor, path, how in (
        (0, os.devnull, os.O_RDONLY),
        (1, asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT),
        (2, asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT),
    ):
        os.dup2(os.open(path, how, 0o644), descriptor)
    os.environ.clear()  # noqa: TID251 -- as a process started with it
    os.environ.update(asked["env"])  # noqa: TID251
    sys.argv = asked["words"]
    runpy.run_module(asked["words"][0], run_name="__main__", alter_sys=True)


def main() -> None:
    import flask
    import gunicorn.app.wsgiapp
    import gunicorn.workers.gthread  # noqa: F401
    import jinja2

    import floor.factory
    import floor.wiring  # noqa: F401
    from floor.kit import db

    db._sqlite_module()
    for command in entry_points(group="flask.commands"):  # what Flask's command line loads at each start
        command.load()
    gc.collect()
    gc.freeze()
    flask.Flask.jinja_options = {"bytecode_cache": jinja2.FileSystemBytecodeCache(sys.argv[1])}
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: the system takes them away
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            code: object = 1
            try:
                _become(asked)
            except SystemExit as end:
                code = end.code or 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                with suppress(OSError):
                    Path(asked["end"]).write_text(str(code))
                os._exit(1)
        print(child, flush=True)


if __name__ == "__main__":
    main()
