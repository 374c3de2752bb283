// After a restore phones bring back what others made: a reviewer accepts all of it at once.
import { expect, test } from './support/test.mjs';
import { Form } from './support/form.mjs';
import { DESK, PHONE, answer, beginFamily, button, connect, ka, question, recordOf, saved, signIn } from './support/phone.mjs';
import { Office, Server } from './support/server.mjs';
import { accessible, watch, wellLaidOut } from './support/watch.mjs';

const hh = new Form('hh_core');

let server;
test.beforeAll(async () => {
  server = await Server.create({ demo: 2 });
  await server.start();
});
test.afterAll(async () => {
  await server?.destroy();
});

test('everything that others made is accepted at once', async ({ browser }) => {
  const admin = await new Office(server).signIn('giorgi');
  const field = await browser.newContext(PHONE);
  const phone = await field.newPage();
  await connect(phone, server.url, await admin.code('mariam'));
  const context = await browser.newContext(DESK);
  const heard = [watch(field), watch(context)];
  const desk = await context.newPage();
  await signIn(desk, server.url, 'nino');

  // The server takes the phone for another one, whose changes these would not be.
  const own = server.newestDevice('mariam');
  const other = 'ffffffffffffffff';
  server.renameDevice(own, other);
  const number = (record) => `K-${record.slice(-4)}`;
  const held = (record) => phone.locator('.sync-row', { hasText: number(record) });
  const records = [];
  for (let at = 0; at < 2; at++) {
    await beginFamily(phone, server.url);
    await answer(question(phone, hh.label('visit_reason')), hh.choice('visit_reason', 'survey'));
    await saved(phone);
    records.push(recordOf(phone));
    await phone.goto(`${server.url}/sending`);
    await button(phone, 'sending.button').click();
    await expect(held(records[at])).toContainText(ka('held.why_foreign_actor'));
  }
  server.renameDevice(other, own);

  await desk.locator('.rail').getByRole('link', { name: ka('status.wedged') }).click();
  await expect(desk.locator('.table tbody tr')).toHaveCount(2);
  await accessible(desk, 'held changes of others');
  await wellLaidOut(desk, 'held changes of others', 24);
  await button(desk, 'held.accept_all').click();
  const dialog = desk.getByRole('dialog', { name: ka('held.accept_all_title') });
  await expect(dialog).toContainText(ka('held.accept_all_text'));
  await accessible(desk, 'the question before all is accepted');
  await button(dialog, 'held.accept_all').click();
  await expect(desk.getByText(ka('held.accepted_all'))).toBeVisible();
  await expect(desk.getByText(ka('held.none'))).toBeVisible();
  await expect(button(desk, 'held.accept_all')).toHaveCount(0);

  await button(phone, 'sending.button').click();
  for (const record of records) {
    await expect(held(record)).toHaveCount(0);
  }
  heard.forEach((each) => each.quiet());
});
