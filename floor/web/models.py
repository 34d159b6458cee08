from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.kit import clock


class Command(SQLModel, table=True):
    """One user action and the answer it got, written in the same transaction as its effect."""

    id: str = Field(primary_key=True, max_length=64)
    #: Hash of who, method, path and form: the same id with another payload is refused.
    payload_hash: str = Field(max_length=64)
    created_at: datetime = Field(default_factory=clock.now, index=True)
    #: 0 while the action is running inside its own transaction; nobody else ever sees that.
    status: int = 0
    headers: dict = Field(default_factory=dict, sa_type=sa.JSON)
    #: zlib-compressed body; emptied after a while, the id stays for good.
    body: bytes = Field(default=b"", sa_type=sa.LargeBinary)
