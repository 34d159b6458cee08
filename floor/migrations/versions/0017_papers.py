"""papers: what a label says of its shipment's parcels, what the one on the box says still, void numbers, routes asked"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()


def upgrade() -> None:
    op.execute("ALTER TABLE print_job ADD COLUMN says VARCHAR(9) DEFAULT '' NOT NULL")
    op.execute("ALTER TABLE print_job ADD COLUMN replaces VARCHAR(9) DEFAULT '' NOT NULL")
    for name in ("undo_at", "cancelled_at", "routes_at"):
        op.add_column("waybill", sa.Column(name, _TIME, nullable=True))
    op.create_index(op.f("ix_waybill_undo_at"), "waybill", ["undo_at"])
    op.create_index(op.f("ix_waybill_routes_at"), "waybill", ["routes_at"])
