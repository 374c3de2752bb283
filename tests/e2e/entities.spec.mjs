// A workbook made for ODK Central: its sheet `entities` says that a submission is a household and each of a repeat
// a person. On the phone it is a family with members, in the office a record with its settlement, and a child of it
// gets the survey of children.
import { expect, test } from '@playwright/test';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DESK, PHONE, answer, button, connect, finish, ka, publish, question, recordOf, saved, signIn } from './support/phone.mjs';
import { Office, PASSWORD, Server } from './support/server.mjs';
import { watch, wellLaidOut } from './support/watch.mjs';
import { workbook } from './support/workbook.mjs';

const SHOTS = process.env.KARDAKAR_SHOTS;
const TITLE = 'სოფლის რეესტრი';

const REGISTER = workbook({
  survey: [
    ['type', 'name', 'label', 'required', 'save_to'],
    ['text', 'head', 'ვინ არის ოჯახის უფროსი?', 'yes', 'households#head_name'],
    ['text', 'where', 'რომელი სოფელია?', 'yes', 'households#village'],
    ['begin_repeat', 'person', 'ვინ ცხოვრობს აქ?', '', ''],
    ['text', 'called', 'რა ჰქვია?', 'yes', 'people#full_name'],
    ['integer', 'years', 'რამდენი წლისაა?', 'yes', 'people#age'],
    ['end_repeat', '', '', '', ''],
  ],
  entities: [
    ['list_name', 'label'],
    ['households', "concat('ოჯახი ', ${head})"],
    ['people', '${called}'],
  ],
  settings: [
    ['form_title', 'form_id', 'version'],
    [TITLE, 'register', '1'],
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

const onward = (page) => button(page.locator('.action-bar'), 'action.continue');

test('entities of a workbook are families and members here', async ({ browser }) => {
  await publish(browser, server.url, 'register.xlsx', REGISTER, PASSWORD);
  const context = await browser.newContext(PHONE);
  const console = watch(context);
  const page = await context.newPage();
  await connect(page, server.url, await admin.code('mariam'));
  await page.goto(`${server.url}/`);
  await button(page, 'today.start_visit').click();
  await page.getByRole('button', { name: ka('today.new_family') }).click();
  await page.getByRole('button', { name: TITLE, exact: true }).click();
  await answer(question(page, 'ვინ არის ოჯახის უფროსი?'), 'გელა');
  await onward(page).click();
  await answer(question(page, 'რომელი სოფელია?'), 'სართიჭალა');
  await onward(page).click();
  for (const [name, age] of [['ნინო', 34], ['ლუკა', 9]]) {
    await button(page, 'roster.add').click();
    await answer(question(page, 'რა ჰქვია?'), name);
    await onward(page).click();
    await answer(question(page, 'რამდენი წლისაა?'), age);
    await onward(page).click();
    await expect(page.locator('.roster__name', { hasText: name })).toBeVisible();
  }
  await saved(page);
  await shot(page, 'entities-roster');
  await wellLaidOut(page, 'the roster of a repeat');
  const record = recordOf(page);
  await onward(page).click();
  await finish(page);
  await button(page, 'receipt.to_family').click();
  await expect(page).toHaveURL(`${server.url}/household/${record}`);
  await expect(page.getByRole('heading', { name: 'ოჯახი გელა' })).toBeVisible();
  await expect(page.locator('main')).toContainText('ლუკა');
  await shot(page, 'entities-household');

  await page.goto(`${server.url}/families`);
  await expect(page.locator('.list a.row', { hasText: 'ოჯახი გელა' })).toBeVisible();
  await page.goto(`${server.url}/sending`);
  await button(page, 'action.send_now').click();

  const desk = await (await browser.newContext(DESK)).newPage();
  await signIn(desk, server.url, 'nino', PASSWORD);
  const row = desk.locator('a', { hasText: 'ოჯახი გელა' }).first();
  await expect(row).toBeVisible();
  await expect(desk.locator('main')).toContainText('სართიჭალა');
  await shot(desk, 'entities-inbox');
  await desk.goto(`${server.url}/office/record/${record}`);
  for (const text of ['გელა', 'სართიჭალა', 'ნინო', 'ლუკა']) await expect(desk.locator('main')).toContainText(text);
  await shot(desk, 'entities-record');
  await desk.context().close();
  console.quiet();
  await context.close();
});
