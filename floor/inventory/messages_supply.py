"""Sentences about supply: pick faces, safety stock, purchasing, feeds."""

from flask_babel import lazy_gettext as _l

REFUSALS = {
    "inventory.nothing_to_spare": _l("Nothing can be spared there any more. Look at the fresh list."),
    "inventory.unknown_feed": _l("No channel %(channel)s gets a stock feed."),
    "inventory.unknown_request": _l("There is no such purchase request."),
    "inventory.feed_url": _l("Enter an address that begins with http:// or https://"),
    "inventory.feeds_oversell": _l(
        "All channels together would be told %(percent)s %% of a warehouse's stock. "
        "Choose a smaller share, or say that this is meant."
    ),
    "inventory.no_own_share": _l("This SKU has no share of its own on this channel."),
    "inventory.no_pick_bin": _l("Nobody picks from %(bin)s: it is closed, or no pick bin."),
    "inventory.no_face": _l("%(bin)s is no pick face of this SKU."),
    "inventory.levels_cross": _l("The maximum must be at least the minimum."),
    "inventory.point_below_safety": _l("The reorder point must be at least the safety stock, %(qty)s."),
    "inventory.levels_fall": _l("Class A must be served at least as well as B, and B as C."),
    "inventory.scan_item_first": _l("Other goods lie in this bin too: scan the item first."),
    "inventory.take_between": _l("Enter a number between 1 and %(most)s."),
    "inventory.nothing_to_undo": _l("Nothing of this task is done yet."),
    "inventory.anothers_replenishment": _l("A colleague finished this task. Ask them, or a supervisor."),
    "inventory.next_begun": _l("The next task for this pick face is begun already."),
}

EVENTS: dict[str, object] = {
    "inventory.replenishment.undo": _l("Units taken back to the reserve"),
    "inventory.face.kept": _l("Pick face set: %(min)s to %(max)s units"),
    "inventory.face.dropped": _l("No pick face any more"),
    "inventory.safety.accepted": _l("Computed safety stock taken on"),
    "inventory.safety.set": _l("Safety stock set by hand"),
    "inventory.supply.defaults_set": _l("Lead times and service levels set"),
    "inventory.supply.terms_set": _l("Terms of %(supplier)s written down"),
    "inventory.purchase.asked": _l("Purchasing told of what runs low"),
    "inventory.purchase.order": _l("Goods ordered"),
    "inventory.purchase.dismiss": _l("Purchase request dismissed"),
    "inventory.feed.changed": _l("Stock feed of %(channel)s changed"),
    "inventory.feed.share_changed": _l("Share of one SKU changed on %(channel)s"),
    "inventory.feed.key_changed": _l("Stock feed of %(channel)s has a new key"),
    "inventory.feed.pushed": _l("Stock told to %(channel)s"),
    "inventory.feed.for_shop": _l("Stock told to %(channel)s"),
}
