"""counts: rules, visits, every number said, two signatures; observations of readers and scales"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from floor.migrations.reshape import add_reference, change_values

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()


def _text(length: int) -> sqlmodel.sql.sqltypes.AutoString:
    return sqlmodel.sql.sqltypes.AutoString(length=length)


def upgrade() -> None:
    op.create_table(
        "count_plan",
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("bins", sa.Integer(), nullable=False),
        sa.Column("planned_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_count_plan_warehouse_id")),
        sa.PrimaryKeyConstraint("warehouse_id", "day", name=op.f("pk_count_plan"))
    )
    op.create_table(
        "count_rules",
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("daily_bins", sa.Integer(), nullable=False),
        sa.Column("auto_fen", sa.Integer(), nullable=False),
        sa.Column("other_fen", sa.Integer(), nullable=False),
        sa.Column("approval_fen", sa.Integer(), nullable=False),
        sa.Column("lists_goods", sa.Boolean(), nullable=False),
        sa.CheckConstraint("0 <= auto_fen AND auto_fen <= approval_fen AND other_fen >= 0", name=op.f("ck_count_rules_limits")),
        sa.CheckConstraint("daily_bins >= 0", name=op.f("ck_count_rules_daily_bins")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_count_rules_warehouse_id")),
        sa.PrimaryKeyConstraint("warehouse_id", name=op.f("pk_count_rules"))
    )
    op.create_table(
        "observation_source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", _text(32), nullable=False),
        sa.Column("kind", sa.Enum("rfid", "weight", "camera", name="sourcekind", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("secret", _text(64), nullable=False),
        sa.Column("tolerance_percent", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("tolerance_percent BETWEEN 0 AND 100", name=op.f("ck_observation_source_tolerance")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_observation_source_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation_source")),
        sa.UniqueConstraint("code", name=op.f("uq_observation_source_code"))
    )
    op.create_index(op.f("ix_observation_source_warehouse_id"), "observation_source", ["warehouse_id"])
    op.create_table(
        "observation_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("message_id", _text(80), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["observation_source.id"], name=op.f("fk_observation_message_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_observation_message")),
        sa.UniqueConstraint("source_id", "message_id", name=op.f("uq_observation_message_source_id_message_id"))
    )
    op.create_table(
        "count_visit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("bin_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("began_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_count_visit_bin_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_count_visit_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_visit"))
    )
    op.create_index(op.f("ix_count_visit_bin_id"), "count_visit", ["bin_id"])
    op.create_index(op.f("ix_count_visit_user_id"), "count_visit", ["user_id"])
    op.create_table(
        "count_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("system_qty", sa.Integer(), nullable=False),
        sa.Column("off", sa.JSON(), nullable=False),
        sa.Column("counted_by", sa.Integer(), nullable=True),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["counted_by"], ["user_account.id"], name=op.f("fk_count_entry_counted_by")),
        sa.ForeignKeyConstraint(["task_id"], ["count_task.id"], name=op.f("fk_count_entry_task_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["count_visit.id"], name=op.f("fk_count_entry_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_entry"))
    )
    op.create_index(op.f("ix_count_entry_at"), "count_entry", ["at"])
    op.create_index(op.f("ix_count_entry_counted_by"), "count_entry", ["counted_by"])
    op.create_index(op.f("ix_count_entry_task_id"), "count_entry", ["task_id"])
    op.create_index(op.f("ix_count_entry_visit_id"), "count_entry", ["visit_id"])
    op.create_table(
        "stock_observation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("session", _text(80), nullable=False),
        sa.Column("place", _text(16), nullable=False),
        sa.Column("bin_id", sa.Integer(), nullable=True),
        sa.Column("code", _text(64), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=True),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("books_qty", sa.Integer(), nullable=True),
        sa.Column("finding", sa.Enum("pending", "agrees", "disagrees", "unknown", name="finding", native_enum=False, create_constraint=True, length=24), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("qty >= 0", name=op.f("ck_stock_observation_qty")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_stock_observation_bin_id")),
        sa.ForeignKeyConstraint(["message_id"], ["observation_message.id"], name=op.f("fk_stock_observation_message_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_stock_observation_sku_id")),
        sa.ForeignKeyConstraint(["source_id"], ["observation_source.id"], name=op.f("fk_stock_observation_source_id")),
        sa.ForeignKeyConstraint(["task_id"], ["count_task.id"], name=op.f("fk_stock_observation_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_observation")),
        sa.UniqueConstraint("source_id", "session", "place", "code", name=op.f("uq_stock_observation_source_id_session_place_code"))
    )
    op.create_index("ix_stock_observation_bin_id_sku_id", "stock_observation", ["bin_id", "sku_id"])
    op.create_index(op.f("ix_stock_observation_finding"), "stock_observation", ["finding"])
    op.create_index(op.f("ix_stock_observation_received_at"), "stock_observation", ["received_at"])
    op.create_index(op.f("ix_stock_observation_sku_id"), "stock_observation", ["sku_id"])
    op.create_table(
        "observed_tag",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("session", _text(80), nullable=False),
        sa.Column("epc", _text(64), nullable=False),
        sa.Column("observation_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["observation_id"], ["stock_observation.id"], name=op.f("fk_observed_tag_observation_id")),
        sa.ForeignKeyConstraint(["source_id"], ["observation_source.id"], name=op.f("fk_observed_tag_source_id")),
        sa.PrimaryKeyConstraint("source_id", "session", "epc", name=op.f("pk_observed_tag"))
    )
    op.create_index(op.f("ix_observed_tag_observation_id"), "observed_tag", ["observation_id"])
    add_reference("count_task", "visit_id", "count_visit")
    approver = "CONSTRAINT fk_count_task_approved_by REFERENCES user_account (id)"
    op.execute(f"ALTER TABLE count_task ADD COLUMN approved_by INTEGER {approver}")
    op.add_column("count_task", sa.Column("serials", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("count_task", sa.Column("off", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("count_task", sa.Column("round", sa.Integer(), server_default="1", nullable=False))
    op.add_column("count_task", sa.Column("barred_round", sa.Integer(), server_default="0", nullable=False))
    op.add_column("count_task", sa.Column("value_fen", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("count_task", sa.Column("why", _text(24), server_default="", nullable=False))
    op.add_column("count_task", sa.Column("decided_at", _TIME, nullable=True))
    change_values("count_task", "reason", "countreason", ("short", "zero_check", "cycle", "asked", "observed"))
    change_values("count_task", "state", "countstate", ("open", "variance", "approved", "done", "rejected"))
