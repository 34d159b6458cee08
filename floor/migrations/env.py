"""Alembic's entry: one set of migrations for SQLite and PostgreSQL."""

import importlib
import pkgutil

from alembic import context
from sqlmodel import SQLModel

import floor
from floor.kit.db import Database


def _every_model() -> None:
    for slice_ in pkgutil.iter_modules(floor.__path__):
        if slice_.ispkg:
            package = importlib.import_module(f"floor.{slice_.name}")
            for module in pkgutil.iter_modules(package.__path__):
                if module.name.startswith("models"):
                    importlib.import_module(f"floor.{slice_.name}.{module.name}")


def run() -> None:
    _every_model()
    database = Database(context.config.attributes["url"])
    with database.engine.connect().execution_options(floor_write=True) as connection:
        if database.is_sqlite:
            # Changing a table there means building it anew: with the keys enforced, dropping the old one would delete
            # or refuse what points to it. Looked at again before the commit. (SQLite: "Making Other Kinds Of Table
            # Schema Changes".)
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
            if database.is_sqlite and (lost := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                raise RuntimeError(f"rows point to nothing after the migration: {lost[:5]}")
    database.dispose()


run()
