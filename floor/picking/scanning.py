"""What a scan means at a stop: bin, then item by item, then tote by tote. A wrong one counts nothing.

A walk with one tote needs no tote scan: there each item scan is the put.
"""

from dataclasses import dataclass, replace

from sqlmodel import Session

from floor.catalog import queries as catalog
from floor.catalog.models import Sku
from floor.inventory import count_days
from floor.inventory import queries as inventory
from floor.inventory.models import Bin, Tote
from floor.kit.actor import Actor
from floor.kit.errors import Conflict, Invalid, Unknown
from floor.picking import queries, totes, undoing, walking
from floor.picking.models import StepKind, Stop, Walk
from floor.picking.queries import Put, StopView, WalkView
from floor.picking.states import StopAction, StopState, WalkMode, WalkState
from floor.picking.verdict import Verdict, err, ok, warn


@dataclass(frozen=True)
class Scene:
    """Everything a verdict depends on: the stop as it stands, what was read, and who reads it."""

    db: Session
    walk: Walk
    view: WalkView
    here: StopView
    stop: Stop
    code: str
    bin: Bin | None
    tote: Tote | None
    sku: Sku | None
    actor: Actor


def scan(db: Session, walk_id: int, stop_id: int | None, code: str, actor: Actor) -> Verdict:
    """A scan while picking. `stop_id` is the stop the picker was looking at: a scan for one already done counts
    nothing and is told so, which makes late and repeated scans harmless.

    Raises Conflict when the walk is not in this picker's hands.
    """
    walk = walking.hold(db, walk_id, actor, WalkState.PICKING)
    if told := walking.news(db, walk, actor):
        return heard(walk.mode, told[0].what, stop_id, told[0].slot, told[0].units)
    read = catalog.resolve(db, code)
    if read.command == "UNDO":
        return undoing.undo(db, walk_id, actor)
    stop = walking.stop_of(db, walk, stop_id)
    if stop is None or stop.state is not StopState.OPEN:
        return warn("stale_stop", None)
    if read.command:
        return _command(db, walk, stop, read.command, actor)
    view = queries.walk_view(db, walk_id)
    here = view.by_id(stop_id)
    assert here is not None
    upper = code.strip().upper()
    scene = Scene(
        db, walk, view, here, stop, code.strip(), inventory.bin_by_code(db, walk.warehouse_id, upper),
        inventory.tote_by_code(db, upper), read.sku, actor,
    )  # fmt: skip
    return {"bin": _at_bin, "item": _at_item, "count": _at_item, "put": _at_put}[here.phase](scene)


def heard(mode: WalkMode, what: str, stop_id: int | None, slot: int, units: int) -> Verdict:
    """What became of an order, in amber. In a batch no tote is that order's, so none is named."""
    if mode is WalkMode.WALL:
        return warn(f"batch_{what}", stop_id)
    return warn(f"order_{what}", stop_id, slot=slot, n=units)


def _command(db: Session, walk: Walk, stop: Stop, command: str, actor: Actor) -> Verdict:
    if command == "PROBLEM":
        return replace(ok("problem", stop.id), goto="problem")
    if command == "SKIP":
        return skip(db, walk.id or 0, stop.id or 0, actor)
    return warn("no_such_command", stop.id)


def _at_bin(scene: Scene) -> Verdict:
    """The label of the shelf proves that the picker stands in the right place."""
    if scene.bin is not None:
        if scene.bin.id != scene.stop.bin_id:
            return _wrong_bin(scene)
        scene.stop.bin_seen = True
        walking.step(scene.db, scene.walk, scene.stop, StepKind.BIN, scene.actor)
        return ok("bin_right", scene.here.id)
    if scene.sku is None and scene.tote is None:
        return _unknown(scene)
    return warn("bin_first", scene.here.id, bin=scene.here.code)


def _at_item(scene: Scene) -> Verdict:
    here = scene.here
    if scene.sku is not None:
        if scene.sku.id == here.goods.sku_id:
            return _one_more(scene)
        return _other_item(scene)
    if scene.bin is not None:
        return warn("bin_already", here.id) if scene.bin.id == scene.stop.bin_id else _wrong_bin(scene)
    if scene.tote is None:
        return _unknown(scene)
    if here.is_direct and scene.tote.code != here.puts[0].slot.tote:
        return _new_tote(scene, here.puts[0], units=0)
    return warn("item_first", here.id)


