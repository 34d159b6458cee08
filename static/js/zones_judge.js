// The walk a phone carries, as it stands, and what a scan or a tap there means: judged as floor/picking/scanning.py and
// shorting.py do. It changes only `pack`; zones.js keeps and tells it, zones_draw.js shows it.
(() => {
  "use strict";
  const w = (window.Floor.carried = { pack: null }); // pack: the walk, floor/picking/packet.py and how far it is
  const OPEN = "open", SKIPPED = "skipped", COUNT_FROM = 6, UNDO_MS = 60000;

  // --- the walk as it stands ---------------------------------------------------------------------------------------
  const stops = () => w.pack.at;
  const facts = (stop) => { const [n, bin, aisle, bay, level, sku, tail] = w.pack.stops[stop.id]; return { n, bin, aisle, bay, level, sku, tail }; };
  const rest = (stop) => stop.puts.reduce((sum, [, units]) => sum + units, 0);
  const wanted = (stop) => stop.picked + rest(stop);
  const scanned = (stop) => stop.picked + stop.hand;
  const left = (stop) => wanted(stop) - scanned(stop);
  const direct = () => w.pack.direct ?? w.pack.slots.length === 1; // one tote for all: an item scan is the put
  const slotOf = (no) => w.pack.slots.find(([slot]) => slot === no);
  const byId = (id) => stops().find((stop) => stop.id === id);
  const isOpen = (stop) => stop?.state === OPEN;

  function phase(stop) {
    if (!stop.puts.length) return "done";
    if (!stop.seen) return "bin";
    if (stop.hand >= rest(stop)) return "put";
    return wanted(stop) >= COUNT_FROM && scanned(stop) ? "count" : "item";
  }

  function after(stop) {
    const at = stop ? stops().indexOf(stop) + 1 : 0;
    return [...stops().slice(at), ...stops().slice(0, at)].find(isOpen) ?? null;
  }

  function where() {
    const done = stops().filter((stop) => !isOpen(stop) && !rest(stop));
    return byId(w.pack.here && isOpen(byId(w.pack.here)) ? w.pack.here : 0) ?? after(done[done.length - 1]);
  }

  /** Nothing left to take there: the next one is ready, and stops put aside come back when no other is open. */
  function settle(stop) {
    if (isOpen(stop) && !rest(stop)) { stop.state = stop.short ? "short" : "done"; stop.hand = 0; }
    const next = stops().slice(stops().indexOf(stop) + 1).find(isOpen);
    if (stop.seen && next && facts(next).bin === facts(stop).bin) next.seen = true;
    if (!stops().some(isOpen)) for (const other of stops()) if (other.state === SKIPPED) other.state = OPEN;
  }

  function putInto(stop, no, units) {
    let more = units;
    for (const put of stop.puts) if (put[0] === no && more) { const now = Math.min(put[1], more); put[1] -= now; more -= now; }
    stop.puts = stop.puts.filter(([, n]) => n);
    stop.picked += units;
    stop.hand = Math.max(0, stop.hand - units);
    settle(stop);
  }

  // --- a scan, judged as floor/picking/scanning.py does ---------------------------------------------------------------
  const BIN = /^[A-Z]+[0-9]*-[0-9]+-[0-9]+$/;
  function skuOf(code) {
    const plain = code.replace(/^\][A-Za-z][0-9]/, "");
    const gtin = /^\(?01\)?(\d{14})/.exec(plain)?.[1] ?? (/^\d{8,14}$/.test(plain) ? plain : "");
    for (const one of [code, plain, gtin, gtin && gtin.replace(/^0+/, "").padStart(13, "0"), code.toUpperCase()]) if (one && w.pack.codes[one]) return w.pack.codes[one];
    return 0;
  }

  // {mood: ok|warn|err, word, values, tone, event, stop, wrong}: an event only for what is right.
  const ok = (event, word, values, tone = "step") => ({ mood: "ok", event, word, values, tone });
  const warn = (word, values) => ({ mood: "warn", word, values, tone: "warn" });
  const err = (word, values, wrong) => ({ mood: "err", word, values, wrong, tone: "err" });

  function judge(code) {
    const upper = code.trim().toUpperCase();
    if (upper === "CMD-UNDO") return undo();
    const stop = where();
    if (!stop) {
      const lane = w.pack.lanes.find((name) => name.toUpperCase() === upper);
      return lane ? ok({ kind: "lane", code: lane }, "done", { bin: lane }, "walk") : warn("no_lane");
    }
    if (upper === "CMD-PROBLEM") return { mood: "go", path: "exception" };
    if (upper === "CMD-SKIP") return skip(stop);
    const sku = skuOf(code.trim());
    const slot = w.pack.slots.find(([, , tote]) => tote === upper);
    const scan = { stop, f: facts(stop), code: code.trim(), upper, sku, slot, free: w.pack.free.includes(upper), bin: BIN.test(upper) && !sku && !slot };
    return { bin: atBin, item: atItem, count: atItem, put: atPut }[phase(stop)](scan);
  }

  function atBin({ stop, f, upper, sku, slot, free, bin, code }) {
    if (bin && upper !== f.bin) return wrongBin(f, upper);
    if (bin) { stop.seen = true; return ok({ kind: "bin", stop: stop.id, code }); }
    return sku || slot || free ? warn("bin_first", { bin: f.bin }) : err("unknown_code", {}, { text: code });
  }

  function atItem(scan) {
    const { stop, f, upper, sku, slot, free, bin, code } = scan;
    if (sku) return sku === f.sku ? oneMore(stop, code, 1) : otherItem(scan);
    if (bin) return upper === f.bin ? warn("bin_already") : wrongBin(f, upper);
    if (direct() && free) return newTote(stop, stop.puts[0][0], upper, 0);
    return slot || free ? warn("item_first") : err("unknown_code", {}, { text: code });
  }

  function oneMore(stop, code, units) {
    if (direct()) return putDone(stop, stop.puts[0][0], units, { kind: "put", stop: stop.id, units, code: "" });
    stop.hand += units;
    const all = !left(stop);
    return ok({ kind: "item", stop: stop.id, units, code }, all ? (rest(stop) === 1 ? "items_all1" : "items_all") : "", { n: rest(stop) }, all ? "done" : "step");
  }

  function putDone(stop, no, units, event, word = "") {
    putInto(stop, no, units);
    return ok(event, word, { tote: String(no) }, isOpen(stop) ? "step" : "done");
  }

  function atPut(scan) {
    const { stop, f, upper, sku, slot, free, bin, code } = scan;
    const [no, units] = stop.puts[0];
    if (slot?.[0] === no) return putDone(stop, no, units, { kind: "put", stop: stop.id, units, code: upper });
    if (slot) return err("wrong_tote", { n: units, tote: slotOf(no)[1] }, { totes: [slot, slotOf(no)] });
    if (free) return newTote(stop, no, upper, units);
    if (sku) return sku === f.sku ? warn("enough", { n: wanted(stop) }) : otherItem(scan);
    return bin ? warn("put_first", { tote: slotOf(no)[1] }) : err("unknown_code", {}, { text: code });
  }

  function newTote(stop, no, tote, units) {
    const slot = slotOf(no);
    const event = { kind: "put", stop: stop.id, units, code: tote, of: slot[1] };
    if (w.pack.shared) { // of a batch: the next place, and whatever is still to pick goes there
      w.pack.slots.push([no + 1, String(no + 1), tote]);
      for (const other of stops()) for (const put of other.puts) put[0] = no + 1;
    } else {
      slot[1] = `${no}-${String.fromCharCode((/-([A-Z])$/.exec(slot[1])?.[1] ?? "A").charCodeAt(0) + 1)}`;
      slot[2] = tote;
    }
    w.pack.free = w.pack.free.filter((code) => code !== tote);
    return units ? putDone(stop, no, units, event, "tote_changed") : ok(event, "tote_changed", { tote: String(no) });
  }

  function wrongBin(f, scannedBin) {
    const [aisle, bay, level] = scannedBin.split("-");
    const way = aisle !== f.aisle ? ["wrong_bin_aisle", 0]
      : Number(bay) !== f.bay ? [f.bay > Number(bay) ? "wrong_bin_up" : "wrong_bin_down", Math.abs(f.bay - Number(bay))]
        : [f.level > Number(level) ? "wrong_level_up" : "wrong_level_down", Math.abs(f.level - Number(level))];
    return err(way[1] === 1 ? `${way[0]}1` : way[0], { bin: scannedBin, aisle: f.aisle, n: way[1] }, { bins: [scannedBin.split("-"), f.bin.split("-")] });
  }

  function otherItem({ stop, f, sku }) {
    const later = stops().find((other) => facts(other).sku === sku && other.state !== "done" && rest(other));
    if (later) return warn("later_stop", { n: facts(later).n });
    const [got, want] = [w.pack.goods[sku], w.pack.goods[f.sku]];
    const differs = got[5] !== want[5] ? "product" : got[1] !== want[1] ? "colour" : got[2] !== want[2] ? "size" : "product";
    return err(`wrong_${differs}`, { n: left(stop) }, { goods: [got, want], home: got[4][0] ?? "", stop });
  }

  // --- what is tapped ------------------------------------------------------------------------------------------------
  function skip(stop) {
    if (stop.hand || stop.skips) return warn("cannot_skip");
    stop.skips += 1;
    stop.seen = false;
    stop.state = SKIPPED;
    settle(stop);
    return ok({ kind: "skip", stop: stop.id }, "skipped");
  }

  function report(stop, got, why) {
    const missing = rest(stop) - got;
    if (missing <= 0) return { mood: "go", path: "" };
    const before = new Map(stop.puts.map(([no]) => [no, 0]));
    let share = got; // the orders promised earliest first
    for (const no of direct() ? before.keys() : w.pack.rank) for (const [slot, units] of stop.puts) if (slot === no) { const now = Math.min(units, share); before.set(no, now); share -= now; }
    stop.puts = stop.puts.map(([no]) => [no, before.get(no)]).filter(([, units]) => units);
    Object.assign(stop, { short: true, seen: true, hand: direct() ? 0 : got });
    if (direct() && got) putInto(stop, stop.puts[0][0], got);
    settle(stop);
    return ok({ kind: "short", stop: stop.id, units: got, why }, "short_reported", { n: missing }, "done");
  }

  function quantity(stop, total) {
    const units = total - scanned(stop);
    return phase(stop) === "count" && units > 0 && units <= left(stop) ? oneMore(stop, "", units) : { mood: "go", path: "" };
  }

  function undo() {
    const last = w.pack.trail?.at(-1);
    if (!last || last[0].at + UNDO_MS < Date.now()) return warn("cannot_undo");
    const [event, before] = last;
    const trail = w.pack.trail.slice(0, -1);
    Object.assign(w.pack, structuredClone(before), { trail });
    const word = event.kind !== "put" || !direct() ? `undone_${event.kind}` : event.units ? "undone_shelf" : "undone_tote";
    return { ...ok({ kind: "undo", stop: event.stop, of: event.id, units: 0 }, word, { n: event.units, tote: slotOf(w.pack.slots[0][0]) && toteOf(event) }), stop: event.stop };
  }
  const toteOf = (event) => w.pack.slots.find(([, , tote]) => tote === event.code)?.[1] ?? (event.of || "").split("-")[0];

  Object.assign(w, { stops, facts, rest, wanted, scanned, left, direct, slotOf, byId, isOpen, phase, where, judge, skip, report, quantity, undo, warn });
})();
