// Attachments from the camera to the office, and every kind of question filled in once.
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';
import { expect, test } from './support/test.mjs';
import { LAUNCH } from './support/chromium.mjs';
import { DESK, PHONE, answer, button, enrol, installed, ka, saved } from './support/phone.mjs';
import { Office, PASSWORD, Server } from './support/server.mjs';
import { accessible } from './support/watch.mjs';

// A camera and a microphone that the browser invents.
const FAKE = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];
test.use({ launchOptions: { ...LAUNCH, args: [...LAUNCH.args, ...FAKE] } });

const FORM = readFileSync(new URL('../../forms/examples/all_widgets.md', import.meta.url), 'utf8');
// Screenshots of every question, for people to look at.
const SHOTS = process.env.KARDAKAR_SHOTS;
const HERE = { latitude: 41.7151, longitude: 44.8271, accuracy: 5 };

let server;
let admin;
let bucket;

// A bucket of an S3-compatible service, for the server's attachments. The Rust tests use a directory.
async function startBucket() {
  const directory = await mkdtemp(join(tmpdir(), 'kd-s3-'));
  const service = new S3rver({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory,
    configureBuckets: [{ name: 'kardakar' }],
  });
  const { port } = await service.run();
  const settings = {
    KARDAKAR_ATTACHMENTS: 's3://kardakar/files',
    AWS_ENDPOINT: `http://127.0.0.1:${port}`,
    AWS_ALLOW_HTTP: 'true',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'S3RVER',
    AWS_SECRET_ACCESS_KEY: 'S3RVER',
  };
  Object.assign(process.env, settings);
  return {
    objects: () => readdirSync(directory, { recursive: true }).filter((name) => /[0-9a-f]{64}\._S3rver_object$/.test(name)),
    async stop() {
      for (const name of Object.keys(settings)) delete process.env[name];
      await service.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

test.beforeAll(async () => {
  bucket = await startBucket();
  server = await Server.create();
  await server.start();
  admin = await new Office(server).setUp({ mariam: 'worker', nino: 'reviewer' });
  // The example takes the place of the household's questionnaire, so that a visit begins with it.
  const source = FORM.replace('all_widgets', 'hh_core')
    .replace('| default_language |', '| default_language | subject |')
    .trimEnd();
  const response = await fetch(`${server.url}/api/forms?publish=1`, {
    method: 'POST',
    headers: { 'content-type': 'text/markdown', cookie: admin.cookie, 'sec-fetch-site': 'same-origin' },
    body: source + ' household |\n',
  });
  expect(response.status, await response.clone().text()).toBe(200);
});

test.afterAll(async () => {
  await server?.destroy();
  await bucket?.stop();
});

// What the example's questions are called.
const labels = new Map();
for (const line of FORM.split('\n')) {
  const cells = line.split('|').map((cell) => cell.trim());
  if (cells[2] && cells[3] && cells[4]) labels.set(cells[3], cells[4]);
}

let record;
const at = (name) => `${server.url}/record/${record}/at/${name}`;
const question = (page, name) =>
  page.locator('.question:visible').filter({ has: page.locator('.question__label', { hasText: labels.get(name) }) }).first();

async function go(page, name) {
  await page.goto(at(name));
  await expect(question(page, name)).toBeVisible();
}

async function shot(page, name) {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}

// `prepare` is called before the first page is loaded.
async function phone(browser, prepare = async () => {}) {
  const context = await browser.newContext({ ...PHONE, permissions: ['geolocation', 'camera', 'microphone'], geolocation: HERE });
  await prepare(context);
  const page = await context.newPage();
  await enrol(page, server.url, await admin.code('mariam'));
  await installed(page);
  await page.getByRole('button', { name: ka('action.continue') }).click();
  await button(page, 'today.start_visit').click();
  await page.getByRole('button', { name: ka('today.new_family') }).click();
  await expect(page).toHaveURL(/record\/[0-9a-f]{32}/);
  record = page.url().match(/record\/([0-9a-f]{32})/)[1];
  return { context, page };
}

// A large JPEG of noise with the place in its EXIF, as cameras write it.
async function camera(page) {
  const base = Buffer.from(
    await page.evaluate(async () => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [1600, 1200];
      const context = canvas.getContext('2d');
      const image = context.createImageData(1600, 1200);
      let seed = 7;
      for (let i = 0; i < image.data.length; i += 1) {
        seed = (seed * 1103515245 + 12345) & 0x7fffffff;
        image.data[i] = i % 4 === 3 ? 255 : seed >> 16;
      }
      context.putImageData(image, 0, 0);
      const blob = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.9));
      return [...new Uint8Array(await blob.arrayBuffer())];
    }),
  );
  const exif = Buffer.concat([Buffer.from('Exif\0\0'), Buffer.from('GPSLatitude 41.7151 SECRET-PLACE')]);
  const head = Buffer.from([0xff, 0xe1, (exif.length + 2) >> 8, (exif.length + 2) & 255]);
  return { name: 'IMG_0001.jpg', mimeType: 'image/jpeg', buffer: Buffer.concat([base.subarray(0, 2), head, exif, base.subarray(2)]) };
}

