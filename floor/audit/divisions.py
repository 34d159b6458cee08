"""Which cities a province has: enough to see that an address names a place that is not there."""

from functools import cache

from floor.intake.places import cities_of, is_county_of
from floor.intake.regions import PROVINCES

#: Ends that people leave out or write in another way: "Hangzhou" for "Hangzhou city", a prefecture's peoples.
_ENDS = ("市", "地区", "盟", "县", "林区", "新区")


@cache
def _stems(province: str) -> frozenset[str]:
    return frozenset(_stem(city) for city in cities_of(province))


def _stem(city: str) -> str:
    """Two characters tell the prefectures of one province apart; a short name is its own stem."""
    bare = city.strip()
    for end in _ENDS:
        if bare.endswith(end) and len(bare) > len(end) + 1:
            bare = bare[: -len(end)]
            break
    return bare[:2]


def knows(province: str, city: str) -> bool:
    """Does the province have this city? True where nothing is known of the province; the four cities that are
    provinces take any of their own words for it."""
    if province[:2] in ("北京", "天津", "上海", "重庆"):
        return city[:2] in (province[:2], "市辖", "县") or city == "省直辖县"
    cities = _stems(province)
    return not cities or _stem(city) in cities or is_county_of(province, city)


def province_of(city: str) -> str:
    """The one province that has this city; "" for none or several."""
    found = [province for province in sorted(PROVINCES) if _stem(city) in _stems(province)]
    return found[0] if len(found) == 1 else ""
