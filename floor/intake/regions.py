"""The provinces of China by their full names, as rates and warehouses spell them."""

import json
from pathlib import Path

PROVINCES: frozenset[str] = frozenset(json.loads(Path(__file__).with_name("regions.json").read_text("utf-8")))

#: The first two characters tell them apart: short forms ("Zhejiang" without "province") find the full name.
_BY_START = {name[:2]: name for name in PROVINCES}


def full_province(text: str) -> str:
    """The full name of a province given in short; anything else stays as it came, for the audit to judge."""
    return text if text in PROVINCES else _BY_START.get(text[:2], text)
