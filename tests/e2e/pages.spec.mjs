// Every screen of the phone and of the office: accessible, well laid out, silent in the console. In Georgian,
// light, sun mode and dark, at 100 % and (phone) 200 % text. The records are those of the demonstration.
import { expect, test } from './support/test.mjs';
import { DESK, PHONE, button, enrol, ka, saved, signIn } from './support/phone.mjs';
import { Office, Server } from './support/server.mjs';
import { accessible, readable, watch, wellLaidOut } from './support/watch.mjs';

const FIELD_TARGET = 48;
const OFFICE_TARGET = 24;
// A folder for pictures of every screen, for a person to look at.
const PICTURES = process.env.KARDAKAR_PICTURES;

let server;
let admin;
let records;

test.beforeAll(async () => {
  server = await Server.create({ demo: 60 });
  await server.start();
  admin = await new Office(server).signIn('giorgi');
  const office = await new Office(server).signIn('nino');
  const [all, two] = [await office.get('/api/records?page_size=200'), await office.get('/api/records?two_answers=1')];
  records = [...all.items, ...two.items];
});

test.afterAll(async () => {
  await server?.destroy();
});

const household = (wanted) => records.find((record) => record.kind === 'household' && wanted(record));

async function picture(page, name) {
  if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true });
}

// The phone's looks, as its settings page writes them.
const LOOKS = {
  light: { sun: 'off', dark: 'off', text: '100' },
  sun: { sun: 'on', dark: 'off', text: '100' },
  dark: { sun: 'off', dark: 'on', text: '100' },
  large: { sun: 'off', dark: 'off', text: '200' },
};

async function setLook(page, look) {
  await page.evaluate((look) => {
    const root = document.documentElement;
    const set = (name, value) => (value === null ? root.removeAttribute(name) : root.setAttribute(name, value));
    set('data-sun', look.sun === 'on' ? '' : null);
    set('data-theme', look.dark === 'on' ? 'dark' : 'light');
    set('data-text', look.text);
    root.classList.toggle('large-text', look.text === '200');
    return document.fonts.ready.then(() => undefined);
  }, look);
}

// Looks at a phone's screen in every look; large text is for layout, colours need no second look at it.
async function lookAt(page, name) {
  await test.step(name, async () => {
    for (const [look, set] of Object.entries(LOOKS)) {
      await setLook(page, set);
      const where = `${name}, ${look}`;
      if (look === 'light') await accessible(page, where);
      if (look === 'sun' || look === 'dark') await readable(page, where);
      if (look === 'light' || look === 'large') await wellLaidOut(page, where, FIELD_TARGET);
      await picture(page, `phone-${name}-${look}`);
    }
    await setLook(page, LOOKS.light);
  });
}

test('the phone, before it is connected', async ({ browser }) => {
  const context = await browser.newContext({ ...PHONE, reducedMotion: 'reduce' });
  const console = watch(context);
  const page = await context.newPage();
  await page.goto(server.url + '/');
  await expect(button(page, 'enrol.connect')).toBeVisible();
  await lookAt(page, 'enrol');
  await button(page, 'enrol.connect').click();
  await expect(page.locator('.field__error')).toBeVisible();
  await lookAt(page, 'enrol-error');
  await button(page, 'copy.restore').click();
  await expect(page.locator('dialog[open]')).toBeVisible();
  await lookAt(page, 'copy-restore');
  await page.keyboard.press('Escape');
  await page.getByLabel(ka('enrol.code'), { exact: true }).fill(await admin.code('mariam'));
  await button(page, 'enrol.connect').click();
  await expect(button(page, 'action.continue')).toBeVisible();
  await lookAt(page, 'enrolled');
  console.quiet();
  await context.close();
});

