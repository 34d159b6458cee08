"""Sentences about the catalogue."""

from flask_babel import lazy_gettext as _l

REFUSALS = {
    "catalog.not_described": _l("A new SKU needs a name, its size and its weight: %(sku)s."),
    "catalog.unknown_sku": _l("There is no SKU %(sku)s."),
    "catalog.no_substitute": _l("%(sku)s cannot take its place: it lists cheaper, or is kept colder or warmer."),
    "catalog.rule_there": _l("There is such a standard already."),
    "catalog.unknown_rule": _l("There is no such standard."),
    "catalog.no_serials": _l("%(sku)s has no serial numbers to scan."),
    "catalog.bundle_parts": _l("Write each part once: SKU, units, and its weight in the price."),
    "catalog.bundle_is_goods": _l("%(bundle)s is a SKU or a barcode already. Give the bundle a code of its own."),
    "catalog.unknown_bundle": _l("There is no such bundle."),
    "catalog.barcode_taken": _l("Barcode %(barcode)s is on other goods already."),
}

EVENTS: dict[str, object] = {
    "catalog.sku.saved": _l("SKUs saved: %(made)s new, %(changed)s changed"),
    "catalog.standard.added": _l("Packing standard added"),
    "catalog.standard.removed": _l("Packing standard removed"),
    "catalog.sku.checked_by": _l("How %(code)s is checked at the bench was changed"),
    "catalog.bundle.saved": _l("Bundle %(code)s saved"),
    "catalog.bundle.switched": _l("Bundle %(code)s switched on or off"),
    "catalog.sku.substitute": _l("In place of %(code)s: %(substitute)s"),
}
