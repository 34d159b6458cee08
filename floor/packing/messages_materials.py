"""Sentences of packing material."""

from flask_babel import lazy_gettext as _l

from floor.packing.models_materials import Goods, MaterialKind, Per

REFUSALS = {
    "packing.unknown_material": _l("There is no such packing material."),
    "packing.material_taken": _l("%(material)s is on the list already."),
    "packing.no_such_carton": _l("The catalogue has no carton %(carton)s."),
    "packing.unknown_carrier": _l("There is no such carrier."),
    "packing.rule_twice": _l("There is such a rule for this material already."),
    "packing.unknown_rule": _l("This rule is gone already."),
}

EVENTS = {
    "packing.material.added": _l("Packing material added"),
    "packing.material.changed": _l("Packing material changed"),
    "packing.material_rule.added": _l("Packing rule added"),
    "packing.material_rule.removed": _l("Packing rule removed"),
}

KINDS = {
    MaterialKind.CARTON: _l("Carton"),
    MaterialKind.MAILER: _l("Mailer"),
    MaterialKind.FILLER: _l("Filler"),
    MaterialKind.BUBBLE: _l("Bubble wrap"),
    MaterialKind.TAPE: _l("Tape"),
    MaterialKind.WRAP: _l("Wrapping"),
    MaterialKind.ICE: _l("Ice"),
    MaterialKind.OTHER: _l("Other"),
}

GOODS = {
    Goods.ALL: _l("Every parcel"),
    Goods.NORMAL: _l("Normal goods"),
    Goods.FRAGILE: _l("Fragile goods"),
    Goods.LIQUID: _l("Liquids"),
    Goods.ELECTRONICS: _l("Electronics"),
    Goods.COLD: _l("Cold goods"),
}

PER = {
    Per.PARCEL: _l("a parcel"),
    Per.UNIT: _l("a unit of such goods"),
    Per.LITRE: _l("a litre left empty"),
}
