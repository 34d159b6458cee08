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
            if any(module.name == "models" for module in pkgutil.iter_modules(package.__path__)):
                importlib.import_module(f"floor.{slice_.name}.models")


def run() -> None:
    _every_model()
    database = Database(context.config.attributes["url"])
    with database.engine.connect().execution_options(floor_write=True) as connection:
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            render_as_batch=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
    database.dispose()


run()
