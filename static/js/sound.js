// Sound and vibration of a verdict: pitch and rhythm differ, so it works in noise and for partly deaf ears. No files.
(() => {
  "use strict";
  const root = document.documentElement;
  // [Hz, ms, pause after ms] one after the other; wave and extra gain; vibration in ms
  const TONES = {
    step: { notes: [[1320, 45, 0]], buzz: [25] },
    done: { notes: [[880, 60, 0], [1320, 90, 0]], buzz: [40] },
    walk: { notes: [[660, 70, 0], [880, 70, 0], [1320, 70, 0]], buzz: [40, 40, 40, 40, 120] },
    warn: { notes: [[520, 110, 60], [520, 110, 0]], wave: "triangle", buzz: [80, 60, 80] },
    err: { notes: [[196, 240, 90], [196, 240, 0]], wave: "square", gain: 2, buzz: [220, 90, 220, 90, 220] },
    offline: { notes: [[330, 90, 0], [247, 120, 0]], buzz: [60] },
  };
  const LOUDNESS = [0, 0.12, 0.25, 0.45]; // data-volume 0..3
  let audio = null;

  function context() {
    const Audio = window.AudioContext || window.webkitAudioContext;
    if (!audio && Audio) audio = new Audio();
    if (audio?.state === "suspended") audio.resume().catch(() => {});
    return audio;
  }

  function play(kind) {
    const tone = TONES[kind];
    if (!tone) return;
    if (root.dataset.vibrate !== "off") navigator.vibrate?.(tone.buzz);
    const volume = (LOUDNESS[Number(root.dataset.volume ?? 2)] ?? LOUDNESS[2]) * (tone.gain ?? 1);
    const ctx = volume > 0 ? context() : null;
    if (!ctx) return;
    let at = ctx.currentTime + 0.005;
    for (const [hertz, ms, pause] of tone.notes) {
      const end = at + ms / 1000;
      const osc = ctx.createOscillator();
      const gain = ctx.createGain();
      osc.type = tone.wave ?? "sine";
      osc.frequency.value = hertz;
      gain.gain.setValueAtTime(0, at); // 4 ms ramps: no clicks
      gain.gain.linearRampToValueAtTime(Math.min(volume, 1), at + 0.004);
      gain.gain.setValueAtTime(Math.min(volume, 1), Math.max(at + 0.004, end - 0.004));
      gain.gain.linearRampToValueAtTime(0, end);
      osc.connect(gain).connect(ctx.destination);
      osc.start(at);
      osc.stop(end + 0.01);
      at = end + pause / 1000;
    }
  }
  window.Floor.play = play;

  document.addEventListener("verdict", (e) => play(e.detail?.value));
  const spoken = new WeakSet();
  function speak(scope) {
    for (const el of scope.querySelectorAll?.("[data-sound]") ?? []) {
      if (spoken.has(el)) continue;
      spoken.add(el);
      play(el.dataset.sound);
    }
  }
  document.addEventListener("htmx:afterSettle", (e) => speak(e.detail.elt));
  document.addEventListener("click", (e) => {
    const tone = e.target.closest?.("[data-tone]")?.dataset.tone;
    if (tone) play(tone);
  });
  // Any first touch or key lets the page sound later; scanners give that key themselves. Opening the sound may take longer
  // than a scanner's pause between keys: it waits until the key is handled.
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => setTimeout(context), { once: true, capture: true });
  if (document.body.dataset.verdict) play(document.body.dataset.verdict);
  speak(document);
})();
