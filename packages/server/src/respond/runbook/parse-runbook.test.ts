import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { parseRunbook } from './parse-runbook.ts';
import { remarksOn } from './review-runbook.ts';
import { RunbookError } from './runbook-error.ts';
import type { Runbook } from './runbook.ts';

const BODY = '# Title\n\n## Meaning\nM\n\n## Impact\nI\n\n## Diagnosis\nD\n\n## Mitigation\nX\n';

function parsed(text: string, file = 'runbooks/A.md'): Runbook {
  return parseRunbook(text, { file, origin: 'own' });
}

/** The faults as an operator reads them. */
function faultsOf(text: string, file = 'A.md'): readonly string[] {
  try {
    parsed(text, file);
    return [];
  } catch (error) {
    assert.ok(error instanceof RunbookError);
    return error.message.split('\n');
  }
}

suite('a runbook', () => {
  test('is read with all its front matter', () => {
    const front = [
      '---',
      'id: high-5xx',
      'title: High 5xx rate',
      'match:',
      '  alertname: [HighErrorRate, MediumErrorRate]',
      '  labels: { tier: "web|api" }',
      'severity: critical',
      'owner: team-web',
      'links:',
      '  - { title: Dashboard, url: https://grafana.example.org/d/web }',
      '  - url: /dashboards/vedette-api',
      'queries:',
      '  errors: \'sum(rate(http_requests_total{code=~"5.."}[5m]))\'',
      'reviewed: 2026-11-01',
      '---',
      '',
    ].join('\n');
    assert.deepEqual(parsed(front + BODY), {
      id: 'high-5xx',
      title: 'High 5xx rate',
      match: { alertnames: ['HighErrorRate', 'MediumErrorRate'], labels: { tier: 'web|api' } },
      severity: 'critical',
      owner: 'team-web',
      links: [
        { title: 'Dashboard', url: 'https://grafana.example.org/d/web' },
        { title: '/dashboards/vedette-api', url: '/dashboards/vedette-api' },
      ],
      queries: { errors: 'sum(rate(http_requests_total{code=~"5.."}[5m]))' },
      reviewed: '2026-11-01',
      sections: { Meaning: 'M', Impact: 'I', Diagnosis: 'D', Mitigation: 'X' },
      origin: 'own',
      file: 'runbooks/A.md',
      markdown: BODY,
    });
  });

  test('needs no front matter, or has that of Hugo', () => {
    const { id, title, match } = parsed(BODY);
    assert.deepEqual(
      { id, title, match },
      { id: 'A', title: 'Title', match: { alertnames: [], labels: {} } },
    );
    assert.equal(
      parsed('---\ntitle: Kube API Down\nweight: 20\n---\n\n# KubeAPIDown\n', 'x/KubeAPIDown.md').title,
      'Kube API Down',
    );
    assert.equal(parsed('', 'x/B.MD').title, 'B');
    assert.deepEqual(parsed('---\nowner:\nlinks: ~\n---\n').links, []);
  });

  test('may come with a mark of byte order and the line ends of others', () => {
    const windows = `\uFEFF---\r\ntitle: T\r\n---\r\n${BODY.replaceAll('\n', '\r\n')}`;
    assert.deepEqual(parsed(windows), { ...parsed(`---\ntitle: T\n---\n${BODY}`) });
    assert.equal(parsed(BODY.replaceAll('\n', '\r')).sections.Impact, 'I');
  });

  test('has sections that only headings end, in any order and case', () => {
    const text = [
      '## mitigation:',
      '### Now',
      '```md',
      '## Impact',
      '```',
      '~~~~',
      '```',
      '# no heading',
      '~~~',
      '~~~~',
      '##Impact',
      '## Meaning ##',
      'M',
      '## More to read',
      'not of a section',
      '   ## Impact',
      'I',
    ].join('\n');
    const { sections, title } = parsed(text);
    assert.equal(title, 'A');
    assert.equal(sections.Mitigation, text.split('\n').slice(1, 11).join('\n'));
    assert.equal(sections.Meaning, 'M');
    assert.equal(sections.Impact, 'I');
    assert.equal(sections.Diagnosis, undefined);
  });
});

