from benchmarks.allocation_generator import allocation_day
from solver.allocation.solve import solve
from solver.common import Stop
from tests.soak.cluster import run


def test_a_cluster_of_which_one_worker_is_killed_finds_the_plan_one_machine_finds() -> None:
    problem = allocation_day(300, 4, True, 1)
    alone = solve(problem, Stop(work=10), 0)
    cost, bound, _seconds = run(problem, 2, kill=True, work=10)
    assert (cost, bound) == (alone.cost, alone.bound)
