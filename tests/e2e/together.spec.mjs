// Several people and one family: what a colleague altered is seen, two answers are spoken about, a remark is
// answered, a member leaves the household; and the line of sections, and the last contacts.
import { expect, test } from './support/test.mjs';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Form } from './support/form.mjs';
import { DESK, PHONE, answer, button, connect, finish, ka, question, saved, signIn } from './support/phone.mjs';
import { DATABASE, read } from './support/rows.mjs';
import { Office, Server } from './support/server.mjs';
import { accessible, watch, wellLaidOut } from './support/watch.mjs';

const hh = new Form('hh_core');
const SHOTS = process.env.KARDAKAR_SHOTS;

let server;
let office;
let records;
let phones;
let desk;
let heard;

test.describe.configure({ mode: 'serial' });

test.beforeAll(async ({ browser }) => {
  server = await Server.create({ demo: 8 });
  await server.start();
  const admin = await new Office(server).signIn('giorgi');
  office = await new Office(server).signIn('nino');
  await admin.person('davit', 'დავით მაისურაძე', 'worker');
  records = (await office.get('/api/records?page_size=200&state=submitted')).items;
  heard = [];
  phones = [];
  for (const login of ['mariam', 'davit']) {
    const context = await browser.newContext(PHONE);
    heard.push(watch(context));
    const page = await context.newPage();
    await connect(page, server.url, await admin.code(login));
    phones.push(page);
  }
  const context = await browser.newContext(DESK);
  heard.push(watch(context));
  desk = await context.newPage();
  await signIn(desk, server.url, 'nino');
});
test.afterAll(async () => {
  for (const watched of heard) watched.quiet();
  await server?.destroy();
});

const family = (at) =>
  records.filter((record) => record.kind === 'household' && record.state === 'submitted' && !record.two_answers)[at];
const rooms = hh.label('rooms');

// Sends and receives: first what the page began by itself, then what is left.
async function sendAll(page) {
  await page.goto(`${server.url}/sending`);
  const send = button(page, 'sending.button');
  for (let time = 0; time < 2; time += 1) {
    await expect(send).not.toHaveAttribute('aria-busy', 'true', { timeout: 20_000 });
    await send.click();
  }
  await expect(send).not.toHaveAttribute('aria-busy', 'true', { timeout: 20_000 });
}

// Waits until the phone has the family, with what the office knows of it.
async function has(page, record) {
  await page.goto(`${server.url}/household/${record.id}`);
  await expect(page.getByText(ka('household.survey'), { exact: true })).toBeVisible();
}

async function at(page, record, name) {
  await page.goto(`${server.url}/record/${record.id}/at/${name}`);
  await expect(page.locator('main .question__head, main .roster').first()).toBeVisible();
}

async function edit(page, record, name, value) {
  await at(page, record, name);
  await answer(question(page, hh.label(name)), value);
  await saved(page);
}

// Leaves the record, so that what was answered becomes a change.
async function leave(page) {
  await page.goto(`${server.url}/`);
  await expect(button(page, 'today.start_visit')).toBeVisible();
}

const nodeOf = async (record, path) =>
  (await office.get(`/api/records/${record.id}`)).nodes.find((node) => node.path === path);

async function shot(page, name) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `together-${name}.png`), fullPage: true });
}

