// A full phone still writes the last answers: from the room that was laid by.
import { expect, test } from './support/test.mjs';
import { Form } from './support/form.mjs';
import { PHONE, answer, beginFamily, button, connect, ka, question, recordOf, saved } from './support/phone.mjs';
import { Office, Server } from './support/server.mjs';
import { watch } from './support/watch.mjs';

const hh = new Form('hh_core');
const QUOTA = 60_000_000;

let server;
test.beforeAll(async () => {
  server = await Server.create({ demo: 2 });
  await server.start();
});
test.afterAll(async () => {
  await server?.destroy();
});

// Whether a row of another database still finds room.
async function fits() {
  const open = indexedDB.open('other', 1);
  open.onupgradeneeded = () => open.result.createObjectStore('rows');
  const opened = await new Promise((done) => {
    open.onsuccess = () => done(true);
    open.onerror = () => done(false);
  });
  if (!opened) return false;
  const transaction = open.result.transaction('rows', 'readwrite');
  transaction.objectStore('rows').put(new Uint8Array(1000), 'row');
  const done = await new Promise((done) => {
    transaction.oncomplete = () => done(true);
    transaction.onabort = () => done(false);
  });
  open.result.close();
  return done;
}

const reserve = async () => (await caches.has('reserve')) && (await (await caches.open('reserve')).keys()).length === 4;

test('the last answers are written from the reserve, and the person is told', async ({ browser }) => {
  const context = await browser.newContext(PHONE);
  const console = watch(context);
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  const origin = server.url;
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: QUOTA });
  const admin = await new Office(server).signIn('giorgi');
  await connect(page, server.url, await admin.code('mariam'));
  await expect.poll(() => page.evaluate(reserve)).toBe(true);
  await beginFamily(page, server.url);
  const record = recordOf(page);
  const reason = () => question(page, hh.label('visit_reason'));
  await answer(reason(), hh.choice('visit_reason', 'referral'));
  await saved(page);
  // Somebody else fills the phone: what is stored is more than there may be. The browser remembers for half
  // a minute how much room there was.
  const { usage } = await page.evaluate(() => navigator.storage.estimate());
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage - 1_000_000 });
  await expect.poll(() => page.evaluate(fits), { timeout: 60_000 }).toBe(false);
  for (const code of ['request', 'urgent', 'survey']) {
    await answer(reason(), hh.choice('visit_reason', code));
    await saved(page);
  }
  expect(await page.evaluate(reserve)).toBe(false);
  await page.goto(`${server.url}/sending`);
  await expect(page.getByText(ka('storage.reserve'))).toBeVisible();
  await expect(button(page, 'storage.help')).toBeVisible();
  // It is on disk: another start of the app has it.
  await page.goto(`${server.url}/record/${record}/at/visit_reason`);
  const chosen = reason().locator('label.choice').filter({ has: page.locator('input:checked') });
  await expect(chosen).toHaveText(hh.choice('visit_reason', 'survey'));
  console.quiet();
  await context.close();
});
