"""Sentences about the catalogue."""

from flask_babel import lazy_gettext as _l

REFUSALS = {
    "catalog.not_described": _l("A new SKU needs a name, its size and its weight: %(sku)s."),
    "catalog.unknown_sku": _l("There is no SKU %(sku)s."),
    "catalog.no_substitute": _l("%(sku)s cannot take its place: it lists cheaper, or is kept colder or warmer."),
    "catalog.barcode_taken": _l("Barcode %(barcode)s is on other goods already."),
}

EVENTS: dict[str, object] = {
    "catalog.sku.saved": _l("SKUs saved: %(made)s new, %(changed)s changed"),
    "catalog.sku.substitute": _l("In place of %(code)s: %(substitute)s"),
}
