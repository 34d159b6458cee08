"""What customers and clerks send."""

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from PIL import Image, ImageOps, UnidentifiedImageError
from pydantic import BaseModel, Field, field_validator

from floor.kit.errors import Invalid
from floor.returns.models import MOST_PHOTOS, CaseKind, Disposition, Grade, ReturnReason, StrayEnding
from floor.returns.rules import CHECKS, Rule, Terms, Timing
from floor.web.forms import Form

MAX_PHOTO_BYTES = 8_000_000
MAX_PHOTO_PIXELS = 50_000_000
#: Longest side of the copy we keep, pixels: a scratch stays visible, a phone's 12 megapixels do not.
PHOTO_SIDE = 1280

YesNo = Literal["yes", "no"]


class Announcement(BaseModel):
    """A return as its customer or a clerk announces it; the units stand in fields of their own: `qty_<line>`,
    what is wanted in exchange in `want_<line>`."""

    kind: CaseKind = CaseKind.REFUND
    reason: ReturnReason
    note: str = Field(default="", max_length=300)
    waybill: str = Field(default="", max_length=40)
    #: A clerk's tick: the parcel is already on the desk.
    here: bool = False
    #: The parcel nobody announced that turned out to be it.
    stray: int | None = Field(default=None, ge=1, le=2**31 - 1)


class Scan(BaseModel):
    code: str = Field(min_length=1, max_length=200)
    #: The item a put-away is about, once it was scanned.
    item: int | None = None


class Second(BaseModel):
    """A supervisor's badge and PIN, beside whatever is asked."""

    badge: str = Field(default="", max_length=32)
    pin: str = Field(default="", max_length=12)

    @field_validator("badge")
    @classmethod
    def _as_printed(cls, badge: str) -> str:
        return badge.upper()


class Why(BaseModel):
    why: str = Field(min_length=1, max_length=300)


class Inspection(Second):
    """The desk's findings. Every check must be answered: none is assumed."""

    complete: YesNo
    packaging: YesNo
    clean: YesNo
    works: YesNo
    grade: Grade
    disposition: Disposition | None = None
    override_reason: str = Field(default="", max_length=300)

    def checks(self) -> dict[str, bool]:
        return {name: getattr(self, name) == "yes" for name in CHECKS}


def units(form: Form, line_ids: Iterable[int]) -> dict[int, int]:
    """order_line_id -> units, from `qty_<line>`; 0 where nothing was typed, -1 for what is no number of units."""
    typed = {line_id: form[f"qty_{line_id}"] or "0" for line_id in line_ids}
    return {line_id: int(text) if re.fullmatch("[0-9]{1,6}", text) else -1 for line_id, text in typed.items()}


def wanted(form: Form, line_ids: Iterable[int]) -> dict[int, int]:
    """order_line_id -> SKU wanted in its place, from `want_<line>`; nothing where nobody chose."""
    typed = {line_id: form[f"want_{line_id}"] for line_id in line_ids}
    return {line_id: int(text) for line_id, text in typed.items() if re.fullmatch("[0-9]{1,9}", text)}


def preview(values: Mapping[str, str]) -> tuple[Grade | None, dict[str, bool]]:
    """Grade and checks as far as they are filled in, for the suggestion."""
    grade = values.get("grade", "")
    answered = {name: values[name] == "yes" for name in CHECKS if values.get(name) in ("yes", "no")}
    return (Grade(grade) if grade in list(Grade) else None), answered


class Stray(BaseModel):
    """A parcel that is kept although nobody knows whose it is."""

    code: str = Field(default="", max_length=200)
    note: str = Field(default="", max_length=300)


class StrayEnd(BaseModel):
    #: Matched ones end with the return that is opened for them.
    ending: Literal[StrayEnding.HANDED_BACK, StrayEnding.GIVEN_UP]
    note: str = Field(min_length=1, max_length=300)


class Diagnosis(BaseModel):
    diagnosis: str = Field(min_length=1, max_length=500)


class RepairQuote(BaseModel):
    #: Yuan with two decimals at most, as people write it.
    price: str = Field(pattern=r"^[0-9]{1,6}(\.[0-9]{1,2})?$")

    @property
    def fen(self) -> int:
        yuan, _dot, fen = self.price.partition(".")
        return int(yuan) * 100 + int(fen.ljust(2, "0") if fen else 0)


class Answer(BaseModel):
    accept: YesNo


class Part(BaseModel):
    """Units taken for a repair: article and shelf as scanned."""

    sku: str = Field(min_length=1, max_length=128)
    bin: str = Field(min_length=1, max_length=16)
    qty: int = Field(default=1, ge=1, le=999)


class RulesForm(BaseModel):
    """The rules as they were shown; they stand in fields of their own: `placed`, NewRule, TermsForm."""

    version: int = Field(ge=0, le=2**31 - 1)


class NewRule(BaseModel):
    """A rule more: for one grade."""

    new_grade: Grade
    new_reason: ReturnReason | None = None
    new_failed: str = ""
    new_disposition: Disposition
    new_place: int = Field(ge=1, le=99)


class TermsForm(BaseModel):
    pays_freight: bool = False
    exchange: Timing
    early: str = Field(default="0", pattern=r"^[0-9]{1,6}(\.[0-9]{1,2})?$")

    def terms(self) -> Terms:
        return Terms(self.pays_freight, self.exchange, RepairQuote(price=self.early).fen)


def placed(form: Form, rules: Iterable[Rule]) -> list[tuple[int, int, Rule]]:
    """(place, number, rule) of the rules that stay, from `place_<n>` and `disposition_<n>`; without a place one goes.

    Raises Invalid for what is no place or no disposition.
    """
    kept = []
    for n, rule in enumerate(rules):
        place, disposition = form[f"place_{n}"], form[f"disposition_{n}"]
        if not place:
            continue
        if not re.fullmatch("[0-9]{1,2}", place) or disposition not in list(Disposition):
            raise Invalid("returns.no_place", field=f"place_{n}")
        kept.append((int(place), n, replace(rule, disposition=Disposition(disposition))))
    return kept


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
    picture.info.clear()  # a comment in the file would be written into the new one
    picture.thumbnail((PHOTO_SIDE, PHOTO_SIDE))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82)
    return out.getvalue()


def checked_photos(uploads: Iterable[Any]) -> list[bytes]:
    """Every picture that was sent, made safe (`checked_photo`). Raises Invalid above MOST_PHOTOS."""
    uploads = [upload for upload in uploads if upload.filename]
    if len(uploads) > MOST_PHOTOS:
        raise Invalid("returns.too_many_photos", field="photo", most=MOST_PHOTOS)
    made = (checked_photo(upload.read(MAX_PHOTO_BYTES + 1)) for upload in uploads)
    return [jpeg for jpeg in made if jpeg]
