"""intake: a basket at each till; bundles may be switched off"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "till_line",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("qty > 0", name=op.f("ck_till_line_qty")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_till_line_sku_id_sku")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_till_line_user_id_user_account")),
        sa.PrimaryKeyConstraint("user_id", "sku_id", name=op.f("pk_till_line")),
    )
    op.execute("ALTER TABLE bundle_part ADD COLUMN is_active BOOLEAN DEFAULT true NOT NULL")
