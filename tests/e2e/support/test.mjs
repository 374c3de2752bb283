// Playwright's test, which fails too when the app has trapped in any page.
import { expect, test as base } from '@playwright/test';
import { traps, watchTraps } from './traps.mjs';

export { expect };

export const test = base.extend({
  noTraps: [
    async ({ browser }, use) => {
      const { newContext } = browser;
      browser.newContext = async (...options) => {
        const context = await newContext.apply(browser, options);
        watchTraps(context);
        return context;
      };
      traps.length = 0;
      await use();
      browser.newContext = newContext;
      expect(traps).toEqual([]);
    },
    { auto: true },
  ],
});
