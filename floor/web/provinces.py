"""What a province is called on the screen of whoever reads it."""

import json
from functools import cache
from pathlib import Path

from floor.web import locale


@cache
def _english() -> dict[str, str]:
    names: dict[str, str] = json.loads(Path(__file__).with_name("provinces.json").read_text("utf-8"))
    return names


def in_words(province: str, lang: str = "") -> str:
    """Its English name on English screens; what is no province of ours stays as it came."""
    english = (lang or locale.chosen()) == locale.ENGLISH
    return _english().get(province, province) if english else province
