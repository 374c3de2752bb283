// Without a mouse and without touch: a worker fills in the beginning of a visit, a reviewer decides.
import { expect, test } from './support/test.mjs';
import { Form } from './support/form.mjs';
import { DESK, PHONE, button, connect, ka, question, recordOf, saved, signIn } from './support/phone.mjs';
import { Office, Server } from './support/server.mjs';
import { watch } from './support/watch.mjs';

const hh = new Form('hh_core');
let server;
let admin;
let office;

test.beforeAll(async () => {
  server = await Server.create({ demo: 12 });
  await server.start();
  admin = await new Office(server).signIn('giorgi');
  office = await new Office(server).signIn('nino');
});

test.afterAll(async () => {
  await server?.destroy();
});

// Whether something that can have the focus has a name that begins so.
function offered(name) {
  const named = (element) => element.labels?.[0]?.innerText ?? element.getAttribute('aria-label') ?? element.innerText ?? '';
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, [tabindex]')];
  return all.some((element) => element.getClientRects().length && named(element).trim().startsWith(name));
}

// What has the focus, by its name or the name of its group and its own.
function focused() {
  const element = document.activeElement;
  const label = element.labels?.[0]?.innerText ?? element.getAttribute('aria-label') ?? element.innerText ?? '';
  const group = element.closest('fieldset')?.querySelector('legend')?.innerText ?? '';
  return { name: label.trim(), group: group.trim(), kind: element.type ?? element.tagName };
}

// Presses Tab until something with this name has the focus, which must be visible.
async function tabTo(page, name, within = () => true, key = 'Tab') {
  const seen = [];
  // A page that was just opened has it only when the app runs.
  await expect.poll(() => page.evaluate(offered, name), `„${name}“ is on the page`).toBe(true);
  // A new screen takes the focus in its first frame.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  for (let step = 0; step < 80; step += 1) {
    await page.keyboard.press(key);
    const now = await page.evaluate(focused);
    seen.push(now.name);
    if (now.name.startsWith(name) && within(now)) {
      await inSight(page);
      return;
    }
  }
  throw new Error(`Tab does not reach „${name}“, only: ${[...new Set(seen)].join(' | ')}`);
}

// The focus has a ring, and no sticky bar lies over it.
async function inSight(page) {
  const seen = await page.evaluate(async () => {
    // A sheet that is still sliding in is not yet where it will be.
    const moving = document.getAnimations().filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime));
    await Promise.allSettled(moving.map((one) => one.finished));
    const element = document.activeElement;
    const row = element.closest('label') ?? element;
    const box = row.getBoundingClientRect();
    const over = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height, 40) / 2);
    const ring = [element, row].some((of) => {
      const style = getComputedStyle(of);
      return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    });
    return { covered: !(over === row || row.contains(over) || over?.contains(row)), ring };
  });
  expect(seen).toEqual({ covered: false, ring: true });
}

const press = async (page, name, key = 'Enter') => {
  await tabTo(page, name);
  await page.keyboard.press(key);
};