test('the phone', async ({ browser }) => {
  const context = await browser.newContext({ ...PHONE, reducedMotion: 'reduce' });
  const console = watch(context);
  const page = await context.newPage();
  const go = (path) => page.goto(server.url + path);
  await enrol(page, server.url, await admin.code('mariam'));
  await button(page, 'action.continue').click();
  await page.getByRole('link', { name: ka('nav.families') }).click();
  await page.locator('.list .row').first().waitFor();
  await lookAt(page, 'families');
  await go('/');
  await expect(button(page, 'today.start_visit')).toBeVisible();
  await lookAt(page, 'today');
  await button(page, 'today.start_visit').click();
  await expect(page.getByRole('button', { name: ka('today.new_family') })).toBeVisible();
  await lookAt(page, 'today-start');
  for (const path of ['sending', 'more', 'storage', 'nothing-here']) {
    await go(`/${path}`);
    await expect(page.locator('h1')).toBeVisible();
    await lookAt(page, path);
  }
  const any = household((record) => record.state === 'submitted' && !record.two_answers).id;
  await go(`/household/${any}`);
  await page.locator('.list .row').nth(1).waitFor();
  await lookAt(page, 'household');
  await button(page, 'household.alone').click();
  await expect(button(page, 'household.alone')).toHaveAttribute('aria-pressed', 'true');
  await lookAt(page, 'household-alone');
  await go(`/record/${household((record) => record.state === 'approved').id}`);
  await expect(button(page, 'decided.correct')).toBeVisible();
  await lookAt(page, 'decided');
  await button(page, 'decided.correct').click();
  await expect(page.locator('dialog[open]')).toBeVisible();
  await lookAt(page, 'decided-correct');
  for (const at of ['visit_reason', 'members', 'rooms', 'idea', 'admin_unit', 'top_needs', 'gps', 'photo']) {
    await go(`/record/${any}/at/${at}`);
    await expect(page.locator('.action-bar')).toBeVisible();
    await lookAt(page, `question-${at}`);
  }
  await page.getByRole('button', { name: ka('question.sections') }).click();
  await expect(page.locator('dialog[open]')).toBeVisible();
  await lookAt(page, 'sections');
  await go(`/record/${any}/at/members`);
  await page.locator('.roster .icon-button').nth(1).click();
  await expect(button(page, 'action.move_up')).toBeVisible();
  await lookAt(page, 'roster-menu');
  const returned = household((record) => record.state === 'returned') ?? records.find((of) => of.state === 'returned');
  await go(`/record/${returned.id}/returned`);
  await expect(button(page, 'returned.start')).toBeVisible();
  await lookAt(page, 'returned');
  const two = records.find((record) => record.two_answers > 0);
  await go(`/record/${two.id}/two-answers`);
  await expect(page.locator('.answer-card').first()).toBeVisible();
  await lookAt(page, 'two-answers');
  await go(`/record/${any}/check`);
  await expect(page.locator('.action-bar')).toBeVisible();
  await lookAt(page, 'check');
  await go('/');
  await button(page, 'today.start_visit').click();
  await page.getByRole('button', { name: ka('today.new_family') }).click();
  await button(page, 'action.continue').click();
  await expect(page.locator('.field__error').first()).toBeVisible();
  await lookAt(page, 'question-error');
  await go('/sending');
  await button(page, 'sending.encrypted_copy').click();
  await expect(page.locator('dialog[open]')).toBeVisible();
  await lookAt(page, 'copy-save');
  console.quiet();
  await context.close();
});

// The office follows the system's colours.
async function lookAtOffice(page, name) {
  await test.step(name, async () => {
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    await readable(page, `${name}, dark`);
    await picture(page, `office-${name}-dark`);
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await accessible(page, `${name}, light`);
    await wellLaidOut(page, name, OFFICE_TARGET);
    await picture(page, `office-${name}-light`);
  });
}

