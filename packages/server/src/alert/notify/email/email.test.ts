import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Log } from '../../../telemetry/log.ts';
import {
  exampleNotification,
  preparedExample,
  preparedNotification,
  receiverContract,
} from '../receiver.contract.ts';
import type { Receiver, SendResult } from '../receiver.ts';
import { senderDeps } from '../sender-fixture.ts';
import { emailIntegration } from './config.ts';
import { createEmailSender } from './email.ts';
import { FAKE_PASSWORD, FAKE_USER, FakeMailServer, type FakeMailOptions } from './fake-mail-server.ts';

const directory = mkdtempSync(join(tmpdir(), 'vedette-mail-'));
after(() => rmSync(directory, { recursive: true }));
const [keyFile, certFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
const subject = ['-subj', '/CN=mail.test', '-addext', 'subjectAltName=DNS:mail.test'];
execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', keyFile, '-out', certFile], {
  stdio: 'ignore',
});
const identity = { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
const trusted = { ca_file: certFile, server_name: 'mail.test' };

const warnings: string[] = [];
const log: Log = {
  ...senderDeps().log,
  warn: (message, fields) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
  child: () => log,
};
const deps = { ...senderDeps(), log };

function senderFor(server: FakeMailServer, config: Record<string, unknown> = {}): Receiver {
  const parsed = emailIntegration.parse({
    to: 'ops@example.test',
    from: 'Vedette <vedette@example.test>',
    smarthost: `127.0.0.1:${server.port}`,
    hello: 'monitor.example.test',
    tls_config: trusted,
    ...config,
  });
  // As `config/inherit.ts` fills them in.
  const headers = { From: parsed.from, Subject: 'About {{ .Status }}', To: parsed.to, ...parsed.headers };
  return createEmailSender(deps, { name: 'ops', index: 0, config: { ...parsed, headers } });
}

const send = (receiver: Receiver, signal = new AbortController().signal): Promise<SendResult> =>
  receiver.send(exampleNotification(), signal);

const withServer = (
  options: FakeMailOptions,
  run: (server: FakeMailServer) => Promise<void>,
): Promise<void> => FakeMailServer.with({ identity, ...options }, run);

const said = (result: SendResult): string =>
  result.kind === 'delivered'
    ? 'delivered'
    : `${result.isRetriable ? 'again' : 'final'} ${result.category}: ${result.error}`;

receiverContract('email', (run) =>
  withServer({}, async (server) => {
    await run({
      receiver: senderFor(server),
      arrivedCount: () => server.taken.length,
      breakOff: () => server.close(),
    });
  }),
);

test('a mail goes by STARTTLS, with our greeting, to the recipients of the envelope', () =>
  withServer({}, async (server) => {
    assert.equal(
      said(await send(senderFor(server, { to: 'Ops <a@example.test>, b@example.test' }))),
      'delivered',
    );
    const [mail] = server.taken;
    assert.deepEqual([mail?.from, mail?.to], ['vedette@example.test', ['a@example.test', 'b@example.test']]);
    assert.deepEqual([mail?.isEncrypted, mail?.user], [true, undefined]);
    assert.deepEqual(server.greetings, ['monitor.example.test', 'monitor.example.test']);
    assert.deepEqual(server.verbs.slice(0, 3), ['EHLO', 'STARTTLS', 'EHLO']);
  }));

test('TLS begins with the connection where the configuration says so', () =>
  withServer({ implicitTls: true }, async (server) => {
    assert.equal(said(await send(senderFor(server, { force_implicit_tls: true }))), 'delivered');
    assert.equal(server.taken[0]?.isEncrypted, true);
    assert.ok(!server.verbs.includes('STARTTLS'));
  }));

test('a server without STARTTLS gets nothing unless require_tls is false', () =>
  FakeMailServer.with({}, async (server) => {
    const want =
      'final clientError: Error upgrading connection with STARTTLS: 502 not implemented; require_tls is true: the server must offer STARTTLS';
    assert.equal(said(await send(senderFor(server))), want);
    assert.ok(!server.verbs.includes('MAIL'));
    assert.equal(said(await send(senderFor(server, { require_tls: false }))), 'delivered');
    assert.equal(server.taken[0]?.isEncrypted, false);
  }));

test('certificates are checked against authority and name', () =>
  withServer({}, async (server) => {
    const check = async (tls_config: Record<string, unknown>, want: RegExp): Promise<void> =>
      assert.match(said(await send(senderFor(server, { tls_config }))), want);
    await check({}, /^again network: .*self-signed certificate/);
    await check({ ca_file: certFile }, /^again network: .*does not match certificate/);
    await check({ ca: identity.cert, server_name: 'mail.test', min_version: 'TLS13' }, /^delivered$/);
    await check({ insecure_skip_verify: true }, /^delivered$/);
    await check({ ca_file: join(directory, 'missing.pem') }, /^again network: .*ENOENT/);
  }));

test('each way to sign in works, after TLS; the strongest that is offered is taken', async () => {
  const check = async (authMethods: readonly string[], config: Record<string, unknown>): Promise<void> =>
    await withServer({ authMethods }, async (server) => {
      assert.equal(said(await send(senderFor(server, { auth_username: FAKE_USER, ...config }))), 'delivered');
      assert.equal(server.taken[0]?.user, FAKE_USER);
    });
  await check(['PLAIN'], { auth_password: FAKE_PASSWORD });
  await check(['PLAIN'], { auth_password: FAKE_PASSWORD, auth_identity: 'boss' });
  await check(['LOGIN'], { auth_password: FAKE_PASSWORD });
  await check(['CRAM-MD5'], { auth_secret: FAKE_PASSWORD });
  await check(['LOGIN', 'PLAIN', 'CRAM-MD5'], { auth_password: 'wrong', auth_secret: FAKE_PASSWORD });
  await check(['CRAM-MD5', 'PLAIN'], { auth_password: FAKE_PASSWORD });
  const auth_password_file = join(directory, 'password');
  writeFileSync(auth_password_file, `${FAKE_PASSWORD}\n`);
  await check(['PLAIN'], { auth_password_file });
});

test('nobody signs in with PLAIN where anybody can read it', async () => {
  const auth = { auth_username: FAKE_USER, auth_password: FAKE_PASSWORD, require_tls: false };
  await withServer({ authMethods: ['PLAIN'], authBeforeTls: true }, async (server) => {
    // This machine is no network; another name of it is none that we know as such.
    assert.equal(said(await send(senderFor(server, auth))), 'delivered');
    const smarthost = `[::ffff:127.0.0.1]:${server.port}`;
    const result = said(await send(senderFor(server, { ...auth, smarthost })));
    assert.match(result, /^final authError: cannot sign in with PLAIN: the connection is not encrypted/);
    assert.equal(server.taken.length, 1);
  });
});

test('a refused password is final, trouble with signing in is not; neither shows the password', () =>
  withServer({ authMethods: ['PLAIN', 'LOGIN'] }, async (server) => {
    const auth = { auth_username: FAKE_USER, auth_password: 'wr0ng-secret' };
    const line = Buffer.from(`\0${FAKE_USER}\0wr0ng-secret`).toString('base64');
    const check = async (want: RegExp, config: Record<string, unknown> = auth): Promise<void> => {
      const got = said(await send(senderFor(server, config)));
      assert.match(got, want);
      assert.ok(!got.includes('wr0ng-secret') && !got.includes(line), got);
    };
    await check(/^final authError: cannot sign in: got 535, want 235: 535 5\.7\.8 who are you\?$/);
    server.script('AUTH', '454 4.7.0 later');
    await check(/^again authError: .*454 4\.7\.0 later$/);
    server.script('AUTH', `535 no wr0ng-secret in ${line}`);
    await check(/^final authError: .*535 no <secret> in <secret>$/);
    await check(/^final authError: cannot sign in: the server offers PLAIN, LOGIN; PLAIN and LOGIN need/, {
      auth_username: FAKE_USER,
      auth_secret: 'wr0ng-secret',
    });
    assert.equal(server.taken.length, 0);
  }));

test('answers decide at every step: 4xx is tried again, 5xx is final', () =>
  withServer({}, async (server) => {
    const check = async (
      verb: Parameters<FakeMailServer['script']>[0],
      answer: string,
      want: RegExp,
    ): Promise<void> => {
      server.script(verb, answer);
      assert.match(said(await send(senderFor(server))), want, `${verb} ${answer}`);
    };
    await check('CONNECT', '421 4.3.2 too busy', /^again serverError: .*421/);
    await check('CONNECT', '554 5.7.1 go away', /^final clientError: .*554/);
    await check('STARTTLS', '454 4.7.0 later', /^again serverError: .*454/);
    await check('MAIL', '451 4.3.0 later', /^again serverError: .*451/);
    await check('MAIL', '550 5.7.1 not you', /^final clientError: .*550/);
    await check('RCPT', '450 4.2.1 greylisted', /^again serverError: .*450/);
    await check('RCPT', '550 5.1.1 nobody', /^final clientError: .*550/);
    await check('DATA', '451 4.3.0 later', /^again serverError: .*451/);
    await check('BODY', '452 4.3.1 disk full', /^again serverError: .*452/);
    await check('BODY', '554 5.6.0 spam', /^final clientError: .*554/);
    assert.equal(server.taken.length, 0);
    assert.equal(said(await send(senderFor(server))), 'delivered');
  }));

test('a recipient that is refused does not keep the others from it, and is a warning', () =>
  withServer(
    { refused: { 'gone@example.test': '550 5.1.1 nobody', 'full@example.test': '452 4.2.2 full' } },
    async (server) => {
      warnings.length = 0;
      const to = 'gone@example.test, ops@example.test';
      assert.equal(said(await send(senderFor(server, { to }))), 'delivered');
      assert.deepEqual(server.taken[0]?.to, ['ops@example.test']);
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? '', /refused for some.*gone@example\.test: 550 5\.1\.1 nobody/);
      // All are refused, one of them for now: it is worth another try.
      const none = said(await send(senderFor(server, { to: 'gone@example.test, full@example.test' })));
      assert.match(none, /^again serverError: .*all recipients were rejected: 452/);
    },
  ));

