"""The checks: pure functions over what is known of one order. Each says what it found and where it stands in the text.

A finding's `rule` is the row of the rules that switches it; its `case` finds the sentence in messages.FLAGS.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as default
from datetime import datetime
from typing import Any

import phonenumbers

from floor.audit import divisions
from floor.audit.lexicon import INTENTS, phrases
from floor.intake.regions import PROVINCES


@dataclass(frozen=True)
class Place:
    recipient: str
    phone: str
    province: str
    city: str
    street: str
    country: str = "CN"
    #: The platform shows us stars and the carrier the rest, by a handle.
    is_masked: bool = False


@dataclass(frozen=True)
class Line:
    """Money in fen; `discount_fen` for the whole line."""

    sku: str
    qty: int
    unit_price_fen: int
    discount_fen: int = 0


@dataclass(frozen=True)
class Twin:
    """An earlier order of the same buyer with the same goods."""

    number: str
    placed_at: datetime


@dataclass(frozen=True)
class Lack:
    """A SKU of which all warehouses together have fewer free units than the order wants."""

    sku: str
    wanted: int
    free: int


@dataclass(frozen=True)
class Bar:
    """Who of this order is blocked (phone, buyer, address), and what was written about it."""

    kind: str
    why: str


@dataclass(frozen=True)
class Said:
    """An intent read in a text: how sure, 0 to 1, and where."""

    intent: str
    field: str
    sure: float
    start: int
    end: int


@dataclass(frozen=True)
class Facts:
    """One order as the checks see it. `texts` are what people wrote: field -> text."""

    placed_at: datetime
    is_paid: bool
    goods_fen: int
    freight_fen: int
    discount_fen: int
    total_fen: int
    paid_fen: int
    place: Place
    lines: tuple[Line, ...]
    texts: Mapping[str, str] = default(default_factory=dict)
    twins: tuple[Twin, ...] = ()
    #: Other orders of this buyer to this door that still could go in the same parcel.
    beside: tuple[Twin, ...] = ()
    lacking: tuple[Lack, ...] = ()
    barred: tuple[Bar, ...] = ()
    #: Provinces some carrier of ours drives to; None: nobody entered rates yet.
    served: frozenset[str] | None = None
    said: tuple[Said, ...] = ()


@dataclass(frozen=True)
class Finding:
    """`field`, `start` and `end` mark the evidence in a text; "" when the evidence is a number."""

    rule: str
    case: str
    field: str = ""
    start: int = 0
    end: int = 0
    values: Mapping[str, Any] = default(default_factory=dict)


Settings = Mapping[str, Any]
Check = Callable[[Facts, Settings], Iterable[Finding]]


def unpaid(facts: Facts, _settings: Settings) -> Iterable[Finding]:
    """Nothing was paid, although something is to pay."""
    if not facts.is_paid and facts.total_fen > 0:
        yield Finding("unpaid", "unpaid", values={"total": facts.total_fen})


def paid_amount(facts: Facts, _settings: Settings) -> Iterable[Finding]:
    """The sum paid is not the sum to pay."""
    gap = facts.paid_fen - facts.total_fen
    if facts.is_paid and gap:
        case = "overpaid" if gap > 0 else "underpaid"
        values = {"paid": facts.paid_fen, "total": facts.total_fen, "gap": abs(gap)}
        yield Finding("paid_amount", case, values=values)


def sums(facts: Facts, _settings: Settings) -> Iterable[Finding]:
    """goods = sum of lines; total = goods + freight - discount; line discounts are shares of the discount."""
    goods = sum(line.qty * line.unit_price_fen for line in facts.lines)
    if goods != facts.goods_fen:
        yield Finding("sums", "goods", values={"goods": facts.goods_fen, "lines": goods})
    counted = facts.goods_fen + facts.freight_fen - facts.discount_fen
    if counted != facts.total_fen:
        yield Finding("sums", "total", values={"total": facts.total_fen, "counted": counted})
    shares = sum(line.discount_fen for line in facts.lines)
    if shares > facts.discount_fen:
        yield Finding("sums", "discount", values={"discount": facts.discount_fen, "lines": shares})


def address(facts: Facts, _settings: Settings) -> Iterable[Finding]:
    """The courier can find the door and call."""
    return place_faults(facts.place)


def place_faults(place: Place) -> Iterable[Finding]:
    """Needed: recipient, phone, province, city, street with a house number. What is masked is the carrier's to read."""
    for name in ("recipient", "phone", "city", "street"):
        if not getattr(place, name).strip():
            yield Finding("address", f"no_{name}", name)
    hidden = {name for name in ("phone", "street") if place.is_masked and "*" in getattr(place, name)}
    if place.phone.strip() and "phone" not in hidden and not is_phone(place.phone, place.country):
        yield Finding("address", "bad_phone", "phone", 0, len(place.phone))
    if place.country == "CN" and place.province not in PROVINCES:
        yield Finding(
            "address", "bad_province" if place.province else "no_province", "province", 0, len(place.province)
        )
    if place.street.strip() and "street" not in hidden and not _HOUSE.search(place.street):
        yield Finding("address", "no_house", "street", 0, len(place.street))


