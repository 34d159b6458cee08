"""Sentences of the audit: one per flag, with its values."""

from flask_babel import lazy_gettext as _l

from floor.audit.checks import HAPPENINGS, INTENTS
from floor.audit.models import BlockedKind, Severity, Verdict

REFUSALS = {
    "audit.not_held": _l("This order is not on hold any more."),
    "audit.flagged_meanwhile": _l("Something new was found meanwhile. Read it, then decide."),
    "audit.unknown_rule": _l("There is no such rule."),
    "audit.rule_changed": _l("Somebody changed this rule meanwhile. Save again to put yours in its place."),
    "audit.nothing_chosen": _l("No order was chosen."),
    "audit.too_late": _l("The 60 seconds are over. Put the order on hold at the order's page instead."),
    "audit.already_allocated": _l("Goods are already set aside for this order."),
    "audit.has_shipments": _l("Goods of this order are already in a shipment. Stop that first."),
    "audit.bad_limit": _l("Enter a whole number above zero."),
    "audit.no_words": _l("Enter at least one word, or switch the rule off."),
    "audit.needs_supervisor": _l("A supervisor has to decide this one."),
    "audit.cannot_merge": _l("These two cannot go in one parcel any more."),
    "audit.cannot_split": _l("An order with substitutes cannot be split."),
    "audit.split_some": _l("Choose some of the lines, not all of them."),
    "audit.nothing_to_block": _l("Enter a phone number, a buyer or an address."),
    "audit.not_blocked": _l("Nobody is on the list under this entry any more."),
}

#: Case of a finding -> sentence. Sums arrive as yuan.
FLAGS = {
    "unpaid": _l("Not paid: ¥%(total)s is open."),
    "underpaid": _l("Paid ¥%(paid)s of ¥%(total)s: ¥%(gap)s is missing."),
    "overpaid": _l("Paid ¥%(paid)s for ¥%(total)s: ¥%(gap)s too much."),
    "goods": _l("The goods sum says ¥%(goods)s, the lines add up to ¥%(lines)s."),
    "total": _l("The total says ¥%(total)s, goods, freight and discount make ¥%(counted)s."),
    "discount": _l("The lines take off ¥%(lines)s, the order only ¥%(discount)s."),
    "no_recipient": _l("The address has no recipient."),
    "no_phone": _l("The address has no phone number."),
    "bad_phone": _l("Nobody can be called at this phone number."),
    "no_province": _l("The address has no province."),
    "bad_province": _l("This is no province of China."),
    "no_city": _l("The address has no city."),
    "no_street": _l("The address has no street."),
    "no_house": _l("The house number is missing."),
    "unknown_city": _l("There is no such city in %(province)s."),
    "other_province": _l("This city lies in %(home)s, not in %(province)s."),
    "abroad": _l("The order goes abroad: %(country)s."),
    "no_carrier": _l("No carrier of ours delivers to %(province)s."),
    "lacking": _l("%(wanted)s units of %(sku)s are wanted, %(free)s are free in all warehouses."),
    "together": _l("The same buyer's order %(other)s has not left yet: one parcel would do."),
    "blocked_phone": _l("This phone number is on the blocked list: %(why)s"),
    "blocked_buyer": _l("This buyer is on the blocked list: %(why)s"),
    "blocked_address": _l("This address is on the blocked list: %(why)s"),
    "says_cancel": _l("The buyer wants to cancel."),
    "says_address": _l("The address is to be changed."),
    "says_wait": _l("It is not to be shipped yet."),
    "says_call": _l("Somebody wants a call first."),
    "says_price": _l("No prices in the parcel: its slip will show none."),
    "says_date": _l("It is wanted on a certain day."),
    "says_abuse": _l("Somebody is rude."),
    "says_phone": _l("A phone number or another way to get in touch stands in the text."),
    "says_odd": _l("This text does not look like what people write."),
    "stop_word": _l("Somebody wrote “%(word)s”."),
    "twin": _l("Same buyer, same goods, %(minutes)s min from order %(other)s."),
    "many_units": _l("%(qty)s units of %(sku)s; more than %(most)s are unusual."),
    "high_value": _l("The order is worth ¥%(total)s, which is unusual."),
    "cancel_asked": _l("The buyer cancelled after goods were set aside. Stop the shipment."),
    "cancel_asked_of": _l("The buyer cancelled %(of)s, which goes in this parcel. Stop the shipment."),
    "refund_asked_of": _l("The buyer asked the shop for a refund of %(of)s, which goes in this parcel."),
    "shop_stopped_of": _l("The shop says not to ship %(of)s for now, which goes in this parcel."),
    "address_late_of": _l("The buyer wants %(of)s elsewhere, which goes in this parcel. Look at the shop's order."),
    "lines_late_of": _l("The shop changed %(of)s, which goes in this parcel. Compare with the shop before shipping."),
    "refund_asked": _l("The buyer asked the shop for a refund, and nobody there has decided yet."),
    "shop_stopped": _l("The shop says not to ship this order for now."),
    "address_late": _l("The buyer wants it elsewhere, but goods are set aside already. Look at the shop's order."),
    "lines_late": _l("The shop changed what was ordered. Compare with the shop before shipping."),
    "notes_late": _l("The remarks changed after goods were set aside. Read them again."),
}

