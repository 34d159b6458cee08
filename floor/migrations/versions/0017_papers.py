"""papers: what a label says of its shipment's parcels, and what the one on the box says still"""

from alembic import op

revision = "0017"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE print_job ADD COLUMN says VARCHAR(9) DEFAULT '' NOT NULL")
    op.execute("ALTER TABLE print_job ADD COLUMN replaces VARCHAR(9) DEFAULT '' NOT NULL")
