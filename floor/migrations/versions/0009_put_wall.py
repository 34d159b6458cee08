"""put wall: walls, slots, shared totes, what a batch brings; walks have a mode and may be asked for"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from floor.migrations.reshape import add_reference, change_values

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()


def upgrade() -> None:
    op.create_table(
        "wall",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("columns", sa.Integer(), nullable=False),
        sa.Column("is_confirmed", sa.Boolean(), nullable=False),
        sa.Column("plan_lines", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_wall_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wall")),
        sa.UniqueConstraint("code", name=op.f("uq_wall_code")),
    )
    op.create_index(op.f("ix_wall_warehouse_id"), "wall", ["warehouse_id"])
    op.create_table(
        "wall_slot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wall_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["tote.id"], name=op.f("fk_wall_slot_id")),
        sa.ForeignKeyConstraint(["wall_id"], ["wall.id"], name=op.f("fk_wall_slot_wall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wall_slot")),
        sa.UniqueConstraint("wall_id", "number", name=op.f("uq_wall_slot_wall_id_number")),
    )
    op.execute(
        "ALTER TABLE walk ADD COLUMN mode VARCHAR(24) DEFAULT 'cluster' NOT NULL"
        " CONSTRAINT ck_walk_walkmode CHECK (mode IN ('cluster', 'wall'))"
    )
    add_reference("walk", "wall_id", "wall")
    add_reference("walk", "handover_to_id", "user_account")
    op.create_table(
        "batch_tote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("walk_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tote_id", sa.Integer(), nullable=False),
        sa.Column("is_busy", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["tote_id"], ["tote.id"], name=op.f("fk_batch_tote_tote_id")),
        sa.ForeignKeyConstraint(["walk_id"], ["walk.id"], name=op.f("fk_batch_tote_walk_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_tote")),
        sa.UniqueConstraint("walk_id", "number", name=op.f("uq_batch_tote_walk_id_number")),
    )
    op.create_index(op.f("ix_batch_tote_tote_id"), "batch_tote", ["tote_id"])
    op.create_index(op.f("ix_batch_tote_walk_id"), "batch_tote", ["walk_id"])
    op.create_index(
        "uq_batch_tote_busy", "batch_tote", ["tote_id"], unique=True,
        sqlite_where=sa.text("is_busy"), postgresql_where=sa.text("is_busy"),
    )  # fmt: skip
    op.create_table(
        "wall_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("walk_id", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("shipment_line_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("in_slot", sa.Integer(), nullable=False),
        sa.Column("in_hand", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "qty > 0 AND in_slot >= 0 AND in_hand >= 0 AND gone >= 0 AND in_slot + in_hand + gone <= qty",
            name=op.f("ck_wall_line_parts"),
        ),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_wall_line_shipment_id")),
        sa.ForeignKeyConstraint(["shipment_line_id"], ["shipment_line.id"], name=op.f("fk_wall_line_shipment_line_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_wall_line_sku_id")),
        sa.ForeignKeyConstraint(["walk_id"], ["walk.id"], name=op.f("fk_wall_line_walk_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wall_line")),
        sa.UniqueConstraint("shipment_line_id", name=op.f("uq_wall_line_shipment_line_id")),
    )
    op.create_index(op.f("ix_wall_line_shipment_id"), "wall_line", ["shipment_id"])
    op.create_index(op.f("ix_wall_line_walk_id"), "wall_line", ["walk_id"])
    op.create_table(
        "wall_put",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("walk_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("from_tote_id", sa.Integer(), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("held", "put", "undone", name="putstate", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["from_tote_id"], ["tote.id"], name=op.f("fk_wall_put_from_tote_id")),
        sa.ForeignKeyConstraint(["line_id"], ["wall_line.id"], name=op.f("fk_wall_put_line_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["wall_slot.id"], name=op.f("fk_wall_put_slot_id")),
        sa.ForeignKeyConstraint(["walk_id"], ["walk.id"], name=op.f("fk_wall_put_walk_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wall_put")),
    )
    op.create_index(op.f("ix_wall_put_line_id"), "wall_put", ["line_id"])
    op.create_index(op.f("ix_wall_put_walk_id"), "wall_put", ["walk_id"])
    op.create_index(
        "uq_wall_put_held", "wall_put", ["actor_id"], unique=True,
        sqlite_where=sa.text("state = 'held'"), postgresql_where=sa.text("state = 'held'"),
    )  # fmt: skip
    change_values(
        "stock_ledger", "reason", "movereason",
        ("opening", "receive", "put_away", "relocate", "transfer", "replenish", "pick", "sort", "put_back", "pack",
         "unpack", "ship", "return", "short", "damage", "found", "lost", "scrap", "count", "correction"),
    )  # fmt: skip
