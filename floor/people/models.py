from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from floor.kit import clock
from floor.kit.db import enum_field


class Role(StrEnum):
    PICKER = "picker"
    PACKER = "packer"
    SERVICE = "service"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class User(SQLModel, table=True):
    """A person with a badge."""

    __tablename__ = "user_account"

    id: int | None = Field(default=None, primary_key=True)
    #: What the badge's barcode says, e.g. B-1001.
    badge: str = Field(max_length=32, unique=True)
    name: str = Field(max_length=64)
    role: Role = enum_field(Role)
    pin_hash: str = Field(max_length=200)
    #: Warehouse.code where this person works; "" for people of the whole house.
    site: str = Field(default="", max_length=16)
    is_active: bool = True
    failed_pins: int = 0
    locked_until: datetime | None = None
    # Preferences of the screen, kept with the person so that they follow to any device.
    lang: str = Field(default="", max_length=16)
    theme: str = Field(default="auto", max_length=8)
    hand: str = Field(default="right", max_length=8)
    text_size: str = Field(default="normal", max_length=8)
    #: 0 silent to 3 loud.
    volume: int = 2
    vibrate: bool = True
    shortcuts: bool = True


class Login(SQLModel, table=True):
    """A session kept on the server: ending the row ends it on every device that holds its cookie."""

    id: int | None = Field(default=None, primary_key=True)
    #: SHA-256 of the cookie's token: a stolen table opens no session.
    token_hash: str = Field(max_length=64, unique=True)
    user_id: int = Field(foreign_key="user_account.id", index=True)
    device: str = Field(default="", max_length=200)
    started_at: datetime = Field(default_factory=clock.now)
    seen_at: datetime = Field(default_factory=clock.now)
    ended_at: datetime | None = None
    #: Station this device is bound to, e.g. a packing bench; "" when none.
    station: str = Field(default="", max_length=32)
