"""Sentences about what comes in."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from floor.intake.models import Channel, InboxState, MessageKind
from floor.orders.messages import OWN_CHANNELS
from floor.web.context import named

REFUSALS = {
    "intake.unknown_channel": _l("There is no such channel."),
    "intake.forged": _l("The signature does not fit. Nothing was stored."),
    "intake.no_pushes": _l("This channel takes no pushes. Nothing was stored."),
    "intake.no_adapter": _l("Choose how the shop is read."),
    "intake.channel_there": _l("There is a channel of this code already. Change it on its own page."),
    "intake.bad_options": _l("The options are no JSON object."),
    "intake.being_read": _l("The shop is being read at this moment."),
    "intake.unknown_key": _l("There is no such key."),
    "intake.unknown_gift": _l("There is no such gift rule."),
    "intake.gift_ends_early": _l("It ends before it begins."),
    "intake.not_sold": _l("%(sku)s is not sold any more."),
    "intake.nothing_scanned": _l("Nothing was scanned yet."),
    "intake.discount_too_high": _l("The discount is more than the goods cost."),
    "intake.total_changed": _l("The total is ¥%(total)s now. Look at the basket, then take the money."),
    "intake.no_house": _l("The system knows no warehouse yet."),
    "intake.needed_to_send": _l("To send it, fill this in."),
    "intake.no_divisions": _l("Begin with province and city, then district and street."),
    "intake.no_url": _l("Enter an address that begins with http:// or https://, or nothing."),
    "intake.stale": _l("The message's time is more than %(minutes)s minutes off. Nothing was stored."),
    "intake.key_reused": _l("Another message was already sent under this id. Send it again under a new id."),
    "intake.too_many": _l("One delivery brings at most %(most)s messages. Split it."),
    "intake.unknown_message": _l("There is no such message."),
    "intake.unknown_batch": _l("There is no such file import."),
    "intake.batch_elsewhere": _l("Another worker is importing this file."),
    "intake.no_file": _l("Choose a file."),
    "intake.no_mapping": _l("Choose which mapping reads this file."),
    "intake.bad_mapping": _l("The mapping cannot be read at %(where)s: %(why)s"),
    "intake.no_columns": _l("The file has no column %(missing)s. It has: %(found)s"),
    "intake.file_empty": _l("The file has no rows."),
    "intake.file_broken": _l("The file is damaged: it cannot be unpacked to its end."),
    "intake.workbook_too_big": _l("The workbook is too big when unpacked. Save it as CSV, or split it."),
    "intake.file_too_long": _l("The file has more than %(most)s rows. Split it."),
}

#: Why a message or a row could not be taken.
REASONS = {
    "not_json": _l("This is not a JSON object."),
    "missing": _l("This is missing."),
    "too_long": _l("This has more than %(most)s characters."),
    "text": _l("This is not text, or holds characters that cannot be stored."),
    "number": _l("This is not a number in the range allowed."),
    "money": _l("This is not an amount in yuan like 128.00."),
    "date": _l("This is not a date and time we can read."),
    "choice": _l("This is none of the values allowed: %(given)s"),
    "too_much": _l("The order is worth more than the house can book."),
    "unknown_sku": _l("The catalogue has no %(code)s."),
    "inactive_sku": _l("%(code)s is no longer sold."),
    "unknown_order": _l("The house does not have this order."),
    "not_an_order": _l("This does not look like an order of the shop (%(given)s)."),
    "stumbled": _l(
        "The house stumbled over this message (%(given)s). It is kept; tell whoever looks after the system."
    ),
    "shop_refused": _l("The shop did not show this order."),
    "encoding": _l("The characters cannot be read: is the encoding right?"),
    "row_short": _l("The row ends after %(cells)s of %(columns)s cells."),
    "row_long": _l("The row has %(cells)s cells, the header %(columns)s."),
    "row_broken": _l("The row cannot be read as CSV."),
    "not_positive": _l("%(given)s is not a quantity above zero."),
    "negative": _l("%(given)s is below zero."),
    "differs": _l("Rows of one order say different things: %(given)s and %(other)s."),
    "cancellation": _l("A cancellation, not an order: %(given)s"),
    "not_goods": _l("Not goods, but a charge or an adjustment: %(given)s"),
    "out_of_scope": _l("Left out by the mapping's rule: %(given)s"),
    "order_incomplete": _l("Another row of this order cannot be taken (row %(row)s), so the whole order waits."),
}

STATES = {
    InboxState.WAITING: _l("Waiting"),
    InboxState.APPLIED: _l("Applied"),
    InboxState.DEAD: _l("Cannot be read"),
}

#: What applying a message did.
OUTCOMES = {
    "accepted": _l("New order"),
    "known": _l("Nothing new"),
    "older": _l("Older than what we have"),
    "paid": _l("Payment booked"),
    "changed": _l("Order changed"),
    "late": _l("Changed too late"),
    "cancelled": _l("Cancelled"),
    "held": _l("Put on hold"),
    "shipped": _l("Shipped already"),
    "passed_over": _l("Not ours to ship"),
    "read": _l("Order read again"),
    "nothing": _l("About no order"),
}

KINDS = {
    MessageKind.OWN: _l("Message"),
    MessageKind.ORDER: _l("Order as the shop shows it"),
    MessageKind.HINT: _l("Push"),
}

ADAPTERS = {
    "": _l("Signed messages, JSON interface and files"),
    "top": _l("Taobao and Tmall"),
    "jd": _l("JD"),
    "wechat": _l("WeChat shop"),
    "woocommerce": _l("WooCommerce"),
    "shopify": _l("Shopify"),
}

#: Why a shop could not be read or told.
SHOP_TROUBLES = {
    "out_of_reach": _l("It does not answer."),
    "too_busy": _l("It says: too many calls."),
    "expired": _l("Its token has ended. Authorise the house again."),
    "refused": _l("It refused."),
    "unreadable": _l("Its answer cannot be read."),
    "not_set_up": _l("Its keys are missing."),
    "no_token": _l("It gave no new token. Authorise the house again."),
    "not_listed": _l("Our address is not on its list of allowed addresses."),
    "unknown_order": _l("It does not know the order."),
    "no_stock": _l("It takes no stock from us."),
    "stumbled": _l("The house stumbled over its answer."),
}

#: Why an example order gets no gift.
NO_GIFT = {
    "other_channel": _l("The rule is for another channel."),
    "worth_less": _l("The order is worth less."),
    "not_bought": _l("The article that brings it is not in the order."),
    "not_begun": _l("The rule has not begun."),
    "over": _l("The rule is over."),
}

#: What forms say of single fields.
FIELDS = (_l("Enter an amount like 12.50"), _l("Write one part a line: SKU, units, weight"))

EVENTS = {
    "intake.channel.set_up": _l("Channel set up"),
    "intake.shop.read_asked": _l("Shop to be read at once"),
    "intake.key.made": _l("API key made"),
    "intake.key.revoked": _l("API key taken back"),
    "intake.gift.saved": _l("Gift rule saved"),
    "intake.gift.switched": _l("Gift rule switched on or off"),
    "intake.till.sold": _l("Sold at the till"),
    "intake.refund.asked": _l("The buyer asked the shop for a refund"),
    "intake.refund.decided": _l("The refund is decided"),
    "intake.shop.stopped": _l("The shop says not to ship"),
    "intake.shop.let_go": _l("The shop lets it go again"),
    "intake.address.too_late": _l("The buyer wants it elsewhere, but goods are already on their way through the house"),
    "intake.lines.too_late": _l("The shop changed what was ordered. Compare before shipping."),
    "intake.message.stored": _l("Message of the channel stored"),
    "intake.delivery.stored": _l("Many messages of the channel stored"),
    "intake.channel.told_shipped": _l("Where a channel hears of parcels that left was changed"),
    "intake.batch.uploaded": _l("Order file uploaded"),
    "intake.batch.finished": _l("Order file imported"),
    "intake.cancel.too_late": _l("The buyer cancelled, but goods are already on their way through the house"),
}


def channel_name(code: str, channels: Mapping[str, Channel]) -> str:
    """`order.channel|shop(channels)`: the channel as people call it, the house's own ones too."""
    return named(channels[code]) if code in channels else str(OWN_CHANNELS.get(code, code))