test('the office', async ({ browser }) => {
  const context = await browser.newContext(DESK);
  const console = watch(context);
  const page = await context.newPage();
  await page.goto(`${server.url}/office`);
  await expect(page.getByLabel(ka('signin.login'), { exact: true })).toBeVisible();
  await lookAtOffice(page, 'sign-in');
  await signIn(page, server.url, 'nino');
  await page.locator('.table tbody tr').first().waitFor();
  await lookAtOffice(page, 'inbox');
  const shown = async (record, name) => {
    await page.goto(`${server.url}/office/record/${record.id}`);
    await page.locator('.answers__row').first().waitFor();
    await page.locator('.timeline').first().waitFor();
    await lookAtOffice(page, name);
  };
  await shown(household((record) => record.state === 'approved'), 'record');
  await shown(records.find((record) => record.two_answers > 0), 'record-two-answers');
  await shown(household((record) => record.state === 'submitted'), 'record-submitted');
  await page.keyboard.press('r');
  await expect(page.locator('dialog[open]')).toBeVisible();
  await lookAtOffice(page, 'return');
  // Approved, and then the other of two answers is taken.
  const office = await new Office(server).signIn('nino');
  const path = `/api/records/${records.find((record) => record.two_answers > 0 && record.finished).id}`;
  const { actions, nodes, record } = await office.get(path);
  if (actions.includes('approve')) await office.post(`${path}/review`, { action: 'approve' });
  const contested = nodes.find((node) => node.two_answers?.length);
  const value = contested.two_answers.find((answer) => !answer.winner).value;
  await office.post(`${path}/resolve`, { path: contested.path, value });
  await shown(record, 'record-changed');
  await expect(page.locator('.altered .diff')).not.toHaveCount(0);
  console.quiet();
  await context.close();
});

test('the administration', async ({ browser }) => {
  const context = await browser.newContext(DESK);
  const console = watch(context);
  const page = await context.newPage();
  await signIn(page, server.url, 'giorgi');
  for (const [path, name] of [['', 'people'], ['/devices', 'devices'], ['/forms', 'forms']]) {
    await page.goto(`${server.url}/admin${path}`);
    await page.locator('.table tbody tr').first().waitFor();
    await lookAtOffice(page, name);
  }
  console.quiet();
  await context.close();
});

test('practice has its own store and sends nothing', async ({ browser }) => {
  const context = await browser.newContext({ ...PHONE, reducedMotion: 'reduce' });
  const console = watch(context);
  const page = await context.newPage();
  await enrol(page, server.url, await admin.code('mariam'));
  await button(page, 'action.continue').click();
  await page.goto(`${server.url}/families`);
  await page.locator('.list .row').first().waitFor();
  await page.goto(`${server.url}/more`);
  let calls = 0;
  await page.getByRole('button', { name: new RegExp(`^${ka('practice.title')}`) }).click();
  await expect(page.getByText(ka('practice.bar'))).toBeVisible();
  page.on('request', (request) => (calls += request.url().includes('/api/') ? 1 : 0));
  await page.goto(`${server.url}/families`);
  await expect(page.getByText(ka('families.empty'))).toBeVisible();
  await page.goto(`${server.url}/`);
  await button(page, 'today.start_visit').click();
  await page.getByRole('button', { name: ka('today.new_family') }).click();
  await page.locator('.question:visible label.choice').first().click();
  await saved(page);
  await lookAt(page, 'practice');
  await page.goto(`${server.url}/sending`);
  await button(page, 'sending.button').click();
  expect(calls).toBe(0);
  // Begun anew, nothing of it is left.
  await page.goto(`${server.url}/families`);
  await page.locator('.list .row').first().waitFor();
  await page.goto(`${server.url}/more`);
  await button(page, 'practice.reset').click();
  await expect(button(page, 'today.start_visit')).toBeVisible();
  await page.goto(`${server.url}/families`);
  await expect(page.getByText(ka('families.empty'))).toBeVisible();
  await button(page, 'practice.leave').click();
  await expect(page.getByText(ka('practice.bar'))).toHaveCount(0);
  await page.goto(`${server.url}/families`);
  await page.locator('.list .row').first().waitFor();
  console.quiet();
  await context.close();
});
