// An installed app and a second build of it: different files under another name, made from the first build by
// changing a text and renaming, so that no second compilation is needed.
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { Form } from './support/form.mjs';
import { PHONE, answer, beginFamily, button, connect, ka, question, recordOf, saved } from './support/phone.mjs';
import { Office, SITE, Server } from './support/server.mjs';

const hh = new Form('hh_core');
const NEW_TITLE = 'განახლებული პარამეტრები';

const sha256 = (bytes) => `sha256-${createHash('sha256').update(bytes).digest('base64')}`;

// Another build in `folder`: other text, other name, other hashes.
async function rebuild(folder) {
  const worker = await readFile(join(folder, 'sw.js'), 'utf8');
  const [, manifest] = worker.match(/^const M = (".*");$/m);
  const [build] = JSON.parse(manifest).split('\n');
  const next = build.replace(/./g, (digit) => (15 - parseInt(digit, 16)).toString(16));
  const edited = { '/': join(folder, 'index.html'), texts: join(folder, 'pkg', build, 'locale.ka.txt') };
  const page = (await readFile(edited['/'], 'utf8')).replaceAll(build, next);
  const texts = (await readFile(edited.texts, 'utf8')).replace(ka('settings.title'), NEW_TITLE);
  await writeFile(edited['/'], page);
  await writeFile(edited.texts, texts);
  for (const file of [...Object.values(edited), join(folder, 'sw.js')]) {
    for (const packed of ['.br', '.gz']) await rm(file + packed, { force: true });
  }
  const lines = JSON.parse(manifest).split('\n').slice(1).map((line) => {
    const [path, hash, kind] = line.split(' ');
    const changed = { '/': page, [`/pkg/${build}/locale.ka.txt`]: texts }[path];
    return [path.replace(build, next), changed === undefined ? hash : sha256(changed), kind].join(' ');
  });
  await writeFile(join(folder, 'sw.js'), worker.replace(manifest, JSON.stringify([next, ...lines].join('\n'))));
  await rename(join(folder, 'pkg', build), join(folder, 'pkg', next));
  return next;
}

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
    expect(await page.evaluate(builds)).toBe(1);
  });
  await context.close();
});
