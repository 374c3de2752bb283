// Rows of the phone's real database are damaged, cut, swapped, removed and put back, in both of Chromium's
// backends: every time it is found out, said, and put in order from the server.
//
// KARDAKAR_CORRUPTIONS is how many on each backend; the tests do a few, docs/RELIABILITY.md names the rest.
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

const BACKENDS = {
  LevelDB: '--disable-features=IdbSqliteBackingStore',
  SQLite: '--enable-features=IdbSqliteBackingStore',
};

for (const [backend, flag] of Object.entries(BACKENDS)) {
  test(`${backend}: what storage does to rows is found and put in order`, async () => {
    test.setTimeout(120_000 + CASES * 30_000);
    const server = await Server.create({ demo: 3 });
    const profile = await mkdtemp(join(tmpdir(), 'kd-profile-'));
    let context;
    let done = 0;
    try {
      await server.start();
      context = await chromium.launchPersistentContext(profile, { ...LAUNCH, ...GEORGIA, ...PHONE, args: [...LAUNCH.args, flag] });
      await context.addInitScript(noteBanners);
      const phone = new Phone(server, context.pages()[0]);
      await phone.begin();
      const tally = {};
      const draw = random(backend.length);
      while (done < CASES) {
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
      console.log(`  ${backend}: ${found} of ${CASES} corruptions found, said and put in order`);
      for (const [kind, of] of Object.entries(tally)) console.log(`    ${kind}: ${of.done}`);
    } catch (error) {
      const page = context?.pages()[0];
      console.log(`  after ${done} cases, at ${page?.url()}:\n${await page?.locator('body').innerText()}`);
      throw error;
    } finally {
      await context?.close();
      await server.destroy();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  });
}

class Phone {
  constructor(server, page) {
    this.server = server;
    this.page = page;
  }

  async begin() {
    this.admin = await new Office(this.server).signIn('giorgi');
    await connect(this.page, this.server.url, await this.admin.code('mariam'));
    await this.work(0);
    this.earlier = await this.rows();
  }

  rows(tables = TABLES) {
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
    const done = harm(before, this.earlier, draw);
    if (!done) return null;
    this.earlier = before;
    const database = { database: DATABASE };
    if (done.everything) await page.evaluate(remove, database);
    else await page.evaluate(write, { ...database, tables: TABLES, ...done });

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