test('what a colleague altered is marked until it was seen', async () => {
  const [mine, other] = phones;
  const record = family(0);
  for (const page of phones) await has(page, record);
  // Looked at; what is altered from now on is news.
  await at(mine, record, 'rooms');
  await leave(mine);
  await edit(other, record, 'rooms', 9);
  await leave(other);
  await sendAll(other);
  await expect.poll(async () => (await nodeOf(record, 'rooms')).value).toBe('9');
  await sendAll(mine);
  // The list says so before the record is opened.
  const told = mine.locator('.list a.row', { hasText: ka('families.news', { count: '1' }) });
  await mine.goto(`${server.url}/families`);
  await expect(told).toHaveAttribute('href', `/household/${record.id}`);
  await mine.getByRole('button', { name: new RegExp(`^${ka('families.changed')}`) }).click();
  await expect(mine.locator('.list a.row')).toHaveCount(1);
  await accessible(mine, 'families that others altered');
  await wellLaidOut(mine, 'families that others altered', 48);
  await shot(mine, 'news');
  await at(mine, record, 'rooms');
  const mark = question(mine, rooms).locator('.seam');
  await expect(question(mine, rooms).locator('.field__box')).toHaveValue('9');
  await expect(mark).toContainText('დავით მაისურაძე');
  await accessible(mine, 'changed by a colleague');
  await shot(mine, 'seam');
  // That it was seen is written behind the frame of the next question; "saved" stands there from before.
  const row = async () => {
    const rows = await mine.evaluate(read, { database: DATABASE, tables: ['list'] });
    return rows.find(([, key]) => key === record.id)[2];
  };
  const unseen = await row();
  await button(mine, 'action.continue').click();
  await expect(question(mine, rooms)).toHaveCount(0);
  await expect.poll(row).not.toBe(unseen);
  await saved(mine);
  await at(mine, record, 'rooms');
  await expect(question(mine, rooms).locator('.field__box')).toHaveValue('9');
  await expect(mark).toHaveCount(0);
  await mine.goto(`${server.url}/families`);
  await expect(mine.locator('.list a.row').first()).toBeVisible();
  await expect(told).toHaveCount(0);
});

test('the worker says which of two answers is right; the office decides, and both hear of it', async () => {
  const record = family(1);
  for (const page of phones) {
    await has(page, record);
    await page.context().setOffline(true);
  }
  await edit(phones[0], record, 'rooms', 11);
  await edit(phones[1], record, 'rooms', 12);
  for (const page of phones) {
    await leave(page);
    await page.context().setOffline(false);
    await sendAll(page);
  }
  await expect.poll(async () => (await nodeOf(record, 'rooms')).two_answers.length).toBe(2);
  await sendAll(phones[0]);
  const [phone] = phones;
  await phone.goto(`${server.url}/record/${record.id}/two-answers`);
  await expect(phone.locator('.answer-card')).toHaveCount(2);
  await button(phone, 'two_answers.tell').click();
  await expect(phone.getByText(ka('two_answers.choose'))).toBeVisible();
  await phone.getByRole('radio', { name: '12', exact: true }).check();
  await phone.getByLabel(ka('two_answers.why')).fill('სხვენიც ოთახია');
  await accessible(phone, 'an opinion');
  await wellLaidOut(phone, 'an opinion', 48);
  await shot(phone, 'opinion');
  await button(phone, 'two_answers.tell').click();
  await expect(phone.getByText(ka('two_answers.told', { value: '12. სხვენიც ოთახია' }))).toBeVisible();
  await shot(phone, 'told');
  await leave(phone);
  await sendAll(phone);
  await expect.poll(async () => (await nodeOf(record, 'rooms')).opinions.length).toBe(1);

  await desk.goto(`${server.url}/office/record/${record.id}`);
  const card = desk.locator('.resolve').filter({ hasText: rooms });
  await expect(card).toContainText('12. სხვენიც ოთახია');
  await accessible(desk, 'an opinion in the office');
  await shot(desk, 'opinion-office');
  // The answer itself: the hour of each stands on its card too.
  const twelve = card.locator('.answer-card').filter({ has: desk.locator('.answer-card__value', { hasText: /^12$/ }) });
  await twelve.getByRole('radio').check();
  await card.getByRole('button', { name: ka('resolve.save') }).click();
  await expect(card).toHaveCount(0);

  for (const page of phones) {
    await sendAll(page);
    await page.goto(`${server.url}/record/${record.id}/two-answers`);
    await expect(page.locator('.answer-card')).toHaveCount(0);
    await expect(page.locator('.note', { hasText: 'ნინო' })).toContainText('12');
  }
  await shot(phone, 'decided');
});

