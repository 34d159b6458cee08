"""What customers and clerks send."""

import io
import re
from collections.abc import Iterable, Mapping
from typing import Literal

from PIL import Image, ImageOps, UnidentifiedImageError
from pydantic import BaseModel, Field, field_validator

from floor.kit.errors import Invalid
from floor.returns.models import Disposition, Grade, ReturnReason
from floor.returns.rules import CHECKS
from floor.web.forms import Form

MAX_PHOTO_BYTES = 8_000_000
MAX_PHOTO_PIXELS = 50_000_000
#: Longest side of the copy we keep, pixels: a scratch stays visible, a phone's 12 megapixels do not.
PHOTO_SIDE = 1280

YesNo = Literal["yes", "no"]


class Announcement(BaseModel):
    """A return as its customer or a clerk announces it; the units stand in fields of their own: `qty_<line>`."""

    reason: ReturnReason
    note: str = Field(default="", max_length=300)
    waybill: str = Field(default="", max_length=40)
    #: A clerk's tick: the parcel is already on the desk.
    here: bool = False


class Scan(BaseModel):
    code: str = Field(min_length=1, max_length=200)
    #: The item a put-away is about, once it was scanned.
    item: int | None = None


class Inspection(BaseModel):
    """The desk's findings. Every check must be answered: none is assumed."""

    complete: YesNo
    packaging: YesNo
    clean: YesNo
    works: YesNo
    grade: Grade
    disposition: Disposition | None = None
    override_reason: str = Field(default="", max_length=300)
    badge: str = Field(default="", max_length=32)
    pin: str = Field(default="", max_length=12)

    @field_validator("badge")
    @classmethod
    def _as_printed(cls, badge: str) -> str:
        return badge.upper()

    def checks(self) -> dict[str, bool]:
        return {name: getattr(self, name) == "yes" for name in CHECKS}


def units(form: Form, line_ids: Iterable[int]) -> dict[int, int]:
    """order_line_id -> units, from `qty_<line>`; 0 where nothing was typed, -1 for what is no number of units."""
    typed = {line_id: form[f"qty_{line_id}"] or "0" for line_id in line_ids}
    return {line_id: int(text) if re.fullmatch("[0-9]{1,6}", text) else -1 for line_id, text in typed.items()}


def preview(values: Mapping[str, str]) -> tuple[Grade | None, dict[str, bool]]:
    """Grade and checks as far as they are filled in, for the suggestion."""
    grade = values.get("grade", "")
    answered = {name: values[name] == "yes" for name in CHECKS if values.get(name) in ("yes", "no")}
    return (Grade(grade) if grade in list(Grade) else None), answered


def checked_photo(raw: bytes) -> bytes | None:
    """The photo as a small JPEG without its metadata (place, owner); None when none was sent.

    Raises Invalid("returns.bad_photo") for anything that is no picture, or too large a one.
    """
    if not raw:
        return None
    if len(raw) > MAX_PHOTO_BYTES:
        raise Invalid("returns.bad_photo", field="photo")
    try:
        with Image.open(io.BytesIO(raw), formats=("JPEG", "PNG", "WEBP")) as opened:
            if opened.width * opened.height > MAX_PHOTO_PIXELS:
                raise Invalid("returns.bad_photo", field="photo")
            opened.draft("RGB", (PHOTO_SIDE, PHOTO_SIDE))  # lets the JPEG decoder skip detail thrown away below
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise Invalid("returns.bad_photo", field="photo") from None
    picture.thumbnail((PHOTO_SIDE, PHOTO_SIDE))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82)
    return out.getvalue()
