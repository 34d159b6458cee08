// What every page does with htmx: the CSRF header, which answers are shown, one command per tap, and lost replies sent again.
(() => {
  "use strict";
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const csrf = () => document.querySelector("meta[name=csrf-token]")?.content ?? "";
  const show = (id, yes) => { const el = byId(id); if (el) el.hidden = !yes; };

  // crypto.randomUUID needs HTTPS; getRandomValues does not, and handhelds often come over plain http.
  function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const b = crypto.getRandomValues(new Uint8Array(16));
    b[6] = (b[6] & 0x0f) | 0x40;
    b[8] = (b[8] & 0x3f) | 0x80;
    const h = [...b].map((n) => n.toString(16).padStart(2, "0")).join("");
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
  }

  // No answer, or one from a proxy while the server restarts: whether it happened is unknown, so the same id goes again.
  const unanswered = (status) => status === 0 || status === 502 || status === 503 || status === 504;
  const wait = (tries) => Math.min(1000 * 2 ** tries, 15000);
  window.Floor = { uuid, csrf, show, unanswered, wait };

  root.classList.add("js");
  const online = () => root.setAttribute("data-net", navigator.onLine ? "on" : "off");
  addEventListener("online", online);
  addEventListener("offline", () => { online(); document.dispatchEvent(new CustomEvent("verdict", { detail: { value: "offline" } })); });
  online();

  // --- what to do with an answer -------------------------------------------------------------------------------
  document.addEventListener("htmx:configRequest", (e) => { e.detail.headers["X-CSRFToken"] = csrf(); });

  document.addEventListener("htmx:beforeSwap", (e) => {
    const { xhr } = e.detail;
    byId("alert")?.replaceChildren(); // an answer replaces the last error, whether it is another or not
    if (xhr.getResponseHeader("HX-Retarget") && xhr.status >= 400) { // an error the server put into words for a place of its own
      e.detail.shouldSwap = true;
      e.detail.isError = false;
    } else if (xhr.status === 401) {
      e.detail.shouldSwap = false;
      location.assign("/session?next=" + encodeURIComponent(location.pathname + location.search));
    }
  });

  // Where tabs do not all fit, the one the page stands on is in sight; the page itself stays where it was.
  const showTab = (part) => {
    for (const tab of part.querySelectorAll?.(".tabs [aria-current]") ?? []) {
      const row = tab.closest(".tabs"), [r, t] = [row.getBoundingClientRect(), tab.getBoundingClientRect()];
      row.scrollLeft += t.left + t.width / 2 - (r.left + r.width / 2);
    }
  };
  showTab(document);
  // A page that came back with faults may be long: what is wrong is in sight, wherever its form stands.
  document.querySelector(".error-summary[data-focus]")?.focus();

  document.addEventListener("htmx:afterSettle", (e) => {
    const target = e.detail.elt;
    showTab(target);
    (target.matches?.("[data-focus]") ? target : target.querySelector?.("[data-focus]"))?.focus();
  });

  document.addEventListener("click", (e) => {
    e.target.closest?.("[data-dismiss]")?.closest(".strip, .flash, dialog")?.setAttribute("hidden", "");
    for (const open of document.querySelectorAll("details[data-popup][open]")) if (!open.contains(e.target)) open.open = false;
  });
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    for (const open of document.querySelectorAll("details[data-popup][open]")) { open.open = false; open.querySelector("summary").focus(); }
  });

  // --- busy: a line after 300 ms, the pressed buttons rest meanwhile ---------------------------------------------
  let running = 0;
  let slow = 0;
  const buttonsOf = (form) => (form instanceof HTMLFormElement && form.id !== "scan" ? [...form.elements].filter((b) => b.type === "submit") : form.matches?.("button") ? [form] : []);
  const rest = (form, yes) => buttonsOf(form).forEach((b) => {
    if (yes && b.disabled) return;
    if (!yes && !b.classList.contains("sent")) return;
    b.disabled = yes;
    b.classList.toggle("sent", yes);
  });
  document.addEventListener("htmx:beforeRequest", (e) => {
    if (e.defaultPrevented) return;
    rest(e.detail.elt, true);
    if (running++ === 0) slow = setTimeout(() => root.classList.add("busy"), 300);
  });
  document.addEventListener("htmx:afterRequest", (e) => {
    if (!e.detail.requestConfig || e.detail.floorCounted) return;
    e.detail.floorCounted = true; // htmx says it twice when the element was swapped away
    running = Math.max(0, running - 1);
    if (running === 0) { clearTimeout(slow); root.classList.remove("busy"); }
    const { elt, xhr } = e.detail;
    if (xhr && unanswered(xhr.status)) return;
    rest(elt, false);
    renew(elt);
  });

  // A form that stayed on the page after a definite answer starts a new command.
  function renew(elt) {
    const form = elt.closest?.("form");
    if (!form?.isConnected || form.id === "scan") return;
    for (const input of form.querySelectorAll("input[name=command_id]")) input.value = uuid();
  }

  // Plain forms: one tap is one POST; the buttons wake up when the page comes back from the history.
  document.addEventListener("submit", (e) => { if (!e.defaultPrevented) setTimeout(() => rest(e.target, true)); });
  addEventListener("pageshow", () => document.querySelectorAll("form").forEach((f) => rest(f, false)));

  // A double tap is one tap, even when the answer was so fast that the next screen's button already lies under the finger.
  document.addEventListener("click", (e) => {
    if (e.detail > 1 && e.target.closest?.("button:not([type=button])")) { e.preventDefault(); e.stopImmediatePropagation(); }
  }, true);

  // --- lost replies: the same command again, with growing pauses, at once when the net is back --------------------
  const lost = new Map();
  function again(elt) {
    const job = lost.get(elt);
    if (!job) return;
    clearTimeout(job.timer);
    if (!elt.isConnected) return settle(elt);
    htmx.ajax(job.verb, job.path, { source: elt, values: job.values, target: job.target, swap: elt.getAttribute("hx-swap") || undefined }).catch(() => {});
  }
  function settle(elt) {
    if (lost.delete(elt) && lost.size === 0 && !root.hasAttribute("data-scans-waiting")) show("unsent", false);
  }
  function keep(e) {
    const { elt, xhr, requestConfig: r, target } = e.detail;
    if (!r || elt.id === "scan") return; // the scanner keeps its own queue
    if (!unanswered(xhr?.status ?? 0)) return settle(elt);
    const tries = (lost.get(elt)?.tries ?? -1) + 1;
    const values = lost.get(elt)?.values ?? Object.fromEntries(r.formData?.entries?.() ?? Object.entries(r.parameters));
    if ((tries || !navigator.onLine) && r.verb === "post" && window.Floor.zone?.lost(r.path, values)) return settle(elt);
    lost.set(elt, { verb: r.verb, path: r.path, values, target, tries, timer: setTimeout(() => again(elt), wait(tries)) });
    show("unsent", true);
    if (tries === 0) document.dispatchEvent(new CustomEvent("verdict", { detail: { value: "offline" } }));
  }
  document.addEventListener("htmx:afterRequest", keep);

  // Pictures just taken are seen before they are sent.
  document.addEventListener("change", (e) => {
    const label = e.target.closest?.(".photos .add");
    if (!label) return;
    for (const old of label.parentElement.querySelectorAll("img[data-taken]")) { URL.revokeObjectURL(old.src); old.remove(); }
    for (const file of e.target.files) {
      const shown = Object.assign(new Image(), { src: URL.createObjectURL(file), alt: label.textContent.trim() });
      shown.dataset.taken = "";
      label.before(shown);
    }
  });

  // Once the screen is there and nothing else is to do: what the phone needs for dead zones.
  addEventListener("load", () => {
    const later = document.querySelector("template[data-later]");
    for (const script of later?.content.querySelectorAll("script") ?? []) script.async = false; // in their order
    if (later) (window.requestIdleCallback ?? setTimeout)(() => document.head.append(later.content));
  });
  addEventListener("online", () => [...lost.keys()].forEach(again));
})();
