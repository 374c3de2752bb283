// What a worker waits for: `cargo xtask bench phone`. Real Chromium, the release app, a real server; the
// page's processor is slowed down four times. Times are taken in the page.
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { GEORGIA, LAUNCH } from '../support/chromium.mjs';
import { PHONE, button, installed, ka } from '../support/phone.mjs';
import { Office, Server } from '../support/server.mjs';
import { close, report } from './stats.mjs';

const THROTTLE = 4;
// The demonstration invents about 2.2 records a household.
const HOUSEHOLDS = Number(process.env.KARDAKAR_BENCH_HOUSEHOLDS ?? 470);
const RECORDS = 2 * HOUSEHOLDS;
const STARTS = 9;
const ANSWERS = 120;
const KEYS = 200;
// Milliseconds between keys: about eight a second.
const KEY_PAUSE = 120;

const server = await Server.create({ demo: HOUSEHOLDS });
const profile = await mkdtemp(join(tmpdir(), 'kd-bench-'));

function open(options = {}) {
  return chromium.launchPersistentContext(profile, { ...LAUNCH, ...GEORGIA, ...PHONE, ...options });
}

async function slowly(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: THROTTLE });
}

// Runs in the page before the app: notes when the first row of the list has been painted, how long each
// strict transaction took, and how long after an event the next frame came.
function observe() {
  const bench = { list: null, strict: [], saves: [], paints: [], keys: [] };
  window.bench = bench;
  const seen = new MutationObserver(() => {
    if (!document.querySelector('.list .row')) return;
    seen.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => (bench.list = performance.now())));
  });
  seen.observe(document, { childList: true, subtree: true });

  // From the tap to the end of the last strict transaction that it started.
  let tapped = null;
  const begin = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (...parameters) {
    const transaction = begin.apply(this, parameters);
    if (parameters[1] === 'readwrite') {
      const start = performance.now();
      transaction.addEventListener('complete', () => {
        const now = performance.now();
        if (transaction.durability === 'strict') bench.strict.push(now - start);
        if (tapped !== null) bench.saves.push(now - tapped);
        tapped = null;
      });
    }
    return transaction;
  };
  const painted = (name) => (event) => {
    const start = event.timeStamp;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      // After the frame's own work: the paint is done.
      port1.onmessage = () => bench[name].push(performance.now() - start);
      port2.postMessage(null);
    });
  };
  addEventListener('keydown', painted('keys'), true);
  addEventListener('click', painted('paints'), true);
  addEventListener('change', (event) => (tapped = event.timeStamp), true);
}

// Waits until the lists' rows are on disk; returns how many there are.
async function stored(wanted) {
  const finished = (request) =>
    new Promise((done, failed) => {
      request.onsuccess = () => done(request.result);
      request.onerror = () => failed(request.error);
    });
  const database = await finished(indexedDB.open('kardakar'));
  for (;;) {
    const count = await finished(database.transaction('list').objectStore('list').count());
    if (count >= wanted) {
      database.close();
      return count;
    }
    await new Promise((later) => setTimeout(later, 200));
  }
}

// How much slower the page is than the machine: the same sum in both.
function sum() {
  const start = performance.now();
  let total = 0;
  for (let at = 0; at < 3e7; at += 1) total += Math.sqrt(at);
  return { milliseconds: performance.now() - start, total };
}

// What the page's process keeps for itself, in megabytes: the page, the app's memory, the engine's own.
async function megabytes() {
  const owns = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    try {
      const line = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
      if (!line.includes('--type=renderer') || !line.includes(profile)) continue;
      const memory = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
      const kilobytes = [...memory.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+)/gm)].map(([, text]) => Number(text));
      owns.push(kilobytes.reduce((sum, one) => sum + one, 0) / 1024);
    } catch {
      // It ended meanwhile.
    }
  }
  return Math.max(...owns);
}

async function enrolment() {
  const office = await new Office(server).signIn('giorgi');
  const context = await open();
  const page = context.pages()[0] ?? (await context.newPage());
  const calls = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/api/')) calls.push(pathname);
  });
  await page.goto(server.url + '/');
  await page.getByLabel(ka('enrol.code'), { exact: true }).fill(await office.code('mariam'));
  const before = calls.length;
  await button(page, 'enrol.connect').click();
  await page.getByRole('button', { name: ka('action.continue') }).click();
  await page.getByRole('link', { name: ka('nav.families'), exact: true }).click();
  await page.locator('.list .row').first().waitFor();
  const enrolled = calls.slice(before).filter((path) => path === '/api/enrol').length;
  const synced = calls.slice(before).filter((path) => path === '/api/sync').length;
  report('requests to connect the phone', 'count', enrolled);
  report('requests before the list shows', 'count', synced, 1, 'value');
  await installed(page);
  const records = await page.evaluate(stored, RECORDS);
  report('records on the phone', 'count', records);
  await page.waitForLoadState('networkidle');
  await context.close();
}

