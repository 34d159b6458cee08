"""capacities of a warehouse's day, figures and prices of runs, announced orders"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()


def upgrade() -> None:
    for column in ("heavy_lines", "cold_lines", "bench_parcels"):
        op.add_column("warehouse", sa.Column(column, sa.Integer(), nullable=True))
    op.add_column("sku", sa.Column("is_cold", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("rate", sa.Column("max_g", sa.Integer(), nullable=True))
    op.add_column("allocation_run", sa.Column("figures", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("unallocated_order", sa.Column("lacks", sa.JSON(), server_default="[]", nullable=False))
    op.create_table(
        "pickup",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("carrier_id", sa.Integer(), nullable=False),
        sa.Column("parcels", sa.Integer(), nullable=True),
        sa.Column("weight_kg", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["carrier_id"], ["carrier.id"], name=op.f("fk_pickup_carrier_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_pickup_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pickup")),
        sa.UniqueConstraint("warehouse_id", "carrier_id", name=op.f("uq_pickup_warehouse_id_carrier_id")),
    )
    op.create_table(
        "run_prices",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["allocation_run.id"], name=op.f("fk_run_prices_run_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_prices")),
    )
    op.create_table(
        "announcement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("carrier_id", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("announced_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["carrier_id"], ["carrier.id"], name=op.f("fk_announcement_carrier_id")),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_announcement_order_id")),
        sa.ForeignKeyConstraint(["run_id"], ["allocation_run.id"], name=op.f("fk_announcement_run_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_announcement_sku_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_announcement_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
        sa.UniqueConstraint(
            "order_id", "sku_id", "warehouse_id", name=op.f("uq_announcement_order_id_sku_id_warehouse_id")
        ),
    )
    op.create_index(op.f("ix_announcement_warehouse_id"), "announcement", ["warehouse_id"])
