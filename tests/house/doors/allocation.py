"""The POST doors of allocation."""

from tests.house.doors.door import NO, Door

DOORS = {
    "allocation.ask": Door("/runs", "Dai", "Ana", {"strategy": "optimal"}, bad={"hours": "-7"}, keeps='value="-7"'),
    "allocation.publish": Door("/runs/{run_ready}/publish", "Dai", "Ana", unknown=f"/runs/{NO}/publish"),
    "left_out.replenish": Door("/runs/{run_lacking}/replenish", "Dai", "Ana", unknown=f"/runs/{NO}/replenish"),
    "allocation.retry": Door("/runs/{run_stopped}/retry", "Dai", "Ana", unknown=f"/runs/{NO}/retry"),
    "left_out.split": Door("/runs/{run_partial}/split", "Dai", "Ana", unknown=f"/runs/{NO}/split"),
    "left_out.purchase": Door("/runs/{run_short}/purchase", "Dai", "Ana", unknown=f"/runs/{NO}/purchase"),
    "left_out.release_safety": Door(
        "/runs/{run_safety}/release-safety", "Dai", "Ana", unknown=f"/runs/{NO}/release-safety"
    ),
    "left_out.again": Door("/runs/{run_changed}/again", "Dai", "Ana", unknown=f"/runs/{NO}/again"),
    "capacities.save": Door(
        "/capacities/{house}", "Dai", "Ana", {"cutoff": "17:10", "labour_lines": "123"}, f"/capacities/{NO}",
        bad={"cutoff": "17:10", "labour_lines": "-7"}, keeps='value="-7"',
    ),
    "allocation.stop": Door("/runs/{run_queued}/stop", "Dai", "Ana", unknown=f"/runs/{NO}/stop"),
    "allocation.take_back": Door("/runs/{run_published}/take-back", "Dai", "Ana", unknown=f"/runs/{NO}/take-back"),
}  # fmt: skip
