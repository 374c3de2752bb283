// A worker's hands: enrols, answers screens, and reads what the page says.
import { readFileSync } from 'node:fs';
import { expect } from '@playwright/test';
import { DEMO_PASSWORD } from './server.mjs';

const KA = JSON.parse(readFileSync(new URL('../../../app/locales/ka.json', import.meta.url), 'utf8'));

// An interface text in Georgian, as a name to look for.
export function ka(key, values = {}) {
  const text = KA[key] ?? KA[`${key}.other`];
  if (!text) throw new Error(`no text ${key} in app/locales/ka.json`);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

export const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
export const DESK = { viewport: { width: 1366, height: 768 } };

export async function enrol(page, url, code) {
  await page.goto(url + '/');
  await page.getByLabel(ka('enrol.code'), { exact: true }).fill(code);
  await page.getByRole('button', { name: ka('enrol.connect') }).click();
  await expect(page.getByText(ka('enrol.connect'))).toHaveCount(0);
}

// Connects a phone and waits until it holds the app and has heard from the office.
export async function connect(page, url, code) {
  await enrol(page, url, code);
  await installed(page);
  await button(page, 'action.continue').click();
  await expect(button(page, 'today.start_visit')).toBeVisible();
}

// Begins a new family and waits for its first question.
export async function beginFamily(page, url) {
  await page.goto(url + '/');
  await button(page, 'today.start_visit').click();
  await page.getByRole('button', { name: ka('today.new_family') }).click();
  await questions(page).first().waitFor();
}

export const recordOf = (page) => page.url().match(/record\/([0-9a-f]{32})/)[1];

export const question = (page, label) =>
  questions(page).filter({ has: page.locator('.question__label', { hasText: label }) });

// Kills the page's process after `last`, without waiting for anything; returns a new page.
export async function crash(page, last = async () => {}) {
  const context = page.context();
  const devtools = await context.newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  await last(page);
  devtools.send('Page.crash').catch(() => {});
  await crashed;
  await page.close();
  return context.newPage();
}

// Signs in to the office.
export async function signIn(page, url, login, password = DEMO_PASSWORD) {
  await page.goto(`${url}/office`);
  await page.getByLabel(ka('signin.login'), { exact: true }).fill(login);
  await page.getByLabel(ka('signin.password'), { exact: true }).fill(password);
  await page.getByRole('button', { name: ka('signin.button'), exact: true }).click();
  await expect(page.locator('.office__head')).toBeVisible();
}

// Waits until the service worker controls the page and holds the whole build.
export async function installed(page) {
  const state = () => page.evaluate(() => navigator.serviceWorker.controller?.state);
  await expect.poll(state, { timeout: 120_000 }).toBe('activated');
}

export const button = (page, key, values) => page.getByRole('button', { name: ka(key, values), exact: true });

// Uploads a workbook in the administration and puts it in force.
export async function publish(browser, url, name, buffer, password) {
  const context = await browser.newContext(DESK);
  const page = await context.newPage();
  await signIn(page, url, 'giorgi', password);
  await page.goto(`${url}/admin/forms`);
  await page.locator('input[type=file]').setInputFiles({
    name,
    mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    buffer,
  });
  await button(page, 'admin.publish').click();
  await expect(page.getByText(ka('admin.published_toast', { version: '1' }))).toBeVisible();
  await context.close();
}

// The questions on the screen.
const questions = (page) => page.locator('.question:visible');

async function labelOf(question) {
  const text = await question.locator('.question__label').first().innerText();
  return text.replace(/\s*\([^)]*\)\s*$/, '').trim();
}

