// The office's acts in the browser, and what the phone makes of them.
import { expect, test } from './support/test.mjs';
import { Form } from './support/form.mjs';
import { DESK, PHONE, answer, button, connect, enrol, finish, ka, question, saved, signIn } from './support/phone.mjs';
import { Office, PASSWORD, Server } from './support/server.mjs';
import { watch } from './support/watch.mjs';
import { workbook } from './support/workbook.mjs';

const hh = new Form('hh_core');
const child = new Form('child_core');

test.describe('a new server', () => {
  let server;
  test.beforeAll(async () => {
    server = await Server.create();
    await server.start();
  });
  test.afterAll(async () => {
    await server?.destroy();
  });

  test('the first administrator sets it up, publishes a questionnaire, and locks a phone', async ({ browser }) => {
    const context = await browser.newContext(DESK);
    const console = watch(context);
    const page = await context.newPage();
    const field = (key) => page.getByLabel(ka(key), { exact: true });

    await test.step('by the one-time link', async () => {
      await page.goto(`${server.url}/setup#${server.setupToken}`);
      await field('setup.municipality_ka').fill('გარდაბნის მუნიციპალიტეტი');
      await field('setup.municipality_en').fill('Gardabani municipality');
      await field('setup.name').fill('გიორგი ლომიძე');
      await field('signin.login').fill('giorgi');
      await field('signin.password').fill(PASSWORD);
      await field('setup.password_again').fill('something else entirely');
      await button(page, 'setup.enter').click();
      await expect(page.getByText(ka('setup.password_differs'))).toBeVisible();
      await field('setup.password_again').fill(PASSWORD);
      await button(page, 'setup.enter').click();
      await expect(page.locator('.office__head')).toContainText('გიორგი ლომიძე');
      // Opened once more, the link does nothing.
      const again = await context.newPage();
      await again.goto(`${server.url}/setup#${server.setupToken}`);
      await expect(again.getByText(ka('setup.link_used'))).toBeVisible();
      await again.close();
    });

    await test.step('a broken workbook: sheet, row, column', async () => {
      await page.goto(`${server.url}/admin/forms`);
      await upload(page, 'broken.xlsx', broken);
      const problem = page.locator('.problems tbody tr').first();
      await expect(problem.locator('td').nth(0)).toHaveText('survey');
      await expect(problem.locator('td').nth(1)).toHaveText('3');
      await expect(problem.locator('td').nth(2)).toHaveText('relevant');
      await expect(problem.locator('td').nth(3)).toContainText(ka('problem.unknown_reference', { what: 'q9' }));
      await expect(problem.locator('[lang=en]')).toContainText('q9');
      await expect(button(page, 'admin.publish')).toHaveCount(0);
    });

    await test.step('a whole one is checked, then published', async () => {
      await upload(page, 'probe.xlsx', whole);
      await button(page, 'admin.publish').click();
      await expect(page.getByText(ka('admin.published_toast', { version: '7' }))).toBeVisible();
      await expect(page.getByRole('heading', { name: /probe/ })).toBeVisible();
      await upload(page, 'not-a-workbook.xlsx', Buffer.from('not a workbook'));
      await expect(page.locator('.upload__result .problems, .upload__result .banner--problem').first()).toBeVisible();
    });

    await test.step('a person and a code; the phone connects; the phone is locked', async () => {
      await page.goto(`${server.url}/admin`);
      await button(page, 'admin.person_add').click();
      await field('admin.person_name').fill('მარიამ გელაშვილი');
      await page.getByLabel(ka('signin.login'), { exact: true }).fill('mariam');
      await page.locator('label.choice', { hasText: ka('admin.role_worker_text') }).click();
      await page.locator('form').getByRole('button', { name: ka('admin.person_add'), exact: true }).click();
      await expect(page.locator('.table').getByText('მარიამ გელაშვილი')).toBeVisible();
      await page.goto(`${server.url}/admin/devices`);
      await page.locator('#code-person').selectOption({ label: 'მარიამ გელაშვილი' });
      await button(page, 'admin.code_make').click();
      const code = await page.locator('.code-card__code').innerText();
      await expect(page.locator('.code-card__qr')).toBeVisible();

      const field_context = await browser.newContext(PHONE);
      const phone = await field_context.newPage();
      await enrol(phone, server.url, code);
      await button(phone, 'action.continue').click();
      await expect(button(phone, 'today.start_visit')).toBeVisible();

      await page.goto(`${server.url}/admin/devices`);
      await page.getByRole('button', { name: new RegExp(`^${ka('admin.device_lock')}`) }).click();
      const dialog = page.locator('dialog[open]');
      await dialog.getByRole('button', { name: ka('admin.device_lock'), exact: true }).click();
      await expect(page.getByText(ka('admin.device_locked'), { exact: true })).toBeVisible();
      await phone.goto(`${server.url}/sending`);
      await expect(phone.getByText(ka('error.device_revoked')).first()).toBeVisible();
      await field_context.close();
    });
    console.quiet();
    await context.close();
  });
});

