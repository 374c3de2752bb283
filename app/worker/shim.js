// Takes the browser's events synchronously and hands them to the Rust worker. M is the manifest.
const folder = `/pkg/${M.split("\n", 1)}/`;
self.trustedTypes?.createPolicy("default", { createScriptURL: url => (url === folder + "worker.js" ? url : null) });
importScripts(folder + "worker.js");

let started;
const start = async () => {
  const wasm = folder + "worker_bg.wasm"; // a worker's own fetch does not pass through its handler
  await wasm_bindgen({ module_or_path: (await caches.match(wasm)) ?? fetch(wasm) });
  return wasm_bindgen;
};
const go = () => (started ??= start().catch(error => { started = undefined; throw error; }));
const on = (name, run) => addEventListener(name, event => event.waitUntil(go().then(rust => run(rust, event))));

on("install", rust => rust.on("install", null, M));
on("activate", rust => rust.on("activate", null, M));
on("message", async (rust, event) => {
  const done = await rust.on("message", event.data, M);
  event.ports[0]?.postMessage(done);
});
on("sync", (rust, event) => rust.on("sync", event.tag, M));

addEventListener("fetch", event => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin !== location.origin || event.request.method !== "GET") return;
  if (pathname.startsWith("/api/") || pathname === "/healthz" || pathname === "/readyz") return;
  event.respondWith(go().then(rust => rust.on("fetch", event.request, M), () => fetch(event.request)));
  event.waitUntil(go().then(rust => rust.on("fetched", null, M), () => {}));
});
