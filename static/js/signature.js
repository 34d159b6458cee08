// A signature drawn with a finger, kept as an SVG path in a hidden field. Without scripts the name is typed instead.
(() => {
  "use strict";
  const ready = (pad) => {
    if (pad.dataset.ready) return;
    pad.dataset.ready = "1";
    pad.hidden = false;
    const canvas = pad.querySelector("canvas");
    const field = pad.querySelector("input");
    const pen = canvas.getContext("2d");
    let drawing = false;
    const style = () => Object.assign(pen, { lineWidth: 3, lineCap: "round", lineJoin: "round", strokeStyle: getComputedStyle(canvas).color });
    const at = (e) => {
      const box = canvas.getBoundingClientRect();
      const part = (value, size, most) => Math.max(0, Math.min(most - 1, Math.round((value / size) * most)));
      return [part(e.clientX - box.left, box.width, canvas.width), part(e.clientY - box.top, box.height, canvas.height)];
    };
    const redraw = () => {
      pen.clearRect(0, 0, canvas.width, canvas.height);
      style();
      pen.stroke(new Path2D(field.value));
    };
    canvas.addEventListener("pointerdown", (e) => {
      e.preventDefault();
      canvas.setPointerCapture(e.pointerId);
      drawing = true;
      field.value += `M${at(e).join(" ")}`;
    });
    canvas.addEventListener("pointermove", (e) => {
      if (!drawing || field.value.length > 19900) return;
      field.value += `L${at(e).join(" ")}`;
      redraw();
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { drawing = false; });
    pad.querySelector("[data-sign-clear]").addEventListener("click", () => { field.value = ""; redraw(); });
    if (field.value) redraw();
  };
  const all = () => document.querySelectorAll("[data-sign]").forEach(ready);
  all();
  document.addEventListener("htmx:afterSettle", all);
})();