test('a section is filled in with the keyboard alone', async ({ browser }) => {
  const context = await browser.newContext(PHONE);
  const page = await context.newPage();
  const console = watch(context);
  await connect(page, server.url, await admin.code('mariam'));
  await press(page, ka('today.start_visit'));
  await press(page, ka('today.new_family'));
  await page.locator('.question:visible').first().waitFor();
  const record = recordOf(page);

  // A date by a button, a choice by arrows, the error by Continue.
  await press(page, ka('time.today'), 'Enter');
  await press(page, ka('action.continue'));
  await expect(question(page, hh.label('visit_reason')).locator('.field__error')).toBeVisible();
  const inReason = ({ group }) => group.includes(hh.label('visit_reason'));
  // It moves in the turn after the error has appeared.
  const inPlace = expect.poll(async () => inReason(await page.evaluate(focused)), 'the focus is on the question to answer');
  await inPlace.toBe(true);
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  const chosen = page.locator('label.choice').filter({ has: page.locator('input:checked') });
  await expect(chosen).toHaveText(hh.choice('visit_reason', 'request'));
  await saved(page);
  const first = page.url();
  await press(page, ka('action.continue'));
  await expect(page).not.toHaveURL(first);
  // The focus comes to the new screen behind its first frame.
  await expect.poll(() => page.evaluate(() => document.activeElement.tagName)).not.toMatch(/^(BODY|BUTTON)$/);

  // The list of sections: opened, closed with Escape, the focus returns.
  await press(page, ka('question.sections'));
  await expect(page.locator('dialog[open]')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.locator('dialog[open]')).toHaveCount(0);
  await expect.poll(async () => (await page.evaluate(focused)).name).toBe(ka('question.sections'));

  // Away, without a question asked.
  await press(page, ka('action.continue_later'));
  await expect(page).toHaveURL(`${server.url}/household/${record}`);

  // Members of a roster: added, typed, moved in the menu.
  const { items } = await office.get('/api/records?form=hh_core&state=approved');
  const known = items[0].id;
  await page.goto(`${server.url}/household/${known}`);
  await page.locator('.list .row').first().waitFor();
  for (const name of ['ნინო', 'ლუკა']) {
    await page.goto(`${server.url}/record/${known}/at/members`);
    if (name === 'ნინო') {
      // Approved: opened for correcting first.
      await press(page, ka('decided.correct'));
      await expect(page.locator('dialog[open]')).toBeVisible();
      await press(page, ka('decided.correct'));
      await expect(button(page, 'roster.add')).toBeVisible();
    }
    await press(page, ka('roster.add'));
    await question(page, hh.label('m_first')).waitFor();
    await tabTo(page, hh.label('m_first'));
    await page.keyboard.type(name);
    // Leaving the box ends the typing.
    await page.keyboard.press('Tab');
    await saved(page);
  }
  await page.goto(`${server.url}/record/${known}/at/members`);
  const inOrder = async () => {
    const names = await page.locator('.roster__name').allInnerTexts();
    return names.map((name) => name.split(/[ ,]/)[0]).filter((name) => ['ნინო', 'ლუკა'].includes(name));
  };
  await expect.poll(inOrder).toEqual(['ნინო', 'ლუკა']);
  await press(page, ka('roster.menu', { name: 'ლუკა' }));
  await press(page, ka('action.move_up'));
  await expect.poll(inOrder).toEqual(['ლუკა', 'ნინო']);
  console.quiet();
  await context.close();
});

test('a reviewer works with keys alone', async ({ browser }) => {
  const context = await browser.newContext(DESK);
  const page = await context.newPage();
  const console = watch(context);
  await signIn(page, server.url, 'nino');
  await page.locator('.table tbody tr').first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.locator('.answers__row').first().waitFor();
  const idOf = () => page.url().match(/record\/([0-9a-f]{32})/)?.[1];
  const stateOf = async (id) => (await office.get(`/api/records/${id}`)).record.state;
  const first = idOf();
  // Approved; the next record opens by itself; undone.
  await page.keyboard.press('a');
  await expect.poll(() => stateOf(first)).toBe('approved');
  await expect.poll(idOf).not.toBe(first);
  await page.locator('.answers__row').first().waitFor();
  await page.keyboard.press('Control+z');
  await expect.poll(() => stateOf(first)).toBe('submitted');
  await expect.poll(idOf).toBe(first);
  await page.locator('.answers__row').first().waitFor();

  // The dialog of a return: opened, filled in, sent, all without the mouse.
  await page.keyboard.press('r');
  await expect(page.locator('dialog[open]')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.locator('dialog[open]')).toHaveCount(0);
  await page.keyboard.press('r');
  await tabTo(page, ka('review.general'));
  await page.keyboard.type('გთხოვთ, გადაამოწმოთ. a r x j');
  await press(page, ka('review.return'));
  await expect.poll(() => stateOf(first)).toBe('returned');
  await expect.poll(idOf).not.toBe(first);
  await page.locator('.answers__row').first().waitFor();
  // Back to the list, the search by its key; letters typed there decide nothing.
  await page.keyboard.press('Escape');
  await expect.poll(idOf).toBeUndefined();
  await page.keyboard.press('/');
  await expect(page.locator('#search')).toBeFocused();
  await page.keyboard.type('axr');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=axr/);
  console.quiet();
  await context.close();
});

test('who leaves while a decision is on its way stays where they went', async ({ browser }) => {
  const context = await browser.newContext(DESK);
  const page = await context.newPage();
  const console = watch(context);
  await signIn(page, server.url, 'nino');
  await page.locator('.table tbody tr').first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.locator('.answers__row').first().waitFor();
  let answered = () => {};
  const left = new Promise((resolve) => {
    answered = resolve;
  });
  await page.route('**/api/records/*/review', async (route) => {
    const response = await route.fetch();
    await left;
    await route.fulfill({ response });
  });
  const sent = page.waitForRequest('**/api/records/*/review');
  await page.keyboard.press('a');
  await sent;
  await page.keyboard.press('Escape');
  await page.locator('#search').waitFor();
  answered();
  await expect(page.locator('.toast')).toBeVisible();
  await expect(page.locator('#search')).toBeVisible();
  expect(page.url()).not.toMatch(/record/);
  // The way back is offered there as well.
  await page.keyboard.press('Control+z');
  await expect(page).toHaveURL(/record/);
  console.quiet();
  await context.close();
});