def _one_more(scene: Scene) -> Verdict:
    here = scene.here
    if here.is_direct:
        put = here.puts[0]
        return put_units(scene, put, totes.tote_id_of(scene.db, scene.walk, put.slot.id), 1)
    walking.step(scene.db, scene.walk, scene.stop, StepKind.ITEM, scene.actor, before=here.in_hand)
    scene.stop.in_hand = here.in_hand + 1
    scene.db.flush()
    left = here.rest - scene.stop.in_hand
    return ok("item_counted", here.id, left=left) if left else ok("items_all", here.id, "done", n=here.rest)


def _at_put(scene: Scene) -> Verdict:
    here = scene.here
    put = here.puts[0]
    if scene.tote is not None:
        if scene.tote.code == put.slot.tote:
            return put_units(scene, put, scene.tote.id, put.units)
        other = next((slot for slot in scene.view.slots if slot.tote == scene.tote.code), None)
        if other is not None:
            return err("wrong_tote", here.id, scanned=other.label, wanted=put.slot.label, units=put.units)
        return _new_tote(scene, put, units=put.units)
    if scene.sku is not None:
        return warn("enough", here.id, n=here.wanted) if scene.sku.id == here.goods.sku_id else _other_item(scene)
    if scene.bin is not None:
        return warn("put_first", here.id, tote=put.slot.label)
    return _unknown(scene)


def put_units(scene: Scene, put: Put, tote_id: int, units: int, kept: int | None = None) -> Verdict:
    """Units go into the tote; the last one closes the stop and the walk goes on by itself."""
    done = walking.put(scene.db, scene.walk, put.picks, tote_id, units, scene.actor)
    swap = [put.slot.id, kept] if kept else None  # on a batch walk: SHARED and the tote taken
    walking.step(
        scene.db, scene.walk, scene.stop, StepKind.PUT, scene.actor, puts=done, swap=swap, before=scene.here.in_hand
    )
    scene.stop.in_hand = max(0, scene.here.in_hand - units)
    walking.settle(scene.db, scene.walk, scene.stop, scene.actor)
    stays = scene.stop.id if scene.stop.state is StopState.OPEN else None
    tone = "step" if stays else "done"
    if kept is not None:
        return ok("tote_changed", stays, tone, slot=put.slot.slot)
    return ok("put_done", stays, tone, tote=put.slot.label, n=units)


def _new_tote(scene: Scene, put: Put, units: int) -> Verdict:
    """An empty tote scanned where the slot's own was expected: that one is full. Both stay with the shipment."""
    assert scene.tote is not None
    try:
        tote_id = totes.take_tote(scene.db, scene.walk, scene.tote)
    except Invalid as refused:
        return err("tote_refused", scene.here.id, why=refused.code, **refused.values)
    kept = totes.change_tote(scene.db, scene.walk, put.slot.id, tote_id) or None
    return put_units(scene, put, tote_id, units, kept)


def _wrong_bin(scene: Scene) -> Verdict:
    """Which way the right shelf is from the one scanned. Bays are numbered along the aisle, levels from the floor."""
    assert scene.bin is not None
    here, there = scene.here, scene.bin
    values = {"scanned": there.code, "wanted": here.code, "aisle": here.aisle}
    if there.aisle != here.aisle:
        return err("wrong_bin_aisle", here.id, **values)
    if there.bay != here.bay:
        code = "wrong_bin_up" if here.bay > there.bay else "wrong_bin_down"
        return err(code, here.id, n=abs(here.bay - there.bay), **values)
    code = "wrong_level_up" if here.level > there.level else "wrong_level_down"
    return err(code, here.id, n=abs(here.level - there.level), **values)


