// A whole Chromium over a profile of its own, which can be killed with signal 9 and opened again.
import { spawn } from 'node:child_process';
import { chromium } from '@playwright/test';
import { LAUNCH } from './chromium.mjs';
import { watchTraps } from './traps.mjs';

export class Browser {
  constructor(profile, flags = []) {
    this.profile = profile;
    this.flags = flags;
  }

  // The page of a new process.
  async open() {
    const options = [...LAUNCH.args, '--headless=new', '--no-first-run', '--lang=ka-GE', '--remote-debugging-port=0', `--user-data-dir=${this.profile}`, ...this.flags];
    // A group of its own, so that all of its processes can be ended at once.
    this.child = spawn(LAUNCH.executablePath, [...options, 'about:blank'], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, TZ: 'Asia/Tbilisi' },
    });
    this.ended = new Promise((done) => this.child.once('exit', done));
    const address = await new Promise((found, failed) => {
      let output = '';
      this.child.stderr.on('data', (chunk) => {
        output += chunk;
        const line = output.match(/DevTools listening on (\S+)/);
        if (line) found(line[1]);
      });
      this.ended.then((code) => failed(new Error(`the browser ended (${code}):\n${output}`)));
    });
    this.control = await chromium.connectOverCDP(address);
    const context = this.control.contexts()[0];
    context.setDefaultTimeout(20_000);
    watchTraps(context);
    return context.pages()[0] ?? context.newPage();
  }

  // As a person ends it: what it still has in memory is written.
  async close() {
    const devtools = await this.control.newBrowserCDPSession();
    devtools.send('Browser.close').catch(() => {});
    await this.ended;
    this.child = null;
    await this.control.close().catch(() => {});
  }

  // Every process of it, without a word.
  async kill() {
    if (!this.child) return;
    const child = this.child;
    this.child = null;
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
    await this.ended;
    await this.control?.close().catch(() => {});
  }
}
