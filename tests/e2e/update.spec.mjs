// An installed app and a second build of it.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from './support/test.mjs';
import { Form } from './support/form.mjs';
import { PHONE, answer, beginFamily, button, connect, installed, ka, question, recordOf, saved } from './support/phone.mjs';
import { Office, SITE, Server } from './support/server.mjs';
import { NEW_TITLE, rebuild } from './support/site.mjs';

const hh = new Form('hh_core');
let server;
let folder;

test.afterEach(async () => {
  await server?.destroy();
  if (folder) await rm(folder, { recursive: true, force: true });
});

test('an update is offered, never forced, and takes nothing away', async ({ browser }) => {
  folder = await mkdtemp(join(tmpdir(), 'kd-site-'));
  server = await Server.create({ demo: 1 });
  await server.start();
  const admin = await new Office(server).signIn('giorgi');
  const context = await browser.newContext(PHONE);
  const page = await context.newPage();
  const check = () => page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update().then(() => {}, () => {}));
  const waiting = () => page.evaluate(async () => !!(await navigator.serviceWorker.getRegistration()).waiting);
  const build = () => page.locator('html').getAttribute('data-build');
  const deploy = async (site) => {
    await server.stop();
    server.site = site;
    await server.start();
  };

  await connect(page, server.url, await admin.code('mariam'));
  await beginFamily(page, server.url);
  const record = recordOf(page);
  await answer(question(page, hh.label('visit_reason')), hh.choice('visit_reason', 'urgent'));
  await saved(page);
  const old = await build();

  await test.step('a page that was loaded past the worker gets it', async () => {
    const devtools = await context.newCDPSession(page);
    await devtools.send('Page.reload', { ignoreCache: true });
    await devtools.detach();
    await question(page, hh.label('visit_reason')).waitFor();
    await installed(page);
  });

  await test.step('a deployment that misses a file changes nothing', async () => {
    await cp(SITE, folder, { recursive: true });
    const next = await rebuild(folder);
    // The one file that the phone does not have already.
    const texts = join(folder, 'pkg', next, 'locale.ka.txt');
    const kept = await readFile(texts);
    await rm(texts);
    await deploy(folder);
    await check();
    // The failed worker becomes redundant before `update` is done with; nothing waits afterwards.
    await expect
      .poll(() => page.evaluate(async () => !(await navigator.serviceWorker.getRegistration()).installing))
      .toBe(true);
    expect(await waiting()).toBe(false);
    expect(await build()).toBe(old);
    await writeFile(texts, kept);
  });

  await test.step('a whole one waits while a questionnaire is open', async () => {
    await deploy(folder);
    await check();
    await expect.poll(waiting).toBe(true);
    expect(page.url()).toContain(record);
    expect(await build()).toBe(old);
    await page.reload();
    await page.locator('.question').first().waitFor();
    expect(await build()).toBe(old);
  });

  await test.step('accepted, it takes over in one reload and without the network', async () => {
    await page.goto(`${server.url}/more`);
    await button(page, 'update.now').click();
    await expect(page.locator('h1')).toHaveText(NEW_TITLE);
    expect(await build()).not.toBe(old);
    await server.stop();
    await context.setOffline(true);
    await page.reload();
    await expect(page.locator('h1')).toHaveText(NEW_TITLE);
    await page.goto(`${server.url}/record/${record}/at/visit_reason`);
    const chosen = question(page, hh.label('visit_reason')).locator('label.choice').filter({ has: page.locator('input:checked') });
    await expect(chosen).toHaveText(hh.choice('visit_reason', 'urgent'));
    // The other cache is the reserve of storage.
    const builds = async () => (await caches.keys()).filter((name) => name.startsWith('kardakar-')).length;
    // The older one goes with the first request behind the last of its pages.
    await expect.poll(() => page.evaluate(builds)).toBe(1);
  });
  await context.close();
});
