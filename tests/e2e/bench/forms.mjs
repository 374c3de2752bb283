// What large forms cost on a phone: `cargo xtask bench forms`. Real Chromium, the release app, a real server;
// the page's processor is slowed down six times. Times are taken in the page.
import { chromium } from '@playwright/test';
import { GEORGIA, LAUNCH } from '../support/chromium.mjs';
import { PHONE, beginFamily, button, crash, installed, ka, recordOf, saved } from '../support/phone.mjs';
import { Office, Server } from '../support/server.mjs';
import { archive } from '../support/workbook.mjs';
import { close, name, report } from './stats.mjs';

const THROTTLE = 6;
const [SECTIONS, PER_SECTION, CALCULATIONS] = [20, 35, 300];
const [ITEMS, PER_ITEM] = [Number(process.env.KARDAKAR_BENCH_ITEMS ?? 500), 20];
const [CHOICES, REGIONS] = [50_000, 100];
const KEYS = 60;
// Milliseconds.
const TOUCH = 80;
// Between seeing a page and tapping on it, milliseconds.
const SEEN = 300;
// With forty of them the 95th of a hundred is not the worst.
const ROUNDS = Number(process.env.KARDAKAR_BENCH_ROUNDS ?? 40);

const markdown = (sheets) =>
  Object.entries(sheets)
    .map(([sheet, rows]) => [`| ${sheet} |`, ...rows.map((row) => `| | ${row.join(' | ')} |`)].join('\n'))
    .join('\n\n');

const settings = (version) => [
  ['form_title', 'form_id', 'version', 'default_language', 'subject'],
  ['Measured', 'hh_core', version, 'en', 'household'],
];

// 1,000 questions: 700 to answer in sections, every second with a relevance, and a chain of 300 calculations
// that begins with the first answer.
function many() {
  const survey = [['type', 'name', 'label', 'relevant', 'constraint', 'calculation']];
  for (let section = 0; section < SECTIONS; section += 1) {
    survey.push(['begin_group', `s${section}`, `Section ${section}`, '', '', '']);
    for (let at = 0; at < PER_SECTION; at += 1) {
      const number = section * PER_SECTION + at;
      const relevant = number % 2 === 1 ? `\${q${number - 1}} != 7` : '';
      survey.push(['integer', `q${number}`, `Question ${number}`, relevant, '. < 1000000', '']);
    }
    survey.push(['end_group', '', '', '', '', '']);
  }
  for (let at = 0; at < CALCULATIONS; at += 1) {
    const sum = at === 0 ? '${q0} + 1' : `coalesce(\${c${at - 1}}, 0) + coalesce(\${q${at}}, 0)`;
    survey.push(['calculate', `c${at}`, '', '', '', sum]);
  }
  return markdown({ survey, settings: settings('1') });
}

// A repeat of 20 questions with a calculation in each item and a total over all of them.
function repeated() {
  const survey = [
    ['type', 'name', 'label', 'relevant', 'calculation'],
    ['text', 'start_here', 'Begin', '', ''],
    ['begin_repeat', 'things', 'Things', '', ''],
    ['text', 'thing_label', 'Name', '', ''],
  ];
  for (let at = 1; at < PER_ITEM - 1; at += 1) {
    survey.push(['integer', `t${at}`, `Amount ${at}`, at % 2 ? '' : `\${t${at - 1}} != 7`, '']);
  }
  survey.push(['calculate', 'sum_of', '', '', 'coalesce(${t1}, 0) + coalesce(${t3}, 0)']);
  survey.push(['end_repeat', '', '', '', '']);
  survey.push(['calculate', 'total', '', '', 'sum(${sum_of})']);
  survey.push(['note', 'told', 'All together ${total}', '', '']);
  return markdown({ survey, settings: settings('2') });
}

// A household whose members each lack five answers.
function household() {
  const survey = [
    ['type', 'name', 'label', 'required'],
    ['text', 'start_here', 'Begin', ''],
    ['begin_repeat', 'members', 'Members', ''],
    ...['m_first', 'm_last', 'm_rel', 'm_work', 'm_school'].map((name) => ['text', name, `Question ${name}`, 'yes']),
    ['end_repeat', '', '', ''],
  ];
  const [head, row] = settings('4');
  return markdown({ survey, settings: [[...head, 'roster'], [...row, 'members']] });
}

