"""What the catalogue makes of a channel's lines: goods by code or barcode, bundles as their parts, gifts by rule."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session

from floor.intake import gifts, queries
from floor.intake.bundles import Part, discounted, expanded
from floor.intake.channels.draft import Draft, DraftLine, Problem
from floor.intake.models import GiftRule


@dataclass(frozen=True)
class Catalogue:
    """What was asked about the codes of some orders of one channel, once for all of them."""

    #: Code -> id, and whether it is still sold.
    skus: Mapping[str, tuple[int, bool]]
    bundles: Mapping[str, Sequence[Part]]
    #: Each with its gift's code.
    gifts: Sequence[tuple[GiftRule, str]]


def of(db: Session, channel: str, drafts: Iterable[Draft]) -> Catalogue:
    """A code that is goods is no bundle, whoever calls one so."""
    codes = {line.code for draft in drafts for line in draft.lines}
    skus = queries.skus_by_code(db, codes)
    unknown = codes - skus.keys()
    bundles = queries.bundles(db, unknown) if unknown else {}
    parts = {part.code for parts in bundles.values() for part in parts} - skus.keys()
    return Catalogue(
        skus | queries.skus_by_code(db, parts) if parts else skus, bundles, queries.gift_rules(db, channel)
    )


def prepared(known: Catalogue, draft: Draft) -> tuple[Draft, dict[str, int], list[Problem]]:
    """The draft with its discount shared, bundles expanded and free gifts added; SKU ids; what the catalogue lacks."""
    lines = expanded(discounted(draft.lines, draft.order.discount_fen), known.bundles)
    problems = [
        Problem(line.where, "inactive_sku" if line.code in known.skus else "unknown_sku", {"code": line.code})
        for line in lines
        if not known.skus.get(line.code, (0, False))[1]
    ]
    sku_ids = {line.code: known.skus[line.code][0] for line in lines if line.code in known.skus}
    if not problems:
        given = _gifts(known, draft, set(sku_ids.values()))
        lines = [*lines, *(DraftLine(code, rule.qty, 0, is_gift=True) for rule, code in given)]
        sku_ids |= {code: rule.gift_sku_id for rule, code in given}
    return replace(draft, lines=tuple(lines)), sku_ids, problems


def _gifts(known: Catalogue, draft: Draft, bought: set[int]) -> list[tuple[GiftRule, str]]:
    """One gift a rule, at no price."""
    worth = draft.goods_fen() - draft.order.discount_fen
    return [
        (rule, code)
        for rule, code in known.gifts
        if not gifts.missing(rule, draft.order.channel, worth, bought, draft.order.placed_at)
    ]
