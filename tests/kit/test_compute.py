"""Work in processes of their own: they are there for their parent, and for nobody else."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.running import ROOT

_PARENT = "import os, time\nfrom floor.kit import compute\nprint(compute.run(os.getpid), flush=True)\ntime.sleep(600)"


def _is_there(pid: int) -> bool:
    """A zombie nobody has buried yet has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_killed_parent_leaves_no_worker_process_behind():
    words = [sys.executable, "-c", f"if __name__ == '__main__':\n    exec({_PARENT!r})"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert _is_there(child)
        parent.send_signal(signal.SIGKILL)
    try:
        for _look in range(200):
            if not _is_there(child):
                return
            time.sleep(0.05)
        raise AssertionError("the worker process waits on")
    finally:
        if _is_there(child):
            os.kill(child, signal.SIGKILL)
