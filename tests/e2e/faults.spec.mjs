// What goes wrong in the field: nothing that was shown as saved is lost, nothing is there twice, and the
// person is told in plain words.
import { readFile } from 'node:fs/promises';
import { expect, test } from './support/test.mjs';
import { Form } from './support/form.mjs';
import {
  DESK, PHONE, answer, beginFamily, button, connect, crash, enrol, installed, ka, question, recordOf, saved, signIn,
} from './support/phone.mjs';
import { Office, Server } from './support/server.mjs';
import { watch } from './support/watch.mjs';

const hh = new Form('hh_core');
const SYNC = '**/api/sync';

let server;
let admin;
let office;

test.beforeAll(async () => {
  server = await Server.create({ demo: 2 });
  await server.start();
  admin = await new Office(server).signIn('giorgi');
  office = await new Office(server).signIn('nino');
});

test.afterAll(async () => {
  await server?.destroy();
});

async function phone(browser) {
  const context = await browser.newContext(PHONE);
  const page = await context.newPage();
  await connect(page, server.url, await admin.code('mariam'));
  return { context, page, console: watch(context) };
}

// A new family with one saved answer, left so that it waits to be sent.
async function leftFamily(page) {
  await beginFamily(page, server.url);
  const record = recordOf(page);
  await tapReason(page, 'referral');
  await saved(page);
  await page.goto(`${server.url}/sending`);
  return record;
}

const reason = (page) => question(page, hh.label('visit_reason'));
const tapReason = (page, code) => answer(reason(page), hh.choice('visit_reason', code));

async function chosen(page) {
  const row = reason(page).locator('label.choice').filter({ has: page.locator('input:checked') });
  return (await row.count()) ? (await row.innerText()).trim() : '';
}

const send = (page) => button(page, 'sending.button').click();
const changes = async (record) => (await office.get(`/api/records/${record}/history`)).changes.length;

// Until the record's own answers are there, it is unknown to the office.
const known = async (record) => office.get(`/api/records/${record}`).then(() => true, () => false);

test('an answer lost after the server committed duplicates nothing', async ({ browser }) => {
  const { context, page, console } = await phone(browser);
  let lost = 0;
  // From the first change on: the request arrives, its answer does not.
  await context.route(SYNC, async (route) => {
    await route.fetch();
    lost += 1;
    // The page may have asked anew since, and the test let requests through again.
    await route.abort('connectionreset').catch(() => {});
  });
  const record = await leftFamily(page);
  await expect.poll(() => known(record)).toBe(true);
  await expect(page.getByText(ka('error.server_unreachable')).first()).toBeVisible();
  await expect(page.getByText(ka('sending.only_here', { count: '1' })).first()).toBeVisible();
  const before = await changes(record);
  const count = (await office.get('/api/records')).total;
  expect(lost).toBeGreaterThan(0);
  await context.unroute(SYNC);
  await send(page);
  await expect(page.getByText(ka('sending.only_here', { count: '1' }))).toHaveCount(0);
  expect(await changes(record)).toBe(before);
  expect((await office.get('/api/records')).total).toBe(count);
  console.quiet();
  await context.close();
});

test('a network that answers with its own page is named, and nothing counts as sent', async ({ browser }) => {
  const { context, page, console } = await phone(browser);
  await context.route(SYNC, (route) =>
    route.fulfill({ status: 200, contentType: 'text/html', body: '<html><h1>Sign in to Free WiFi</h1></html>' }),
  );
  const record = await leftFamily(page);
  await expect(page.getByText(ka('error.captive_portal')).first()).toBeVisible();
  await expect(page.getByText(ka('sending.only_here', { count: '1' })).first()).toBeVisible();
  expect(await known(record)).toBe(false);
  await context.unroute(SYNC);
  await send(page);
  await expect.poll(() => known(record)).toBe(true);
  await expect(page.getByText(ka('sending.only_here', { count: '1' }))).toHaveCount(0);
  console.quiet();
  await context.close();
});

test('a server that does not answer is told apart from no internet', async ({ browser }) => {
  const { context, page, console } = await phone(browser);
  await server.stop();
  const record = await leftFamily(page);
  await expect(page.getByText(ka('error.server_unreachable')).first()).toBeVisible();
  await context.setOffline(true);
  await expect(page.getByText(ka('sending.no_internet')).first()).toBeVisible();
  await server.start();
  await context.setOffline(false);
  await expect.poll(() => known(record)).toBe(true);
  await expect(page.getByText(ka('sending.only_here', { count: '1' }))).toHaveCount(0);
  console.quiet();
  await context.close();
});

