// A bad network between a browser and the server: requests and responses are lost, cut at any byte, delayed,
// delivered twice or after their successors, and answered by somebody else.
import { Agent, createServer, request as send } from 'node:http';
import { connect } from 'node:net';
import { freePort } from './server.mjs';

const FAULTS = ['request lost', 'request cut', 'response lost', 'response cut', 'delivered twice', 'delivered late', 'delayed', 'portal', '503'];

export class Proxy {
  // `draw`: numbers from 0 to below 1.
  static async start(to, draw) {
    const proxy = new Proxy();
    Object.assign(proxy, { to, draw, trouble: 0, counts: {}, syncs: 0, late: [] });
    proxy.port = await freePort();
    proxy.url = `http://127.0.0.1:${proxy.port}`;
    proxy.agent = new Agent({ keepAlive: false });
    proxy.listener = createServer((request, response) => void proxy.carry(request, response).catch(() => response.destroy()));
    await new Promise((done) => proxy.listener.listen(proxy.port, '127.0.0.1', done));
    return proxy;
  }

  stop() {
    this.listener.closeAllConnections();
    return new Promise((done) => this.listener.close(done));
  }

  below(end) {
    return Math.floor(this.draw() * Math.max(end, 1));
  }

  async carry(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const asked = { method: request.method, path: request.url, headers: request.headers, body: Buffer.concat(chunks) };
    const api = asked.path.startsWith('/api/') && asked.method === 'POST';
    const fault = api && this.below(100) < this.trouble ? FAULTS[this.below(FAULTS.length)] : null;
    if (fault) this.counts[fault] = (this.counts[fault] ?? 0) + 1;
    switch (fault) {
      case 'request lost':
        return response.destroy();
      case 'request cut':
        this.cut(asked);
        return response.destroy();
      case 'response lost':
        await this.forward(asked);
        return response.destroy();
      case 'response cut': {
        const answer = await this.forward(asked);
        response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
        response.write(answer.body.subarray(0, this.below(answer.body.length)));
        return setImmediate(() => response.destroy());
      }
      case 'delivered twice':
        await this.forward(asked);
        return this.give(response, await this.forward(asked));
      case 'delivered late':
        this.late.push(asked);
        return response.destroy();
      case 'delayed':
        await new Promise((later) => setTimeout(later, this.below(600)));
        return this.give(response, await this.forward(asked));
      case 'portal':
        return this.give(response, { status: 200, headers: { 'content-type': 'text/html' }, body: Buffer.from('<h1>Wi-Fi</h1>') });
      case '503': {
        const headers = { 'content-type': 'application/problem+json', 'retry-after': '1' };
        return this.give(response, { status: 503, headers, body: Buffer.from('{"code":"unavailable"}') });
      }
      default: {
        const answer = await this.forward(asked);
        this.give(response, answer);
        if (asked.path.startsWith('/api/sync') && answer.status === 200) this.syncs += 1;
        // Behind their successor, and nobody waits for the answer any more.
        for (const late of this.late.splice(0)) await this.forward(late).catch(() => {});
      }
    }
  }

  give(response, { status, headers, body }) {
    response.writeHead(status, { ...headers, 'content-length': body.length });
    response.end(body);
  }

  forward({ method, path, headers, body }) {
    return new Promise((done, failed) => {
      const { connection, 'transfer-encoding': chunked, ...rest } = headers;
      const options = { host: '127.0.0.1', port: this.to, method, path, headers: { ...rest, 'content-length': body.length }, agent: this.agent };
      const request = send(options, (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('error', failed);
        answer.on('end', () => {
          const { connection, 'transfer-encoding': chunked, 'keep-alive': kept, ...headers } = answer.headers;
          done({ status: answer.statusCode, headers, body: Buffer.concat(chunks) });
        });
      });
      request.on('error', failed);
      request.end(body);
    });
  }

  // The head says how much comes; the connection ends before that.
  cut({ method, path, headers, body }) {
    const lines = Object.entries({ ...headers, 'content-length': body.length }).map(([name, value]) => `${name}: ${value}`);
    const socket = connect(this.to, '127.0.0.1', () => {
      socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      socket.write(body.subarray(0, this.below(body.length)), () => socket.destroy());
    });
    socket.on('error', () => {});
  }
}
