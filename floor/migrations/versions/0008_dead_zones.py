"""what phones did in dead zones, and the stops to check that came of it"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()
_WHY = ("cancelled", "done_elsewhere", "fewer", "stock_gone", "not_yours", "tote", "too_late")


def upgrade() -> None:
    op.add_column("walk_tote", sa.Column("told", sa.String(16), server_default="", nullable=False))
    why = sa.Enum(*_WHY, name="checkwhy", native_enum=False, create_constraint=True, length=24)
    op.create_table(
        "walk_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("walk_id", sa.Integer(), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=False),
        sa.Column("walk_tote_id", sa.Integer(), nullable=True),
        sa.Column("why", why, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("is_booked", sa.Boolean(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("settled_at", _TIME, nullable=True),
        sa.Column("settled_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("units >= 0", name=op.f("ck_walk_check_units")),
        sa.ForeignKeyConstraint(["stop_id"], ["walk_stop.id"], name=op.f("fk_walk_check_stop_id")),
        sa.ForeignKeyConstraint(["walk_id"], ["walk.id"], name=op.f("fk_walk_check_walk_id")),
        sa.ForeignKeyConstraint(["walk_tote_id"], ["walk_tote.id"], name=op.f("fk_walk_check_walk_tote_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walk_check")),
    )
    op.create_index(op.f("ix_walk_check_walk_id"), "walk_check", ["walk_id"])
    op.create_table(
        "walk_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("walk_id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("stop_id", sa.Integer(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("refused", sa.String(16), nullable=False),
        sa.Column("refused_units", sa.Integer(), nullable=False),
        sa.Column("check_id", sa.Integer(), nullable=True),
        sa.Column("step_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["check_id"], ["walk_check.id"], name=op.f("fk_walk_event_check_id")),
        sa.ForeignKeyConstraint(["stop_id"], ["walk_stop.id"], name=op.f("fk_walk_event_stop_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_walk_event_user_id")),
        sa.ForeignKeyConstraint(["walk_id"], ["walk.id"], name=op.f("fk_walk_event_walk_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_walk_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_walk_event_event_id")),
        sa.UniqueConstraint("walk_id", "phone", "seq", name=op.f("uq_walk_event_walk_id_phone_seq")),
    )
    op.create_index(op.f("ix_walk_event_walk_id"), "walk_event", ["walk_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_walk_event_walk_id"), "walk_event")
    op.drop_table("walk_event")
    op.drop_index(op.f("ix_walk_check_walk_id"), "walk_check")
    op.drop_table("walk_check")
    with op.batch_alter_table("walk_tote") as batch:
        batch.drop_column("told")
