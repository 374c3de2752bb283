// What the server cannot take in: seen on the phone and in the office, decided by a person.
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

test('a refused change is seen on both sides, retried, discarded', async ({ browser }) => {
  const admin = await new Office(server).signIn('giorgi');
  const field = await browser.newContext(PHONE);
  const phone = await field.newPage();
  await connect(phone, server.url, await admin.code('mariam'));
  const context = await browser.newContext(DESK);
  const heard = [watch(field), watch(context)];
  const desk = await context.newPage();
  await signIn(desk, server.url, 'nino');
  const rail = desk.locator('.rail').getByRole('link', { name: ka('status.wedged') });
  await expect(rail).toBeVisible();
  await expect(rail.locator('.rail__count')).toHaveCount(0);

  // A fault of the server: it takes the phone for another one, whose changes these would not be.
  const own = server.newestDevice('mariam');
  const other = 'ffffffffffffffff';
  server.renameDevice(own, other);

  const begin = async () => {
    await beginFamily(phone, server.url);
    await answer(question(phone, hh.label('visit_reason')), hh.choice('visit_reason', 'survey'));
    await saved(phone);
    const record = recordOf(phone);
    await phone.goto(`${server.url}/sending`);
    return record;
  };
  const number = (record) => `K-${record.slice(-4)}`;
  const held = (record) => phone.locator('.sync-row', { hasText: number(record) });
  const row = (record) => desk.locator('.table tbody tr', { hasText: number(record) });

  let first;
  let second;
  await test.step('the phone says why, and what happens', async () => {
    first = await begin();
    await button(phone, 'sending.button').click();
    await expect(held(first)).toContainText(ka('held.why_foreign_actor'));
    await expect(phone.getByText(ka('held.next'))).toBeVisible();
    // What the office has not got is not called received.
    await expect(phone.getByText(ka('sending.done', { count: '1' }))).toHaveCount(0);
    await expect(phone.getByText(ka('sending.nothing'))).toHaveCount(0);
    second = await begin();
    await button(phone, 'sending.button').click();
    await expect(held(second)).toContainText(ka('held.why_foreign_actor'));
    await accessible(phone, 'sending with held changes');
    await wellLaidOut(phone, 'sending with held changes', 48);
  });

  await test.step('the office counts and lists them as they come', async () => {
    await expect(rail.locator('.rail__count')).toHaveText('2');
    await rail.click();
    await expect(row(first)).toContainText(ka('held.why_foreign_actor'));
    await expect(row(second)).toContainText('მარიამ');
    await accessible(desk, 'held changes');
    await wellLaidOut(desk, 'held changes', 24);
  });

  await test.step('tried while the reason is still there, it stays', async () => {
    await row(first).getByRole('button', { name: ka('held.retry') }).click();
    await expect(desk.locator('.toast')).toContainText(ka('held.still', { reason: ka('held.why_foreign_actor') }));
    await expect(row(first)).toBeVisible();
  });

  await test.step('tried when it is gone, it arrives', async () => {
    server.renameDevice(other, own);
    await row(first).getByRole('button', { name: ka('held.retry') }).click();
    await expect(row(first)).toHaveCount(0);
    await expect(rail.locator('.rail__count')).toHaveText('1');
    expect(server.psql(`SELECT count(*) FROM records WHERE record_id = '${first}'`)).toEqual(['1']);
  });

  await test.step('discarded with a reason that the worker reads', async () => {
    await row(second).getByRole('button', { name: ka('held.discard') }).click();
    const dialog = desk.locator('dialog[open]');
    await dialog.getByRole('button', { name: ka('held.discard'), exact: true }).click();
    await expect(dialog.getByText(ka('held.discard_needs'))).toBeVisible();
    await dialog.getByLabel(ka('held.discard_label')).fill('ეს ოჯახი უკვე აღწერილია');
    await dialog.getByRole('button', { name: ka('held.discard'), exact: true }).click();
    await expect(desk.getByText(ka('held.none'))).toBeVisible();
    await expect(rail.locator('.rail__count')).toHaveCount(0);
  });

  await test.step('the phone hears of both', async () => {
    await button(phone, 'sending.button').click();
    await expect(phone.getByText(ka('held.discarded', { reason: 'ეს ოჯახი უკვე აღწერილია' }))).toBeVisible();
    await expect(phone.locator('.sync-row__state', { hasText: ka('held.why_foreign_actor') })).toHaveCount(0);
    await button(phone, 'action.ok').click();
    await expect(phone.getByText('ეს ოჯახი უკვე აღწერილია')).toHaveCount(0);
  });
  heard.forEach((each) => each.quiet());
  await field.close();
  await context.close();
});
