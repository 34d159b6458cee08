"""deliveries, transfers, what a bin may hold"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()


def _text(length: int) -> sqlmodel.sql.sqltypes.AutoString:
    return sqlmodel.sql.sqltypes.AutoString(length=length)


def _state(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    op.add_column("bin", sa.Column("capacity_l", sa.Integer(), nullable=True))
    op.add_column("bin", sa.Column("max_weight_kg", sa.Integer(), nullable=True))
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", _text(20), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("supplier", _text(80), nullable=False),
        sa.Column("reference", _text(40), nullable=False),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("state", _state("deliverystate", "expected", "receiving", "closed", "cancelled"), nullable=False),
        sa.Column("dock_id", sa.Integer(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by", _text(64), nullable=False),
        sa.Column("arrived_at", _TIME, nullable=True),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["dock_id"], ["bin.id"], name=op.f("fk_delivery_dock_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_delivery_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("number", name=op.f("uq_delivery_number")),
        sa.UniqueConstraint(
            "warehouse_id", "supplier", "reference", name=op.f("uq_delivery_warehouse_id_supplier_reference")
        ),
    )
    for column in ("expected_on", "reference", "state"):
        op.create_index(op.f(f"ix_delivery_{column}"), "delivery", [column])
    op.create_table(
        "delivery_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("damaged", sa.Integer(), nullable=False),
        sa.Column("in_doubt", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "expected >= 0 AND damaged >= 0 AND in_doubt >= 0", name=op.f("ck_delivery_line_units")
        ),
        sa.CheckConstraint("damaged + in_doubt <= received", name=op.f("ck_delivery_line_parts")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_line_delivery_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_delivery_line_sku_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_line")),
        sa.UniqueConstraint("delivery_id", "sku_id", name=op.f("uq_delivery_line_delivery_id_sku_id")),
    )
    op.create_index(op.f("ix_delivery_line_sku_id"), "delivery_line", ["sku_id"])
    op.create_table(
        "transfer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", _text(20), nullable=False),
        sa.Column("from_warehouse_id", sa.Integer(), nullable=False),
        sa.Column("to_warehouse_id", sa.Integer(), nullable=False),
        sa.Column("state", _state("transferstate", "draft", "sent", "closed", "cancelled"), nullable=False),
        sa.Column("note", _text(200), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by", _text(64), nullable=False),
        sa.Column("sent_at", _TIME, nullable=True),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.CheckConstraint("from_warehouse_id <> to_warehouse_id", name=op.f("ck_transfer_moves")),
        sa.ForeignKeyConstraint(["from_warehouse_id"], ["warehouse.id"], name=op.f("fk_transfer_from_warehouse_id")),
        sa.ForeignKeyConstraint(["to_warehouse_id"], ["warehouse.id"], name=op.f("fk_transfer_to_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("number", name=op.f("uq_transfer_number")),
    )
    op.create_index(op.f("ix_transfer_state"), "transfer", ["state"])
    op.create_table(
        "transfer_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transfer_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("lost", sa.Integer(), nullable=False),
        sa.Column("extra", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "wanted >= 0 AND received >= 0 AND lost >= 0 AND extra >= 0", name=op.f("ck_transfer_line_units")
        ),
        sa.CheckConstraint("received + lost <= sent", name=op.f("ck_transfer_line_parts")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_transfer_line_sku_id")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_transfer_line_transfer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_line")),
        sa.UniqueConstraint("transfer_id", "sku_id", name=op.f("uq_transfer_line_transfer_id_sku_id")),
    )
    op.create_index(op.f("ix_transfer_line_sku_id"), "transfer_line", ["sku_id"])
    # The books of a delivery or a transfer are the ledger rows written for it.
    op.create_index("ix_stock_ledger_subject", "stock_ledger", ["subject", "subject_id"])
