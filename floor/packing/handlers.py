"""What the benches do when told: work out the box while the packer still scans."""

from floor.events.relay import Happened
from floor.packing import jobs


def suggest_carton(happened: Happened) -> None:
    """A pack was opened, or lost units: propose the box. Running twice finds the answer already there."""
    jobs.suggest_carton(happened.subject_id)
