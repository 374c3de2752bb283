// Workbooks made for ODK Central. The sheet `entities` of one says that a submission is a household and each of a
// repeat a person: on the phone it is a family with members, in the office a record with its settlement. Another
// follows the households up by `entity_id`: it goes to the one that was chosen, and alters it.
import { expect, test } from './support/test.mjs';
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

const AGAIN = 'ოჯახის ხელახლა ნახვა';
const FOLLOW_UP = workbook({
  survey: [
    ['type', 'name', 'label', 'required', 'save_to', 'calculation'],
    ['select_one_from_file households.csv', 'family', 'რომელ ოჯახს ვნახულობთ?', 'yes', '', ''],
    ['calculate', 'before', '', '', '', "pulldata('households', 'head_name', 'name', ${family})"],
    ['text', 'now', 'ვინ არის ახლა უფროსი? აქამდე იყო ${before}', 'yes', 'households#head_name', ''],
  ],
  entities: [
    ['list_name', 'entity_id', 'update_if'],
    ['households', '${family}', "${now} != ''"],
  ],
  settings: [
    ['form_title', 'form_id', 'version'],
    [AGAIN, 'again', '1'],
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

// Presses something and goes back before the next frame.
const pressAndBack = (page, selector) =>
  page.evaluate(
    (selector) =>
      new Promise((done) => {
        const held = [];
        const own = { requestAnimationFrame: window.requestAnimationFrame, setTimeout: window.setTimeout };
        for (const name of Object.keys(own)) window[name] = (run) => held.push(run);
        const gone = () => {
          Object.assign(window, own);
          held.forEach((run) => run());
          done();
        };
        addEventListener('popstate', gone, { once: true });
        document.querySelector(selector).click();
        history.back();
      }),
    selector,
  );

const onward = (page) => button(page.locator('.action-bar'), 'action.continue');

test('entities of a workbook are families and members here', async ({ browser }) => {
  await publish(browser, server.url, 'register.xlsx', REGISTER, PASSWORD);
  await publish(browser, server.url, 'again.xlsx', FOLLOW_UP, PASSWORD);
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
  // An item's entry of the history is made behind its first frame: whoever goes back before is at the list, too.
  const list = page.url();
  const members = page.locator('.roster__main');
  await pressAndBack(page, '.roster__main');
  await expect(members).toHaveCount(2);
  await expect(page).toHaveURL(list);
  await members.first().click();
  await expect(question(page, 'რა ჰქვია?')).toBeVisible();
  await expect(page).not.toHaveURL(list);
  await page.goBack();
  await expect(members).toHaveCount(2);
  await expect(page).toHaveURL(list);
  await page.goBack();
  await expect(question(page, 'რამდენი წლისაა?')).toBeVisible();
  await page.goForward();
  await expect(members).toHaveCount(2);
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

  // A follow-up that begins without a family asks for it.
  await page.goto(`${server.url}/`);
  await button(page, 'today.start_visit').click();
  await page.getByRole('button', { name: AGAIN, exact: true }).click();
  await answer(question(page, 'რომელ ოჯახს ვნახულობთ?'), 'ოჯახი გელა');
  await shot(page, 'entities-choose');
  await onward(page).click();
  await answer(question(page, 'აქამდე იყო გელა'), 'ლია');
  await onward(page).click();
  await finish(page);
  const visit = recordOf(page);
  await button(page, 'receipt.to_family').click();
  await expect(page).toHaveURL(`${server.url}/household/${record}`);
  await expect(page.getByRole('link', { name: AGAIN })).toBeVisible();
  await shot(page, 'entities-visited');
  await wellLaidOut(page, 'a family with a follow-up');
  // The next one, from the family's page, knows which it is, and what the last one altered.
  await page.getByRole('button', { name: AGAIN, exact: true }).click();
  await expect(question(page, 'რომელ ოჯახს ვნახულობთ?').getByRole('radio', { name: 'ოჯახი გელა' })).toBeChecked();
  await onward(page).click();
  await expect(question(page, 'აქამდე იყო ლია')).toBeVisible();
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
  const family = desk.locator('.record__linked');
  await expect(family).toContainText(ka('record.visits'));
  await shot(desk, 'entities-record');
  await family.getByRole('link', { name: AGAIN }).first().click();
  await expect(desk).not.toHaveURL(new RegExp(record));
  await desk.goto(`${server.url}/office/record/${visit}`);
  for (const text of ['ოჯახი გელა', 'ლია']) await expect(desk.locator('main')).toContainText(text);
  await shot(desk, 'entities-visit');
  await desk.context().close();
  console.quiet();
  await context.close();
});
