import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeService } from '../fake-service.ts';
import { exampleAlert, exampleNotification } from '../receiver.contract.ts';
import { senderDeps } from '../sender-fixture.ts';
import { HOSTILE_VALUES, hostileNotification } from '../sender.contract.ts';
import { webhookIntegration } from './config.ts';
import { payloadBody } from './payload.ts';
import { createWebhookSender } from './webhook.ts';

const deps = senderDeps();

const filled = (payload: unknown, value = 'a'): unknown =>
  JSON.parse(payloadBody(deps, payload, hostileNotification(value)));

test('texts and keys are filled, everything else stays', () => {
  assert.deepEqual(
    filled({
      'state-{{ .Status }}': ['{{ .Receiver }}', 'x'],
      on: true,
      n: 1.5,
      none: null,
      deep: { a: 'b' },
    }),
    { 'state-firing': ['ops', 'x'], on: true, n: 1.5, none: null, deep: { a: 'b' } },
  );
});

test('what templates make of another kind is of that kind', () => {
  const check = (template: string, want: unknown): void => assert.deepEqual(filled(template), want);
  check('{{ len .Alerts }}', 1);
  check('{{ eq .Status "firing" }}', true);
  check('{{ .CommonLabels.alertname }}', 'Hostile');
  check('{{ if false }}x{{ end }}', null);
  check('foo: bar', { foo: 'bar' });
  check('[1, two]', [1, 'two']);
  check('{{ .GroupLabels | toJson }}', { alertname: 'A' });
  check('{"summary": "{{ .CommonAnnotations.summary }}", "n": {{ len .Alerts }}}', { summary: 'a', n: 1 });
  check("text: 'and {{ .Status }}'", { text: 'and firing' });
  check('{broken', '{broken');
  check('*alias', '*alias');
});

test('values are texts whatever they look like, also inside of JSON that templates write', () => {
  const values = [
    'Disk: full',
    'Disk:',
    '- item',
    '{"a": 1}',
    '[x]',
    'a #b',
    '"q"',
    'b\\ack',
    'two\nlines',
    '? x',
    '-',
    '?',
    '---',
    '...',
  ];
  for (const value of values) {
    assert.equal(filled('{{ .CommonLabels.evil }}', value), value);
    assert.deepEqual(filled({ a: '{{ .CommonLabels.evil }}' }, value), { a: value });
    assert.deepEqual(filled('{"a": "{{ .CommonLabels.evil }}"}', value), { a: value });
    assert.deepEqual(filled('{"a": {{ .CommonLabels.evil | toJson }}}', value), { a: value });
  }
});

test('templates still find what they look for in a value', () => {
  const value = 'api_v2.eu-1:9090';
  assert.equal(filled('{{ .CommonLabels.evil | reReplaceAll ":.*" "" }}', value), 'api_v2.eu-1');
  assert.equal(filled('{{ if match "^api_.*:9090$" .CommonLabels.evil }}yes{{ end }}', value), 'yes');
});

test('values are never filled again', () => {
  assert.equal(filled('{{ .CommonLabels.evil }}', '{{ .Status }}'), '{{ .Status }}');
  assert.deepEqual(filled('{{ .CommonLabels | toJson }}', '{{ .Status }}'), {
    alertname: 'Hostile',
    evil: '{{ .Status }}',
    '{{ .Status }}': 'name',
  });
});

test('hostile values make JSON all the same, safe inside of HTML', () => {
  for (const value of HOSTILE_VALUES) {
    const payload = {
      all: '{{ .Alerts | toJson }}',
      one: '{{ .CommonLabels.evil }}',
      text: '{"x": "{{ .CommonLabels.evil }}"}',
    };
    const body = payloadBody(deps, payload, hostileNotification(value));
    assert.doesNotMatch(body, /[<>&\u2028]/);
    const { all, one, text } = JSON.parse(body) as {
      all: { labels: { evil: string } }[];
      one: string;
      text: { x: string };
    };
    assert.equal(all[0]?.labels.evil, one);
    assert.deepEqual(text, { x: one });
  }
});

test('keys are sorted, as Go writes them, and the body ends with a line feed', () => {
  assert.equal(
    payloadBody(deps, { b: 'x', a: { d: 'y', c: 'z' } }, exampleNotification()),
    '{"a":{"c":"z","d":"y"},"b":"x"}\n',
  );
});

test('a payload is sent in place of the usual body, with at most max_alerts alerts', () =>
  FakeService.with(undefined, async (service) => {
    const payload = { text: '{{ range .Alerts }}{{ .Labels.alertname }};{{ end }}' };
    const config = webhookIntegration.parse({ url: service.origin, max_alerts: '2', payload });
    const receiver = createWebhookSender(deps, { name: 'ops', index: 0, config });
    const alerts = ['A', 'B', 'C'].map((name) => exampleAlert(name));
    await receiver.send(exampleNotification({ alerts }), new AbortController().signal);
    assert.equal(service.taken[0]?.body, '{"text":"A;B;"}\n');
  }));

test('a payload that cannot be filled is final', () =>
  FakeService.with(undefined, async (service) => {
    const config = webhookIntegration.parse({ url: service.origin, payload: ['{{ .Nothing }}'] });
    const receiver = createWebhookSender(deps, { name: 'ops', index: 0, config });
    const result = await receiver.send(exampleNotification(), new AbortController().signal);
    assert.ok(result.kind === 'failed' && !result.isRetriable);
    assert.match(result.error, /^cannot fill the template of webhook_configs\.payload: /);
    assert.equal(service.requests.length, 0);
  }));
