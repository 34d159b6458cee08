"""pick faces, safety stock with reorder points, supply terms, purchase requests, stock feeds of channels"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()


def _text(length: int) -> sqlmodel.sql.sqltypes.AutoString:
    return sqlmodel.sql.sqltypes.AutoString(length=length)


def upgrade() -> None:
    op.create_table(
        "stock_feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", _text(24), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("floor_qty", sa.Integer(), nullable=False),
        sa.Column("ceiling_qty", sa.Integer(), nullable=True),
        sa.Column("warehouses", sa.JSON(), nullable=False),
        sa.Column("may_oversell", sa.Boolean(), nullable=False),
        sa.Column("url", _text(300), nullable=False),
        sa.Column("secret", _text(80), nullable=False),
        sa.Column("key", _text(80), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("delivered_at", _TIME, nullable=True),
        sa.CheckConstraint(
            "floor_qty >= 0 AND (ceiling_qty IS NULL OR ceiling_qty >= floor_qty)", name=op.f("ck_stock_feed_clamp")
        ),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_stock_feed_percent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_feed")),
        sa.UniqueConstraint("channel", name=op.f("uq_stock_feed_channel")),
    )
    op.create_table(
        "purchase_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("free", sa.Integer(), nullable=False),
        sa.Column("coming", sa.Integer(), nullable=False),
        sa.Column("reorder_point", sa.Integer(), nullable=False),
        sa.Column("supplier", _text(60), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "ordered",
                "dismissed",
                name="purchasestate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("decided_at", _TIME, nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("qty > 0", name=op.f("ck_purchase_request_qty")),
        sa.ForeignKeyConstraint(["decided_by"], ["user_account.id"], name=op.f("fk_purchase_request_decided_by")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_purchase_request_sku_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_purchase_request_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_request")),
    )
    op.create_index(
        "ix_purchase_request_open",
        "purchase_request",
        ["warehouse_id", "sku_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(op.f("ix_purchase_request_sku_id"), "purchase_request", ["sku_id"])
    op.create_index(op.f("ix_purchase_request_state"), "purchase_request", ["state"])

    op.create_table(
        "stock_feed_row",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["stock_feed.id"], name=op.f("fk_stock_feed_row_feed_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_stock_feed_row_sku_id")),
        sa.PrimaryKeyConstraint("feed_id", "sku_id", name=op.f("pk_stock_feed_row")),
    )
    op.create_index(op.f("ix_stock_feed_row_sku_id"), "stock_feed_row", ["sku_id"])

    op.create_table(
        "stock_share",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("floor_qty", sa.Integer(), nullable=False),
        sa.Column("ceiling_qty", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "floor_qty >= 0 AND (ceiling_qty IS NULL OR ceiling_qty >= floor_qty)", name=op.f("ck_stock_share_clamp")
        ),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_stock_share_percent")),
        sa.ForeignKeyConstraint(["feed_id"], ["stock_feed.id"], name=op.f("fk_stock_share_feed_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_stock_share_sku_id")),
        sa.PrimaryKeyConstraint("feed_id", "sku_id", name=op.f("pk_stock_share")),
    )
    op.create_index(op.f("ix_stock_share_sku_id"), "stock_share", ["sku_id"])

    op.create_table(
        "supply_defaults",
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("lead_days", sa.Float(), nullable=False),
        sa.Column("lead_sd_days", sa.Float(), nullable=False),
        sa.Column("level_a", sa.Integer(), nullable=False),
        sa.Column("level_b", sa.Integer(), nullable=False),
        sa.Column("level_c", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_supply_defaults_warehouse_id")),
        sa.PrimaryKeyConstraint("warehouse_id", name=op.f("pk_supply_defaults")),
    )
    op.create_table(
        "supply_terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("supplier", _text(60), nullable=False),
        sa.Column("lead_days", sa.Float(), nullable=False),
        sa.Column("lead_sd_days", sa.Float(), nullable=False),
        sa.Column("pack_qty", sa.Integer(), nullable=False),
        sa.Column("min_order", sa.Integer(), nullable=False),
        sa.Column("price_fen", sa.Integer(), nullable=False),
        sa.Column("is_preferred", sa.Boolean(), nullable=False),
        sa.CheckConstraint("lead_days >= 0 AND lead_sd_days >= 0", name=op.f("ck_supply_terms_lead")),
        sa.CheckConstraint("pack_qty > 0 AND min_order >= 0 AND price_fen >= 0", name=op.f("ck_supply_terms_order")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_supply_terms_sku_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_terms")),
        sa.UniqueConstraint("sku_id", "supplier", name=op.f("uq_supply_terms_sku_id_supplier")),
    )
    op.create_index(
        "ix_supply_terms_preferred",
        "supply_terms",
        ["sku_id"],
        unique=True,
        sqlite_where=sa.text("is_preferred"),
        postgresql_where=sa.text("is_preferred"),
    )

    op.create_table(
        "pick_face",
        sa.Column("bin_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("min_qty", sa.Integer(), nullable=False),
        sa.Column("max_qty", sa.Integer(), nullable=False),
        sa.CheckConstraint("min_qty >= 0 AND max_qty >= min_qty AND max_qty > 0", name=op.f("ck_pick_face_levels")),
        sa.ForeignKeyConstraint(["bin_id"], ["bin.id"], name=op.f("fk_pick_face_bin_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_pick_face_sku_id")),
        sa.PrimaryKeyConstraint("bin_id", "sku_id", name=op.f("pk_pick_face")),
    )
    op.create_index(op.f("ix_pick_face_sku_id"), "pick_face", ["sku_id"])

    op.add_column("replenishment", sa.Column("wanted", sa.Integer(), server_default="0", nullable=False))
    op.add_column("replenishment", sa.Column("orders", sa.Integer(), server_default="0", nullable=False))
    op.add_column("replenishment", sa.Column("item_seen", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("replenishment", sa.Column("taken", sa.Integer(), nullable=True))
    # One open task per face from now on: of several the oldest stays, and the next look at the face asks for the rest.
    op.execute(
        "UPDATE replenishment SET state = 'cancelled' WHERE state = 'open' AND id NOT IN"
        " (SELECT min(id) FROM replenishment WHERE state = 'open' GROUP BY to_bin_id, sku_id)"
    )
    op.create_index(
        "ix_replenishment_open",
        "replenishment",
        ["to_bin_id", "sku_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )

    op.add_column("safety_stock", sa.Column("reorder_point", sa.Integer(), nullable=True))
    op.add_column("safety_stock", sa.Column("is_manual", sa.Boolean(), server_default=sa.true(), nullable=False))
