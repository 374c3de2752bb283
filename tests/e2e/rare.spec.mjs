// What few questionnaires need is on no phone but on those that have such a questionnaire: fetched with it, kept
// for work without a network, and brought along by every new version of the app.
import { cp, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from './support/test.mjs';
import { PHONE, beginFamily, button, connect, ka, question, recordOf } from './support/phone.mjs';
import { Office, SITE, Server } from './support/server.mjs';
import { NEW_TITLE, rebuild } from './support/site.mjs';

const FORM = `| survey |
| | type | name | label::ქართული (ka) | appearance | parameters |
| | range | stars | შეფასება | rating | start=1 end=5 step=1 |
| | range | count | რამდენი? | | start=0 end=9 step=1 |
| | text | last | ბოლო | | |

| settings |
| | form_title | form_id | version | default_language | subject |
| | ოჯახი | hh_core | 2090010101 | ka | household |
`;

let server;
let folder;

test.afterEach(async () => {
  await server?.destroy();
  if (folder) await rm(folder, { recursive: true, force: true });
});

// Runs before the app: what it asks of the service worker about rare parts waits until the test lets it go.
function holdTheWorker() {
  if (!sessionStorage.getItem('hold')) return;
  const { postMessage } = ServiceWorker.prototype;
  let held = [];
  ServiceWorker.prototype.postMessage = function post(...message) {
    const send = () => postMessage.apply(this, message);
    if (held && message[0] === 'rare') held.push(send);
    else send();
  };
  // Also what is asked only after that.
  window.letGo = () => {
    held.forEach((send) => send());
    held = null;
  };
}

// From now on the new version does not take over before the test lets it; what the app asks of its workers is noted.
function holdTheUpdate() {
  const { postMessage } = ServiceWorker.prototype;
  window.asked = [];
  ServiceWorker.prototype.postMessage = function post(...message) {
    window.asked.push(message[0]);
    if (message[0] === 'skip') window.letGo = () => postMessage.apply(this, message);
    else postMessage.apply(this, message);
  };
}

test('what a questionnaire needs comes with it, stays, and moves on with the app', async ({ browser }) => {
  folder = await mkdtemp(join(tmpdir(), 'kd-site-'));
  await cp(SITE, folder, { recursive: true });
  server = await Server.create({ demo: 1, site: folder });
  await server.start();
  const admin = await new Office(server).signIn('giorgi');
  const context = await browser.newContext(PHONE);
  const page = await context.newPage();
  await page.addInitScript(holdTheWorker);
  const visits = page.locator('.list .row');
  const build = () => page.locator('html').getAttribute('data-build');
  const kept = async (of) => page.evaluate(async (path) => !!(await caches.match(path)), `/pkg/${of}/split_rare.wasm`);
  const send = async () => {
    await page.goto(`${server.url}/sending`);
    await button(page, 'action.send_now').click();
  };

  await connect(page, server.url, await admin.code('mariam'));
  const old = await build();
  await test.step('a phone whose questionnaires do without has none of it', async () => {
    await beginFamily(page, server.url);
    expect(await kept(old)).toBe(false);
  });

  const chunk = join(folder, 'pkg', old, 'split_rare.wasm');
  const banner = page.locator('.banner', { hasText: ka('error.form_part') });
  await test.step('a questionnaire whose part does not arrive is not begun, and the page says why', async () => {
    const packed = (await readdir(join(folder, 'pkg', old))).filter((name) => name.startsWith('split_rare.wasm.'));
    for (const name of packed) await rm(join(folder, 'pkg', old, name));
    await rename(chunk, `${chunk}.away`);
    const response = await fetch(`${server.url}/api/forms?publish=1`, {
      method: 'POST',
      headers: { 'content-type': 'text/markdown', cookie: admin.cookie, 'sec-fetch-site': 'same-origin' },
      body: FORM,
    });
    expect(response.status, await response.text()).toBe(200);
    await send();
    await expect(banner).toBeVisible();
    await page.goto(`${server.url}/`);
    await expect(banner).toBeVisible();
    await button(page, 'today.start_visit').click();
    await page.getByRole('button', { name: ka('today.new_family') }).click();
    await expect(page.locator('.toast', { hasText: ka('error.form_part') })).toBeVisible();
    expect(page.url()).not.toContain('/record/');
  });

  const again = banner.getByRole('button', { name: ka('action.try_again') });
  await test.step('half of it is not taken for the whole, then or later', async () => {
    const whole = await readFile(`${chunk}.away`);
    await writeFile(chunk, whole.subarray(0, whole.length / 2));
    await again.click();
    await expect(banner).toBeVisible();
    expect(await kept(old)).toBe(false);
    await rename(`${chunk}.away`, chunk);
    // A sync that ends looks for it by itself: it may have found the half a moment ago, and may find the whole now.
    await expect(async () => {
      if (await again.count()) await again.click({ timeout: 2000 });
      expect(await kept(old)).toBe(true);
    }).toPass({ timeout: 60_000 });
    await expect(banner).toHaveCount(0);
  });

  await test.step('it is there without a network', async () => {
    await server.stop();
    await context.setOffline(true);
    await page.reload();
    await beginFamily(page, server.url);
    await expect(question(page, 'შეფასება').locator('input')).toHaveCount(5);
  });

  await test.step('whoever begins a visit before it was looked through waits, and two taps begin one', async () => {
    await page.goto(`${server.url}/`);
    await expect(visits).toHaveCount(1);
    await page.evaluate(() => sessionStorage.setItem('hold', 'yes'));
    await page.goto(`${server.url}/`);
    for (let tap = 0; tap < 2; tap += 1) {
      await button(page, 'today.start_visit').click();
      await page.getByRole('button', { name: ka('today.new_family') }).click();
      await expect(page.locator('.toast')).toHaveText(ka('error.chunk_loading'));
    }
    await page.evaluate(() => window.letGo());
    await expect(question(page, 'შეფასება').locator('input')).toHaveCount(5);
    await page.evaluate(() => sessionStorage.removeItem('hold'));
    await page.goto(`${server.url}/`);
    await expect(visits).toHaveCount(2);
    await context.setOffline(false);
  });

  await test.step('a new version of the app brings its own', async () => {
    const next = await rebuild(folder);
    await server.start();
    await page.goto(`${server.url}/`);
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
    await expect
      .poll(() => page.evaluate(async () => !!(await navigator.serviceWorker.getRegistration()).waiting))
      .toBe(true);
    // Before it takes over.
    expect(await kept(next)).toBe(true);
    await page.goto(`${server.url}/more`);
    await page.evaluate(holdTheUpdate);
    await button(page, 'update.now').click();
    await expect(page.locator('.toast')).toHaveText(ka('update.going'));
    // A sync ends, and would look whether the worker has all that is needed: one that is about to go is left alone.
    const synced = page.waitForResponse((response) => response.url().includes('/api/sync'));
    await page.getByRole('link', { name: ka('nav.sending') }).click();
    await button(page, 'action.send_now').click();
    await synced;
    await page.waitForTimeout(1000);
    const asked = await page.evaluate(() => window.asked);
    expect(asked.slice(asked.indexOf('skip'))).toEqual(['skip']);
    await page.evaluate(() => window.letGo());
    await expect(page.locator(`html[data-build="${next}"]`)).toHaveCount(1);
    await page.goto(`${server.url}/more`);
    await expect(page.locator('h1')).toHaveText(NEW_TITLE);
    await server.stop();
    await context.setOffline(true);
    await page.reload();
    await beginFamily(page, server.url);
    await page.goto(`${server.url}/record/${recordOf(page)}/at/count`);
    await expect(question(page, 'რამდენი?').locator('.stepper')).toBeVisible();
  });
  await context.close();
});
