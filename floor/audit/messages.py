"""Sentences of the audit: one per flag, with its values."""

from flask_babel import lazy_gettext as _l

from floor.audit.models import Verdict

REFUSALS = {
    "audit.not_held": _l("This order is not on hold any more. Look at the fresh page."),
    "audit.unknown_rule": _l("There is no such rule."),
    "audit.nothing_chosen": _l("No order was chosen."),
    "audit.too_late": _l("The 60 seconds are over. Put the order on hold at the order's page instead."),
    "audit.already_allocated": _l("Goods are already set aside for this order."),
    "audit.has_shipments": _l("Goods of this order are already in a shipment. Stop that first."),
    "audit.bad_limit": _l("Enter a whole number above zero."),
    "audit.no_words": _l("Enter at least one word, or switch the rule off."),
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
    "stop_word": _l("Somebody wrote “%(word)s”."),
    "twin": _l("Same buyer, same goods, %(minutes)s min from order %(other)s."),
    "many_units": _l("%(qty)s units of %(sku)s; more than %(most)s are unusual."),
    "high_value": _l("The order is worth ¥%(total)s, which is unusual."),
    "cancel_asked": _l("The buyer cancelled after goods were set aside. Stop the shipment."),
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
    "stop_words": _l("Words in notes"),
    "twin": _l("Twin order"),
    "unusual": _l("Unusual quantity or value"),
    "cancel_asked": _l("Cancelled late"),
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
    "audit.order.kept": _l("Stays on hold"),
    "audit.order.refused": _l("Cancelled at the audit"),
    "audit.rule.changed": _l("Audit rule changed"),
}
