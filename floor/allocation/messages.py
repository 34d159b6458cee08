"""Sentences about allocation runs."""

from flask_babel import lazy_gettext as _l

from floor.allocation.states import RunState, Stage, Strategy, Thing, Why

REFUSALS = {
    "allocation.unknown_run": _l("There is no such run."),
    "allocation.nothing_changed": _l("No order of this run is left to plan again. Look at the fresh page."),
    "allocation.nothing_to_release": _l("No order of this run waits for safety stock now. Look at the fresh page."),
    "allocation.nothing_to_split": _l("No order of this run can be split any more. Look at the fresh page."),
}

EVENTS: dict[str, object] = {
    "allocation.order.announced": _l("Said where it will ship from"),
    "allocation.run.asked": _l("Run asked for"),
    "allocation.run.started": _l("Run started"),
    "allocation.run.applied": _l("Stock reserved"),
    "allocation.run.cart_routed": _l("A cart's route is ready"),
    "allocation.run.routed": _l("Every cart is ready"),
    "allocation.run.published": _l("Published to the pickers"),
    "allocation.run.taken_back": _l("Taken back from the pickers"),
    "allocation.run.stopped": _l("Run stopped"),
    "allocation.run.failed": _l("A stage of the run broke"),
}

STATES = {
    RunState.QUEUED: _l("Waiting for a worker"),
    RunState.RUNNING: _l("Running"),
    RunState.APPLIED: _l("Making carts"),
    RunState.READY: _l("Ready"),
    RunState.PUBLISHED: _l("Published"),
    RunState.STOPPED: _l("Stopped"),
    RunState.FAILED: _l("Broken off"),
}

STAGES = {
    Stage.READ: _l("Read"),
    Stage.CHECK: _l("Verify"),
    Stage.PLAN: _l("Plan"),
    Stage.APPLY: _l("Lock stock"),
    Stage.CARTS: _l("Group carts"),
    Stage.ROUTES: _l("Find routes"),
}

STRATEGIES = {
    Strategy.OPTIMAL: _l("Best plan over all orders"),
    Strategy.BEST_COST: _l("Cheapest, order by order"),
    Strategy.NEAREST: _l("Nearest warehouse first"),
    Strategy.PROPORTIONAL: _l("Fullest warehouse first"),
    Strategy.RANDOM: _l("Any warehouse (for comparison)"),
}

REASONS = {
    Why.NO_STOCK: _l("Out of stock everywhere"),
    Why.SAFETY_STOCK: _l("Only safety stock is left"),
    Why.PICK_FACE_EMPTY: _l("In stock, but not on a pick face"),
    Why.PARTIAL_ONLY: _l("No single warehouse has it all"),
    Why.OTHER_ORDERS_FIRST: _l("More urgent orders took it"),
    Why.LABOUR_FULL: _l("Nobody left to pick it"),
    Why.BENCH_FULL: _l("No packing bench left for it"),
    Why.CARRIER_FULL: _l("The carriers take no more today"),
    Why.TOO_BIG: _l("Too heavy for every carrier"),
    Why.CANNOT: _l("Where the stock is, nobody can handle it"),
    Why.NOT_WORTH: _l("Shipping it costs more than waiting"),
    Why.NO_LANE: _l("No carrier goes there"),
    Why.UNCHECKED: _l("Not checked yet"),
    Why.HELD: _l("On hold"),
    Why.CHANGED: _l("Changed while the run worked"),
    Why.STOPPED: _l("The run was stopped before its turn"),
}

#: What is scarce in a warehouse's day.
THINGS = {
    Thing.LINES: _l("Pick lines"),
    Thing.HEAVY: _l("Lines with lifting gear"),
    Thing.COLD: _l("Lines in the cold room"),
    Thing.BENCH: _l("Parcels at the benches"),
    Thing.DOCK: _l("Parcels collected"),
    Thing.LORRY: _l("Load of the lorries, kg"),
    Thing.UNITS: _l("Units"),
}

#: How long an order has been with us.
AGES = {
    "hours": _l("up to 4 hours"),
    "day": _l("up to a day"),
    "days": _l("up to 3 days"),
    "longer": _l("longer"),
}

#: What a plan costs, part by part; see solver.allocation.plan.Bill.
PARTS = {
    "freight": _l("Freight"),
    "handling": _l("Packing"),
    "late": _l("Days late"),
    "balance": _l("Taken where stock is short"),
    "moving": _l("Moved from where it was announced"),
    "unserved": _l("Weight of orders left out"),
}

#: The planner's steps while it works.
STEPS = {
    "prices": _l("finding what is scarce"),
    "place": _l("placing orders"),
    "search": _l("exchanging orders"),
    "chunks": _l("planning contested orders exactly"),
    "reasons": _l("finding reasons"),
}

#: Picking's words for a walk's state, as it tells them to the monitor.
CARTS = {
    "ready": _l("Ready"),
    "published": _l("Published"),
    "claimed": _l("Taken"),
    "picking": _l("Being picked"),
    "done": _l("Picked"),
    "cancelled": _l("Cancelled"),
}

#: What stands under a reason; some name a number.
HINTS = {
    Why.SAFETY_STOCK: _l("What is left is kept back; lower the safety stock to sell it"),
    Why.OTHER_ORDERS_FIRST: _l("Receive more, or raise the order's priority"),
    Why.LABOUR_FULL: _l("Stock is there, but the shift's pick lines are used up"),
    Why.BENCH_FULL: _l("Stock is there, but the benches close no more parcels before the cut-off"),
    Why.CARRIER_FULL: _l("Stock is there, but what the carriers collect today is given away"),
    Why.TOO_BIG: _l("No active carrier takes a parcel this heavy to the address; choose its way by hand"),
    Why.CANNOT: _l("It needs lifting gear or a cold room, and the warehouses with the stock have none"),
    Why.NOT_WORTH: _l("Every way to ship it costs more than leaving it out; a higher priority changes that"),
    Why.NO_LANE: _l("No active carrier has a rate from a warehouse to the address"),
    Why.UNCHECKED: _l("The order check has not released them"),
    Why.HELD: _l("Somebody has to decide"),
    Why.CHANGED: _l("Stock or order changed after the plan was made; the next run takes them"),
    Why.STOPPED: _l("Nothing was reserved for them"),
}

#: Deadlines of the preview.
DEADLINES = {
    "overdue": _l("Overdue"),
    "soon": _l("Within 4 hours"),
    "day": _l("Within 24 hours"),
    "later": _l("Later"),
}