const chooser = (page, name) => question(page, name).locator('input[type=file]').first();
const place = (page, name, key) => expect(question(page, name).locator('.media__place')).toContainText(ka(key));

// `midway` is called while the pen is on the pad.
async function stroke(page, name, midway = async () => {}) {
  const pad = question(page, name).locator('canvas');
  // Waits until it is in sight and stands still.
  await pad.hover();
  const box = await pad.boundingBox();
  await page.mouse.move(box.x + 40, box.y + 60);
  await page.mouse.down();
  for (let step = 1; step <= 12; step += 1) {
    await page.mouse.move(box.x + 40 + step * 15, box.y + 60 + 30 * Math.sin(step));
    if (step === 6) await midway();
  }
  await page.mouse.up();
}

// Reads the phone's database: all rows of a table, or the one of a key.
const rows = (page, table, key) =>
  page.evaluate(
    async ([table, key]) => {
      const done = (request) => new Promise((done) => (request.onsuccess = () => done(request.result)));
      const database = await done(indexedDB.open('kardakar'));
      const store = database.transaction(table).objectStore(table);
      const found = key ? [await done(store.get(key))] : await done(store.getAll());
      database.close();
      return found.map((row) => [...row].join(' '));
    },
    [table, key],
  );

// What the phone's database holds of chunks: how many rows, and how many bytes of attachments.
async function chunks(page) {
  const found = await rows(page, 'blob');
  return { rows: found.length, bytes: found.reduce((sum, row) => sum + row.split(' ').length - 9, 0) };
}

