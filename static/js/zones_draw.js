// The screens of a walk in a dead zone: the server's own, drawn beforehand (floor/picking/packet.py); only counters are
// filled in here.
(() => {
  "use strict";
  const w = window.Floor.carried;
  const { stops, facts, rest, wanted, scanned, left, isOpen, phase, where } = w;

  // --- screens -------------------------------------------------------------------------------------------------------
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values?.[name] ?? "");
  const safe = (text) => { const el = document.createElement("i"); el.textContent = text; return el.innerHTML; };
  const words = (said) => (said?.word ? (w.pack.words[said.word] ?? ["", "", ""]) : null)?.map((text) => fill(text ?? "", said.values));

  function swap(html) {
    const old = document.getElementById("screen");
    old.outerHTML = html;
    const fresh = document.getElementById("screen");
    fresh.setAttribute("data-local", "");
    htmx.process(fresh);
    document.getElementById("scan")?.setAttribute("action", `${w.pack.base}/scans`);
    document.dispatchEvent(new CustomEvent("htmx:afterSettle", { detail: { elt: fresh } }));
    w.status();
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
    const html = fill(w.pack.common[`flash_${mood}`], { title: safe(title), detail: safe(detail) });
    scope.querySelector("main")?.insertAdjacentHTML("afterbegin", html);
  }

  function address(path) {
    const url = `${w.pack.base}/${path}`;
    if (location.pathname !== url) history.pushState({}, "", url);
  }

  /** The screen that follows: red for what is wrong, else the stop, else the end of the walk. */
  function draw(said) {
    if (said?.tone) document.dispatchEvent(new CustomEvent("verdict", { detail: { value: said.tone } }));
    if (said?.mood === "go" && said.path === "exception") return problem(where());
    if (said?.mood === "err") return drawWrong(said);
    const stop = where();
    if (w.pack.over || !stop) return drawFinish(said);
    return drawStop(stop, said);
  }

  function drawStop(stop, said) {
    const drawn = w.pack.screens[stop.id];
    const now = phase(stop);
    const html = now === "put" ? drawn.puts[stop.puts[0][0]] : drawn[now] ?? drawn.item;
    const scope = swap(html);
    w.pack.here = stop.id;
    set(scope, "scanned", scanned(stop));
    set(scope, "left", left(stop));
    set(scope, "units", stop.puts[0]?.[1] ?? 0);
    set(scope, "tote", w.pack.slots.at(-1)[2]);
    const take = scope.querySelector(".qty b");
    if (take) take.textContent = wanted(stop);
    for (const key of scope.querySelectorAll("button[name=qty]")) if (Number(key.value) <= scanned(stop)) key.remove();
    segments(scope, stop);
    const text = words(said);
    if (text && (said.mood !== "ok" || said.word)) flash(scope, said.mood, text);
    address(`stops/${facts(stop).n}`);
  }

  function drawFinish(said) {
    const scope = swap(w.pack.common.finish);
    segments(scope, null);
    scope.querySelector("[data-zone-total]")?.remove();
    address("finish");
    const text = words(said);
    if (w.pack.over) {
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
    const photo = new DOMParser().parseFromString(w.pack.screens[stop.id].item, "text/html").querySelector(".item .ph");
    const scope = swap(w.pack.common.wrong);
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
      back.innerHTML = `<b>${safe(fill(w.pack.words.home[0], { bin: home }))}</b>`;
      if (!home) back.remove();
    } else if (totes) {
      const no = ([slot, label]) => `<span class="no num c${((slot - 1) % 8) + 1}">${safe(label)}</span>`;
      side(bad, no(totes[0]), []);
      side(good, no(totes[1]), [], w.pack.words.right[0]);
      back.remove();
    } else if (bins) {
      const rows = (mine, other) => mine.map((part, n) => [`${w.pack.words.parts[n]} ${part}`, part !== other[n]]);
      side(bad, "", rows(bins[0], bins[1]));
      side(good, "", rows(bins[1], bins[0]), w.pack.words.right[0]);
      back.innerHTML = `<b>${safe(way)}</b>`;
    } else {
      scope.querySelector(".cmp").remove();
      back.innerHTML = `<span class="num">${safe(text)}</span>`;
    }
    const now = phase(stop);
    const goon = scope.querySelector(".goon span");
    const count = ["item", "count"].includes(now) ? ` · ${fill(w.pack.words.left[0], { n: left(stop) })}` : "";
    goon.innerHTML = `${safe(w.pack.words.goon[now === "bin" ? 0 : now === "put" ? 2 : 1])}<small>${safe(w.pack.words.no_tap[0] + count)}</small>`;
    scope.querySelector("footer form")?.remove(); // reporting a label needs the net
    const backTo = scope.querySelector("footer a");
    backTo.dataset.zone = "back";
    backTo.style.gridColumn = "1 / -1";
    const input = scope.querySelector("input[name=stop]");
    if (input) input.value = stop.id;
  }

  w.sheet = { got: 0, why: "empty" };
  function problem(stop) {
    if (!stop) return draw(null);
    const scope = swap(w.pack.common.problem);
    const most = rest(stop);
    w.sheet = { got: Math.min(stop.hand, most), why: stop.hand ? "short" : "empty" };
    const item = new DOMParser().parseFromString(w.pack.screens[stop.id].item, "text/html");
    scope.querySelector(".ctx .ph").innerHTML = item.querySelector(".item .ph").innerHTML;
    set(scope, "name", item.querySelector(".item .nm").textContent);
    set(scope, "kind", w.pack.goods[facts(stop).sku].slice(1, 3).filter(Boolean).join(" · "));
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
    Object.assign(w.sheet, change);
    if (change.got !== undefined && (change.got === 0) !== (w.sheet.why === "empty")) w.sheet.why = change.got ? "short" : "empty";
    const scope = document.getElementById("screen");
    const mark = (el, yes) => (yes ? el.setAttribute("aria-current", "true") : el.removeAttribute("aria-current"));
    for (const key of scope.querySelectorAll("[data-zone-got]")) mark(key, Number(key.dataset.zoneGot) === w.sheet.got);
    for (const tile of scope.querySelectorAll("[data-zone-why]")) mark(tile, tile.dataset.zoneWhy === w.sheet.why);
    const missing = rest(where()) - w.sheet.got;
    set(scope, "short", missing);
    scope.querySelector("[data-zone=report]").hidden = !missing;
    scope.querySelector("[data-zone=none]").hidden = Boolean(missing);
    for (const el of scope.querySelectorAll("[data-if-short]")) el.hidden = !missing;
  }

  function list() {
    const scope = swap(w.pack.common.list);
    const here = where();
    segments(scope, here);
    scope.querySelectorAll(".links a").forEach((row, n) => {
      const stop = stops().find((one) => facts(one).n === n + 1);
      if (!stop) return;
      row.toggleAttribute("aria-current", stop === here);
      const chip = row.querySelector(".chip");
      if (wanted(stop) && !chip.textContent.trim().startsWith(`${stop.picked} /`)) { chip.textContent = `${stop.picked} / ${wanted(stop)}`; chip.classList.toggle("ok", stop.state === "done"); }
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
      if (one && isOpen(one)) w.pack.here = one.id;
    }
    if (/exception$/.test(rest_)) return problem(where());
    if (rest_ === "map") { swap(w.pack.common.map); address(rest_); return undefined; }
    if (rest_ === "stops") return list();
    if (["totes", "handover"].includes(rest_)) { swap(w.pack.common.none); return undefined; }
    return draw(null);
  }

  Object.assign(w, { draw, choose, route, swap });
})();
