// A questionnaire as other tools have it, without a setting of ours: put in force by an administrator, filled in by
// itself on a phone, question by question and a section at a time, and read in the office. And a phone that the office
// has disconnected, connected again with what it holds.
import { expect, test } from './support/test.mjs';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DESK, PHONE, beginFamily, button, connect, finish, ka, publish, question, recordOf, saved, signIn } from './support/phone.mjs';
import { Office, PASSWORD, Server } from './support/server.mjs';
import { accessible, watch, wellLaidOut } from './support/watch.mjs';
import { workbook } from './support/workbook.mjs';

const SHOTS = process.env.KARDAKAR_SHOTS;
const TITLE = 'ხეების აღწერა';

const TREES = workbook({
  survey: [
    ['type', 'name', 'label', 'hint', 'guidance_hint', 'required'],
    ['begin_group', 'tree', 'ხე', '', 'დადექით ხესთან.', ''],
    ['text', 'species', 'რა ჯიშია?', 'ქართული სახელი', '', 'yes'],
    ['decimal', 'height', 'სიმაღლე მეტრებში', '', '', ''],
    ['dateTime', 'seen', 'როდის ნახეთ?', '', '', ''],
    ['rank uses', 'order', 'რა უფრო მნიშვნელოვანია?', '', '', ''],
    ['note', 'thanks', 'მადლობა უთხარით მეპატრონეს.', '', 'თუ სახლშია.', ''],
    ['integer', 'age', 'რამდენი წლისაა?', '', 'ჰკითხეთ მეპატრონეს.', 'yes'],
    ['select_one uses', 'main_use', 'რისთვის იყენებენ?', '', '', 'yes'],
    ['end_group', '', '', '', '', ''],
    ['text', 'more', 'კიდევ რამე?', '', '', ''],
  ],
  choices: [
    ['list_name', 'name', 'label'],
    ['uses', 'fruit', 'ხილი'],
    ['uses', 'shade', 'ჩრდილი'],
    ['uses', 'wood', 'შეშა'],
  ],
  settings: [
    ['form_title', 'form_id', 'version'],
    [TITLE, 'trees', '1'],
  ],
});

let server;
let admin;

test.beforeAll(async () => {
  server = await Server.create();
  await server.start();
  admin = await new Office(server).setUp({ mariam: 'worker', nino: 'reviewer' });
});

test.afterAll(() => server?.destroy());

async function shot(page, name) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

// Puts it in force, once for both tests that fill it in.
let inForce;
const publishTrees = (browser) => (inForce ??= publish(browser, server.url, 'trees.xlsx', TREES, PASSWORD));

const box = (page, label) => question(page, label).locator('.field__box').first();
const onward = (page) => button(page.locator('.action-bar'), 'action.continue');

// Begins a record of it, from the day's page.
async function begin(page) {
  await page.goto(`${server.url}/`);
  await button(page, 'today.start_visit').click();
  await page.getByRole('button', { name: TITLE, exact: true }).click();
  await page.locator('.question:visible').first().waitFor();
  return recordOf(page);
}

async function send(page) {
  await page.goto(`${server.url}/sending`);
  await button(page, 'action.send_now').click();
}

const arrived = (record) => expect.poll(async () => (await admin.get('/api/records')).items.map((item) => item.id), { timeout: 30_000 }).toContain(record);

// Types into the boxes of a date with time.
async function dateTime(page, date, time) {
  const boxes = question(page, 'როდის ნახეთ?').locator('.date__part input');
  for (const [at, part] of [...date, time].entries()) await boxes.nth(at).fill(part);
  await boxes.last().blur();
}

