// A file that the server does not take: nobody is told that everything has arrived.
import { expect, test } from './support/test.mjs';
import { PHONE, beginFamily, button, connect, ka, question, recordOf, saved } from './support/phone.mjs';
import { noise } from './support/picture.mjs';
import { DATABASE, read, write } from './support/rows.mjs';
import { Office, Server } from './support/server.mjs';
import { accessible, wellLaidOut } from './support/watch.mjs';

const LABEL = 'სახლის ფოტო';
// In place of the household's questionnaire, so that a visit begins with it.
const FORM = `
| survey |
| | type | name | label::ქართული (ka) |
| | image | house | ${LABEL} |
| settings |
| | form_id | version | form_title | default_language | subject |
| | hh_core | photos | ფოტოები | ქართული (ka) | household |
`;

let server;
test.beforeAll(async () => {
  server = await Server.create({ demo: 1 });
  await server.start();
});
test.afterAll(async () => {
  await server?.destroy();
});

test('a refused photo is told apart from what arrived, and then from what is lost', async ({ browser }) => {
  const admin = await new Office(server).signIn('giorgi');
  const published = await fetch(`${server.url}/api/forms?publish=1`, {
    method: 'POST',
    headers: { 'content-type': 'text/markdown', cookie: admin.cookie, 'sec-fetch-site': 'same-origin' },
    body: FORM,
  });
  expect(published.status, await published.clone().text()).toBe(200);
  const context = await browser.newContext(PHONE);
  const page = await context.newPage();
  await connect(page, server.url, await admin.code('mariam'));
  const body = JSON.stringify({ code: 'attachment_refused' });
  await page.route('**/api/attachments', (route) => route.fulfill({ status: 422, contentType: 'application/problem+json', body }));
  await beginFamily(page, server.url);
  const record = recordOf(page);
  const house = question(page, LABEL);
  const picture = { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from(await page.evaluate(noise, 1)) };
  await house.locator('input[type=file]').first().setInputFiles(picture);
  await expect(house.locator('img.media__photo')).toBeVisible();
  await saved(page);

  await page.goto(`${server.url}/sending`);
  await expect(page.getByText(ka('sending.files_refused', { count: '1' }))).toBeVisible();
  await button(page, 'sending.button').click();
  await expect(button(page, 'sending.button')).not.toHaveAttribute('aria-busy', 'true');
  await expect(page.getByText(ka('sending.last_contact', { when: '' }).trim()).first()).toBeVisible();
  await expect(page.getByText(ka('sending.nothing'))).toHaveCount(0);
  await accessible(page, 'a refused photo');
  await wellLaidOut(page, 'a refused photo', 48);
  const place = house.locator('.media__place');
  await page.goto(`${server.url}/record/${record}/at/house`);
  await expect(place).toContainText(ka('media.held'));

  // Storage damages it: that it is on this phone would not be true any more.
  const rows = await page.evaluate(read, { database: DATABASE, tables: ['blob'] });
  await page.goto(`${server.url}/healthz`);
  const harmed = rows.map(([table, key, hex]) => [table, key, hex.slice(0, -2)]);
  await page.evaluate(write, { database: DATABASE, tables: ['blob'], rows: harmed });
  await page.goto(`${server.url}/record/${record}/at/house`);
  await expect(place).toContainText(ka('media.lost'));
  await expect(house.getByText(ka('media.held'))).toHaveCount(0);
  // Once.
  await expect(house.getByText(ka('media.lost'))).toHaveCount(1);
  await context.close();
});