// 50,000 choices in a table beside the workbook: by region, and all of them in one list.
function external() {
  const survey = [
    ['type', 'name', 'label', 'choice_filter', 'appearance'],
    ['select_one regions', 'region', 'Region', '', ''],
    ['select_one_from_file places.csv', 'place', 'Place', 'region=${region}', ''],
    ['select_one_from_file places.csv', 'anywhere', 'Any place', '', 'autocomplete'],
  ];
  const choices = [['list_name', 'name', 'label']];
  for (let at = 0; at < REGIONS; at += 1) choices.push(['regions', `r${at}`, `Region ${at}`]);
  const places = ['name,label,region'];
  for (let at = 0; at < CHOICES; at += 1) places.push(`p${at},Place ${at},r${at % REGIONS}`);
  const source = markdown({ survey, choices, settings: settings('3') });
  return archive({ 'form.md': source, 'places.csv': places.join('\n') });
}

// Runs in the page before the app. `tasks` holds how long the page worked after a timer of 200 ms: that is how
// an answer that is being typed is taken, so this is the recomputation with everything drawn from it, and the
// beginning of the write to disk.
function observe() {
  const bench = { tasks: [], keys: [], clicks: [], painted: null, presented: new Map() };
  window.bench = bench;
  // What the browser itself measured: from the click to the moment when its next frame was on the screen.
  new PerformanceObserver((list) => {
    const clicks = list.getEntries().filter((entry) => entry.name === 'click');
    for (const { startTime, duration } of clicks) bench.presented.set(startTime, duration);
  }).observe({ type: 'event', durationThreshold: 16, buffered: true });
  window.presented = async (start) => {
    for (let wait = 0; wait < 40 && !bench.presented.has(start); wait += 1) {
      await new Promise((done) => setTimeout(done, 25));
    }
    return bench.presented.get(start);
  };
  // Behind the turn's microtasks, and those that they queue: effects have run.
  const behindMicrotasks = (run, rounds = 40) => queueMicrotask(() => (rounds > 0 ? behindMicrotasks(run, rounds - 1) : run()));
  const later = window.setTimeout.bind(window);
  window.setTimeout = (run, delay, ...rest) => {
    if (delay !== 200 || typeof run !== 'function') return later(run, delay, ...rest);
    return later(() => {
      const start = performance.now();
      run(...rest);
      behindMicrotasks(() => bench.tasks.push(performance.now() - start));
    }, delay);
  };
  const after = (start, done) =>
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done(performance.now() - start);
      port2.postMessage(null);
    });
  addEventListener('keydown', (event) => after(event.timeStamp, (took) => bench.keys.push(took)), true);
  // From the click to the end of the first frame in which something new that `selector` finds is drawn: what
  // the person sees. Beside it, in `late`, what was measured before: it looked for the selector in a timer
  // after the click, which comes behind the frame when there is much to draw, and then waited for one more
  // frame; and it took the page that is left for the new one where both have the selector.
  window.timeClick = (selector) => {
    const known = new Set(document.querySelectorAll(selector));
    const drawn = (element) => !known.has(element) && element.getClientRects().length > 0;
    return new Promise((done) => {
      const took = {};
      const tell = (name) => (time) => {
        took[name] = time;
        if ('frame' in took && 'late' in took && 'work' in took) done(took);
      };
      addEventListener(
        'click',
        (event) => {
          const start = event.timeStamp;
          took.start = start;
          const frame = () => {
            if (![...document.querySelectorAll(selector)].some(drawn)) return requestAnimationFrame(frame);
            const { port1, port2 } = new MessageChannel();
            // Behind the frame's own work: the paint is done.
            port1.onmessage = () => tell('frame')(performance.now() - start);
            port2.postMessage(null);
          };
          requestAnimationFrame(frame);
          const look = () => {
            const found = document.querySelector(selector);
            if (!found || found.offsetParent === null) return requestAnimationFrame(look);
            after(start, tell('late'));
          };
          later(look, 0);
          // What the app does: from hearing of the click until all handlers and effects have run and the page that
          // they made is laid out. A task of its own would come behind the frame: the browser draws first.
          const heard = performance.now();
          const done = () => {
            document.documentElement.getBoundingClientRect();
            tell('work')(performance.now() - heard);
          };
          addEventListener('click', () => behindMicrotasks(done), { once: true });
        },
        { capture: true, once: true },
      );
    });
  };
}

async function slow(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: THROTTLE });
  return () => devtools.send('Emulation.setCPUThrottlingRate', { rate: 1 });
}

// A person sees a page before tapping on it: what the tap before began is done by then, on the disk too.
async function atRest(page) {
  await page.waitForTimeout(SEEN);
  await page.evaluate(() => new Promise((done) => requestIdleCallback(() => requestIdleCallback(done))));
}

