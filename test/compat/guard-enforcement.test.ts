/** Decisions carried out by the real nginx, Caddy and CrowdSec custom bouncer, with the configurations of docs/guard/enforcement.md. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  BOUNCER_KEY,
  BY,
  startGuardScene,
  type GuardScene,
} from '../../packages/server/src/serve/guard/guard-scene.ts';
import { freePort } from '../support/free-port.ts';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { temporaryDirectory } from '../support/vedette-process.ts';

interface Proxied {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

interface Asked {
  /** The client's own address: any of 127.0.0.0/8 is ours. */
  readonly from?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function ask(port: number, { from = '127.0.0.1', headers = {}, body }: Asked = {}): Promise<Proxied> {
  return await new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, localAddress: from, headers, agent: false };
    const request = http.request({ ...options, method: body === undefined ? 'GET' : 'POST' }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => void (text += part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    request.on('error', reject).end(body);
  });
}

/** The application behind the proxy: says what it was told. */
async function startBackend(t: TestContext): Promise<number> {
  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => void (body += part));
    request.on('end', () =>
      response.end(
        `backend verdict=${String(request.headers['x-guard-verdict'])} key=${String(request.headers['x-api-key'])} body=${body}`,
      ),
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

function run(t: TestContext, program: string, args: readonly string[], directory: string): () => string {
  const env = { ...process.env, HOME: directory, XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory };
  const child = spawn(program, args, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => void (said += part));
  const closed = new Promise((resolve) => child.on('close', resolve));
  t.after(async () => {
    child.kill('SIGTERM');
    await closed;
  });
  return () => said;
}

async function untilServing(port: number, said: () => string): Promise<void> {
  try {
    await until('the proxy to serve', async () => ((await ask(port)).status > 0 ? true : undefined));
  } catch (error) {
    throw new Error(said(), { cause: error });
  }
}

async function ban(scene: GuardScene, scope: 'user' | 'ip' | 'range', subject: string): Promise<string> {
  return (await scene.guard.ban({ scope, subject, untilMs: Date.now() + BAN_SECONDS * 1000, ...BY })).id;
}

const BAN_SECONDS = 3600;

/** Whether this is what is left of a ban that was asked for then: on a busy machine some seconds are gone. */
function assertLeft(seconds: number, askedAtMs: number): void {
  const goneSeconds = Math.ceil((Date.now() - askedAtMs) / 1000);
  assert.ok(seconds >= BAN_SECONDS - goneSeconds - 1 && seconds <= BAN_SECONDS, `${seconds} s are left`);
}

/** The user in both ways in which the proxies here know him. */
const as = (name: string): Record<string, string> => ({
  cookie: `user=${name}`,
  authorization: `Basic ${Buffer.from(`${name}:x`).toString('base64')}`,
});

/** What every proxy must do with the same decisions. */
async function checkProxy(scene: GuardScene, port: number): Promise<void> {
  const passed = await ask(port, { body: 'order=1', headers: as('alice') });
  assert.deepEqual([passed.status, passed.text], [200, 'backend verdict=allow key=undefined body=order=1']);
  const bannedAtMs = Date.now();
  const userBan = await ban(scene, 'user', 'mallory');
  const refused = await ask(port, { headers: as('mallory') });
  assert.equal(refused.status, 429);
  assertLeft(Number(refused.headers['retry-after']), bannedAtMs);
  assert.equal((await ask(port, { headers: as('alice') })).status, 200);
  await scene.guard.lift(userBan, BY);
  assert.equal((await ask(port, { headers: as('mallory') })).status, 200);
  await ban(scene, 'range', '127.0.7.0/24');
  assert.equal((await ask(port, { from: '127.0.7.9' })).status, 429);
  const spoofed = { 'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1', 'x-user-id': 'alice' };
  assert.equal((await ask(port, { from: '127.0.7.9', headers: spoofed })).status, 429);
  assert.equal((await ask(port, { from: '127.0.8.9' })).status, 200);
  const framed = { 'x-forwarded-for': '127.0.7.9', 'x-real-ip': '127.0.7.9', 'x-user-id': 'mallory' };
  assert.equal((await ask(port, { headers: framed })).status, 200);
}

test('nginx refuses what the guard refuses', { skip: skipWithout(PEERS.nginx) }, async (t) => {
  const scene = await startGuardScene(t);
  const [backend, port, directory] = [await startBackend(t), await freePort(), temporaryDirectory(t)];
  const file = path.join(directory, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; pid ${directory}/nginx.pid; error_log stderr warn; worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
  server {
    listen 127.0.0.1:${port};
    location / {
      auth_request /_guard;
      auth_request_set $guard_verdict $upstream_http_x_guard_verdict;
      auth_request_set $guard_wait $upstream_http_retry_after;
      error_page 403 = @refused;
      proxy_set_header X-Guard-Verdict $guard_verdict;
      proxy_pass http://127.0.0.1:${backend};
    }
    location @refused {
      add_header Retry-After $guard_wait always;
      return 429;
    }
    location = /_guard {
      internal;
      proxy_pass ${scene.url}/guard/forward-auth?deny=403&address=x-real-ip;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_set_header X-Api-Key "${BOUNCER_KEY}";
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-User-Id $remote_user;
    }
  }
}
`,
  );
  const said = run(t, PEERS.nginx, ['-c', file, '-p', directory, '-e', 'stderr'], directory);
  await untilServing(port, said);
  await checkProxy(scene, port);
  await ban(scene, 'user', 'eve');
  await scene.close();
  assert.equal((await ask(port)).status, 500, 'closed while nobody can say');
});

test('Caddy hands the refusal on as it is', { skip: skipWithout(PEERS.caddy) }, async (t) => {
  const scene = await startGuardScene(t);
  const [backend, port, directory] = [await startBackend(t), await freePort(), temporaryDirectory(t)];
  const file = path.join(directory, 'Caddyfile');
  writeFileSync(
    file,
    `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  forward_auth ${scene.url.replace('http://', '')} {
    uri /guard/forward-auth
    header_up X-Api-Key ${BOUNCER_KEY}
    header_up X-User-Id {http.request.cookie.user}
    copy_headers X-Guard-Verdict
  }
  reverse_proxy 127.0.0.1:${backend}
}
`,
  );
  const said = run(t, PEERS.caddy, ['run', '--config', file, '--adapter', 'caddyfile'], directory);
  await untilServing(port, said);
  await checkProxy(scene, port);
});

test(
  'the custom bouncer of CrowdSec hears of a ban and of its end',
  {
    skip: skipWithout(PEERS.crowdsecCustomBouncer),
  },
  async (t) => {
    const scene = await startGuardScene(t);
    const directory = temporaryDirectory(t);
    const [script, heard, file] = ['script.sh', 'heard', 'bouncer.yaml'].map((name) =>
      path.join(directory, name),
    ) as [string, string, string];
    writeFileSync(script, `#!/bin/sh\necho "$1 $2 $3 $4" >> ${heard}\n`);
    chmodSync(script, 0o755);
    writeFileSync(
      file,
      `bin_path: ${script}
feed_via_stdin: false
total_retries: 0
scenarios_containing: []
scenarios_not_containing: []
origins: []
piddir: ${directory}
update_frequency: 1s
cache_retention_duration: 1s
daemonize: false
log_mode: stdout
log_dir: ${directory}
log_level: info
api_url: ${scene.url}/
api_key: ${BOUNCER_KEY}
prometheus: { enabled: false, listen_addr: 127.0.0.1, listen_port: "0" }
`,
    );
    const bannedAtMs = Date.now();
    const early = await ban(scene, 'ip', '192.0.2.1');
    await ban(scene, 'user', 'mallory');
    const said = run(t, PEERS.crowdsecCustomBouncer, ['-c', file], directory);
    const hears = async (line: RegExp): Promise<void> => {
      await until(
        `${String(line)}; the bouncer said ${said()}`,
        () =>
          (existsSync(heard) &&
            readFileSync(heard, 'utf8')
              .split('\n')
              .some((one) => line.test(one))) ||
          undefined,
      );
    };
    const added = /^add 192\.0\.2\.1 (\d+) vedette\/person$/m;
    await hears(added);
    assertLeft(Number(added.exec(readFileSync(heard, 'utf8'))?.[1]), bannedAtMs);
    await ban(scene, 'range', '203.0.113.0/24');
    await hears(/^add 203\.0\.113\.0\/24 /);
    await scene.guard.lift(early, BY);
    await hears(/^del 192\.0\.2\.1 /);
    assert.doesNotMatch(readFileSync(heard, 'utf8'), /mallory/);
  },
);
