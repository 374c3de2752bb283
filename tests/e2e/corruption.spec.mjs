// Rows of the phone's real database are damaged, cut, swapped, removed and put back, in both of Chromium's
// backends: every time it is found out, said, and put in order from the server.
//
// KARDAKAR_CORRUPTIONS is how many on each backend; the tests do a few, docs/RELIABILITY.md names the rest. Of photos
// there are half as many.
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, expect, test } from '@playwright/test';
import { GEORGIA, LAUNCH } from './support/chromium.mjs';
import { Form } from './support/form.mjs';
import { PHONE, answer, beginFamily, button, connect, ka, question, recordOf, saved } from './support/phone.mjs';
import { DATABASE, TABLES, harm, random, read, remove, write } from './support/rows.mjs';
import { Office, Server } from './support/server.mjs';

const CASES = Number(process.env.KARDAKAR_CORRUPTIONS ?? 6);
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

async function suffer(backend, flag, cases, of) {
  test.setTimeout(120_000 + cases * 30_000);
  const server = await Server.create({ demo: 3 });
  const profile = await mkdtemp(join(tmpdir(), 'kd-profile-'));
  let context;
  let done = 0;
  try {
    await server.start();
    context = await chromium.launchPersistentContext(profile, { ...LAUNCH, ...GEORGIA, ...PHONE, args: [...LAUNCH.args, flag] });
    await context.addInitScript(noteBanners);
    const phone = of(server, context.pages()[0]);
    await phone.begin();
    const tally = {};
    const draw = random(backend.length);
    while (done < cases) {
      const case_ = await phone.suffer(done, draw);
      if (!case_) continue;
      done += 1;
      const of = (tally[case_.kind] ??= { done: 0, found: 0, said: 0, repaired: 0 });
      of.done += 1;
      for (const what of ['found', 'said', 'repaired']) of[what] += Number(case_[what]);
      expect(case_.found, `found: ${case_.what}`).toBe(true);
      expect(case_.said, `said: ${case_.what}`).toBe(true);
      expect(case_.repaired, `put in order: ${case_.what}`).toBe(true);
    }
    const found = Object.values(tally).reduce((sum, of) => sum + of.found, 0);
    console.log(`  ${backend}: ${found} of ${cases} corruptions found, said and put in order`);
    for (const [kind, of] of Object.entries(tally)) console.log(`    ${kind}: ${of.done}`);
    phone.report();
  } catch (error) {
    const page = context?.pages()[0];
    console.log(`  after ${done} cases, at ${page?.url()}:\n${await page?.locator('body').innerText()}`);
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
  }

  report() {}

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
      // Documents are not read at every start but with every sync, and one runs as soon as there is a network.
      // The next one, which puts them in order, is five minutes away.
      found = await until(async () => (await this.findings()) || (await this.says()));
      said = await until(() => this.says());
    }
    const repaired = await this.repaired(before);
    await this.dismiss();
    await this.after();
    return { ...done, found, said, repaired };
  }

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
    await this.take('house');
    await page.goto(`${server.url}/sending`);
    await expect.poll(() => this.received()).toHaveLength(1);
    await this.work(0);
    await page.goto(`${server.url}/sending`);
    await expect.poll(() => this.received()).toHaveLength(2);
    this.earlier = await this.rows();
  }

  // The hashes of the files that the office has.
  received() {
    return this.server.psql("SELECT encode(hash, 'hex') FROM attachments WHERE completed_at_ms IS NOT NULL").filter(Boolean);
  }

  question(name) {
    return question(this.page, LABELS[name]);
  }

  async take(name) {
    const { page, server } = this;
    this.taken += 1;
    await page.goto(`${server.url}/record/${this.record}/at/${name}`);
    const before = this.question(name).locator('img.media__photo');
    const old = (await before.count()) ? await before.getAttribute('src') : null;
    const buffer = Buffer.from(await page.evaluate(noise, this.taken));
    await this.question(name).locator('input[type=file]').first().setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer });
    await expect.poll(() => before.getAttribute('src')).not.toBe(old);
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

  async repaired(before) {
    const whole = await super.repaired(before);
    const { page, server } = this;
    // The one that the office had is shown; the other one too, or its question says that it is lost.
    await page.goto(`${server.url}/record/${this.record}/at/house`);
    await expect(this.question('house').locator('img.media__photo')).toBeVisible();
    await page.goto(`${server.url}/record/${this.record}/at/yard`);
    const shown = this.question('yard').locator('img.media__photo');
    const said = this.place('yard').filter({ hasText: ka('media.lost') });
    // Where the whole database went, the answer that named it went too, or names the one before it.
    await expect(shown.or(said).or(this.question('yard').locator('input[type=file]')).first()).toBeVisible();
    const lost = (await said.count()) > 0;
    this.lost += Number(lost);
    this.kept += Number(!lost);
    await page.goto(`${server.url}/sending`);
    return whole;
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

// A picture that does not pack, of more than a chunk.
async function noise(seed) {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [320, 240];
  const context = canvas.getContext('2d');
  const image = context.createImageData(320, 240);
  let state = seed + 7;
  for (let at = 0; at < image.data.length; at += 1) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    image.data[at] = at % 4 === 3 ? 255 : state >> 16;
  }
  context.putImageData(image, 0, 0);
  const blob = await new Promise((done) => canvas.toBlob(done, 'image/png'));
  return [...new Uint8Array(await blob.arrayBuffer())];
}

// Runs in every page before the app.
function noteBanners() {
  const look = () => {
    const banners = [...document.querySelectorAll('.banner')];
    window.told ||= banners.some((banner) => banner.checkVisibility());
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
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