// A finger's touch, which lasts as long as a quick one does. The browser draws the pressed button meanwhile.
async function tap(page, target) {
  await target.scrollIntoViewIfNeeded();
  await atRest(page);
  const { x, y, width, height } = await target.boundingBox();
  const at = { x: x + width / 2, y: y + height / 2 };
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [at] });
  await page.waitForTimeout(TOUCH);
  await devtools.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await devtools.detach();
}

// Clicks, and notes in `times` how long it took until something new that `selector` finds was drawn.
async function clicked(page, target, selector, times = taken()) {
  const took = page.evaluate((selector) => window.timeClick(selector), selector);
  await tap(page, target);
  const { start, work, frame, late } = await took;
  times.work.push(work);
  times.frame.push(frame);
  times.late.push(late);
  const presented = await page.evaluate((start) => window.presented(start), start);
  if (presented !== undefined && presented !== null) times.presented.push(presented);
}

const taken = () => ({ work: [], frame: [], late: [], presented: [] });

function tell(name, times, limit) {
  report(`${name}, ${THROTTLE}x`, 'ms', times.frame, limit);
  report('  of it the app, until the new page is laid out', 'ms', times.work);
  report('  the same as it was measured before', 'ms', times.late);
  if (times.presented.length > 0) report('  the browser: the next frame on screen', 'ms', times.presented);
}

async function typed(page, box, text) {
  const known = await page.evaluate(() => window.bench.tasks.length);
  await box.press(text);
  await page.waitForFunction((known) => window.bench.tasks.length > known, known);
}

let admin;
let browser;
const server = await Server.create();

async function publish(source, type = 'text/markdown') {
  const response = await fetch(`${server.url}/api/forms?publish=1`, {
    method: 'POST',
    headers: { 'content-type': type, cookie: admin.cookie, 'sec-fetch-site': 'same-origin' },
    body: source,
  });
  if (!response.ok) throw new Error(`publishing: ${response.status} ${await response.text()}`);
}

async function phone() {
  const context = await browser.newContext({ ...GEORGIA, ...PHONE });
  await context.addInitScript(observe);
  const page = await context.newPage();
  await page.goto(server.url + '/');
  await page.getByLabel(ka('enrol.code'), { exact: true }).fill(await admin.code('mariam'));
  await button(page, 'enrol.connect').click();
  // The answer brings the form, which may have megabytes.
  await button(page, 'action.continue').waitFor({ timeout: 120_000 });
  await installed(page);
  await button(page, 'action.continue').click();
  await button(page, 'today.start_visit').waitFor();
  await beginFamily(page, server.url);
  return page;
}

// What a tap costs where the page does next to nothing: how fast the machine is in this hour.
async function yardstick(context) {
  const page = await context.newPage();
  await page.setContent('<button style="font: 2em sans-serif">+</button>');
  await page.evaluate(() => {
    const add = () => document.body.append(document.createElement('hr'));
    document.querySelector('button').addEventListener('click', add);
  });
  await slow(page);
  const times = taken();
  for (let round = 0; round < ROUNDS; round += 1) await clicked(page, page.locator('button'), 'hr', times);
  tell('a page of one button', times);
  await page.close();
}

const box = (page) => page.locator('.question:visible .field__box').first();

// Leaves the record and opens it again from the list, as a worker does.
async function openings(page, path) {
  const times = taken();
  await page.goto(`${server.url}/`);
  for (let round = 0; round < ROUNDS; round += 1) {
    const carry = page.getByRole('button', { name: ka('today.carry_on') });
    await carry.waitFor();
    await clicked(page, carry, path, times);
    await page.goBack();
  }
  return times;
}

async function thousand() {
  await publish(many());
  const page = await phone();
  const record = recordOf(page);
  await box(page).fill('1');
  await saved(page);
  const fast = await slow(page);
  tell(`open ${SECTIONS * PER_SECTION + CALCULATIONS} questions`, await openings(page, '.question'), 1000);

  await page.goto(`${server.url}/record/${record}/at/q0`);
  await box(page).waitFor();
  await page.evaluate(() => Object.assign(window.bench, { tasks: [], keys: [] }));
  for (let at = 0; at < KEYS; at += 1) {
    // Six digits, and then others in their place.
    if (at % 5 === 0) await box(page).press('ControlOrMeta+a');
    await typed(page, box(page), String(1 + (at % 9)));
  }
  let found = await page.evaluate(() => window.bench);
  report(`answer that moves ${CALCULATIONS} calculations, ${THROTTLE}x`, 'ms', found.tasks, 16);
  report(`key to repaint, one question, ${THROTTLE}x`, 'ms', found.keys, 50);

  await fast();
  await page.evaluate(() => localStorage.setItem('question_mode', 'sections'));
  await page.goto(`${server.url}/record/${record}/at/q0`);
  await box(page).waitFor();
  const slower = await slow(page);
  await page.evaluate(() => Object.assign(window.bench, { tasks: [], keys: [] }));
  for (let at = 0; at < KEYS; at += 1) {
    if (at % 5 === 0) await box(page).press('ControlOrMeta+a');
    await typed(page, box(page), String(1 + (at % 9)));
  }
  found = await page.evaluate(() => window.bench);
  report(`the same, ${PER_SECTION} questions on the page, ${THROTTLE}x`, 'ms', found.tasks, 16);
  report(`key to repaint, whole section, ${THROTTLE}x`, 'ms', found.keys, 50);
  await slower();
  await page.context().close();
}

