// Small comforts: settings show at once while they are chosen, and the PIN pad fills its field.
(() => {
  "use strict";
  const root = document.documentElement;
  const DRAWN = ["theme", "hand", "text", "volume", "vibrate", "shortcuts"];

  document.addEventListener("change", (e) => {
    const { name, value, type, checked } = e.target;
    if (!e.target.closest?.("form[data-prefs]") || !DRAWN.includes(name)) return;
    root.dataset[name] = type === "checkbox" ? (checked ? "on" : "off") : value;
    if (name === "volume") window.Floor.play?.("step");
  });

  document.addEventListener("click", (e) => {
    const key = e.target.closest?.("[data-digit]");
    if (!key) return;
    const pad = key.closest("[data-pin]");
    const input = pad.querySelector("input");
    const digit = key.dataset.digit;
    if (digit === "clear") input.value = "";
    else if (digit === "back") input.value = input.value.slice(0, -1);
    else if (input.value.length < Number(pad.dataset.pin)) input.value += digit;
    drawn(pad, input);
  });
  document.addEventListener("input", (e) => {
    const pad = e.target.closest?.("[data-pin]");
    if (pad) drawn(pad, e.target);
  });

  function drawn(pad, input) {
    pad.querySelectorAll(".pins i").forEach((dot, n) => dot.classList.toggle("f", n < input.value.length));
    if (input.value.length === Number(pad.dataset.pin)) input.form?.requestSubmit();
  }
})();
