"""ship: invoices are held and released, go out in numbered files; what customs calls goods"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from floor.migrations.reshape import add_reference, change_values

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()
_STATES = ("released", "held", "exported", "issued", "cancelled")


def upgrade() -> None:
    op.create_table(
        "invoice_export",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["user_account.id"], name=op.f("fk_invoice_export_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_export")),
    )
    change_values("invoice", "state", "invoicestate", _STATES)
    # "held" used to mean "waits for the next file".
    op.execute("UPDATE invoice SET state = 'released' WHERE state = 'held'")
    op.execute("ALTER TABLE invoice ADD COLUMN reason VARCHAR(200) DEFAULT '' NOT NULL")
    add_reference("invoice", "export_id", "invoice_export")
    op.execute("ALTER TABLE sku_tax ADD COLUMN hs_code VARCHAR(10) DEFAULT '' NOT NULL")
    op.execute("ALTER TABLE sku_tax ADD COLUMN origin VARCHAR(2) DEFAULT 'CN' NOT NULL")

