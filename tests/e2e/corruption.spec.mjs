// Rows of the phone's real database are damaged, cut, swapped, removed and put back, in both of Chromium's
// backends: every time it is found out, said, and put in order from the server.
//
// KARDAKAR_CORRUPTIONS is how many on each backend; the tests do a few, docs/RELIABILITY.md names the rest. Of photos
// there are half as many.
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { expect, test } from './support/test.mjs';
import { GEORGIA, LAUNCH } from './support/chromium.mjs';
import { Form } from './support/form.mjs';
import { PHONE, answer, beginFamily, button, connect, ka, question, recordOf, saved } from './support/phone.mjs';
import { noise } from './support/picture.mjs';
import { DATABASE, TABLES, harm, random, read, remove, write } from './support/rows.mjs';
import { Office, Server } from './support/server.mjs';
import { watchTraps } from './support/traps.mjs';

const CASES = Number(process.env.KARDAKAR_CORRUPTIONS ?? 6);
// After so many the app is closed and opened again: a hundred loads fill a window's memory.
const AT_ONCE = 10;
const hh = new Form('hh_core');
const REASONS = ['survey', 'referral', 'request', 'followup'];
const EVERY = [...TABLES, 'attachment', 'blob', 'parcel'];

const LABELS = { house: 'სახლის ფოტო', yard: 'ეზოს ფოტო' };
// In place of the household's questionnaire, so that a visit begins with it.
const FORM = `
| survey |
| | type | name | label::ქართული (ka) |
| | image | house | ${LABELS.house} |
| | image | yard | ${LABELS.yard} |
| settings |
| | form_id | version | form_title | default_language | subject |
| | hh_core | photos | ფოტოები | ქართული (ka) | household |
`;

const BACKENDS = {
  LevelDB: '--disable-features=IdbSqliteBackingStore',
  SQLite: '--enable-features=IdbSqliteBackingStore',
};

const STORIES = [
  { name: 'what storage does to rows is found and put in order', cases: CASES, of: (server, page) => new Phone(server, page) },
  { name: 'what storage does to photos is found and put in order', cases: Math.ceil(CASES / 2), of: (server, page) => new Photographer(server, page) },
];

for (const [backend, flag] of Object.entries(BACKENDS)) {
  for (const { name, cases, of } of STORIES) {
    test(`${backend}: ${name}`, () => suffer(backend, flag, cases, of));
  }
}

test('a damaged photo is shown to who looks at it as soon as there is a network', () => {
  return live(BACKENDS.LevelDB, (server, page) => new Photographer(server, page), async (phone) => {
    const { page } = phone;
    const photos = await phone.rows(['blob']);
    await phone.aside();
    const rows = photos.map(([table, key, hex]) => [table, key, hex.slice(0, -2)]);
    await page.evaluate(write, { database: DATABASE, tables: ['blob'], rows });
    await page.context().setOffline(true);
    await phone.look('house');
    await expect(phone.question('house').getByText(ka('media.offline'))).toBeVisible();
    await page.context().setOffline(false);
    await expect(phone.question('house').locator('img.media__photo')).toBeVisible();
    await expect(phone.question('house').getByText(ka('media.offline'))).toHaveCount(0);
  });
});

function suffer(backend, flag, cases, of) {
  // Against a hang only: each step has an end of its own.
  test.setTimeout(420_000 + cases * 30_000);
  return live(flag, of, async (phone) => {
    const tally = {};
    const draw = random(backend.length);
    while (phone.cases < cases) {
      const case_ = await phone.suffer(phone.cases, draw);
      if (!case_) continue;
      phone.cases += 1;
      const of = (tally[case_.kind] ??= { done: 0, found: 0, said: 0, repaired: 0 });
      of.done += 1;
      for (const what of ['found', 'said', 'repaired']) of[what] += Number(case_[what]);
      expect(case_.found, `found: ${case_.what}`).toBe(true);
      expect(case_.said, `said: ${case_.what}`).toBe(true);
      expect(case_.repaired, `put in order: ${case_.what}`).toBe(true);
      if (phone.cases % AT_ONCE === 0) await phone.close();
    }
    const found = Object.values(tally).reduce((sum, of) => sum + of.found, 0);
    console.log(`  ${backend}: ${found} of ${cases} corruptions found, said and put in order`);
    for (const [kind, of] of Object.entries(tally)) console.log(`    ${kind}: ${of.done}`);
    phone.report();
  });
}

