"""short rules: what is done about units a shelf does not have, by warehouse; substitutes in catalogue and orders"""

import sqlalchemy as sa
from alembic import op

from floor.migrations.reshape import add_reference, change_check

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "short_rule",
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("ways", sa.String(length=60), nullable=False),
        sa.Column("detour_m", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_short_rule_warehouse_id")),
        sa.PrimaryKeyConstraint("warehouse_id", name=op.f("pk_short_rule")),
    )
    op.execute("ALTER TABLE customer_order ADD COLUMN takes_substitutes BOOLEAN DEFAULT FALSE NOT NULL")
    change_check("order_line", "qty", "qty >= 0 AND backordered >= 0 AND cancelled >= 0")
    add_reference("order_line", "replaces_id", "order_line")
    add_reference("sku", "substitute_id", "sku")
