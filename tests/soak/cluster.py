"""A big allocation run on a `distributed` cluster: python -m tests.soak.cluster [--help].

A scheduler and workers are processes of this machine, as they would be of others: one worker, two, and two of which one
is killed in the middle. Seconds fall with the second worker, and the plan is the same one, to the fen, every time.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.allocation_generator import allocation_day
from floor.kit.compute import Cluster
from solver.allocation.check import violations
from solver.allocation.problem import Problem
from solver.allocation.solve import solve
from solver.common import Stop
from tests.servers import free_port


@contextmanager
def process(folder: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A part of the cluster."""
    with (folder / "log").open("ab") as log:
        child = subprocess.Popen([sys.executable, "-m", *command], cwd=Path.cwd(), stdout=log, stderr=log)
    try:
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
        child.wait(20)


@contextmanager
def cluster(workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """(address, workers) of a scheduler with so many workers of one thread each."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="floor-cluster-")))
        port = free_port()
        address = f"tcp://127.0.0.1:{port}"
        scheduler = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
        stack.enter_context(process(folder, *scheduler))
        quiet = ("--no-nanny", "--no-dashboard", "--local-directory", str(folder), "--nthreads", "1")
        hired = [
            stack.enter_context(process(folder, "distributed.cli.dask_worker", address, "--name", str(n), *quiet))
            for n in range(workers)
        ]
        _wait_for(address, workers)
        yield address, hired


def _wait_for(address: str, workers: int) -> None:
    from distributed import Client

    for _ in range(60):
        try:
            with Client(address, timeout="5s", set_as_default=False) as client:
                client.wait_for_workers(workers, timeout=60)
                return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError("the cluster did not start")


def run(problem: Problem, workers: int, kill: bool, work: int) -> tuple[int, int | None, float]:
    """(cost, bound, seconds of the chunks) of one run; `kill`: one worker dies at the third chunk."""
    began = [0.0]
    with cluster(workers) as (address, hired):
        crew = Cluster(address)
        killed = threading.Event()

        def listen(stage: str, done: int, _of: int) -> None:
            if stage != "chunks":
                return
            began[0] = began[0] or time.perf_counter()
            if kill and done >= 2 and not killed.is_set():
                killed.set()
                threading.Timer(0.05, hired[0].send_signal, [signal.SIGKILL]).start()

        plan = solve(problem, Stop(work=work), 0, listen, crew)
        seconds = time.perf_counter() - began[0]
        crew.close()
        if kill:
            hired[0].wait(10)
    broken = violations(problem, plan)
    if broken:
        raise AssertionError(broken[0])
    return plan.cost, plan.bound, seconds


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.cluster", description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--work", type=int, default=100, help="effort, 100 is the planner's usual one")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    problem = allocation_day(options.orders, 20, True, options.seed)
    found = {}
    for title, workers, kill in (("one worker", 1, False), ("two workers", 2, False), ("two, one killed", 2, True)):
        cost, bound, seconds = run(problem, workers, kill, options.work)
        found[title] = (cost, seconds)
        gap = (cost - (bound or 0)) / max(1, bound or 0)
        print(f"{title:16s} chunks in {seconds:6.1f} s, cost {cost / 100:,.2f}, gap {gap:.4%}", flush=True)
    same = len({cost for cost, _ in found.values()}) == 1
    quicker = found["two workers"][1] < found["one worker"][1]
    print(f"the same plan: {'yes' if same else 'NO'}; quicker with two: {'yes' if quicker else 'NO'}")
    return 0 if same and quicker else 1


if __name__ == "__main__":
    raise SystemExit(main())
