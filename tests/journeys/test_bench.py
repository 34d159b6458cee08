"""Orders from their totes to the lorry, in a browser, with everything that can go wrong at a packing bench."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from floor.packing.states import PackState
from tests.journeys import bench_day
from tests.journeys.bench_day import TWISTS, Bench, Job
from tests.journeys.person import DESK, PHONE, Person

pytestmark = [pytest.mark.browser, pytest.mark.either_way]

#: A scale on a serial line that was allowed before; `putOnScale` is what it prints.
SCALE = """
const readable = new ReadableStream({start(line) {
  window.putOnScale = (text) => line.enqueue(new TextEncoder().encode(text + "\\r\\n"));
}});
const port = {open: async () => {}, readable};
Object.defineProperty(navigator, "serial", {value: {getPorts: async () => [port], requestPort: async () => port}});
"""

#: One order for each twist: which goods, and how many.
BASKETS = [
    [("TEE", 2), ("MUG", 1)], [("OIL", 1), ("TEE", 1)], [("SCREW", 4), ("RADIO", 2)], [("CAMERA", 2)],
    [("CHOC", 1), ("TEE", 2)], [("SOCK", 1)], [("TEE", 1)], [("MUG", 2)], [("TEE", 1), ("SOCK", 1)], [("CAMERA", 1)],
    [("TEE", 1), ("MUG", 1)],
]  # fmt: skip
#: Into how many parcels each goes.
PARCELS = (1, 1, 1, 1, 2, 1, 1, 0, 1, 1, 1)


@pytest.mark.parametrize("half", [(0, 3), (1, 2)], ids=["one-half", "other-half"])
def test_orders_go_from_their_totes_to_the_lorry_with_every_trouble_on_the_way(
    database_url: str, tmp_path: Path, new_context: Callable[..., BrowserContext], half: tuple[int, int]
) -> None:
    """By scans on a phone with the script, every other order at a tablet without: forms alone.

    Each database has half of the orders, of either kind; that what each trouble asks for works on both databases is
    proven in tests/packing/test_bench.py.
    """
    mine = [n for n in range(len(BASKETS)) if n % 4 in half]
    with bench_day.a_house(database_url, tmp_path, BASKETS, twins=[8]) as house:
        day, people = house.day, []  # type: ignore[attr-defined]

        def come(name: str, device: dict[str, Any], *, script: bool = True, scale: str = "") -> Bench:
            context = new_context(locale="en-GB", java_script_enabled=script, **device)
            context.add_init_script(scale)
            people.append(Person(context, house.url, script=script))
            people[-1].sign_in(name)
            return Bench(people[-1], day)

        benches = [come("Bo", PHONE), come("Bo", DESK, script=False)]
        for bench in benches:
            bench.who.open("/stations")
            bench.who.scan("P-SHA-1")
        for n, twist in enumerate(TWISTS):
            if n in mine:
                benches[n % 2].who.open("/stations/P-SHA-1")
                twist(benches[n % 2], day.jobs[n])
                house.is_sound()
        if len(TWISTS) in mine:
            bench = come("Dai", DESK, scale=SCALE)
            bench.who.open("/stations/P-SHA-1")
            _weighs_by_the_scale(bench, day.jobs[-1])
        packed = sum(PARCELS[n] for n in mine)
        assert len(day.closed) == packed
        assert bench_day.parcels() == {"labelled": packed}
        bench_day.loads_the_lorry(people[0], day.closed)
        assert bench_day.parcels() == {"shipped": packed}
        house.passes_flask_check()
        assert [trouble for person in people for trouble in person.troubles] == []


def _weighs_by_the_scale(bench: Bench, job: Job) -> None:
    """Nobody types: a moving weight is nothing, a settled one boxes; the card's steps come first."""
    bench.opens(job.tote)
    bench.checks()
    page = bench.who.page
    page.evaluate("putOnScale('ST,GS,+  0.900kg')")
    bench.does_the_card()
    page.evaluate("putOnScale('US,GS,+  0.500kg')")
    page.evaluate("putOnScale('ST,GS,+  0.000kg')")
    assert bench.state() is PackState.VERIFIED
    with bench.who.changed():
        page.evaluate(f"putOnScale('ST,GS,+  {bench.grams() / 1000:.3f}kg')")
    bench.proves()