for (const place of ['household', 'record']) {
  test(`a ${place} opened before it has arrived appears once it does`, async ({ browser }) => {
    const context = await browser.newContext(PHONE);
    const console = watch(context);
    const page = await context.newPage();
    const family = (await office.get('/api/records')).items.find((record) => record.kind === 'household');
    let arrive;
    const gate = new Promise((done) => (arrive = done));
    await context.route(SYNC, async (route) => {
      await gate;
      // The page that asked may have been reloaded since.
      await route.continue().catch(() => {});
    });
    await enrol(page, server.url, await admin.code('mariam'));
    await installed(page);
    await page.goto(`${server.url}/${place}/${family.id}`);
    await expect(page.getByText(ka('household.arriving'))).toBeVisible();
    await page.reload();
    await expect(page.getByText(ka('household.arriving'))).toBeVisible();
    arrive();
    // What the office has approved opens for reading.
    const filled = page.locator('.question').or(button(page, 'decided.correct')).first();
    const there = place === 'household' ? page.locator('.list .status') : filled;
    await expect(there.first()).toBeVisible();
    await expect(page.getByText(ka('household.arriving'))).toHaveCount(0);
    // What the office does not have for this phone is not waited for.
    await page.goto(`${server.url}/${place}/${'0'.repeat(31)}1`);
    await expect(page.getByText(ka('household.not_found'))).toBeVisible();
    console.quiet();
    await context.close();
  });
}

// Fills what is left of the phone's room with a database of somebody else's.
async function fillUp() {
  const opening = indexedDB.open('other', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('rows');
  const database = await new Promise((done) => (opening.onsuccess = () => done(opening.result)));
  const put = (size) =>
    new Promise((done) => {
      const transaction = database.transaction('rows', 'readwrite');
      const noise = new Uint8Array(size);
      for (let at = 0; at < size; at += 65536) crypto.getRandomValues(noise.subarray(at, at + 65536));
      transaction.objectStore('rows').put(noise, Math.random());
      transaction.oncomplete = () => done(true);
      transaction.onabort = () => done(false);
    });
  for (const size of [1_000_000, 100_000, 10_000, 1_000, 50]) while (await put(size));
  database.close();
}

test('a full phone says so, keeps the answer, and saves it when there is room', async ({ browser }) => {
  const context = await browser.newContext(PHONE);
  const console = watch(context);
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  const origin = server.url;
  // From the beginning: the browser remembers for a while how much room there was.
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 24_000_000 });
  await connect(page, server.url, await admin.code('mariam'));
  await beginFamily(page, server.url);
  const record = recordOf(page);
  await tapReason(page, 'referral');
  await saved(page);
  await page.evaluate(fillUp);
  await tapReason(page, 'request');
  await expect(page.getByText(ka('error.storage_full')).first()).toBeVisible();
  await expect(page.locator('.save-state')).toContainText(ka('save.not_saved'));
  expect(await chosen(page)).toBe(hh.choice('visit_reason', 'request'));
  // Answers given meanwhile wait with it.
  await tapReason(page, 'urgent');
  await expect(page.locator('.save-state')).toContainText(ka('save.not_saved'));
  // What to do about it; the answers wait meanwhile.
  await button(page, 'storage.help').click();
  await expect(page.getByRole('heading', { name: ka('storage.title') })).toBeVisible();
  await expect(page.getByText(ka('error.storage_full'))).toBeVisible();
  await expect(page.getByText(ka('storage.safe', { count: '1' }))).toBeVisible();
  for (const step of ['sending.button', 'sending.encrypted_copy']) await expect(button(page, step)).toBeVisible();
  for (const step of ['storage.remove_photos', 'storage.other_apps']) {
    await expect(page.getByRole('heading', { name: ka(step) })).toBeVisible();
  }
  await devtools.send('Storage.overrideQuotaForOrigin', { origin });
  await button(page, 'action.try_again').click();
  await expect(page.getByText(ka('error.storage_full'))).toHaveCount(0);
  await page.goBack();
  await expect.poll(() => chosen(page)).toBe(hh.choice('visit_reason', 'urgent'));
  await saved(page);
  await page.goto(`${server.url}/record/${record}/at/visit_reason`);
  await expect.poll(() => chosen(page)).toBe(hh.choice('visit_reason', 'urgent'));
  console.quiet();
  await context.close();
});

