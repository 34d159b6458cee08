"""What people type about channels."""

from typing import Annotated

from pydantic import BaseModel, Field, field_validator


class ShopForm(BaseModel):
    code: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,24}$")]
    name: Annotated[str, Field(max_length=60)]
    name_en: Annotated[str, Field(max_length=60)] = ""
    adapter: Annotated[str, Field(max_length=24)] = ""
    url: Annotated[str, Field(max_length=300)] = ""
    app_key: Annotated[str, Field(max_length=120)] = ""
    app_secret: Annotated[str, Field(max_length=300)] = ""
    token: Annotated[str, Field(max_length=600)] = ""
    refresh_token: Annotated[str, Field(max_length=600)] = ""
    #: JSON; the adapter's module names its keys.
    options: Annotated[str, Field(max_length=20_000)] = ""
    every_s: Annotated[int, Field(ge=10, le=86_400)] = 60
    silent_minutes: Annotated[int, Field(ge=0, le=100_000)] = 0
    is_active: bool = False

    @field_validator("url")
    @classmethod
    def without_slash(cls, url: str) -> str:
        return url.rstrip("/")


class KeyForm(BaseModel):
    label: Annotated[str, Field(max_length=60)]
