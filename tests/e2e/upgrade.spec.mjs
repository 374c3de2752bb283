// The database of another build: an older one's is brought up wherever that is interrupted, a window that holds it
// is waited for, a newer one's is left alone. In both of Chromium's backends.
import { createHash } from 'node:crypto';
import { chromium } from '@playwright/test';
import { expect, test } from './support/test.mjs';
import { array, items } from './support/cbor.mjs';
import { GEORGIA, LAUNCH } from './support/chromium.mjs';
import { Form } from './support/form.mjs';
import { PHONE, answer, beginFamily, button, connect, crash, ka, question, recordOf, saved } from './support/phone.mjs';
import { DATABASE, TABLES, read } from './support/rows.mjs';
import { Office, Server } from './support/server.mjs';

const hh = new Form('hh_core');
const BACKENDS = {
  LevelDB: '--disable-features=IdbSqliteBackingStore',
  SQLite: '--enable-features=IdbSqliteBackingStore',
};
// What the first builds had.
const OLD_TABLES = TABLES;
const OLD_VERSION = 1;
// Where a list row names the state of its documents (app/core/src/list.rs): 0 where it does not.
const STATE = 21;

for (const [backend, flag] of Object.entries(BACKENDS)) {
  test(`${backend}: databases of other builds`, async ({}, info) => {
    const server = await Server.create({ demo: 3 });
    const browser = await chromium.launch({ ...LAUNCH, args: [...LAUNCH.args, flag] });
    try {
      await server.start();
      await story(server, browser, info);
    } finally {
      await browser.close();
      await server.destroy();
    }
  });
}

async function story(server, browser, info) {
  const context = await browser.newContext({ ...GEORGIA, ...PHONE });
  const admin = await new Office(server).signIn('giorgi');
  const office = await new Office(server).signIn('nino');
  let page = await context.newPage();
  await connect(page, server.url, await admin.code('mariam'));
  await context.setOffline(true);
  await beginFamily(page, server.url);
  const record = recordOf(page);
  const reason = () => question(page, hh.label('visit_reason'));
  await answer(reason(), hh.choice('visit_reason', 'referral'));
  await saved(page);
  // A page without the app comes from the server; the app itself is opened without network, so that nothing is
  // sent or fetched meanwhile.
  const aside = async () => {
    // The app is left before there is a network.
    await page.goto('about:blank');
    await context.setOffline(false);
    await page.goto(`${server.url}/healthz`);
  };
  const visit = async (window, path = '/') => {
    await context.setOffline(true);
    await window.goto(server.url + path);
  };
  await aside();
  const rows = await page.evaluate(read, { database: DATABASE, tables: TABLES });
  const old = rows.filter(([, key]) => !['ledger', 'layout'].includes(key)).map(withoutState);
  const makeOld = () =>
    page.evaluate(leave, { database: DATABASE, version: OLD_VERSION, tables: OLD_TABLES, rows: old });

  // Everything that was there is there, in this build's layout, and nobody has to be told anything.
  const whole = async (step) => {
    await visit(page, `/record/${record}/at/visit_reason`);
    const chosen = reason().locator('label.choice').filter({ has: page.locator('input:checked') });
    await expect(chosen, step).toHaveText(hh.choice('visit_reason', 'referral'));
    await aside();
    const now = await page.evaluate(read, { database: DATABASE, tables: TABLES });
    const keys = (all, table) => all.filter(([of]) => of === table).map(([, key]) => key).sort();
    for (const table of ['list', 'form']) expect(keys(now, table), step).toEqual(keys(rows, table));
    expect(keys(now, 'change'), step).toEqual(expect.arrayContaining(keys(rows, 'change')));
    const unnamed = now.filter((row) => row[0] === 'list' && items(payload(row))[STATE].equals(NONE));
    // The new family is a journal only: it has no documents yet.
    expect(unnamed.map(([, key]) => key).filter((key) => key !== record), step).toEqual([]);
    expect(now.some(([, key]) => key === 'layout'), step).toBe(true);
    expect(now.some(([, key]) => key === 'findings'), step).toBe(false);
  };

  await test.step('an older database is brought up', async () => {
    await makeOld();
    await whole('without trouble');
  });

  await test.step('the page dies while tables are made', async () => {
    await aside();
    await makeOld();
    page = await crash(page, () => page.evaluate(beginUpgrade, { database: DATABASE, table: 'attachment' }));
    await aside();
    const version = await page.evaluate((name) => indexedDB.databases().then((all) => all.find((of) => of.name === name).version), DATABASE);
    expect(version).toBe(OLD_VERSION);
    await whole('after tables were half made');
  });

  for (const commits of [0, 1, 2]) {
    await test.step(`the page dies after ${commits} commits of the rows' upgrade`, async () => {
      await aside();
      await makeOld();
      const dying = await context.newPage();
      await dying.addInitScript(failAfter, commits);
      await visit(dying);
      await expect.poll(() => dying.evaluate(() => globalThis.failed > 0)).toBe(true);
      await crash(dying).then((next) => next.close());
      await whole(`after ${commits} commits`);
    });
  }

  await test.step('a window that does not let go is waited for, and the person is told', async () => {
    await aside();
    await makeOld();
    await page.evaluate(hold, DATABASE);
    const second = await context.newPage();
    await visit(second);
    await expect(second.getByText(ka('error.old_window'))).toBeVisible();
    await second.screenshot({ path: info.outputPath('old-window.png') });
    await page.evaluate(() => globalThis.held.close());
    await expect(button(second, 'today.start_visit')).toBeVisible();
    await second.close();
    await whole('after the other window was closed');
  });

  await test.step('what was not sent is sent', async () => {
    await context.setOffline(false);
    await page.goto(`${server.url}/sending`);
    await button(page, 'sending.button').click();
    await expect.poll(() => office.get(`/api/records/${record}`).then(() => true, () => false)).toBe(true);
  });

  await test.step('a newer database is left as it is, and the person is told', async () => {
    await aside();
    await page.evaluate(raise, { database: DATABASE, version: 99 });
    const before = await page.evaluate(read, { database: DATABASE, tables: TABLES });
    await visit(page);
    await expect(page.getByText(ka('error.app_older_than_data'))).toBeVisible();
    await page.screenshot({ path: info.outputPath('newer.png') });
    await aside();
    expect(await page.evaluate(read, { database: DATABASE, tables: TABLES })).toEqual(before);
  });
  await context.close();
}