const WORDS = 'ცისფერი ქვა მდინარე ხიდი';

async function saveCopy(page) {
  await page.goto(`${server.url}/sending`);
  await button(page, 'sending.encrypted_copy').click();
  const sheet = page.locator('dialog[open]');
  await sheet.locator('#copy-words').fill('ხიდი');
  await button(sheet, 'sending.encrypted_copy').click();
  await expect(sheet.getByText(ka('copy.too_short', { count: '4' }))).toBeVisible();
  await sheet.locator('#copy-words').fill(WORDS);
  await sheet.locator('#copy-again').fill(WORDS);
  const download = page.waitForEvent('download');
  await button(sheet, 'sending.encrypted_copy').click();
  const file = await download;
  await expect(page.getByText(ka('sending.copy_saved', { name: file.suggestedFilename() }))).toBeVisible();
  return readFile(await file.path());
}

async function bringBack(page, buffer, words) {
  await page.getByRole('button', { name: ka('copy.restore'), exact: true }).click();
  const sheet = page.locator('dialog[open]');
  await sheet.locator('input[type=file]').setInputFiles({ name: 'copy.kardakar', mimeType: 'application/octet-stream', buffer });
  await sheet.getByText('copy.kardakar').waitFor();
  await sheet.locator('#copy-words').fill(words);
  await button(sheet, 'copy.restore_button').click();
  return sheet;
}

test('an encrypted copy brings back what was only on a phone', async ({ browser }) => {
  const { context, page, console } = await phone(browser);
  await beginFamily(page, server.url);
  const record = recordOf(page);
  await context.setOffline(true);
  await tapReason(page, 'referral');
  await saved(page);
  const copy = await saveCopy(page);
  // Nothing of it can be read.
  expect(copy.includes(Buffer.from(record, 'hex'))).toBe(false);
  expect(copy.includes('hh_core')).toBe(false);
  expect(await known(record)).toBe(false);
  await context.close();

  // Another phone, or the same without its storage: it needs no code, and no network until it sends.
  const fresh = await browser.newContext(PHONE);
  const again = await fresh.newPage();
  const quiet = watch(fresh);
  await again.goto(server.url + '/');
  await installed(again);
  await fresh.setOffline(true);
  const altered = Buffer.from(copy);
  altered[copy.length - 1] ^= 1;
  for (const [bytes, words, refusal] of [
    [Buffer.from('something else'), WORDS, 'copy.not_a_copy'],
    [copy, 'ცისფერი ქვა მდინარე გზა', 'copy.wrong'],
    [altered, WORDS, 'copy.wrong'],
  ]) {
    const sheet = await bringBack(again, bytes, words);
    await expect(sheet.getByText(ka(refusal))).toBeVisible();
    await again.keyboard.press('Escape');
  }
  const sheet = await bringBack(again, copy, WORDS);
  await expect(sheet.getByText(ka('copy.done', { records: '1', files: '0' }))).toBeVisible();
  await again.goto(`${server.url}/record/${record}/at/visit_reason`);
  await expect.poll(() => chosen(again)).toBe(hh.choice('visit_reason', 'referral'));
  await again.goto(`${server.url}/sending`);
  await fresh.setOffline(false);
  await expect.poll(() => known(record)).toBe(true);
  await expect(again.getByText(ka('sending.only_here', { count: '1' }))).toHaveCount(0);
  const before = await changes(record);

  // Taken in once more, after it was sent, it adds nothing.
  await again.goto(`${server.url}/more`);
  await expect((await bringBack(again, copy, WORDS)).getByText(ka('copy.done', { records: '1', files: '0' }))).toBeVisible();
  await again.goto(`${server.url}/sending`);
  await send(again);
  await expect(again.getByText(ka('sending.nothing'))).toBeVisible();
  expect(await changes(record)).toBe(before);
  quiet.quiet();
  console.quiet();
  await fresh.close();
});