// A phone that has begun its story, in a browser and with a server of its own.
async function live(flag, of, story) {
  const server = await Server.create({ demo: 3 });
  const profile = await mkdtemp(join(tmpdir(), 'kd-profile-'));
  let context;
  let phone;
  try {
    await server.start();
    context = await chromium.launchPersistentContext(profile, { ...LAUNCH, ...GEORGIA, ...PHONE, args: [...LAUNCH.args, flag] });
    watchTraps(context);
    await context.addInitScript(noteBanners);
    phone = of(server, context.pages()[0]);
    await phone.begin();
    await story(phone);
  } catch (error) {
    const page = context?.pages()[0];
    const state = `after ${phone?.cases} cases, the last one ${phone?.last}, at ${page?.url()}`;
    console.log(`  ${state}:\n${await page?.locator('body').innerText()}`);
    throw error;
  } finally {
    await context?.close();
    await server.destroy();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

class Phone {
  constructor(server, page) {
    this.server = server;
    this.page = page;
    // Of which tables the rows come back to an earlier state together, and of which single rows are harmed.
    this.tables = TABLES;
    this.harmed = TABLES;
    this.cases = 0;
    this.last = 'none';
  }

  report() {}

  // Closes the window. What was begun there ends there.
  async close() {
    const page = await this.page.context().newPage();
    await this.page.close();
    this.page = page;
  }

  async begin() {
    this.admin = await new Office(this.server).signIn('giorgi');
    await connect(this.page, this.server.url, await this.admin.code('mariam'));
    await this.work(0);
    this.earlier = await this.rows();
  }

  rows(tables = this.tables) {
    return this.page.evaluate(read, { database: DATABASE, tables });
  }

  // Whether something was found wrong that nobody has read: the row that says so is not an empty list.
  async findings() {
    const rows = await this.rows(['meta']);
    const found = rows.find(([, key]) => key === 'findings');
    return Boolean(found && found[2].slice(18) !== '80');
  }

  // Something unsent: answers that are a journal only, or a change in the outbox.
  async work(number) {
    const { page, server } = this;
    const reason = () => question(page, hh.label('visit_reason'));
    if (!this.record) {
      await beginFamily(page, server.url);
      this.record = recordOf(page);
    } else {
      await page.goto(`${server.url}/record/${this.record}/at/visit_reason`);
    }
    await answer(reason(), hh.choice('visit_reason', REASONS[number % REASONS.length]));
    await saved(page);
    if (number % 2) await page.goto(`${server.url}/sending`);
  }

  // A page of this origin without the app.
  aside() {
    return this.page.goto(`${this.server.url}/healthz`);
  }

  async suffer(number, draw) {
    const { page, server } = this;
    const context = page.context();
    await context.setOffline(true);
    await this.work(number + 1);
    await context.setOffline(false);
    await this.aside();
    const before = await this.rows();
    const done = harm(before.filter(([table]) => this.harmed.includes(table)), this.earlier, draw);
    if (!done) return null;
    this.last = done.what;
    this.earlier = before;
    const database = { database: DATABASE };
    if (done.everything) await page.evaluate(remove, database);
    else await page.evaluate(write, { ...database, tables: this.tables, ...done });

    // Without network, so that nothing is put in order before it is looked at.
    await context.setOffline(true);
    await page.goto(`${server.url}/sending`);
    const connected = page.getByRole('heading', { name: ka('sending.title'), level: 1 });
    const lost = page.getByLabel(ka('enrol.code'), { exact: true });
    await expect(connected.or(lost)).toBeVisible();
    let found = await this.findings();
    let said = found && (await until(() => this.says()));
    await context.setOffline(false);
    if (await lost.isVisible()) {
      said = true;
      await connect(page, server.url, await this.admin.code('mariam'));
      await page.goto(`${server.url}/sending`);
    }
    if (!found) {
      // Documents and the bytes of photos are not read at every start but with every sync, some at a time. One
      // runs as soon as there is a network.
      found = await until(async () => {
        if ((await this.findings()) || (await this.says())) return true;
        await this.sendAgain();
        return false;
      });
      said = await until(() => this.says());
    }
    const repaired = await this.repaired(before);
    await this.dismiss();
    await this.after();
    return { ...done, found, said, repaired };
  }

  // The records here are so few that the first sync looks at all of them.
  async sendAgain() {}

  // Whether the page has told the person, if only until everything was fetched again.
  says() {
    return this.page.evaluate(() => window.told === true);
  }

  // Everything that the server had is back, sound, and nothing waits.
  async repaired(before) {
    const server = new Set(this.server.psql("SELECT encode(hash, 'hex') FROM changes"));
    const wanted = before.filter(([table, key]) => table === 'change' && server.has(key.split('/')[2]));
    return until(async () => {
      const rows = await this.rows(EVERY);
      const keys = new Set(rows.map(([table, key]) => `${table}/${key}`));
      const waits = rows.some(([table]) => table === 'outbox' || table === 'journal');
      const whole = wanted.every(([table, key]) => keys.has(`${table}/${key}`)) && rows.every(sound);
      // Some things are put in order with the next sync only, which would come by itself in five minutes.
      if (waits || !whole) await button(this.page, 'sending.button').click();
      return whole && !waits;
    });
  }

  async after() {}

  // The person has read it.
  async dismiss() {
    const { page } = this;
    await until(async () => {
      if (!(await this.findings())) return true;
      const read = page.locator('.banner:visible button').first();
      if (await read.count()) await read.click();
      await button(page, 'sending.button').click();
      return false;
    });
    expect(await this.findings()).toBe(false);
  }
}

// A phone with two photos: one that the office has, and one taken since.
class Photographer extends Phone {
  constructor(server, page) {
    super(server, page);
    this.tables = EVERY;
    this.harmed = ['attachment', 'blob'];
    this.lost = 0;
    this.kept = 0;
    this.taken = 0;
  }

  async begin() {
    const { page, server } = this;
    this.admin = await new Office(server).signIn('giorgi');
    const published = await fetch(`${server.url}/api/forms?publish=1`, {
      method: 'POST',
      headers: { 'content-type': 'text/markdown', cookie: this.admin.cookie, 'sec-fetch-site': 'same-origin' },
      body: FORM,
    });
    expect(published.status, await published.clone().text()).toBe(200);
    await connect(page, server.url, await this.admin.code('mariam'));
    await beginFamily(page, server.url);
    this.record = recordOf(page);
    for (const [number, name] of ['house', 'yard'].entries()) {
      // Without network, or it may be with the office before anybody has looked.
      await page.context().setOffline(true);
      await this.take(name);
      await page.context().setOffline(false);
      await page.goto(`${server.url}/sending`);
      await expect.poll(() => this.received().size).toBe(number + 1);
    }
    expect(await this.settled()).toBe(true);
    this.earlier = await this.rows();
  }

  // The files that the office has: hash and size.
  received() {
    const rows = this.server.psql("SELECT encode(hash, 'hex') || ' ' || size FROM attachments WHERE completed_at_ms IS NOT NULL");
    return new Map(rows.filter(Boolean).map((row) => row.split(' ')).map(([hash, size]) => [hash, Number(size)]));
  }

  // Nothing of photos is under way: each is whole here and with the office, or nowhere but in an answer.
  settled() {
    return until(async () => {
      const rows = await this.rows(['attachment', 'blob']);
      const chunks = new Map();
      for (const [table, key] of rows) {
        const hash = key.split('/')[0];
        if (table === 'blob') chunks.set(hash, (chunks.get(hash) ?? 0) + 1);
      }
      const known = rows.filter(([table]) => table === 'attachment');
      const office = this.received();
      const done = known.every(([, hash, hex]) => {
        const { size, here, health } = attachment(hex);
        const count = chunks.get(hash) ?? 0;
        chunks.delete(hash);
        const whole = health === SOUND && here === size && office.get(hash) === size && count === Math.ceil(size / CHUNK);
        // Lost, or never sent before the whole database went.
        const nowhere = (health === LOST || health === SOUND) && here + count === 0 && !office.has(hash);
        return whole || nowhere;
      });
      if (done && !chunks.size) return true;
      await button(this.page, 'sending.button').click();
      return false;
    });
  }

  question(name) {
    return question(this.page, LABELS[name]);
  }

  look(name) {
    return this.page.goto(`${this.server.url}/record/${this.record}/at/${name}`);
  }

  async take(name) {
    const { page } = this;
    this.taken += 1;
    await this.look(name);
    const chooser = this.question(name).locator('input[type=file]').first();
    await chooser.waitFor({ state: 'attached' });
    const before = new Set((await this.rows(['attachment'])).map(([, hash]) => hash));
    const buffer = Buffer.from(await page.evaluate(noise, this.taken));
    await chooser.setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer });
    // Until it is on disk, and an answer there names it, the page may show the one before it.
    await expect
      .poll(async () => {
        const rows = await this.rows(['attachment', 'journal']);
        const journal = rows.filter(([table]) => table === 'journal').map(([, , hex]) => Buffer.from(hex, 'hex'));
        const taken = rows.filter(([table, hash]) => table === 'attachment' && !before.has(hash));
        return taken.some(([, hash]) => journal.some((row) => row.includes(hash)));
      })
      .toBe(true);
    await expect(this.question(name).locator('img.media__photo')).toBeVisible();
    await expect(this.place(name)).toContainText(ka('media.only_here'));
    await saved(page);
  }

  place(name) {
    return this.question(name).locator('.media__place');
  }

  async work(number) {
    await this.take('yard');
    if (number % 2) await this.page.goto(`${this.server.url}/sending`);
  }

  // Photos have more chunks than one sync looks at. The next ones would come every five minutes by themselves.
  async sendAgain() {
    await button(this.page, 'sending.button').click();
  }

  async repaired(before) {
    const whole = await super.repaired(before);
    const { page, server } = this;
    // The one that the office had is shown; the other one too, or its question says that it is lost.
    await this.look('house');
    await expect(this.question('house').locator('img.media__photo')).toBeVisible();
    await this.look('yard');
    const yard = this.question('yard');
    const said = this.place('yard').filter({ hasText: ka('media.lost') });
    // Where the whole database went, the answer that named it went too, names the one before it, or one that
    // nobody has: this phone does not know that it was its own.
    const nowhere = yard.locator('.mismatch').filter({ hasText: ka('media.not_yet') });
    await yard.locator('input[type=file]').first().waitFor({ state: 'attached' });
    if (await button(yard, 'action.remove').count()) {
      await expect(yard.locator('img.media__photo').or(said).or(nowhere).first()).toBeVisible();
    }
    const lost = (await said.count()) > 0;
    this.lost += Number(lost);
    this.kept += Number(!lost);
    await page.goto(`${server.url}/sending`);
    return whole && (await this.settled());
  }

  async dismiss() {
    const { page, server } = this;
    await until(async () => {
      if (!(await this.findings())) return true;
      const read = page.locator('.banner:visible button').first();
      if (await read.count()) await read.click();
      await page.goto(`${server.url}/sending`);
      await button(page, 'sending.button').click();
      return false;
    });
    expect(await this.findings()).toBe(false);
  }

  report() {
    console.log(`    of the photos taken last ${this.kept} kept, ${this.lost} named as lost`);
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

// How much of a photo is in a row, and what may be said of its bytes (app/core/src/attachment.rs).
const CHUNK = 32 * 1024;
const [SOUND, LOST] = [0, 2];

// What an attachment's row says of it: CBOR, an array that begins with hash, size and how much is here, and ends with
// the state of its bytes.
function attachment(hex) {
  const row = Buffer.from(hex, 'hex').subarray(9);
  let at = 1 + 2 + 32;
  const number = () => {
    const head = row[at++];
    if (head < 24) return head;
    const length = 1 << (head - 24);
    at += length;
    return row.readUIntBE(at - length, length);
  };
  return { size: number(), here: number(), health: row.at(-1) };
}

// The codec of rows, once more and independently (docs/RELIABILITY.md).
function sound([table, key, hex]) {
  const row = Buffer.from(hex, 'hex');
  const text = Buffer.from(`${table}\0${key}\0`);
  const sum = createHash('sha256').update(text).update(row.subarray(9)).digest();
  return row[0] === 1 && row.subarray(1, 9).equals(sum.subarray(0, 8));
}

// Asks until the answer is yes; false when it never is.
async function until(ask) {
  const end = Date.now() + 25_000;
  for (;;) {
    if (await ask().catch(() => false)) return true;
    if (Date.now() > end) return false;
    await new Promise((later) => setTimeout(later, 100));
  }
}