test('a remark that cannot be followed is answered, and the office reads it', async () => {
  const [phone] = phones;
  const record = family(2);
  await has(phone, record);
  await office.post(`/api/records/${record.id}/review`, {
    action: 'return',
    reason: 'ორი კითხვა დარჩა.',
    flags: [{ path: 'rooms', text: 'დათვალეთ.' }, { path: 'water', text: 'საიდან მოდის?' }],
  });
  await sendAll(phone);
  await phone.goto(`${server.url}/record/${record.id}/returned`);
  const line = phone.locator('.roster__item--returned').filter({ hasText: hh.label('water') });
  await line.getByRole('button', { name: ka('returned.cannot'), exact: true }).click();
  const dialog = phone.locator('dialog[open]');
  await dialog.getByLabel(ka('returned.message_back')).fill('ოჯახი წასულია, ვერ ვკითხე');
  await accessible(phone, 'cannot be fixed');
  await shot(phone, 'cannot');
  await dialog.getByRole('button', { name: ka('action.save'), exact: true }).click();
  await expect(line).toContainText(ka('returned.answered', { words: 'ოჯახი წასულია, ვერ ვკითხე' }));
  // Kept while it is typed: the box is not left.
  const journal = async () => {
    const rows = await phone.evaluate(read, { database: DATABASE, tables: ['journal'] });
    return rows.map(([, , hex]) => Buffer.from(hex, 'hex').toString('utf8')).join('');
  };
  await phone.locator('#reply').fill('დავბრუნდები გაზაფხულზე.');
  await expect.poll(journal).toContain('დავბრუნდები გაზაფხულზე.');
  await phone.reload();
  await expect(phone.locator('#reply')).toHaveValue('დავბრუნდები გაზაფხულზე.');
  await button(phone, 'returned.start').click();
  // The remark that was answered is done with: what remains is asked, under the reviewer's words.
  await expect(question(phone, rooms).locator('.asker')).toContainText('დათვალეთ.');
  await accessible(phone, 'a question that the office remarked on');
  await shot(phone, 'remark');
  await answer(question(phone, rooms), 6);
  await saved(phone);
  // It was the last: back to the list.
  await button(phone, 'action.continue').click();
  await expect(button(phone, 'returned.finish_again')).toBeVisible();
  await expect(line).toContainText('ვერ ვკითხე');
  await expect(phone.locator('#reply')).toHaveValue('დავბრუნდები გაზაფხულზე.');
  await wellLaidOut(phone, 'returned and answered', 48);
  await shot(phone, 'returned');
  await button(phone, 'returned.finish_again').click();
  await finish(phone);
  await sendAll(phone);
  await expect.poll(async () => (await nodeOf(record, 'water')).reply).toBe('ოჯახი წასულია, ვერ ვკითხე');

  await desk.goto(`${server.url}/office/record/${record.id}`);
  const row = desk.locator('.answers__row').filter({ hasText: hh.label('water') });
  await expect(row).toContainText(ka('record.reply', { words: 'ოჯახი წასულია, ვერ ვკითხე' }));
  await expect(desk.locator('.record__said', { hasText: 'დავბრუნდები გაზაფხულზე.' })).toBeVisible();
  await expect(desk.locator('.timeline')).toContainText('დავბრუნდები გაზაფხულზე.');
  await shot(desk, 'reply-office');
});

