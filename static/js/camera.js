// The camera as a scanner: the browser's own BarcodeDetector, else small JPEG frames read by the server.
(() => {
  "use strict";
  const dialog = document.getElementById("camera");
  if (!dialog) return;
  const video = dialog.querySelector("video");
  const words = dialog.querySelector("[data-camera-words]");
  const file = dialog.querySelector("[data-camera-file]");
  const PAUSE = 120; // ms between two looks
  let stream = null;
  let into = null; // a field to fill instead of the scan form

  const say = (key) => { words.textContent = words.dataset[key]; };

  async function detector() {
    if (!("BarcodeDetector" in window)) return null;
    const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
    return formats.length ? new BarcodeDetector({ formats }) : null;
  }

  async function byServer(blob) {
    const body = new FormData();
    body.append("frame", blob, "frame.jpg");
    const url = document.getElementById("scan")?.dataset.frames ?? "/scan/frames";
    const answer = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": window.Floor.csrf(), Accept: "application/json" } });
    return answer.ok ? (await answer.json()).codes : [];
  }

  function frame(source, width, height) {
    const scale = Math.min(1, 1280 / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.8));
  }

  async function look() {
    const eyes = await detector();
    while (stream) {
      if (video.readyState >= 2) {
        const codes = eyes
          ? (await eyes.detect(video).catch(() => [])).map((hit) => hit.rawValue)
          : await frame(video, video.videoWidth, video.videoHeight).then(byServer).catch(() => []);
        if (stream && codes.length) return found(codes[0]);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    return undefined;
  }

  function found(code) {
    close();
    if (!into) return window.Floor.scan?.(code);
    into.value = code;
    into.form?.requestSubmit();
    return undefined;
  }

  async function open(button) {
    into = button.dataset.camera ? document.querySelector(button.dataset.camera) : null;
    file.hidden = true;
    say("wait");
    dialog.showModal();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
    } catch { // no camera, no permission, or plain http: a photo still works
      say("none");
      file.hidden = false;
      return;
    }
    if (!dialog.open) return close();
    video.srcObject = stream;
    await video.play().catch(() => {});
    say("aim");
    await look();
  }

  function close() {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
    if (dialog.open) dialog.close();
  }

  file.querySelector("input").addEventListener("change", async (e) => {
    const picture = e.target.files[0];
    e.target.value = "";
    if (!picture) return;
    const image = await createImageBitmap(picture).catch(() => null);
    const codes = image ? await frame(image, image.width, image.height).then(byServer).catch(() => []) : [];
    if (codes.length) found(codes[0]);
    else say("nocode");
  });
  document.addEventListener("click", (e) => {
    const button = e.target.closest?.("[data-camera]");
    if (button) open(button);
    if (e.target.closest?.("[data-camera-close]")) close();
  });
  dialog.addEventListener("close", close);
})();
