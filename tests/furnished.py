"""Houses furnished once and copied: what the furnisher gave back is kept beside them, rows by their keys.

A module says what its houses have in them by a fixture of its own, and asks for it with `furnished(db)`:

    @pytest.fixture
    def furniture():
        return a_busy_bench  # opens and ends its own units of work; called once a database
"""

import io
import pickle
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

if TYPE_CHECKING:
    from tests.servers import PostgresCluster  # pytest wants to load this plugin first

Furniture = Callable[[], Any]


@dataclass
class Files:
    """Houses in SQLite: one stands at a time, always in the same file."""

    folder: Path
    kept: int = 0

    def open(self, template: str | Path) -> str:
        """A copy of the template; returns its URL."""
        for left in self.folder.glob("floor.db*"):
            left.unlink()
        shutil.copy(template, self.folder / "floor.db")
        return f"sqlite:///{self.folder / 'floor.db'}"

    def keep(self) -> str:
        """The house as it stands, a template from now on."""
        self.kept += 1
        return str(shutil.copy(self.folder / "floor.db", self.folder / f"template-{self.kept}.db"))

    def close(self) -> None:
        """The next one clears up."""

    def forget(self, template: str) -> None:
        Path(template).unlink()


@dataclass
class Cluster:
    """Houses in PostgreSQL: one stands at a time, always under the same name."""

    cluster: "PostgresCluster"
    kept: int = 0

    def open(self, template: str) -> str:
        return self.cluster.create_database(template, "house")

    def keep(self) -> str:
        self.kept += 1
        self.cluster.create_database("house", f"furnished_{self.kept}")
        return f"furnished_{self.kept}"

    def close(self) -> None:
        self.cluster.drop_database("/house")

    def forget(self, template: str) -> None:
        self.cluster.drop_database(f"/{template}")


@dataclass(frozen=True)
class Kept:
    """A furnished house to copy, and what its furnisher gave back."""

    houses: Files | Cluster
    template: str
    found: bytes

    @classmethod
    def of(cls, houses: Files | Cluster, found: Any) -> Self:
        """The house that stands."""
        file = io.BytesIO()
        _Keys(file).dump(found)
        return cls(houses, houses.keep(), file.getvalue())

    def furnished(self, db: Session) -> Any:
        """What the furnisher gave back, with its rows as they are in this session."""
        return _Rows(io.BytesIO(self.found), db).load()


class _Keys(pickle.Pickler):
    def persistent_id(self, thing: Any) -> Any:
        return (type(thing), sa.inspect(thing).identity) if isinstance(thing, SQLModel) else None


class _Rows(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, db: Session) -> None:
        super().__init__(file)
        self.db = db

    def persistent_load(self, key: Any) -> Any:
        return self.db.get_one(*key)
