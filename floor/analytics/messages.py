"""Sentences of the board, the start page and insight."""

from flask_babel import lazy_gettext as _l

REFUSALS: dict[str, object] = {
    "analytics.unknown_message": _l("There is no such message."),
    "analytics.unknown_week": _l("No report is kept of this week."),
    "analytics.unknown_page": _l("There is no such page of figures."),
    "analytics.not_dead": _l("This message is under way already. Look at the fresh page."),
}

EVENTS: dict[str, object] = {
    "analytics.message.retried": _l("Message sent again"),
}

#: What the next hours still need.
NEEDS = {
    "check": _l("To check"),
    "pick": _l("Waiting for picking"),
    "pack": _l("Waiting for packing"),
    "ship": _l("Waiting for the lorry"),
}

PAGES = {
    "delivery": _l("Delivery time and trouble"),
    "promise": _l("Promise kept"),
    "cost": _l("Cost and splits"),
    "floor": _l("Picking and packing"),
    "returns": _l("What comes back"),
    "material": _l("Material and air"),
}

#: By which day a page counts, by the kind of its sums.
COUNTED = {
    "Lane": _l("A parcel counts on the day it left."),
    "Floor": _l("A walk counts on the day it ended."),
    "Goods": _l("Units count on the day they left, and on the day they came back."),
}

METRICS = {
    "parcels": _l("Parcels"),
    "delivered": _l("Delivered"),
    "hours": _l("Hours on the road"),
    "troubled": _l("In trouble"),
    "troubled_percent": _l("In trouble, percent"),
    "kept": _l("Left in time"),
    "late": _l("Left late"),
    "kept_percent": _l("Left in time, percent"),
    "yuan": _l("Freight, yuan"),
    "yuan_each": _l("Freight a parcel, yuan"),
    "further": _l("Further parcels of an order"),
    "further_percent": _l("Further parcels, percent"),
    "walks": _l("Walks"),
    "units": _l("Units"),
    "units_hour": _l("Units an hour"),
    "metres_unit": _l("Metres a unit"),
    "shorts_thousand": _l("Short, of 1000 stops"),
    "mispicks_thousand": _l("Wrong at the bench, of 1000 units"),
    "mispacks": _l("Wrong at the customer, units"),
    "sent": _l("Units sent"),
    "returned": _l("Units that came back"),
    "returned_percent": _l("Came back, percent"),
    "measured": _l("Parcels measured"),
    "grams": _l("Material a parcel, g"),
    "air_percent": _l("Share of air, percent"),
    "air_litres": _l("Air a parcel, l"),
    "material_each": _l("Material a parcel, yuan"),
}

GROUPS = {"region": _l("Region"), "carrier": _l("Carrier"), "house": _l("Warehouse")}