test('a photo travels from a phone without network to the office', async ({ browser }) => {
  const { context, page } = await phone(browser);
  const picture = await camera(page);

  await test.step('without network it is taken, made smaller and kept', async () => {
    await server.stop();
    await context.setOffline(true);
    await go(page, 'photo');
    await chooser(page, 'photo').setInputFiles(picture);
    await expect(question(page, 'photo').locator('img.media__photo')).toBeVisible();
    await place(page, 'photo', 'media.only_here');
    await saved(page);
    const kept = await chunks(page);
    expect(kept.rows).toBeGreaterThan(1);
    expect(kept.bytes).toBeLessThan(picture.buffer.length);
  });

  await test.step('a signature and a recording too', async () => {
    await go(page, 'sign');
    await stroke(page, 'sign');
    await place(page, 'sign', 'media.only_here');
    await go(page, 'sound');
    await question(page, 'sound').getByRole('button', { name: ka('media.record') }).click();
    await expect(question(page, 'sound').getByRole('button', { name: ka('media.stop') })).toBeVisible();
    const second = new RegExp(ka('media.recording', { time: '\\d:\\d[1-9]' }));
    await expect(question(page, 'sound').getByText(second)).toBeVisible();
    await question(page, 'sound').getByRole('button', { name: ka('media.stop') }).click();
    await expect(question(page, 'sound').locator('audio')).toBeVisible();
    await place(page, 'sound', 'media.only_here');
    await saved(page);
  });

  await test.step('what was retaken leaves nothing behind', async () => {
    await go(page, 'draw');
    const before = await chunks(page);
    await stroke(page, 'draw');
    await place(page, 'draw', 'media.only_here');
    await question(page, 'draw').getByRole('button', { name: ka('action.remove') }).click();
    await expect(question(page, 'draw').locator('.media__place')).toHaveCount(0);
    await expect.poll(() => chunks(page)).toEqual(before);
  });

  await test.step('after a restart everything is there', async () => {
    await page.goto(at('photo'));
    await page.reload();
    const image = question(page, 'photo').locator('img.media__photo');
    await expect(image).toBeVisible();
    await expect.poll(() => image.evaluate((image) => Math.max(image.naturalWidth, image.naturalHeight))).toBe(800);
  });

  await test.step('the record arrives first; the office sees what is missing', async () => {
    await server.start();
    // Files are cut: the first piece passes, then nothing.
    let pieces = 0;
    await context.route('**/api/attachments', (route) => (pieces++ < 1 ? route.continue() : route.abort()));
    await context.setOffline(false);
    await page.goto(`${server.url}/sending`);
    await button(page, 'action.send_now').click();
    await expect.poll(async () => (await admin.get('/api/records')).total).toBe(1);
    const listed = async () => {
      const { attachments, waiting } = await admin.get(`/api/records/${record}/attachments`);
      return [attachments.length, waiting];
    };
    await expect.poll(listed).toEqual([3, 3]);
  });

  const desk = await (await browser.newContext(DESK)).newPage();
  await test.step('the office waits', async () => {
    await desk.goto(`${server.url}/office`);
    await desk.getByLabel(ka('signin.login'), { exact: true }).fill('nino');
    await desk.getByLabel(ka('signin.password'), { exact: true }).fill(PASSWORD);
    await desk.getByRole('button', { name: ka('signin.button'), exact: true }).click();
    await expect(desk.getByRole('button', { name: ka('signin.button'), exact: true })).toHaveCount(0);
    await desk.goto(`${server.url}/office/record/${record}`);
    await expect(desk.locator('.answers__waiting').first()).toBeVisible();
  });

  await test.step('the files follow from where they stopped, and appear', async () => {
    await context.unroute('**/api/attachments');
    let sent = 0;
    page.on('request', (request) => {
      if (request.url().endsWith('/api/attachments')) sent += request.postDataBuffer()?.length ?? 0;
    });
    await page.goto(`${server.url}/sending`);
    await button(page, 'action.send_now').click();
    await expect.poll(async () => (await admin.get(`/api/records/${record}/attachments`)).waiting).toBe(0);
    const listed = (await admin.get(`/api/records/${record}/attachments`)).attachments;
    const total = listed.reduce((sum, file) => sum + file.size, 0);
    // The first piece arrived before the cut: at most one piece is sent twice.
    expect(sent).toBeLessThan(total + 33 * 1024);
    const shown = desk.locator('img.answers__photo').first();
    await expect(shown).toBeVisible();
    await expect.poll(() => shown.evaluate((image) => image.naturalWidth)).toBeGreaterThan(0);
    await expect(desk.locator('.answers__waiting')).toHaveCount(0);
    await shot(desk, 'office');
    await go(page, 'photo');
    await place(page, 'photo', 'media.received');
  });

  await test.step('no place of the camera is in the file', async () => {
    const listed = (await admin.get(`/api/records/${record}/attachments`)).attachments;
    const photo = listed.find((file) => file.path === 'photo');
    expect(photo.media_type).toMatch(/^image\/(webp|jpeg)$/);
    const response = await fetch(`${server.url}/api/records/${record}/attachments/${photo.hash}`, {
      headers: { cookie: admin.cookie },
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.length).toBe(photo.size);
    expect(bytes.includes('SECRET-PLACE')).toBe(false);
    expect(bytes.includes('Exif')).toBe(false);
  });

  await test.step('they lie in the bucket under their hashes, and outlive the server', async () => {
    const listed = (await admin.get(`/api/records/${record}/attachments`)).attachments;
    const objects = bucket.objects();
    for (const { hash } of listed) expect(objects.some((name) => name.includes(hash))).toBe(true);
    await server.stop();
    await server.start();
    for (const { hash, size } of listed) {
      const response = await fetch(`${server.url}/api/records/${record}/attachments/${hash}`, { headers: { cookie: admin.cookie } });
      expect((await response.arrayBuffer()).byteLength).toBe(size);
    }
  });
  await desk.context().close();
  await context.close();
});

test('every kind of question is filled in', async ({ browser }) => {
  const { context, page } = await phone(browser);
  const errors = [];
  page.on('console', (message) => message.type() === 'error' && !message.text().includes('ERR_INTERNET_DISCONNECTED') && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  const picture = await camera(page);
  // Everything works without a network.
  await context.setOffline(true);
  const film = { name: 'film.webm', mimeType: 'video/webm', buffer: Buffer.from('\x1a\x45\xdf\xa3webm V_VP8', 'latin1') };
  const given = {
    line: 'ერთი', lines: 'ორი\nსტრიქონი', digits: '123456', secret: 'საიდუმლო', whole: '1234567', part: '2,5',
    day: [7, 9, 2020], one: 'ვაშლი', quick: 'მსხალი', minimal: 'ვაშლი', search: 'მაისი', columns: 'ლეღვი',
    several: ['ვაშლი', 'ლეღვი'], several_columns: ['მსხალი'], several_search: ['მარტი', 'მაისი'],
  };
  for (const [name, value] of Object.entries(given)) {
    await test.step(name, async () => {
      await go(page, name);
      await answer(question(page, name), value);
      await saved(page);
      await shot(page, name);
    });
  }
  for (const name of ['hello', 'level', 'month', 'year', 'hour', 'moment', 'rank', 'ack', 'region']) {
    await test.step(name, async () => {
      await page.goto(at(name));
      await expect(page.locator('.action-bar')).toBeVisible();
      await accessible(page, name);
      await shot(page, name);
    });
  }
  await test.step('a scale, and a table with its rows', async () => {
    await go(page, 'likert');
    await question(page, 'likert').getByRole('radio', { name: 'უფრო კი' }).check();
    await expect(question(page, 'likert').getByRole('radio', { name: 'უფრო კი' })).toBeChecked();
    await shot(page, 'likert');
    await page.goto(at('water'));
    await question(page, 'water').getByRole('radio', { name: 'კი', exact: true }).check();
    await question(page, 'power').getByRole('radio', { name: 'არა', exact: true }).check();
    await saved(page);
    await accessible(page, 'table');
    await shot(page, 'table');
  });
  await test.step('photos, a drawing on one, and files', async () => {
    for (const name of ['new_photo', 'annotate']) {
      await go(page, name);
      await chooser(page, name).setInputFiles(picture);
      await place(page, name, 'media.only_here');
    }
    await stroke(page, 'annotate');
    const before = await page.locator('.media__place').innerText();
    await question(page, 'annotate').getByRole('button', { name: ka('media.keep_drawing') }).click();
    await expect(page.locator('.media__place')).not.toHaveText(before);
    await accessible(page, 'annotate');
    await shot(page, 'annotate');
    await go(page, 'draw');
    await stroke(page, 'draw');
    await place(page, 'draw', 'media.only_here');
    await accessible(page, 'draw');
    await shot(page, 'draw');
    await go(page, 'sign');
    await question(page, 'sign').getByLabel(ka('media.write_name')).fill('ნინო ბერიძე');
    await question(page, 'sign').getByLabel(ka('media.write_name')).blur();
    await place(page, 'sign', 'media.only_here');
    await accessible(page, 'sign');
    await shot(page, 'sign');
    await page.reload();
    await expect(question(page, 'sign').locator('img.media__drawn')).toBeVisible();
    await go(page, 'film');
    await question(page, 'film').locator('input[type=file]').last().setInputFiles(film);
    await place(page, 'film', 'media.only_here');
    await accessible(page, 'film');
    await shot(page, 'film');
    await go(page, 'paper');
    await chooser(page, 'paper').setInputFiles({ name: 'საბუთი.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') });
    await expect(question(page, 'paper').getByRole('link', { name: 'საბუთი.pdf' })).toBeVisible();
    await accessible(page, 'paper');
    await shot(page, 'paper');
    await go(page, 'paper');
    await chooser(page, 'paper').evaluate((input) => {
      const chosen = new DataTransfer();
      chosen.items.add(new File([new Uint8Array(26 * 1024 * 1024)], 'large.bin'));
      input.files = chosen.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await expect(question(page, 'paper').locator('.mismatch')).toBeVisible();
    await expect(question(page, 'paper').getByRole('link', { name: 'საბუთი.pdf' })).toBeVisible();
  });
  await test.step('a code by hand, and the microphone', async () => {
    await go(page, 'code');
    await question(page, 'code').locator('.field__box').fill('4860001');
    await question(page, 'code').locator('.field__box').blur();
    await saved(page);
    await accessible(page, 'code');
    await shot(page, 'code');
    await go(page, 'sound');
    await accessible(page, 'sound');
    await shot(page, 'sound');
  });
  await test.step('places by the receiver, by tapping and by keys', async () => {
    await go(page, 'point');
    await shot(page, 'point');
    await go(page, 'placed');
    await question(page, 'placed').getByRole('button', { name: ka('map.here') }).click();
    await expect(question(page, 'placed').locator('.map__row')).toHaveCount(1);
    await question(page, 'placed').locator('.map__ground').click({ position: { x: 60, y: 60 } });
    await expect(question(page, 'placed').locator('.map__row')).toHaveCount(1);
    await accessible(page, 'placed');
    await shot(page, 'placed');
    await go(page, 'way');
    await question(page, 'way').getByRole('button', { name: ka('map.here') }).click();
    await expect(question(page, 'way').locator('.map__row')).toHaveCount(1);
    const ground = question(page, 'way').locator('.map__ground');
    await ground.click({ position: { x: 80, y: 70 } });
    await ground.click({ position: { x: 250, y: 90 } });
    await ground.focus();
    for (const key of ['ArrowRight', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
    await expect(question(page, 'way').locator('.map__row')).toHaveCount(4);
    await question(page, 'way').locator('.map__row').nth(1).getByRole('button').click();
    await expect(question(page, 'way').locator('.map__row')).toHaveCount(3);
    await accessible(page, 'way');
    await shot(page, 'way');
    await go(page, 'plot');
    const plot = question(page, 'plot').locator('.map__ground');
    for (const [x, y] of [[60, 60], [260, 80], [200, 260]]) await plot.click({ position: { x, y } });
    await expect(question(page, 'plot').locator('.map__row')).toHaveCount(3);
    await saved(page);
    await accessible(page, 'plot');
    await shot(page, 'plot');
    await page.reload();
    await expect(question(page, 'plot').locator('.map__row')).toHaveCount(3);
  });
  await test.step('the office reads all of it', async () => {
    await context.setOffline(false);
    await page.goto(`${server.url}/sending`);
    await button(page, 'action.send_now').click();
    await expect.poll(async () => (await admin.get(`/api/records/${record}/attachments`).catch(() => ({ waiting: -1 }))).waiting).toBe(0);
    const { nodes } = await admin.get(`/api/records/${record}`);
    const value = (name) => nodes.find((node) => node.key === name).value;
    expect(value('likert')).toBe('rather_yes');
    expect(value('water')).toBe('yes');
    expect(value('whole')).toBe('1234567');
    expect(value('way').split(';').length).toBe(3);
    const plot = value('plot').split(';').map((text) => text.trim());
    expect(plot.length).toBe(4);
    expect(plot[3]).toBe(plot[0]);
    expect(value('paper')).toMatch(/^საბუთი\.pdf#[0-9a-f]{64};8;application\/pdf$/);
  });
  expect(errors).toEqual([]);
  await context.close();
});

test('with less than 50 MB left photos wait, answers and signatures do not', async ({ browser }) => {
  // Chromium tells pages the same room whatever there is; others say how much it is.
  let left = 40_000_000;
  const { context, page } = await phone(browser, async (context) => {
    await context.exposeFunction('leftOnPhone', () => left);
    await context.addInitScript(() => {
      navigator.storage.estimate = async () => ({ usage: 12e6, quota: 12e6 + (await window.leftOnPhone()) });
    });
  });
  const picture = await camera(page);
  const photo = () => question(page, 'photo').locator('img.media__photo');
  const refusal = (place) => place.getByText(ka('media.no_room', { free: ka('unit.mb', { n: '39' }) }));
  await go(page, 'photo');
  await expect(refusal(question(page, 'photo'))).toBeVisible();
  // A tap leads to what can be done, not to the camera.
  let cameras = 0;
  page.on('filechooser', () => (cameras += 1));
  await question(page, 'photo').getByText(ka('question.photo_add')).click();
  const help = button(question(page, 'photo'), 'storage.help');
  await expect(help).toBeFocused();
  // Taken all the same, it is not kept.
  await chooser(page, 'photo').setInputFiles(picture);
  await help.click();
  await expect(page.getByRole('heading', { level: 1, name: ka('storage.title') })).toBeVisible();
  // Whoever has left the question meanwhile is also told by a toast.
  await expect(refusal(page.getByRole('main'))).toBeVisible();
  expect(cameras).toBe(0);
  expect((await chunks(page)).rows).toBe(0);
  await go(page, 'line');
  await answer(question(page, 'line'), 'კვლავ ინახება');
  await saved(page);
  await go(page, 'sign');
  await stroke(page, 'sign');
  await place(page, 'sign', 'media.only_here');
  await saved(page);
  // Room has been made.
  left = 2_000_000_000;
  await go(page, 'photo');
  await expect(refusal(question(page, 'photo'))).toHaveCount(0);
  await chooser(page, 'photo').setInputFiles(picture);
  await expect(photo()).toBeVisible();
  await saved(page);
  await go(page, 'line');
  await expect(question(page, 'line').locator('input')).toHaveValue('კვლავ ინახება');
  await context.close();
});

test('who goes on while a photo is being made ready, or has just signed, loses neither', async ({ browser }) => {
  // Nothing is made smaller before the test says so.
  const { context, page } = await phone(browser, (context) =>
    context.addInitScript(() => {
      const made = window.createImageBitmap;
      window.createImageBitmap = async (...options) => {
        await new Promise((done) => (window.makeSmaller = done));
        return made(...options);
      };
    }),
  );
  const picture = await camera(page);
  const begun = () => page.waitForFunction(() => window.makeSmaller);
  const goOn = () => page.evaluate(() => window.makeSmaller());
  const image = (name) => question(page, name).locator('img.media__photo');
  const there = async (name) => {
    await expect(image(name)).toBeVisible();
    await saved(page);
    await page.reload();
    await expect(image(name)).toBeVisible();
  };

  await test.step('to the next question', async () => {
    await go(page, 'photo');
    await chooser(page, 'photo').setInputFiles(picture);
    await begun();
    await button(page, 'action.continue').click();
    await expect(page).not.toHaveURL(/at\/photo$/);
    await goOn();
    await button(page, 'action.back').click();
    await there('photo');
  });

  await test.step('away from the record', async () => {
    await go(page, 'new_photo');
    const before = (await chunks(page)).bytes;
    await chooser(page, 'new_photo').setInputFiles(picture);
    await begun();
    await button(page, 'action.continue_later').click();
    await expect(page).not.toHaveURL(/record/);
    await goOn();
    await expect.poll(async () => (await chunks(page)).bytes).toBeGreaterThan(before);
    await page.goBack();
    await there('new_photo');
  });

  await test.step('signed, and gone at once', async () => {
    await go(page, 'sign');
    await stroke(page, 'sign');
    await button(page, 'action.continue').click();
    await expect(page).not.toHaveURL(/at\/sign$/);
    await button(page, 'action.back').click();
    await place(page, 'sign', 'media.only_here');
  });
  await context.close();
});

test('a sync that ends while somebody signs leaves the line on the pad', async ({ browser }) => {
  const { context, page } = await phone(browser);
  await go(page, 'sign');
  await saved(page);
  const SYNC = '**/api/sync';
  let letGo;
  const held = new Promise((done) => (letGo = done));
  await context.route(SYNC, async (route) => {
    await held;
    // The page that asked may have been reloaded since.
    await route.continue().catch(() => {});
  });
  const asked = page.waitForRequest(SYNC);
  await page.reload();
  await asked;
  await stroke(page, 'sign', async () => {
    const [before] = await rows(page, 'meta', 'sync');
    letGo();
    await expect.poll(async () => (await rows(page, 'meta', 'sync'))[0]).not.toBe(before);
    // The page hears of it, and draws.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  });
  await expect(question(page, 'sign').locator('.media__place')).toBeVisible();
  await context.unroute(SYNC);
  await context.close();
});
