import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { TimeoutError } from '@vedette/model';
import {
  BodyTooLargeError,
  fetchPage,
  REDIRECTS_MAX,
  type PageRequest,
  type PageResponse,
} from './page-request.ts';

const MIB = 1024 * 1024;

const listen = async (t: TestContext, server: net.Server): Promise<number> => {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    // A client that goes away is part of these tests.
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => void server.close(resolve));
  });
  return (server.address() as net.AddressInfo).port;
};

const serve = async (t: TestContext, listener: http.RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listen(t, http.createServer(listener))}/metrics`;

/** A server that writes these bytes, whatever it is asked, and then does `end`. */
const serveBytes = async (
  t: TestContext,
  text: string,
  end: (socket: net.Socket) => void,
): Promise<string> => {
  const server = net.createServer(
    (socket) => void socket.once('data', () => socket.write(text, () => end(socket))),
  );
  return `http://127.0.0.1:${await listen(t, server)}/metrics`;
};

const agentsOf = (t: TestContext, options: https.AgentOptions = {}): PageRequest['agents'] => {
  const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent(options) };
  t.after(() => {
    agents.http.destroy();
    agents.https.destroy();
  });
  return agents;
};

const get = (
  t: TestContext,
  url: string,
  options: Partial<PageRequest> = {},
  signal = new AbortController().signal,
): Promise<PageResponse> =>
  fetchPage(
    {
      url,
      headers: {},
      secretHeaders: {},
      agents: agentsOf(t),
      bodyBytesMax: MIB,
      followsRedirects: true,
      ...options,
    },
    signal,
  );

test('a page is read with its type, plain or compressed', async (t) => {
  const url = await serve(t, (request, response) => {
    const isGzip = request.headers['accept-encoding'] === 'gzip';
    response.writeHead(200, {
      'content-type': 'text/plain',
      ...(isGzip ? { 'content-encoding': 'gzip' } : {}),
    });
    response.end(isGzip ? gzipSync('a 1\n') : 'b 1\n');
  });
  const plain = await get(t, url);
  assert.deepEqual([plain.contentType, Buffer.from(plain.body).toString()], ['text/plain', 'b 1\n']);
  const packed = await get(t, url, { headers: { 'accept-encoding': 'gzip' } });
  assert.equal(Buffer.from(packed.body).toString(), 'a 1\n');
});

test('an answer other than 200 is an error with its status', async (t) => {
  const url = await serve(t, (_, response) => void response.writeHead(503).end('a 1\n'));
  await assert.rejects(get(t, url), { message: 'server returned HTTP status 503 Service Unavailable' });
});

test('a refused connection is told in the words of Prometheus', async (t) => {
  const server = net.createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => void server.close(resolve));
  await assert.rejects(get(t, `http://127.0.0.1:${port}/metrics`), {
    message: `Get "http://127.0.0.1:${port}/metrics": connect: connection refused`,
  });
});

test('redirects are followed up to their limit, and not at all when that is configured', async (t) => {
  let hops = 0;
  const url = await serve(t, (request, response) => {
    const rest = Number(new URL(request.url ?? '', 'http://x').searchParams.get('rest') ?? hops);
    if (rest > 0) response.writeHead(302, { location: `/metrics?rest=${rest - 1}` }).end();
    else response.writeHead(200).end('a 1\n');
  });
  hops = REDIRECTS_MAX;
  assert.equal((await get(t, url)).body.length, 4);
  hops = REDIRECTS_MAX + 1;
  await assert.rejects(get(t, url), { message: 'stopped after 10 redirects' });
  await assert.rejects(get(t, url, { followsRedirects: false }), {
    message: 'server returned HTTP status 302 Found',
  });
});

test('a redirect to another kind of address is refused', async (t) => {
  let location = '';
  const url = await serve(t, (_, response) => void response.writeHead(301, { location }).end());
  location = 'file:///etc/passwd';
  await assert.rejects(get(t, url), { message: 'unsupported protocol scheme "file"' });
  location = 'http://';
  await assert.rejects(get(t, url), { message: 'cannot follow redirect to "http://"' });
});

test('secrets stay with the origin they are meant for', async (t) => {
  const seen: (string | undefined)[] = [];
  const other = await serve(t, (request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(200).end('a 1\n');
  });
  const url = await serve(t, (request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(302, { location: other }).end();
  });
  await get(t, url, { secretHeaders: { authorization: 'Bearer hidden' } });
  assert.deepEqual(seen, ['Bearer hidden', undefined]);
});

test('a page of exactly the limit is read, one byte more is refused', async (t) => {
  let size = 0;
  let isChunked = false;
  let isGzip = false;
  const url = await serve(t, (_, response) => {
    const body = Buffer.alloc(size, 'x');
    if (isGzip) response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(body));
    else if (isChunked) response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(body);
    else response.writeHead(200, { 'content-length': size }).end(body);
  });
  for (const way of ['length', 'chunked', 'gzip']) {
    isChunked = way === 'chunked';
    isGzip = way === 'gzip';
    size = 5000;
    assert.equal((await get(t, url, { bodyBytesMax: 5000 })).body.length, 5000, way);
    size = 5001;
    await assert.rejects(get(t, url, { bodyBytesMax: 5000 }), (error: unknown) => {
      assert.ok(error instanceof BodyTooLargeError, way);
      assert.equal(error.message, 'body size limit exceeded (limit: 5000 bytes)');
      return true;
    });
  }
});

