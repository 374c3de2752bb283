// A phone whose clock is wrong: the person hears of it when the server has answered, and goes on working.
import { expect, test } from './support/test.mjs';
import { Form } from './support/form.mjs';
import { PHONE, answer, beginFamily, button, connect, ka, question, recordOf, saved } from './support/phone.mjs';
import { Office, Server } from './support/server.mjs';
import { accessible, watch, wellLaidOut } from './support/watch.mjs';

const HOUR = 3_600_000;
const hh = new Form('hh_core');

let server;
test.beforeAll(async () => {
  server = await Server.create({ demo: 1 });
  await server.start();
});
test.afterAll(async () => {
  await server?.destroy();
});

// Runs in the page before the app: the page's clock is as far off as the browser remembers.
function shifted(hour) {
  const Right = Date;
  const off = () => Number(localStorage.getItem('clock-off') ?? 3 * hour);
  window.Date = class extends Right {
    constructor(...parts) {
      super(...(parts.length ? parts : [Right.now() + off()]));
    }

    static now() {
      return Right.now() + off();
    }
  };
}

test('a wrong clock is told, blocks nothing, and is looked at again', async ({ browser }) => {
  const admin = await new Office(server).signIn('giorgi');
  const context = await browser.newContext(PHONE);
  const console = watch(context);
  const page = await context.newPage();
  await page.addInitScript(shifted, HOUR);
  const hours = page.getByText(ka('error.clock_hours', { count: '3' }));
  const days = page.getByText(ka('error.clock_days', { count: '2' }));
  const set = (off) => page.evaluate((off) => localStorage.setItem('clock-off', String(off)), off);

  await connect(page, server.url, await admin.code('mariam'));
  await expect(hours).toBeVisible();
  await accessible(page, 'a wrong clock');
  await wellLaidOut(page, 'a wrong clock', 48);

  await beginFamily(page, server.url);
  const record = recordOf(page);
  await answer(question(page, hh.label('visit_reason')), hh.choice('visit_reason', 'survey'));
  await saved(page);
  await page.goto(`${server.url}/sending`);
  const known = () => server.psql(`SELECT count(*) FROM records WHERE record_id = '${record}'`)[0];
  await expect.poll(known).toBe('1');

  // Put right in the phone's settings: the page that comes to the front again looks at it by itself.
  await expect(hours).toBeVisible();
  await set(0);
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await expect(hours).toHaveCount(0);

  await set(-48 * HOUR);
  await button(page, 'sending.button').click();
  await expect(days).toBeVisible();
  await set(0);
  await button(page, 'action.try_again').click();
  await expect(days).toHaveCount(0);
  console.quiet();
  await context.close();
});