async function coldStarts() {
  const times = [];
  const factors = [];
  const memory = [];
  for (let round = 0; round < STARTS; round += 1) {
    const context = await open({ offline: true });
    await context.addInitScript(observe);
    const page = context.pages()[0] ?? (await context.newPage());
    const plain = await page.evaluate(sum);
    await slowly(page);
    await page.goto(`${server.url}/families`);
    await page.waitForFunction(() => window.bench.list !== null);
    times.push(await page.evaluate(() => window.bench.list));
    memory.push(await megabytes());
    const slowed = await page.evaluate(sum);
    factors.push(slowed.milliseconds / plain.milliseconds);
    await context.close();
  }
  report('slow-down of the page', 'times', factors);
  report(`cold offline start to the list, ${THROTTLE}x`, 'ms', times, 2500, 'max');
  report('memory of the page with its list', 'MB', memory, 150, 'max');
}

// From the tap on "families" to the frame that shows the first of them, with the app running.
async function openings() {
  const context = await open({ offline: true });
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(`${server.url}/`);
  await page.getByRole('link', { name: ka('nav.families'), exact: true }).waitFor();
  await slowly(page);
  const times = [];
  for (let round = 0; round < STARTS; round += 1) {
    await page.getByRole('link', { name: ka('nav.today'), exact: true }).click();
    await button(page, 'today.start_visit').waitFor();
    times.push(
      await page.evaluate((name) => {
        const link = [...document.querySelectorAll('nav a')].find((one) => one.textContent.includes(name));
        return new Promise((done) => {
          const start = performance.now();
          const shown = () => {
            if (!document.querySelector('.list .row')) return requestAnimationFrame(shown);
            requestAnimationFrame(() => done(performance.now() - start));
          };
          link.click();
          shown();
        });
      }, ka('nav.families')),
    );
  }
  report(`opening the list of families, ${THROTTLE}x`, 'ms', times, 1000, 'max');
  await context.close();
}

async function answers() {
  const context = await open({ offline: true });
  await context.addInitScript(observe);
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(`${server.url}/`);
  await button(page, 'today.start_visit').click();
  await page.getByRole('button', { name: ka('today.new_family') }).click();
  await page.locator('.question:visible').first().waitFor();
  await slowly(page);
  // Any question with two options at least: each tap is an answer.
  const record = page.url().match(/record\/([0-9a-f]{32})/)[1];
  await page.goto(`${server.url}/record/${record}/at/visit_reason`);
  const rows = page.locator('.question:visible label.choice');
  await rows.first().waitFor();
  await page.evaluate(() => Object.assign(window.bench, { strict: [], saves: [], paints: [] }));
  for (let at = 0; at < ANSWERS; at += 1) {
    const known = await page.evaluate(() => window.bench.saves.length);
    await rows.nth(at % 2).click();
    await page.waitForFunction((known) => window.bench.saves.length > known, known);
  }
  const taps = await page.evaluate(() => window.bench);
  report(`answer tapped to durable, ${THROTTLE}x`, 'ms', taps.saves, 50);
  report(`strict transaction alone, ${THROTTLE}x`, 'ms', taps.strict);
  report('strict transactions for each tap', 'count', taps.strict.length / ANSWERS);
  report(`tap to repaint, ${THROTTLE}x`, 'ms', taps.paints, 50);

  // A long text of a family whose survey is filled in.
  await page.goto(`${server.url}/families`);
  const sent = page.locator('.list a.row', { hasText: ka('status.sent') });
  await sent.first().waitFor();
  const families = await sent
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('href')));
  const box = page.locator('.question:visible .field__box').first();
  // Who refused the survey was not asked.
  for (const family of families) {
    await page.goto(`${server.url}${family.replace('household', 'record')}/at/idea`);
    await page.locator('.question:visible, .page .t-lg').first().waitFor();
    if (await box.isVisible()) break;
  }
  await box.waitFor();
  await box.focus();
  await page.evaluate(() => (window.bench.keys = []));
  for (let at = 0; at < KEYS; at += 1) {
    await page.keyboard.press('abcdefgh '[at % 9] === ' ' ? 'Space' : 'abcdefgh '[at % 9]);
    // As fast as a person: keys pressed without a pause measure the queue that they stand in.
    await page.waitForFunction((painted) => window.bench.keys.length > painted, at);
    await page.waitForTimeout(KEY_PAUSE);
  }
  report(`key to repaint, ${THROTTLE}x`, 'ms', await page.evaluate(() => window.bench.keys), 50);
  await context.close();
}

try {
  await server.start();
  console.log(`phone: ${HOUSEHOLDS} invented households, processor slowed ${THROTTLE} times\n`);
  await enrolment();
  await server.stop();
  await coldStarts();
  await openings();
  await answers();
  close();
} finally {
  await server.destroy();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}