suite('faults of a runbook', () => {
  const check = (yaml: string, ...want: readonly string[]): void =>
    assert.deepEqual(faultsOf(`---\n${yaml}\n---\n${BODY}`), want);

  test('are told with their place, all at once', () => {
    check(
      'sevrity: critical\ntitle: [a]\nreviewed: yesterday\nmatch: { alertnames: [A] }',
      'A.md:2:1: unknown key "sevrity"; did you mean "severity"?',
      'A.md:3:8: title must be a text; got a list',
      'A.md:4:11: reviewed must be a date such as 2026-11-01; got "yesterday"',
      'A.md:5:10: unknown key "alertnames"; did you mean "alertname"?',
    );
    check(
      'zzzzzz: 1',
      'A.md:2:1: unknown key "zzzzzz"; want one of id, title, match, severity, owner, links, queries, reviewed, weight',
    );
  });

  test('name what was got and what is wanted', () => {
    check('reviewed: 2026-02-30', 'A.md:2:11: reviewed must be a date such as 2026-11-01; got "2026-02-30"');
    check('severity: 1', 'A.md:2:11: severity must be a text; got 1');
    check('match: HighErrorRate', 'A.md:2:8: want match as keys and values; got "HighErrorRate"');
    check('id: a b', 'A.md:2:5: id must be letters, digits, _ . - (at most 128); got "a b"');
    check(
      'id: ../../etc/passwd',
      'A.md:2:5: id must be letters, digits, _ . - (at most 128); got "../../etc/passwd"',
    );
    check('owner: ""', 'A.md:2:8: owner must have 1 to 1000 characters; got 0');
    check('links: x', 'A.md:2:8: links must be a list; got "x"');
    check('links: [{ title: x }]', 'A.md:2:9: a link wants a url');
    check(
      'links: [{ url: "javascript:alert(1)" }]',
      'A.md:2:16: url must begin with https://, http:// or /; got "javascript:alert(1)"',
    );
    check(
      'links: [{ url: //evil.example.org }]',
      'A.md:2:16: url must begin with https://, http:// or /; got "//evil.example.org"',
    );
    check('- a', 'A.md:2:1: want front matter as keys and values; got a list');
    check('a: b: c', 'A.md:2:4: not valid YAML: Nested mappings are not allowed in compact mappings');
    check('title: a\ntitle: b', 'A.md:3:1: not valid YAML: Map keys must be unique');
  });

  test('are found in patterns and queries', () => {
    const [pattern = ''] = faultsOf('---\nmatch: { labels: { tier: "(" } }\n---\n');
    assert.match(pattern, /^A\.md:2:26: match\.labels\.tier: cannot parse regular expression "\("/);
    const [query = ''] = faultsOf('---\nqueries: { a: "sum(" }\n---\n');
    assert.match(query, /^A\.md:2:15: queries\.a: /);
  });

  test('of the text as a whole', () => {
    assert.deepEqual(faultsOf('---\ntitle: T\n'), [
      'A.md:1:1: front matter is not closed; want a line --- after it',
    ]);
    assert.deepEqual(faultsOf('## Impact\nI\n## impact\n'), [
      'A.md:3:1: section "Impact" is there twice; want one heading of this name',
    ]);
    assert.deepEqual(faultsOf('# x', 'my runbook.md'), [
      'my runbook.md:1:1: the file\'s name must be letters, digits, _ . - before .md; got "my runbook"; or say id: in front matter',
    ]);
    assert.deepEqual(faultsOf('x'.repeat(262_145)), [
      'A.md:1:1: it is too long; got 262145 characters, want at most 262144',
    ]);
    assert.equal(parsed('x'.repeat(262_144)).markdown.length, 262_144);
  });

  test('of lines without end are looked for in one pass', () => {
    const parse = (markdown: string) => parseRunbook(markdown, { file: 'x.md', origin: 'own' });
    const [a, blanks, marks] = ['a', ' ', '#'].map((char) => char.repeat(250_000));
    // Minutes where each character begins the search anew.
    assert.equal(parse(`\`\`\`${a}\`\n# T`).title, 'T');
    assert.equal(parse(`\`\`\`${blanks}\`\n# T`).title, 'T');
    assert.equal(parse(`# a${blanks}b`).title.length, 250_002);
    assert.equal(parse(`# ${blanks}b ##`).title, 'b');
    assert.equal(parse(`# ${marks}b`).title.length, 250_001);
  });

  test('of YAML that would fill the memory or the stack', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...Array.from('bcdefgh').map((name, at) => `${name}: &${name} [${`*${'abcdefg'[at]},`.repeat(9)}]`),
    ];
    check(bomb.join('\n'), 'A.md:2:7: anchors and aliases are not taken here; write the value out');
    check('a: &a [*a]', 'A.md:2:7: anchors and aliases are not taken here; write the value out');
    for (const deep of ['['.repeat(16_000), '{a: '.repeat(4000), '- '.repeat(8000)])
      assert.equal(faultsOf(`---\nx:\n ${deep}\n---\n`).length, 1);
    check(
      `x: ${'y'.repeat(16_384)}`,
      'A.md:1:1: front matter is too long; got 16387 characters, want at most 16384',
    );
    check(
      `match: { alertname: [${'a,'.repeat(101)}] }`,
      'A.md:2:21: match.alertname: got 101 entries, want at most 100',
    );
    check(
      `match: { labels: { a: ${'b'.repeat(1000)}c } }`,
      'A.md:2:23: match.labels.a must have 1 to 1000 characters; got 1001',
    );
  });

  test('control characters of a file do not reach the terminal', () => {
    assert.deepEqual(faultsOf('---\n"\\e[31m": 1\n---\n'), [
      'A.md:2:1: unknown key "\uFFFD[31m"; want one of id, title, match, severity, owner, links, queries, reviewed, weight',
    ]);
  });
});

