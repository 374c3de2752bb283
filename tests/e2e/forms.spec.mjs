// Forms as administrators bring them: a workbook with its pictures and tables, and a questionnaire that
// changes while a record is half filled in.
import { expect, test } from './support/test.mjs';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DESK, PHONE, beginFamily, button, connect, finish, ka, question, recordOf, saved, signIn, walk } from './support/phone.mjs';
import { Office, PASSWORD, Server } from './support/server.mjs';
import { archive } from './support/workbook.mjs';

const SHOTS = process.env.KARDAKAR_SHOTS;

let server;
let admin;

async function publish(body, type = 'text/markdown', publishing = 1) {
  const response = await fetch(`${server.url}/api/forms?publish=${publishing}`, {
    method: 'POST',
    headers: { 'content-type': type, cookie: admin.cookie, 'sec-fetch-site': 'same-origin' },
    body,
  });
  const answer = await response.json();
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return answer;
}

async function shot(page, name) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

test.beforeAll(async () => {
  server = await Server.create();
  await server.start();
  admin = await new Office(server).setUp({ mariam: 'worker', nino: 'reviewer' });
});

test.afterAll(() => server?.destroy());

async function phone(browser) {
  const context = await browser.newContext(PHONE);
  const page = await context.newPage();
  await connect(page, server.url, await admin.code('mariam'));
  return page;
}

const settings = (version) => `
| settings |
| | form_title | form_id | version | default_language | subject |
| | ოჯახი | hh_core | ${version} | ka | household |
`;
const HEAD = '| survey |\n| | type | name | label::ქართული (ka) | default |\n';

// ---- drafts across versions ----

const FIRST = `${HEAD}| | text | first | ვინ ცხოვრობს აქ? | |
| | text | phone | ტელეფონი | |
| | integer | rooms | რამდენი ოთახია? | |
| | text | stove | რა ღუმელია? | |
${settings('2026010101')}`;
// `phone` is called otherwise, `stove` is gone, `heating` is new and has a default.
const SECOND = `${HEAD}| | text | first | ვინ ცხოვრობს აქ? | |
| | text | mobile | მობილური | |
| | integer | rooms | რამდენი ოთახია? | |
| | text | heating | რით თბება ბინა? | შეშით |
${settings('2026010102')}`;

const box = (page, label) => question(page, label).locator('.field__box');

test('a draft goes on under the next version of its form', async ({ browser }) => {
  await publish(FIRST);
  const page = await phone(browser);
  await beginFamily(page, server.url);
  const record = recordOf(page);
  for (const [name, label, value] of [
    ['first', 'ვინ ცხოვრობს აქ?', 'ბერიძე'],
    ['phone', 'ტელეფონი', '599 11 22 33'],
    ['stove', 'რა ღუმელია?', 'თუჯის'],
  ]) {
    await page.goto(`${server.url}/record/${record}/at/${name}`);
    await box(page, label).fill(value);
    await box(page, label).blur();
    await saved(page);
  }
  await page.goto(`${server.url}/`);
  await expect(button(page, 'today.start_visit')).toBeVisible();

  const { form } = await publish(SECOND);
  await page.goto(`${server.url}/sending`);
  const told = async () => {
    await button(page, 'action.send_now').click();
    return page.evaluate(
      (id) =>
        new Promise((done) => {
          const open = indexedDB.open('kardakar');
          open.onsuccess = () => {
            const get = open.result.transaction('form').objectStore('form').getKey(id);
            get.onsuccess = () => {
              open.result.close();
              done(get.result === id);
            };
          };
        }),
      form.id,
    );
  };
  await expect.poll(told, { timeout: 30_000 }).toBe(true);

  await page.goto(`${server.url}/record/${record}/at/first`);
  await expect(page.getByRole('heading', { name: ka('version.title') })).toBeVisible();
  await expect(page.locator('main')).toContainText('მობილური');
  await expect(page.locator('main')).toContainText('რით თბება ბინა?');
  await expect(page.locator('main')).toContainText('რა ღუმელია?');
  await expect(page.locator('main')).toContainText('თუჯის');
  await expect(page.locator('main')).toContainText('599 11 22 33');
  await shot(page, 'forms-versions');
  await button(page, 'action.continue').click();

  await expect(box(page, 'ვინ ცხოვრობს აქ?')).toHaveValue('ბერიძე');
  await page.goto(`${server.url}/record/${record}/at/heating`);
  await expect(box(page, 'რით თბება ბინა?')).toHaveValue('შეშით');
  await page.goto(`${server.url}/record/${record}/at/mobile`);
  await expect(box(page, 'მობილური')).toHaveValue('');
  await page.goto(`${server.url}/record/${record}/at/first`);
  await walk(page, {}, async () => /\/check$/.test(page.url()));
  await finish(page);
  await page.goto(`${server.url}/sending`);
  await button(page, 'action.send_now').click();

  // The office sees the answers without a question, and so does everything that is exported.
  // It may have been there before as it was left under the first version.
  const kept = async () => JSON.stringify(await admin.get(`/api/records/${record}`).catch(() => null));
  await expect.poll(kept, { timeout: 30_000 }).toContain('შეშით');
  for (const value of ['ბერიძე', 'თუჯის', '599 11 22 33']) expect(await kept()).toContain(value);
  expect((await admin.get('/api/records')).items.length).toBe(1);
  const desk = await (await browser.newContext(DESK)).newPage();
  await signIn(desk, server.url, 'nino', PASSWORD);
  await desk.goto(`${server.url}/office/record/${record}`);
  await expect(desk.locator('main')).toContainText('თუჯის');
  await expect(desk.locator('main')).toContainText('599 11 22 33');
  await shot(desk, 'forms-versions-office');
  await desk.context().close();
  await page.context().close();
});

