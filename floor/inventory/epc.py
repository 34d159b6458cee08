"""Tags of goods: SGTIN-96 and SGTIN URIs (GS1 EPC Tag Data Standard) to the GTIN-14 a barcode would carry.

SGTIN-96, 96 bits: header 0x30 (8), filter (3), partition (3), company prefix (20 to 40), indicator and item reference
(24 to 4), serial (38). The partition says how the 44 bits in the middle are cut. The check digit is not on the tag.
"""

import re
from dataclasses import dataclass

#: Partition -> bits and digits of the company prefix; the item reference has the rest of 44 bits and 13 digits.
_PARTITIONS = ((40, 12), (37, 11), (34, 10), (30, 9), (27, 8), (24, 7), (20, 6))
_HEADER = 0x30
_HEX = re.compile(r"[0-9A-Fa-f]{24}")
_URI = re.compile(
    r"urn:epc:(?:id:sgtin:|tag:sgtin-(?:96|198):([0-7])\.)(\d{6,12})\.(\d{1,7})\.(.{1,60})", re.IGNORECASE
)


@dataclass(frozen=True)
class Sgtin:
    """What a tag says; `filter` 1 is a unit at the till, 2 a case, 0 unsaid."""

    gtin: str
    serial: str
    filter: int = 0


def canonical(text: str) -> str:
    """One spelling per tag: hex digits are capitals, a URI is taken as it is."""
    text = text.strip()
    return text.upper() if _HEX.fullmatch(text) else text


def decoded(text: str) -> Sgtin | None:
    """An SGTIN from 24 hex digits or a URI; None for any other tag, and for one that breaks the standard."""
    text = text.strip()
    if _HEX.fullmatch(text):
        return _from_bits(int(text, 16))
    found = _URI.fullmatch(text)
    if found is None or len(found[2]) + len(found[3]) != 13:
        return None
    return Sgtin(_gtin(found[2], found[3]), found[4], int(found[1] or 0))


def encoded(company: str, item: str, serial: int, filter_: int = 1) -> str:
    """24 hex digits for a company prefix (6 to 12 digits), indicator and item reference (13 less those), serial."""
    partition = 12 - len(company)
    bits, _digits = _PARTITIONS[partition]
    value = (_HEADER << 3 | filter_) << 3 | partition
    value = (value << bits | int(company)) << (44 - bits) | int(item)
    return f"{value << 38 | serial:024X}"


def _from_bits(value: int) -> Sgtin | None:
    header, filter_, partition = value >> 88, value >> 85 & 7, value >> 82 & 7
    if header != _HEADER or partition >= len(_PARTITIONS):
        return None
    bits, digits = _PARTITIONS[partition]
    company = value >> (82 - bits) & (1 << bits) - 1
    item = value >> 38 & (1 << 44 - bits) - 1
    if company >= 10**digits or item >= 10 ** (13 - digits):
        return None
    return Sgtin(_gtin(f"{company:0{digits}}", f"{item:0{13 - digits}}"), str(value & (1 << 38) - 1), filter_)


def _gtin(company: str, item: str) -> str:
    """The indicator comes to the front, the check digit to the end."""
    body = item[0] + company + item[1:]
    return body + str(-sum(int(digit) * (1 if n % 2 else 3) for n, digit in enumerate(body)) % 10)