def division(facts: Facts, _settings: Settings) -> Iterable[Finding]:
    """The city lies in the province."""
    place = facts.place
    if place.country != "CN" or place.province not in PROVINCES or not place.city.strip():
        return
    if not divisions.knows(place.province, place.city):
        home = divisions.province_of(place.city)
        case, values = ("other_province", {"home": home}) if home else ("unknown_city", {})
        yield Finding("division", case, "city", 0, len(place.city), values={"province": place.province, **values})


def area(facts: Facts, settings: Settings) -> Iterable[Finding]:
    """Somebody of ours drives there: a carrier has a rate for the province, and the house left nothing out."""
    place = facts.place
    if place.country != "CN":
        if settings.get("abroad") is False:
            yield Finding("area", "abroad", values={"country": place.country})
    elif place.province in settings.get("left_out", ()) or (
        facts.served is not None and place.province in PROVINCES and place.province not in facts.served
    ):
        yield Finding("area", "no_carrier", "province", 0, len(place.province), {"province": place.province})


def stock(facts: Facts, _settings: Settings) -> Iterable[Finding]:
    """No warehouse, nor all of them together, has what is wanted."""
    for lack in facts.lacking:
        yield Finding("stock", "lacking", values={"sku": lack.sku, "wanted": lack.wanted, "free": lack.free})


def blocked(facts: Facts, _settings: Settings) -> Iterable[Finding]:
    """Phone, buyer or address stands on the house's list."""
    for bar in facts.barred:
        where = {"phone": ("phone", len(facts.place.phone)), "address": ("street", len(facts.place.street))}
        name, end = where.get(bar.kind, ("", 0))
        yield Finding("blocked", f"blocked_{bar.kind}", name, 0, end, {"why": bar.why})


def bare(kind: str, text: str) -> str:
    """What two spellings of one phone, buyer or address have in common: no blanks, no +86, no case."""
    compact = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", text)).lower()
    return re.sub(r"^\+?86(?=1\d{10})", "", compact) if kind == "phone" else compact


# A house number is any digit, or a Han numeral before hao, nong, zhuang, dong, lou, danyuan, shi, zu, dui or hu.
_HOUSE = re.compile(
    "\\d|[\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u767e\u7532\u4e59]+"
    "(?=[\u53f7\u5f04\u5e62\u680b\u697c\u5355\u5ba4\u7ec4\u961f\u6237])"
)
_MAINLAND_MOBILE = re.compile(r"(?:\+?86)?1[3-9]\d{9}")
# Virtual numbers of the platforms end in an extension after a hyphen, a comma or the Han words zhuan, fenji.
_EXTENSION = re.compile("(?:-|,|\uff0c|\u8f6c|\u5206\u673a|ext\\.?|#)\\s*\\d{1,6}$", re.IGNORECASE)


