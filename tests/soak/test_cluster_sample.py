from benchmarks.allocation_generator import allocation_day
from solver.allocation.solve import solve
from solver.common import Stop
from tests.soak.cluster import run


def test_a_cluster_of_which_one_worker_is_killed_finds_the_plan_one_machine_finds() -> None:
    problem = allocation_day(600, 6, True, 1)
    alone = solve(problem, Stop(work=20), 0)
    cost, bound, _seconds = run(problem, 2, kill=True, work=20)
    assert (cost, bound) == (alone.cost, alone.bound)
