"""Addresses: a text or four words -> province, city, district, street, and the code of the division they name.

The divisions are our own table (divisions.tsv). Counties that answer to their province directly have no city; shops
write them as district or as city: both are understood. Nothing is guessed: a word that names nothing stays as it came.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from floor.intake.regions import PROVINCES, full_province

_TABLE = Path(__file__).with_name("divisions.tsv")
_PHONE_NOISE = re.compile(r"[\s\-\u2013\u2014().\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
#: What can hide or turn the words around it: control and bidirectional characters, and those without width.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb]"
)
_LINES = re.compile(r"[\t\r\n\u2028\u2029]+")


class Place(NamedTuple):
    province: str
    city: str
    district: str
    street: str
    #: Six digits of the smallest division found; "" when even the province is none of ours.
    code: str = ""


@dataclass(frozen=True)
class _Divisions:
    #: (parent code, name) -> code.
    by_name: dict[tuple[str, str], str]
    #: (parent code, name without its kind's last character) -> codes.
    by_short: dict[tuple[str, str], list[str]]
    #: Provinces that are cities themselves.
    lone: frozenset[str]
    names: dict[str, str]
    #: Province -> names of districts in it -> codes: unique ones find their city.
    districts: dict[str, dict[str, list[str]]]


@cache
def _divisions() -> _Divisions:
    by_name: dict[tuple[str, str], str] = {}
    by_short: dict[tuple[str, str], list[str]] = defaultdict(list)
    names: dict[str, str] = {}
    districts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for line in _TABLE.read_text("utf-8").splitlines():
        if line.startswith("#") or "\t" not in line:
            continue
        code, name = line.split("\t")
        names[code] = name
        parent = "" if code.endswith("0000") else f"{code[:2]}0000" if code.endswith("00") else f"{code[:4]}00"
        by_name[parent, name] = code
        by_short[parent, name[:-1]].append(code)
        if not code.endswith("00"):
            districts[code[:2]][name].append(code)
    cities = {code[:2] for code in names if code.endswith("00") and not code.endswith("0000")}
    lone = frozenset(code for code in names if code.endswith("0000") and code[:2] not in cities)
    return _Divisions(by_name, dict(by_short), lone, names, districts)


@cache
def cities_of(province: str) -> frozenset[str]:
    """The cities of a province, counties that answer to it directly among them; none where we know nothing of it."""
    table = _divisions()
    code = table.by_name.get(("", province), "")
    below = (n for n in table.names if code and n[:2] == code[:2] and n != code)
    return frozenset(table.names[n] for n in below if n.endswith("00") or n[2:4] == "90")


def is_county_of(province: str, name: str) -> bool:
    """Does a district or county of this name lie in the province? Some are cities themselves, and written so."""
    table = _divisions()
    code = table.by_name.get(("", province), "")
    return bool(code) and name in table.districts[code[:2]]


def parsed(province: str, city: str, district: str, street: str) -> Place:
    """The place these words name. Words that stand in the wrong field (a whole address in `street`, a county in `city`)
    are put where they belong; a street that repeats what stands before it is shortened by that."""
    place = Place(full_province(visible(province)), visible(city), visible(district), visible(street))
    table = _divisions()
    code = table.by_name.get(("", place.province), "")
    if not code:
        start = _leading_province(place.street)
        if not start or place.province:
            return place
        place = place._replace(province=full_province(start), street=place.street[len(start) :].lstrip())
        code = table.by_name["", place.province]
    else:
        place = place._replace(street=_without_province(place))
    return _with_district(_with_city(place, code, table), table)


def _without_province(place: Place) -> str:
    """The street without the province it may begin with; its short form counts only before the city's name, as many
    streets are called after a province."""
    short = _leading_province(place.street)
    if short == place.province or (place.city and place.street.startswith(short + place.city)):
        return _without(place.street, short)
    return place.street


def _leading_province(text: str) -> str:
    """The province a text begins with, as it is written there."""
    full = full_province(text[:2])
    if full not in PROVINCES:
        return ""
    for end in (full, full[:-1], full[:3], full[:2]):
        if text.startswith(end):
            return end
    return ""


def _with_city(place: Place, province: str, table: _Divisions) -> Place:
    """Find the city below the province: in its own field, at the start of the street, or by a district's name."""
    if province in table.lone:
        street = place.street
        for _again in range(2):  # once as the province, once as the city
            street = _without(street, place.province)
        return place._replace(city=place.city or place.province, street=street, code=province)
    code = _named(table, province, place.city)
    if code:
        name = table.names[code]
        return place._replace(city=name, street=_without(place.street, name), code=code)
    if not place.city:
        for end in range(2, min(12, len(place.street)) + 1):
            code = table.by_name.get((province, place.street[:end]), "")
            if code:
                return place._replace(city=place.street[:end], street=place.street[end:].lstrip(), code=code)
    # A county that answers to the province directly, written as city or as district.
    for word in (place.city, place.district):
        found = table.districts[province[:2]].get(word, [])
        if word and len(found) == 1:
            city = table.names.get(f"{found[0][:4]}00", word)
            district = word if place.district in ("", word) else place.district
            return place._replace(city=city, district=district, code=found[0])
    return place._replace(code=province)


def _with_district(place: Place, table: _Divisions) -> Place:
    if not place.code.endswith("00"):
        return place._replace(street=_without(place.street, place.district))
    # Districts of the four cities that are provinces stand below 01 and 02.
    parents = [place.code] if not place.code.endswith("0000") else [f"{place.code[:2]}{n}00" for n in ("01", "02")]
    for parent in parents:
        code = _named(table, parent, place.district)
        if code:
            name = table.names[code]
            return place._replace(district=name, street=_without(place.street, name), code=code)
    if not place.district:
        for end in range(min(15, len(place.street)), 1, -1):
            for parent in parents:
                code = table.by_name.get((parent, place.street[:end]), "")
                if code:
                    return place._replace(district=place.street[:end], street=place.street[end:].lstrip(), code=code)
    return place


def _named(table: _Divisions, parent: str, word: str) -> str:
    """The division of this name below `parent`; also without its last character, as people write it."""
    if not word:
        return ""
    found = table.by_name.get((parent, word), "")
    if found or len(word) < 2:
        return found
    near = table.by_short.get((parent, word), [])
    return near[0] if len(near) == 1 else ""


def _without(street: str, word: str) -> str:
    return street[len(word) :].lstrip() if word and street.startswith(word) and len(street) > len(word) else street


def visible(text: str) -> str:
    """A one-line text without characters nobody sees: they may turn an address around, or hide half of it."""
    if text.isprintable():
        return " ".join(text.split()) if " " in text else text  # a blank is the only white space printed
    return " ".join(_UNSEEN.sub("", _LINES.sub(" ", text)).split())


def visible_lines(text: str) -> str:
    """The same for a text of several lines."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n")).strip()


def _half_width(letter: str) -> str:
    return chr(ord(letter) - 0xFEE0) if 0xFF01 <= ord(letter) <= 0xFF5E else letter


def dialled(text: str) -> str:
    """A phone as it is dialled: half-width digits without blanks, dashes and +86. What is masked or no number stays as
    it came, for the audit to judge."""
    shown = visible(text)
    half = shown if shown.isascii() else "".join(map(_half_width, shown))
    bare = _PHONE_NOISE.sub("", half)
    for prefix in ("+86", "0086"):
        bare = bare.removeprefix(prefix)
    if len(bare) == 13 and bare.startswith("861"):
        bare = bare[2:]
    return bare if bare.isascii() and bare.isdecimal() else shown
