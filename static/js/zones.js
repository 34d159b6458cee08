// A walk in a dead zone. The phone carries it (IndexedDB), judges scans by itself when the server does not answer, keeps
// what was done as events in their order, and tells them when there is net again. The server's answers are final.
// Screens are the server's own, drawn beforehand (floor/picking/packet.py); here only counters are filled in.
(() => {
  "use strict";
  const root = document.documentElement;
  const who = Number(root.dataset.who) || 0;
  const { uuid, csrf, show, unanswered, wait } = window.Floor;
  const OPEN = "open", SKIPPED = "skipped", COUNT_FROM = 6, UNDO_MS = 60000, SLOW = 8000;

  // --- what the phone keeps: kv {walk: the packet with how far it is, phone: its name}, events in their order -----------
  let base = null; // the database
  let pack = null; // the walk carried
  let phone = "";
  let unsent = []; // events not yet told, oldest first
  let away = false; // the server did not answer lately
  let busy = Promise.resolve(); // whatever changes the walk waits for what came before
  let holding = 0; // somebody fetches the server's screen: scans wait for it
  let refused = 0; // since the zone began: steps not taken, and what became of an order
  let news = "";
  let sending = false;
  let tries = 0;
  let timer = 0;
  let token = csrf();

  const opened = new Promise((done) => {
    if (!window.indexedDB) return done(null);
    const ask = indexedDB.open("floor-zones", 1);
    ask.onupgradeneeded = () => { ask.result.createObjectStore("kv"); ask.result.createObjectStore("events", { keyPath: "n", autoIncrement: true }); };
    ask.onsuccess = () => done(ask.result);
    ask.onerror = ask.onblocked = () => done(null);
    return undefined;
  });
  // One transaction: all of it is on the disk, or none.
  const write = (what) => new Promise((done, failed) => {
    const tx = base.transaction(["kv", "events"], "readwrite", { durability: "strict" });
    what(tx.objectStore("kv"), tx.objectStore("events"));
    tx.oncomplete = () => done();
    tx.onerror = tx.onabort = () => failed(tx.error);
  });
  const read = (name, how) => new Promise((done) => {
    const got = how(base.transaction(name).objectStore(name));
    got.onsuccess = () => done(got.result);
    got.onerror = () => done(undefined);
  });

  // --- the walk as it stands ---------------------------------------------------------------------------------------
  const fromLine = ([id, state, seen, hand, skips, picked, puts]) => ({ id, state, seen: Boolean(seen), hand, skips, picked, puts });
  const stops = () => pack.at;
  const facts = (stop) => { const [n, bin, aisle, bay, level, sku, tail] = pack.stops[stop.id]; return { n, bin, aisle, bay, level, sku, tail }; };
  const rest = (stop) => stop.puts.reduce((sum, [, units]) => sum + units, 0);
  const wanted = (stop) => stop.picked + rest(stop);
  const scanned = (stop) => stop.picked + stop.hand;
  const left = (stop) => wanted(stop) - scanned(stop);
  const direct = () => pack.slots.length === 1;
  const slotOf = (no) => pack.slots.find(([slot]) => slot === no);
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
    return byId(pack.here && isOpen(byId(pack.here)) ? pack.here : 0) ?? after(done[done.length - 1]);
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
    for (const one of [code, plain, gtin, gtin && gtin.replace(/^0+/, "").padStart(13, "0"), code.toUpperCase()]) if (one && pack.codes[one]) return pack.codes[one];
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
      const lane = pack.lanes.find((name) => name.toUpperCase() === upper);
      return lane ? ok({ kind: "lane", code: lane }, "done", { bin: lane }, "walk") : warn("no_lane");
    }
    if (upper === "CMD-PROBLEM") return { mood: "go", path: "exception" };
    if (upper === "CMD-SKIP") return skip(stop);
    const sku = skuOf(code.trim());
    const slot = pack.slots.find(([, , tote]) => tote === upper);
    const scan = { stop, f: facts(stop), code: code.trim(), upper, sku, slot, free: pack.free.includes(upper), bin: BIN.test(upper) && !sku && !slot };
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
    slot[1] = `${no}-${String.fromCharCode((/-([A-Z])$/.exec(slot[1])?.[1] ?? "A").charCodeAt(0) + 1)}`;
    slot[2] = tote;
    pack.free = pack.free.filter((code) => code !== tote);
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
    const [got, want] = [pack.goods[sku], pack.goods[f.sku]];
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
    for (const no of pack.rank) for (const [slot, units] of stop.puts) if (slot === no) { const now = Math.min(units, share); before.set(no, now); share -= now; }
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
    const last = pack.trail?.at(-1);
    if (!last || last[0].at + UNDO_MS < Date.now()) return warn("cannot_undo");
    const [event, before] = last;
    const trail = pack.trail.slice(0, -1);
    Object.assign(pack, structuredClone(before), { trail });
    const word = event.kind === "put" && direct() ? "undone_shelf" : `undone_${event.kind}`;
    return { ...ok({ kind: "undo", stop: event.stop, of: event.id, units: 0 }, word, { n: event.units, tote: slotOf(pack.slots[0][0]) && toteOf(event) }), stop: event.stop };
  }
  const toteOf = (event) => pack.slots.find(([, , tote]) => tote === event.code)?.[1] ?? (event.of || "").split("-")[0];

  /** Do something to the walk: the event and what it changed are on the disk before anybody is told. */
  function act(how, was = "") {
    const mine = busy.then(async () => {
      const before = structuredClone({ at: pack.at, slots: pack.slots, free: pack.free, here: pack.here });
      const said = how();
      if (said.event) {
        const event = { id: uuid(), phone, seq: (pack.seq = (pack.seq ?? 0) + 1), by: who || pack.by, walk: pack.walk, at: Date.now(), was, units: 0, code: "", ...said.event };
        pack.here = said.stop ?? said.event.stop ?? pack.here;
        if (event.kind === "lane") pack.over = true;
        if (event.kind !== "undo") pack.trail = [...(pack.trail ?? []), [event, before]].slice(-9); // what undo takes back
        await write((kv, events) => { events.add(event).onsuccess = (e) => { event.n = e.target.result; }; kv.put(pack, "walk"); });
        unsent.push(event);
      } else Object.assign(pack, before);
      draw(said);
      status();
      send();
    });
    busy = mine.catch((error) => { console.error(error); show("broken", true); });
    return busy;
  }

  // --- screens -------------------------------------------------------------------------------------------------------
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values?.[name] ?? "");
  const safe = (text) => { const el = document.createElement("i"); el.textContent = text; return el.innerHTML; };
  const words = (said) => (said?.word ? (pack.words[said.word] ?? ["", "", ""]) : null)?.map((text) => fill(text ?? "", said.values));

  function swap(html) {
    const old = document.getElementById("screen");
    old.outerHTML = html;
    const fresh = document.getElementById("screen");
    fresh.setAttribute("data-local", "");
    htmx.process(fresh);
    document.getElementById("scan")?.setAttribute("action", `${pack.base}/scans`);
    document.dispatchEvent(new CustomEvent("htmx:afterSettle", { detail: { elt: fresh } }));
    status();
    return fresh;
  }

  const set = (scope, name, text) => { for (const el of scope.querySelectorAll(`[data-say=${name}]`)) el.textContent = text; };

  function segments(scope, here) {
    const bar = scope.querySelector(".segs");
    if (!bar) return;
    const marks = { done: "d", short: "x" };
    bar.innerHTML = stops().map((stop) => { const mark = stop === here ? "c" : marks[stop.state] ?? ""; return `<i class="${mark}"></i>`; }).join("");
    bar.setAttribute("aria-valuenow", stops().filter((stop) => marks[stop.state]).length);
  }

  function flash(scope, mood, [title, detail]) {
    const html = fill(pack.common[`flash_${mood}`], { title: safe(title), detail: safe(detail) });
    scope.querySelector("main")?.insertAdjacentHTML("afterbegin", html);
  }

  function address(path) {
    const url = `${pack.base}/${path}`;
    if (location.pathname !== url) history.pushState({}, "", url);
  }

  /** The screen that follows: red for what is wrong, else the stop, else the end of the walk. */
  function draw(said) {
    if (said?.tone) document.dispatchEvent(new CustomEvent("verdict", { detail: { value: said.tone } }));
    if (said?.mood === "go" && said.path === "exception") return problem(where());
    if (said?.mood === "err") return drawWrong(said);
    const stop = where();
    if (pack.over || !stop) return drawFinish(said);
    return drawStop(stop, said);
  }

  function drawStop(stop, said) {
    const drawn = pack.screens[stop.id];
    const now = phase(stop);
    const html = now === "put" ? drawn.puts[stop.puts[0][0]] : drawn[now] ?? drawn.item;
    const scope = swap(html);
    pack.here = stop.id;
    set(scope, "scanned", scanned(stop));
    set(scope, "left", left(stop));
    set(scope, "units", stop.puts[0]?.[1] ?? 0);
    const take = scope.querySelector(".qty b");
    if (take) take.textContent = wanted(stop);
    for (const key of scope.querySelectorAll("button[name=qty]")) if (Number(key.value) <= scanned(stop)) key.remove();
    segments(scope, stop);
    const text = words(said);
    if (text && (said.mood !== "ok" || said.word)) flash(scope, said.mood, text);
    address(`stops/${facts(stop).n}`);
  }

  function drawFinish(said) {
    const scope = swap(pack.common.finish);
    segments(scope, null);
    scope.querySelector("[data-zone-total]")?.remove();
    address("finish");
    const text = words(said);
    if (pack.over) {
      scope.querySelector("main").replaceChildren();
      scope.querySelector(".dock")?.remove();
      flash(scope, "ok", text ?? ["", ""]);
    } else if (text) flash(scope, said.mood, text);
  }

  function side(card, head, lines, title) {
    if (title) card.querySelector(".hd").lastChild.data = title;
    const list = lines.map(([text, differs]) => `<li${differs ? ' class="diff"' : ""}>${safe(text)}</li>`).join("");
    card.innerHTML = card.querySelector(".hd").outerHTML + head + `<ul>${list}</ul>`;
  }

  function drawWrong(said) {
    const stop = where();
    const [title, detail, way] = words(said);
    const photo = new DOMParser().parseFromString(pack.screens[stop.id].item, "text/html").querySelector(".item .ph");
    const scope = swap(pack.common.wrong);
    const { goods, bins, totes, home, text } = said.wrong;
    const h1 = scope.querySelector("h1");
    h1.textContent = title;
    h1.classList.toggle("long", title.length > 4);
    scope.querySelector("#d").textContent = detail;
    scope.querySelector("header .num").textContent = facts(stop).n;
    scope.querySelector("header > .num").textContent = facts(stop).bin;
    const [bad, good] = [scope.querySelector(".cmp .bad"), scope.querySelector(".cmp .good")];
    const back = scope.querySelector(".putback");
    if (goods) {
      const other = photo.cloneNode(true);
      other.querySelector("svg")?.setAttribute("color", goods[0][3]);
      const product = goods[0][5] !== goods[1][5];
      const rows = (one) => [...(product ? [[one[0], true]] : []), ...[1, 2].filter((n) => one[n]).map((n) => [one[n], goods[0][n] !== goods[1][n]])];
      side(bad, product ? "" : other.outerHTML, rows(goods[0]));
      side(good, photo.outerHTML, [...rows(goods[1]), [`…${facts(stop).tail}`, false]]);
      back.innerHTML = `<b>${safe(fill(pack.words.home[0], { bin: home }))}</b>`;
      if (!home) back.remove();
    } else if (totes) {
      const no = ([slot, label]) => `<span class="no num c${((slot - 1) % 8) + 1}">${safe(label)}</span>`;
      side(bad, no(totes[0]), []);
      side(good, no(totes[1]), [], pack.words.right[0]);
      back.remove();
    } else if (bins) {
      const rows = (mine, other) => mine.map((part, n) => [`${pack.words.parts[n]} ${part}`, part !== other[n]]);
      side(bad, "", rows(bins[0], bins[1]));
      side(good, "", rows(bins[1], bins[0]), pack.words.right[0]);
      back.innerHTML = `<b>${safe(way)}</b>`;
    } else {
      scope.querySelector(".cmp").remove();
      back.innerHTML = `<span class="num">${safe(text)}</span>`;
    }
    const now = phase(stop);
    const goon = scope.querySelector(".goon span");
    const count = ["item", "count"].includes(now) ? ` · ${fill(pack.words.left[0], { n: left(stop) })}` : "";
    goon.innerHTML = `${safe(pack.words.goon[now === "bin" ? 0 : now === "put" ? 2 : 1])}<small>${safe(pack.words.no_tap[0] + count)}</small>`;
    scope.querySelector("footer form")?.remove(); // reporting a label needs the net
    const backTo = scope.querySelector("footer a");
    backTo.dataset.zone = "back";
    backTo.style.gridColumn = "1 / -1";
    const input = scope.querySelector("input[name=stop]");
    if (input) input.value = stop.id;
  }

  let sheet = { got: 0, why: "empty" };
  function problem(stop) {
    if (!stop) return draw(null);
    const scope = swap(pack.common.problem);
    const most = rest(stop);
    sheet = { got: Math.min(stop.hand, most), why: stop.hand ? "short" : "empty" };
    const item = new DOMParser().parseFromString(pack.screens[stop.id].item, "text/html");
    scope.querySelector(".ctx .ph").innerHTML = item.querySelector(".item .ph").innerHTML;
    set(scope, "name", item.querySelector(".item .nm").textContent);
    set(scope, "kind", pack.goods[facts(stop).sku].slice(1, 3).filter(Boolean).join(" · "));
    set(scope, "bin", facts(stop).bin);
    set(scope, "rest", most);
    scope.querySelector("[data-zone=skip]").hidden = Boolean(stop.hand || stop.skips);
    for (const key of scope.querySelectorAll("[data-zone-got]")) key.hidden = Number(key.dataset.zoneGot) > most;
    const field = scope.querySelector("#got");
    field.hidden = most < 12;
    field.addEventListener("input", () => choose({ got: Math.min(Number(field.value) || 0, most) }));
    choose({});
    address(`stops/${facts(stop).n}/exception`);
    return undefined;
  }
  function choose(change) {
    Object.assign(sheet, change);
    if (change.got !== undefined && (change.got === 0) !== (sheet.why === "empty")) sheet.why = change.got ? "short" : "empty";
    const scope = document.getElementById("screen");
    const mark = (el, yes) => (yes ? el.setAttribute("aria-current", "true") : el.removeAttribute("aria-current"));
    for (const key of scope.querySelectorAll("[data-zone-got]")) mark(key, Number(key.dataset.zoneGot) === sheet.got);
    for (const tile of scope.querySelectorAll("[data-zone-why]")) mark(tile, tile.dataset.zoneWhy === sheet.why);
    const missing = rest(where()) - sheet.got;
    set(scope, "short", missing);
    scope.querySelector("[data-zone=report]").hidden = !missing;
    scope.querySelector("[data-zone=none]").hidden = Boolean(missing);
    for (const el of scope.querySelectorAll("[data-if-short]")) el.hidden = !missing;
  }

  function list() {
    const scope = swap(pack.common.list);
    const here = where();
    segments(scope, here);
    scope.querySelectorAll(".links a").forEach((row, n) => {
      const stop = stops().find((one) => facts(one).n === n + 1);
      if (!stop) return;
      row.toggleAttribute("aria-current", stop === here);
      const chip = row.querySelector(".chip");
      if (!chip.textContent.trim().startsWith(`${stop.picked} /`)) { chip.textContent = `${stop.picked} / ${wanted(stop)}`; chip.classList.toggle("ok", stop.state === "done"); }
    });
    const back = scope.querySelector(".dock a");
    if (back) Object.assign(back.dataset, { zone: "back" });
    address("stops");
  }

  /** An address of the walk, drawn without net. */
  function route(path) {
    const [, rest_] = /^\/walks\/\d+\/?(.*)$/.exec(path) ?? [];
    const stop = /^stops\/(\d+)/.exec(rest_ ?? "");
    if (stop) {
      const one = stops().find((other) => facts(other).n === Number(stop[1]));
      if (one && isOpen(one)) pack.here = one.id;
    }
    if (/exception$/.test(rest_)) return problem(where());
    if (rest_ === "map") { swap(pack.common.map); address(rest_); return undefined; }
    if (rest_ === "stops") return list();
    if (["totes", "handover"].includes(rest_)) { swap(pack.common.none); return undefined; }
    return draw(null);
  }

  // --- in and out of the dead zone -------------------------------------------------------------------------------------
  const onWalk = () => Boolean(pack) && !pack.stale && pack.by === (who || pack.by) && location.pathname.startsWith(`${pack.base}/`);
  const can = () => onWalk() && ["stop", "finish"].includes(document.querySelector("#screen input[name=at]")?.value ?? "stop");
  const inZone = () => onWalk() && (away || unsent.length > 0 || !navigator.onLine);

  function status() {
    const mine = unsent.filter((event) => event.by === who || !who).length;
    window.Floor.waiting();
    root.setAttribute("data-net", away || unsent.length || !navigator.onLine ? "off" : "on");
    show("unsent", mine > 0 && !onWalk());
    show("others", unsent.length > mine);
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(send, wait(Math.min(tries++, 4)));
  }

  async function post(event) {
    const { n, walk, id, at, ...rest_ } = event;
    const form = new URLSearchParams({ ...rest_, stop: event.stop ?? "", at: new Date(at).toISOString(), command_id: id });
    return fetch(`/walks/${walk}/events`, {
      method: "POST", body: form, redirect: "manual", signal: AbortSignal.timeout(SLOW), headers: { "X-CSRFToken": token, Accept: "application/json" },
    });
  }

  /** Tell what was done, one after the other; the same event again and again until it is answered. */
  async function send() {
    if (sending || !base || (!unsent.length && !away)) return;
    sending = true;
    clearTimeout(timer);
    try {
      let fresh = !csrf() && Boolean(token = await newToken());
      while (unsent.length) {
        const answer = await post(unsent[0]);
        if (unanswered(answer.status) && answer.type !== "opaqueredirect") throw new Error("no answer");
        if (answer.status === 400 && !fresh) { token = await newToken(); fresh = true; continue; }
        if (answer.type === "opaqueredirect" || [400, 401].includes(answer.status)) { show("signedout", true); return later(); }
        if (!answer.ok) { show(answer.status === 403 ? "others" : "broken", true); return later(); }
        const said = await answer.json();
        if (said.refused && !["bin", "item", "skip"].includes(unsent[0].kind)) refused += 1;
        if (said.news?.length) news = said.news.at(-1).join(".");
        const [told] = unsent;
        await write((_kv, events) => events.delete(told.n));
        unsent.shift();
        tries = 0;
        status();
      }
      await refresh();
    } catch {
      away = true;
      later();
    } finally {
      sending = false;
      status();
    }
  }

  async function newToken() {
    const text = await (await fetch("/walks/shell", { signal: AbortSignal.timeout(SLOW) })).text();
    const found = /name="csrf-token" content="([^"]+)"/.exec(text)?.[1] ?? token;
    document.querySelector("meta[name=csrf-token]").content = found; // the shell came without
    for (const input of document.querySelectorAll("input[name=csrf_token]")) input.value = found;
    return found;
  }

  /** All is told: the server's screen takes the place of ours. Scans made meanwhile wait for it. */
  async function refresh() {
    if (!pack || !onWalk()) { away = false; return; }
    holding += 1;
    try {
      const stop = where()?.id ?? "";
      const answer = await fetch(`${pack.base}/here?stop=${stop}&refused=${refused}&news=${news}`, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(SLOW), redirect: "manual" });
      if (!answer.ok && answer.status !== 422) throw new Error("no answer");
      const html = await answer.text();
      if (unsent.length) return;
      away = false;
      pack.trail = [];
      refused = 0;
      news = "";
      if (!/id="screen"/.test(html)) return location.reload();
      const fresh = swap(html);
      fresh.removeAttribute("data-local");
      const at = answer.headers.get("HX-Push-Url");
      if (at && location.pathname !== at) history.pushState({}, "", at);
      const verdict = JSON.parse(answer.headers.get("HX-Trigger") ?? "{}").verdict;
      if (verdict === "warn") document.dispatchEvent(new CustomEvent("verdict", { detail: { value: verdict } }));
      await learn();
      if (pack.over) await carry(true);
    } finally {
      holding -= 1;
      window.Floor.pump?.();
    }
  }

  // --- the walk onto the phone -------------------------------------------------------------------------------------------
  const walkHere = () => /^\/walks\/(\d+)\//.exec(location.pathname)?.[1];

  /** Every screen from the server says how far the walk is. */
  async function learn() {
    const line = document.querySelector("#screen:not([data-local]) [data-kept]")?.dataset.kept;
    if (!line || !base || !who) return;
    const kept = JSON.parse(line);
    const known = pack?.walk === Number(walkHere()) && pack.by === who && pack.lang.slice(0, 2) === root.lang.slice(0, 2);
    // Another order of the stops, as after a short pick, is another walk too: their numbers stand on the drawn screens.
    const same = known && kept.stops.every(([id, , , , , , puts], n) => pack.at[n]?.id === id && (pack.screens[id] || !puts.length));
    if (!same || JSON.stringify(kept.slots) !== JSON.stringify(pack.slots)) return carry();
    if (unsent.length) return undefined;
    adopt(kept);
    root.setAttribute("data-carried", pack.walk);
    return write((kv) => kv.put(pack, "walk"));
  }

  function adopt(kept) {
    pack.at = kept.stops.map(fromLine);
    pack.slots = kept.slots;
    pack.here = Number(document.querySelector("#screen input[name=stop]")?.value) || null;
    pack.over = false;
  }

  let carrying = null;
  function carry(again = false) {
    const walk = walkHere();
    if (!walk || !who || (carrying && !again)) return carrying;
    carrying = (async () => {
      try {
        const answer = await fetch(`/walks/${walk}/phone`, { headers: { Accept: "application/json" } });
        if (!answer.ok) { if (answer.status === 409 && !unsent.length) await forget(); return; }
        const fresh = await answer.json();
        if (unsent.length) return; // what was done since is not in it
        const seq = pack?.walk === fresh.walk ? pack.seq : await read("kv", (kv) => kv.get(`seq ${fresh.walk}`));
        pack = { ...fresh, seq: seq ?? 0 };
        token = fresh.csrf;
        delete pack.csrf; // belongs to a session, not to a walk
        adopt(pack.kept);
        await write((kv) => kv.put(pack, "walk"));
        await keepShell();
        root.setAttribute("data-carried", pack.walk);
      } catch { /* no net now: the next screen asks again */ } finally { carrying = null; }
    })();
    return carrying;
  }

  /** The shell and what its page needs, for addresses opened without net. */
  async function keepShell() {
    if (!("caches" in window)) return;
    const store = await caches.open("floor");
    const answer = await fetch("/walks/shell");
    if (!answer.ok || answer.redirected) return;
    const text = await answer.text();
    const needed = [...text.matchAll(/(?:href|src)="([^"]+\?[^"]*v=[^"]+)"/g)].map((hit) => hit[1].replaceAll("&amp;", "&"));
    const kept = (await store.keys()).map((request) => new URL(request.url).pathname + new URL(request.url).search);
    await store.addAll(needed.filter((url) => !kept.includes(url)));
    for (const url of kept) if (url !== "/walks/shell" && !needed.includes(url)) await store.delete(url);
    const bare = text.replace(/(name="csrf-?_?token" (?:content|value)=")[^"]*/g, "$1");
    await store.put("/walks/shell", new Response(bare, { headers: { "Content-Type": "text/html; charset=utf-8" } }));
  }

  /** The walk leaves this phone: it ended, went to somebody else, or another person signed in. Events stay until told. */
  async function forget() {
    if (!pack) return;
    const { walk, seq } = pack;
    pack = null;
    if ("caches" in window) await (await caches.open("floor")).delete("/walks/shell");
    await write((kv) => { kv.put(seq ?? 0, `seq ${walk}`); kv.delete("walk"); });
  }

  // --- doors for scanner.js and floor.js -----------------------------------------------------------------------------------
  /** A command whose answer never came is done here instead, if it is one the phone can judge. */
  function tap(path, values, was) {
    const stop = byId(Number(values.stop)) ?? where();
    if (/\/undo$/.test(path)) return act(undo, was), true;
    if (!stop) return false;
    if (/\/quantity$/.test(path)) return act(() => quantity(stop, Number(values.qty)), was), true;
    if (/\/skip$/.test(path)) return act(() => skip(stop), was), true;
    if (/\/exception$/.test(path)) return act(() => report(stop, Number(values.got), values.why), was), true;
    return false;
  }

  window.Floor.zone = {
    /** "" (the server judges), "hold" (wait a moment) or "zone" (judge here). */
    turn: () => (holding ? "hold" : inZone() && can() ? "zone" : ""),
    can,
    count: () => unsent.length,
    scan: (code, was) => { if (was) away = true; return act(() => judge(code), was); },
    lost: (path, values) => onWalk() && (away = true, tap(path, values, values.command_id ?? "")),
  };

  document.addEventListener("htmx:confirm", (e) => {
    const { elt, path, verb, triggeringEvent } = e.detail;
    if (!inZone() || !elt.closest?.("#screen")) return;
    if (verb !== "post") { e.preventDefault(); return route(path); }
    const values = Object.fromEntries(new FormData(elt, triggeringEvent?.submitter ?? null));
    if (tap(path, values, "")) { e.preventDefault(); return undefined; }
    e.preventDefault();
    return act(() => warn("needs_net"));
  });
  document.addEventListener("click", (e) => {
    const el = e.target.closest?.("[data-zone], [data-zone-got], [data-zone-why], #screen a[href]");
    if (!el || !pack) return;
    const { zone, zoneGot, zoneWhy } = el.dataset;
    if (zoneGot !== undefined) return choose({ got: Number(zoneGot) });
    if (zoneWhy !== undefined) return choose({ why: zoneWhy });
    if (zone === "back" || zone === "none") { e.preventDefault(); return draw(null); }
    if (zone === "skip") return act(() => skip(where()));
    if (zone === "report") return act(() => report(where(), sheet.got, sheet.why));
    if (!inZone() || !el.matches("a")) return undefined;
    e.preventDefault();
    if (el.getAttribute("href").startsWith(`${pack.base}/`)) return route(new URL(el.href).pathname);
    return act(() => warn("needs_net"));
  });
  addEventListener("popstate", () => { if (inZone()) route(location.pathname); });
  document.addEventListener("htmx:afterSettle", (e) => { if (e.detail.elt.id === "screen" && !e.detail.elt.hasAttribute("data-local")) learn().then(status); });
  document.addEventListener("htmx:afterSwap", status);
  addEventListener("online", () => { tries = 0; send(); });
  addEventListener("offline", status);

  // The screen stays on while a walk is in hand.
  const awake = () => { if (document.visibilityState === "visible" && document.getElementById("scan")) navigator.wakeLock?.request("screen").catch(() => {}); };
  document.addEventListener("visibilitychange", awake);
  awake();

  busy = opened.then(async (db) => {
    base = db;
    if (!base) return;
    phone = await read("kv", (kv) => kv.get("phone"));
    if (!phone) { phone = uuid(); await write((kv) => kv.put(phone, "phone")); }
    unsent = await read("events", (events) => events.getAll());
    pack = (await read("kv", (kv) => kv.get("walk"))) ?? null;
    const shell = document.querySelector("[data-shell]");
    if (pack && !shell && pack.by !== who) await forget(); // the phone's next user, or nobody
    if (shell && pack) { away = true; route(location.pathname); } else await learn();
    status();
    send();
    window.Floor.pump?.();
  });
  window.Floor.zone.ready = busy;
  navigator.serviceWorker?.register("/sw.js").catch(() => {}); // plain http from another machine: the walk still works without net, until a reload
})();
