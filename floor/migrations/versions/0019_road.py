"""road: what goes wrong with parcels, claims at carriers, rules, letters, ranges of arrival"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()
_TEXT = sqlmodel.sql.sqltypes.AutoString


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, _TIME, nullable=nullable)


def _one_of(name: str, kind: str, *values: str) -> sa.Column:
    listed = sa.Enum(*values, name=kind, native_enum=False, create_constraint=True, length=24)
    return sa.Column(name, listed, nullable=False)


def upgrade() -> None:
    op.create_table(
        "tracking_rule",
        sa.Column("code", _TEXT(length=32), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=True),
        sa.Column("is_learned", sa.Boolean(), nullable=False),
        sa.CheckConstraint("hours IS NULL OR hours > 0", name=op.f("ck_tracking_rule_hours")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_tracking_rule")),
    )
    op.create_table(
        "parcel_exception",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parcel_id", sa.Integer(), nullable=False),
        _one_of("kind", "kind", "not_collected", "stuck", "address", "refused", "damaged", "customs", "lost"),
        _one_of("state", "exceptionstate", "open", "closed"),
        _moment("since"),
        _moment("opened_at"),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        _moment("snoozed_until", nullable=True),
        _moment("closed_at", nullable=True),
        sa.Column("closed_how", sa.String(length=24), nullable=True),
        sa.Column("resent_order_id", sa.Integer(), nullable=True),
        sa.Column("refund_fen", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_parcel_exception_owner_id")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_parcel_exception_parcel_id")),
        sa.ForeignKeyConstraint(
            ["resent_order_id"], ["customer_order.id"], name=op.f("fk_parcel_exception_resent_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel_exception")),
    )
    op.create_index("ix_parcel_exception_board", "parcel_exception", ["state", "kind", "since"])
    op.create_index("ix_parcel_exception_parcel_id", "parcel_exception", ["parcel_id"])
    op.create_index(
        "uq_parcel_exception_open",
        "parcel_exception",
        ["parcel_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )

    op.create_table(
        "tracking_letter",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parcel_id", sa.Integer(), nullable=False),
        sa.Column("key", _TEXT(length=64), nullable=False),
        _one_of("topic", "topic", "collected", "out_for_delivery", "delivered", "delayed", "message"),
        sa.Column("title", _TEXT(length=120), nullable=False),
        sa.Column("text", _TEXT(length=2000), nullable=False),
        _one_of("state", "noticestate", "waiting", "sent", "failed", "nobody"),
        _moment("made_at"),
        _moment("sent_at", nullable=True),
        sa.Column("error", _TEXT(length=40), nullable=False),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_tracking_letter_parcel_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracking_letter")),
        sa.UniqueConstraint("parcel_id", "key", name=op.f("uq_tracking_letter_parcel_id_key")),
    )
    op.create_table(
        "carrier_claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("exception_id", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("reference", _TEXT(length=40), nullable=False),
        _one_of("state", "claimstate", "asked", "paid", "refused", "withdrawn"),
        _moment("asked_at"),
        _moment("settled_at", nullable=True),
        sa.Column("paid_fen", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "amount_fen > 0 AND (paid_fen IS NULL OR paid_fen >= 0)", name=op.f("ck_carrier_claim_amounts")
        ),
        sa.ForeignKeyConstraint(["exception_id"], ["parcel_exception.id"], name=op.f("fk_carrier_claim_exception_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_claim")),
        sa.UniqueConstraint("exception_id", name=op.f("uq_carrier_claim_exception_id")),
    )
    op.create_index("ix_carrier_claim_state_asked_at", "carrier_claim", ["state", "asked_at"])

    op.add_column("track", _moment("eta_from", nullable=True))
    op.add_column("track", _moment("eta_to", nullable=True))
    op.add_column("track", _moment("last_scan_at", nullable=True))
    op.add_column("track", _moment("look_at", nullable=True))
    op.add_column("track", _moment("given_up_at", nullable=True))
    op.create_index(op.f("ix_track_look_at"), "track", ["look_at"])
    # What is on the road is looked at once, as soon as the worker runs.
    op.execute(
        "UPDATE track SET last_scan_at = (SELECT max(happened_at) FROM carrier_event"
        " WHERE carrier_event.parcel_id = track.parcel_id AND carrier_event.meaning IS NOT NULL)"
    )
    op.execute("UPDATE track SET look_at = changed_at WHERE state NOT IN ('delivered', 'returned')")
