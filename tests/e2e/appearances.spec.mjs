// What appearances make of questions: calendars, scales, maps of a picture, sounds; and codes that the camera
// reads in a browser that reads none itself.
import { expect, test } from './support/test.mjs';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LAUNCH } from './support/chromium.mjs';
import { PHONE, beginFamily, button, connect, ka, question, recordOf, saved } from './support/phone.mjs';
import { Office, Server } from './support/server.mjs';
import { accessible } from './support/watch.mjs';
import { archive } from './support/workbook.mjs';

const SHOTS = process.env.KARDAKAR_SHOTS;
// What the camera of this browser shows.
const FILM = join(tmpdir(), `kardakar-camera-${process.pid}.y4m`);
const CAMERA = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${FILM}`];
test.use({ launchOptions: { ...LAUNCH, args: [...LAUNCH.args, ...CAMERA] } });

const FORM = `| survey |
| | type | name | label::ქართული (ka) | appearance | parameters | media::image | media::big-image | media::audio | autoplay | trigger | worker_only | body::esri:inputMask |
| | audit | | | | track-changes=true identify-user=true | | | | | |
| | start-geopoint | begun | დაწყების ადგილი | | | | | | | |
| | select_one body | hurts | სად გტკივა? | image-map | | body.svg | | | | |
| | select_multiple body | all_hurt | სად კიდევ? | image-map no-buttons | | body.svg | | | | |
| | date | ethiopian | ეთიოპიური თარიღი | ethiopian | | | | | | |
| | date | nepali | ნეპალური თვე | bikram-sambat month-year | | | | | | |
| | datetime | persian | სპარსული დრო | persian | | | | | | |
| | range | stars | შეფასება | rating | start=1 end=5 step=1 | | | | | |
| | range | picked | სიიდან | picker | start=0 end=10 step=2 | | | | | |
| | range | slid | ხაზზე | vertical no-ticks | start=0 end=100 step=5 | | | | | |
| | integer | pin | ფარული რიცხვი | masked thousands-sep | | | | | | |
| | text | link | ბმული | url | | | | | | |
| | date | plain | თარიღი კალენდრის გარეშე | no-calendar | | | | | | |
| | note | look | სურათი | | | small.png | large.png | | | |
| | select_one sounds | heard | რა ისმის? | compact-2 | | | | | | |
| | select_one sounds | quick | სწრაფად | quick | | | | | | |
| | select_one spots | spot | რომელი ადგილი? | map | | | | | | |
| | range | much | რამდენად გტკივა? | distress | start=0 end=10 step=1 | | | | | |
| | text | secret | საიდუმლო სიტყვა | hidden-answer | | | | | | |
| | decimal | toward | საით? | bearing | | | | | | | | |
| | text | phone | ტელეფონი | | | | | | | | | +\\9\\95 999 99 99 99;_ |
| | geopoint | here | სად ვართ? | | capture-accuracy=10 warning-accuracy=30 | | | | | |
| | note | hear | მოისმინეთ | | | | | bell.wav | audio | |
| | note | secretly | ამას ოჯახი არ კითხულობს: 112 | dial | | | | | | | yes |
| | begin_group | grid | ბადე | w4 field-list | | | | | | |
| | integer | one | ერთი | w1 | | | | | | |
| | integer | two | ორი | w1 thousands-sep | | | | | | |
| | text | three | სამი | w2 | | | | | | |
| | text | four | ოთხი | | | | | | | |
| | end_group | | | | | | | | | |
| | text | last | ბოლო | | | | | | | |
| | background-geopoint | said_at | სად ითქვა | | | | | | | \${last} |

| choices |
| | list_name | name | label::ქართული (ka) | audio | geometry |
| | body | head | თავი | | |
| | body | arm | ხელი | | |
| | body | leg | ფეხი | | |
| | sounds | bell | ზარი | bell.wav | |
| | sounds | dog | ძაღლი | | |
| | spots | west | დასავლეთი | | 42 42 0 0 |
| | spots | east | აღმოსავლეთი | | 42 46 0 0 |
| | spots | nowhere | არსად | | |

