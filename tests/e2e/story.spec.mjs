// The main story: two phones without network, one office, one household.
import { expect, test } from './support/test.mjs';
import {
  DESK, PHONE, answer, button, connect, crash, finish, ka, question, recordOf, saved, signIn, walk,
} from './support/phone.mjs';
import { Form } from './support/form.mjs';
import { Office, PASSWORD, Server } from './support/server.mjs';

let server;
let admin;

test.beforeAll(async () => {
  server = await Server.create();
  await server.start();
  admin = await new Office(server).setUp();
});

test.afterAll(async () => {
  await server?.destroy();
});

async function code(user) {
  return (await admin.post('/api/enrolment-codes', { user: user.id })).code;
}

const atCheck = (page) => /\/check$/.test(page.url());

async function sendAll(page) {
  await page.goto(`${server.url}/sending`);
  await button(page, 'action.send_now').click();
}

const hh = new Form('hh_core');
const child = new Form('child_core');

const HOUSEHOLD = hh.answers({
  visit_reason: 'survey',
  result: 'completed',
  consent: 'yes',
  consent_scope: ['plan', 'case'],
  consent_mode: 'oral_witness',
  hh_size: 4,
});

// What the middle of the survey insists on.
const LATER = hh.answers({});
const CHILD = child.answers({});

const MEMBERS = [
  { m_first: 'ნინო', m_last: 'ბერიძე', m_sex: 'f', m_age: 34, m_rel: 'head' },
  { m_first: 'გიორგი', m_last: 'ბერიძე', m_sex: 'm', m_age: 38, m_rel: 'spouse' },
  { m_first: 'ლუკა', m_last: 'ბერიძე', m_sex: 'm', m_age: 9, m_rel: 'child' },
  { m_first: 'ანა', m_last: 'ბერიძე', m_sex: 'f', m_age: 4, m_rel: 'child' },
];

async function addMember(page, member) {
  await button(page, 'roster.add').click();
  // Until its first question and its address are there, Continue is the list's own, and the late address would pass
  // for a step onward.
  await expect(question(page, hh.label('m_first'))).toBeVisible();
  await expect(page).not.toHaveURL(/\/at\/members$/);
  await walk(page, hh.answers(member), (page, passed) => passed.length > 0 && page.url().endsWith('/at/members'));
}

async function leave(page) {
  await page.goto(`${server.url}/`);
  await expect(button(page, 'today.start_visit')).toBeVisible();
}

