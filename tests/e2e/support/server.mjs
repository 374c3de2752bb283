// A server of its own for each spec: started, stopped and started again on the same port and data.
import { execFileSync, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = new URL('../../../', import.meta.url).pathname;
const BINARY = process.env.KARDAKAR_BINARY ?? join(ROOT, 'target/debug/kardakar');
export const SITE = process.env.KARDAKAR_SITE ?? join(ROOT, 'target/site');

// A port that nothing listens on, below those that the system gives to connections: a server that was stopped finds
// its own again.
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await new Promise((done) => {
      const probe = createServer();
      probe.once('error', () => done(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
    });
    if (free) return port;
  }
}

export const PASSWORD = 'a long enough password';
export const DEMO_PASSWORD = 'demo-gardabani';

export class Server {
  // `demo`: how many households to invent; `site`: another build of the app.
  static async create({ demo = 0, site = SITE } = {}) {
    const server = new Server();
    server.site = site;
    server.demo = demo;
    server.port = await freePort();
    // Short, because the database's socket lies in it.
    server.data = await mkdtemp(join(tmpdir(), 'kd-'));
    // Started as root, Postgres runs as another user, who must be able to enter.
    await chmod(server.data, 0o755);
    server.url = `http://127.0.0.1:${server.port}`;
    return server;
  }

  start() {
    this.output = '';
    const options = ['--port', String(this.port), '--data', this.data, '--site', this.site];
    if (this.demo) options.push('--demo', '--demo-households', String(this.demo));
    this.child = spawn(BINARY, ['serve', ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    return new Promise((resolve, reject) => {
      const read = (chunk) => {
        this.output += chunk;
        const link = this.output.match(/\/setup#(\S+)/);
        if (link) this.setupToken = link[1];
        if (this.output.includes('Ctrl-C stops it.')) resolve();
      };
      this.child.stdout.on('data', read);
      this.child.stderr.on('data', read);
      this.child.once('exit', (code) => reject(new Error(`the server ended (${code}):\n${this.output}`)));
    });
  }

  stop() {
    return new Promise((resolve) => {
      // What was ended by a signal has no code.
      if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return resolve();
      this.child.once('exit', resolve);
      this.child.kill('SIGTERM');
    });
  }

  // As the kernel ends what uses too much memory.
  kill() {
    return new Promise((resolve) => {
      this.child.once('exit', resolve);
      this.child.kill('SIGKILL');
    });
  }

  async killPostgres() {
    const file = await readFile(join(this.data, 'postgres/cluster/postmaster.pid'), 'utf8');
    process.kill(Number(file.split('\n')[0]), 'SIGKILL');
  }

  // A statement that is carried out in a database that takes none as well.
  alter(sql) {
    return this.psql(sql, { PGOPTIONS: '-c default_transaction_read_only=off' });
  }

  // The phone that a person connected last, by its id in hexadecimal.
  newestDevice(login) {
    const user = `(SELECT user_id FROM users WHERE login = '${login}')`;
    return this.psql(`SELECT encode(device_id, 'hex') FROM devices WHERE user_id = ${user} ORDER BY enrolled_at_ms DESC LIMIT 1`)[0];
  }

  // A fault: the server takes a phone for another one, whose changes these would not be.
  renameDevice(from, to) {
    const tables = ['devices', 'device_stores', 'wedged_changes', 'held_senders'];
    const moves = tables.map((table) => `UPDATE ${table} SET device_id = '\\x${to}' WHERE device_id = '\\x${from}'`);
    this.psql(['SET session_replication_role = replica', ...moves].join('; '));
  }

  // Rows as the database holds them, columns separated by |. The owner sees every municipality.
  psql(sql, environment = {}) {
    const socket = join(this.data, 'postgres/socket');
    const options = ['--host', socket, '--username', 'kardakar_owner', '--no-align', '--tuples-only'];
    const program = join(process.env.KARDAKAR_PG_BIN ?? '', 'psql');
    const env = { ...process.env, ...environment };
    const stdio = ['ignore', 'pipe', 'pipe'];
    const output = execFileSync(program, [...options, '--command', sql, 'kardakar'], { encoding: 'utf8', env, stdio });
    return output.trim().split('\n');
  }

  async destroy() {
    await this.stop();
    await rm(this.data, { recursive: true, force: true, maxRetries: 5 });
  }
}

// The administrator's and the reviewer's way in, without a browser.
export class Office {
  constructor(server) {
    this.server = server;
  }

  async call(method, path, body) {
    const response = await fetch(this.server.url + path, {
      method,
      headers: {
        'content-type': 'application/json',
        'sec-fetch-site': 'same-origin',
        ...(this.cookie ? { cookie: this.cookie } : {}),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const cookie = response.headers.getSetCookie?.()[0];
    if (cookie) this.cookie = cookie.split(';')[0];
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : null;
  }

  get(path) {
    return this.call('GET', path);
  }

  post(path, body) {
    return this.call('POST', path, body);
  }

  // Makes the municipality and its first administrator on a new server, then people: login → role.
  async setUp(people = {}) {
    await this.post('/api/setup', {
      token: this.server.setupToken,
      login: 'giorgi',
      name: 'გიორგი ლომიძე',
      password: PASSWORD,
      municipality_name: { ka: 'გარდაბნის მუნიციპალიტეტი', en: 'Gardabani municipality' },
    });
    for (const [login, role] of Object.entries(people)) await this.person(login, login, role);
    return this;
  }

  async person(login, name, role) {
    return (await this.post('/api/users', { login, name, role, password: PASSWORD })).user;
  }

  // Signs in with a login of the demonstration, or with any other.
  async signIn(login, password = DEMO_PASSWORD) {
    await this.post('/api/session', { login, password });
    return this;
  }

  // A one-time code for the phone of the person with this login.
  async code(login) {
    const { users } = await this.get('/api/users');
    const user = users.find((user) => user.login === login);
    return (await this.post('/api/enrolment-codes', { user: user.id })).code;
  }
}
