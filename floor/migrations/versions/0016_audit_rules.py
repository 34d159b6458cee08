"""audit rules: severity, holds with a time, blocked buyers, what was learned, why an order ranks where it does"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from floor.migrations.reshape import change_values

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

Text = sqlmodel.sql.sqltypes.AutoString


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sqlmodel.sql.sqltypes.UTCDateTime(), nullable=nullable)


def _one_of(name: str, kind: str, *values: str) -> sa.Column:
    listed = sa.Enum(*values, name=kind, native_enum=False, create_constraint=True, length=24)
    return sa.Column(name, listed, nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _points_to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.execute(
        "ALTER TABLE audit_rule ADD COLUMN severity VARCHAR(24) DEFAULT 'hold' NOT NULL"
        " CONSTRAINT ck_audit_rule_severity CHECK (severity IN ('note', 'hold', 'stop'))"
    )
    change_values("audit_flag", "verdict", "verdict", ("open", "passed", "upheld", "gone", "noted"))
    op.create_table(
        "audit_hold",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("reason", Text(length=24), nullable=False),
        _moment("until", nullable=True),
        _moment("at"),
        sa.Column("by", sa.Integer(), nullable=True),
        _points_to("audit_hold", "order_id", "customer_order"),
        _points_to("audit_hold", "by", "user_account"),
        _key("audit_hold", "order_id"),
    )
    op.create_table(
        "audit_blocked",
        sa.Column("id", sa.Integer(), nullable=False),
        _one_of("kind", "blockedkind", "phone", "buyer", "address"),
        sa.Column("value", Text(length=200), nullable=False),
        sa.Column("why", Text(length=200), nullable=False),
        _moment("added_at"),
        sa.Column("added_by", sa.Integer(), nullable=True),
        _points_to("audit_blocked", "added_by", "user_account"),
        _key("audit_blocked", "id"),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_audit_blocked_kind_value")),
    )
    op.create_table(
        "audit_learned",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", Text(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _moment("made_at"),
        sa.Column("weights", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        _key("audit_learned", "id"),
        sa.UniqueConstraint("name", "version", name=op.f("uq_audit_learned_name_version")),
    )
    op.create_table(
        "audit_rank",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("is_late_risk", sa.Boolean(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        _moment("at"),
        _points_to("audit_rank", "order_id", "customer_order"),
        _key("audit_rank", "order_id"),
    )