test('a plain workbook travels to the phone, is filled in by itself, and is read in the office', async ({ browser }) => {
  await publishTrees(browser);
  const context = await browser.newContext(PHONE);
  const console = watch(context);
  const page = await context.newPage();
  await connect(page, server.url, await admin.code('mariam'));
  await button(page, 'today.start_visit').click();
  await expect(page.getByRole('heading', { name: ka('visit.without_family') })).toBeVisible();
  await accessible(page, 'what can be begun');
  await shot(page, 'plain-begin');

  const record = await begin(page);
  await expect(question(page, 'რა ჯიშია?')).toBeVisible();
  // The section's own guidance stands on its first screen.
  await button(page, 'question.help').click();
  await expect(page.getByText('დადექით ხესთან.')).toBeVisible();
  // The hint belongs to the field, and that it must be answered is said.
  await expect(page.getByLabel('რა ჯიშია?')).toHaveAccessibleDescription('ქართული სახელი');
  await expect(page.getByLabel('რა ჯიშია?')).toHaveAttribute('aria-required', 'true');
  await box(page, 'რა ჯიშია?').fill('კაკალი');
  await onward(page).click();
  await expect(box(page, 'სიმაღლე მეტრებში')).toBeVisible();
  await expect(button(page, 'question.help')).toHaveCount(0);
  await box(page, 'სიმაღლე მეტრებში').fill('7,5');
  await onward(page).click();

  // A wrong time is not lost, and a date alone is no midnight.
  const seen = question(page, 'როდის ნახეთ?');
  await dateTime(page, ['22', '11', '2026'], '25:70');
  await expect(seen.locator('.field__error')).toContainText(ka('validation.time', { value: '22.11.2026 25:70' }));
  await expect(seen.locator('.date__part input').last()).toHaveValue('25:70');
  await expect(seen).toHaveAccessibleDescription(/25:70/);
  await accessible(page, 'a time that is none');
  await shot(page, 'plain-wrong-time');
  await dateTime(page, ['22', '11', '2026'], '');
  await onward(page).click();
  await expect(seen.locator('.field__error')).toContainText(ka('validation.time_missing'));
  await dateTime(page, ['22', '11', '2026'], '9:05');
  await expect(seen.locator('.field__error')).toHaveCount(0);
  await onward(page).click();

  // In order by keyboard: the focus stays with what is moved, and where it is now is said.
  const order = question(page, 'რა უფრო მნიშვნელოვანია?');
  for (const use of ['ხილი', 'ჩრდილი', 'შეშა']) await order.locator('button.choice', { hasText: use }).click();
  const row = (label) => order.locator('.roster__item', { hasText: label });
  await row('შეშა').getByRole('button', { name: ka('action.move_up') }).click();
  await expect(order.getByRole('status').filter({ hasText: ka('question.rank_moved', { label: 'შეშა', n: '2', count: '3' }) })).toHaveCount(1);
  await expect(row('შეშა').getByRole('button', { name: ka('action.move_up') })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(row('შეშა').getByRole('button', { name: ka('action.move_down') })).toBeFocused();
  await expect(order.locator('.roster__name')).toHaveText(['შეშა', 'ხილი', 'ჩრდილი']);
  await accessible(page, 'an order');
  await onward(page).click();

  // A note has its guidance too.
  await expect(page.locator('main')).toContainText('მადლობა უთხარით მეპატრონეს.');
  await button(page, 'question.help').click();
  await expect(page.getByText('თუ სახლშია.')).toBeVisible();
  await shot(page, 'plain-note');
  await onward(page).click();
  await box(page, 'რამდენი წლისაა?').fill('40');
  await onward(page).click();
  await question(page, 'რისთვის იყენებენ?').locator('label.choice', { hasText: 'ხილი' }).click();
  await saved(page);

  // Left and found again under its own name.
  await button(page, 'action.continue_later').click();
  await expect(page).toHaveURL(`${server.url}/`);
  await expect(page.locator('.card--brand')).toContainText(TITLE);
  await shot(page, 'plain-today');
  await button(page, 'today.carry_on').click();
  await onward(page).click();
  await onward(page).click();
  await finish(page);
  await expect(button(page, 'receipt.to_family')).toHaveCount(0);
  await button(page, 'receipt.to_today').click();
  await expect(page.locator('.list .row', { hasText: TITLE })).toBeVisible();
  // It is no family: it stands behind them, and is not counted as one.
  await page.goto(`${server.url}/families`);
  await expect(page.locator('.list__head')).toHaveText([ka('families.others', { count: '1' })]);
  await expect(page.getByRole('status').filter({ hasText: ka('families.count', { count: '0' }) })).toHaveCount(1);
  await send(page);
  await expect(page.locator('.sync-row', { hasText: TITLE }).or(page.locator('.list__head', { hasText: '1' })).first()).toBeVisible();
  await arrived(record);

  const desk = await (await browser.newContext(DESK)).newPage();
  await signIn(desk, server.url, 'nino', PASSWORD);
  await desk.goto(`${server.url}/office/record/${record}`);
  const answers = desk.locator('main');
  for (const text of ['კაკალი', '7,5', '22.11.2026 09:05', 'შეშა, ხილი, ჩრდილი', '40', 'ხილი']) await expect(answers).toContainText(text);
  await shot(desk, 'plain-office');
  await desk.context().close();
  console.quiet();
  await context.close();
});

test('a section at a time: what is to be mended, or was left, is shown itself', async ({ browser }) => {
  await publishTrees(browser);
  const context = await browser.newContext(PHONE);
  const console = watch(context);
  const page = await context.newPage();
  await connect(page, server.url, await admin.code('mariam'));
  const record = await begin(page);
  await button(page, 'question.sections').click();
  await page.locator('label.choice', { hasText: ka('question.whole_section') }).click();
  await page.keyboard.press('Escape');
  await expect(page.locator('.question:visible')).toHaveCount(6);
  await accessible(page, 'a section');
  await wellLaidOut(page, 'a section', 48);
  await shot(page, 'plain-section');

  // Where the focus is, in the words of the question around it; between two screens there may be neither.
  const within = () => page.evaluate(() => {
    const question = document.activeElement?.closest('.question');
    const top = question?.getBoundingClientRect().top;
    const bar = document.querySelector('.top-bar')?.getBoundingClientRect().bottom;
    const seen = top >= bar - 1 && top < innerHeight;
    return { label: question?.querySelector('.question__label')?.innerText.trim(), kind: document.activeElement?.tagName, seen };
  });
  const at = (label, kind) => expect.poll(async () => within(), label).toMatchObject({ label, ...(kind && { kind }), seen: true });

  // Continue goes to the answer that is missing, not to the button that helps.
  await box(page, 'რა ჯიშია?').fill('ცაცხვი');
  await onward(page).click();
  await at('რამდენი წლისაა?', 'INPUT');
  await shot(page, 'plain-section-missing');
  await box(page, 'რამდენი წლისაა?').fill('12');
  await onward(page).click();
  await at('რისთვის იყენებენ?', 'INPUT');

  // From the list of what is missing.
  await page.goto(`${server.url}/record/${record}/check`);
  await page.locator('.error-summary').getByRole('button').or(page.locator('.error-summary a')).first().click();
  await at('რისთვის იყენებენ?');
  await shot(page, 'plain-section-from-check');
  await question(page, 'რისთვის იყენებენ?').locator('label.choice', { hasText: 'ჩრდილი' }).click();
  await button(page, 'check.back_to_check').click();
  await expect(button(page, 'finish.button')).toBeVisible();

  // Left in the middle, gone on with in the middle.
  await page.goto(`${server.url}/record/${record}/at/species`);
  await box(page, 'სიმაღლე მეტრებში').fill('3');
  await box(page, 'სიმაღლე მეტრებში').blur();
  await saved(page);
  await button(page, 'action.continue_later').click();
  await button(page, 'today.carry_on').click();
  await at('სიმაღლე მეტრებში');
  await expect(box(page, 'სიმაღლე მეტრებში')).toHaveValue('3');

  // The reviewer sends it back with a remark on one question.
  await page.goto(`${server.url}/record/${record}/check`);
  await finish(page);
  await send(page);
  await arrived(record);
  const office = await new Office(server).signIn('nino', PASSWORD);
  const seen = (await office.get(`/api/records/${record}`)).seen;
  await office.post(`/api/records/${record}/review`, {
    action: 'return', reason: 'შეასწორეთ', flags: [{ path: 'age', text: 'ნამდვილად?' }], seen,
  });
  await send(page);
  // The page follows what arrives; opening it again and again would cut the sync short.
  await page.goto(`${server.url}/`);
  await expect(page.locator('.counter--returned')).toBeVisible({ timeout: 30_000 });
  await page.goto(`${server.url}/record/${record}/returned`);
  await expect(page.getByText('ნამდვილად?').first()).toBeVisible();
  await shot(page, 'plain-returned');
  await page.locator('.roster__item--returned button').first().click();
  await at('რამდენი წლისაა?');
  console.quiet();
  await context.close();
});

test('a phone that the office has disconnected is connected again and loses nothing', async ({ browser }) => {
  const context = await browser.newContext(PHONE);
  const page = await context.newPage();
  await connect(page, server.url, await admin.code('mariam'));
  await beginFamily(page, server.url);
  const record = recordOf(page);
  const { devices } = await admin.get('/api/devices');
  const own = server.newestDevice('mariam');
  expect(devices.map((device) => device.id)).toContain(own);
  await admin.post(`/api/devices/${own}/revoke`);
  await page.locator('label.choice, .chip').first().click();
  await saved(page);
  await button(page, 'action.continue_later').click();
  await send(page);
  await expect(page.getByText(ka('error.device_revoked')).first()).toBeVisible();
  await shot(page, 'plain-revoked');
  await button(page, 'enrol.again').click();
  await expect(page.getByRole('heading', { name: ka('enrol.again') })).toBeVisible();
  await accessible(page, 'connecting again');

  // Another municipality's code would take the families there.
  const code = page.getByLabel(ka('enrol.code'), { exact: true });
  await code.fill('7 111 222 333');
  await button(page, 'enrol.connect').click();
  await expect(page.getByText(ka('enrol.elsewhere'))).toBeVisible();
  await shot(page, 'plain-connect-again');
  await code.fill(await admin.code('mariam'));
  await button(page, 'enrol.connect').click();
  await button(page, 'action.continue').click();
  await expect(button(page, 'today.start_visit')).toBeVisible();
  await expect(page.getByText(ka('error.device_revoked'))).toHaveCount(0);
  await arrived(record);
  expect(server.newestDevice('mariam')).not.toBe(own);
  await send(page);
  await expect(page.getByText(ka('error.device_revoked'))).toHaveCount(0);
  await context.close();
});
