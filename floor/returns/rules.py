"""What becomes of returned goods, and what of the money: small tables and whole-fen arithmetic, no database.

The first rule that fits speaks. These are the rules of a new house; a supervisor's own stand in `ReturnRules`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from floor.returns.models import Disposition, Grade, ReturnReason

#: The four questions at the desk; each is answered yes or no.
CHECKS = ("complete", "packaging", "clean", "works")


@dataclass(frozen=True)
class Rule:
    """Applies to these grades, for this reason (None: any), when this check was answered no ("": whatever)."""

    grades: tuple[Grade, ...]
    disposition: Disposition
    reason: ReturnReason | None = None
    failed: str = ""

    def fits(self, grade: Grade, reason: ReturnReason, checks: Mapping[str, bool]) -> bool:
        return (
            grade in self.grades
            and self.reason in (None, reason)
            and (not self.failed or checks.get(self.failed) is False)
        )

    @property
    def is_general(self) -> bool:
        """It speaks of its grades whatever else was found."""
        return self.reason is None and not self.failed


DISPOSITIONS = (
    Rule((Grade.D,), Disposition.SCRAP),
    Rule((Grade.C,), Disposition.SUPPLIER, reason=ReturnReason.DAMAGED),
    Rule((Grade.C,), Disposition.SCRAP),
    Rule((Grade.A, Grade.B), Disposition.SUPPLIER, failed="works"),
    Rule((Grade.B,), Disposition.SECOND_CHOICE),
    Rule((Grade.A,), Disposition.SECOND_CHOICE, failed="complete"),
    Rule((Grade.A,), Disposition.SECOND_CHOICE, failed="clean"),
    Rule((Grade.A,), Disposition.REWORK, failed="packaging"),
    Rule((Grade.A,), Disposition.RESTOCK),
)


class Timing(StrEnum):
    """When the other goods of an exchange are sent."""

    AT_ONCE = "at_once"
    ON_ARRIVAL = "on_arrival"
    INSPECTED = "inspected"


@dataclass(frozen=True)
class Terms:
    """What a reason brings: the order's freight back or not, when an exchange is sent, and up to how much is paid or
    sent before the goods are here without a second person, fen."""

    pays_freight: bool = False
    exchange: Timing = Timing.ON_ARRIVAL
    early_fen: int = 0


_OURS = Terms(pays_freight=True, exchange=Timing.AT_ONCE, early_fen=20_000)
#: Our fault: the order's freight is paid back too, and nobody waits for the goods.
TERMS = {reason: Terms() for reason in ReturnReason} | dict.fromkeys(
    (ReturnReason.DAMAGED, ReturnReason.WRONG_ITEM, ReturnReason.LOST), _OURS
)


@dataclass(frozen=True)
class Rules:
    dispositions: tuple[Rule, ...] = DISPOSITIONS
    terms: Mapping[ReturnReason, Terms] = field(default_factory=lambda: TERMS)
    #: Counts the changes; 0: nobody changed anything.
    version: int = 0

    def suggest(self, grade: Grade, reason: ReturnReason, checks: Mapping[str, bool]) -> Rule:
        """The first rule that fits; every grade has one."""
        return next(rule for rule in self.dispositions if rule.fits(grade, reason, checks))


def silent_grades(rules: Iterable[Rule]) -> list[Grade]:
    """Grades for which no rule may speak: none of theirs is general."""
    spoken = {grade for rule in rules if rule.is_general for grade in rule.grades}
    return [grade for grade in Grade if grade not in spoken]


@dataclass(frozen=True)
class Quote:
    """Money to go back for units of one line. Fen."""

    goods_fen: int
    freight_fen: int

    @property
    def total_fen(self) -> int:
        return self.goods_fen + self.freight_fen


def goods_share(paid_fen: int, ordered: int, done: int, given_fen: int, units: int) -> int:
    """What goes back for `units` more, when `done` of `ordered` units brought `given_fen` back already.

    Each answer fills up to the exact share of all units so far, so the answers for all units add up to what was paid:
    3 units for 1.00 give 0.33, 0.33 and 0.34. Never negative.
    """
    return max(0, paid_fen * (done + units) // ordered - given_fen)


def worth(share_fen: int, difference_fen: int) -> tuple[int, int]:
    """(credit, value): what of a share pays for goods that list `difference_fen` more, and what they are sold for.

    An even exchange costs nothing, whatever discount was paid; dearer goods cost the difference, cheaper ones leave
    the rest to be paid back.
    """
    value = max(0, share_fen + difference_fen)
    return min(share_fen, value), value