const NONE = Buffer.from([0]);

// What stands in a row behind its version and its checksum.
function payload([, , hex]) {
  return Buffer.from(hex.slice(18), 'hex');
}

// A list row as builds wrote it that did not name the state of its documents, nor what came later.
function withoutState(row) {
  const [table, key] = row;
  if (table !== 'list') return row;
  const named = items(payload(row));
  expect(named.length).toBeGreaterThan(STATE);
  const old = array(named.slice(0, STATE));
  const sum = createHash('sha256').update(`${table}\0${key}\0`).update(old).digest();
  return [table, key, `01${sum.subarray(0, 8).toString('hex')}${old.toString('hex')}`];
}

// Run in a page without the app: the database as an older build left it.
async function leave({ database, version, tables, rows }) {
  const request = (of) => new Promise((done, failed) => ((of.onsuccess = () => done(of.result)), (of.onerror = () => failed(of.error))));
  localStorage.removeItem(`witness.${database}`);
  await request(indexedDB.deleteDatabase(database));
  const opening = indexedDB.open(database, version);
  opening.onupgradeneeded = () => tables.forEach((table) => opening.result.createObjectStore(table));
  const connection = await request(opening);
  const transaction = connection.transaction(tables, 'readwrite', { durability: 'strict' });
  const finished = new Promise((done, failed) => ((transaction.oncomplete = done), (transaction.onabort = () => failed(transaction.error))));
  for (const [table, key, hex] of rows) {
    transaction.objectStore(table).put(new Uint8Array(hex.match(/../g).map((byte) => parseInt(byte, 16))), key);
  }
  await finished;
  connection.close();
}

// Makes one of the tables that are missing, and stays in the middle of that.
function beginUpgrade({ database, table }) {
  return new Promise((begun) => {
    const opening = indexedDB.open(database, 4);
    opening.onupgradeneeded = () => {
      const store = opening.result.createObjectStore(table);
      const again = () => (store.put(new Uint8Array(1000), 'row').onsuccess = again);
      again();
      begun();
    };
  });
}

// Run before the app: after so many transactions that write none is carried out any more.
function failAfter(commits) {
  const begin = IDBDatabase.prototype.transaction;
  let left = commits;
  globalThis.failed = 0;
  IDBDatabase.prototype.transaction = function (tables, mode, options) {
    const transaction = begin.call(this, tables, mode, options);
    if (mode === 'readwrite' && left-- <= 0) {
      globalThis.failed += 1;
      transaction.abort();
    }
    return transaction;
  };
}

// Opens the database as a window does that never hears that others want it.
function hold(database) {
  return new Promise((done) => {
    const opening = indexedDB.open(database);
    opening.onsuccess = () => done(void (globalThis.held = opening.result));
  });
}

// A build to come has been here.
function raise({ database, version }) {
  return new Promise((done, failed) => {
    const opening = indexedDB.open(database, version);
    opening.onupgradeneeded = () => opening.result.createObjectStore('of a build to come');
    opening.onsuccess = () => (opening.result.close(), done());
    opening.onerror = () => failed(opening.error);
  });
}
