"""What the benches do when told: work out the box while the packer still scans."""

from floor.events.relay import Happened
from floor.kit.uow import unit_of_work
from floor.packing import jobs, materials


def suggest_carton(happened: Happened) -> None:
    """A pack was opened, or lost units: propose the box. Running twice finds the answer already there."""
    jobs.suggest_carton(happened.subject_id)


def record_materials(happened: Happened) -> None:
    """A parcel was boxed: write down what it took. Running twice finds it written."""
    with unit_of_work() as db:
        materials.write_down(db, happened.subject_id)
