import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DiskFiles } from '../../lib/disk-files.ts';
import { httpConfig } from '../config/http-config.ts';
import { createChannelHttp, resultOf, type ChannelAnswer } from './channel-http.ts';

const deps = { files: new DiskFiles(), version: '0.1.0' };
const never = new AbortController().signal;

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
  const post = async (tls: Record<string, unknown>): Promise<ChannelAnswer> => {
    const channel = createChannelHttp(deps, httpConfig.parse({ tls_config: tls }));
    return await channel.postJson(url, {}, never);
  };

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
  const post = async (path: string): Promise<ChannelAnswer> => {
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    return await createChannelHttp(deps, undefined).postJson(url, {}, never);
  };
  assert.deepEqual(resultOf(await post('/ok'), 0), {
    kind: 'delivered',
    answer: { status: 200, text: 'begun' },
  });
  const late = resultOf(await post('/late'), 0);
  assert.deepEqual([late.kind, 'retryAfterMs' in late && late.retryAfterMs], ['failed', 7000]);
  assert.deepEqual(late.answer, { status: 429, text: 'begun' });
});

test('headers carry what the configuration says, also from files, and the request says who asks', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'vedette-headers-'));
  t.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'password'), 'pw\n');
  const seen: http.IncomingHttpHeaders[] = [];
  const server = http.createServer((request, response) => {
    seen.push(request.headers);
    response.end();
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  t.after(() => void server.close());
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const call = async (config: Record<string, unknown>): Promise<http.IncomingHttpHeaders> => {
    await createChannelHttp(deps, httpConfig.parse(config)).request({ method: 'GET', url }, never);
    return seen.at(-1) ?? {};
  };
  const basic = await call({
    basic_auth: { username: 'ops', password_file: join(directory, 'password') },
    http_headers: { 'X-Team': { values: ['a'], secrets: ['b'] } },
  });
  assert.equal(basic.authorization, `Basic ${Buffer.from('ops:pw').toString('base64')}`);
  assert.deepEqual([basic['x-team'], basic['user-agent']], ['a, b', 'Vedette/0.1.0']);
  assert.equal((await call({ bearer_token: 'old' })).authorization, 'Bearer old');
  assert.equal((await call({ authorization: { type: 'Key', credentials: 'k' } })).authorization, 'Key k');
  assert.equal((await call({})).authorization, undefined);
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