test('a connection that is cut is tried again, with the same Message-ID', () =>
  withServer({}, async (server) => {
    for (const verb of ['CONNECT', 'EHLO', 'STARTTLS', 'MAIL', 'DATA', 'BODY'] as const) {
      server.script(verb, 'reset');
      assert.match(said(await send(senderFor(server))), /^again network: /, verb);
    }
    await send(senderFor(server));
    await send(senderFor(server));
    const ids = server.taken.map(({ source }) => /^Message-ID: (.*)\r$/m.exec(source)?.[1]);
    assert.deepEqual(ids, Array(2).fill(`<${exampleNotification().id}@example.test>`));
  }));

test('a server that falls silent is given up with the deadline', () =>
  withServer({}, async (server) => {
    for (const verb of ['CONNECT', 'EHLO', 'MAIL', 'BODY'] as const) {
      server.script(verb, 'hang');
      const ending = new AbortController();
      const silent = server.nextHang();
      const sending = send(senderFor(server), ending.signal);
      await silent;
      ending.abort(new Error('the group flushes again'));
      assert.equal(said(await sending), 'again deadline: the group flushes again', verb);
    }
  }));

test('after the mail was taken nothing makes it undone', () =>
  withServer({}, async (server) => {
    for (const trouble of ['reset', 'hang', '554 no']) {
      server.script('QUIT', trouble);
      assert.equal(said(await send(senderFor(server))), 'delivered', trouble);
    }
    assert.equal(server.taken.length, 3);
  }));

