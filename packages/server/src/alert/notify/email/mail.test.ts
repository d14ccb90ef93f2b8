import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '@vedette/model';
import type { Alert } from '../../alert.ts';
import { exampleAlert, exampleNotification } from '../receiver.contract.ts';
import type { Notification } from '../receiver.ts';
import { senderDeps } from '../sender-fixture.ts';
import { emailIntegration, type EmailConfig } from './config.ts';
import { composeMail, type Mail } from './mail.ts';
import { readMail, type MailSource } from './mail-source.ts';

const deps = senderDeps();

function configOf(config: Record<string, unknown> = {}): EmailConfig {
  const base = { to: 'ops@example.test', from: 'Vedette <vedette@example.test>' };
  const parsed = emailIntegration.parse({ ...base, ...config });
  const subject = '{{ template "email.default.subject" . }}';
  return { ...parsed, headers: { From: parsed.from, Subject: subject, To: parsed.to, ...parsed.headers } };
}

const compose = (config: Record<string, unknown> = {}, more: Partial<Notification> = {}): Promise<Mail> =>
  composeMail(deps, configOf(config), exampleNotification(more));

async function read(
  config: Record<string, unknown> = {},
  more: Partial<Notification> = {},
): Promise<MailSource> {
  return readMail((await compose(config, more)).bytes.toString('latin1'));
}

const alertWith = (labels: Record<string, string>, more: { endsAtMs?: number } = {}): Alert => ({
  ...exampleAlert('A', more),
  labels: labelsOf({ alertname: 'A', ...labels }),
});

test('a mail has the headers that readers and servers want', async () => {
  const { headers } = await read();
  const get = (name: string): string | undefined => headers.get(name);
  assert.equal(get('from'), 'Vedette <vedette@example.test>');
  assert.equal(get('to'), 'ops@example.test');
  assert.equal(get('subject'), '[FIRING:1] A (api)');
  assert.equal(get('date'), 'Tue, 14 Nov 2023 22:13:20 +0000');
  assert.equal(get('message-id'), `<${exampleNotification().id}@example.test>`);
  assert.equal(get('auto-submitted'), 'auto-generated');
  assert.equal(get('mime-version'), '1.0');
  assert.deepEqual([get('references'), get('in-reply-to')], [undefined, undefined]);
});

test('our text stands beside our HTML, and beside no other', async () => {
  const check = async (config: Record<string, unknown>, want: readonly string[]): Promise<MailSource> => {
    const mail = await read(config);
    assert.deepEqual([...mail.parts.keys()], want);
    return mail;
  };
  const both = await check({}, ['text/plain', 'text/html']);
  assert.match(both.parts.get('text/plain') ?? '', /^\[FIRING:1\] A \(api\)\r\n\r\nFiring:/);
  assert.match(both.parts.get('text/html') ?? '', /<h1[^>]*>\[FIRING:1\] A \(api\)<\/h1>/);
  await check({ html: '<p>own</p>' }, ['text/html']);
  await check({ html: '<p>own</p>', text: 'own' }, ['text/plain', 'text/html']);
  const own = await check({ text: 'own {{ .Status }}' }, ['text/plain', 'text/html']);
  assert.equal(own.parts.get('text/plain'), 'own firing');
  await check({ html: '', text: 'own' }, ['text/plain']);
  await check({ html: '' }, ['text/plain']);
});

