"""Sentences about shipments."""

from flask_babel import lazy_gettext as _l

from floor.shipments.queries import Stage
from floor.shipments.states import ShipmentState

REFUSALS = {
    "shipments.unknown": _l("There is no such shipment."),
    "shipments.carrier_taken": _l("This code is taken. Choose another one."),
    "shipments.changed_meanwhile": _l("Somebody else moved these units meanwhile. Look at the fresh page."),
}

STATES = {
    ShipmentState.PLANNED: _l("Allocated"),
    ShipmentState.PICKING: _l("Being picked"),
    ShipmentState.PICKED: _l("Picked"),
    ShipmentState.PACKING: _l("Being packed"),
    ShipmentState.PACKED: _l("Packed"),
    ShipmentState.SHIPPED: _l("Shipped"),
    ShipmentState.DELIVERED: _l("Delivered"),
    ShipmentState.CANCELLED: _l("Cancelled"),
}

#: How far an order is.
STAGES = {
    Stage.RECEIVED: _l("New"),
    Stage.HELD: _l("On hold"),
    Stage.WAITING: _l("To allocate"),
    Stage.PICK: _l("Waiting for picking"),
    Stage.PACK: _l("Waiting for packing"),
    Stage.SHIP: _l("Waiting for the lorry"),
    Stage.SHIPPED: _l("Shipped"),
    Stage.DELIVERED: _l("Delivered"),
    Stage.CANCELLED: _l("Cancelled"),
}

EVENTS = {
    "shipments.carrier.changed": _l("Carrier changed"),
    "shipments.pickup.agreed": _l("What a carrier collects was changed"),
    "shipments.shipment.planned": _l("Allocated to a warehouse"),
    "shipments.shipment.start_pick": _l("Picking began"),
    "shipments.shipment.return_plan": _l("Back in line for picking"),
    "shipments.shipment.finish_pick": _l("Picked"),
    "shipments.shipment.reopen_pick": _l("A unit was taken out of its slot again"),
    "shipments.shipment.start_pack": _l("Packing began"),
    "shipments.shipment.reopen_pack": _l("Packing stopped"),
    "shipments.shipment.finish_pack": _l("Packed"),
    "shipments.shipment.ship": _l("Handed to the carrier"),
    "shipments.shipment.deliver": _l("Delivered"),
    "shipments.shipment.undeliver": _l("Not delivered after all: it had turned back before"),
    "shipments.shipment.cancel": _l("Shipment cancelled"),
}
