from enum import StrEnum

from sqlmodel import Field, SQLModel


class Way(StrEnum):
    """Where units come from that a shelf does not have."""

    #: Another pick face joins the walk.
    DETOUR = "detour"
    #: A pick face further away, by another walk.
    WALK = "walk"
    #: What the catalogue names in its place, if the buyer agreed.
    SUBSTITUTE = "substitute"
    #: Another warehouse sends them.
    SPLIT = "split"


class ShortRule(SQLModel, table=True):
    """What a warehouse does about units a shelf does not have; without a row, as a new one says."""

    __tablename__ = "short_rule"

    warehouse_id: int = Field(primary_key=True, foreign_key="warehouse.id")
    #: The ways that are on, in the order they are tried: "detour,walk". What none of them finds waits.
    ways: str = Field(default=",".join(Way), max_length=60)
    #: How much longer another bin may make the walk, m.
    detour_m: int = 300
