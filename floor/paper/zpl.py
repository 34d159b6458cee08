"""Labels for thermal printers: the page's dots in a ^GFA field, so that no printer needs a Chinese font.

The dots are packed the way every ZPL machine reads, clones too (ZPL II guide, "alternative data compression scheme"):
G..Y repeat the next hex digit 1..19 times, g..z 20..400 times; a comma fills the row with 0, an exclamation mark with
F, a colon repeats the row above. Z64 would be a third as long (19 kB a label, not 54), but cheap printers print it as
garbage.
"""

import re
from collections.abc import Sequence

from floor.paper.raster import Bitmap, bitmaps
from floor.paper.waybills import Waybill, size_mm, waybills_pdf

_RUN = re.compile(r"([0-9A-F])\1{2,}")
_MOST_REPEATED = 400


def waybills_zpl(labels: Sequence[Waybill], lang: str, size: str, dpi: int) -> list[bytes]:
    """One ZPL document per label, in their order. Errors as `waybills_pdf` and `raster.bitmaps`."""
    return [label(page) for page in bitmaps(waybills_pdf(labels, lang, size), size_mm(size), dpi)]


def label(page: Bitmap) -> bytes:
    """One label, printed once, whatever the printer was told before."""
    total = page.stride * page.height
    head = f"^XA^MNY^PW{page.width}^LL{page.height}^LH0,0^LS0^PON^FO0,0^GFA,{total},{total},{page.stride},"
    return f"{head}{packed(page)}^FS^PQ1,0,1,N^XZ\n".encode("ascii")


def packed(page: Bitmap) -> str:
    """The rows as hexadecimal digits, compressed."""
    out, above = [], b""
    for start in range(0, len(page.rows), page.stride):
        row = page.rows[start : start + page.stride]
        out.append(":" if row == above else _packed_row(row.hex().upper()))
        above = row
    return "".join(out)


def _packed_row(digits: str) -> str:
    for digit, mark in (("0", ","), ("F", "!")):
        kept = digits.rstrip(digit)
        if len(digits) - len(kept) > 1:
            return _RUN.sub(_short, kept) + mark
    return _RUN.sub(_short, digits)


def _short(run: "re.Match[str]") -> str:
    left, out = len(run[0]), ""
    while left >= _MOST_REPEATED:
        out, left = out + "z" + run[1], left - _MOST_REPEATED
    if not left:
        return out
    twenties, ones = divmod(left, 20)
    return out + (chr(ord("f") + twenties) if twenties else "") + (chr(ord("F") + ones) if ones else "") + run[1]
