"""carriers: services, zones, rules, how carriers do; waybills asked for once; notices; signatures"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

from floor.migrations.reshape import add_reference, change_values

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()


def upgrade() -> None:
    op.create_table(
        "carrier_health",
        sa.Column("carrier_id", sa.Integer(), nullable=False),
        sa.Column("down_since", _TIME, nullable=True),
        sa.Column("retry_at", _TIME, nullable=True),
        sa.Column("fails", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(["carrier_id"], ["carrier.id"], name=op.f("fk_carrier_health_carrier_id")),
        sa.PrimaryKeyConstraint("carrier_id", name=op.f("pk_carrier_health")),
    )
    op.create_table(
        "carrier_service",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("carrier_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(24), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("name_en", sa.String(60), nullable=False),
        sa.Column("kind", _enum("servicekind", "express", "post", "freight"), nullable=False),
        sa.Column("product", sa.String(40), nullable=False),
        sa.Column("cutoff", sa.Integer(), nullable=False),
        sa.Column("dim_divisor", sa.Integer(), nullable=False),
        sa.Column("max_g", sa.Integer(), nullable=True),
        sa.Column("max_side_mm", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["carrier_id"], ["carrier.id"], name=op.f("fk_carrier_service_carrier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_service")),
        sa.UniqueConstraint("carrier_id", "code", name=op.f("uq_carrier_service_carrier_id_code")),
    )
    op.create_index(op.f("ix_carrier_service_carrier_id"), "carrier_service", ["carrier_id"])
    op.create_table(
        "service_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("verdict", _enum("ruleverdict", "use", "avoid"), nullable=False),
        sa.Column("channel", sa.String(24), nullable=False),
        sa.Column("province", sa.String(40), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=True),
        sa.Column("over_g", sa.Integer(), nullable=True),
        sa.Column("up_to_g", sa.Integer(), nullable=True),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["carrier_service.id"], name=op.f("fk_service_rule_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_rule")),
    )
    op.create_index(op.f("ix_service_rule_service_id"), "service_rule", ["service_id"])
    op.create_table(
        "service_zone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("provinces", sa.JSON(), nullable=False),
        sa.Column("excluded", sa.JSON(), nullable=False),
        sa.Column("transit_days", sa.Integer(), nullable=False),
        sa.Column("first_g", sa.Integer(), nullable=False),
        sa.Column("first_fen", sa.Integer(), nullable=False),
        sa.Column("step_g", sa.Integer(), nullable=False),
        sa.Column("step_fen", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["carrier_service.id"], name=op.f("fk_service_zone_service_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_service_zone_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_zone")),
    )
    op.create_index(op.f("ix_service_zone_service_id"), "service_zone", ["service_id"])
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parcel_id", sa.Integer(), nullable=False),
        sa.Column("kind", _enum("noticekind", "mail", "push", "channel"), nullable=False),
        sa.Column("state", _enum("noticestate", "waiting", "sent", "failed", "nobody"), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sending_until", _TIME, nullable=True),
        sa.Column("error", sa.String(40), nullable=False),
        sa.Column("sent_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_notice_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("parcel_id", "kind", name=op.f("uq_notice_parcel_id_kind")),
    )
    op.create_index(op.f("ix_notice_state"), "notice", ["state"])
    op.add_column("address", sa.Column("email", sa.String(120), server_default="", nullable=False))
    op.add_column("carrier", sa.Column("outside_code", sa.String(40), server_default="", nullable=False))
    op.add_column("carrier", sa.Column("fallback_minutes", sa.Integer(), nullable=True))
    op.add_column("channel", sa.Column("shipped_url", sa.String(300), server_default="", nullable=False))
    op.add_column("manifest", sa.Column("signed_name", sa.String(60), server_default="", nullable=False))
    op.add_column("manifest", sa.Column("signature", sa.String(20000), server_default="", nullable=False))
    change_values(
        "waybill", "state", "waybillstate", ("requested", "active", "unsure", "refused", "cancelling", "void")
    )
    for column in (
        sa.Column("request_id", sa.String(32), server_default="", nullable=False),
        sa.Column("choice", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_asked_at", _TIME, nullable=True),
        sa.Column("asking_until", _TIME, nullable=True),
        sa.Column("next_try_at", _TIME, nullable=True),
        sa.Column("is_sure", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("problem", sa.String(40), server_default="", nullable=False),
        sa.Column("problem_detail", sa.String(80), server_default="", nullable=False),
        sa.Column("is_by_hand", sa.Boolean(), server_default=sa.false(), nullable=False),
    ):
        op.add_column("waybill", column)
    op.create_index(op.f("ix_waybill_request_id"), "waybill", ["request_id"])
    op.create_index(op.f("ix_waybill_next_try_at"), "waybill", ["next_try_at"])
    add_reference("waybill", "service_id", "carrier_service")
    # What is asked for already is asked for under an id of its own from now on.
    op.execute(
        "UPDATE waybill SET request_id = (SELECT number FROM parcel WHERE parcel.id = waybill.parcel_id) || '-' || id"
    )
    op.execute("UPDATE waybill SET next_try_at = requested_at WHERE state = 'requested'")


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)