test('headers of the configuration override ours and never who gets the mail', async () => {
  const headers = {
    To: 'Everybody <all@example.test>',
    from: 'Alarm für {{ .CommonLabels.job }} <alarm@example.test>',
    Cc: 'boss@example.test',
    Bcc: 'secret@example.test',
    SUBJECT: '{{ .Status }} – ü',
    'X-Priority': '1',
    'auto-submitted': 'no',
    'Content-Type': 'text/evil',
    'message-id': '<own@example.test>',
    'X-Empty': '{{ .CommonLabels.none }}',
  };
  const { envelope, bytes } = await compose({ headers });
  assert.deepEqual(envelope, { from: 'vedette@example.test', to: ['ops@example.test'] });
  const mail = readMail(bytes.toString('latin1'));
  const get = (name: string): string | undefined => mail.headers.get(name);
  assert.equal(get('to'), 'Everybody <all@example.test>');
  assert.match(get('from') ?? '', /^=\?UTF-8\?Q\?Alarm_f=C3=BCr_api\?= <alarm@example\.test>$/);
  assert.deepEqual([get('cc'), get('bcc'), get('x-priority')], ['boss@example.test', undefined, '1']);
  assert.match(get('subject') ?? '', /^=\?UTF-8\?/);
  assert.match(get('content-type') ?? '', /^multipart\/alternative;/);
  assert.deepEqual([get('message-id'), get('x-empty')], ['<own@example.test>', undefined]);
  assert.equal(get('auto-submitted'), 'no');
  assert.doesNotMatch(bytes.toString(), /secret@example\.test/);
});

test('no label can add a header, a recipient or an end of the mail', async () => {
  const evil = 'x\r\nBcc: victim@example.test\r\n\r\n<script>\r\n.\r\nQUIT\u2028\u0085\0';
  const headers = {
    'X-Job': '{{ .CommonLabels.job }}',
    'Reply-To': '"{{ .CommonLabels.job }}" <r@example.test>',
  };
  const subject = {
    ...headers,
    Subject: '{{ .CommonLabels.job }}',
    To: '{{ .CommonLabels.job }} <t@example.test>',
  };
  const { envelope, bytes } = await compose({ headers: subject }, { alerts: [alertWith({ job: evil })] });
  assert.deepEqual(envelope.to, ['ops@example.test']);
  const mail = readMail(bytes.toString('latin1'));
  assert.deepEqual([...mail.headers.keys()].toSorted(), [
    'auto-submitted',
    'content-type',
    'date',
    'from',
    'message-id',
    'mime-version',
    'reply-to',
    'subject',
    'to',
    'x-job',
  ]);
  assert.doesNotMatch(mail.parts.get('text/html') ?? '', /<script>|\0/);
  assert.match(mail.parts.get('text/html') ?? '', /&lt;script&gt;/);
});

