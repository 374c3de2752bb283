// The app's WebAssembly traps: a fault of ours, or no memory left.
import { expect, test } from './support/test.mjs';
import { Form } from './support/form.mjs';
import { PHONE, answer, beginFamily, connect, question, saved } from './support/phone.mjs';
import { Office, Server } from './support/server.mjs';

const hh = new Form('hh_core');

let server;
test.beforeAll(async () => {
  server = await Server.create({ demo: 2 });
  await server.start();
});
test.afterAll(async () => {
  await server?.destroy();
});

// As the browser tells of it.
const trap = () => {
  const error = new WebAssembly.RuntimeError('unreachable');
  window.trapped = true;
  dispatchEvent(new ErrorEvent('error', { error }));
  return document.body.inert;
};

test('an app that traps takes nothing more, and begins anew with what was saved', async ({ browser }) => {
  const context = await browser.newContext(PHONE);
  const page = await context.newPage();
  const admin = await new Office(server).signIn('giorgi');
  await connect(page, server.url, await admin.code('mariam'));
  await beginFamily(page, server.url);
  const reason = () => question(page, hh.label('visit_reason'));
  const chosen = hh.choice('visit_reason', 'referral');
  await answer(reason(), chosen);
  await saved(page);
  const begun = () => page.waitForFunction(() => !window.trapped && document.querySelector('.question'));

  // What others throw is not the app's.
  expect(await page.evaluate(() => dispatchEvent(new ErrorEvent('error', { error: new Error('x') })) && document.body.inert)).toBe(false);
  expect(await page.evaluate(trap)).toBe(true);
  await begun();
  await expect(reason().locator('label.choice').filter({ has: page.locator('input:checked') })).toHaveText(chosen);
  expect(await page.evaluate(() => document.body.inert)).toBe(false);

  // Once more, at once: nobody types in vain, and it does not go round and round.
  const started = Date.now();
  expect(await page.evaluate(trap)).toBe(true);
  await begun();
  expect(Date.now() - started).toBeGreaterThan(9_000);
  await context.close();
});
