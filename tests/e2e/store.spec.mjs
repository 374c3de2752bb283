// The app's store over the real IndexedDB of every engine is held against the same statements as the stores in
// memory and in a file (tests/store).
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from './support/test.mjs';
import { ENGINES } from './support/engines.mjs';

const ROOT = new URL('../../', import.meta.url).pathname;
const MODULE = process.env.KARDAKAR_CONFORMANCE ?? join(ROOT, 'target/site-cache/conformance');
const TYPES = { js: 'text/javascript', wasm: 'application/wasm' };

// Runs in the page before the module: lets writes fail, ends connections.
function faults() {
  let plan = null;
  const connections = [];
  const counts = new WeakMap();
  const doomed = new WeakSet();
  const store = IDBObjectStore.prototype;
  const failing = (original) =>
    function (...values) {
      const count = (counts.get(this.transaction) ?? 0) + 1;
      counts.set(this.transaction, count);
      if (!plan || plan.write !== count) return original.apply(this, values);
      const { how, ends } = plan;
      if (!ends) plan = null;
      if (how === 'DataError') throw new DOMException('', how);
      const transaction = this.transaction;
      doomed.add(transaction);
      const request = original.apply(this, values);
      // As the browser ends a transaction: after its requests succeeded.
      request.addEventListener('success', () => {
        if (how) Object.defineProperty(transaction, 'error', { value: new DOMException('', how) });
        transaction.abort();
      });
      return request;
    };
  store.put = failing(store.put);
  store.delete = failing(store.delete);
  const commit = IDBTransaction.prototype.commit;
  IDBTransaction.prototype.commit = function () {
    // What said that nothing follows cannot be aborted any more.
    if (!doomed.has(this)) commit.call(this);
  };
  const open = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...values) {
    const request = open.apply(this, values);
    request.addEventListener('success', () => connections.push(request.result));
    return request;
  };
  globalThis.faults = {
    fail: (write, how, ends) => (plan = write ? { write, how, ends } : null),
    loseConnections: () => connections.splice(0).forEach((connection) => connection.close()),
    saved: (count) => (globalThis.savedCount = count),
  };
}

const PAGE = `<!doctype html><meta charset="utf-8"><title>store</title><script>(${faults})()</script>
<script type="module">
  import init, * as module from '/conformance.js';
  await init({ module_or_path: '/conformance_bg.wasm' });
  globalThis.conformance = module;
</script>`;

async function serve() {
  const server = createServer(async (request, response) => {
    const name = request.url.slice(1);
    const type = TYPES[name.split('.').pop()];
    const body = type ? await readFile(join(MODULE, name)).catch(() => null) : PAGE;
    response.writeHead(body === null ? 404 : 200, { 'content-type': type ?? 'text/html' });
    response.end(body ?? '');
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

const ready = async () => {
  while (!globalThis.conformance) await new Promise((later) => setTimeout(later, 20));
  return true;
};

for (const [engine, open] of Object.entries(ENGINES)) {
  test(`the store over IndexedDB does what a store must: ${engine}`, async () => {
    const site = await serve();
    const window = await open();
    try {
      await window.goto(site.url);
      await window.run(ready);
      const outcome = await window.run(() => globalThis.conformance.statements());
      expect(outcome.length).toBeGreaterThan(15);
      expect(outcome.filter(([, reason]) => reason)).toEqual([]);

      await test.step('what was called saved is there after the page ended in the middle', async () => {
        let first = 0;
        for (let round = 0; round < 3; round += 1) {
          await window.run((from) => void globalThis.conformance.storm(from), first);
          const saved = async () => (first = Math.max(first, (await window.run(() => globalThis.savedCount ?? 0))));
          const before = first;
          await expect.poll(saved).toBeGreaterThan(before + 20);
          await window.end();
          await window.goto(site.url);
          await window.run(ready);
          const left = await window.run(() => globalThis.conformance.storm_left());
          expect(left).toBeGreaterThanOrEqual(first);
          first = left;
        }
      });
    } finally {
      await window.close();
      site.close();
    }
  });
}
