"""Input of the service desk."""

from typing import Literal

from pydantic import BaseModel, Field, model_validator

from floor.care.states import EnquiryKind, Reason, Why


class FewerForm(BaseModel):
    qty: int = Field(ge=0, le=100_000)


class RevealForm(BaseModel):
    """Why somebody looks at a phone number; something else is said in words."""

    why: Why
    note: str = Field(default="", max_length=120)

    @model_validator(mode="after")
    def _says_what_else(self) -> "RevealForm":
        if self.why is Why.OTHER and not self.note:
            raise ValueError("Say in a few words what for")
        return self


class AskForm(BaseModel):
    """A new enquiry."""

    kind: EnquiryKind
    text: str = Field(min_length=1, max_length=2000)
    order: str = Field(default="", max_length=20)
    email: str = Field(default="", max_length=120, pattern=r"^([^@\s]+@[^@\s]+)?$")
    lang: Literal["zh", "en"] = "zh"


class SeenForm(BaseModel):
    """Which version of the enquiry the form shows."""

    seen: int = Field(ge=0, le=10**9)


class SayForm(SeenForm):
    what: Literal["answer", "note", "question"]
    text: str = Field(min_length=1, max_length=2000)


class TemplateForm(BaseModel):
    id: int | None = Field(default=None, ge=1, le=10**9)
    kind: EnquiryKind
    name: str = Field(min_length=1, max_length=60)
    text: str = Field(min_length=1, max_length=2000)
    text_en: str = Field(min_length=1, max_length=2000)


class FeedbackForm(BaseModel):
    stars: int = Field(ge=1, le=5)
    words: str = Field(default="", max_length=500)

    @staticmethod
    def reasons(given: list[str]) -> list[Reason]:
        """Those of the ticked boxes that are reasons, each once, in their order."""
        return [reason for reason in Reason if reason.value in given]
