"""printers, the print queue, many papers at once; invoices held for the tax office"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TIME = sqlmodel.sql.sqltypes.UTCDateTime()


def upgrade() -> None:
    op.create_table(
        "printer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("zpl", "browser", name="printerkind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("host", sa.String(length=120), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("dpi", sa.Integer(), nullable=False),
        sa.Column("size", sa.String(length=8), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("error", sa.String(length=60), nullable=False),
        sa.Column("seen_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_printer_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printer")),
        sa.UniqueConstraint("warehouse_id", "name", name=op.f("uq_printer_warehouse_id_name")),
    )
    op.create_table(
        "sku_tax",
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("tax_code", sa.String(length=19), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_sku_tax_sku_id")),
        sa.PrimaryKeyConstraint("sku_id", name=op.f("pk_sku_tax")),
    )
    op.create_table(
        "invoice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "held",
                "exported",
                "issued",
                "cancelled",
                name="invoicestate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "kind",
            sa.Enum("person", "company", name="buyerkind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("tax_id", sa.String(length=18), nullable=False),
        sa.Column("address", sa.String(length=120), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("bank", sa.String(length=80), nullable=False),
        sa.Column("account", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("exported_at", _TIME, nullable=True),
        sa.Column("number", sa.String(length=20), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("file_url", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name=op.f("fk_invoice_asked_by")),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_invoice_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("number", name=op.f("uq_invoice_number")),
    )
    op.create_index(op.f("ix_invoice_state"), "invoice", ["state"])
    op.create_index(
        "uq_invoice_order_id_living",
        "invoice",
        ["order_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'cancelled'"),
        postgresql_where=sa.text("state <> 'cancelled'"),
    )

    op.create_table(
        "print_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("waybill", "slip", name="paperkind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("warehouse_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("printer_id", sa.Integer(), nullable=True),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("finished_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name=op.f("fk_print_batch_asked_by")),
        sa.ForeignKeyConstraint(["printer_id"], ["printer.id"], name=op.f("fk_print_batch_printer_id")),
        sa.ForeignKeyConstraint(["warehouse_id"], ["warehouse.id"], name=op.f("fk_print_batch_warehouse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_batch")),
    )
    op.create_table(
        "invoice_line",
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("spec", sa.String(length=60), nullable=False),
        sa.Column("qty", sa.Integer(), nullable=False),
        sa.Column("tax_code", sa.String(length=19), nullable=False),
        sa.Column("rate_bp", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.Integer(), nullable=False),
        sa.Column("tax_fen", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_line_invoice_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["sku.id"], name=op.f("fk_invoice_line_sku_id")),
        sa.PrimaryKeyConstraint("invoice_id", "position", name=op.f("pk_invoice_line")),
    )
    op.create_table(
        "print_batch_part",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["print_batch.id"], name=op.f("fk_print_batch_part_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_print_batch_part")),
    )
    op.create_table(
        "print_batch_item",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("shipment_id", sa.Integer(), nullable=False),
        sa.Column("parcel_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "queued",
                "done",
                "failed",
                name="itemstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("error", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["print_batch.id"], name=op.f("fk_print_batch_item_batch_id")),
        sa.ForeignKeyConstraint(["parcel_id"], ["parcel.id"], name=op.f("fk_print_batch_item_parcel_id")),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_print_batch_item_shipment_id")),
        sa.PrimaryKeyConstraint("batch_id", "position", name=op.f("pk_print_batch_item")),
    )
    op.create_table(
        "print_sending",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("printer_id", sa.Integer(), nullable=True),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("copy_no", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "printing",
                "done",
                "failed",
                name="sendstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("error", sa.String(length=60), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("asked_at", _TIME, nullable=False),
        sa.Column("started_at", _TIME, nullable=True),
        sa.Column("done_at", _TIME, nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["user_account.id"], name=op.f("fk_print_sending_asked_by")),
        sa.ForeignKeyConstraint(["batch_id"], ["print_batch.id"], name=op.f("fk_print_sending_batch_id")),
        sa.ForeignKeyConstraint(["paper_id"], ["print_job.id"], name=op.f("fk_print_sending_paper_id")),
        sa.ForeignKeyConstraint(["printer_id"], ["printer.id"], name=op.f("fk_print_sending_printer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_sending")),
    )
    op.create_index("ix_print_sending_batch", "print_sending", ["batch_id", "position"])
    op.create_index(op.f("ix_print_sending_paper_id"), "print_sending", ["paper_id"])
    op.create_index(op.f("ix_print_sending_printer_id"), "print_sending", ["printer_id"])
    op.create_index(op.f("ix_print_sending_state"), "print_sending", ["state"])
    op.create_index(
        "uq_print_sending_under_way",
        "print_sending",
        ["paper_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('queued', 'printing')"),
        postgresql_where=sa.text("state IN ('queued', 'printing')"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_print_sending_under_way",
        "print_sending",
        sqlite_where=sa.text("state IN ('queued', 'printing')"),
        postgresql_where=sa.text("state IN ('queued', 'printing')"),
    )
    op.drop_index(op.f("ix_print_sending_state"), "print_sending")
    op.drop_index(op.f("ix_print_sending_printer_id"), "print_sending")
    op.drop_index(op.f("ix_print_sending_paper_id"), "print_sending")
    op.drop_index("ix_print_sending_batch", "print_sending")

    op.drop_table("print_sending")
    op.drop_table("print_batch_item")
    op.drop_table("print_batch_part")
    op.drop_table("invoice_line")
    op.drop_table("print_batch")
    op.drop_index(
        "uq_invoice_order_id_living",
        "invoice",
        sqlite_where=sa.text("state <> 'cancelled'"),
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    op.drop_index(op.f("ix_invoice_state"), "invoice")

    op.drop_table("invoice")
    op.drop_table("sku_tax")
    op.drop_table("printer")