test('lines stay within what servers take, whatever labels hold', async () => {
  for (const job of ['a'.repeat(100_000), '😀'.repeat(25_000), 'ä"\n\0<'.repeat(20_000)]) {
    const headers = { Subject: '{{ .CommonLabels.job }}', 'X-Job': '{{ .CommonLabels.job }}' };
    const { bytes } = await compose({ headers }, { alerts: [alertWith({ job })] });
    const source = bytes.toString('latin1');
    for (const line of source.split('\r\n'))
      assert.ok(line.length <= 998 && !/[\r\n\0]/.test(line), line.slice(0, 99));
    assert.equal(source.match(/^Content-Type: text\//gm)?.length, 2);
  }
});

test('a mail that is too large, or whose texts are, goes as text that tells where the rest is', async () => {
  const check = async (valueLength: number, count: number): Promise<string> => {
    const alerts = Array.from({ length: count }, (_, i) =>
      alertWith({ job: `${i}${'ü'.repeat(valueLength)}` }),
    );
    const { bytes } = await compose({}, { alerts });
    assert.ok(bytes.length < 400_000, String(bytes.length));
    const { parts } = readMail(bytes.toString('latin1'));
    assert.deepEqual([...parts.keys()], ['text/plain']);
    const text = parts.get('text/plain') ?? '';
    assert.match(text, new RegExp(`^\\[FIRING:${count}\\] A`));
    assert.match(
      text,
      /This mail about \d+ alerts is too large and was cut\. All of them: http:\/\/vedette\.test\/#\S+\r\n$/,
    );
    return text;
  };
  assert.match(await check(10_000, 40), /…\r\n\r\nThis mail about 40 alerts/);
  assert.match(await check(100_000, 30), /^\[FIRING:30\] A\r\n\r\n\r\nThis mail about 30 alerts/);
});

test('the worst severity in the message decides who gets it; to is for the rest', async () => {
  const to_by_severity = {
    critical: 'pager@example.test, chief@example.test',
    warning: '{{ .CommonLabels.team }}@example.test',
  };
  const check = async (alerts: readonly Alert[], want: string): Promise<void> => {
    const { envelope, bytes } = await compose({ to_by_severity }, { alerts });
    assert.equal(envelope.to.join(), want);
    assert.equal(readMail(bytes.toString('latin1')).headers.get('to')?.replaceAll(' ', ''), want);
  };
  const warning = alertWith({ severity: 'warning', team: 'db' });
  const over = alertWith({ severity: 'critical', team: 'db' }, { endsAtMs: 1_700_000_001_000 });
  await check([warning], 'db@example.test');
  await check(
    [warning, alertWith({ severity: 'critical', team: 'db' })],
    'pager@example.test,chief@example.test',
  );
  // Who heard of it hears of its end.
  await check([warning, over], 'pager@example.test,chief@example.test');
  await check([alertWith({ severity: 'info' })], 'ops@example.test');
  await check([alertWith({ severity: 'page' })], 'ops@example.test');
  const { headers } = await read(
    { to_by_severity, headers: { To: 'list@example.test' } },
    { alerts: [over] },
  );
  assert.equal(headers.get('to'), 'list@example.test');
});

test('what is no address is a final failure that names its key', async () => {
  const check = async (config: Record<string, unknown>, want: RegExp): Promise<void> => {
    await assert.rejects(compose(config), { name: 'TemplateFault', message: want });
  };
  await check({ to: '{{ .CommonLabels.none }}' }, /^cannot use email_configs\.to: got no address$/);
  await check({ to: 'ops' }, /^cannot use email_configs\.to: "ops" is not an address$/);
  await check({ to: 'a@b, c@d@e' }, /is not an address$/);
  await check({ to: '"a b"@example.test' }, /is not an address$/);
  await check({ from: 'a@b, c@d' }, /^cannot use email_configs\.from: got 2 addresses, want one$/);
  await check(
    { headers: { 'X Job': '1' } },
    /^cannot use email_configs\.headers: "X Job" is no name of a header$/,
  );
  await check({ to: '{{ template "none" }}' }, /email_configs\.to/);
  const many = (count: number): string =>
    Array.from({ length: count }, (_, i) => `p${i}@example.test`).join(',');
  assert.equal((await compose({ to: many(1000) })).envelope.to.length, 1000);
  await check({ to: many(1001) }, /got 1001 addresses, want at most 1000$/);
  assert.deepEqual((await compose({ to: 'a@b, A <a@b>, c@d' })).envelope.to, ['a@b', 'c@d']);
});

test("the messages of a group form a thread under Alertmanager's root, a new one each day if wanted", async () => {
  const rootOf = async (thread_by_date: string, more: Partial<Notification> = {}): Promise<string> => {
    const { headers } = await read({ threading: { enabled: true, thread_by_date } }, more);
    assert.equal(headers.get('in-reply-to'), headers.get('references'));
    return headers.get('references') ?? '';
  };
  const whole = await rootOf('none');
  assert.match(whole, /^<alert-[0-9a-f]{16}-@alertmanager>$/);
  assert.equal(await rootOf('none', { id: 'another', status: 'resolved' }), whole);
  assert.notEqual(await rootOf('none', { groupKey: '{}:{alertname="B"}' }), whole);
  assert.equal(await rootOf('daily'), whole.replace('-@', '-2023-11-14@'));
});

test('the same notification is the same mail, byte for byte', async () => {
  const [first, again, other] = [await compose(), await compose(), await compose({}, { id: 'another' })];
  assert.ok(first.bytes.equals(again.bytes) && !first.bytes.equals(other.bytes));
});