def is_phone(text: str, country: str = "CN") -> bool:
    """A number somebody can be called at.

    Mainland mobile numbers count by their shape: new prefixes are in use before any table knows them. Everything else
    must be valid for phonenumbers in the address's country.
    """
    digits = str.maketrans({chr(0xFF10 + n): str(n) for n in range(10)} | {"\uff0d": "-"})
    bare = text.strip().translate(digits)
    compact = re.sub(r"[\s()]", "", bare)
    cut = _EXTENSION.sub("", compact)
    if _MAINLAND_MOBILE.fullmatch(compact.replace("-", "")) or _MAINLAND_MOBILE.fullmatch(cut.replace("-", "")):
        return country == "CN" or compact.startswith(("+86", "86"))
    for candidate in (compact, cut):
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(candidate, country)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def stop_words(facts: Facts, settings: Settings) -> Iterable[Finding]:
    """Words of the rule in what buyer or seller wrote, longest first, each word once per text."""
    words = sorted((word for word in settings.get("words", ()) if word.strip()), key=len, reverse=True)
    if not words:
        return
    anyone = re.compile("|".join(_whole(word.strip()) for word in words), re.IGNORECASE)
    for name, text in facts.texts.items():
        seen = set()
        for hit in anyone.finditer(text):
            if hit.group().lower() not in seen:
                seen.add(hit.group().lower())
                yield Finding("stop_words", "stop_word", name, hit.start(), hit.end(), {"word": hit.group()})


def _whole(word: str) -> str:
    """Latin words stand alone, so that "call me" is not found in "call medic"; Han words have no ends to look at."""
    before = r"(?<![a-z])" if word[0].isascii() else ""
    after = r"(?![a-z])" if word[-1].isascii() else ""
    return before + re.escape(word) + after


def twin(facts: Facts, _settings: Settings) -> Iterable[Finding]:
    """The same buyer ordered the same goods minutes before: most often a double click."""
    for other in facts.twins:
        minutes = max(1, round(abs((facts.placed_at - other.placed_at).total_seconds()) / 60))
        yield Finding("twin", "twin", values={"other": other.number, "minutes": minutes})


def together(facts: Facts, _settings: Settings) -> Iterable[Finding]:
    """Another order of this buyer to the same door has not left yet: one parcel would do."""
    for other in facts.beside:
        yield Finding("together", "together", values={"other": other.number})


#: A rule's code before the intent it looks for: "says_cancel".
SAYS = "says_"
#: A gift's text is not meant for us: only what harms is looked for in it.
_IN_GIFTS = ("abuse", "phone", "odd")


def says(intent: str) -> Check:
    """The check for one intent."""

    def check(facts: Facts, settings: Settings) -> Iterable[Finding]:
        for said in facts.said:
            is_ours = said.field != "gift_message" or intent in _IN_GIFTS
            if said.intent == intent and is_ours and said.sure * 100 >= settings.get("sure", 50):
                values = {"sure": round(said.sure * 100)}
                yield Finding(SAYS + intent, SAYS + intent, said.field, said.start, said.end, values)

    return check


def unusual(facts: Facts, settings: Settings) -> Iterable[Finding]:
    """Far more of one thing, or far more money, than this shop sells: a typing slip, a dealer or a fraud."""
    for line in facts.lines:
        if line.qty > settings.get("units", 500):
            values = {"sku": line.sku, "qty": line.qty, "most": settings.get("units", 500)}
            yield Finding("unusual", "many_units", values=values)
    if facts.total_fen > settings.get("value_fen", 1_000_000):
        yield Finding("unusual", "high_value", values={"total": facts.total_fen})


#: Rule code -> check, in the order the flags are shown.
CHECKS: dict[str, Check] = {
    "unpaid": unpaid,
    "paid_amount": paid_amount,
    "sums": sums,
    "address": address,
    "division": division,
    "area": area,
    **{SAYS + intent: says(intent) for intent in INTENTS},
    "stop_words": stop_words,
    "twin": twin,
    "together": together,
    "stock": stock,
    "unusual": unusual,
    "blocked": blocked,
}


#: What shops say of an order after it came in: no check finds it, its rule says what it does (happenings.py).
HAPPENINGS = ("refund_asked", "shop_stopped", "address_late", "lines_late", "notes_late")


def findings(facts: Facts, rules: Mapping[str, Settings]) -> list[Finding]:
    """What the switched-on rules find; `rules` are code -> settings. A stop word that only says what was
    understood already tells nothing new."""
    found = [one for code, check in CHECKS.items() if code in rules for one in check(facts, rules[code])]
    understood = {(one.field, one.rule) for one in found if one.rule.startswith(SAYS)}
    return [one for one in found if one.rule != "stop_words" or not understood & _meant(one)]


def _meant(word: Finding) -> set[tuple[str, str]]:
    """What a stop word would tell, in the words of the rules that understand."""
    return {(word.field, SAYS + intent) for intent, *_where in phrases(str(word.values["word"]).lower())}
