// Hardware scanners type. This collects their keys anywhere on the page and sends every scan once, in order, none lost.
// A scan: keys at most 100 ms apart; two characters or more ended by Enter or Tab, or three ended by 250 ms of silence.
// htmx itself reads a form's values when a queued request starts, not when it was asked for, so the queue is kept here.
(() => {
  "use strict";
  const GAP = 100;
  const SLACK = 250; // after three such keys it is a scanner for certain, and a busy device may stumble: half a code is no code
  const BOUNCE = 150; // a quick hand scans one thing five times a second
  const SHORTEST = 3;
  const ENDED = 2; // "K3" on a carton: the scanner's own end tells it from two shortcuts
  const form = document.getElementById("scan");
  const field = form?.elements.code;
  const { uuid, show, unanswered, wait } = window.Floor;

  // --- the queue -------------------------------------------------------------------------------------------------
  // {id, code, tries, url, values}: the head is in flight or waiting to be tried again. A reload keeps what was not sent.
  const KEPT = "floor.scans";
  const queue = form ? JSON.parse(sessionStorage.getItem(KEPT) ?? "[]") : [];
  let flying = false;
  let timer = 0;
  let last = { code: "", at: -BOUNCE };

  function enqueue(code, at = performance.now()) {
    const bounced = code === last.code && at - last.at < BOUNCE; // a trigger that fired twice
    last = { code, at };
    if (bounced || !form) return;
    queue.push({ id: uuid(), code, tries: 0, url: form.getAttribute("action") });
    pump();
  }

  function pump() {
    waiting();
    if (flying || timer || queue.length === 0) return;
    const scan = queue[0];
    const turn = window.Floor.zone?.turn();
    if (turn === "hold") return; // zones.js pumps when the server's screen is there
    flying = true;
    if (turn === "zone") { handOver(scan); return; }
    // Taken once: the same id must always carry the same content, or the server refuses it.
    scan.values ??= { ...Object.fromEntries(new FormData(form)), code: scan.code, command_id: scan.id };
    waiting();
    show("broken", false);
    const here = scan.url === form.getAttribute("action"); // kept from another screen: sent, not shown
    htmx.ajax("POST", scan.url, {
      source: form, target: form.getAttribute("hx-target"), swap: here ? form.getAttribute("hx-swap") : "none", values: scan.values,
    }).catch(() => {}); // answered() looks at every end, good or bad
  }

  // A dead zone: the phone judges the scan itself. One the server may have done already goes with its id.
  function handOver(scan) {
    window.Floor.zone.scan(scan.code, scan.tries ? scan.id : "").finally(() => { flying = false; queue.shift(); setTimeout(pump); });
  }

  function answered(e) {
    if (e.target !== form || !flying) return;
    flying = false;
    const status = e.detail.xhr?.status ?? 0;
    const scan = queue[0];
    const crashed = status >= 500 && !e.detail.xhr.getResponseHeader("HX-Retarget");
    if (unanswered(status) && window.Floor.zone?.can() && ++scan.tries > (navigator.onLine ? 1 : 0)) {
      flying = true;
      handOver(scan);
    } else if (unanswered(status) && window.Floor.zone?.can()) {
      timer = setTimeout(retry, 150); // a hiccup, perhaps
    } else if (unanswered(status) || (crashed && scan.tries < 3)) {
      if (scan.tries === 0) window.Floor.play?.("offline");
      timer = setTimeout(retry, wait(scan.tries++));
      show("unsent", true);
    } else {
      queue.shift();
      if (queue.length === 0) show("unsent", false);
      if (crashed) { show("broken", true); window.Floor.play?.("err"); }
      setTimeout(pump); // after htmx has let go of the form
    }
    waiting();
  }

  function retry() {
    clearTimeout(timer);
    timer = 0;
    pump();
  }

  function waiting() {
    if (form) sessionStorage.setItem(KEPT, JSON.stringify(queue));
    const unsent = queue.length + (window.Floor.zone?.count() ?? 0);
    document.documentElement.toggleAttribute("data-scans-waiting", unsent > 0);
    for (const el of document.querySelectorAll("[data-waiting]")) el.textContent = unsent || "";
  }

  // --- the collector ---------------------------------------------------------------------------------------------
  let burst = "";
  let at = -Infinity;
  let silence = 0;

  const editable = (el) => el && el !== field && (el.isContentEditable || el.matches?.("input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]):not([type=file]), textarea, select"));

  // A Chinese input method swallows the letter but not the physical key: rebuild it from there.
  const SHIFTED = { Digit1: "!", Digit2: "@", Digit3: "#", Digit4: "$", Digit5: "%", Digit6: "^", Digit7: "&", Digit8: "*", Digit9: "(", Digit0: ")", Minus: "_", Equal: "+", Slash: "?", Period: ">", Comma: "<", Semicolon: ":", Quote: '"', BracketLeft: "{", BracketRight: "}", Backslash: "|", Backquote: "~" };
  const PLAIN = { Minus: "-", Equal: "=", Slash: "/", Period: ".", Comma: ",", Semicolon: ";", Quote: "'", BracketLeft: "[", BracketRight: "]", Backslash: "\\", Backquote: "`", Space: " ", NumpadSubtract: "-", NumpadAdd: "+", NumpadDivide: "/", NumpadDecimal: ".", NumpadMultiply: "*" };
  function fromCode(e) {
    const letter = /^Key([A-Z])$/.exec(e.code)?.[1];
    if (letter) return e.shiftKey !== e.getModifierState?.("CapsLock") ? letter : letter.toLowerCase();
    if (e.shiftKey && SHIFTED[e.code]) return SHIFTED[e.code];
    return /^(?:Digit|Numpad)(\d)$/.exec(e.code)?.[1] ?? PLAIN[e.code] ?? "";
  }

  function keyOf(e) {
    if (e.ctrlKey && e.code === "BracketRight") return "\u001d"; // the GS1 group separator as scanners type it
    if (e.ctrlKey || e.altKey || e.metaKey) return "";
    if (e.isComposing || e.keyCode === 229 || e.key === "Process") {
      const char = fromCode(e);
      if (char) show("ime", true);
      return char;
    }
    return e.key.length === 1 ? e.key : "";
  }

  const gap = () => (burst.length >= SHORTEST ? SLACK : GAP);

  function finish(least) {
    clearTimeout(silence);
    const code = burst;
    burst = "";
    if (code.length >= least) {
      enqueue(code, at);
      if (field) field.value = "";
    } else {
      for (const char of code) shortcut(char);
    }
  }

  document.addEventListener("keydown", (e) => {
    if (editable(e.target) || e.target.closest?.("dialog[open]")) return;
    const now = e.timeStamp; // when the key was struck, not when a busy page got round to it
    if (burst && now - at > gap()) finish(SHORTEST);
    if ((e.key === "Enter" || e.key === "Tab") && burst.length >= ENDED) { // the scanner's own end; a button in focus must not hear it
      e.preventDefault();
      e.stopImmediatePropagation();
      finish(ENDED);
      return;
    }
    if (e.key.length > 1 && !e.repeat && e.code !== "" && shortcut(e.key, true)) { e.preventDefault(); return; }
    const char = keyOf(e);
    if (!char || e.repeat) return;
    if (char === " " && !burst) return; // a space bar presses the button in focus
    if (form || burst) e.preventDefault();
    burst += char;
    at = now;
    clearTimeout(silence);
    silence = setTimeout(finish, gap(), SHORTEST);
  }, true);

  // Wedges that commit text instead of keys (and people without a scanner) write into the field itself.
  if (form && field) {
    field.addEventListener("input", () => {
      clearTimeout(silence);
      silence = setTimeout(() => { const code = field.value.trim(); field.value = ""; if (code.length >= SHORTEST) enqueue(code); }, field.inputMode === "none" ? GAP : 600);
    });
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      e.stopImmediatePropagation();
      const code = field.value.trim();
      field.value = "";
      if (code) enqueue(code);
    }, true);
    form.addEventListener("htmx:afterRequest", answered);
    addEventListener("online", () => { if (timer) retry(); });
    document.addEventListener("htmx:afterSwap", waiting);
    const ready = () => show("unfocused", !document.hasFocus());
    addEventListener("blur", () => setTimeout(ready, 250));
    addEventListener("focus", ready);
    document.addEventListener("pointerdown", () => show("unfocused", false));
    setTimeout(ready, 500);
    // Handhelds that "type into the box" need the box in focus; it has no soft keyboard (inputmode=none).
    const hold = () => { if (matchMedia("(pointer: coarse)").matches && document.activeElement === document.body) field.focus({ preventScroll: true }); };
    // htmx keeps the field in focus whose number was just sent: the next scan would be typed into it. A refused one stays.
    document.addEventListener("htmx:afterSwap", (e) => {
      const at = document.activeElement;
      if (e.detail.requestConfig?.triggeringEvent?.type === "submit" && editable(at) && !at.matches("[aria-invalid=true]")) at.blur();
    });
    document.addEventListener("htmx:afterSettle", hold);
    hold();
    pump();
  }

  // --- keys for people: F9 and friends at once, single characters after the silence that tells them from a scan -----
  function shortcut(key, named = false) {
    if (!named && document.documentElement.dataset.shortcuts === "off" && !document.querySelector("[data-pin]")) return false;
    const wanted = [...document.querySelectorAll("[data-key]")].find((el) => el.dataset.key.toLowerCase() === key.toLowerCase() && !el.disabled);
    if (!wanted) return false;
    wanted.click();
    return true;
  }

  window.Floor.scan = enqueue;
  Object.assign(window.Floor, { pump, waiting });
})();