| settings |
| | form_title | form_id | version | default_language | subject |
| | ოჯახი | hh_core | 2026010101 | ka | household |
`;

const BODY = `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 200">
<rect width="100" height="200" fill="#eee"/><script>document.title = 'taken over'</script>
<g transform="translate(10 0)"><circle id="head" cx="40" cy="30" r="20" fill="#fa8"/>
<g id="arm"><rect x="5" y="60" width="15" height="60" fill="#8af"/><rect x="60" y="60" width="15" height="60" fill="#8af"/></g></g>
<path id="leg" d="M40 120h20v70h-20z" fill="#8f8" onclick="alert(1)"/></svg>`;

// A quarter of a second of silence.
function wave() {
  const bytes = Buffer.alloc(44 + 2000, 128);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(8000, 24);
  bytes.writeUInt32LE(8000, 28);
  bytes.writeUInt16LE(1, 32);
  bytes.writeUInt16LE(8, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(2000, 40);
  return bytes;
}

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==',
  'base64',
);

// Frames of 320 by 320 in grey with a QR code, which the server drew as squares of an SVG.
function film(svg) {
  const size = Number(svg.match(/viewBox="0 0 (\d+)/)[1]);
  const side = 320;
  const grey = Buffer.alloc(side * side, 235);
  const squares = [...svg.matchAll(/M(\d+) (\d+)h(\d+)v(\d+)/g)].map((found) => found.slice(1).map(Number));
  expect(squares.length).toBeGreaterThan(100);
  const by = 240 / size;
  for (const [x, y, width, height] of squares)
    for (let row = Math.round(y * by); row < Math.round((y + height) * by); row += 1)
      grey.fill(20, (row + 40) * side + 40 + Math.round(x * by), (row + 40) * side + 40 + Math.round((x + width) * by));
  const colours = Buffer.alloc((side * side) / 2, 128);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), grey, colours]);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${side} H${side} F10:1 Ip A1:1 C420jpeg\n`), frame, frame]);
}

let server;
let admin;
let enrolment;

test.beforeAll(async () => {
  server = await Server.create();
  await server.start();
  admin = await new Office(server).setUp({ mariam: 'worker', nino: 'reviewer' });
  const files = {
    'form.md': FORM, 'body.svg': BODY, 'small.png': PNG, 'large.png': Buffer.concat([PNG, Buffer.from('large')]), 'bell.wav': wave(),
  };
  const response = await fetch(`${server.url}/api/forms?publish=1`, {
    method: 'POST',
    headers: { 'content-type': 'application/zip', cookie: admin.cookie, 'sec-fetch-site': 'same-origin' },
    body: archive(files),
  });
  const answer = await response.json();
  expect(response.status, JSON.stringify(answer)).toBe(200);
  expect(answer.form.files).toBe(4);
  const { users } = await admin.get('/api/users');
  enrolment = await admin.post('/api/enrolment-codes', { user: users.find((user) => user.login === 'mariam').id });
  writeFileSync(FILM, film(enrolment.qr_svg));
});

test.afterAll(async () => {
  await server?.destroy();
  rmSync(FILM, { force: true });
});

// Whether an edit that waits names this question.
const journalHas = async (page, name) => (await rowsOf(page, 'journal', '')).includes(name);

// The rows of a table under a prefix, as one text.
const rowsOf = (page, table, prefix) =>
  page.evaluate(
    ([table, prefix]) =>
      new Promise((done) => {
        const open = indexedDB.open('kardakar');
        open.onsuccess = () => {
          const all = open.result.transaction(table).objectStore(table).getAll(IDBKeyRange.bound(prefix, `${prefix}\uffff`));
          all.onsuccess = () => {
            open.result.close();
            done(all.result.map((row) => new TextDecoder('latin1').decode(row)).join(''));
          };
        };
      }),
    [table, prefix],
  );

// The lines of the log that are on the disk and in no file yet.
const notedLines = (page) => rowsOf(page, 'meta', 'noted/');

async function shot(page, name) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `appearance-${name}.png`), fullPage: true });
}

test('the code of the office is read without the help of the browser', async ({ browser }) => {
  const context = await browser.newContext({ ...PHONE, permissions: ['camera'] });
  const page = await context.newPage();
  // Where Chromium has a reader of its own it is not to be used here.
  await page.addInitScript(() => delete window.BarcodeDetector);
  await page.goto(`${server.url}/enrol`);
  await page.getByRole('button', { name: ka('enrol.scan') }).click();
  await expect(button(page, 'action.continue')).toBeVisible({ timeout: 60_000 });
  await expect.poll(async () => (await admin.get('/api/devices')).devices.length).toBe(1);
  await context.close();
});

