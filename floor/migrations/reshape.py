"""Changes of a table that SQLite cannot ALTER, without losing its CHECKs (Alembic's batch mode drops them silently).

On SQLite the table's own CREATE statement is edited, the table built anew beside the old one, filled, and put in its
place with its indexes ("Making Other Kinds Of Table Schema Changes" in SQLite's manual). env.py switches the foreign
keys off meanwhile and looks at them again before the commit.
"""

import re
from collections.abc import Callable, Iterable

import sqlalchemy as sa
from alembic import op


def change_check(table: str, name: str, condition: str) -> None:
    """Give the CHECK `ck_<table>_<name>` another condition."""
    full = f"ck_{table}_{name}"
    if _is_sqlite():
        rebuild(table, lambda made: _with_check(made, full, condition))
        return
    op.drop_constraint(op.f(full), table, type_="check")
    op.create_check_constraint(op.f(full), table, condition)


def change_values(table: str, column: str, name: str, values: Iterable[str]) -> None:
    """Let an enum column take these values; `name` is the enum's, in lower case."""
    listed = ", ".join(f"'{value}'" for value in values)
    change_check(table, name, f"{column} IN ({listed})")


def make_nullable(table: str, column: str, kind: sa.types.TypeEngine) -> None:
    """Allow NULL in a column."""
    if _is_sqlite():
        rebuild(table, lambda made: re.sub(rf"(\b{column}\b [^,\n]*?) NOT NULL", r"\1", made, count=1))
        return
    op.alter_column(table, column, existing_type=kind, nullable=True)


def add_reference(table: str, column: str, target: str) -> None:
    """A nullable INTEGER column that points to `target`.id, under its house name; with an index."""
    key = f"CONSTRAINT fk_{table}_{column} REFERENCES {target} (id)"
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER {key}")
    op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def drop_reference(table: str, column: str) -> None:
    """Take away a column that points to another table, and its key."""
    key = f"fk_{table}_{column}"
    if _is_sqlite():
        gone = rf"\s*\b{column}\b INTEGER,|\s*CONSTRAINT {key} FOREIGN KEY\({column}\) REFERENCES \w+ \(id\),"
        rebuild(table, lambda made: re.sub(gone, "", made))
        return
    op.drop_constraint(op.f(key), table, type_="foreignkey")
    op.drop_column(table, column)


def rebuild(table: str, edit: Callable[[str], str]) -> None:
    """SQLite: build `table` anew from its own CREATE statement, edited; rows and indexes come along, columns it has no
    more do not."""
    line = op.get_bind()
    made = line.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
    ).scalar_one()
    wanted = edit(made)
    if wanted == made:
        raise ValueError(f"the edit of {table} changed nothing")
    indexes = line.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", (table,)
    ).scalars()
    again = list(indexes)
    fresh = re.sub(rf'^CREATE TABLE "?{table}"?', f"CREATE TABLE new_{table}", wanted, count=1)
    line.exec_driver_sql(fresh)
    kept = ", ".join(f'"{row[1]}"' for row in line.exec_driver_sql(f"PRAGMA table_info(new_{table})"))
    for statement in (
        f"INSERT INTO new_{table} ({kept}) SELECT {kept} FROM {table}",  # noqa: S608 -- our own table names
        f"DROP TABLE {table}",
        f"ALTER TABLE new_{table} RENAME TO {table}",
        *again,
    ):
        line.exec_driver_sql(statement)


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _with_check(made: str, name: str, condition: str) -> str:
    begin = made.index("(", made.index(f"CONSTRAINT {name} CHECK"))
    depth, end = 0, begin
    for end in range(begin, len(made)):
        depth += {"(": 1, ")": -1}.get(made[end], 0)
        if not depth:
            break
    return f"{made[:begin]}({condition}){made[end + 1 :]}"
