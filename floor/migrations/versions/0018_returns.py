"""returns: exchanges and repairs, refunds by line, pictures, parcels nobody announced, rules a supervisor changes"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from floor.migrations.reshape import add_reference, change_check, change_values, rebuild

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()
_REASONS = ("no_longer_wanted", "wrong_size", "damaged", "wrong_item", "not_as_described", "defective", "refused",
            "lost")


def upgrade() -> None:
    _cases_and_items()
    _strays()
    _photos()
    _repairs()
    _refunds_by_line()
    op.create_table(
        "return_rules",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dispositions", sa.JSON(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_rules")),
    )


def _cases_and_items() -> None:
    change_values("return_case", "reason", "returnreason", _REASONS)
    _add_enum("return_case", "kind", "casekind", ("refund", "exchange", "repair"))
    add_reference("return_case", "sends_id", "customer_order")
    add_reference("return_item", "wants_sku_id", "sku")
    op.execute("ALTER TABLE return_item ADD COLUMN credit_fen INTEGER DEFAULT 0 NOT NULL")
    for name in ("settled_at", "reworked_at"):
        op.add_column("return_item", sa.Column(name, _TIME, nullable=True))
    amounts = "qty > 0 AND freight_fen >= 0 AND credit_fen >= 0 AND refund_fen >= freight_fen + credit_fen"
    change_check("return_item", "amounts", amounts)


def _add_enum(table: str, column: str, name: str, values: tuple[str, ...]) -> None:
    """The first of the values is what the rows there are had."""
    listed = ", ".join(f"'{value}'" for value in values)
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR(24) DEFAULT '{values[0]}' NOT NULL"
        f" CONSTRAINT ck_{table}_{name} CHECK ({column} IN ({listed}))"
    )


def _strays() -> None:
    op.create_table(
        "stray_parcel",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("arrived_at", _TIME, nullable=False),
        sa.Column("arrived_by", sa.Integer(), nullable=True),
        sa.Column("ending", sa.String(length=24), nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        _reference("stray_parcel", "warehouse_id", "warehouse.id"),
        _reference("stray_parcel", "arrived_by", "user_account.id"),
        _reference("stray_parcel", "case_id", "return_case.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stray_parcel")),
        sa.UniqueConstraint("number", name=op.f("uq_stray_parcel_number")),
    )
    for column in ("code", "case_id"):
        op.create_index(op.f(f"ix_stray_parcel_{column}"), "stray_parcel", [column])


def _photos() -> None:
    """Pictures leave the item's own row: it may have several, and a parcel nobody announced has some, too."""
    op.create_table(
        "return_photo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("stray_id", sa.Integer(), nullable=True),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.Column("taken_at", _TIME, nullable=False),
        sa.Column("taken_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("(item_id IS NULL) <> (stray_id IS NULL)", name=op.f("ck_return_photo_of_one")),
        _reference("return_photo", "item_id", "return_item.id"),
        _reference("return_photo", "stray_id", "stray_parcel.id"),
        _reference("return_photo", "taken_by", "user_account.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_photo")),
    )
    for column in ("item_id", "stray_id"):
        op.create_index(op.f(f"ix_return_photo_{column}"), "return_photo", [column])
    op.execute(
        "INSERT INTO return_photo (item_id, jpeg, taken_at, taken_by)"
        " SELECT id, photo, inspected_at, inspected_by FROM return_item"
        " WHERE photo IS NOT NULL AND inspected_at IS NOT NULL"
    )
    op.execute("ALTER TABLE return_item DROP COLUMN photo")


def _repairs() -> None:
    states = ("received", "diagnosed", "quoted", "accepted", "declined", "repairing", "done", "sent_back", "given_up")
    listed = ", ".join(f"'{state}'" for state in states)
    op.create_table(
        "repair",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("diagnosis", sa.String(length=500), nullable=False),
        sa.Column("quote_fen", sa.Integer(), nullable=False),
        sa.Column("fee_paid_at", _TIME, nullable=True),
        sa.Column("changed_at", _TIME, nullable=False),
        sa.CheckConstraint(f"state IN ({listed})", name=op.f("ck_repair_repairstate")),
        _reference("repair", "case_id", "return_case.id"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_repair")),
    )
    op.create_index(op.f("ix_repair_state"), "repair", ["state"])
    op.create_table(
        "repair_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("bin_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("taken_at", _TIME, nullable=False),
        sa.Column("taken_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("qty > 0", name=op.f("ck_repair_part_qty")),
        _reference("repair_part", "case_id", "repair.case_id"),
        _reference("repair_part", "sku_id", "sku.id"),
        _reference("repair_part", "bin_id", "bin.id"),
        _reference("repair_part", "taken_by", "user_account.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repair_part")),
    )
    op.create_index(op.f("ix_repair_part_case_id"), "repair_part", ["case_id"])


def _refunds_by_line() -> None:
    """One row per closed case becomes one per line and one for the freight; the sums stay."""
    line = op.get_bind()
    if line.dialect.name == "sqlite":
        rebuild("refund", lambda made: made.replace(", \n\tCONSTRAINT uq_refund_case_id UNIQUE (case_id)", ""))
    else:
        op.drop_constraint(op.f("uq_refund_case_id"), "refund", type_="unique")
    op.create_index(op.f("ix_refund_case_id"), "refund", ["case_id"])
    add_reference("refund", "order_line_id", "order_line")
    _add_enum("refund", "kind", "refundkind", ("money", "credit"))
    _add_enum("refund", "why", "refundwhy", ("inspected", "early", "exchange", "repair"))
    second = "CONSTRAINT fk_refund_second_id REFERENCES user_account (id)"
    op.execute(f"ALTER TABLE refund ADD COLUMN second_id INTEGER {second}")
    last = line.execute(sa.text("SELECT coalesce(max(id), 0) FROM refund")).scalar_one()
    for of, fen in (("i.order_line_id", "i.refund_fen - i.freight_fen"), ("NULL", "i.freight_fen")):
        group = ", i.order_line_id" if of != "NULL" else ""
        op.execute(
            "INSERT INTO refund (case_id, order_id, order_line_id, amount_fen, recorded_at, recorded_by)"
            f" SELECT r.case_id, r.order_id, {of}, SUM({fen}), r.recorded_at, r.recorded_by"  # noqa: S608
            f" FROM refund r JOIN return_item i ON i.case_id = r.case_id WHERE r.id <= {last}"
            f" GROUP BY r.id, r.case_id, r.order_id, r.recorded_at, r.recorded_by{group} HAVING SUM({fen}) > 0"
        )
    op.execute(f"DELETE FROM refund WHERE id <= {last}")  # noqa: S608


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))
