// The browser is ended, and its own files below IndexedDB are damaged, in both of Chromium's backends: what comes of
// it is found out, said, and fetched again.
import { mkdtemp, open, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from './support/test.mjs';
import { Browser } from './support/browser.mjs';
import { Form } from './support/form.mjs';
import { answer, beginFamily, button, connect, ka, question, recordOf, saved } from './support/phone.mjs';
import { DATABASE, TABLES, random, read } from './support/rows.mjs';
import { Office, Server } from './support/server.mjs';

const hh = new Form('hh_core');
const REASONS = ['survey', 'referral', 'request', 'followup'];

// What is done to the files whose names end so.
const BACKENDS = {
  LevelDB: {
    flag: '--disable-features=IdbSqliteBackingStore',
    harms: [
      ['the log is cut', /\d\.log$/, cut],
      ['the log is altered', /\d\.log$/, flip(50)],
      ['the log is gone', /\d\.log$/, remove],
      ['the list of files is altered', /MANIFEST-\d+$/, flip(50)],
      ['the name of that list is gone', /CURRENT$/, (path) => writeFile(path, 'nothing\n')],
    ],
  },
  SQLite: {
    flag: '--enable-features=IdbSqliteBackingStore',
    harms: [
      ['the log is cut', /-wal$/, cut],
      ['the log is altered', /-wal$/, flip(50)],
      ['the log is gone', /-wal$/, remove],
      ['the head is altered', /\/[A-Z0-9]{40,}$/, head],
      ['the pages are altered', /\/[A-Z0-9]{40,}$/, flip(500)],
    ],
  },
};

async function cut(path) {
  const { length } = await readFile(path);
  await truncate(path, Math.floor(length * 0.6));
}

function flip(count) {
  return async (path) => {
    const bytes = await readFile(path);
    const draw = random(count);
    for (let left = count; left > 0; left -= 1) bytes[Math.floor(draw() * bytes.length)] ^= 1 << Math.floor(draw() * 8);
    await writeFile(path, bytes);
  };
}

async function remove(path) {
  await rm(path);
}

async function head(path) {
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(100, 0x5a), 0, 100, 0);
  await file.close();
}