test('a copy on another connected phone: the office accepts, both phones go on, nothing is lost or doubled', async ({ browser }) => {
  const own = await phone(browser);
  const other = await phone(browser);
  const desk = await (await browser.newContext(DESK)).newPage();
  await signIn(desk, server.url, 'nino');
  const count = (await office.get('/api/records')).total;
  const number = (record) => `K-${record.slice(-4)}`;
  const waits = (page) => page.getByText(ka('sending.only_here', { count: '1' }));
  const heldAtDesk = (record) => desk.locator('.table tbody tr', { hasText: number(record) });
  const heldOnPhone = (record) => other.page.locator('.sync-row', { hasText: number(record) });
  // A family that only the first phone knows, taken to the second one in a file.
  const carry = async () => {
    await own.context.setOffline(true);
    await beginFamily(own.page, server.url);
    const record = recordOf(own.page);
    await tapReason(own.page, 'referral');
    await saved(own.page);
    const copy = await saveCopy(own.page);
    await other.page.goto(`${server.url}/more`);
    const sheet = await bringBack(other.page, copy, WORDS);
    await expect(sheet.getByText(ka('copy.done', { records: '1', files: '0' }))).toBeVisible();
    await expect(sheet.getByText(ka('copy.done_foreign'))).toBeVisible();
    await other.page.goto(`${server.url}/sending`);
    await expect(heldOnPhone(record)).toContainText(ka('held.why_foreign_actor'));
    expect(await known(record)).toBe(false);
    await desk.goto(`${server.url}/office/held`);
    await expect(heldAtDesk(record)).toContainText(ka('held.why_foreign_actor'));
    return record;
  };

  await test.step('the first phone is lost for good: the office vouches for it', async () => {
    const record = await carry();
    await heldAtDesk(record).getByRole('button', { name: ka('held.accept') }).click();
    await expect(heldAtDesk(record)).toHaveCount(0);
    await expect.poll(() => known(record)).toBe(true);
    expect((await office.get('/api/records')).total).toBe(count + 1);
    const before = await changes(record);
    // The second phone goes on with it.
    await send(other.page);
    await expect(heldOnPhone(record)).toHaveCount(0);
    await other.page.goto(`${server.url}/record/${record}/at/visit_reason`);
    await expect.poll(() => chosen(other.page)).toBe(hh.choice('visit_reason', 'referral'));
    await tapReason(other.page, 'urgent');
    await saved(other.page);
    await other.page.goto(`${server.url}/sending`);
    await expect(waits(other.page)).toHaveCount(0);
    await expect.poll(() => changes(record)).toBe(before + 1);
    // The first one is found again.
    await own.page.goto(`${server.url}/sending`);
    await own.context.setOffline(false);
    await expect(own.page.getByText(ka('sending.nothing')).or(own.page.getByText(ka('sending.done', { count: '1' }))).first()).toBeVisible();
    await expect(waits(own.page)).toHaveCount(0);
    expect(await changes(record)).toBe(before + 1);
    await own.page.goto(`${server.url}/record/${record}/at/visit_reason`);
    await expect.poll(() => chosen(own.page)).toBe(hh.choice('visit_reason', 'urgent'));
  });

  await test.step('the first phone sends before anybody decides: nothing is left to decide', async () => {
    const record = await carry();
    await own.page.goto(`${server.url}/sending`);
    await own.context.setOffline(false);
    await expect.poll(() => known(record)).toBe(true);
    await expect(waits(own.page)).toHaveCount(0);
    await desk.reload();
    await expect(desk.getByText(ka('held.none'))).toBeVisible();
    const before = await changes(record);
    await send(other.page);
    await expect(heldOnPhone(record)).toHaveCount(0);
    expect(await changes(record)).toBe(before);
    expect((await office.get('/api/records')).total).toBe(count + 2);
  });
  for (const each of [own, other]) {
    each.console.quiet();
    await each.context.close();
  }
  await desk.context().close();
});

test('a second window waits for the first and takes over with everything saved', async ({ browser }) => {
  const { context, page, console } = await phone(browser);
  await beginFamily(page, server.url);
  const record = recordOf(page);
  await tapReason(page, 'referral');
  const second = await context.newPage();
  await second.goto(`${server.url}/record/${record}/at/visit_reason`);
  await expect(second.getByText(ka('error.second_tab'))).toBeVisible();
  await button(second, 'error.use_this_window').click();
  await expect.poll(() => chosen(second)).toBe(hh.choice('visit_reason', 'referral'));
  await expect(page.getByText(ka('error.taken_over'))).toBeVisible();
  await tapReason(second, 'request');
  await saved(second);
  await button(page, 'error.use_this_window').click();
  await expect(page.getByText(ka('error.second_tab'))).toBeVisible();
  await button(page, 'error.use_this_window').click();
  await expect.poll(() => chosen(page)).toBe(hh.choice('visit_reason', 'request'));
  await expect(second.getByText(ka('error.taken_over'))).toBeVisible();
  console.quiet();
  await context.close();
});

