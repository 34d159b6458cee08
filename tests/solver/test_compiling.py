import hashlib
from pathlib import Path

import numba

from solver.allocation import compiling, kernel, search


def test_what_is_compiled_lies_under_the_name_of_all_sources_it_was_made_from():
    """A kernel has those of other files in it, and must not outlive a change of theirs."""
    sources = sorted(Path(compiling.__file__).parent.glob("*.py"))
    name = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    assert Path(numba.config.CACHE_DIR).name == f"kernels-{name}"
    for compiled in (kernel.best_plan, search.search):
        assert Path(compiled.stats.cache_path).is_relative_to(numba.config.CACHE_DIR)
