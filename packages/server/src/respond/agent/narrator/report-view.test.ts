import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportFixture } from '../report-fixture.ts';
import { Masker } from './masker.ts';
import { viewOf } from './report-view.ts';
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
