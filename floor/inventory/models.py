from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from floor.inventory.states import CountState, DeliveryState, ImportState, ReplenishmentState, TransferState
from floor.kit import clock
from floor.kit.db import enum_field, json_field


class Warehouse(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(max_length=16, unique=True)
    name: str = Field(max_length=60)
    name_en: str = Field(default="", max_length=60)
    province: str = Field(max_length=24)
    city: str = Field(max_length=24)
    #: Street, contact and phone as the waybill's sender.
    address: str = Field(max_length=160)
    contact: str = Field(default="", max_length=40)
    phone: str = Field(default="", max_length=32)
    #: Local time the last lorry leaves, "15:00"; and pick lines the shift can do until then.
    cutoff: str = Field(default="15:00", max_length=5)
    labour_lines: int = 2000
    #: Of these, lines that need heavy lifting gear or the cold room; 0: it cannot at all; None: no limit of its own.
    heavy_lines: int | None = None
    cold_lines: int | None = None
    #: Parcels the packing benches close until the cut-off; None: no limit.
    bench_parcels: int | None = None
    #: Aisle x positions, cross-aisle y positions, depot and lanes, mm: see solver.routing.problem.Layout.
    layout: dict = json_field()


class PlaceKind(StrEnum):
    #: Physical: stock is counted here.
    BIN = "bin"
    TOTE = "tote"
    PARCEL = "parcel"
    #: On the road to a warehouse of ours, from another one.
    TRANSIT = "transit"
    #: Beyond our walls or books: the other side of the double entry.
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    FOUND = "found"
    LOST = "lost"
    SCRAP = "scrap"


PHYSICAL = (PlaceKind.BIN, PlaceKind.TOTE, PlaceKind.PARCEL, PlaceKind.TRANSIT)


class Place(SQLModel, table=True):
    """Where stock can be. Bins, totes and parcels share their id with their place."""

    id: int | None = Field(default=None, primary_key=True)
    kind: PlaceKind = enum_field(PlaceKind)
    warehouse_id: int = Field(foreign_key="warehouse.id", index=True)


class BinKind(StrEnum):
    PICK = "pick"
    RESERVE = "reserve"
    #: Where deliveries wait to be put away, and where those wait that quality control has to see.
    DOCK = "dock"
    QC = "qc"
    #: Where returned goods wait for their put-away.
    RETURNS = "returns"
    #: Damaged, second choice: not for sale until somebody decides.
    QUARANTINE = "quarantine"


#: Stock in open bins of these kinds may be promised to orders.
FOR_SALE = (BinKind.PICK, BinKind.RESERVE)


class Bin(SQLModel, table=True):
    """A storage location: aisle, bay, level, and where a person stands to reach it."""

    __table_args__ = (sa.UniqueConstraint("warehouse_id", "code"),)

    id: int = Field(primary_key=True, foreign_key="place.id")
    warehouse_id: int = Field(foreign_key="warehouse.id", index=True)
    #: "A03-12-4"
    code: str = Field(max_length=16, index=True)
    aisle: str = Field(max_length=6)
    bay: int
    level: int
    #: L or R of the aisle, seen from its foot.
    side: str = Field(default="L", max_length=1)
    #: Where the picker stands, mm from the warehouse's corner.
    x_mm: int
    y_mm: int
    kind: BinKind = enum_field(BinKind, default=BinKind.PICK)
    is_closed: bool = False
    #: What may lie in it, litres and kg; None: as much as one likes.
    capacity_l: int | None = None
    max_weight_kg: int | None = None


class Tote(SQLModel, table=True):
    """A box on the cart that carries one shipment from shelf to bench."""

    id: int = Field(primary_key=True, foreign_key="place.id")
    code: str = Field(max_length=16, unique=True)
    warehouse_id: int = Field(foreign_key="warehouse.id", index=True)


class MoveReason(StrEnum):
    OPENING = "opening"
    RECEIVE = "receive"
    PUT_AWAY = "put_away"
    RELOCATE = "relocate"
    TRANSFER = "transfer"
    REPLENISH = "replenish"
    PICK = "pick"
    #: From a shared tote into a slot of the put wall.
    SORT = "sort"
    PUT_BACK = "put_back"
    PACK = "pack"
    UNPACK = "unpack"
    SHIP = "ship"
    RETURN = "return"
    SHORT = "short"
    DAMAGE = "damage"
    FOUND = "found"
    LOST = "lost"
    SCRAP = "scrap"
    COUNT = "count"
    CORRECTION = "correction"


class Lot(SQLModel, table=True):
    """Units of one SKU with one number and one expiry date; of a serial-numbered SKU, one unit."""

    __table_args__ = (sa.UniqueConstraint("sku_id", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    sku_id: int = Field(foreign_key="sku.id")
    #: As printed on the goods; UNNAMED for units that came without a number.
    code: str = Field(max_length=40, index=True)
    #: The last day it may be used; None where the goods do not spoil.
    expires_on: date | None = Field(default=None, index=True)
    #: Not for sale: `hold_reason` says why (lots.Held), "" = for sale.
    hold_reason: str = Field(default="", max_length=24)
    created_at: datetime = Field(default_factory=clock.now)


#: The code of a SKU's lot for units whose number nobody knows: on hold until somebody looks.
UNNAMED = "?"


class LotBalance(SQLModel, table=True):
    """How many units of a lot lie in a physical place. Over all lots of a tracked SKU they sum to its balance."""

    __tablename__ = "stock_lot_balance"
    __table_args__ = (sa.CheckConstraint("qty >= 0", name="qty"),)

    place_id: int = Field(primary_key=True, foreign_key="place.id")
    lot_id: int = Field(primary_key=True, foreign_key="lot.id", index=True)
    qty: int = 0


class LedgerRow(SQLModel, table=True):
    """So many of one SKU went from one place to another. Written once, never changed; the sum is the truth."""

    __tablename__ = "stock_ledger"
    __table_args__ = (
        sa.CheckConstraint("qty > 0", name="positive"),
        sa.CheckConstraint("from_place_id <> to_place_id", name="moves"),
        sa.Index("ix_stock_ledger_subject", "subject", "subject_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(default_factory=clock.now, index=True)
    sku_id: int = Field(foreign_key="sku.id", index=True)
    #: Of tracked SKUs only.
    lot_id: int | None = Field(default=None, foreign_key="lot.id", index=True)
    qty: int
    from_place_id: int = Field(foreign_key="place.id", index=True)
    to_place_id: int = Field(foreign_key="place.id", index=True)
    reason: MoveReason = enum_field(MoveReason)
    #: What it was for: "walk" 3, "pack" 9, "return" 4...
    subject: str = Field(default="", max_length=24)
    subject_id: int = 0
    actor_name: str = Field(default="", max_length=64)
    actor_id: int | None = None


class Balance(SQLModel, table=True):
    """What lies in a physical place now, and how much of it is promised. A cache of ledger and reservations."""

    __tablename__ = "stock_balance"
    __table_args__ = (
        sa.CheckConstraint("qty >= 0", name="qty"),
        sa.CheckConstraint("reserved >= 0 AND held >= 0 AND reserved + held <= qty", name="reserved"),
    )

    place_id: int = Field(primary_key=True, foreign_key="place.id")
    sku_id: int = Field(primary_key=True, foreign_key="sku.id", index=True)
    qty: int = 0
    reserved: int = 0
    #: In a bin: units of lots on hold that are not promised, min(units on hold, qty - reserved).
    held: int = 0


class Reservation(SQLModel, table=True):
    """Units in one bin promised to a shipment line, or put aside. Still promised: qty - posted - released."""

    __tablename__ = "stock_reservation"
    __table_args__ = (
        sa.CheckConstraint("qty > 0 AND posted >= 0 AND released >= 0 AND posted + released <= qty", name="parts"),
        sa.Index("ix_stock_reservation_bin_id_sku_id", "bin_id", "sku_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    bin_id: int = Field(foreign_key="bin.id")
    sku_id: int = Field(foreign_key="sku.id")
    qty: int
    #: Taken off the shelf: the promise became ledger rows.
    posted: int = 0
    #: Given back to everybody.
    released: int = 0
    #: shipments.ShipmentLine.id; no foreign key, because shipments stand further down the line. None: put aside.
    shipment_line_id: int | None = Field(default=None, index=True)
    #: Units put aside go back to everybody then; a shipment's promise never expires.
    expires_at: datetime | None = Field(default=None, index=True)
    #: For whom or what they were put aside.
    note: str = Field(default="", max_length=80)
    created_at: datetime = Field(default_factory=clock.now)

    @property
    def pending(self) -> int:
        return self.qty - self.posted - self.released


class SafetyStock(SQLModel, table=True):
    """Units of a SKU a warehouse keeps back, and the level below which purchasing is told."""

    __tablename__ = "safety_stock"

    warehouse_id: int = Field(primary_key=True, foreign_key="warehouse.id")
    sku_id: int = Field(primary_key=True, foreign_key="sku.id")
    qty: int = 0
    #: Free and expected units below this: purchasing is told. None: below `qty`.
    reorder_point: int | None = None
    #: Set by a person: the computed values are shown beside it and never replace it unasked.
    is_manual: bool = True


class CountReason(StrEnum):
    SHORT = "short"
    ZERO_CHECK = "zero_check"
    CYCLE = "cycle"
    ASKED = "asked"
    #: A reader or a scale saw another number than the books have.
    OBSERVED = "observed"


class CountTask(SQLModel, table=True):
    """Somebody should count one SKU in one bin, blind."""

    __tablename__ = "count_task"

    id: int | None = Field(default=None, primary_key=True)
    warehouse_id: int = Field(foreign_key="warehouse.id", index=True)
    bin_id: int = Field(foreign_key="bin.id", index=True)
    sku_id: int = Field(foreign_key="sku.id")
    reason: CountReason = enum_field(CountReason)
    state: CountState = enum_field(CountState, default=CountState.OPEN, index=True)
    asked_at: datetime = Field(default_factory=clock.now)
    asked_by: str = Field(default="", max_length=64)
    #: The visit that counts it now; when its bin was scanned; and whether the goods were.
    visit_id: int | None = Field(default=None, foreign_key="count_visit.id", index=True)
    began_at: datetime | None = None
    item_seen: bool = False
    #: Serial numbers scanned so far in the present count.
    serials: list = json_field(list)
    #: A supervisor's recount begins another round.
    round: int = 1
    #: Who counted it in this round may not count it now; 0: anybody may.
    barred_round: int = 0
    #: What the count before said against the books; the same difference again makes a variance.
    last_gap: int | None = None
    counted_qty: int | None = None
    #: The balance at the moment of counting, never shown to the counter.
    system_qty: int | None = None
    counted_by: int | None = Field(default=None, foreign_key="user_account.id")
    counted_at: datetime | None = None
    #: The difference at list price, fen; below zero where units are missing.
    value_fen: int = Field(default=0, sa_type=sa.BigInteger)
    #: Serial numbers the books lack ("+A1") or have too many ("-B2").
    off: list = json_field(list)
    #: Why the books were wrong, a code of count_review.Why; "" while nobody said so.
    why: str = Field(default="", max_length=24)
    #: The first of two who must agree to a large adjustment.
    approved_by: int | None = Field(default=None, foreign_key="user_account.id")
    decided_by: int | None = Field(default=None, foreign_key="user_account.id")
    decided_at: datetime | None = None


class CountVisit(SQLModel, table=True):
    """Somebody stands at a bin and counts what lies there, from the scan of its label until they are done."""

    __tablename__ = "count_visit"

    id: int | None = Field(default=None, primary_key=True)
    bin_id: int = Field(foreign_key="bin.id", index=True)
    user_id: int = Field(foreign_key="user_account.id", index=True)
    began_at: datetime = Field(default_factory=clock.now)
    ended_at: datetime | None = None
    #: Everything that lies here is to be counted, not only the goods somebody asked for.
    is_whole: bool = False


class Replenishment(SQLModel, table=True):
    """Move units from reserve storage to a pick face, so that orders waiting for them can start."""

    __table_args__ = (
        sa.Index(
            "ix_replenishment_open", "to_bin_id", "sku_id", unique=True,
            sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"),
        ),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    warehouse_id: int = Field(foreign_key="warehouse.id", index=True)
    sku_id: int = Field(foreign_key="sku.id", index=True)
    from_bin_id: int = Field(foreign_key="bin.id")
    to_bin_id: int = Field(foreign_key="bin.id")
    qty: int
    state: ReplenishmentState = enum_field(ReplenishmentState, default=ReplenishmentState.OPEN, index=True)
    #: Units orders wait for and how many orders, as allocation said: what this task unlocks.
    wanted: int = 0
    orders: int = 0
    #: Has the label of the bin to take from been scanned, and the goods in it; and how many units are in hand?
    from_seen: bool = False
    item_seen: bool = False
    taken: int | None = None
    created_at: datetime = Field(default_factory=clock.now)
    done_at: datetime | None = None
    done_by: int | None = Field(default=None, foreign_key="user_account.id")


class ImportKind(StrEnum):
    STOCK = "stock"
    SKUS = "skus"
    BINS = "bins"
    LAYOUTS = "layouts"


class StockImport(SQLModel, table=True):
    """A file of stock or master data: looked at whole, shown, confirmed, then applied slice by slice.

    Two marks say how far it is: each slice moves its mark in the transaction of its effect, and only from where it
    stood. Killed anywhere, delivered twice or with two workers at it, no row is skipped and none counts twice.
    """

    __tablename__ = "stock_import"

    id: int | None = Field(default=None, primary_key=True)
    kind: ImportKind = enum_field(ImportKind)
    filename: str = Field(max_length=200)
    #: SHA-256 of the file: the same one again is recognised.
    digest: str = Field(max_length=64, index=True)
    state: ImportState = enum_field(ImportState, default=ImportState.EXAMINING, index=True)
    uploaded_at: datetime = Field(default_factory=clock.now)
    uploaded_by: str = Field(default="", max_length=64)
    #: Who said yes: the ledger names them.
    confirmed_by: str = Field(default="", max_length=64)
    confirmer_id: int | None = Field(default=None, foreign_key="user_account.id")
    finished_at: datetime | None = None
    #: Lines the file seems to have, for the progress bar; 0 when nobody knows before the end.
    expected: int = 0
    #: Columns of the file that mean nothing here.
    unused: list = json_field(list)
    #: Why it failed: code and values of a refusal.
    problem: str = Field(default="", max_length=64)
    problem_values: dict = json_field()
    #: The last row (its number in the file) that was looked at, and the last that was applied.
    examined_to: int = 0
    applied_to: int = 0
    #: Rows looked at = to_make + to_change + same + bad.
    rows: int = 0
    to_make: int = 0
    to_change: int = 0
    same: int = 0
    bad: int = 0
    #: Stock only: units that would come, and go.
    units_in: int = Field(default=0, sa_type=sa.BigInteger)
    units_out: int = Field(default=0, sa_type=sa.BigInteger)
    #: Rows applied; when done, made + changed + kept + refused = to_make + to_change + same.
    made: int = 0
    changed: int = 0
    kept: int = 0
    #: Sound when looked at, impossible when applied: the house had changed meanwhile.
    refused: int = 0

    @property
    def is_at_work(self) -> bool:
        return self.state in (ImportState.EXAMINING, ImportState.APPLYING)

    @property
    def settled(self) -> int:
        """Sound rows that were applied."""
        return self.made + self.changed + self.kept + self.refused


class StockImportFile(SQLModel, table=True):
    """The file itself, until every row of it was looked at."""

    __tablename__ = "stock_import_file"

    import_id: int = Field(primary_key=True, foreign_key="stock_import.id")
    body: bytes = Field(sa_type=sa.LargeBinary)


class Outcome(StrEnum):
    """What a row would do, or did."""

    MAKE = "make"
    CHANGE = "change"
    SAME = "same"
    BAD = "bad"
    REFUSED = "refused"


class StockImportRow(SQLModel, table=True):
    """One row of the file. When the import is over only what is still shown stays: faults, and the first changes."""

    __tablename__ = "stock_import_row"
    __table_args__ = (sa.Index("ix_stock_import_row_outcome", "import_id", "outcome"),)

    import_id: int = Field(primary_key=True, foreign_key="stock_import.id")
    #: As the spreadsheet counts.
    number: int = Field(primary_key=True)
    #: field -> text
    cells: dict = json_field()
    outcome: Outcome = enum_field(Outcome)
    #: What the row is about, as people call it: "SHA A01-01-1 TEE-NAVY-L".
    label: str = Field(default="", max_length=120)
    #: [field, before, after]; filled for the first changes of a file only.
    changes: list = json_field(list)
    #: Why it cannot be used: field, a code of messages.FAULTS, values of its sentence.
    column: str = Field(default="", max_length=24)
    reason: str = Field(default="", max_length=24)
    values: dict = json_field()


class StockImportKey(SQLModel, table=True):
    """What a sound row of a file speaks for, so that no other row of the same file does."""

    __tablename__ = "stock_import_key"

    import_id: int = Field(primary_key=True, foreign_key="stock_import.id")
    key: str = Field(primary_key=True, max_length=120)


class Delivery(SQLModel, table=True):
    """Goods a supplier sends to a warehouse: announced line by line, or come without a word (no lines expected)."""

    __table_args__ = (sa.UniqueConstraint("warehouse_id", "supplier", "reference"),)

    id: int | None = Field(default=None, primary_key=True)
    #: D-0042, ours.
    number: str = Field(max_length=20, unique=True)
    warehouse_id: int = Field(foreign_key="warehouse.id")
    supplier: str = Field(default="", max_length=80)
    #: Theirs, as on the delivery note; our own number where they gave none.
    reference: str = Field(max_length=40, index=True)
    expected_on: date | None = Field(default=None, index=True)
    state: DeliveryState = enum_field(DeliveryState, default=DeliveryState.EXPECTED, index=True)
    #: Where its goods are set down; the first open dock until somebody scans another one.
    dock_id: int | None = Field(default=None, foreign_key="bin.id")
    created_at: datetime = Field(default_factory=clock.now)
    created_by: str = Field(default="", max_length=64)
    arrived_at: datetime | None = None
    closed_at: datetime | None = None


class DeliveryLine(SQLModel, table=True):
    """A SKU of a delivery. Which lots came, when and from whom is in the ledger: subject "delivery"."""

    __tablename__ = "delivery_line"
    __table_args__ = (
        sa.UniqueConstraint("delivery_id", "sku_id"),
        sa.CheckConstraint("expected >= 0 AND damaged >= 0 AND in_doubt >= 0", name="units"),
        sa.CheckConstraint("damaged + in_doubt <= received", name="parts"),
    )

    id: int | None = Field(default=None, primary_key=True)
    delivery_id: int = Field(foreign_key="delivery.id")
    sku_id: int = Field(foreign_key="sku.id", index=True)
    #: 0: nobody announced it.
    expected: int = 0
    #: All that came; of these damaged, and of these sent to quality control.
    received: int = 0
    damaged: int = 0
    in_doubt: int = 0


class Transfer(SQLModel, table=True):
    """Goods go from one warehouse of ours to another; between the two they lie in the place on the road to it."""

    __table_args__ = (sa.CheckConstraint("from_warehouse_id <> to_warehouse_id", name="moves"),)

    id: int | None = Field(default=None, primary_key=True)
    #: TR-0042
    number: str = Field(max_length=20, unique=True)
    from_warehouse_id: int = Field(foreign_key="warehouse.id")
    to_warehouse_id: int = Field(foreign_key="warehouse.id")
    state: TransferState = enum_field(TransferState, default=TransferState.DRAFT, index=True)
    note: str = Field(default="", max_length=200)
    created_at: datetime = Field(default_factory=clock.now)
    created_by: str = Field(default="", max_length=64)
    sent_at: datetime | None = None
    closed_at: datetime | None = None


class TransferLine(SQLModel, table=True):
    """A SKU of a transfer. On the road: sent - received - lost."""

    __tablename__ = "transfer_line"
    __table_args__ = (
        sa.UniqueConstraint("transfer_id", "sku_id"),
        sa.CheckConstraint("wanted >= 0 AND received >= 0 AND lost >= 0 AND extra >= 0", name="units"),
        sa.CheckConstraint("received + lost <= sent", name="parts"),
    )

    id: int | None = Field(default=None, primary_key=True)
    transfer_id: int = Field(foreign_key="transfer.id")
    sku_id: int = Field(foreign_key="sku.id", index=True)
    wanted: int = 0
    #: Loaded, before and after the lorry left.
    sent: int = 0
    received: int = 0
    #: Written off by a supervisor.
    lost: int = 0
    #: Came beyond what was sent: found.
    extra: int = 0
