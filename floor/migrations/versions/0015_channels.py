"""channels: shops' accounts and feeds, API keys, bundles and free gifts; what orders carry of their channel"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sqlmodel.sql.sqltypes.UTCDateTime()


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("start", sa.String(length=12), nullable=False),
        sa.Column("hashed", sa.String(length=64), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_api_key_channel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("hashed", name=op.f("uq_api_key_hashed")),
    )
    op.create_index(op.f("ix_api_key_channel_id"), "api_key", ["channel_id"])
    op.create_table(
        "bundle_part",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.CheckConstraint("qty > 0 AND weight > 0", name=op.f("ck_bundle_part_qty")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_bundle_part_sku_id")),
        sa.PrimaryKeyConstraint("code", "sku_id", name=op.f("pk_bundle_part")),
    )
    op.create_table(
        "gift_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=24), nullable=False),
        sa.Column("from_fen", sa.Integer(), nullable=False),
        sa.Column("with_sku_id", sa.Integer(), nullable=True),
        sa.Column("gift_sku_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("begins_at", MOMENT, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["gift_sku_id"], ["sku.id"], name=op.f("fk_gift_rule_gift_sku_id")),
        sa.ForeignKeyConstraint(["with_sku_id"], ["sku.id"], name=op.f("fk_gift_rule_with_sku_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift_rule")),
    )
    op.create_table(
        "shop_account",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=300), nullable=False),
        sa.Column("app_key", sa.String(length=120), nullable=False),
        sa.Column("app_secret", sa.String(length=300), nullable=False),
        sa.Column("token", sa.String(length=600), nullable=False),
        sa.Column("refresh_token", sa.String(length=600), nullable=False),
        sa.Column("token_expires_at", MOMENT, nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_shop_account_channel_id")),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_shop_account")),
    )
    op.create_table(
        "shop_feed",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("read_to", MOMENT, nullable=False),
        sa.Column("reading_until", MOMENT, nullable=True),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("every_s", sa.Integer(), nullable=False),
        sa.Column("last_run_at", MOMENT, nullable=True),
        sa.Column("last_ok_at", MOMENT, nullable=True),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("fails", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=40), nullable=False),
        sa.Column("error_detail", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_shop_feed_channel_id")),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_shop_feed")),
    )
    op.create_index(op.f("ix_shop_feed_next_at"), "shop_feed", ["next_at"])
    for table, column, length in (
        ("address", "division", 6), ("address", "oaid", 200), ("channel", "adapter", 24),
        ("customer_order", "invoice_title", 100), ("customer_order", "invoice_tax_id", 32),
        ("inbox_message", "external_id", 64), ("order_line", "spec", 120), ("order_line", "channel_line", 64),
        ("order_line", "bundle", 32),
    ):
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} VARCHAR({length}) DEFAULT '' NOT NULL")
    op.execute("ALTER TABLE channel ADD COLUMN silent_minutes INTEGER DEFAULT 0 NOT NULL")
    op.execute("ALTER TABLE inbox_message ADD COLUMN shop_version BIGINT DEFAULT 0 NOT NULL")
    op.execute(
        "ALTER TABLE inbox_message ADD COLUMN kind VARCHAR(24) DEFAULT 'own' NOT NULL"
        " CONSTRAINT ck_inbox_message_messagekind CHECK (kind IN ('own', 'order', 'hint'))"
    )
    op.create_index("ix_inbox_message_channel_external_id", "inbox_message", ["channel", "external_id"])