test('a mail beyond what the server takes is final and tells the limit', () =>
  withServer({ sizeMax: 500 }, async (server) => {
    assert.equal(
      said(await send(senderFor(server))),
      'final clientError: Message size larger than allowed 500',
    );
  }));

test('the smarthost names a port, by number or by name', () =>
  withServer({}, async (server) => {
    const check = async (smarthost: string, want: RegExp): Promise<void> =>
      assert.match(said(await send(senderFor(server, { smarthost }))), want);
    await check(`localhost:${server.port}`, /^delivered$/);
    await check('127.0.0.1:none', /^final other: cannot use smarthost "127\.0\.0\.1:none": want a port/);
    await check('127.0.0.1:65536', /^final other: cannot use smarthost/);
  }));

test('a prepared message has a subject and a body of its own, with nothing of it read as HTML', () =>
  withServer({}, async (server) => {
    const receiver = senderFor(server, { headers: { 'X-Own': 'kept' } });
    await receiver.send(preparedNotification(), new AbortController().signal);
    const text = server.taken[0]!.source;
    assert.match(text, /^Subject: P1 critical: A\r?$/m);
    assert.match(text, /^X-Own: kept\r?$/m);
    assert.ok(text.includes(preparedExample().text.split('\n')[1]!.replaceAll('=', '=3D')));
    assert.ok(text.includes('It is &#60;b&#62;bad&#60;/b&#62; &#38; worse.'));
  }));
