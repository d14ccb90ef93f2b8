import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { createRunbookLibrary } from './library.ts';
import { indexRunbook } from './match-runbook.ts';
import { parseRunbook } from './parse-runbook.ts';
import type { RunbookLibrary, RunbookMatch } from './runbook.ts';

interface Written {
  readonly id: string;
  readonly front?: string;
  readonly text?: string;
  readonly origin?: 'shipped' | 'own';
}

function libraryOf(...all: readonly Written[]): RunbookLibrary {
  const runbooks = all.map(({ id, front = '', text = '', origin = 'own' }) =>
    indexRunbook(parseRunbook(`---\n${front}\n---\n${text}`, { file: `${id}.md`, origin })),
  );
  return createRunbookLibrary(() => ({ runbooks, problems: [] }));
}

const shown = (matches: readonly RunbookMatch[]): readonly string[] =>
  matches.map(({ runbook, why }) => `${runbook.id}: ${why.join('; ')}`);

suite('an alert', () => {
  const library = libraryOf(
    { id: 'HighErrorRate', origin: 'shipped' },
    { id: 'errors', front: 'match: { alertname: [HighErrorRate, ErrorBudgetBurn] }' },
    { id: 'errors-web', front: 'match: { alertname: HighErrorRate, labels: { tier: "web|api" } }' },
    { id: 'web', front: 'match: { labels: { tier: "web|api" } }' },
    { id: 'web-eu', front: 'match: { labels: { tier: "web|api", region: "eu-.*" } }' },
    { id: 'KubePodCrashLooping' },
    { id: 'HostDiskAlmostFull', front: 'title: Host disk almost full' },
  );
  const check = (
    labels: Record<string, string>,
    annotations: Record<string, string>,
    ...want: readonly string[]
  ): void => assert.deepEqual(shown(library.match({ labels, annotations })), want);

  test('is named, more exactly with labels; own ones come before shipped ones', () => {
    check(
      { alertname: 'HighErrorRate' },
      {},
      'errors: named for this alert',
      'HighErrorRate: its file has the name of this alert',
    );
    check(
      { alertname: 'HighErrorRate', tier: 'api' },
      {},
      'errors-web: named for this alert; tier="api" matches "web|api"',
      'errors: named for this alert',
      'HighErrorRate: its file has the name of this alert',
      'web: tier="api" matches "web|api"',
    );
    check({ alertname: 'errorbudgetBURN' }, {}, 'errors: named for this alert, but for capitals');
  });

  test('is not found by the file name of a runbook that names others', () => {
    check({ alertname: 'errors' }, {});
    check({ alertname: 'web' }, {});
  });

  test('is found by its runbook_url, wherever that leads', () => {
    for (const url of [
      'https://runbooks.prometheus-operator.dev/runbooks/kubernetes/kubepodcrashlooping',
      'https://runbooks.prometheus-operator.dev/runbooks/kubernetes/kubepodcrashlooping/?a=b#c',
      '/runbooks/KubePodCrashLooping.md',
      'KubePodCrashLooping',
    ])
      check({ alertname: 'Other' }, { runbook_url: url }, 'KubePodCrashLooping: its runbook_url names it');
    for (const url of ['', '/', 'https://', '///', '?kubepodcrashlooping', '%E0%A4%A', 'constructor'])
      check({ alertname: 'Other' }, { runbook_url: url });
  });

  test('has no label by the name of a member that every object has', () => {
    const own = libraryOf({ id: 'any', front: 'match: { labels: { constructor: ".+" } }' });
    assert.deepEqual(shown(own.match({ labels: { alertname: 'X' }, annotations: {} })), []);
  });

  test('is looked for by a runbook_url of slashes without end in one pass', () => {
    // A minute where each slash begins the search anew.
    check({ alertname: 'Other' }, { runbook_url: `a${'/'.repeat(200_000)}b` });
  });

  test('is found by labels that match as a whole, the more the better', () => {
    check(
      { alertname: 'X', tier: 'web', region: 'eu-1' },
      {},
      'web-eu: tier="web" matches "web|api"; region="eu-1" matches "eu-.*"',
      'web: tier="web" matches "web|api"',
    );
    check({ alertname: 'X', tier: 'website' }, {});
    check({ tier: 'web' }, {}, 'web: tier="web" matches "web|api"');
  });

  test('that nothing fits finds one of a like name', () => {
    check({ alertname: 'HostDiskFull' }, {}, 'HostDiskAlmostFull: a like name: host, disk, full');
    check({ alertname: 'HostDown' }, {});
    check({ alertname: 'Full' }, {});
    check({ alertname: '' }, {});
    check({}, {});
  });

  test('can have any labels', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('__proto__', 'constructor', 'alertname', 'runbook_url', 'HighErrorRate'),
    );
    fc.assert(
      fc.property(fc.dictionary(text, text), fc.dictionary(text, text), (labels, annotations) => {
        for (const { score, why } of library.match({ labels, annotations }))
          assert.ok(score > 0 && why.length > 0);
      }),
    );
  });
});

suite('a library', () => {
  const library = libraryOf(
    { id: 'A', front: 'title: Disk full', text: 'Look at the mount.' },
    { id: 'Disk', text: '# D\nThe mount is full.' },
    { id: 'C', text: 'nothing here' },
  );

  test('finds by id without regard to case', () => {
    assert.equal(library.find('disk')?.id, 'Disk');
    for (const id of ['', 'disk.md', '../Disk', '__proto__']) assert.equal(library.find(id), undefined);
  });

  test('searches for all words, and puts names and titles first', () => {
    assert.deepEqual(shown(library.search('Disk  FULL')), [
      'A: its name or title has disk, full',
      'Disk: its name or title has disk; its text has full',
    ]);
    assert.deepEqual(shown(library.search('disk')), [
      'Disk: its name or title has disk',
      'A: its name or title has disk',
    ]);
    assert.deepEqual(library.search('disk nowhere'), []);
    assert.deepEqual(library.search('  '), []);
    assert.deepEqual(library.search('.* ('.repeat(5000)), []);
  });
});
