import * as http from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Lifetime } from './vedette-process.ts';

/** What the proxy lets through: everything, no upgrades, no live connection of any kind, nothing at all. */
export type ProxyMood = 'open' | 'no-upgrade' | 'no-live' | 'down';

const LIVE = /\/live\b/;

/** A proxy before a server, as networks have them; hands on the name it was asked under. */
export class MoodyProxy {
  readonly #target: URL;
  readonly #server: http.Server;
  /** Connections that were upgraded: the server below does not count them among its own any more. */
  readonly #upgraded = new Set<Duplex>();
  #mood: ProxyMood = 'open';

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = http.createServer((request, response) => this.#pass(request, response));
    this.#server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      if (this.#mood !== 'open') return socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      const upstream = connect(Number(this.#target.port), this.#target.hostname);
      upstream.on('error', () => socket.destroy());
      upstream.on('close', () => socket.destroy());
      this.#upgraded.add(socket);
      socket.on('close', () => {
        this.#upgraded.delete(socket);
        upstream.destroy();
      });
      const lines = Object.entries(request.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
      upstream.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('')}\r\n`);
      upstream.write(head);
      return socket.pipe(upstream).pipe(socket);
    });
  }

  static async start(t: Lifetime, target: string): Promise<MoodyProxy> {
    const proxy = new MoodyProxy(target);
    await new Promise<void>((done) => void proxy.#server.listen(0, '127.0.0.1', done));
    t.after(() => proxy.#close());
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Connections that stand are cut: what comes next meets the new mood. */
  become(mood: ProxyMood): void {
    this.#mood = mood;
    this.#cut();
  }

  #pass(request: http.IncomingMessage, response: http.ServerResponse): void {
    if (this.#mood === 'down') return void request.socket.destroy();
    const { method, url, headers } = request;
    if (this.#mood === 'no-live' && LIVE.test(url ?? '')) return void response.writeHead(403).end();
    const { hostname, port } = this.#target;
    const outgoing = http.request({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    request.pipe(outgoing);
  }

  #cut(): void {
    this.#server.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
  }

  #close(): void {
    this.#cut();
    this.#server.close();
  }
}
