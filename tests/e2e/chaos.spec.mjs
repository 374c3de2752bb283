// A real browser, a real server and a real Postgres with a bad network between them; each of the three is killed
// with signal 9, the database refuses to write for a while, and the place of attachments has no room. What was
// called saved is in the office afterwards, once; photos byte for byte.
//
// KARDAKAR_CHAOS_SEED repeats a run, KARDAKAR_CHAOS_ROUNDS is how long it is; a failure prints both.
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from './support/test.mjs';
import { Browser } from './support/browser.mjs';
import { answer, beginFamily, button, connect, ka, question, recordOf, saved } from './support/phone.mjs';
import { noise } from './support/picture.mjs';
import { Proxy } from './support/proxy.mjs';
import { DATABASE, random, read } from './support/rows.mjs';
import { Office, Server } from './support/server.mjs';

const SEED = Number(process.env.KARDAKAR_CHAOS_SEED ?? 20261122);
const ROUNDS = Number(process.env.KARDAKAR_CHAOS_ROUNDS ?? 10);
// How many requests of a hundred meet a fault.
const TROUBLE = 35;
// Postgres recovers, and a phone that was told to come again does so.
const PATIENT = { timeout: 60_000 };

const LABELS = { note: 'შენიშვნა', rooms: 'ოთახები', photo: 'ფოტო', m_first: 'სახელი' };
// In place of the household's questionnaire, so that a visit begins with it.
const FORM = `
| survey |
| | type | name | label::ქართული (ka) |
| | text | note | ${LABELS.note} |
| | integer | rooms | ${LABELS.rooms} |
| | image | photo | ${LABELS.photo} |
| | begin_repeat | members | წევრები |
| | text | m_first | ${LABELS.m_first} |
| | end_repeat | | |
| settings |
| | form_id | version | form_title | default_language | subject | roster |
| | hh_core | chaos | ოჯახი | ქართული (ka) | household | members |
`;

test('everything fails at once, and nothing that was saved is lost or doubled', async () => {
  test.setTimeout(120_000 + ROUNDS * 30_000);
  const world = new World(random(SEED));
  let round = 0;
  try {
    await world.open();
    for (; round < ROUNDS; round += 1) {
      await world.round();
      if (round % 4 === 3) await world.settle();
    }
    await world.settle();
    console.log(`  seed ${SEED}, ${ROUNDS} rounds: ${world.report()}`);
  } catch (error) {
    console.log(`  KARDAKAR_CHAOS_SEED=${SEED} KARDAKAR_CHAOS_ROUNDS=${ROUNDS}, round ${round}: ${world.story.join(', ')}`);
    console.log(await world.page?.locator('body').innerText().catch(() => 'no page'));
    throw error;
  } finally {
    await world.close();
  }
});

class World {
  constructor(draw) {
    this.draw = draw;
    this.story = [];
    this.counts = {};
    this.texts = 0;
    // By record: what each field may hold, the last saved value first; and the names of its members.
    this.records = new Map();
    this.current = null;
  }

