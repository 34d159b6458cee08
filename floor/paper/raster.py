"""Pages as dots: a PDF at a printer's own resolution, black or white, by poppler's pdftoppm (what CUPS prints with).

A process of its own each time: a page that breaks it breaks nothing else. Label, PNG and ZPL are the same dots.
"""

import io
import re
import subprocess
from dataclasses import dataclass

from PIL import Image

#: Dots a millimetre of the heads that are sold as so many dpi.
DOTS_PER_MM = {203: 8.0, 300: 300 / 25.4, 600: 600 / 25.4}
_SECONDS = 60
_HEAD = re.compile(rb"P4\s+(\d+)\s+(\d+)\s")


@dataclass(frozen=True, slots=True)
class Bitmap:
    """One page. `rows` top to bottom, a bit a dot, 1 is ink, each row filled up to whole bytes."""

    width: int
    height: int
    rows: bytes

    @property
    def stride(self) -> int:
        """Bytes a row."""
        return (self.width + 7) // 8

    def png(self, dpi: int) -> bytes:
        """A 1-bit PNG that knows its size on paper."""
        picture = Image.frombytes("1", (self.width, self.height), self.rows, "raw", "1;I")
        out = io.BytesIO()
        picture.save(out, "PNG", dpi=(dpi, dpi), optimize=True)
        return out.getvalue()


def bitmaps(pdf: bytes, size_mm: tuple[int, int], dpi: int) -> list[Bitmap]:
    """The pages of `pdf`, all `size_mm` large. ValueError: a resolution no head has. OSError: pdftoppm is not there.

    RuntimeError when it cannot read the file.
    """
    if dpi not in DOTS_PER_MM:
        raise ValueError(f"no printer head has {dpi} dpi")
    across, down = (str(round(mm * DOTS_PER_MM[dpi])) for mm in size_mm)
    command = ["pdftoppm", "-mono", "-scale-to-x", across, "-scale-to-y", down, "-"]
    done = subprocess.run(command, input=pdf, capture_output=True, timeout=_SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"pdftoppm ended with {done.returncode}: {done.stderr.decode(errors='replace')[:200]}")
    return _read(done.stdout)


def png(pdf: bytes, size_mm: tuple[int, int], dpi: int) -> bytes:
    """The first page as the printer would burn it."""
    return bitmaps(pdf, size_mm, dpi)[0].png(dpi)


def _read(stream: bytes) -> list[Bitmap]:
    """Portable bitmaps (P4), one after the other; they say 1 for ink, as ZPL does."""
    pages, at = [], 0
    while match := _HEAD.match(stream, at):
        width, height = int(match[1]), int(match[2])
        end = match.end() + (width + 7) // 8 * height
        pages.append(Bitmap(width, height, stream[match.end() : end]))
        at = end
    return pages
