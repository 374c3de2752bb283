// A phone from which nothing is taken in: what its page says, and the administrator's way to lift that.
import { expect, test } from './support/test.mjs';
import { Form } from './support/form.mjs';
import { DESK, PHONE, answer, beginFamily, button, connect, ka, question, recordOf, saved, signIn } from './support/phone.mjs';
import { Office, Server } from './support/server.mjs';
import { accessible, watch, wellLaidOut } from './support/watch.mjs';

const hh = new Form('hh_core');

let server;
test.beforeAll(async () => {
  server = await Server.create({ demo: 1 });
  await server.start();
});
test.afterAll(async () => {
  await server?.destroy();
});

test('a paused phone is explained among the phones, and taken in again by a button', async ({ browser }) => {
  const admin = await new Office(server).signIn('giorgi');
  const field = await browser.newContext(PHONE);
  const phone = await field.newPage();
  await connect(phone, server.url, await admin.code('mariam'));
  const device = server.newestDevice('mariam');
  // What the server does to a phone that sends damage again and again (server/tests/api/fairness.rs).
  server.psql(`UPDATE devices SET quarantined_at_ms = ${Date.now()} WHERE device_id = '\\x${device}'`);
  await beginFamily(phone, server.url);
  const record = recordOf(phone);
  await answer(question(phone, hh.label('visit_reason')), hh.choice('visit_reason', 'survey'));
  await saved(phone);
  await phone.goto(`${server.url}/sending`);
  await button(phone, 'sending.button').click();
  const told = phone.getByText(ka('error.paused'));
  await expect(told).toBeVisible();
  const known = () => server.psql(`SELECT count(*) FROM records WHERE record_id = '${record}'`)[0];
  expect(known()).toBe('0');

  const context = await browser.newContext(DESK);
  const heard = [watch(field), watch(context)];
  const desk = await context.newPage();
  await signIn(desk, server.url, 'giorgi');
  await desk.goto(`${server.url}/admin/devices`);
  const table = desk.locator('.table-wrap', { has: desk.getByText(ka('admin.device_paused'), { exact: true }) });
  const lift = table.getByRole('button', { name: ka('admin.device_lift') });
  await expect(lift).toHaveCount(1);
  await accessible(desk, 'a paused phone');
  await wellLaidOut(desk, 'a paused phone', 24);
  // Every column and the whole explanation are seen without moving the table.
  const hidden = await table.evaluate((wrap) => wrap.scrollWidth - wrap.clientWidth);
  expect(hidden).toBe(0);
  await lift.click();
  await expect(desk.locator('.toast')).toContainText(ka('admin.device_lifted', { name: '' }).trim());
  await expect(lift).toHaveCount(0);
  await expect(desk.getByText(ka('admin.device_paused'), { exact: true })).toHaveCount(0);

  await button(phone, 'action.try_again').click();
  await expect(told).toHaveCount(0);
  await expect.poll(known).toBe('1');
  heard.forEach((each) => each.quiet());
  await field.close();
  await context.close();
});
