from typing import Literal

from pydantic import BaseModel, Field


class SignIn(BaseModel):
    badge: str = Field(min_length=2, max_length=32)
    pin: str = Field(min_length=4, max_length=12)


class Preferences(BaseModel):
    lang: Literal["", "zh_Hans_CN", "en"] = ""
    theme: Literal["auto", "light", "dark"] = "auto"
    hand: Literal["right", "left"] = "right"
    text_size: Literal["normal", "large"] = "normal"
    volume: int = Field(default=2, ge=0, le=3)
    vibrate: bool = False
    shortcuts: bool = False
