// The main story: two phones without network, one office, one household.
import { execFileSync } from 'node:child_process';
import { expect, test } from '@playwright/test';
import { DESK, PHONE, answer, button, enrol, installed, ka, saved, walk } from './support/phone.mjs';
import { Office, Server } from './support/server.mjs';

const PASSWORD = 'a long enough password';
let server;
let admin;

test.beforeAll(async () => {
  server = await Server.create();
  await server.start();
  admin = new Office(server);
  await admin.post('/api/setup', {
    token: server.setupToken,
    login: 'giorgi',
    name: 'გიორგი ლომიძე',
    password: PASSWORD,
    municipality_name: { ka: 'გარდაბნის მუნიციპალიტეტი', en: 'Gardabani municipality' },
  });
});

test.afterAll(async () => {
  await server?.destroy();
});

async function person(login, name, role) {
  const { user } = await admin.post('/api/users', { login, name, role, password: PASSWORD });
  return user;
}

async function code(user) {
  return (await admin.post('/api/enrolment-codes', { user: user.id })).code;
}

const question = (page, label) =>
  page.locator('.question:visible').filter({ has: page.locator('.question__label', { hasText: label }) });

const atCheck = (page) => /\/check$/.test(page.url());
const recordOf = (page) => page.url().match(/record\/([0-9a-f]{32})/)[1];

async function sendAll(page) {
  await page.goto(`${server.url}/sending`);
  await button(page, 'action.send_now').click();
}

async function signIn(page, login) {
  await page.goto(`${server.url}/office`);
  await page.getByLabel(ka('office.login'), { exact: true }).fill(login);
  await page.getByLabel(ka('office.password'), { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: ka('office.sign_in'), exact: true }).click();
}

const HOUSEHOLD = {
  'ვიზიტის მიზეზი': 'გეგმური გამოკითხვა',
  'ვიზიტის შედეგი': 'დასრულებული',
};

test('a household survey travels from an offline phone to the office', async ({ browser }) => {
  const workers = [
    await person('mariam', 'მარიამ გელაშვილი', 'worker'),
    await person('davit', 'დავით მაისურაძე', 'worker'),
  ];
  await person('nino', 'ნინო კობალია', 'reviewer');

  const first = await browser.newContext(PHONE);
  let page = await first.newPage();

  await test.step('the phone is connected and holds the app', async () => {
    await enrol(page, server.url, await code(workers[0]));
    await installed(page);
    await page.getByRole('button', { name: ka('action.continue') }).click();
    await expect(button(page, 'today.start_visit')).toBeVisible();
  });

  await test.step('without network and without server it starts from cold', async () => {
    await page.close();
    await server.stop();
    await first.setOffline(true);
    page = await first.newPage();
    await page.goto(server.url + '/');
    await expect(button(page, 'today.start_visit')).toBeVisible();
  });

  await test.step('a household is begun', async () => {
    await button(page, 'today.start_visit').click();
    await page.getByRole('button', { name: ka('today.new_family') }).click();
    const passed = await walk(page, HOUSEHOLD, (page, passed) => passed.length > 12);
    console.log(passed, page.url());
    await page.screenshot({ path: '/tmp/q.png' });
  });
});