test('a household survey travels from an offline phone to the office', async ({ browser }) => {
  const workers = [
    await admin.person('mariam', 'მარიამ გელაშვილი', 'worker'),
    await admin.person('davit', 'დავით მაისურაძე', 'worker'),
  ];
  await admin.person('nino', 'ნინო კობალია', 'reviewer');

  const first = await browser.newContext(PHONE);
  let page = await first.newPage();

  await test.step('the phone is connected and holds the app', async () => {
    await connect(page, server.url, await code(workers[0]));
  });

  await test.step('without network and without server it starts from cold', async () => {
    await page.close();
    await server.stop();
    await first.setOffline(true);
    page = await first.newPage();
    await page.goto(server.url + '/');
    await expect(button(page, 'today.start_visit')).toBeVisible();
  });

  let household;
  await test.step('a household of four with two children is begun', async () => {
    await button(page, 'today.start_visit').click();
    await page.getByRole('button', { name: ka('today.new_family') }).click();
    await walk(page, HOUSEHOLD, (page) => page.url().endsWith('/at/members'));
    household = recordOf(page);
    for (const member of MEMBERS) await addMember(page, member);
    await expect(page.locator('.roster__name')).toHaveCount(4);
    await saved(page);
  });

  await test.step('a wrong number is refused in words, and kept on the screen', async () => {
    await walk(page, {}, (page) => page.url().endsWith('/at/rooms'));
    await answer(question(page, hh.label('rooms')), 45);
    await button(page, 'action.continue').click();
    const error = question(page, hh.label('rooms')).locator('.field__error');
    await expect(error).toBeVisible();
    await expect(question(page, hh.label('rooms')).locator('.field__box')).toHaveValue('45');
    await answer(question(page, hh.label('rooms')), 2);
    await saved(page);
  });

  await test.step('the page dies in the middle; everything that was saved is there', async () => {
    page = await crash(page);
    await page.goto(server.url + '/');
    await button(page, 'today.carry_on').click();
    await expect(question(page, hh.label('rooms')).locator('.field__box')).toHaveValue('2');
    await page.goto(`${server.url}/record/${household}/at/members`);
    await expect(page.locator('.roster__name')).toHaveCount(4);
  });

  await test.step('the household survey is finished', async () => {
    await page.goto(`${server.url}/record/${household}/at/rooms`);
    await walk(page, { ...HOUSEHOLD, ...LATER }, atCheck);
    await finish(page);
  });

  await test.step('both children get their survey', async () => {
    for (const name of ['ლუკა', 'ანა']) {
      await page.goto(`${server.url}/household/${household}`);
      const begin = ka('household.child_survey_begin');
      await page.getByRole('button', { name: new RegExp(`^${name}.*${begin}$`) }).click();
      await walk(page, CHILD, atCheck);
      await finish(page);
    }
    await page.goto(`${server.url}/sending`);
    for (const name of ['ლუკა', 'ანა', 'ბერიძე']) {
      await expect(page.getByRole('link', { name: new RegExp(name) }).first()).toBeVisible();
    }
  });

  await test.step('the network returns and the office receives', async () => {
    await server.start();
    await first.setOffline(false);
    await sendAll(page);
    await expect.poll(async () => (await admin.get('/api/records')).total).toBe(3);
  });

  const second = await browser.newContext(PHONE);
  const other = await second.newPage();
  await test.step('a second phone receives the household; both then lose the network', async () => {
    await connect(other, server.url, await code(workers[1]));
    await other.goto(`${server.url}/household/${household}`);
    await expect(other.getByText('ლუკა').first()).toBeVisible();
    await first.setOffline(true);
    await second.setOffline(true);
  });

  await test.step('both edit it: one other field, one same field, one more child', async () => {
    const edit = async (page, name, value) => {
      await page.goto(`${server.url}/record/${household}/at/${name}`);
      await answer(question(page, hh.label(name)), value);
      await saved(page);
    };
    await edit(page, 'rooms', 3);
    await edit(other, 'rooms', 4);
    await edit(other, 'idea', 'საბავშვო მოედანი');
    await other.goto(`${server.url}/record/${household}/at/members`);
    await addMember(other, { ...MEMBERS[3], m_first: 'საბა' });
    await leave(page);
    await leave(other);
  });

  await test.step('both send; both converge', async () => {
    await first.setOffline(false);
    await second.setOffline(false);
    for (const phone of [page, other, page, other]) {
      await sendAll(phone);
      // What the next one is to receive has arrived, and opening the page anew cuts no sync short.
      await expect(button(phone, 'sending.button')).not.toHaveAttribute('aria-busy', 'true');
    }
    for (const phone of [page, other]) {
      await phone.goto(`${server.url}/household/${household}`);
      await expect(phone.getByText('საბა').first()).toBeVisible();
      await expect(phone.getByText(ka('status.conflict')).first()).toBeVisible();
      await phone.goto(`${server.url}/record/${household}/two-answers`);
      const colleague = phone === page ? 'დავით მაისურაძე' : 'მარიამ გელაშვილი';
      await expect(phone.getByText(colleague).first()).toBeVisible();
      await phone.goto(`${server.url}/record/${household}/at/idea`);
      await expect(question(phone, hh.label('idea')).locator('.field__box')).toHaveValue('საბავშვო მოედანი');
    }
  });

  await test.step('the office sees household, children and both values', async () => {
    const desk = await (await browser.newContext(DESK)).newPage();
    await signIn(desk, server.url, 'nino', PASSWORD);
    await desk.getByRole('link', { name: /ბერიძე/ }).first().click();
    await expect(desk.getByText('საბა').first()).toBeVisible();
    const rooms = desk.locator('.answers__row, .resolve, .answer-card').filter({ hasText: hh.label('rooms') });
    await expect(rooms.first()).toContainText('3');
    await expect(rooms.first()).toContainText('4');
  });

  await test.step('the rows in Postgres agree with the page', async () => {
    const rows = server.psql(`
      SELECT r.two_answers, (SELECT count(*) FROM members m WHERE m.tenant_id = r.tenant_id AND m.record_id = r.record_id)
      FROM records r WHERE r.kind = 'household'`);
    expect(rows).toEqual(['1|5']);
    expect(server.psql("SELECT title FROM records WHERE kind = 'child' ORDER BY title")).toEqual(['ანა', 'ლუკა']);
  });
});
