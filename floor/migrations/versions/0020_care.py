"""care: enquiries, feedback, forgotten orders, daily sums"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()
_text = sqlmodel.sql.sqltypes.AutoString


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    op.create_table(
        "enquiry_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            _enum("enquirykind", "where_is_it", "damaged", "missing", "wrong_item", "change", "invoice", "other"),
            nullable=False,
        ),
        sa.Column("name", _text(60), nullable=False),
        sa.Column("text", _text(2000), nullable=False),
        sa.Column("text_en", _text(2000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiry_template")),
        sa.UniqueConstraint("name", name=op.f("uq_enquiry_template_name")),
    )
    op.create_table(
        "insight_summed_to",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insight_summed_to")),
    )
    op.create_table(
        "insight_floor_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("walks", sa.Integer(), nullable=False),
        sa.Column("stops", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("metres", sa.Integer(), nullable=False),
        sa.Column("shorts", sa.Integer(), nullable=False),
        sa.Column("mispicks", sa.Integer(), nullable=False),
        sa.Column("mispacks", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_insight_floor_day_warehouse_id")),
        sa.PrimaryKeyConstraint("day", "warehouse_id", name=op.f("pk_insight_floor_day")),
    )
    op.create_table(
        "insight_lane_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("carrier_id", sa.Integer(), nullable=False),
        sa.Column("province", _text(40), nullable=False),
        sa.Column("parcels", sa.Integer(), nullable=False),
        sa.Column("further", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("troubled", sa.Integer(), nullable=False),
        sa.Column("cost_fen", sa.BigInteger(), nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=False),
        sa.Column("measured", sa.Integer(), nullable=False),
        sa.Column("inner_mm3", sa.BigInteger(), nullable=False),
        sa.Column("goods_mm3", sa.BigInteger(), nullable=False),
        sa.Column("mass_g", sa.BigInteger(), nullable=False),
        sa.Column("material_fen", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["carrier_id"], ["carrier.id"], name=op.f("fk_insight_lane_day_carrier_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_insight_lane_day_warehouse_id")),
        sa.PrimaryKeyConstraint("day", "warehouse_id", "carrier_id", "province", name=op.f("pk_insight_lane_day")),
    )
    op.create_table(
        "insight_return_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("reason", _text(24), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_insight_return_day_sku_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_insight_return_day_warehouse_id")),
        sa.PrimaryKeyConstraint("day", "warehouse_id", "sku_id", "reason", name=op.f("pk_insight_return_day")),
    )
    op.create_table(
        "insight_sku_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_insight_sku_day_sku_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_insight_sku_day_warehouse_id")),
        sa.PrimaryKeyConstraint("day", "warehouse_id", "sku_id", name=op.f("pk_insight_sku_day")),
    )
    op.create_table(
        "enquiry",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", _text(20), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            _enum("enquirykind", "where_is_it", "damaged", "missing", "wrong_item", "change", "invoice", "other"),
            nullable=False,
        ),
        sa.Column("state", _enum("enquirystate", "open", "answered", "closed"), nullable=False),
        sa.Column("email", _text(120), nullable=False),
        sa.Column("lang", _text(8), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("answered_at", _TIME, nullable=True),
        sa.Column("closed_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_enquiry_order_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_enquiry_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiry")),
        sa.UniqueConstraint("number", name=op.f("uq_enquiry_number")),
    )
    op.create_index("ix_enquiry_order_id", "enquiry", ["order_id"])
    op.create_index("ix_enquiry_owner_id", "enquiry", ["owner_id"])
    op.create_index("ix_enquiry_state_due_at", "enquiry", ["state", "due_at"])

    op.create_table(
        "forgotten_order",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_forgotten_order_order_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_forgotten_order")),
    )
    op.create_table(
        "enquiry_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enquiry_id", sa.Integer(), nullable=False),
        sa.Column("kind", _enum("notekind", "question", "answer", "note"), nullable=False),
        sa.Column("text", _text(2000), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor_name", _text(64), nullable=False),
        sa.Column("sending", _enum("sendstate", "waiting", "sent", "failed", "nobody"), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", _text(40), nullable=False),
        sa.ForeignKeyConstraint(["enquiry_id"], ["enquiry.id"], name=op.f("fk_enquiry_note_enquiry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enquiry_note")),
    )
    op.create_index("ix_enquiry_note_enquiry_id", "enquiry_note", ["enquiry_id"])

    op.create_table(
        "feedback",
        sa.Column("parcel_id", sa.Integer(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("words", _text(500), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_feedback_stars")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_feedback_parcel_id")),
        sa.PrimaryKeyConstraint("parcel_id", name=op.f("pk_feedback")),
    )
    op.create_index("ix_feedback_at", "feedback", ["at"])

    op.create_index("ix_shipment_shipped_at", "shipment", ["shipped_at"])

    op.create_index("ix_walk_finished_at", "walk", ["finished_at"])
