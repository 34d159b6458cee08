"""What becomes of returned goods, and what of the money: small tables and whole-fen arithmetic, no database.

The first rule that fits speaks. Its sentence stands in messages.RULES under the same code.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from floor.returns.models import Disposition, Grade, ReturnReason

#: The four questions at the desk; each is answered yes or no.
CHECKS = ("complete", "packaging", "clean", "works")
#: Our fault: the order's freight is paid back too.
OURS = (ReturnReason.DAMAGED, ReturnReason.WRONG_ITEM)


@dataclass(frozen=True)
class Rule:
    """Applies to these grades, for these reasons (none: all), when this check was answered no ("": whatever)."""

    code: str
    grades: tuple[Grade, ...]
    disposition: Disposition
    reasons: tuple[ReturnReason, ...] = ()
    failed: str = ""

    def fits(self, grade: Grade, reason: ReturnReason, checks: Mapping[str, bool]) -> bool:
        return (
            grade in self.grades
            and (not self.reasons or reason in self.reasons)
            and (not self.failed or checks.get(self.failed) is False)
        )


RULES = (
    Rule("ruined", (Grade.D,), Disposition.SCRAP),
    Rule("arrived_damaged", (Grade.C,), Disposition.SUPPLIER, reasons=(ReturnReason.DAMAGED,)),
    Rule("worn", (Grade.C,), Disposition.SCRAP),
    Rule("not_working", (Grade.A, Grade.B), Disposition.SUPPLIER, failed="works"),
    Rule("blemished", (Grade.B,), Disposition.SECOND_CHOICE),
    Rule("incomplete", (Grade.A,), Disposition.SECOND_CHOICE, failed="complete"),
    Rule("not_clean", (Grade.A,), Disposition.SECOND_CHOICE, failed="clean"),
    Rule("new_bag", (Grade.A,), Disposition.RESTOCK, failed="packaging"),
    Rule("like_new", (Grade.A,), Disposition.RESTOCK),
)


def suggest(grade: Grade, reason: ReturnReason, checks: Mapping[str, bool]) -> Rule:
    """The first rule that fits; the table covers every grade."""
    return next(rule for rule in RULES if rule.fits(grade, reason, checks))


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
