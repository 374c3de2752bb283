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

on("install", rust => rust.on_install(M));
on("activate", rust => rust.on_activate(M));
on("message", (rust, event) => rust.on_message(event.data));
on("sync", (rust, event) => rust.on_sync(event.tag));

addEventListener("fetch", event => {
  const { origin, pathname } = new URL(event.request.url);
  if (origin !== location.origin || event.request.method !== "GET") return;
  if (pathname.startsWith("/api/") || pathname === "/healthz" || pathname === "/readyz") return;
  event.respondWith(go().then(rust => rust.on_fetch(event.request, M), () => fetch(event.request)));
  event.waitUntil(go().then(rust => rust.forget_old(M), () => {}));
});