// Back to the list. Its item has an entry of the history only behind the frame that shows it.
async function back(page, roster) {
  await page.waitForURL((url) => url.href !== roster);
  await box(page).waitFor();
  await page.goBack();
}

// The button that adds an item, once there are as many as are measured with.
async function filled(page, roster) {
  await page.goto(roster);
  const add = () => page.locator('.page .button--wide').first();
  await add().waitFor();
  for (let at = 0; at < ITEMS; at += 1) {
    await add().click();
    await back(page, roster);
    await add().waitFor();
  }
  return add;
}

async function members() {
  await publish(household());
  const page = await phone();
  const record = recordOf(page);
  await box(page).fill('1');
  await saved(page);
  await filled(page, `${server.url}/record/${record}/at/members`);
  const fast = await slow(page);
  tell(`open a record of ${ITEMS} members`, await openings(page, '.roster__item'), 1000);
  await page.goto(`${server.url}/record/${record}/at/start_here`);
  await box(page).waitFor();
  const [listed, checked] = [taken(), taken()];
  for (let round = 0; round < ROUNDS; round += 1) {
    await page.locator('.top-bar__end .icon-button').click();
    await clicked(page, page.locator('dialog[open] nav .row').last(), '.error-summary', checked);
    await page.goBack();
    await box(page).waitFor();
    await clicked(page, page.locator('.top-bar .icon-button').first(), '.list__head', listed);
    await page.goBack();
    await box(page).waitFor();
  }
  tell(`what is missing in ${ITEMS} members`, checked, 1000);
  tell(`the page of their household`, listed, 1000);
  report('problems', 'count', ITEMS * 5);
  await fast();
  await page.context().close();
}

async function repeats() {
  await publish(repeated());
  let page = await phone();
  const record = recordOf(page);
  const roster = `${server.url}/record/${record}/at/things`;
  const add = await filled(page, roster);
  await page.goto(roster);
  await page.locator('.roster__item').first().waitFor();
  report('items in the repeat', 'count', ITEMS);
  report('rows drawn of them', 'count', await page.locator('.roster__item').count(), 60, 'value');

  let fast = await slow(page);
  const adding = taken();
  for (let round = 0; round < ROUNDS; round += 1) {
    await clicked(page, add(), '.question .field__box', adding);
    await back(page, roster);
    await add().waitFor();
  }
  tell('add an item', adding, 50);
  // After an addition the list stands at its end.
  await page.goto(roster);
  const opening = taken();
  await page.locator('.roster__main').first().waitFor();
  const drawn = await page.locator('.roster__main').count();
  for (let round = 0; round < ROUNDS; round += 1) {
    const row = page.locator('.roster__main').nth(round % drawn);
    await row.waitFor();
    await clicked(page, row, '.question .field__box', opening);
    await back(page, roster);
  }
  tell('open an item', opening);
  await page.locator('.roster__main').first().click();
  await box(page).waitFor();
  await page.goto(page.url().replace(/thing_label$/, 't1'));
  await box(page).waitFor();
  await page.evaluate(() => Object.assign(window.bench, { tasks: [] }));
  for (let at = 0; at < KEYS; at += 1) {
    if (at % 5 === 0) await box(page).press('ControlOrMeta+a');
    await typed(page, box(page), String(1 + (at % 9)));
  }
  report(`edit an item, ${THROTTLE}x`, 'ms', await page.evaluate(() => window.bench.tasks), 50);

  await page.goto(roster);
  await page.locator('.roster__item').first().waitFor();
  const removing = taken();
  for (let round = 0; round < ROUNDS; round += 1) {
    const row = page.locator('.roster__item:not(.roster__item--removed)').nth(2);
    await row.locator('.icon-button').click();
    await page.locator('.menu__item').last().click();
    const sure = page.locator('dialog[open] .button--danger, .dialog .button--danger').first();
    await sure.waitFor();
    await clicked(page, sure, '.roster__item', removing);
  }
  tell('remove an item', removing, 50);
  await fast();
  await yardstick(page.context());

  // Killed right after an answer is durable and an item is added.
  await page.goto(roster);
  await add().waitFor();
  await add().click();
  await box(page).fill('the last one');
  // What is typed is taken a fifth of a second later, or on leaving the box.
  await box(page).blur();
  await saved(page);
  page = await crash(page);
  await page.goto(roster);
  await page.locator('.roster__item').first().waitFor();
  const after = page.getByRole('button', { name: ka('roster.part_after') });
  const last = () => page.locator('.roster__number').last().innerText();
  // To the last part of the list: there the number does not grow any more.
  for (let before = ''; (await after.count()) > 0 && (await last()) !== before; ) {
    before = await last();
    await after.first().click();
  }
  const left = { items: Number(await last()), named: (await page.getByText('the last one').count()) > 0 };
  // As many were removed as were added under the clock.
  const wanted = ITEMS + 1;
  report('items after the page was killed', 'count', left.items);
  if (left.items !== wanted || !left.named) throw new Error(`after the kill: ${JSON.stringify(left)}, not ${wanted}`);
  await page.context().close();
}

