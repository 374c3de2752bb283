// Starts the app. The page's policy forbids inline scripts and raw script addresses.
import start from "./app.js";

const worker = "/sw.js";
self.trustedTypes?.createPolicy("default", {
  createHTML: text => text,
  createScriptURL: url => (url === worker ? url : null),
});

// Where the app traps, its memory stays as it was in the middle of something: nothing more may be done with it, and
// nothing be called saved by it. What was saved is on the disk, so the page begins anew: at once, or after a pause when
// that has just happened.
const PAUSE_MS = 10_000;
const beginAnew = ({ error, reason }) => {
  if (!((error ?? reason) instanceof WebAssembly.RuntimeError) || document.body.inert) return;
  document.body.inert = true;
  const again = Date.now() - Number(sessionStorage.getItem("trapped")) < 6 * PAUSE_MS;
  sessionStorage.setItem("trapped", Date.now());
  setTimeout(() => location.reload(), again ? PAUSE_MS : 0);
};
addEventListener("error", beginAnew);
addEventListener("unhandledrejection", beginAnew);

start({ module_or_path: new URL("app_bg.wasm", import.meta.url) }).catch(error => {
  console.error(error);
  document.getElementById("unsupported")?.removeAttribute("hidden");
});