for (const [backend, { flag, harms }] of Object.entries(BACKENDS)) {
  test(`${backend}: what happens to the browser's files is found and put in order`, async () => {
    // Against a hang only: each step has an end of its own.
    test.setTimeout(600_000);
    const server = await Server.create({ demo: 3 });
    const profile = await mkdtemp(join(tmpdir(), 'kd-profile-'));
    const phone = new Phone(server, profile, flag);
    try {
      await server.start();
      await phone.begin();
      for (const [what, name, harm] of harms) console.log(`  ${backend}: ${what}: ${await phone.suffer(what, name, harm)}`);
    } catch (error) {
      const shown = await phone.page?.locator('body').innerText().catch(() => 'nothing');
      console.log(`  ${backend}, at ${phone.page?.url()}:\n${shown}`);
      throw error;
    } finally {
      await phone.browser.kill();
      await server.destroy();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  });
}

class Phone {
  constructor(server, profile, flag) {
    this.server = server;
    this.profile = profile;
    this.browser = new Browser(profile, [flag]);
    this.number = 0;
  }

  async start() {
    this.page = await this.browser.open();
    await this.page.context().addInitScript(noteBanners);
  }

  async begin() {
    await this.start();
    this.admin = await new Office(this.server).signIn('giorgi');
    await connect(this.page, this.server.url, await this.admin.code('mariam'));
  }

  rows() {
    return this.page.evaluate(read, { database: DATABASE, tables: TABLES });
  }

  // Work that the office has, and an answer that only this phone has.
  async work() {
    const { page, server } = this;
    await beginFamily(page, server.url);
    const record = recordOf(page);
    for (const reason of REASONS) {
      await answer(question(page, hh.label('visit_reason')), hh.choice('visit_reason', reason));
      await saved(page);
    }
    await page.goto(`${server.url}/sending`);
    await expect.poll(() => server.psql(`SELECT count(*) FROM changes WHERE record_id = '${record}'`)).toEqual(['1']);
    await page.goto(`${server.url}/record/${record}/at/visit_reason`);
    await answer(question(page, hh.label('visit_reason')), hh.choice('visit_reason', REASONS[0]));
    await saved(page);
  }

  // Files below the profile's folder of IndexedDB whose paths end like this.
  async files(name) {
    const folder = join(this.profile, 'Default/IndexedDB');
    const all = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = all.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return paths.filter((path) => name.test(path));
  }

  // Ends the browser with its log where it writes one. Closed it puts that into its pages (SQLite); so it is killed, as
  // soon as what the app keeps outside IndexedDB is on the disk, which takes the browser up to a minute: the witness, and
  // the cookie that says how many records were not sent.
  async end(name) {
    if (!name.test('-wal')) return this.browser.close();
    const witness = await this.page.evaluate(() => localStorage.getItem('witness.kardakar'));
    const profile = join(this.profile, 'Default');
    const text = (path) => readFile(path, 'latin1').catch(() => '');
    const noted = async () => {
      const folder = join(profile, 'Local Storage/leveldb');
      const kept = await Promise.all((await readdir(folder)).map((name) => text(join(folder, name))));
      const cookies = await text(join(profile, 'Cookies'));
      return { witness: kept.some((text) => text.includes(witness)), cookie: cookies.includes('kardakar_phone') };
    };
    await expect.poll(noted, { timeout: 90_000 }).toEqual({ witness: true, cookie: true });
    return this.browser.kill();
  }

  async suffer(what, name, harm) {
    await this.work();
    await this.page.goto(`${this.server.url}/healthz`);
    const before = await this.rows();
    await this.end(name);
    const files = await this.files(name);
    expect(files.length, `${what}: ${await this.files(/./)}`).toBeGreaterThan(0);
    for (const path of files) await harm(path);
    await this.start();
    const { page, server } = this;
    // The harm may have met what the browser had no use for any more.
    await page.goto(`${server.url}/healthz`);
    const after = await this.rows().catch(() => null);
    if (JSON.stringify(after) === JSON.stringify(before)) return 'nothing was gone';
    await page.goto(`${server.url}/sending`);
    return this.putInOrder(before);
  }

  // Does what the app asks for until everything that the office had is here and nothing waits. What is broken may be met
  // only later, by another read.
  async putInOrder(before) {
    const { page } = this;
    const office = new Set(this.server.psql("SELECT encode(hash, 'hex') FROM changes"));
    const wanted = before.filter(([table, key]) => table === 'change' && office.has(key.split('/')[2]));
    expect(wanted.length).toBeGreaterThan(0);
    const steps = [];
    const look = async () => {
      const step = await this.obey();
      if (steps.length === 0 && step === 'went on') await expect.poll(() => page.evaluate(() => window.told)).toBe(true);
      if (steps.at(-1) !== step) steps.push(step);
      const rows = await this.rows().catch(() => []);
      const keys = new Set(rows.map(([table, key]) => `${table}/${key}`));
      const waits = rows.some(([table]) => table === 'outbox' || table === 'journal');
      const whole = wanted.every(([table, key]) => keys.has(`${table}/${key}`));
      return { whole, waits };
    };
    await expect.poll(look, { timeout: 60_000 }).toEqual({ whole: true, waits: false });
    const read = page.locator('.banner:visible button').first();
    if (await read.count()) await read.click();
    return steps.length > 1 ? steps.filter((step) => step !== 'went on').join(', ') : steps[0];
  }

  // Looks at what the page of sending says, and does that.
  async obey() {
    const { page, server } = this;
    const send = button(page, 'sending.button');
    const lost = page.getByLabel(ka('enrol.code'), { exact: true });
    const broken = page.getByText(ka('error.store_broken').split('.')[0]);
    await expect(send.or(lost).or(broken).first()).toBeVisible();
    if (await send.isVisible()) {
      await send.click();
      return 'went on';
    }
    let how = 'connected again';
    if (await broken.isVisible()) {
      // It stays so: the browser does not delete such a database for the app, only for the person.
      how = 'begun anew';
      await button(page, 'action.try_again').click();
      await expect(broken).toBeVisible();
      const devtools = await page.context().newCDPSession(page);
      await devtools.send('Storage.clearDataForOrigin', { origin: server.url, storageTypes: 'all' });
      await page.goto(`${server.url}/sending`);
      await expect(lost).toBeVisible();
    } else {
      await expect(page.getByText(ka('storage.lost_all').split('{')[0].split('.')[0])).toBeVisible();
    }
    await connect(page, server.url, await this.admin.code('mariam'));
    await page.goto(`${server.url}/sending`);
    return how;
  }
}

// Runs in every page before the app.
function noteBanners() {
  const look = () => {
    const banners = [...document.querySelectorAll('.banner')];
    window.told ||= banners.some((banner) => banner.checkVisibility());
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
}