async function choices() {
  await publish(external(), 'application/zip');
  const page = await phone();
  const record = recordOf(page);
  const nodes = () => page.evaluate(() => document.querySelectorAll('*').length);
  const fast = await slow(page);
  const [first, by, again, opened] = [taken(), taken(), taken(), taken()];
  const onward = page.locator('.action-bar .button').last();
  const region = async (round, times) => {
    await choose(page, `Region ${(round + 2) % REGIONS}`);
    await onward.waitFor();
    await clicked(page, onward, 'button.select', times);
  };
  // Each time the app has just been loaded: nothing of it has run yet.
  for (let round = 0; round <= ROUNDS; round += 1) {
    await page.goto(`${server.url}/record/${record}/at/region`);
    await region(round, round === 0 ? first : by);
    await clicked(page, page.locator('button.select'), '.options__item', opened);
  }
  // And while it goes on running, as in a visit.
  await page.keyboard.press('Escape');
  for (let round = 0; round < ROUNDS; round += 1) {
    await page.goBack();
    await page.waitForURL(/\/at\/region$/);
    await region(round + ROUNDS + 1, again);
  }
  tell('first question by region', first);
  tell(`500 of ${CHOICES} by region, the app just loaded`, by, 50);
  tell(`500 of ${CHOICES} by region`, again, 50);
  tell('their sheet', opened);
  report('nodes of the page', 'count', await nodes(), 2000, 'value');

  await page.goto(`${server.url}/record/${record}/at/anywhere`);
  await page.locator('button.select').waitFor();
  const sheet = taken();
  await clicked(page, page.locator('button.select'), '.options__item', sheet);
  tell(`the sheet of all ${CHOICES}`, sheet);
  await page.evaluate(() => (window.bench.keys = []));
  const search = page.locator('.picker input');
  const letters = ['4', '2', '1', 'Backspace', '9', 'Backspace', 'Backspace', '7', '3', '3'];
  // The box is empty at the end of each turn.
  const turn = [...letters, ...Array(4).fill('Backspace')];
  for (let at = 0; at < ROUNDS; at += 1) {
    const letter = turn[at % turn.length];
    const known = await page.evaluate(() => window.bench.keys.length);
    await search.press(letter);
    await page.waitForFunction((known) => window.bench.keys.length > known, known);
  }
  const keys = await page.evaluate(() => window.bench.keys);
  report(`a letter in the search of ${CHOICES}, ${THROTTLE}x`, 'ms', keys, 50);
  report('nodes of the page with its sheet', 'count', await nodes(), 2000, 'value');
  await fast();
  await page.context().close();
}

async function choose(page, text) {
  await page.locator('button.select').click();
  const search = page.locator('.picker input');
  await search.fill(text);
  await page.locator('.options__item', { hasText: new RegExp(`^${text}$`) }).first().click();
}

const PARTS = { thousand, repeats, members, choices };
const asked = process.argv.slice(2).filter((part) => part in PARTS);

try {
  name('forms');
  await server.start();
  admin = await new Office(server).setUp({ mariam: 'worker' });
  browser = await chromium.launch(LAUNCH);
  console.log(`forms in the browser, processor slowed ${THROTTLE} times\n`);
  // The household of many members only when it is asked for.
  const usual = Object.keys(PARTS).filter((part) => part !== 'members');
  for (const part of asked.length ? asked : usual) await PARTS[part]();
  close();
} finally {
  await browser?.close();
  await server.destroy();
}