const HEAD = ['type', 'name', 'label::ქართული (ka)', 'label::English (en)', 'relevant'];
const whole = workbook({
  survey: [HEAD, ['text', 'q1', 'რა გჭირდებათ?', 'What do you need?', ''], ['text', 'q2', 'სად?', 'Where?', "${q1} != ''"]],
  settings: [['form_id', 'version', 'form_title', 'default_language'], ['probe', '7', 'probe', 'ქართული (ka)']],
});
const broken = workbook({
  survey: [HEAD, ['text', 'q1', 'რა?', 'What?', ''], ['text', 'q2', 'სად?', 'Where?', "${q9} = 'a'"]],
  settings: [['form_id', 'version', 'form_title', 'default_language'], ['probe', '8', 'probe', 'ქართული (ka)']],
});

async function upload(page, name, buffer) {
  await page.locator('input[type=file]').setInputFiles({
    name,
    mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    buffer,
  });
}

test.describe('the demonstration', () => {
  let server;
  let admin;
  let office;
  let phone;
  let desk;
  let heard;
  let records;

  test.beforeAll(async ({ browser }) => {
    server = await Server.create({ demo: 30 });
    await server.start();
    admin = await new Office(server).signIn('giorgi');
    office = await new Office(server).signIn('nino');
    records = (await office.get('/api/records?page_size=200&state=submitted')).items;
    const field = await browser.newContext(PHONE);
    phone = await field.newPage();
    await connect(phone, server.url, await admin.code('mariam'));
    const context = await browser.newContext(DESK);
    desk = await context.newPage();
    heard = [watch(field), watch(context)];
    await signIn(desk, server.url, 'nino');
  });
  test.afterAll(async () => {
    await server?.destroy();
  });

  const submitted = (at) =>
    records.filter((record) => record.kind === 'household' && record.state === 'submitted' && !record.two_answers)[at];
  const openAtDesk = async (record) => {
    await desk.goto(`${server.url}/office/record/${record.id}`);
    await desk.locator('.answers__row').first().waitFor();
  };
  const stateOf = async (record) => (await office.get(`/api/records/${record.id}`)).record.state;
  const syncPhone = async () => {
    await phone.goto(`${server.url}/sending`);
    await button(phone, 'sending.button').click();
  };
  const chip = (text) => phone.locator('.status', { hasText: text });

  test('returned with a remark, corrected on the phone, approved', async () => {
    const record = submitted(0);
    await openAtDesk(record);
    await desk.getByRole('button', { name: `${ka('review.flag')}: ${hh.label('rooms')}`, exact: true }).click();
    await button(desk, 'review.return_short').click();
    const dialog = desk.locator('dialog[open]');
    await dialog.getByRole('button', { name: ka('review.return'), exact: true }).click();
    await expect(dialog.getByText(ka('review.flag_missing'))).toBeVisible();
    await dialog.locator('textarea').first().fill('რამდენი ოთახია? გადაამოწმეთ.');
    await dialog.getByRole('button', { name: ka('review.return'), exact: true }).click();
    await expect.poll(() => stateOf(record)).toBe('returned');

    await syncPhone();
    await phone.goto(`${server.url}/household/${record.id}`);
    await expect(chip(ka('status.returned')).first()).toBeVisible();
    await button(phone, 'returned.start').click();
    await expect(phone.getByText('რამდენი ოთახია? გადაამოწმეთ.').first()).toBeVisible();
    await button(phone, 'returned.start').click();
    await answer(question(phone, hh.label('rooms')), 7);
    await saved(phone);
    await phone.goto(`${server.url}/record/${record.id}/returned`);
    await button(phone, 'returned.finish_again').click();
    await finish(phone);
    await syncPhone();
    await expect.poll(() => stateOf(record)).toBe('submitted');

    await openAtDesk(record);
    const row = desk.locator('.answers__row').filter({ hasText: hh.label('rooms') });
    await expect(row.locator('.answers__value')).toHaveText('7');
    await expect(row.getByText(ka('record.fixed'))).toBeVisible();
    await desk.keyboard.press('a');
    await expect.poll(() => stateOf(record)).toBe('approved');
    await syncPhone();
    await phone.goto(`${server.url}/household/${record.id}`);
    await expect(chip(ka('status.approved')).first()).toBeVisible();
  });

  test('a returned record that is open on the phone follows what the office decides', async () => {
    const record = submitted(5);
    const review = (action, reason = '', flags = []) =>
      office.post(`/api/records/${record.id}/review`, { action, reason, flags });
    // A sync without leaving the page: the network comes back.
    const reconnect = async () => {
      await phone.context().setOffline(true);
      await phone.context().setOffline(false);
    };
    await review('return', 'ერთი კითხვა დარჩა.', [{ path: 'rooms', text: 'დათვალეთ ოთახები.' }]);
    await syncPhone();
    await phone.goto(`${server.url}/household/${record.id}`);
    await expect(chip(ka('status.returned')).first()).toBeVisible();
    await phone.goto(`${server.url}/record/${record.id}/returned`);
    await expect(phone.getByText('დათვალეთ ოთახები.')).toBeVisible();
    await review('reopen');
    await review('return', 'წყალიც შეამოწმეთ.', [{ path: 'water', text: 'საიდან მოდის?' }]);
    await reconnect();
    await expect(phone.getByText('საიდან მოდის?')).toBeVisible();
    await expect(phone.getByText('წყალიც შეამოწმეთ.')).toBeVisible();
    await expect(phone.getByText('დათვალეთ ოთახები.')).toHaveCount(0);
    await expect(phone.getByText(ka('returned.list_changed'))).toBeVisible();
    await review('approve');
    await reconnect();
    await expect(phone.getByText(ka('returned.over'))).toBeVisible();
    await expect(chip(ka('status.approved')).first()).toBeVisible();
    await expect(button(phone, 'returned.start')).toHaveCount(0);
  });

  test('a child is called by its family too, in the list and on its page', async () => {
    const children = (await office.get('/api/records?page_size=200&form=child_core')).items;
    const record = children.find((item) => item.family && !item.title.includes(item.family));
    const name = `${record.title}, ${record.family}`;
    // By its id, and by the number that a worker tells the office.
    for (const query of [record.id, `K-${record.id.slice(-4)}`]) {
      await desk.goto(`${server.url}/office?state=all&q=${query}`);
      await expect(desk.locator('.table tbody tr').getByRole('link', { name, exact: true })).toBeVisible();
    }
    await openAtDesk(record);
    await expect(desk.getByRole('heading', { name, level: 1 })).toBeVisible();
  });

  test('protection answers are opened on purpose, and the log says by whom', async () => {
    const children = (await office.get('/api/records?page_size=200&form=child_core')).items;
    const guarded = ({ nodes }) => nodes.filter((node) => node.sensitivity === 'protection' && node.value);
    let record = null;
    for (const child of children) {
      const path = `/api/records/${child.id}`;
      expect(guarded(await office.get(path))).toEqual([]);
      if (guarded(await office.get(`${path}?protection=1`)).length) record = child;
      if (record) break;
    }
    expect(record, 'the demonstration has protection answers').toBeTruthy();
    const opened = async () => {
      const { entries } = await admin.get('/api/audit');
      return entries.filter((entry) => entry.action === 'record.protection' && entry.subject === record.id);
    };
    const before = (await opened()).length;
    await openAtDesk(record);
    expect((await opened()).length).toBe(before);
    await desk.getByRole('tab', { name: ka('record.protection') }).or(button(desk, 'record.protection')).click();
    await button(desk, 'record.protection_open').click();
    await desk.locator('.answers__row').first().waitFor();
    await expect.poll(async () => (await opened()).length).toBe(before + 1);
    const entries = await opened();
    expect(entries[0].user.name).toBe('ნინო მაისურაძე');
  });

  test('rejected with a reason, taken back, rejected again', async () => {
    const record = submitted(1);
    await openAtDesk(record);
    await desk.keyboard.press('x');
    const dialog = desk.locator('dialog[open]');
    await dialog.getByRole('button', { name: ka('review.reject'), exact: true }).click();
    await expect(dialog.getByText(ka('review.reason_missing'))).toBeVisible();
    await dialog.locator('textarea').fill('ეს ოჯახი სხვა მუნიციპალიტეტშია.');
    await dialog.getByRole('button', { name: ka('review.reject'), exact: true }).click();
    await expect.poll(() => stateOf(record)).toBe('rejected');
    await button(desk, 'action.undo').click();
    await expect.poll(() => stateOf(record)).toBe('submitted');
    await openAtDesk(record);
    await desk.keyboard.press('x');
    await dialog.locator('textarea').fill('ეს ოჯახი სხვა მუნიციპალიტეტშია.');
    await dialog.getByRole('button', { name: ka('review.reject'), exact: true }).click();
    await expect.poll(() => stateOf(record)).toBe('rejected');
    await syncPhone();
    await phone.goto(`${server.url}/household/${record.id}`);
    await expect(chip(ka('status.rejected')).first()).toBeVisible();
  });

  test('an unusual answer is confirmed with a reason, which the office reads', async () => {
    const children = (await office.get('/api/records?page_size=200&form=child_core&state=submitted')).items;
    let record = null;
    for (const pupil of children) {
      const { nodes } = await office.get(`/api/records/${pupil.id}`);
      const node = (key) => nodes.find((node) => node.key === key) ?? {};
      const { value, relevant } = node('grade');
      if (relevant && value && Number(value) <= 5) record = pupil;
      if (record) break;
    }
    expect(record, 'the demonstration has a young pupil').toBeTruthy();
    const why = 'ორი კლასი ერთ წელს გაიარა.';
    const grade = question(phone, child.label('grade'));
    await phone.goto(`${server.url}/record/${record.id}/at/grade`);
    await answer(grade, 12);
    const box = grade.locator('.mismatch input');
    await box.fill(why);
    await box.evaluate((element) => (element.kept = true));
    // A sync while the reason is typed leaves its box alone.
    const synced = phone.waitForResponse((response) => response.url().includes('/api/sync'));
    await phone.context().setOffline(true);
    await phone.context().setOffline(false);
    await synced;
    await expect(box).toHaveValue(why);
    expect(await box.evaluate((element) => element.kept)).toBe(true);
    await grade.getByRole('button', { name: ka('question.gentle_yes') }).click();
    await expect(grade.locator('.mismatch')).toHaveCount(0);
    await saved(phone);
    await phone.goto(`${server.url}/record/${record.id}/check`);
    await expect(phone.getByRole('heading', { name: ka('check.confirmed') })).toBeVisible();
    await expect(phone.getByText(why)).toBeVisible();
    await syncPhone();
    await expect.poll(async () => JSON.stringify(await office.get(`/api/records/${record.id}`))).toContain(why);
    await openAtDesk(record);
    await expect(desk.locator('.answers__row').filter({ hasText: child.label('grade') })).toContainText(why);
  });

  test('what arrives while a reason is typed leaves the dialog and its words alone', async () => {
    const record = submitted(4);
    await openAtDesk(record);
    const rooms = desk.locator('.answers__row').filter({ hasText: hh.label('rooms') });
    await desk.getByRole('button', { name: `${ka('review.flag')}: ${hh.label('rooms')}`, exact: true }).click();
    const dialogs = [
      ['r', 11, ['textarea >> nth=0', '#return-general']],
      ['x', 12, ['#reject-reason']],
    ];
    for (const [key, value, boxes] of dialogs) {
      await desk.keyboard.press(key);
      const dialog = desk.locator('dialog[open]');
      for (const box of boxes) {
        await dialog.locator(box).pressSequentially('ჰკითხეთ ');
        // The element itself has to stay, not only its words.
        await dialog.locator(box).evaluate((element) => (element.kept = true));
      }
      await phone.goto(`${server.url}/record/${record.id}/at/rooms`);
      await answer(question(phone, hh.label('rooms')), value);
      await saved(phone);
      await syncPhone();
      await expect(rooms.locator('.answers__value')).toHaveText(String(value));
      await expect(dialog.locator(boxes.at(-1))).toBeFocused();
      await desk.keyboard.type('დედას');
      for (const box of boxes) {
        const words = box === boxes.at(-1) ? 'ჰკითხეთ დედას' : 'ჰკითხეთ ';
        await expect(dialog.locator(box)).toHaveValue(words);
        expect(await dialog.locator(box).evaluate((element) => element.kept)).toBe(true);
      }
      if (key === 'x') continue;
      await desk.keyboard.press('Escape');
      // Keys mean decisions again only once the dialog is closed.
      await expect(dialog).toHaveCount(0);
    }
    const dialog = desk.locator('dialog[open]');
    await dialog.getByRole('button', { name: ka('review.reject'), exact: true }).click();
    await expect.poll(() => stateOf(record)).toBe('rejected');
  });

  test('an approved record is for reading; what is corrected on purpose is reviewed again', async () => {
    const record = submitted(6);
    const approve = async () => {
      await desk.keyboard.press('a');
      await expect.poll(() => stateOf(record)).toBe('approved');
    };
    const altered = desk.locator('.altered');
    await openAtDesk(record);
    await approve();
    await syncPhone();
    await phone.goto(`${server.url}/household/${record.id}`);
    await expect(chip(ka('status.approved')).first()).toBeVisible();
    await phone.locator('.list a.row').first().click();
    const read = phone.getByRole('heading', { name: ka('decided.approved'), exact: true });
    await expect(read).toBeVisible();
    await expect(phone.locator('.row', { hasText: hh.label('rooms') })).toBeVisible();
    // Another way to the questions is none either, and the safe answer changes nothing.
    await phone.goto(`${server.url}/record/${record.id}/at/rooms`);
    await expect(read).toBeVisible();
    await expect(phone.locator('.question')).toHaveCount(0);
    await button(phone, 'decided.correct').click();
    const sure = phone.locator('dialog[open]');
    await button(sure, 'action.cancel').click();
    await expect(read).toBeVisible();
    await button(phone, 'decided.correct').click();
    await button(sure, 'decided.correct').click();
    await answer(question(phone, hh.label('rooms')), 13);
    await saved(phone);
    await syncPhone();
    await expect.poll(() => stateOf(record)).toBe('changed');
    await phone.goto(`${server.url}/household/${record.id}`);
    await expect(chip(ka('status.sent')).first()).toBeVisible();

    await desk.goto(`${server.url}/office`);
    await expect(desk.locator('.table tbody tr', { hasText: ka('status.changed') })).toHaveCount(1);
    await openAtDesk(record);
    await expect(altered).toContainText(hh.label('rooms'));
    await expect(altered.locator('.diff')).toHaveCount(1);
    await expect(altered.locator('.diff__now')).toContainText('13');
    await expect(desk.locator('.answers__row--altered .answers__value')).toHaveText('13');
    await approve();
    await openAtDesk(record);
    await expect(altered).toHaveCount(0);

    // Corrected without contact, while the office approves.
    const other = submitted(7);
    await phone.goto(`${server.url}/household/${other.id}`);
    await expect(phone.locator('.list .status').first()).toBeVisible();
    await phone.context().setOffline(true);
    await phone.goto(`${server.url}/record/${other.id}/at/rooms`);
    await answer(question(phone, hh.label('rooms')), 14);
    await saved(phone);
    await phone.goto(`${server.url}/sending`);
    await office.post(`/api/records/${other.id}/review`, { action: 'approve' });
    await phone.context().setOffline(false);
    await expect.poll(() => stateOf(other)).toBe('changed');
    await openAtDesk(other);
    await expect(altered.locator('.diff__now')).toContainText('14');
  });

  test('what a reviewer has typed survives a reload and another language', async () => {
    const record = submitted(8);
    const dialog = desk.locator('dialog[open]');
    const kept = desk.getByText(ka('review.kept'));
    const fields = [
      ['r', 'textarea >> nth=0', 'დათვალეთ ოთახები.'],
      ['r', '#return-general', 'წყალიც ნახეთ.'],
      ['x', '#reject-reason', 'ორჯერ წერია.'],
    ];
    const each = async (act) => {
      for (const [key, box, words] of fields) {
        await desk.keyboard.press(key);
        await act(dialog.locator(box), words);
        await desk.keyboard.press('Escape');
        await expect(dialog).toHaveCount(0);
      }
    };
    await openAtDesk(record);
    await expect(kept).toHaveCount(0);
    await desk.getByRole('button', { name: `${ka('review.flag')}: ${hh.label('rooms')}`, exact: true }).click();
    await each((box, words) => box.fill(words));
    await desk.reload();
    await expect(kept).toBeVisible();
    await each((box, words) => expect(box).toHaveValue(words));
    for (const language of ['en', 'ka']) {
      await desk.locator('.office__head select').selectOption(language);
      await expect(desk.locator('html')).toHaveAttribute('lang', language);
      await desk.locator('.answers__row').first().waitFor();
    }
    await each((box, words) => expect(box).toHaveValue(words));
    await desk.keyboard.press('r');
    await dialog.getByRole('button', { name: ka('review.return'), exact: true }).click();
    await expect.poll(() => stateOf(record)).toBe('returned');
    await openAtDesk(record);
    await expect(kept).toHaveCount(0);
    const stored = () => desk.evaluate(() => JSON.stringify({ ...sessionStorage }));
    expect(await stored()).not.toContain(record.id);

    // Nothing stays behind on a computer that somebody signs out of.
    await desk.keyboard.press('x');
    await dialog.locator('#reject-reason').fill('ორჯერ წერია.');
    await desk.keyboard.press('Escape');
    expect(await stored()).toContain('ორჯერ წერია.');
    await button(desk, 'office.sign_out').click();
    await expect(desk.getByLabel(ka('signin.login'), { exact: true })).toBeVisible();
    expect(await stored()).not.toContain('ორჯერ წერია.');
    await signIn(desk, server.url, 'nino');
  });

  test('two answers are settled, one in the office and one on the phone', async ({ browser }) => {
    // The worker's other phone: both correct the same answers of two families without contact.
    const pair = [submitted(2), submitted(3)];
    const other = await (await browser.newContext(PHONE)).newPage();
    await connect(other, server.url, await admin.code('mariam'));
    await other.getByRole('link', { name: ka('nav.families') }).click();
    await other.locator('.list .row').first().waitFor();
    await syncPhone();
    for (const page of [phone, other]) {
      for (const record of pair) {
        await page.goto(`${server.url}/household/${record.id}`);
        await expect(page.locator('.list .status').first()).toBeVisible();
      }
    }
    // More rooms than any family of the demonstration has: an answer that is there already is none.
    for (const [page, rooms] of [[phone, 15], [other, 16]]) {
      await page.context().setOffline(true);
      for (const record of pair) {
        await page.goto(`${server.url}/record/${record.id}/at/rooms`);
        await answer(question(page, hh.label('rooms')), rooms);
        await saved(page);
      }
      await page.goto(`${server.url}/sending`);
    }
    for (const page of [phone, other]) await page.context().setOffline(false);
    const twoOf = async ({ id }) => (await office.get(`/api/records/${id}`)).record.two_answers;
    for (const record of pair) await expect.poll(() => twoOf(record)).toBe(1);
    const [first, second] = pair;
    await openAtDesk(first);
    const card = desk.locator('.resolve').first();
    await button(card, 'resolve.save').click();
    await expect(card.getByText(ka('resolve.choose_first'))).toBeVisible();

    // News of the record change the page and leave what is typed.
    await card.locator('input[type=radio]').last().check();
    await card.locator('textarea').fill('ოჯახს ვკითხეთ');
    const events = desk.locator('.timeline__event');
    const known = await events.count();
    await phone.goto(`${server.url}/record/${first.id}/at/visit_reason`);
    await answer(question(phone, hh.label('visit_reason')), hh.choice('visit_reason', 'request'));
    await saved(phone);
    await syncPhone();
    await expect.poll(() => events.count()).toBeGreaterThan(known);
    await expect(card.locator('textarea')).toHaveValue('ოჯახს ვკითხეთ');
    await card.locator('input[type=radio]').first().check();
    await button(card, 'resolve.save').click();
    await expect(desk.locator('.resolve')).toHaveCount(0);

    await syncPhone();
    await phone.goto(`${server.url}/record/${second.id}/two-answers`);
    await button(phone, 'two_answers.keep').first().click();
    await expect(phone.getByText(ka('two_answers.settled')).first()).toBeVisible();
    await phone.goto(`${server.url}/household/${second.id}`);
    await syncPhone();
    await expect.poll(() => twoOf(second)).toBe(0);
    for (const console of heard) console.quiet();
  });
});
