import { availableParallelism } from 'node:os';
import { defineConfig } from '@playwright/test';
import { GEORGIA, LAUNCH } from './support/chromium.mjs';

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.mjs',
  // Each file has a server and a browser of its own; more than two at a time make each other slow on two cores.
  workers: Math.min(2, availableParallelism()),
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