// A receiver whose places become more exact, or less, one after the other; the last is repeated.
const receiver = (page, accuracies) =>
  page.evaluate((accuracies) => {
    window.taken = 0;
    navigator.geolocation.getCurrentPosition = (found) => {
      const accuracy = accuracies[Math.min(window.taken, accuracies.length - 1)];
      window.taken += 1;
      found({ coords: { latitude: 41.7, longitude: 44.8, altitude: 0, accuracy }, timestamp: 0 });
    };
  }, accuracies);

test('appearances', async ({ browser }) => {
  const context = await browser.newContext({ ...PHONE, permissions: ['geolocation', 'accelerometer', 'gyroscope', 'magnetometer'], geolocation: { latitude: 41.5, longitude: 44.5 } });
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await connect(page, server.url, await admin.code('mariam'));
  await page.goto(`${server.url}/sending`);
  await button(page, 'action.send_now').click();
  await beginFamily(page, server.url);
  const record = recordOf(page);
  // The place comes a moment after the record.
  await expect.poll(() => journalHas(page, 'begun')).toBe(true);
  const go = async (name, label) => {
    await page.goto(`${server.url}/record/${record}/at/${name}`);
    const asked = question(page, label);
    await expect(asked).toBeVisible();
    return asked;
  };

  // Leaves the record. What was looked at last stands in the file of the log then, which is written behind the
  // page that follows.
  const leave = async (last) => {
    await button(page, 'action.continue_later').click();
    await expect(page).toHaveURL(/household/);
    await expect.poll(() => rowsOf(page, 'blob', '')).toContain(`/data/${last}`);
    await expect.poll(() => notedLines(page)).toBe('');
  };

  await test.step('a picture to tap, and its options', async () => {
    const asked = await go('hurts', 'სად გტკივა?');
    await expect(asked.locator('.region')).toHaveCount(4);
    await expect(asked.locator('img')).toHaveCount(1);
    await asked.locator('.region').first().click();
    await expect(asked.getByRole('radio', { name: 'თავი' })).toBeChecked();
    await asked.getByRole('radio', { name: 'ხელი' }).check();
    await expect(asked.locator('.region--on')).toHaveCount(2);
    await saved(page);
    await accessible(page, 'image-map');
    await shot(page, 'image-map');
    const several = await go('all_hurt', 'სად კიდევ?');
    await several.locator('.region').first().click();
    await several.locator('.region').last().click();
    await expect(several.getByRole('checkbox', { checked: true })).toHaveCount(2);
    await several.locator('.region').last().click();
    await expect(several.getByRole('checkbox', { checked: true })).toHaveCount(1);
    await saved(page);
    await accessible(page, 'no-buttons');
    await shot(page, 'no-buttons');
  });

  await test.step('dates of other calendars', async () => {
    const asked = await go('ethiopian', 'ეთიოპიური თარიღი');
    await asked.getByLabel(ka('date.day')).fill('13');
    await asked.getByLabel(ka('date.month')).selectOption('Hidar');
    await asked.getByLabel(ka('date.year')).fill('2019');
    await asked.getByLabel(ka('date.year')).blur();
    await expect(asked.locator('.date__computed')).toHaveText('22.11.2026');
    await saved(page);
    await accessible(page, 'ethiopian');
    await shot(page, 'ethiopian');
    await asked.getByLabel(ka('date.day')).fill('31');
    await asked.getByLabel(ka('date.day')).blur();
    await expect(asked.locator('.field__error')).toBeVisible();
    await asked.getByLabel(ka('date.day')).fill('13');
    await asked.getByLabel(ka('date.year')).blur();
    await saved(page);
    const month = await go('nepali', 'ნეპალური თვე');
    await month.getByLabel(ka('date.year')).fill('2083');
    await month.getByLabel(ka('date.month')).selectOption('Mangsir');
    await expect(month.locator('.date__computed')).toHaveText('17.11.2026');
    const moment = await go('persian', 'სპარსული დრო');
    await moment.getByLabel(ka('date.day')).fill('1');
    await moment.getByLabel(ka('date.month')).selectOption('Azar');
    await moment.getByLabel(ka('date.year')).fill('1405');
    await moment.getByLabel(ka('date.time')).fill('9:05');
    await expect(moment.locator('.date__computed')).toHaveText('22.11.2026');
    await saved(page);
    await page.reload();
    await expect(moment.getByLabel(ka('date.month'))).toHaveValue('Azar');
    await expect(moment.getByLabel(ka('date.time'))).toHaveValue('09:05');
    await accessible(page, 'persian');
    await shot(page, 'persian');
  });

  await test.step('scales', async () => {
    const stars = await go('stars', 'შეფასება');
    await stars.locator('.rating__item').nth(3).click();
    await expect(stars.getByRole('radio', { name: '4' })).toBeChecked();
    await shot(page, 'rating');
    await (await go('picked', 'სიიდან')).locator('select').selectOption('6');
    const slid = await go('slid', 'ხაზზე');
    await slid.locator('input[type=range]').focus();
    for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowUp');
    await expect(slid.locator('output')).toHaveText('15');
    await saved(page);
    await shot(page, 'slider');
  });

  await test.step('texts and numbers', async () => {
    const pin = await go('pin', 'ფარული რიცხვი');
    await pin.locator('.field__box').fill('123456');
    await pin.locator('.field__box').blur();
    await expect(pin.locator('.field__box--masked')).toHaveValue('123456');
    const link = await go('link', 'ბმული');
    await link.locator('.field__box').fill('https://example.ge/a');
    await expect(link.getByRole('link')).toHaveAttribute('href', 'https://example.ge/a');
    const plain = await go('plain', 'თარიღი კალენდრის გარეშე');
    await expect(plain.getByRole('button', { name: ka('date.choose') })).toHaveCount(0);
  });

  await test.step('a note for the worker alone is read with a tap', async () => {
    await page.goto(`${server.url}/record/${record}/at/secretly`);
    const words = page.getByText('ამას ოჯახი არ კითხულობს');
    const read = button(page, 'question.worker_note');
    await expect(read).toBeVisible();
    await expect(words).toBeHidden();
    await accessible(page, 'a note for the worker');
    await read.click();
    await expect(words).toBeVisible();
    await expect(read).toHaveCount(0);
    await expect(page.getByRole('link', { name: '112' })).toHaveAttribute('href', 'tel:112');
  });

  await test.step('several questions in a row, where there is room', async () => {
    await go('one', 'ერთი');
    const boxes = async () => {
      const labels = ['ერთი', 'ორი', 'სამი', 'ოთხი'];
      return Promise.all(labels.map((label) => question(page, label).boundingBox()));
    };
    const phone = await boxes();
    for (const box of phone) {
      expect(box.x).toBe(phone[0].x);
      expect(box.width).toBeGreaterThan(300);
    }
    await shot(page, 'widths-phone');
    await page.setViewportSize({ width: 1000, height: 740 });
    const [one, two, three, four] = await boxes();
    expect([two.y, three.y]).toEqual([one.y, one.y]);
    expect(four.y).toBeGreaterThan(one.y + one.height);
    expect(Math.abs(one.width - two.width)).toBeLessThan(2);
    expect(three.width).toBeGreaterThan(one.width * 1.8);
    expect(three.x + three.width).toBeCloseTo(four.x + four.width, 0);
    await accessible(page, 'widths');
    await shot(page, 'widths-tablet');
    await page.setViewportSize(PHONE.viewport);
  });

  await test.step('a large picture, and sounds of options', async () => {
    await page.goto(`${server.url}/record/${record}/at/look`);
    const small = page.locator('.media__enlarge');
    await expect(small.locator('img')).toBeAttached();
    await small.click();
    await expect(page.locator('.media__enlarge--on img')).toBeAttached();
    const heard = await go('heard', 'რა ისმის?');
    await expect(heard.locator('label.choice audio')).toHaveCount(1);
    await shot(page, 'sound');
  });

  await test.step('what is quick goes on by itself after a finger, not after a key', async () => {
    const quick = await go('quick', 'სწრაფად');
    await quick.getByRole('radio', { name: 'ძაღლი' }).focus();
    await page.keyboard.press('Space');
    await expect(quick.getByRole('radio', { name: 'ძაღლი' })).toBeChecked();
    await saved(page);
    await expect(quick).toBeVisible();
    await quick.locator('label.choice').first().locator('.choice__mark').click();
    await expect(question(page, 'რომელი ადგილი?')).toBeVisible();
    await saved(page);
  });

  await test.step('a thermometer', async () => {
    const much = await go('much', 'რამდენად გტკივა?');
    const slider = much.locator('.slider--vertical input[type=range]');
    await expect(much.locator('output')).toHaveText('');
    await slider.focus();
    for (let step = 0; step < 4; step += 1) await page.keyboard.press('ArrowUp');
    await expect(much.locator('output')).toHaveText('4');
    await saved(page);
    await page.reload();
    await expect(slider).toHaveValue('4');
    await shot(page, 'distress');
  });

  await test.step('a hidden answer is read nowhere on the phone', async () => {
    const secret = await go('secret', 'საიდუმლო სიტყვა');
    await secret.locator('.field__box').fill('ჩურჩული');
    await secret.locator('.field__box').blur();
    await saved(page);
    await expect(secret.locator('.field__box--masked')).toHaveValue('ჩურჩული');
    await expect(secret.locator('.field__box')).toHaveCSS('-webkit-text-security', 'disc');
    await shot(page, 'hidden');
  });

  await test.step('what is typed under a mask is laid out', async () => {
    const phone = await go('phone', 'ტელეფონი');
    const input = phone.locator('input.field__box');
    await expect(input).toHaveAttribute('inputmode', 'numeric');
    await expect(input).toHaveAttribute('placeholder', '+995 ___ __ __ __');
    await input.click();
    await expect(input).toHaveValue('+995 ');
    await input.pressSequentially('59a9');
    await expect(input).toHaveValue('+995 599 ');
    await input.blur();
    await expect(phone.locator('.field__error')).toContainText('+995 ___ __ __ __');
    await shot(page, 'mask');
    await input.press('End');
    await input.pressSequentially('123457');
    await expect(input).toHaveValue('+995 599 12 34 57');
    await expect(phone.locator('.field__error')).toBeHidden();
    // In the middle: the caret stays where it is.
    await input.press('ArrowLeft');
    await input.press('Backspace');
    await input.press('6');
    await input.press('5');
    await expect(input).toHaveValue('+995 599 12 34 65');
    await input.blur();
    await saved(page);
    await expect(phone.locator('.field__error')).toBeHidden();
    // What was seen until now is on the disk already, should the page be killed.
    await button(page, 'action.continue').click();
    await expect.poll(() => notedLines(page)).toContain('/data/phone');
  });

  await test.step('a direction from the compass', async () => {
    const toward = await go('toward', 'საით?');
    await button(toward, 'question.bearing_take').click();
    // The compass tells the direction again and again.
    await expect
      .poll(async () => {
        const turned = { alpha: 90.24, absolute: true };
        await page.evaluate((turned) => dispatchEvent(new DeviceOrientationEvent('deviceorientationabsolute', turned)), turned);
        return toward.locator('.field__box').inputValue();
      })
      .toBe('269,8');
    await saved(page);
    await shot(page, 'bearing');
  });

  await test.step('a place as exact as asked for, or said to be rough', async () => {
    const here = await go('here', 'სად ვართ?');
    const taken = () => page.evaluate(() => window.taken);
    await receiver(page, [80, 40, 8]);
    await button(here, 'question.location_take').click();
    await expect(here).toContainText(/± 8(?!\d)/);
    expect(await taken()).toBe(3);
    await expect(here.locator('.mismatch')).toHaveCount(0);
    // Never exact enough: the best of five, and that it is rough.
    await receiver(page, [90, 60, 35, 70, 50, 1]);
    await button(here, 'action.try_again').click();
    await expect(here).toContainText('± 35');
    expect(await taken()).toBe(5);
    await expect(here.locator('.mismatch')).toContainText('35');
    await receiver(page, [20]);
    await button(here, 'action.try_again').click();
    await expect(here).toContainText('± 20');
    await expect(here.locator('.mismatch')).toHaveCount(0);
    await saved(page);
    await shot(page, 'accuracy');
  });

  await test.step('a sound that plays by itself, and the log of the visit', async () => {
    await button(page, 'action.continue').click();
    const sound = page.locator('audio.media__sound');
    await expect(sound).toHaveJSProperty('autoplay', true);
    await expect.poll(() => sound.evaluate((sound) => sound.duration)).toBe(0.25);
    await shot(page, 'autoplay');
    await leave('hear');
    // Another visit goes on in the file.
    const last = await go('last', 'ბოლო');
    await last.locator('.field__box').fill('ერთი, "ორი"');
    await last.locator('.field__box').blur();
    await saved(page);
    // The place of the answer comes a moment after it.
    await expect.poll(() => journalHas(page, 'said_at')).toBe(true);
    await leave('last');
  });

  await test.step('options on a map', async () => {
    const spot = await go('spot', 'რომელი ადგილი?');
    const map = spot.locator('.map__ground');
    const box = await map.boundingBox();
    const at = await map.locator('.map__points').getAttribute('d');
    const [x, y] = at.match(/M\s*([-\d.]+)[ ,]+([-\d.]+)/).slice(1).map(Number);
    await map.click({ position: { x: (x / 320) * box.width, y: (y / 320) * box.height } });
    await expect(spot.getByRole('radio', { name: 'დასავლეთი' })).toBeChecked();
    await spot.getByRole('radio', { name: 'არსად' }).check();
    await spot.getByRole('radio', { name: 'აღმოსავლეთი' }).check();
    await expect(map.locator('.map__taken')).toHaveAttribute('d', /M/);
    await saved(page);
    await accessible(page, 'a map of options');
    await shot(page, 'map');
    await leave('spot');
  });

  await test.step('the office reads Gregorian dates and plain values', async () => {
    await page.goto(`${server.url}/sending`);
    await button(page, 'action.send_now').click();
    await expect.poll(async () => (await admin.get('/api/records')).total).toBe(1);
    const values = async () => {
      const { nodes } = await admin.get(`/api/records/${record}`);
      return Object.fromEntries(nodes.map((node) => [node.key, node.value]));
    };
    // Earlier visits may have been sent before: until all of the last one is there.
    await expect.poll(values).toMatchObject({ quick: 'bell', hurts: 'arm', all_hurt: 'head', ethiopian: '2026-11-22', nepali: '2026-11-17', stars: '4', picked: '6', slid: '15', pin: '123456', toward: '269.8', spot: 'east', phone: '+995 599 12 34 65' });
    const known = await values();
    expect(known.begun).toMatch(/^41\.5\d* 44\.5/);
    expect(known.said_at).toMatch(/^41\.5\d* 44\.5/);
    expect(known.persian).toMatch(/^2026-11-22T09:05:00/);
  });
  await test.step('the log of the visits, as ODK writes it', async () => {
    const log = async () => {
      const { attachments } = await admin.get(`/api/records/${record}/attachments`);
      const file = attachments.find(({ path, name, state }) => path === 'audit' && name === 'audit.csv' && state === 'received');
      if (!file) return '';
      const address = `${server.url}/api/records/${record}/attachments/${file.hash}?name=audit.csv`;
      return (await fetch(address, { headers: { cookie: admin.cookie } })).text();
    };
    await expect.poll(log).toContain('/data/spot');
    const [head, ...lines] = (await log()).trimEnd().split('\n');
    expect(head).toBe('event,node,start,end,old-value,new-value,user');
    const rows = lines.map((line) => line.split(','));
    const named = (name) => rows.filter(([event]) => event === name);
    expect(named('form resume').length).toBeGreaterThanOrEqual(2);
    expect(named('form exit')).toHaveLength(3);
    expect(new Set(rows.map((row) => row.at(-1))).size, 'one person').toBe(1);
    expect(rows[0].at(-1)).not.toBe('');
    const taken = named('question').find(([, node]) => node === '/data/here');
    expect(taken[5]).toMatch(/^41\.7\d* 44\.8\d* /);
    for (const [, , start, end] of named('question')) expect(Number(end)).toBeGreaterThanOrEqual(Number(start));
    // A comma is quoted, and then what is quoted within.
    expect(await log()).toMatch(/question,\/data\/last,\d+,\d+,,"ერთი, ""ორი""",/);
    expect(await notedLines(page), 'what stands in the file is kept there alone').toBe('');
  });
  expect(await page.title()).not.toContain('taken over');
  expect(errors).toEqual([]);
  await context.close();
});
