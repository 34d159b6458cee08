"""Public instances beside the repository. They are not part of it; a benchmark without them says so and ends."""

import gzip
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"


def rows_of(name: str) -> list[dict[str, Any]]:
    """All rows of a gzipped JSON-lines file; none when the file is absent."""
    path = FOLDER / name
    if not path.is_file():
        print(f"no public instances here: expected ../shared/data/{name} beside the repository")
        return []
    with gzip.open(path, "rt") as lines:
        return [json.loads(line) for line in lines]
