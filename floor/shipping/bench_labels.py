"""The labels a bench waits for: made, printing, printed, or failed and why."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from floor.packing.models import Pack, Parcel, Station
from floor.packing.states import ParcelState
from floor.shipping import queries
from floor.shipping.messages import PRINT_STATES, WAYBILL_PROBLEMS
from floor.shipping.models import PaperKind, PrintJob
from floor.shipping.print_state import ask_again, print_state

#: The newest of them; a bench with more has stopped scanning its labels.
MOST = 12


@dataclass(frozen=True)
class BenchLabel:
    """A box whose label was not scanned on it yet."""

    parcel: Parcel
    #: The order's last four figures, and which of how many parcels this is ("" when it is the only one).
    tail: str
    place: str
    #: None until the carrier was asked.
    job: PrintJob | None
    #: What the slip in the box says, where that is no longer so; "" where it is.
    old_slip: str
    #: Why no number is there: a code of messages.WAYBILL_PROBLEMS, "person", or "".
    waits: str


def at_bench(db: Session, station: Station, site: str) -> dict[str, Any]:
    """What `shipping/_bench_labels.html` shows; see floor.packing.labels.Labels."""
    open_ones = (Pack.station_id == station.id, Parcel.state == ParcelState.BOXED)
    mine = select(Parcel).join(Pack, col(Pack.id) == Parcel.pack_id).where(*open_ones)
    parcels = db.exec(mine.order_by(col(Parcel.id).desc()).limit(MOST)).all()
    rows = [_row(db, parcel) for parcel in parcels]
    jobs = [row.job for row in rows if row.job is not None]
    prints = print_state(db, jobs, site)
    return {
        "rows": rows,
        "prints": prints,
        "states": PRINT_STATES,
        "problems": WAYBILL_PROBLEMS,
        "ask_again": ask_again(jobs, prints["sendings"].values(), any(row.waits for row in rows)) if rows else None,
    }


def _row(db: Session, parcel: Parcel) -> BenchLabel:
    seen = queries.labelled(db, parcel)
    place = seen.place if seen.of > 1 else ""
    label = seen.jobs.get(PaperKind.WAYBILL)
    return BenchLabel(parcel, seen.tail, place, label, seen.old_slip, queries.why_no_number(seen))
