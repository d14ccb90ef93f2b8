import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleAlert, exampleNotification } from './receiver.contract.ts';
import { senderDeps } from './sender-fixture.ts';
import { notificationTexts, TemplateFault } from './texts.ts';

const alertsOf = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    exampleAlert(`A${i}`, i % 2 === 0 ? { endsAtMs: 1_700_000_001_000 } : {}),
  );

/** A template that does the more, the more alerts there are. */
const HEAVY = '{{ range .Alerts }}{{ range $.Alerts }}{{ end }}{{ .Labels.alertname }} {{ end }}';

test('a list that is too long for its template is one of the first alerts, firing ones before', () => {
  const texts = notificationTexts(senderDeps(), exampleNotification({ alerts: alertsOf(3000) }));
  const names = texts.text(HEAVY, 'slack_configs.text').trim().split(' ');
  assert.equal(names.length, 200);
  assert.deepEqual(names.slice(0, 3), ['A1', 'A3', 'A5']);
  assert.equal(texts.text('{{ len .Alerts }}', 'slack_configs.title'), '3000', 'other texts have all');
});

test('a template without end, or with a fault, is told by its key', () => {
  const texts = notificationTexts(senderDeps(), exampleNotification({ alerts: alertsOf(3000) }));
  const fails = (template: string, want: RegExp): void =>
    assert.throws(
      () => texts.text(template, 'slack_configs.title'),
      (error) => error instanceof TemplateFault && want.test(error.message),
    );
  fails(
    '{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}',
    /cannot fill .* slack_configs\.title/,
  );
  fails('{{ .Nope }}', /cannot fill the template of slack_configs\.title: .*Nope/);
});
