"""Input of the service desk."""

from pydantic import BaseModel, Field, model_validator

from floor.care.states import Why


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
