// The service worker: styles and scripts from the phone, and a walk's address answered without net by the empty shell,
// which static/js/zones.js fills from the walk the phone carries. It stores nothing by itself: zones.js does.
"use strict";
const STORE = "floor";
const SHELL = "/walks/shell";
const PATIENCE = 6000; // ms a page may take before the shell stands in for it

addEventListener("install", () => self.skipWaiting());
addEventListener("activate", (e) => e.waitUntil(clients.claim()));

async function page(request) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    const answer = await fetch(request, { signal: patience.signal });
    if (![502, 503, 504].includes(answer.status)) return answer;
    return (await caches.match(SHELL)) ?? answer;
  } catch (error) {
    const shell = await caches.match(SHELL);
    if (shell) return shell;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

addEventListener("fetch", (e) => {
  const { request } = e;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && /^\/walks\/\d+/.test(url.pathname)) e.respondWith(page(request));
  // Their addresses change with their content, so a copy is never old.
  else if (url.searchParams.has("v")) e.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
});