// Gives one question its answer. `value` is the text of a choice, several of them as a list, a number, a
// text, or a date as [day, month, year]; undefined takes the first choice or the smallest number.
export async function answer(asked, value) {
  const page = asked.page();
  // By its id: what else tells it apart (an error, say) may change while it is answered.
  const question = page.locator(`#${await asked.getAttribute('id')}`);
  const sheet = question.locator('button.select');
  if (await sheet.count()) {
    await sheet.click();
    for (const text of [value ?? null].flat()) {
      const items = page.locator('.options__item:visible');
      await (text === null ? items.first() : items.filter({ hasText: text }).first()).click();
    }
    const done = page.locator('.picker').getByRole('button', { name: ka('action.done') });
    if (await done.isVisible()) await done.click();
    return;
  }
  const rows = question.locator('label.choice, button.choice');
  if (await rows.count()) {
    for (const text of [value ?? null].flat()) {
      const exact = text === null ? rows.first() : rows.filter({ has: page.getByText(text, { exact: true }) }).first();
      await exact.click();
    }
    return;
  }
  const date = question.locator('.date__part input');
  if (await date.count()) {
    const today = new Date();
    const parts = value ?? [today.getDate(), today.getMonth() + 1, today.getFullYear()];
    for (const [index, part] of parts.entries()) await date.nth(index).fill(String(part));
    // A date with time: without the time it is not one.
    if ((await date.count()) > parts.length) await date.last().fill('00:01');
    await date.last().blur();
    return;
  }
  const box = question.locator('.field__box').first();
  if (await box.count()) {
    await box.fill(String(value ?? '1'));
    await box.blur();
  }
}

// What Continue and Back lead through: answers what is named in `answers` (label → value), and what the page
// insists on, until `done` says that the place is reached. Returns the labels that it passed.
export async function walk(page, answers, done) {
  const passed = [];
  for (let step = 0; step < 400; step += 1) {
    const gate = button(page, 'child.privacy_yes');
    const check = button(page, 'check.fix_first').or(button(page, 'finish.button'));
    await onward(page).or(gate).or(check).first().waitFor();
    if (await done(page, passed)) return passed;
    if (await gate.isVisible()) {
      await gate.click();
      continue;
    }
    const before = page.url();
    const seen = new Set();
    // Answers may open further questions on the same screen.
    for (let more = true; more; ) {
      more = false;
      const ids = await questions(page).evaluateAll((all) => all.map((question) => question.id));
      for (const id of ids) {
        const question = page.locator(`#${id}`);
        const label = await labelOf(question).catch(() => '');
        if (!label || seen.has(label)) continue;
        seen.add(label);
        if (label in answers) {
          await answer(question, answers[label]);
          more = true;
          break;
        }
      }
    }
    passed.push(...seen);
    await forward(page, before);
  }
  throw new Error(`still at ${page.url()} after 400 screens`);
}

const onward = (page) =>
  page.locator('.action-bar').getByRole('button', { name: ka('action.continue'), exact: true });

async function forward(page, before) {
  for (let attempt = 0; attempt < 4; attempt += 1) {
    await onward(page).click();
    const moved = page.waitForURL((url) => url.href !== before, { timeout: 3_000 }).then(() => true, () => false);
    const wrong = questions(page).filter({ has: page.locator('.field__error:visible') });
    const stopped = wrong.first().waitFor({ timeout: 3_000 }).then(() => false, () => true);
    if ((await Promise.race([moved, stopped])) && page.url() !== before) return;
    const ids = await wrong.evaluateAll((all) => all.map((question) => question.id));
    for (const id of ids) await answer(page.locator(`#${id}`));
  }
  const errors = await page.locator('.field__error:visible').allInnerTexts();
  throw new Error(`cannot leave ${before}: ${errors.join('; ')}`);
}

// From the check page: puts right what it lists, then finishes.
export async function finish(page) {
  const first = button(page, 'check.fix_first');
  const done = button(page, 'finish.button');
  for (let left = 80; left > 0; left -= 1) {
    await expect(first.or(done)).toBeVisible();
    if (await done.isVisible()) break;
    await first.click();
    await expect(page).not.toHaveURL(/\/check$/);
    const wrong = questions(page).filter({ has: page.locator('.field__error:visible') }).first();
    await answer(wrong);
    await button(page, 'check.back_to_check').click();
    await expect(page).toHaveURL(/\/check$/);
  }
  await done.click();
  await expect(page).toHaveURL(/\/finished$/);
}

export async function saved(page) {
  await expect(page.locator('.save-state')).toContainText(ka('save.saved'));
}
