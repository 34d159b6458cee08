"""What `shipping/_print_state.html` shows of some papers, for any screen that includes it."""

from collections.abc import Iterable
from typing import Any

from sqlmodel import Session

from floor.shipping import messages, printing
from floor.shipping import queries_printing as queries
from floor.shipping.models import PrintJob, PrintState
from floor.shipping.models_printing import Sending


def print_state(db: Session, papers: Iterable[PrintJob], site: str) -> dict[str, Any]:
    """`prints` for the template: the last print job of each paper, the site's label printers, and the words."""
    targets = queries.printers(db, site, labels_only=True)
    return {
        "names": {printer.name for printer, _house in targets},
        "sendings": queries.last_sendings(db, papers),
        "printers": {printer.id: printer for printer, _house in queries.printers(db)},
        "targets": targets,
        "states": messages.SEND_STATES,
        "errors": messages.PRINT_ERRORS,
        "in_doubt": printing.IN_DOUBT,
    }


def ask_again(papers: Iterable[PrintJob], sendings: Iterable[Sending], waits: bool) -> float | None:
    """Seconds until a screen asks again: soon while printing, now and then while a number or the relay is waited for,
    else never."""
    states = {paper.state for paper in papers}
    is_printing = any(one.state in queries.UNDER_WAY for one in sendings)
    if not states or is_printing or (PrintState.QUEUED in states and not waits):
        return 0.5
    return 5 if states & {PrintState.QUEUED, PrintState.FAILED} else None
