import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { postHttp, resultOf, type HttpAnswer, type TlsFiles } from './http-client.ts';

test('TLS certificates are checked against the configured authority and name', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'vedette-tls-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const [key_file, cert_file] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  createCertificate(key_file, cert_file);
  const identity = { key: readFileSync(key_file), cert: readFileSync(cert_file) };
  const server = https.createServer(
    { ...identity, ca: identity.cert, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const isKnown = 'authorized' in request.socket && request.socket.authorized === true;
      response.end(isKnown ? 'known client' : 'anybody');
    },
  );
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  t.after(() => void server.close());
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const post = (tls: TlsFiles): Promise<HttpAnswer> =>
    postHttp({ url, headers: {}, body: '{}', tls }, new AbortController().signal);

  await assert.rejects(post({}), /self-signed certificate/);
  await assert.rejects(post({ ca_file: cert_file }), /does not match certificate/);
  const trusted = { ca_file: cert_file, server_name: 'hook.test' };
  assert.equal((await post(trusted)).text, 'anybody');
  assert.equal((await post({ ...trusted, key_file, cert_file })).text, 'known client');
  assert.equal((await post({ insecure_skip_verify: true })).status, 200);
  await assert.rejects(post({ ca_file: join(directory, 'missing.pem') }), /ENOENT/);
});

test('a status that came decides, even when the body breaks off', async (t) => {
  const server = http.createServer((request, response) => {
    const status = request.url === '/late' ? 429 : 200;
    request.resume().on('end', () => {
      const headers = { 'Retry-After': '7', 'Content-Length': '1000' };
      response.writeHead(status, headers).write('begun', () => response.destroy());
    });
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  t.after(() => void server.close());
  const post = async (path: string): Promise<HttpAnswer> => {
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    return await postHttp({ url, headers: {}, body: '{}', tls: {} }, new AbortController().signal);
  };
  assert.deepEqual(resultOf(await post('/ok'), 0), { kind: 'delivered' });
  const late = resultOf(await post('/late'), 0);
  assert.deepEqual([late.kind, 'retryAfterMs' in late && late.retryAfterMs], ['failed', 7000]);
});

function createCertificate(keyFile: string, certFile: string): void {
  const kind = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ];
  const name = ['-subj', '/CN=hook.test', '-addext', 'subjectAltName=DNS:hook.test'];
  execFileSync('openssl', [...kind, ...name, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
}
