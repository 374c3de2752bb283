// One kind of window for every browser engine: `goto`, `run` (a function in the page), `reopen`, `close`, and `end`,
// which ends the page without a word: by killing what runs it where that can be done, else by closing it.
import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import puppeteer from 'puppeteer-core';
import { GEORGIA, LAUNCH } from './chromium.mjs';
import { PHONE } from './phone.mjs';
import { freePort } from './server.mjs';

const FIREFOX = process.env.KARDAKAR_FIREFOX ?? '/usr/bin/firefox-esr';
const WEBKIT_DRIVER = process.env.KARDAKAR_WEBKIT_DRIVER ?? '/usr/bin/WebKitWebDriver';
const XVFB = process.env.KARDAKAR_XVFB ?? '/usr/bin/Xvfb';
const { width, height } = PHONE.viewport;

export const ENGINES = {
  'Chromium, IndexedDB on LevelDB': () => chrome('--disable-features=IdbSqliteBackingStore'),
  'Chromium, IndexedDB on SQLite': () => chrome('--enable-features=IdbSqliteBackingStore'),
  Firefox: firefox,
  WebKitGTK: webkit,
};

async function profile() {
  const folder = await mkdtemp(join(tmpdir(), 'kd-profile-'));
  return { folder, forget: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

async function chrome(backend) {
  const { folder, forget } = await profile();
  const launch = () =>
    chromium.launchPersistentContext(folder, { ...LAUNCH, ...GEORGIA, ...PHONE, args: [...LAUNCH.args, backend] });
  let context = await launch();
  let page = context.pages()[0];
  return {
    goto: (url) => page.goto(url),
    run: (act, ...values) => page.evaluate(({ act, values }) => eval(`(${act})`)(...values), { act: `${act}`, values }),
    shot: (path) => page.screenshot({ path }),
    async end() {
      const devtools = await context.newCDPSession(page);
      const crashed = new Promise((done) => page.once('crash', done));
      devtools.send('Page.crash').catch(() => {});
      await crashed;
      const next = await context.newPage();
      await page.close();
      page = next;
    },
    async reopen() {
      await context.close();
      context = await launch();
      page = context.pages()[0];
    },
    async close() {
      await context.close();
      await forget();
    },
  };
}

async function firefox() {
  const { folder, forget } = await profile();
  const launch = () =>
    puppeteer.launch({
      browser: 'firefox',
      executablePath: FIREFOX,
      headless: true,
      userDataDir: folder,
      args: [`--width=${width}`, `--height=${height}`],
    });
  let browser = await launch();
  let page = await browser.newPage();
  return {
    goto: (url) => page.goto(url),
    run: (act, ...values) => page.evaluate(act, ...values),
    shot: (path) => page.screenshot({ path }),
    async end() {
      // The whole browser, at once.
      const ended = new Promise((done) => browser.process().once('exit', done));
      browser.process().kill('SIGKILL');
      await ended;
      // The driver puts its settings of the profile back, and wants to find them at the next start.
      await browser.close().catch(() => {});
      await appendFile(join(folder, 'user.js'), '');
      browser = await launch();
      page = await browser.newPage();
    },
    async reopen() {
      await browser.close();
      browser = await launch();
      page = await browser.newPage();
    },
    async close() {
      await browser.close();
      await forget();
    },
  };
}

// WebKit keeps what a driven browser stores for as long as it runs: to reopen is to open another window in the
// same browser.
async function webkit() {
  const display = spawn(XVFB, ['-displayfd', '3', '-screen', '0', '800x900x24'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const number = await new Promise((found, failed) => {
    display.stdio[3].once('data', (line) => found(String(line).trim()));
    display.once('error', failed);
  });
  const port = await freePort();
  const driver = spawn(WEBKIT_DRIVER, [`--port=${port}`, '--host=127.0.0.1'], {
    stdio: 'ignore',
    env: {
      ...process.env,
      DISPLAY: `:${number}`,
      // As root there is no sandbox, and a screen in memory has nothing to compose with.
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
    },
  });
  const ask = async (method, path, body) => {
    const options = { method, body: body && JSON.stringify(body) };
    const answer = await (await fetch(`http://127.0.0.1:${port}${path}`, options)).json();
    if (answer.value?.error) throw new Error(`${method} ${path}: ${answer.value.error}: ${answer.value.message}`);
    return answer.value;
  };
  const listening = async () => {
    const answered = () => ask('GET', '/status').then(() => true, () => false);
    while (!(await answered())) await new Promise((later) => setTimeout(later, 50));
  };
  await listening();
  const browser = {
    binary: '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
    args: ['--automation', `--geometry=${width}x${height}`],
  };
  const wanted = { capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': browser } } };
  const { sessionId } = await ask('POST', '/session', wanted);
  const session = `/session/${sessionId}`;
  await ask('POST', `${session}/timeouts`, { script: 30_000, pageLoad: 30_000 });
  // A new window, and the one before closed. A page that is only left is kept as it stands by WebKit; if a
  // transaction was going on there, the next page waits for it for ever.
  const reopen = async () => {
    const old = await ask('GET', `${session}/window`);
    const { handle } = await ask('POST', `${session}/window/new`, { type: 'tab' });
    await ask('POST', `${session}/window`, { handle: old });
    await ask('DELETE', `${session}/window`);
    await ask('POST', `${session}/window`, { handle });
  };
  return {
    async goto(url) {
      await reopen();
      await ask('POST', `${session}/url`, { url });
    },
    run: (act, ...args) =>
      ask('POST', `${session}/execute/async`, {
        script: `const done = arguments[arguments.length - 1];
          Promise.resolve((${act})(...[...arguments].slice(0, -1))).then((value) => done(value ?? null));`,
        args,
      }),
    shot: () => undefined,
    end: reopen,
    reopen,
    async close() {
      await ask('DELETE', session).catch(() => {});
      driver.kill();
      display.kill();
    },
  };
}