test('any text is read or refused with its place', () => {
  const piece = fc.constantFrom(
    '---\n',
    '...\n',
    'title: ',
    'match:',
    ' alertname: [',
    ']',
    '{',
    '}',
    '&a ',
    '*a',
    '\n',
    '## Impact\n',
    '# T\n',
    '```',
    '~~~',
    '\r',
    '\uFEFF',
    '\u0000',
    '  ',
    '- ',
    ': ',
    '"',
    "'",
    '|',
    '!!js/function ',
    '%YAML 1.1\n',
    '<<: ',
    'x',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 40 }).map((all) => all.join('')),
        fc.string({ unit: 'binary' }),
      ),
      (text) => {
        for (const fault of faultsOf(text)) assert.match(fault, /^A\.md:\d+:\d+: /);
      },
    ),
    { numRuns: 2000 },
  );
});

suite('remarks', () => {
  const nowMs = Date.UTC(2026, 10, 22, 10);
  const check = (text: string, ...want: readonly string[]): void =>
    assert.deepEqual(
      remarksOn(text, parsed(text), nowMs).map(({ line, message }) => `${line}: ${message}`),
      want,
    );

  test('nothing to say about one that is whole and was looked at', () => {
    check(`---\nreviewed: 2026-05-26\n---\n${BODY}`);
    check(BODY);
    check(`---\nreviewed: 2026-11-23\n---\n${BODY}`);
  });

  test('age, sections that are missing or empty, PromQL that does not parse, code that is not closed', () => {
    check(
      `---\ntitle: T\nreviewed: 2026-05-25\n---\n${BODY}`,
      '3: reviewed 181 days ago, more than 180: see whether it is still true, then set reviewed:',
    );
    check(`---\nreviewed: 2027-01-01\n---\n${BODY}`, '2: reviewed on 2027-01-01, which is yet to come');
    check(
      '## Meaning\n\n## Impact\nI\n## Diagnosis\nD\n',
      '1: section "Meaning" is empty',
      '1: section "Mitigation" is missing',
    );
    const broken = `---\nowner: a\n---\n\n${BODY}\n\`\`\`promql\nup{\n\`\`\`\n\`\`\`sh\nls\n`;
    const [first = '', second] = remarksOn(broken, parsed(broken), nowMs).map(
      ({ line, message }) => `${line}: ${message}`,
    );
    assert.match(first, /^20: PromQL: /);
    assert.equal(second, '22: this code is not closed; it goes on to the end');
  });
});