// ---- a workbook with its files ----

const PACKED = `| survey |
| | type | name | label::ქართული (ka) | media::image::ქართული (ka) | appearance |
| | select_one_from_file villages.csv | village | რომელი სოფელი? | | |
| | select_one roofs | roof | როგორი სახურავია? | roof.png | |
| | text | more | კიდევ რამე? | | |

| choices |
| | list_name | name | label::ქართული (ka) | image |
| | roofs | flat | ბრტყელი | flat.png |
| | roofs | steep | დახრილი | |
${settings('2026010103')}`;

// One red dot.
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==',
  'base64',
);

test('pictures and tables come with the workbook and are there offline', async ({ browser }) => {
  const files = {
    'form.md': PACKED,
    'media/roof.png': PNG,
    'media/flat.png': Buffer.concat([PNG, Buffer.from('other')]),
    'villages.csv': 'name,label\nv1,ანანური\nv2,ფასანაური\n',
  };
  const { published, warnings, form } = await publish(archive(files), 'application/zip');
  expect(published).toBe(true);
  expect(warnings.map((warning) => warning.code)).not.toContain('missing_file');
  expect(form.files).toBe(2);
  const unsafe = { ...files, 'media/roof.png': '<html><script>alert(1)</script></html>' };
  const refused = await fetch(`${server.url}/api/forms?publish=1`, {
    method: 'POST',
    headers: { 'content-type': 'application/zip', cookie: admin.cookie, 'sec-fetch-site': 'same-origin' },
    body: archive(unsafe),
  });
  expect(refused.status).toBe(422);

  const page = await phone(browser);
  await page.goto(`${server.url}/sending`);
  await button(page, 'action.send_now').click();
  const fetched = () =>
    page.evaluate(
      () =>
        new Promise((done) => {
          const open = indexedDB.open('kardakar');
          open.onsuccess = () => {
            const count = open.result.transaction('blob').objectStore('blob').count();
            count.onsuccess = () => {
              open.result.close();
              done(count.result);
            };
          };
        }),
    );
  await expect.poll(fetched, { timeout: 30_000 }).toBe(2);
  await page.context().setOffline(true);
  await beginFamily(page, server.url);
  const record = recordOf(page);
  await page.goto(`${server.url}/record/${record}/at/village`);
  await expect(question(page, 'რომელი სოფელი?')).toContainText('ფასანაური');
  await page.goto(`${server.url}/record/${record}/at/roof`);
  const roof = question(page, 'როგორი სახურავია?');
  await expect(roof.locator('img')).toHaveCount(2);
  const drawn = (image) => image.evaluate((image) => image.decode().then(() => image.naturalWidth));
  expect(await drawn(roof.locator('.question__head img'))).toBe(1);
  expect(await drawn(roof.locator('label.choice img'))).toBe(1);
  await shot(page, 'forms-pictures');
  await page.context().close();
});
