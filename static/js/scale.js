// A scale on a serial line, where the browser can reach one: its settled weight is sent like a scan, once a box.
// Scales print lines such as "ST,GS,+  1.250kg" (ST = settled, US = still moving) or "  1250 g". Without one, weight is typed.
(() => {
  "use strict";
  if (!navigator.serial) return;
  const SETTLED = 3; // equal lines in a row, where the scale does not say ST itself
  const EMPTY = 20; // g; below this the pan is empty
  let port = null;
  let same = 0;
  let last = -1;
  let sent = false; // this load was sent; the pan must be emptied first

  const grams = (line) => {
    const found = /(-?)\s*(\d+(?:[.,]\d+)?)\s*(kg|g)\b/i.exec(line);
    if (!found) return null;
    const value = parseFloat(found[2].replace(",", ".")) * (found[3].toLowerCase() === "kg" ? 1000 : 1);
    return found[1] ? -Math.round(value) : Math.round(value);
  };

  function heard(line) {
    const g = grams(line);
    if (g === null || /^\s*US\b/i.test(line)) { same = 0; return; }
    if (g < EMPTY) { sent = false; same = 0; last = -1; return; }
    same = g === last ? same + 1 : 1;
    last = g;
    const settled = /^\s*ST\b/i.test(line) || same >= SETTLED;
    if (!settled || sent || !document.getElementById("box") || document.querySelector(".cares.now")) return;
    sent = true;
    window.Floor.scan(`${g}g`);
  }

  async function listen() {
    await port.open({ baudRate: Number(localStorage.getItem("floor.scale.baud")) || 9600 });
    say(true);
    const text = new TextDecoder();
    let rest = "";
    try {
      for (const reader = port.readable.getReader(); ;) {
        const { value, done } = await reader.read();
        if (done) break;
        const lines = (rest + text.decode(value, { stream: true })).split(/[\r\n]+/);
        rest = lines.pop();
        lines.forEach(heard);
      }
    } finally {
      port = null;
      say(false);
    }
  }

  function say(on) {
    for (const button of document.querySelectorAll("[data-scale]")) {
      button.hidden = false;
      const words = button.querySelector("[data-scale-words]");
      words.textContent = on ? words.dataset.on : words.dataset.off;
      button.disabled = on;
    }
  }

  document.addEventListener("click", async (e) => {
    if (!e.target.closest?.("[data-scale]") || port) return;
    port = await navigator.serial.requestPort().catch(() => null);
    if (port) listen().catch(() => { port = null; say(false); });
  });
  document.addEventListener("htmx:afterSettle", () => say(Boolean(port)));

  (async () => {
    say(false);
    [port = null] = await navigator.serial.getPorts(); // allowed once, found again without a tap
    if (port) listen().catch(() => { port = null; say(false); });
  })();
})();
