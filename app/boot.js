// Starts the app. The page's policy forbids inline scripts and raw script addresses.
import start from "./app.js";

const worker = "/sw.js";
self.trustedTypes?.createPolicy("default", {
  createHTML: text => text,
  createScriptURL: url => (url === worker ? url : null),
});

start({ module_or_path: new URL("app_bg.wasm", import.meta.url) }).catch(error => {
  console.error(error);
  document.getElementById("unsupported")?.removeAttribute("hidden");
});