def _other_item(scene: Scene) -> Verdict:
    """Goods that do not belong to this stop: of a later one (amber), or wrong (red), with what tells them apart."""
    here, sku = scene.here, scene.sku
    assert sku is not None
    sku_id = sku.id or 0
    later = next(
        (s for s in scene.view.stops if s.goods.sku_id == sku.id and s.state is not StopState.DONE and s.rest), None
    )
    if later is not None:
        return warn("later_stop", here.id, number=later.number)
    count_days.doubt(scene.db, scene.stop.bin_id, here.goods.sku_id, "wrong_scan", scene.actor)
    differs = _differences(here, sku)
    home = queries.home_of(scene.db, scene.walk.warehouse_id, sku_id, here.spot)
    scanned = queries.goods(sku, catalog.barcode_of(scene.db, sku_id))
    found = err(f"wrong_{differs[0]}", here.id, left=here.rest - here.in_hand, **_beside(here, home))
    return replace(found, scanned=scanned, differs=differs, home=home.code if home else "")


def _differences(here: StopView, sku: Sku) -> tuple[str, ...]:
    """The attributes that differ between brothers; ("product",) for anything else."""
    goods = here.goods
    if goods.name != sku.name:
        return ("product",)
    pairs = (("colour", goods.colour, sku.colour), ("size", goods.size, sku.size))
    return tuple(name for name, wanted, got in pairs if wanted != got) or ("product",)


def _beside(here: StopView, home: Bin | None) -> dict[str, int]:
    """How many levels above this stop's bin the wrong unit lives, when it is the same bay."""
    same_bay = home is not None and (home.aisle, home.bay, home.side) == (here.aisle, here.bay, here.side)
    return {"levels": home.level - here.level} if same_bay and home is not None else {}


def _unknown(scene: Scene) -> Verdict:
    return err("unknown_code", scene.here.id, code=scene.code[:48])


def set_quantity(db: Session, walk_id: int, stop_id: int, total: int, actor: Actor) -> Verdict:
    """So many units of this stop are taken in all, typed instead of scanned one by one after the first.

    Raises Invalid before the first scan, and for a number that cannot be.
    """
    walk = walking.hold(db, walk_id, actor, WalkState.PICKING)
    view = queries.walk_view(db, walk_id)
    here, stop = view.by_id(stop_id), walking.stop_of(db, walk, stop_id)
    if here is None or stop is None:
        raise Unknown("picking.unknown_stop")
    if not here.is_open or here.phase == "put":
        return warn("stale_stop", here.id if here.is_open else None)
    if here.phase != "count":
        raise Invalid("picking.scan_one_first", field="qty")
    if not here.scanned <= total <= here.wanted:
        raise Invalid("picking.number_cannot_be", field="qty", low=here.scanned, high=here.wanted)
    more = total - here.scanned
    if here.is_direct:
        scene = Scene(db, walk, view, here, stop, "", None, None, None, actor)
        return (
            put_units(scene, here.puts[0], totes.tote_id_of(db, walk, here.puts[0].slot.id), more)
            if more
            else ok("item_counted", here.id)
        )
    walking.step(db, walk, stop, StepKind.ITEM, actor, before=here.in_hand, n=more)
    stop.in_hand = here.in_hand + more
    db.flush()
    left = here.rest - stop.in_hand
    return ok("item_counted", here.id, left=left) if left else ok("items_all", here.id, "done", n=here.rest)


def skip(db: Session, walk_id: int, stop_id: int, actor: Actor) -> Verdict:
    """Put a stop aside (a truck in the way): it comes back once, when nothing else is open.

    Raises Invalid when units are in hand, or when it came back already.
    """
    walk = walking.hold(db, walk_id, actor, WalkState.PICKING)
    stop = walking.stop_of(db, walk, stop_id)
    if stop is None:
        raise Unknown("picking.unknown_stop")
    if stop.in_hand:
        raise Invalid("picking.units_in_hand", n=stop.in_hand)
    if stop.skips:
        raise Invalid("picking.skipped_before")
    if stop.state is not StopState.OPEN:
        raise Conflict("picking.stop_is_done")
    walking.step(db, walk, stop, StepKind.SKIP, actor, bin_seen=stop.bin_seen)
    stop.skips += 1
    stop.bin_seen = False
    walking.advance_stop(db, stop, StopAction.SKIP)
    walking.tell(db, walk, "stop_skipped", actor, stop=stop.id)
    walking.settle(db, walk, stop, actor)
    return ok("skipped", None)
