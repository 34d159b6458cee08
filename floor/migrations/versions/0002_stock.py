"""lots, units on hold, docks, goods on the road, units put aside"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from floor.migrations.reshape import add_reference, change_check, change_values, make_nullable

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()


def _text(length: int) -> sqlmodel.sql.sqltypes.AutoString:
    return sqlmodel.sql.sqltypes.AutoString(length=length)


def upgrade() -> None:
    op.create_table(
        "lot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("code", _text(40), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("hold_reason", _text(24), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_lot_sku_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("sku_id", "code", name=op.f("uq_lot_sku_id_code")),
    )
    op.create_index(op.f("ix_lot_code"), "lot", ["code"])
    op.create_index(op.f("ix_lot_expires_on"), "lot", ["expires_on"])
    op.create_table(
        "stock_lot_balance",
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty >= 0", name=op.f("ck_stock_lot_balance_qty")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_stock_lot_balance_lot_id")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_stock_lot_balance_place_id")),
        sa.PrimaryKeyConstraint("place_id", "lot_id", name=op.f("pk_stock_lot_balance")),
    )
    op.create_index(op.f("ix_stock_lot_balance_lot_id"), "stock_lot_balance", ["lot_id"])
    op.execute(
        "ALTER TABLE sku ADD COLUMN tracking VARCHAR(24) DEFAULT 'none' NOT NULL"
        " CONSTRAINT ck_sku_tracking CHECK (tracking IN ('none', 'lot', 'serial'))"
    )
    op.add_column("sku", sa.Column("min_life_days", sa.Integer(), server_default="0", nullable=False))
    op.add_column("stock_balance", sa.Column("held", sa.Integer(), server_default="0", nullable=False))
    change_check("stock_balance", "reserved", "reserved >= 0 AND held >= 0 AND reserved + held <= qty")
    add_reference("stock_ledger", "lot_id", "lot")
    op.add_column("stock_reservation", sa.Column("expires_at", _TIME, nullable=True))
    op.create_index(op.f("ix_stock_reservation_expires_at"), "stock_reservation", ["expires_at"])
    op.add_column("stock_reservation", sa.Column("note", _text(80), server_default="", nullable=False))
    make_nullable("stock_reservation", "shipment_line_id", sa.Integer())
    change_values(
        "place", "kind", "placekind",
        ("bin", "tote", "parcel", "transit", "supplier", "customer", "found", "lost", "scrap"),
    )  # fmt: skip
    change_values("bin", "kind", "binkind", ("pick", "reserve", "dock", "qc", "returns", "quarantine"))
    change_values(
        "stock_ledger", "reason", "movereason",
        ("opening", "receive", "put_away", "relocate", "transfer", "replenish", "pick", "put_back", "pack", "unpack",
         "ship", "return", "short", "damage", "found", "lost", "scrap", "count", "correction"),
    )  # fmt: skip
