"""packing materials: what there is, rules, what parcels took and how full they were"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()


def _values(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def upgrade() -> None:
    op.create_table(
        "material",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("name_en", sa.String(length=60), nullable=False),
        sa.Column(
            "kind",
            _values("materialkind", "carton", "mailer", "filler", "bubble", "tape", "wrap", "ice", "other"),
            nullable=False,
        ),
        sa.Column("carton_id", sa.Integer(), nullable=True),
        sa.Column("cost_fen", sa.Integer(), nullable=False),
        sa.Column("mass_g", sa.Integer(), nullable=False),
        sa.Column("is_recyclable", sa.Boolean(), nullable=False),
        sa.Column("is_degradable", sa.Boolean(), nullable=False),
        sa.Column("is_reused", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("cost_fen >= 0 AND mass_g >= 0", name=op.f("ck_material_amounts")),
        sa.ForeignKeyConstraint(["carton_id"], ["carton.id"], name=op.f("fk_material_carton_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material")),
        sa.UniqueConstraint("carton_id", name=op.f("uq_material_carton_id")),
        sa.UniqueConstraint("code", name=op.f("uq_material_code")),
    )
    op.create_table(
        "material_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "goods",
            _values("goods", "all", "normal", "fragile", "liquid", "electronics", "cold"),
            nullable=False,
        ),
        sa.Column("carrier_id", sa.Integer(), nullable=True),
        sa.Column("material_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("per", _values("per", "parcel", "unit", "litre"), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_material_rule_amount")),
        sa.ForeignKeyConstraint(["carrier_id"], ["carrier.id"], name=op.f("fk_material_rule_carrier_id")),
        sa.ForeignKeyConstraint(["material_id"], ["material.id"], name=op.f("fk_material_rule_material_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material_rule")),
        sa.UniqueConstraint(
            "goods", "carrier_id", "material_id", "per",
            name=op.f("uq_material_rule_goods_carrier_id_material_id_per"),
        ),
    )  # fmt: skip
    op.create_table(
        "parcel_fill",
        sa.Column("parcel_id", sa.Integer(), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("inner_mm3", sa.BigInteger(), nullable=False),
        sa.Column("goods_mm3", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parcel_id"], ["parcel.id"], name=op.f("fk_parcel_fill_parcel_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_parcel_fill_warehouse_id")),
        sa.PrimaryKeyConstraint("parcel_id", name=op.f("pk_parcel_fill")),
    )
    op.create_index(op.f("ix_parcel_fill_at"), "parcel_fill", ["at"])
    op.create_table(
        "parcel_material",
        sa.Column("parcel_id", sa.Integer(), nullable=False),
        sa.Column("material_id", sa.Integer(), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("mass_g", sa.Integer(), nullable=False),
        sa.Column("cost_fen", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["material_id"], ["material.id"], name=op.f("fk_parcel_material_material_id")),
        sa.ForeignKeyConstraint(
            ["parcel_id"], ["parcel.id"], name=op.f("fk_parcel_material_parcel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("parcel_id", "material_id", name=op.f("pk_parcel_material")),
    )
    op.create_index(op.f("ix_parcel_material_material_id"), "parcel_material", ["material_id"])
    # The cartons of a house that lives already: corrugated board, as nearly all are.
    op.execute(
        "INSERT INTO material (code, name, name_en, kind, carton_id, cost_fen, mass_g,"
        " is_recyclable, is_degradable, is_reused, is_active)"
        " SELECT code, name, '', 'carton', id, cost_fen, tare_g, true, false, false, is_active FROM carton"
    )