test('a stream of 100 MB is refused at the limit without taking it in', async (t) => {
  let sentBytes = 0;
  const block = Buffer.alloc(64 * 1024, 'a 1\n');
  const url = await serve(t, (_, response) => {
    response.writeHead(200);
    const pump = (): void => {
      while (sentBytes < 100 * MIB && !response.destroyed) {
        sentBytes += block.length;
        if (!response.write(block)) return;
      }
    };
    response.on('drain', pump);
    pump();
  });
  await assert.rejects(get(t, url, { bodyBytesMax: MIB }), BodyTooLargeError);
  assert.ok(sentBytes < 20 * MIB, `the server sent ${sentBytes} bytes`);
});

test('a gzip bomb is refused at the limit', async (t) => {
  const bomb = gzipSync(Buffer.alloc(100 * MIB));
  const url = await serve(
    t,
    (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  );
  const before = process.memoryUsage().arrayBuffers;
  await assert.rejects(get(t, url, { bodyBytesMax: MIB }), BodyTooLargeError);
  assert.ok(process.memoryUsage().arrayBuffers - before < 32 * MIB);
});

test('broken, cut off or unknown encodings are errors', async (t) => {
  const packed = gzipSync('a 1\n'.repeat(1000));
  const check = async (encoding: string, body: Buffer, want: RegExp): Promise<void> => {
    const url = await serve(
      t,
      (_, response) => void response.writeHead(200, { 'content-encoding': encoding }).end(body),
    );
    await assert.rejects(get(t, url), want);
  };
  await check('gzip', Buffer.from('a 1\n'), /gzip: invalid data/);
  await check('gzip', packed.subarray(0, packed.length - 9), /unexpected EOF in gzip data/);
  await check('br', packed, /unsupported Content-Encoding "br"/);
});

test('a server that lies about the length, or hangs up in the middle, fails the page', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n';
  const check = async (text: string, want: RegExp): Promise<void> => {
    const url = await serveBytes(t, text, (socket) => socket.end());
    await assert.rejects(get(t, url), want, JSON.stringify(text));
  };
  await check(`${head}Content-Length: 100\r\n\r\na 1\n`, /Get "http:.*": unexpected EOF/);
  await check(`${head}Transfer-Encoding: chunked\r\n\r\n4\r\na 1\n\r\n`, /Get "http:.*": unexpected EOF/);
  await check(
    `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
    /Get "http:.*": (unexpected EOF|Parse Error)/,
  );
  await check(`${head}Content-Length: -1\r\n\r\n`, /Parse Error/);
  await check(`${head}Content-Length: 99999999999\r\n\r\n`, /body size limit exceeded/);
  await check('', /Get "http:.*": /);
  await check('SSH-2.0-OpenSSH_9.2\r\n', /Parse Error/);
});

test('a connection closed between two pages is opened anew', async (t) => {
  let count = 0;
  const server = http.createServer((_, response) => {
    count++;
    response.writeHead(200).end('a 1\n');
  });
  const url = `http://127.0.0.1:${await listen(t, server)}/metrics`;
  const agents = agentsOf(t);
  await get(t, url, { agents });
  // Reset the idle connection from the server's side, and ask before the client can have noticed.
  server.closeAllConnections();
  await get(t, url, { agents });
  assert.equal(count, 2);
});

/** Runs `task` after turns of the event loop: after one the client has read nothing yet, after fifty everything. */
const afterTurns = (turns: number, task: () => void): void =>
  void setImmediate(() => (turns <= 1 ? task() : afterTurns(turns - 1, task)));

test('an abort ends a request in every phase, with the reason of the abort', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n';
  const phases = [
    '',
    'HTTP/1.1 200',
    `${head}Content-Length: 100\r\n\r\na 1\n`,
    `${head}\r\na 1\n`,
    `${head}Content-Encoding: gzip\r\nContent-Length: 100\r\n\r\n\x1f`,
  ];
  for (const text of phases) {
    for (const turns of [1, 50]) {
      const abort = new AbortController();
      const reason = new TimeoutError('VED_SCRAPE_FAILED', 'context deadline exceeded');
      const url = await serveBytes(t, text, () => afterTurns(turns, () => abort.abort(reason)));
      await assert.rejects(get(t, url, {}, abort.signal), (error) => error === reason, JSON.stringify(text));
    }
  }
});

test('TLS certificates are checked against the configured ones and the name', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-tls-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = (name: string): string => path.join(directory, name);
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      file('key.pem'),
      '-out',
      file('cert.pem'),
      '-days',
      '2',
      '-subj',
      '/CN=target.test',
      '-addext',
      'subjectAltName=DNS:target.test',
    ],
    { stdio: 'ignore' },
  );
  const cert = readFileSync(file('cert.pem'));
  const server = https.createServer(
    { cert, key: readFileSync(file('key.pem')) },
    (_, response) => void response.end('a 1\n'),
  );
  const url = `https://127.0.0.1:${await listen(t, server)}/metrics`;
  await assert.rejects(get(t, url), /Get "https:.*": self-signed certificate/);
  await assert.rejects(get(t, url, { agents: agentsOf(t, { ca: cert }) }), /does not match certificate/);
  const named = agentsOf(t, { ca: cert, servername: 'target.test' });
  assert.equal((await get(t, url, { agents: named })).body.length, 4);
  const careless = agentsOf(t, { rejectUnauthorized: false });
  assert.equal((await get(t, url, { agents: careless })).body.length, 4);
});