  below(end) {
    return Math.floor(this.draw() * end);
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  note(what) {
    this.story.push(what);
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  report() {
    const faults = { ...this.counts, ...this.proxy.counts };
    return Object.entries(faults).map(([what, count]) => `${what} ${count}`).join(', ');
  }

  async open() {
    this.server = await Server.create({ demo: 1 });
    await this.placeAttachments();
    await this.server.start();
    this.admin = await new Office(this.server).signIn('giorgi');
    const published = await fetch(`${this.server.url}/api/forms?publish=1`, {
      method: 'POST',
      headers: { 'content-type': 'text/markdown', cookie: this.admin.cookie, 'sec-fetch-site': 'same-origin' },
      body: FORM,
    });
    expect(published.status, await published.clone().text()).toBe(200);
    this.before = new Set(this.known());
    this.proxy = await Proxy.start(this.server.port, random(SEED + 1));
    this.profile = await mkdtemp(join(tmpdir(), 'kd-chaos-'));
    this.browser = new Browser(this.profile);
    this.page = await this.browser.open();
    await connect(this.page, this.proxy.url, await this.admin.code('mariam'));
    await this.beginFamily();
  }

  async close() {
    await this.browser?.kill();
    await this.proxy?.stop();
    await this.server?.destroy();
    if (this.profile) await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  // Where the municipality's attachments lie is a link, so that it can lead elsewhere at once.
  async placeAttachments() {
    this.places = { room: join(this.server.data, 'room'), full: join(this.server.data, 'full') };
    await mkdir(this.places.room);
    await mkdir(join(this.server.data, 'attachments'));
    // A file, where a folder would be: nothing can be written there.
    await writeFile(this.places.full, '');
    await this.lead('room');
  }

  async lead(to) {
    const link = join(this.server.data, 'attachments', '1');
    await symlink(this.places[to], `${link}.next`);
    await rename(`${link}.next`, link);
  }

  async round() {
    this.proxy.trouble = TROUBLE;
    const [readonly, full] = [this.below(4) === 0, this.below(3) === 0];
    if (readonly) await this.refuseWrites(true);
    if (full) {
      this.note('no room');
      await this.lead('full');
    }
    for (let left = 2 + this.below(2); left > 0; left -= 1) await this.act();
    const kill = this.pick(['browser', 'browser', 'server', 'postgres', null]);
    if (kill) await this.kill(kill);
    if (readonly) await this.refuseWrites(false);
    if (full) await this.lead('room');
  }

  async act() {
    const [family, member, photo] = [this.below(6) === 0, this.below(4) === 0, this.below(3) === 0];
    if (family) return this.beginFamily();
    this.current = this.pick([...this.records.keys()]);
    if (member) return this.addMember();
    if (photo) await this.photograph();
    else await this.write(this.pick(['note', 'rooms']));
    if (this.below(2) === 0) await this.send();
  }

  async beginFamily() {
    this.note('family');
    await beginFamily(this.page, this.proxy.url);
    this.current = recordOf(this.page);
    this.records.set(this.current, { note: [''], rooms: [''], photo: [''], members: new Map() });
  }

  at(path) {
    return this.page.goto(`${this.proxy.url}/record/${this.current}/at/${path}`);
  }

  fresh(field) {
    this.texts += 1;
    return field === 'rooms' ? String(this.texts) : `სიტყვა ${this.texts}`;
  }

  // Types an answer; `last` ends the app instead of waiting until it is called saved.
  async write(field, last) {
    this.note(field);
    await this.at(field);
    const value = this.fresh(field);
    const of = this.records.get(this.current);
    const asked = question(this.page, LABELS[field]);
    of[field].push(value);
    if (last) {
      await asked.locator('.field__box').fill(value);
      return last();
    }
    await answer(asked, value);
    await saved(this.page);
    of[field] = [value];
  }

  async addMember() {
    this.note('member');
    await this.at('members');
    await button(this.page, 'roster.add').click();
    const name = this.fresh('m_first');
    const members = this.records.get(this.current).members;
    const asked = question(this.page, LABELS.m_first);
    members.set(name, false);
    await answer(asked, name);
    await saved(this.page);
    members.set(name, true);
  }

  // The hashes that answers on the phone's disk name.
  async named() {
    const tables = ['journal', 'outbox', 'held', 'change'];
    const rows = await this.page.evaluate(read, { database: DATABASE, tables });
    const text = rows.map(([, , hex]) => Buffer.from(hex, 'hex').toString('latin1')).join(' ');
    return new Set([...text.matchAll(/#([0-9a-f]{64});/g)].map(([, hash]) => hash));
  }

  // Takes a photo; `last` ends the app instead of waiting until it is called saved. What it is called is known by its
  // bytes, which the app makes of the picture.
  async photograph(last) {
    this.note('photo');
    await this.at('photo');
    this.texts += 1;
    const of = this.records.get(this.current);
    const before = await this.named();
    const taken = async () => [...(await this.named())].filter((hash) => !before.has(hash));
    const picture = { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from(await this.page.evaluate(noise, this.texts)) };
    await question(this.page, LABELS.photo).locator('input[type=file]').first().setInputFiles(picture);
    if (last) {
      await last();
      await this.page.goto(`${this.proxy.url}/sending`);
      of.photo.push(...(await taken()));
      return;
    }
    await expect.poll(taken, PATIENT).toHaveLength(1);
    await saved(this.page);
    of.photo = await taken();
  }

  async send() {
    this.note('send');
    await this.page.goto(`${this.proxy.url}/sending`);
    await button(this.page, 'sending.button').click();
  }

  async kill(what) {
    this.note(`kill ${what}`);
    if (what === 'browser') {
      const again = async () => {
        await this.browser.kill();
        this.page = await this.browser.open();
      };
      const field = this.pick(['note', 'rooms', 'photo']);
      return field === 'photo' ? this.photograph(again) : this.write(field, again);
    }
    // In the middle of a sync, where there is something to send.
    await this.write('note');
    await this.send();
    if (what === 'postgres') return this.server.killPostgres();
    await this.server.kill();
    await this.server.start();
  }

  // The database takes nothing, as after a failover to a replica; connections are cut, as a restart does.
  async refuseWrites(refused) {
    const set = refused ? 'SET default_transaction_read_only = on' : 'RESET default_transaction_read_only';
    if (refused) this.note('read-only');
    const cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'kardakar' AND pid <> pg_backend_pid()";
    // Postgres may be on its way back.
    const run = (sql) => expect(() => this.server.alter(sql)).toPass(PATIENT);
    await run(`ALTER DATABASE kardakar ${set}`);
    await run(cut);
  }

  known() {
    return this.server.psql("SELECT encode(uuid_send(record_id), 'hex') FROM records").filter(Boolean);
  }

  // The faults stop. After three syncs the office has everything, once, and the phone says so.
  async settle() {
    this.note('settle');
    this.proxy.trouble = 0;
    await expect.poll(() => fetch(`${this.server.url}/readyz`).then((answer) => answer.status, () => 0), PATIENT).toBe(200);
    await this.page.goto(`${this.proxy.url}/sending`);
    const press = button(this.page, 'sending.button');
    for (let sync = 0; sync < 3; sync += 1) {
      await expect(press).not.toHaveAttribute('aria-busy');
      const before = this.proxy.syncs;
      await press.click();
      await expect.poll(() => this.proxy.syncs, PATIENT).toBeGreaterThan(before);
      await expect(press).not.toHaveAttribute('aria-busy');
    }
    await this.check();
  }

  async check() {
    const rows = await this.page.evaluate(read, { database: DATABASE, tables: ['journal', 'outbox', 'held', 'list'] });
    const keys = (table) => rows.filter(([of]) => of === table).map(([, key]) => key);
    expect([keys('journal'), keys('outbox')], 'nothing waits').toEqual([[], []]);
    // What is held is shown, on both sides.
    const wedged = Number(this.server.psql('SELECT count(*) FROM wedged_changes WHERE decided_at_ms IS NULL')[0]);
    expect(wedged > 0, 'what is held is shown').toBe((await this.page.getByText(ka('sending.held', { count: String(keys('held').length) })).count()) > 0);
    expect(wedged === 0, 'and known here').toBe(keys('held').length === 0);
    const records = this.known();
    expect(new Set(records).size, 'no record twice').toBe(records.length);
    // An empty family that was begun is a record too; what the phone lists is what the office has.
    expect(records.sort()).toEqual(keys('list').sort());
    for (const record of records) {
      const known = this.before.has(record) || this.records.has(record);
      expect(known, `nobody began ${record}`).toBe(true);
    }
    await this.checkPhotos();
    for (const [record, expected] of this.records) await this.compare(record, expected);
  }

  // Photos follow the records; whatever a change has ever named is there, as it was taken.
  async checkPhotos() {
    const missing = `SELECT count(*) FROM attachment_references r LEFT JOIN attachments a USING (tenant_id, hash) WHERE a.completed_at_ms IS NULL`;
    const press = button(this.page, 'sending.button');
    await expect(async () => {
      if (this.server.psql(missing)[0] === '0') return;
      if ((await press.getAttribute('aria-busy')) === null) await press.click();
      throw new Error(`still on the phone: ${this.server.psql(missing)}`);
    }).toPass(PATIENT);
    const named = this.server.psql("SELECT DISTINCT encode(hash, 'hex') FROM attachment_references").filter(Boolean);
    this.counts['photos in the office'] = named.length;
    for (const hash of named) {
      const bytes = await readFile(join(this.places.room, hash.slice(0, 2), hash));
      expect(createHash('sha256').update(bytes).digest('hex'), 'the bytes are right').toBe(hash);
    }
  }

  async compare(record, expected) {
    const of = `record_id = '${record}'`;
    const [row] = this.server.psql(`SELECT answers ->> 'note', answers ->> 'rooms', answers ->> 'photo' FROM record_answers WHERE ${of} AND audience = 0`);
    const [note, rooms, photo] = (row ?? '||').split('|');
    expect(expected.note, `note of ${record}`).toContain(note ?? '');
    expect(expected.rooms, `rooms of ${record}`).toContain(rooms ?? '');
    const hash = photo?.match(/#([0-9a-f]{64});/)?.[1] ?? '';
    expect(expected.photo, `photo of ${record}`).toContain(hash);
    if (hash) {
      const path = `${this.server.url}/api/records/${record}/attachments/${hash}`;
      const shown = await fetch(path, { headers: { cookie: this.admin.cookie } });
      const bytes = Buffer.from(await shown.arrayBuffer());
      expect(createHash('sha256').update(bytes).digest('hex'), `the office sees the photo of ${record}`).toBe(hash);
    }
    const members = this.server.psql(`SELECT name FROM members WHERE ${of} AND NOT removed`).filter(Boolean);
    expect(new Set(members).size, 'no member twice').toBe(members.length);
    for (const [name, kept] of expected.members) if (kept) expect(members, `members of ${record}`).toContain(name);
    for (const name of members) expect([...expected.members.keys()]).toContain(name);
    // The rows say what the document says.
    const values = new Map();
    const walk = (node) => {
      if (node && typeof node === 'object') {
        if (typeof node.path === 'string' && typeof node.value === 'string') values.set(node.path, node.value);
        Object.values(node).forEach(walk);
      }
    };
    walk((await this.admin.get(`/api/records/${record}`)).nodes);
    expect([values.get('note') ?? '', values.get('rooms') ?? '']).toEqual([note ?? '', rooms ?? '']);
  }
}
