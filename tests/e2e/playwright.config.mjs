import { defineConfig } from '@playwright/test';
import { GEORGIA, LAUNCH } from './support/chromium.mjs';

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.mjs',
  // One server and one story at a time: the machine may be small.
  workers: 1,
  retries: 0,
  timeout: 420_000,
  expect: { timeout: 20_000 },
  reporter: [['list'], ['./support/failures.mjs']],
  outputDir: 'test-results',
  use: {
    ...GEORGIA,
    browserName: 'chromium',
    screenshot: 'only-on-failure',
    actionTimeout: 20_000,
    navigationTimeout: 30_000,
    launchOptions: LAUNCH,
  },
});
