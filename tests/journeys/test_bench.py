"""Orders from their totes to the lorry, in a browser, with everything that can go wrong at a packing bench."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from floor.packing.states import PackState
from tests.journeys import bench_day
from tests.journeys.bench_day import TWISTS, Bench, Job
from tests.journeys.person import DESK, PHONE, Person

pytestmark = pytest.mark.browser

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


def test_orders_go_from_their_totes_to_the_lorry_with_every_trouble_on_the_way(
    database_url: str, tmp_path: Path, new_context: Callable[..., BrowserContext]
) -> None:
    """By scans on a phone with the script, every other order at a tablet without: forms alone."""
    with bench_day.a_house(database_url, tmp_path, BASKETS, twins=[8]) as house:
        day, people = house.day, []  # type: ignore[attr-defined]
        for script, device in ((True, PHONE), (False, DESK)):
            context = new_context(locale="en-GB", java_script_enabled=script, **device)
            person = Person(context, house.url, script=script)
            person.sign_in("Bo")
            person.open("/stations")
            person.scan("P-SHA-1")
            people.append(person)
        scale = new_context(locale="en-GB", **DESK)
        scale.add_init_script(SCALE)
        dai = Person(scale, house.url, script=True)
        dai.sign_in("Dai")
        dai.open("/stations/P-SHA-1")
        for n, (twist, job) in enumerate(zip(TWISTS, day.jobs, strict=False)):
            bench = Bench(people[n % 2], day)
            bench.who.open("/stations/P-SHA-1")
            twist(bench, job)
            house.is_sound()
        _weighs_by_the_scale(Bench(dai, day), day.jobs[-1])
        assert len(day.closed) == 11
        assert bench_day.parcels() == {"labelled": 11}
        bench_day.loads_the_lorry(people[0], day.closed)
        assert bench_day.parcels() == {"shipped": 11}
        house.passes_flask_check()
        assert [trouble for person in (*people, dai) for trouble in person.troubles] == []


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
