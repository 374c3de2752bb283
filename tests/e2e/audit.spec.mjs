// The log of a visit whose page is killed in the middle: what was noted on earlier screens is in the file of the
// next visit, each line once.
import { expect, test } from './support/test.mjs';
import { PHONE, answer, button, connect, crash, finish, ka, publish, question, recordOf } from './support/phone.mjs';
import { DATABASE, read } from './support/rows.mjs';
import { Office, PASSWORD, Server } from './support/server.mjs';
import { workbook } from './support/workbook.mjs';

const NAMES = ['one', 'two', 'three', 'four', 'five'];
const FORM = workbook({
  survey: [
    ['type', 'name', 'label', 'parameters'],
    ['audit', 'audit', '', 'track-changes=true'],
    ...NAMES.map((name) => ['text', name, `კითხვა ${name}`, '']),
  ],
  settings: [
    ['form_title', 'form_id', 'version', 'subject'],
    ['ჟურნალი', 'logged', '1', 'household'],
  ],
});

let server;
let admin;

test.beforeAll(async () => {
  server = await Server.create();
  await server.start();
  admin = await new Office(server).setUp({ mariam: 'worker' });
});

test.afterAll(() => server?.destroy());

const text = (hex) => Buffer.from(hex, 'hex').toString('utf8');

// What is on the disk of the log, and in no file yet.
async function noted(page) {
  const rows = await page.evaluate(read, { database: DATABASE, tables: ['meta'] });
  return rows.filter(([, key]) => key.startsWith('noted/')).map(([, , hex]) => text(hex)).join('');
}

const journal = async (page) =>
  (await page.evaluate(read, { database: DATABASE, tables: ['journal'] })).map(([, , hex]) => text(hex)).join('');

const onward = (page) => button(page.locator('.action-bar'), 'action.continue');

async function fill(page, name, value) {
  await answer(question(page, `კითხვა ${name}`), value);
  await onward(page).click();
}

test('a page killed in the middle of a visit loses no line of the log, and none is there twice', async ({ browser }) => {
  await publish(browser, server.url, 'logged.xlsx', FORM, PASSWORD);
  const context = await browser.newContext(PHONE);
  let page = await context.newPage();
  await connect(page, server.url, await admin.code('mariam'));
  await page.goto(`${server.url}/`);
  await button(page, 'today.start_visit').click();
  await page.getByRole('button', { name: ka('today.new_family') }).click();
  await page.getByRole('button', { name: 'ჟურნალი', exact: true }).click();
  await expect(question(page, 'კითხვა one')).toBeVisible();
  const record = recordOf(page);
  // Killed twice: when two screens were left, and when a third one was.
  await fill(page, 'one', 'a');
  await fill(page, 'two', 'b');
  await expect(question(page, 'კითხვა three')).toBeVisible();
  await expect.poll(() => noted(page)).toContain('/data/two');
  page = await crash(page);
  await page.goto(`${server.url}/record/${record}/at/three`);
  await fill(page, 'three', 'c');
  await expect(question(page, 'კითხვა four')).toBeVisible();
  await expect.poll(() => noted(page)).toContain('/data/three');
  await answer(question(page, 'კითხვა four'), 'd');
  await expect.poll(() => journal(page)).toContain('four');
  page = await crash(page);
  await page.goto(`${server.url}/record/${record}/at/four`);
  await expect(question(page, 'კითხვა four').locator('.field__box')).toHaveValue('d');
  await onward(page).click();
  await fill(page, 'five', 'e');
  await finish(page);
  await page.goto(`${server.url}/sending`);
  await button(page, 'action.send_now').click();

  const log = async () => {
    // Before it arrives the office knows of none.
    const { attachments } = await admin.get(`/api/records/${record}/attachments`).catch(() => ({}));
    const file = attachments?.find(({ name, state }) => name === 'audit.csv' && state === 'received');
    if (!file) return '';
    const address = `${server.url}/api/records/${record}/attachments/${file.hash}?name=audit.csv`;
    return (await fetch(address, { headers: { cookie: admin.cookie } })).text();
  };
  await expect.poll(log).toContain('form finalize');
  const [head, ...lines] = (await log()).trimEnd().split('\n');
  expect(head).toBe('event,node,start,end,old-value,new-value');
  expect(new Set(lines).size, 'each line once').toBe(lines.length);
  const rows = lines.map((line) => line.split(','));
  const of = (event) => rows.filter(([name]) => name === event);
  expect(of('form start')).toHaveLength(1);
  expect(of('form resume')).toHaveLength(2);
  expect(of('form finalize')).toHaveLength(1);
  // Each answer as it came to be; what stood on the screen when the page was killed is in the visit after.
  const changes = of('question').filter(([, , , , , after]) => after).map(([, node, , , before, after]) => `${node} ${before}>${after}`);
  expect(changes).toEqual(['/data/one >a', '/data/two >b', '/data/three >c', '/data/five >e']);
  expect(of('question').filter(([, node]) => node === '/data/four')).toHaveLength(1);
  const starts = rows.map(([, , start]) => Number(start));
  expect(starts, 'in the order of time').toEqual([...starts].sort((a, b) => a - b));
  await page.goto(`${server.url}/`);
  await expect.poll(() => noted(page), 'what stands in the file is kept there alone').toBe('');
  await context.close();
});