test('a member who left is kept, marked, and no longer counted', async () => {
  const [phone] = phones;
  const record = family(0);
  await has(phone, record);
  const before = (await office.get(`/api/records/${record.id}`)).nodes.filter((node) => node.type === 'item');
  await at(phone, record, 'members');
  const first = phone.locator('.roster__item').first();
  const name = (await first.locator('.roster__name').innerText()).split(',')[0];
  await first.locator('button').last().click();
  await phone.getByRole('button', { name: ka('roster.mark_left'), exact: true }).click();
  await expect(phone.locator('dialog[open]', { hasText: ka('roster.left_moved') })).toBeVisible();
  await accessible(phone, 'why somebody left');
  await shot(phone, 'why-left');
  await phone.getByRole('button', { name: ka('roster.left_moved'), exact: true }).click();
  const gone = phone.locator('.roster__item--left');
  await expect(gone).toContainText(name);
  await expect(gone).toContainText(ka('roster.left_moved'));
  await expect(phone.getByText(new RegExp(`^წევრები: ${before.length - 1}`))).toBeVisible();
  // The number that was given is to be looked at again.
  await expect(phone.locator('.mismatch')).toBeVisible();
  await saved(phone);
  // Without the toast, which lies over the page for a while.
  await at(phone, record, 'members');
  await expect(gone).toContainText(name);
  await accessible(phone, 'a member has left');
  await wellLaidOut(phone, 'a member has left', 48);
  await shot(phone, 'left');
  await leave(phone);
  await has(phone, record);
  await expect(phone.getByText(ka('household.left', { count: '1' }))).toBeVisible();
  await expect(phone.getByText(ka('household.members', { count: String(before.length - 1) }))).toBeVisible();
  await shot(phone, 'left-household');
  await sendAll(phone);
  await expect
    .poll(async () => (await office.get(`/api/records/${record.id}`)).nodes.filter((node) => node.left === 'moved').length)
    .toBe(1);
  await desk.goto(`${server.url}/office/record/${record.id}`);
  await expect(desk.locator('.record__item', { hasText: ka('roster.left_moved') })).toContainText(name);
  await expect(desk.locator('.timeline')).toContainText(ka('roster.left_moved'));
  // Told once, and what the form works out without a name is folded.
  const told = await desk.locator('.timeline').innerText();
  expect(told).not.toContain(ka('record.removed'));
  expect(told).not.toMatch(/[a-z]+_[a-z]/);
  await shot(desk, 'left-office');

  // Came back.
  await at(phone, record, 'members');
  await gone.getByRole('button', { name: ka('action.restore') }).click();
  await expect(gone).toHaveCount(0);
  await expect(phone.getByText(new RegExp(`^წევრები: ${before.length}`))).toBeVisible();
  await saved(phone);
  await leave(phone);
});

test('whole sections have a line of them; the sending page tells of the last contacts', async () => {
  const [phone] = phones;
  const record = family(0);
  await at(phone, record, 'rooms');
  await expect(phone.locator('.section-strip')).toHaveCount(0);
  await phone.getByRole('button', { name: ka('question.sections'), exact: true }).click();
  await phone.getByRole('radio', { name: ka('question.whole_section') }).check();
  await phone.locator('dialog[open]').getByRole('button', { name: ka('action.close') }).click();
  const strip = phone.locator('.section-strip');
  await expect(strip.locator('[aria-current]')).toHaveText('D');
  await expect(strip.getByRole('button').first()).toHaveText('A');
  await accessible(phone, 'the line of sections');
  await wellLaidOut(phone, 'the line of sections', 48);
  await shot(phone, 'strip');
  await strip.getByRole('button').nth(1).click();
  await expect(strip.locator('[aria-current]')).toHaveText('B');
  // What was answered before is one line, until it is to be altered.
  const folded = phone.locator('.folded');
  await expect(folded.first()).toBeVisible();
  await accessible(phone, 'answers of one line');
  await wellLaidOut(phone, 'answers of one line', 48);
  await shot(phone, 'folded');
  const count = await folded.count();
  const id = await phone.locator('.question--folded').first().getAttribute('id');
  await folded.first().click();
  await expect(folded).toHaveCount(count - 1);
  await expect(phone.locator(`#${id}`).locator('input, textarea, button').first()).toBeVisible();
  await expect.poll(() => phone.evaluate((id) => document.getElementById(id)?.contains(document.activeElement), id)).toBe(true);
  await phone.getByRole('button', { name: ka('question.sections'), exact: true }).click();
  await phone.getByRole('radio', { name: ka('question.one_by_one') }).check();
  await phone.goto(`${server.url}/sending`);
  await phone.getByRole('button', { name: ka('sending.contacts') }).click();
  await expect(phone.locator('li.sync-row').first()).toBeVisible();
  await expect(phone.locator('li.sync-row', { hasText: 'გაიგზავნა 1' }).first()).toBeVisible();
  await accessible(phone, 'last contacts');
  await wellLaidOut(phone, 'last contacts', 48);
  await shot(phone, 'contacts');
});
