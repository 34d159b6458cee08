"""what goes out again names the parcel it is for; weeks' reports are kept"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from floor.migrations.reshape import drop_reference

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()
_TEXT = sqlmodel.sql.sqltypes.AutoString
#: Orders sent in a parcel's place held what it held: a line finds its line by the article.
_KEEP = """
    INSERT INTO resent_line (order_line_id, parcel_id, of_line_id)
    SELECT new.id, e.parcel_id, MIN(old.id)
    FROM parcel_exception e
    JOIN order_line new ON new.order_id = e.resent_order_id
    JOIN parcel_line p ON p.parcel_id = e.parcel_id AND p.sku_id = new.sku_id
    JOIN shipment_line s ON s.id = p.shipment_line_id
    JOIN order_line old ON old.id = s.order_line_id
    GROUP BY new.id, e.parcel_id
"""


def upgrade() -> None:
    op.create_table(
        "resent_line",
        sa.Column("order_line_id", sa.Integer(), nullable=False),
        sa.Column("parcel_id", sa.Integer(), nullable=False),
        sa.Column("of_line_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["order_line_id"], ["order_line.id"], name=op.f("fk_resent_line_order_line_id")),
        sa.ForeignKeyConstraint(["of_line_id"], ["order_line.id"], name=op.f("fk_resent_line_of_line_id")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_resent_line_parcel_id")),
        sa.PrimaryKeyConstraint("order_line_id", name=op.f("pk_resent_line")),
    )
    op.create_index(op.f("ix_resent_line_of_line_id"), "resent_line", ["of_line_id"])
    op.create_index(op.f("ix_resent_line_parcel_id"), "resent_line", ["parcel_id"])
    op.execute(_KEEP)
    drop_reference("parcel_exception", "resent_order_id")
    op.create_table(
        "insight_week_report",
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("site", _TEXT(length=16), nullable=False),
        sa.Column("lang", _TEXT(length=16), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("first", "site", "lang", name=op.f("pk_insight_week_report")),
    )
