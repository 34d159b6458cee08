"""packing bench: how goods are checked, steps of care, parcels opened again, weights taken with a reason"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from floor.migrations.reshape import add_reference, change_values

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_CARE = ("fragile", "electronics", "liquid", "cold", "leaflet", "gift_wrap", "gift_card")


def upgrade() -> None:
    op.execute(
        "ALTER TABLE sku ADD COLUMN check_by VARCHAR(24) DEFAULT 'each' NOT NULL"
        " CONSTRAINT ck_sku_checkby CHECK (check_by IN ('each', 'line', 'serial'))"
    )
    op.create_table(
        "care_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", _care(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=True),
        sa.Column("packing_class", sa.String(24), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("code", sa.String(48), nullable=False),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_care_rule_sku_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_rule")),
    )
    op.create_index(op.f("ix_care_rule_sku_id"), "care_rule", ["sku_id"])
    op.create_table(
        "pack_care",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pack_id", sa.Integer(), nullable=False),
        sa.Column("kind", _care(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(48), nullable=False),
        sa.Column("done_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["pack_id"], ["pack.id"], name=op.f("fk_pack_care_pack_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_pack_care_sku_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pack_care")),
    )
    op.create_index(op.f("ix_pack_care_pack_id"), "pack_care", ["pack_id"])
    op.add_column("pack", sa.Column("too_small", sa.JSON(), server_default="[]", nullable=False))
    add_reference("pack", "heap_id", "place")
    op.add_column("pack_scan", sa.Column("qty", sa.Integer(), server_default="1", nullable=False))
    add_reference("pack_scan", "lot_id", "lot")
    op.add_column("parcel", sa.Column("weight_why", sa.String(16), server_default="", nullable=False))
    op.add_column("parcel", sa.Column("was", sa.JSON(), server_default="{}", nullable=False))
    change_values("parcel", "state", "parcelstate", ("boxed", "labelled", "shipped", "opened", "void"))


def _care() -> sa.Enum:
    return sa.Enum(*_CARE, name="carekind", native_enum=False, create_constraint=True, length=24)
