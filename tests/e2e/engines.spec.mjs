// A short story in every browser engine that workers' phones have, as near as they can be had on Linux: a visit
// without network, the browser closed and opened again, everything there, sent, in the office.
import { expect, test } from './support/test.mjs';
import { ENGINES } from './support/engines.mjs';
import { Form } from './support/form.mjs';
import { Hands } from './support/hands.mjs';
import { ka } from './support/phone.mjs';
import { Office, Server } from './support/server.mjs';

const hh = new Form('hh_core');
// What the survey insists on where nobody was at home.
const ABSENT = {
  result: hh.choice('result', 'absent'),
  admin_unit: 'ქალაქი გარდაბანი',
  settlement: 'გარდაბანი',
};

for (const [engine, open] of Object.entries(ENGINES)) {
  test(`a visit in ${engine}`, async ({}, info) => {
    const server = await Server.create({ demo: 2 });
    let window;
    try {
      await server.start();
      window = await open();
      await visit(server, window);
    } catch (error) {
      await window?.shot(info.outputPath('window.png'));
      throw error;
    } finally {
      await window?.close();
      await server.destroy();
    }
  });
}

async function visit(server, window) {
  const hands = new Hands(window);
  const admin = await new Office(server).signIn('giorgi');
  const nino = await new Office(server).signIn('nino');
  const before = (await nino.get('/api/records?page_size=200')).items.map((record) => record.id);

  await test.step('the phone is connected and holds the app', async () => {
    await window.goto(server.url + '/');
    await hands.fill('.field__box', await admin.code('mariam'));
    await hands.press(ka('enrol.connect'));
    await hands.press(ka('action.continue'));
    await hands.see('button', ka('today.start_visit'));
    await hands.until('the worker holds the page', () => Boolean(navigator.serviceWorker.controller));
    await hands.until('the first data have arrived', () => {
      const open = indexedDB.open('kardakar');
      return new Promise((done) => {
        open.onsuccess = () => {
          const count = open.result.transaction('list').objectStore('list').count();
          count.onsuccess = () => (open.result.close(), done(count.result > 0));
        };
        open.onerror = () => done(false);
      });
    });
  });

  let record;
  await test.step('without network: a family that nobody could visit', async () => {
    await server.stop();
    await window.reopen();
    await window.goto(server.url + '/');
    await hands.press(ka('today.start_visit'));
    await hands.press(ka('today.new_family'));
    await hands.press(hh.choice('visit_reason', 'survey'));
    await hands.see('.save-state', ka('save.saved'));
    record = await hands.until('an address', () => location.pathname.match(/record\/([0-9a-f]{32})/)?.[1]);
    for (const [name, option] of Object.entries(ABSENT)) {
      await window.goto(`${server.url}/record/${record}/at/${name}`);
      await hands.choose(hh.label(name), option);
      await hands.see('.save-state', ka('save.saved'));
    }
  });

  await test.step('after closing and opening everything is there, and it is finished', async () => {
    await window.reopen();
    for (const [name, option] of Object.entries(ABSENT)) {
      await window.goto(`${server.url}/record/${record}/at/${name}`);
      await hands.see('.question button.select, .question label:has(:checked)', option);
    }
    await window.goto(`${server.url}/record/${record}/check`);
    await hands.press(ka('finish.button'));
    await hands.until('the record is finished', () => location.pathname.endsWith('/finished'));
  });

  await test.step('with network: sent once, and in the office', async () => {
    await server.start();
    await window.goto(`${server.url}/sending`);
    await hands.press(ka('sending.button'));
    const arrived = async () => {
      const { items } = await nino.get('/api/records?page_size=200');
      return items.filter((item) => !before.includes(item.id)).map((item) => [item.id, item.state]);
    };
    await expect.poll(arrived).toEqual([[record, 'submitted']]);
    await window.goto(`${server.url}/household/${record}`);
    await hands.see('.status', ka('status.sent'));
  });
}
