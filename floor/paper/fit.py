"""What fits in a box on paper: text at the largest size that holds it, codes on the printer's own dots.

Widths are estimates on the safe side (em per character of the label fonts): no layout is drawn to measure it.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from floor.paper import codes

MM_PER_PT = 25.4 / 72
# Thermal heads have 8 dots a millimetre (sold as 203 dpi): modules of a whole number of dots print sharp.
DOT_MM = 0.125
# Two dots a module is the least that scanned at 203 dpi, three is comfortable, beyond six it is only paper.
# Poppler, which CUPS prints with, smooths a picture enlarged less than four times in both directions, and the
# halftone of blurred bars does not scan: a picture of few rows is stretched far enough to stay sharp.
BAR_ROWS = 4
MIN_DOTS, MAX_BAR_DOTS, MAX_QR_DOTS = 2, 6, 8

LEADING = 1.25
STEP_PT = 0.5

_NARROW, _BROAD = frozenset(" .,:;'|!()[]-ijlftrI"), frozenset("mwMW@%")
_TOKEN = re.compile(r"\s+|[!-~]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Text:
    """`text` cut to what fits (with an ellipsis), and its size in points."""

    text: str
    pt: float


@dataclass(frozen=True, slots=True)
class Code:
    """A code's picture and its width on paper in mm, quiet zone included."""

    uri: str
    width: float


def text(
    content: str, width: float, height: float, largest: float, smallest: float, *, lines: int | None = None
) -> Text:
    """`content` at the largest size, `largest` to `smallest` points, that stays in the box (mm)."""
    content = " ".join(content.split())
    pt = largest
    while (over := _lines(content, width, pt) > _room(height, pt, lines)) and pt > smallest:
        pt = max(smallest, pt - STEP_PT)
    if over:
        while _lines(content + "…", width, pt) > _room(height, pt, lines):
            content = content[:-1]
        content += "…"
    return Text(content, pt)


def lines(content: str, width: float, pt: float) -> int:
    """Lines `content` takes in a box of that width (mm) at that size."""
    return _lines(" ".join(content.split()), width, pt)


def bars(content: str, width: float) -> Code:
    """Code 128 at the coarsest module that stays in `width` mm; ValueError when even the finest does not."""
    return _code(partial(codes.code128_png, height_px=BAR_ROWS), content, width, MAX_BAR_DOTS)


def qr(content: str, width: float) -> Code:
    """QR code no larger than `width` mm on a side; ValueError when the text is too long for that size."""
    return _code(codes.qr_png, content, width, MAX_QR_DOTS)


def _code(draw: Callable[..., bytes], content: str, width: float, most: int) -> Code:
    """One pixel of the picture is one dot of the printer."""
    modules = codes.png_modules(draw(content))
    dots = min(most, int(width / DOT_MM) // modules)
    if dots < MIN_DOTS:
        raise ValueError(f"{content!r} does not fit in {width} mm as a readable code")
    return Code(codes.data_uri(draw(content, module_px=dots)), modules * dots * DOT_MM)


def _room(height: float, pt: float, lines: int | None) -> int:
    possible = max(1, int(height / (pt * LEADING * MM_PER_PT)))
    return min(possible, lines or possible)


def _em(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WFA":
        return 1.0
    if character in _NARROW:
        return 0.38
    if character in _BROAD:
        return 0.93
    return 0.72 if character.isupper() else 0.6


def _lines(content: str, width: float, pt: float) -> int:
    """Lines after breaking between words and between Han characters; longer words break anywhere."""
    room = width / (pt * MM_PER_PT)
    lines, used = 1, 0.0
    for token in _TOKEN.findall(content):
        size = sum(map(_em, token))
        if used + size <= room:
            used += size
        elif token.isspace():
            used = room
        else:
            full, used = divmod(size, room)
            lines += 1 + int(full)
    return lines
