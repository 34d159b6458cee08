"""Sentences about stock."""

from flask_babel import lazy_gettext as _l

from floor.inventory.models import BinKind, CountReason, MoveReason

REFUSALS = {
    "inventory.not_enough": _l("Somebody else was faster: there are not enough units left."),
}

EVENTS: dict[str, object] = {}

BIN_KINDS = {
    BinKind.PICK: _l("Pick face"),
    BinKind.RESERVE: _l("Reserve storage"),
    BinKind.RETURNS: _l("Returns shelf"),
    BinKind.QUARANTINE: _l("Quarantine"),
}

MOVE_REASONS = {
    MoveReason.OPENING: _l("Opening stock"),
    MoveReason.RECEIVE: _l("Received"),
    MoveReason.PUT_AWAY: _l("Put away"),
    MoveReason.REPLENISH: _l("Replenished"),
    MoveReason.PICK: _l("Picked"),
    MoveReason.PUT_BACK: _l("Put back"),
    MoveReason.PACK: _l("Packed"),
    MoveReason.UNPACK: _l("Unpacked"),
    MoveReason.SHIP: _l("Shipped"),
    MoveReason.RETURN: _l("Returned"),
    MoveReason.SHORT: _l("Short"),
    MoveReason.DAMAGE: _l("Damaged"),
    MoveReason.COUNT: _l("Counted"),
    MoveReason.CORRECTION: _l("Corrected"),
}

COUNT_REASONS = {
    CountReason.SHORT: _l("Short pick"),
    CountReason.ZERO_CHECK: _l("Bin should be empty"),
    CountReason.CYCLE: _l("Cycle count"),
    CountReason.ASKED: _l("Asked for"),
}
