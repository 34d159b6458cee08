import hashlib
from pathlib import Path

import pytest

from solver import compiling, warming
from solver.allocation import kernel, search
from solver.routing import length

HOME = Path(compiling.__file__).parent


@pytest.mark.parametrize(
    ("package", "kernels"),
    [("allocation", (kernel.best_plan, search.search)), ("routing", (length.walk_length,))],
)
def test_what_is_compiled_lies_under_the_name_of_all_sources_it_was_made_from(package, kernels):
    """A kernel has those of other files in it, and must not outlive a change of theirs."""
    sources = sorted((HOME / package).glob("*.py"))
    name = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    for compiled in kernels:
        assert f"kernels-{name}" in Path(compiled.stats.cache_path).parts


def test_a_package_that_calls_the_kernels_of_another_is_compiled_anew_with_it(monkeypatch, tmp_path):
    for package in ("routing", "batching"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "kernel.py").write_text("one")
    monkeypatch.setattr(compiling, "_HERE", tmp_path)
    folder_of = compiling.folder_of.__wrapped__
    before = folder_of("routing"), folder_of("batching")
    (tmp_path / "routing" / "kernel.py").write_text("two")
    after = folder_of("routing"), folder_of("batching")
    assert all(old != new for old, new in zip(before, after, strict=True))


def test_kernels_are_warmed_once_for_these_sources(monkeypatch, tmp_path):
    planned = []
    monkeypatch.setattr(warming, "folder_of", lambda name: tmp_path)
    monkeypatch.setitem(warming.PACKAGES, "routing", lambda: planned.append("routing"))
    assert [warming.main(["routing"]), warming.main(["routing"])] == [0, 0]
    assert planned == ["routing"]


def test_a_kernel_called_with_constants_is_compiled_once(monkeypatch, tmp_path):
    monkeypatch.setattr(compiling, "folder_of", lambda package: tmp_path)

    @compiling.compiled
    def inner(n):
        return n + 1

    @compiling.compiled
    def outer(n):
        return inner(3) + inner(4) + inner(n)

    assert outer(5) == 4 + 5 + 6
    assert len(inner.signatures) == 1
