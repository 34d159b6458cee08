"""Bundles and discounts in whole fen: what is split adds up to what was split, always."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from floor.intake.channels.draft import DraftLine


@dataclass(frozen=True)
class Part:
    """One article of a bundle; `weight` is its part of the price beside the others'."""

    code: str
    qty: int
    weight: int = 1


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """`total` split by weight into whole parts that add up to it: the largest remainders get the odd ones."""
    whole = sum(weights)
    if not whole:
        return [total if n == 0 else 0 for n in range(len(weights))]
    found = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % whole), n))
    for n in by_remainder[: total - sum(found)]:
        found[n] += 1
    return found


def expanded(lines: Sequence[DraftLine], bundles: Mapping[str, Sequence[Part]]) -> list[DraftLine]:
    """The lines with each bundle replaced by its parts. Prices of units are whole fen, so a part whose price does not
    divide comes as two lines a fen apart; goods and discount keep their sums to the fen."""
    found: list[DraftLine] = []
    for line in lines:
        parts = bundles.get(line.code)
        found += _parts(line, parts) if parts else [line]
    return found


def _parts(line: DraftLine, parts: Sequence[Part]) -> list[DraftLine]:
    made: list[DraftLine] = []
    for part, price in zip(parts, shares(line.unit_price_fen, [p.weight for p in parts]), strict=True):
        low, dearer = divmod(price, part.qty)
        for qty, unit in ((part.qty - dearer, low), (dearer, low + 1)):
            if qty:
                made.append(
                    replace(line, code=part.code, qty=line.qty * qty, unit_price_fen=unit, discount_fen=0,
                            bundle=line.code, name="", spec=line.spec)
                )  # fmt: skip
    values = [one.qty * one.unit_price_fen for one in made]
    return [
        replace(one, discount_fen=share) for one, share in zip(made, shares(line.discount_fen, values), strict=True)
    ]


def discounted(lines: Sequence[DraftLine], discount_fen: int) -> list[DraftLine]:
    """Lines that carry the whole order's discount: what they do not say is shared by what is left of their value.

    Left alone when lines say more than the order, or the order's is above its goods: the audit proves the sums.
    """
    rest = discount_fen - sum(line.discount_fen for line in lines)
    if rest <= 0:
        return list(lines)
    left = [max(0, line.qty * line.unit_price_fen - line.discount_fen) for line in lines]
    if rest > sum(left):
        return list(lines)
    return [
        replace(line, discount_fen=line.discount_fen + share)
        for line, share in zip(lines, shares(rest, left), strict=True)
    ]
