// A walk in a dead zone. The phone carries it (IndexedDB), judges scans by itself when the server does not answer, keeps
// what was done as events in their order, and tells them when there is net again. The server's answers are final.
// zones_judge.js says what a scan means, zones_draw.js shows it; here the walk is kept and what was done is told.
(() => {
  "use strict";
  const root = document.documentElement;
  const who = Number(root.dataset.who) || 0;
  const { uuid, csrf, show, unanswered, wait } = window.Floor;
  const SLOW = 8000;
  const w = window.Floor.carried; // w.pack: the walk carried
  const { byId, where, judge, skip, report, quantity, undo, warn, draw, choose, route, swap } = w;

  // --- what the phone keeps: kv {walk: the packet with how far it is, phone: its name}, events in their order -----------
  let base = null; // the database
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

  /** Do something to the walk: the event and what it changed are on the disk before anybody is told. */
  function act(how, was = "") {
    const mine = busy.then(async () => {
      const before = structuredClone({ at: w.pack.at, slots: w.pack.slots, free: w.pack.free, here: w.pack.here });
      const said = how();
      if (said.event) {
        const event = { id: uuid(), phone, seq: (w.pack.seq = (w.pack.seq ?? 0) + 1), by: who || w.pack.by, walk: w.pack.walk, at: Date.now(), was, units: 0, code: "", ...said.event };
        w.pack.here = said.stop ?? said.event.stop ?? w.pack.here;
        if (event.kind === "lane") w.pack.over = true;
        if (event.kind !== "undo") w.pack.trail = [...(w.pack.trail ?? []), [event, before]].slice(-9); // what undo takes back
        await write((kv, events) => { events.add(event).onsuccess = (e) => { event.n = e.target.result; }; kv.put(w.pack, "walk"); });
        unsent.push(event);
      } else Object.assign(w.pack, before);
      draw(said);
      status();
      send();
    });
    busy = mine.catch((error) => { console.error(error); show("broken", true); });
    return busy;
  }

  // --- in and out of the dead zone -------------------------------------------------------------------------------------
  const onWalk = () => Boolean(w.pack) && !w.pack.stale && w.pack.by === (who || w.pack.by) && location.pathname.startsWith(`${w.pack.base}/`);
  const can = () => onWalk() && ["stop", "finish"].includes(document.querySelector("#screen input[name=at]")?.value ?? "stop");
  const inZone = () => onWalk() && (away || unsent.length > 0 || !navigator.onLine);

  w.status = status;
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
    if (!w.pack || !onWalk()) { away = false; return; }
    holding += 1;
    try {
      const stop = where()?.id ?? "";
      const answer = await fetch(`${w.pack.base}/here?stop=${stop}&refused=${refused}&news=${news}`, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(SLOW), redirect: "manual" });
      if (!answer.ok && answer.status !== 422) throw new Error("no answer");
      const html = await answer.text();
      if (unsent.length) return;
      away = false;
      w.pack.trail = [];
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
      if (w.pack.over) await carry(true);
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
    const known = w.pack?.walk === Number(walkHere()) && w.pack.by === who && w.pack.lang.slice(0, 2) === root.lang.slice(0, 2);
    // Another order of the stops, as after a short pick, is another walk too: their numbers stand on the drawn screens.
    const same = known && kept.stops.every(([id, , , , , , puts], n) => w.pack.at[n]?.id === id && (w.pack.screens[id] || !puts.length));
    if (!same || JSON.stringify(kept.slots) !== JSON.stringify(w.pack.slots)) return carry();
    if (unsent.length) return undefined;
    adopt(kept);
    root.setAttribute("data-carried", w.pack.walk);
    return write((kv) => kv.put(w.pack, "walk"));
  }

  const fromLine = ([id, state, seen, hand, skips, picked, puts]) => ({ id, state, seen: Boolean(seen), hand, skips, picked, puts });
  function adopt(kept) {
    w.pack.at = kept.stops.map(fromLine);
    w.pack.slots = kept.slots;
    w.pack.here = Number(document.querySelector("#screen input[name=stop]")?.value) || null;
    w.pack.over = false;
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
        const seq = w.pack?.walk === fresh.walk ? w.pack.seq : await read("kv", (kv) => kv.get(`seq ${fresh.walk}`));
        w.pack = { ...fresh, seq: seq ?? 0 };
        token = fresh.csrf;
        delete w.pack.csrf; // belongs to a session, not to a walk
        adopt(w.pack.kept);
        await write((kv) => kv.put(w.pack, "walk"));
        await keepShell();
        root.setAttribute("data-carried", w.pack.walk);
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
    if (!w.pack) return;
    const { walk, seq } = w.pack;
    w.pack = null;
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
    if (!el || !w.pack) return;
    const { zone, zoneGot, zoneWhy } = el.dataset;
    if (zoneGot !== undefined) return choose({ got: Number(zoneGot) });
    if (zoneWhy !== undefined) return choose({ why: zoneWhy });
    if (zone === "back" || zone === "none") { e.preventDefault(); return draw(null); }
    if (zone === "skip") return act(() => skip(where()));
    if (zone === "report") return act(() => report(where(), w.sheet.got, w.sheet.why));
    if (!inZone() || !el.matches("a")) return undefined;
    e.preventDefault();
    if (el.getAttribute("href").startsWith(`${w.pack.base}/`)) return route(new URL(el.href).pathname);
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
    w.pack = (await read("kv", (kv) => kv.get("walk"))) ?? null;
    const shell = document.querySelector("[data-shell]");
    if (w.pack && !shell && w.pack.by !== who) await forget(); // the phone's next user, or nobody
    if (shell && w.pack) { away = true; route(location.pathname); } else await learn();
    status();
    send();
    window.Floor.pump?.();
  });
  window.Floor.zone.ready = busy;
  navigator.serviceWorker?.register("/sw.js").catch(() => {}); // plain http from another machine: the walk still works without net, until a reload
})();
