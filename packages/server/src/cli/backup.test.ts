import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { ExpectedError } from '@vedette/model';
import { HttpBackups } from './backup/http-backups.ts';
import { backupCommand } from './backup.ts';

test("the configuration's token goes to the server of the configuration alone, however another is named", async (t) => {
  const workingDirectory = mkdtempSync(path.join(tmpdir(), 'vedette-backup-token-'));
  const authorizations: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const umask = process.umask();
  t.after(() => {
    process.umask(umask);
    server.close();
    server.closeAllConnections();
    rmSync(workingDirectory, { recursive: true });
  });
  const listen = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `http://${listen}`;
  writeFileSync(path.join(workingDirectory, 'token'), 'a-token-of-some-length-0123456789\n');
  writeFileSync(
    path.join(workingDirectory, 'vedette.yml'),
    `server: { token_file: token, listen: '${listen}' }\n`,
  );
  const io = { out: () => undefined, err: () => undefined, workingDirectory };
  const args = ['--config', 'vedette.yml', '--out', 'b'];
  const isRefused = (error: unknown): boolean =>
    error instanceof ExpectedError && error.message.includes('got HTTP 404');
  await assert.rejects(backupCommand.run(args, { ...io, env: {} }), isRefused);
  await assert.rejects(backupCommand.run(args, { ...io, env: { VEDETTE_URL: url } }), isRefused);
  await assert.rejects(backupCommand.run([...args, '--url', url], { ...io, env: {} }), isRefused);
  const env = { VEDETTE_URL: url, VEDETTE_TOKEN_FILE: 'token' };
  await assert.rejects(backupCommand.run(args, { ...io, env }), isRefused);
  const own = 'Bearer a-token-of-some-length-0123456789';
  assert.deepEqual(authorizations, [own, undefined, undefined, own]);
});

test('who stops a backup waits for no server, whether it says nothing or half a file', async (t) => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.method === 'POST' && asked.length > 1)
      response.end('{"name":"b1","files":[{"path":"state.db","sizeBytes":9}]}');
    else if (request.method === 'GET') response.write('half');
    else if (request.method === 'DELETE') response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = new AbortController();
  const reason = new Error('stopped');
  const backups = new HttpBackups(url, undefined, stop.signal);
  server.once('request', () => setImmediate(() => stop.abort(reason)));
  await assert.rejects(backups.begin(), reason);

  const later = new AbortController();
  const second = new HttpBackups(url, undefined, later.signal);
  const { name } = await second.begin();
  const pieces = (await second.open(name, 'state.db'))[Symbol.asyncIterator]();
  assert.equal(Buffer.from((await pieces.next()).value ?? []).toString(), 'half');
  const next = pieces.next();
  later.abort(reason);
  await assert.rejects(next, reason);
  await second.end(name);
  assert.deepEqual(asked.slice(2), [
    'GET /api/vedette/backups/b1/state.db',
    'DELETE /api/vedette/backups/b1',
  ]);
});
