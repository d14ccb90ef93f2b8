import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportFixture } from '../report-fixture.ts';
import { Masker } from './masker.ts';
import { VIEW_CHARS_MAX, viewOf } from './report-view.ts';
import { Scrubber } from './scrub.ts';

function viewed(pairs: {
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
}): string {
  const report = reportFixture();
  const masker = new Masker(new Scrubber([]), { isMasking: true });
  return viewOf({ ...report, subject: { ...report.subject, ...pairs } }, masker);
}

test('an annotation is masked whatever its name is, also that of a field of ours', () => {
  const names = ['id', 'kind', 'level', 'metric', 'state', 'evidence', 'link', 'source', 'constructor'];
  for (const name of [...names, '__proto__', 'toString', 'services']) {
    const annotations = Object.fromEntries([[name, 'ask ada@example.org on 10.1.2.3, password=hunter2']]);
    const view = viewed({ annotations });
    assert.doesNotMatch(view, /ada@|10\.1\.2|hunter2/, name);
    assert.match(view, /EMAIL__1 on IP__1/, name);
  }
});

test('names of labels leave, but not a person or a host in the place of one', () => {
  const view = viewed({ labels: { alertname: 'A', 'k8s.pod.name': 'web-1', 'ada@example.org': 'x-1' } });
  assert.match(view, /"k8s\.pod\.name":"K8S_POD_NAME__1"/);
  assert.doesNotMatch(view, /ada@|web-1|x-1/);
});

test('a name that stands in a list at the end is one in the headline, too', () => {
  const entity = 'Ada Byron';
  const suspect = { entity, kind: 'instance', confidence: 0.6, text: 'x' } as const;
  const report = reportFixture({
    headline: `P1: ${entity} is slow`,
    suspects: [{ ...suspect, evidenceFor: ['e1'], evidenceAgainst: [] }],
  });
  const view = viewOf(report, new Masker(new Scrubber([]), { isMasking: true }));
  assert.doesNotMatch(view, /Byron/);
});

test('of a report without end the beginning of each list leaves, and of each text', () => {
  const text = 'a word '.repeat(1000);
  const many = <T>(one: T): T[] => Array.from({ length: 500 }, () => one);
  const [evidence] = reportFixture().evidence;
  assert.ok(evidence !== undefined);
  const report = reportFixture({
    headline: text,
    gaps: many({ what: text, why: text }),
    nextSteps: many({ text, query: text, command: text, link: null, source: 'agent' as const }),
    evidence: many({ ...evidence, text }),
  });
  const view = viewOf(report, new Masker(new Scrubber([]), { isMasking: true }));
  assert.ok(view.length <= VIEW_CHARS_MAX, String(view.length));
  const read = JSON.parse(view) as { readonly headline: string; readonly evidence: readonly unknown[] };
  assert.equal(read.headline, `${text.slice(0, 500)}…`);
  assert.ok(read.evidence.length >= 10 && read.evidence.length < 500);
});
