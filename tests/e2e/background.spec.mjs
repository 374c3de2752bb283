// The app is closed, and what was finished without a network goes out all the same.
import { expect, test } from './support/test.mjs';
import { Form } from './support/form.mjs';
import { PHONE, answer, beginFamily, button, connect, ka, question, recordOf, saved } from './support/phone.mjs';
import { Office, Server } from './support/server.mjs';
import { watch } from './support/watch.mjs';

const hh = new Form('hh_core');

let server;
test.beforeAll(async () => {
  server = await Server.create({ demo: 2 });
  await server.start();
});
test.afterAll(async () => {
  await server?.destroy();
});

const count = (sql) => Number(server.psql(`SELECT count(*) FROM ${sql}`)[0]);

// Tells the browser to start the service worker as it does when the network comes back.
async function dispatchSync(blank) {
  const devtools = await blank.context().newCDPSession(blank);
  const known = new Promise((found) => {
    devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const ours = registrations.find((each) => each.scopeURL.startsWith(server.url) && !each.isDeleted);
      if (ours) found(ours.registrationId);
    });
  });
  await devtools.send('ServiceWorker.enable');
  const registrationId = await known;
  await devtools.send('ServiceWorker.dispatchSyncEvent', { origin: server.url, registrationId, tag: 'send', lastChance: false });
  await devtools.detach();
}

test('the service worker sends while no page is open, and the page learns of it', async ({ browser }) => {
  const admin = await new Office(server).signIn('giorgi');
  const context = await browser.newContext(PHONE);
  const page = await context.newPage();
  await connect(page, server.url, await admin.code('mariam'));
  const console = watch(context);
  const others = count('changes');

  let record;
  await test.step('offline, something waits', async () => {
    await context.setOffline(true);
    await beginFamily(page, server.url);
    record = recordOf(page);
    await answer(question(page, hh.label('visit_reason')), hh.choice('visit_reason', 'survey'));
    await saved(page);
    await page.goto(`${server.url}/sending`);
    await expect(page.getByText(ka('sending.only_here', { count: '1' })).first()).toBeVisible();
    // The request that waits for the worker is on disk.
    await expect
      .poll(() =>
        page.evaluate(
          () =>
            new Promise((done) => {
              const open = indexedDB.open('kardakar');
              open.onsuccess = () => {
                const rows = open.result.transaction('parcel').objectStore('parcel').getAllKeys();
                rows.onsuccess = () => (open.result.close(), done(rows.result));
              };
            }),
        ),
      )
      .toEqual(['request']);
  });

  await test.step('closed, and the network is back: the record arrives', async () => {
    const blank = await context.newPage();
    await page.close();
    expect(count(`records WHERE record_id = '${record}'`)).toBe(0);
    await context.setOffline(false);
    await dispatchSync(blank);
    await expect.poll(() => count(`records WHERE record_id = '${record}'`)).toBe(1);
    await blank.close();
  });

  const arrived = count('changes');
  expect(arrived).toBeGreaterThan(others);

  await test.step('opened again, the phone says so and sends nothing twice', async () => {
    const again = await context.newPage();
    const sent = [];
    again.on('request', (request) => {
      if (new URL(request.url()).pathname === '/api/sync') sent.push(request.postDataBuffer()?.length ?? 0);
    });
    await again.goto(`${server.url}/sending`);
    await expect(again.getByText(ka('sending.done', { count: '1' })).first()).toBeVisible();
    await expect(again.getByText(ka('sending.only_here', { count: '1' }))).toHaveCount(0);
    await expect.poll(() => sent.length).toBeGreaterThan(0);
    // Opened once more there is nothing to send for certain: what went before was no larger, but for the length
    // of its numbers.
    const before = sent.length;
    await again.reload();
    await expect.poll(() => sent.length).toBeGreaterThan(before);
    expect(Math.max(...sent)).toBeLessThanOrEqual(sent.at(-1) + 16);
    expect(count('changes')).toBe(arrived);
    expect(count(`wedged_changes`)).toBe(0);
  });
  console.quiet();
  await context.close();
});

test('what the browser says of the network does not hurry a server that asked for time', async ({ browser }) => {
  const admin = await new Office(server).signIn('giorgi');
  const context = await browser.newContext(PHONE);
  const page = await context.newPage();
  await connect(page, server.url, await admin.code('mariam'));
  await beginFamily(page, server.url);
  await answer(question(page, hh.label('visit_reason')), hh.choice('visit_reason', 'survey'));
  await saved(page);
  let asked = 0;
  const resting = { status: 503, headers: { 'retry-after': '3600' }, body: '' };
  await page.route('**/api/sync', (route) => ((asked += 1), route.fulfill(resting)));
  await page.goto(`${server.url}/sending`);
  const words = ka('error.server_resting').split(';')[0];
  await expect(page.getByText(words).first()).toBeVisible();
  const before = asked;
  const send = button(page, 'sending.button');
  await expect(send).not.toHaveAttribute('aria-busy', 'true');
  // A sync that began when the browser's word came is seen on the button.
  const busy = page.evaluate(
    () =>
      new Promise((done) => {
        const button = document.querySelector('.action-bar button');
        const look = () => setTimeout(() => done(button.getAttribute('aria-busy')));
        navigator.serviceWorker.addEventListener('message', look, { once: true });
      }),
  );
  await dispatchSync(page);
  expect(await busy).not.toBe('true');
  expect(asked).toBe(before);
  await context.close();
});
