// Takes the README's pictures anew, with the records of the demonstration: `node screens.mjs`.
import { chromium } from '@playwright/test';
import { GEORGIA, LAUNCH } from './support/chromium.mjs';
import { Form } from './support/form.mjs';
import { DESK, PHONE, answer, beginFamily, connect, question, saved, signIn } from './support/phone.mjs';
import { Office, Server } from './support/server.mjs';

const OUT = new URL('../../docs/screens/', import.meta.url).pathname;
const hh = new Form('hh_core');
const server = await Server.create({ demo: 40 });
await server.start();
const browser = await chromium.launch(LAUNCH);
const open = async (screen) =>
  (await browser.newContext({ ...GEORGIA, ...screen, deviceScaleFactor: 1, reducedMotion: 'reduce' })).newPage();
const picture = (page, name) => page.screenshot({ path: `${OUT}${name}.png` });

const phone = await open(PHONE);
await connect(phone, server.url, await (await new Office(server).signIn('giorgi')).code('mariam'));
await beginFamily(phone, server.url);
await answer(question(phone, hh.label('visit_reason')), hh.choice('visit_reason', 'referral'));
await saved(phone);
await picture(phone, 'question');
await phone.goto(`${server.url}/`);
await phone.locator('.list .row').first().waitFor();
await picture(phone, 'today');

const desk = await open(DESK);
await signIn(desk, server.url, 'nino');
await desk.locator('.table tbody tr').first().waitFor();
await picture(desk, 'inbox');
await browser.close();
await server.destroy();