test('a page that the browser has not cleared away yet is no other window', async ({ browser }) => {
  const { context, page, console } = await phone(browser);
  await page.goto(`${server.url}/healthz`);
  const leaving = await context.newPage();
  await leaving.goto(`${server.url}/healthz`);
  await leaving.evaluate(
    () => new Promise((held) => navigator.locks.request('kardakar-writer', () => new Promise((gone) => held(void (globalThis.clear = gone))))),
  );
  await page.addInitScript((words) => {
    globalThis.asked = 0;
    const request = LockManager.prototype.request;
    LockManager.prototype.request = function (...all) {
      globalThis.asked += 1;
      return request.apply(this, all);
    };
    const look = () => (globalThis.told ||= document.body?.innerText.includes(words));
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
  }, ka('error.second_tab'));
  await page.goto(server.url);
  await expect.poll(() => page.evaluate(() => globalThis.asked)).toBeGreaterThan(1);
  await leaving.evaluate(() => globalThis.clear());
  await expect(button(page, 'today.start_visit')).toBeVisible();
  expect(await page.evaluate(() => globalThis.told)).toBe(false);
  console.quiet();
  await context.close();
});

test('two quick taps begin one visit', async ({ browser }) => {
  const { context, page, console } = await phone(browser);
  const all = new RegExp(`^${ka('families.all')}`);
  const count = async () => {
    await page.goto(`${server.url}/families`);
    await page.locator('.list .row').first().waitFor();
    return Number((await page.getByRole('button', { name: all }).innerText()).match(/\d+/)[0]);
  };
  const before = await count();
  await button(page, 'today.start_visit').evaluate((tapped) => (tapped.click(), tapped.click()));
  await expect(page).toHaveURL(/record/);
  await tapReason(page, 'referral');
  await saved(page);
  const record = recordOf(page);
  // Nor do they pass a question over.
  await page.locator('.action-bar').getByRole('button', { name: ka('action.continue'), exact: true }).dblclick();
  await expect(page).toHaveURL(/\/at\/itw_lang$/);
  // There is no receipt of what is not finished.
  await page.goto(`${server.url}/record/${record}/finished`);
  await expect(page).toHaveURL(new RegExp(`/record/${record}/check$`));
  expect(await count()).toBe(before + 1);
  console.quiet();
  await context.close();
});

const REASONS = ['referral', 'request', 'followup', 'urgent', 'survey'];

test('reloads and crashes in the middle of a write lose nothing that was shown as saved', async ({ browser }) => {
  const { context, page: first } = await phone(browser);
  let page = first;
  await beginFamily(page, server.url);
  const record = recordOf(page);
  const at = `${server.url}/record/${record}/at/visit_reason`;
  for (let round = 0; round < 6; round += 1) {
    const [shown, under] = [REASONS[round % 5], REASONS[(round + 1) % 5]];
    await tapReason(page, shown);
    await saved(page);
    // Ends in the same turn as the answer: the write is under way at best.
    const last = reason(page).locator('label.choice').filter({ hasText: hh.choice('visit_reason', under) });
    if (round % 2) {
      await Promise.all([page.waitForEvent("load"), last.evaluate((row) => (row.click(), location.reload()))]);
    } else {
      page = await crash(page, (page) => last.evaluate((row) => row.click()));
    }
    await page.goto(at);
    await reason(page).first().waitFor();
    const kept = await chosen(page);
    expect([shown, under].map((code) => hh.choice('visit_reason', code))).toContain(kept);
  }
  // The visit that was under way is the first thing offered.
  await page.goto(`${server.url}/`);
  await button(page, 'today.carry_on').click();
  await expect(page).toHaveURL(new RegExp(`/record/${record}`));
  await page.goto(`${server.url}/families`);
  await page.goto(`${server.url}/sending`);
  await expect.poll(() => known(record)).toBe(true);
  await context.close();
});
