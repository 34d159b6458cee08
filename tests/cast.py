"""The known cast: Ana and Ben pick, Bo packs, Chen serves customers, Dai supervises, Eve administers."""

from sqlmodel import Session

from floor.kit.actor import SYSTEM
from floor.people import service
from floor.people.models import Role

PIN = "4711"

CAST = {
    "Ana": ("B-1001", Role.PICKER),
    "Ben": ("B-1002", Role.PICKER),
    "Bo": ("B-2001", Role.PACKER),
    "Chen": ("B-3001", Role.SERVICE),
    "Dai": ("B-4001", Role.SUPERVISOR),
    "Eve": ("B-9001", Role.ADMIN),
}


def hire_cast(db: Session) -> None:
    """Everybody works at warehouse SHA and reads English."""
    for name, (badge, role) in CAST.items():
        user = service.hire(db, badge, name, role, PIN, "SHA", SYSTEM)
        user.lang = "en"