#: What shops said, of goods that have left the house: nobody is asked to stop those.
LEFT = {
    "cancel_asked": _l("The buyer cancelled, but it has left."),
    "cancel_asked_of": _l("The buyer cancelled %(of)s, which left in this parcel."),
    "refund_asked_of": _l("The buyer asked the shop for a refund of %(of)s, which left in this parcel."),
    "shop_stopped": _l("The shop says not to ship it, but it has left."),
    "shop_stopped_of": _l("The shop says not to ship %(of)s, which left in this parcel."),
    "address_late": _l("The buyer wants it elsewhere, but it has left."),
    "address_late_of": _l("The buyer wants %(of)s elsewhere, which left in this parcel."),
    "lines_late": _l("The shop changed what was ordered, but it has left."),
    "lines_late_of": _l("The shop changed %(of)s, which left in this parcel."),
    "notes_late": _l("The remarks changed after it left."),
}

#: Values that are fen in the flag and yuan in the sentence, by case.
FEN = {
    "unpaid": ("total",),
    "underpaid": ("paid", "total", "gap"),
    "overpaid": ("paid", "total", "gap"),
    "goods": ("goods", "lines"),
    "total": ("total", "counted"),
    "discount": ("discount", "lines"),
    "high_value": ("total",),
}

RULES = {
    "unpaid": _l("Not paid"),
    "paid_amount": _l("Paid too little or too much"),
    "sums": _l("Sums do not add up"),
    "address": _l("Address incomplete"),
    "division": _l("City and province do not match"),
    "area": _l("Outside the delivery area"),
    "says_cancel": _l("Wants to cancel"),
    "says_address": _l("Wants another address"),
    "says_wait": _l("Wants it later"),
    "says_call": _l("Wants a call"),
    "says_price": _l("Wants no prices shown"),
    "says_date": _l("Wants it on a day"),
    "says_abuse": _l("Abuse"),
    "says_phone": _l("Contact in a text"),
    "says_odd": _l("Odd text"),
    "stop_words": _l("Words in notes"),
    "twin": _l("Twin order"),
    "together": _l("Could go in one parcel"),
    "stock": _l("Not enough stock anywhere"),
    "unusual": _l("Unusual quantity or value"),
    "blocked": _l("Blocked list"),
    "cancel_asked": _l("Cancelled late"),
    "refund_asked": _l("Refund asked for"),
    "shop_stopped": _l("Stopped by the shop"),
    "address_late": _l("Address changed late"),
    "lines_late": _l("Lines changed late"),
    "notes_late": _l("Remarks changed late"),
}

#: Texts a flag may point into.
FIELDS = {
    "buyer_note": _l("Buyer's note"),
    "seller_note": _l("Seller's note"),
    "gift_message": _l("Gift message"),
    "recipient": _l("Recipient"),
    "phone": _l("Phone"),
    "province": _l("Province"),
    "city": _l("City"),
    "district": _l("District"),
    "street": _l("Street and house number"),
}

VERDICTS = {
    Verdict.OPEN: _l("Open"),
    Verdict.PASSED: _l("Passed"),
    Verdict.UPHELD: _l("Upheld"),
    Verdict.GONE: _l("Gone by itself"),
    Verdict.NOTED: _l("For your information"),
}

SEVERITIES = {
    Severity.NOTE: (_l("Tell only"), _l("The order goes its way; the flag stands on its page.")),
    Severity.HOLD: (_l("Hold"), _l("The order waits until somebody at the desk decides.")),
    Severity.STOP: (_l("Stop"), _l("The order waits until a supervisor decides.")),
}

#: Rules page: headline -> rules, in the order they are shown.
GROUPS = {
    "money": (_l("Money"), ("unpaid", "paid_amount", "sums", "unusual")),
    "address": (_l("Address"), ("address", "division", "area")),
    "orders": (_l("Orders and goods"), ("twin", "together", "stock", "blocked")),
    "later": (_l("What shops say later"), HAPPENINGS),
    "words": (_l("What people wrote"), (*(f"says_{intent}" for intent in INTENTS), "stop_words")),
}

BLOCKED_KINDS = {
    BlockedKind.PHONE: _l("Phone"),
    BlockedKind.BUYER: _l("Buyer"),
    BlockedKind.ADDRESS: _l("Address"),
}

LATER = {
    "hour": _l("For an hour"),
    "half_day": _l("For 4 hours"),
    "day": _l("Until this time tomorrow"),
    "two_days": _l("For two days"),
}

#: Why an order ranks where it does: code -> sentence for its value.
WHY = {
    "time": _l("%(n)s hours to the promise"),
    "handling": _l("The house needs about %(n)s minutes for it"),
    "late": _l("It will be late as things go"),
    "tier": _l("Buyer of level %(n)s"),
    "value": _l("Worth ¥%(n)s"),
    "waited": _l("Waits for %(n)s hours"),
    "delicate": _l("Cold or liquid goods"),
}

HOLD_REASONS = {
    "asked_buyer": _l("Asked the buyer"),
    "waits_for_money": _l("Waits for the money"),
    "asked_shop": _l("Asked the shop"),
    "other": _l("Another reason"),
}

EVENTS = {
    "audit.order.flagged": _l("The audit flagged it"),
    "audit.order.passed": _l("A person let it pass"),
    "audit.order.pass_undone": _l("The pass was taken back"),
    "audit.order.undone": _l("The audit's decision was taken back"),
    "audit.order.merged": _l("Goes in one parcel with %(number)s"),
    "audit.order.joined": _l("The goods of %(other)s come along"),
    "audit.order.split": _l("Some lines go apart as %(number)s"),
    "audit.blocked.added": _l("Put on the blocked list"),
    "audit.blocked.removed": _l("Taken off the blocked list"),
    "audit.order.kept": _l("Stays on hold"),
    "audit.order.refused": _l("Cancelled at the audit"),
    "audit.rule.changed": _l("Audit rule changed"),
}
