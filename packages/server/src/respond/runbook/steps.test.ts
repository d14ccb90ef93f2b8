import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { suite, test } from 'node:test';
import { selectorsOf, parseExpr } from '@vedette/promql';
import fc from 'fast-check';
import { fillPromql } from './fill-promql.ts';
import { fillShell } from './fill-shell.ts';
import { stepsOf } from './steps.ts';

const HOSTILE = [
  '"} or vector(1) #',
  "'; rm -rf / #",
  '$(touch /tmp/x)',
  '`id`',
  'a b',
  'a\\',
  '\\"',
  "\\'",
  '${HOME}',
  '.*',
  'a|b',
  '(',
  '*',
  '!!',
  'é "ü"',
  '&& id',
  '"',
  "'",
  '""',
  "''",
];

suite('steps', () => {
  const sections = {
    Diagnosis: [
      'Look around first.',
      '',
      '1. Which routes,',
      '   which status?',
      '',
      '   ```promql',
      '   up{job="JOB"}',
      '   ```',
      '',
      '2. What does it say?',
      '   - in its log',
      '',
      '   ```sh',
      '   journalctl -u NAME \\',
      '     --since -15m',
      '   ```',
      '',
    ].join('\n'),
    Mitigation: '- Restart it: `systemctl restart JOB`.\n- 502: mend what stands behind it.',
  };

  test('entries of the lists are steps, with code and what the alert is about', () => {
    assert.deepEqual(stepsOf({ sections }, { job: 'api' }), [
      {
        section: 'Diagnosis',
        text: 'Which routes, which status?',
        query: 'up{job="api"}',
        command: undefined,
        open: [],
      },
      {
        section: 'Diagnosis',
        text: 'What does it say?\n- in its log',
        query: undefined,
        command: 'journalctl -u NAME \\\n  --since -15m',
        open: ['NAME'],
      },
      {
        section: 'Mitigation',
        text: 'Restart it: `systemctl restart api`.',
        query: undefined,
        command: undefined,
        open: [],
      },
      {
        section: 'Mitigation',
        text: '502: mend what stands behind it.',
        query: undefined,
        command: undefined,
        open: [],
      },
    ]);
  });

  test('without a list each paragraph is a step, and what stands beside a prompt is an answer', () => {
    const Diagnosis =
      'Look at it\nclosely.\n\n```console\n$ kubectl get pods\nNAME READY\n```\n\nThen\n\n```\nup{job="a"}\n```\n';
    assert.deepEqual(
      stepsOf({ sections: { Diagnosis } }, {}).map(({ text, query, command }) => ({ text, query, command })),
      [
        { text: 'Look at it closely.', query: undefined, command: 'kubectl get pods' },
        { text: 'Then', query: 'up{job="a"}', command: undefined },
      ],
    );
  });

  test('two queries of one step are two steps; code that is not closed and code of other languages do no harm', () => {
    const Diagnosis =
      '1. A\n```promql\nup\n```\n```promql\ndown\n```\n```yaml\na: 1\n```\n2. B\n```sh\nid\n3. C';
    assert.deepEqual(
      stepsOf({ sections: { Diagnosis } }, {}).map(({ text, query, command }) => [text, query, command]),
      [
        ['A', 'up', undefined],
        ['A', 'down', undefined],
        ['B', undefined, 'id\n3. C'],
      ],
    );
    assert.deepEqual(stepsOf({ sections: {} }, {}), []);
    assert.deepEqual(stepsOf({ sections: { Diagnosis: '```sh\nid\n```' } }, {}), []);
  });

  test('a section of a thousand entries gives the first forty', () => {
    assert.equal(stepsOf({ sections: { Mitigation: '- Do\n'.repeat(1000) } }, {}).length, 40);
  });

  test('long values in many places are left out, not multiplied', () => {
    const name = 'x'.repeat(500);
    const many = 'NAME '.repeat(100).trim();
    const Diagnosis = `1. A\n\`\`\`sh\nls ${many}\n\`\`\`\n\`\`\`promql\nup{name=~"${many}"}\n\`\`\`\n`;
    const [step] = stepsOf({ sections: { Diagnosis } }, { name });
    assert.equal(step?.command, `ls ${many}`);
    assert.equal(step?.query, `up{name=~"${many}"}`);
    assert.deepEqual(step?.open, ['NAME']);
    const [short] = stepsOf({ sections: { Diagnosis } }, { name: 'y' });
    assert.equal(short?.command, `ls ${'y '.repeat(100).trim()}`);
  });

  test('no text makes it fail', () => {
    const piece = fc.constantFrom(
      '1. ',
      '- ',
      '```',
      '~~~',
      'promql',
      'sh',
      '\n',
      ' ',
      '`',
      'JOB',
      '"',
      "'",
      '$ ',
      'x',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.constantFrom(...HOSTILE), (pieces, job) => {
        const steps = stepsOf({ sections: { Diagnosis: pieces.join('') } }, { job });
        assert.ok(steps.every(({ text }) => typeof text === 'string'));
      }),
    );
  });
});

suite('PromQL', () => {
  const check = (query: string, labels: Record<string, string>, want: string, open: string[] = []): void =>
    assert.deepEqual(fillPromql(query, labels), { text: want, open });

  test('words within matchers become label values', () => {
    check('up{job="JOB"}', { job: 'api' }, 'up{job="api"}');
    check("up{job='JOB'}", { job: 'a"b' }, `up{job='a"b'}`);
    check('up{job="JOB"}', {}, 'up{job="JOB"}', ['JOB']);
    check('up{name="NODE"}', { name: 'es1' }, 'up{name="es1"}');
    check('up{datname="NAME"}', { datname: 'shop' }, 'up{datname="shop"}');
    check(
      'up{instance=~"HOST(:.*)?"}',
      { instance: 'db.example.org:9104' },
      String.raw`up{instance=~"db\\.example\\.org(:.*)?"}`,
    );
    check('up{cluster="CLUSTER"}', { cluster: 'eu' }, 'up{cluster="eu"}');
  });

  test('nothing outside of matchers does', () => {
    check('ALERTS{alertstate="firing"}', { alerts: 'x' }, 'ALERTS{alertstate="firing"}');
    check('JOB', { job: 'vector(1)' }, 'JOB', ['JOB']);
    check('up # "JOB"', { job: 'x' }, 'up # "JOB"', ['JOB']);
    check(
      'label_replace(up, "a", "NAME", "b", "(.*)")',
      { name: '$1' },
      'label_replace(up, "a", "NAME", "b", "(.*)")',
      ['NAME'],
    );
  });

  test('a word may be a value itself', () => {
    check('up{job="JOB"}', { job: 'JOB' }, 'up{job="JOB"}');
  });

  test('a label value never ends a literal and matches exactly itself', () => {
    const value = fc.oneof(
      fc.constantFrom(...HOSTILE),
      fc.string({ minLength: 1, unit: 'binary' }),
      fc.string({ minLength: 1 }),
    );
    const template = fc.constantFrom(
      'up{job="JOB"}',
      "up{job='JOB'}",
      'up{job=`JOB`}',
      'up{job=~"JOB"}',
      "up{job=~'JOB'}",
      'up{job!~`JOB`}',
    );
    fc.assert(
      fc.property(template, value, (query, job) => {
        const { text, open } = fillPromql(query, { job });
        if (open.length > 0) {
          assert.equal(text, query);
          return;
        }
        const [selector, ...others] = selectorsOf(parseExpr(text));
        assert.equal(others.length, 0);
        const matcher = selector?.matchers.find(({ name }) => name === 'job');
        assert.ok(matcher !== undefined);
        const isRegex = matcher.value !== job;
        if (isRegex) assert.equal(new RegExp(`^(?:${matcher.value})$`, 'u').test(job), true, text);
      }),
    );
  });
});

suite('shell', () => {
  const check = (command: string, labels: Record<string, string>, want: string, open: string[] = []): void =>
    assert.deepEqual(fillShell(command, labels), { text: want, open });

  test('plain values stand for themselves, others in quotes', () => {
    check('du -xh MOUNTPOINT', { mountpoint: '/var/lib' }, 'du -xh /var/lib');
    check('du -xh MOUNTPOINT', { mountpoint: '/my data' }, "du -xh '/my data'");
    check('du -xh "MOUNTPOINT"', { mountpoint: "/it's" }, String.raw`du -xh '/it'\''s'`);
    check('psql -h HOST', { instance: 'db1:9187' }, 'psql -h db1');
    check(
      'openssl s_client -connect HOST:443',
      { instance: 'https://example.org/x' },
      'openssl s_client -connect example.org:443',
    );
    check('smartctl -a /dev/DEVICE', { device: '/dev/sda1' }, 'smartctl -a /dev/sda1');
    check(
      "curl 'http://BLACKBOX:9115/probe?target=ADDRESS'",
      { instance: 'https://a.org/' },
      "curl 'http://BLACKBOX:9115/probe?target=https://a.org/'",
      ['BLACKBOX'],
    );
  });

  test('what is no placeholder stays', () => {
    check(
      'kill -USR1 PID; top -o %CPU; echo $KEY ${KEY} @CALL.json LANG=C',
      { usr1: 'x', cpu: '3', key: 'k', call: 'c', lang: 'de' },
      'kill -USR1 PID; top -o %CPU; echo $KEY ${KEY} @CALL.json LANG=C',
      ['PID'],
    );
  });

  test('what would be an option, a file or a way out is left to the reader', () => {
    for (const name of [
      '-rf',
      '--help',
      '@/etc/passwd',
      '../../etc',
      'a/../../b',
      '~root',
      '+x',
      'a\nb',
      'a\u0000',
      'a\u202eb',
      'x'.repeat(513),
      '',
    ])
      check('docker logs NAME', { name }, 'docker logs NAME', ['NAME']);
  });

  test('within a longer text, and where a second shell reads, only plain values are inserted', () => {
    check('psql -c "select NAME"', { name: 'a b' }, 'psql -c "select NAME"', ['NAME']);
    check('psql -c "select \'NAME\'"', { name: "x'--" }, 'psql -c "select \'NAME\'"', ['NAME']);
    check('psql -c "select NAME"', { name: 'shop' }, 'psql -c "select shop"');
    check("sed '/NAME/d' x", { name: 'x/e' }, "sed '/NAME/d' x", ['NAME']);
    check('ssh db df NAME', { name: '$(id)' }, 'ssh db df NAME', ['NAME']);
    check('sh -c "ls NAME"', { name: 'a' }, 'sh -c "ls a"');
    check('echo "$(ls "NAME")"', { name: '$(id)' }, 'echo "$(ls "NAME")"', ['NAME']);
    check("# don't\necho 'NAME'", { name: '$(id)' }, "# don't\necho 'NAME'", ['NAME']);
    check('(( x == NAME ))', { name: 'a[$(id)]' }, '(( x == NAME ))', ['NAME']);
  });

  test('a value with a backslash is left to the reader, since fish reads it in single quotes', () => {
    check('docker logs NAME', { name: String.raw`x\'; touch y #` }, 'docker logs NAME', ['NAME']);
    check('scp HOST:/var/log/x .', { instance: '$(id)' }, 'scp HOST:/var/log/x .', ['HOST']);
  });

  test('a shell reads exactly the value, or the word that was not filled in', () => {
    const templates = [
      'NAME',
      '"NAME"',
      "'NAME'",
      'x=NAME',
      'a/NAME/b',
      '"a NAME b"',
      "'a NAME b'",
      '"$(args NAME)"',
      '"${x:-NAME}"',
      'NAME NAME',
    ];
    for (const template of templates) {
      const names = [...HOSTILE, 'plain', 'a/b', 'a:1'];
      const filled = names.map((name) => fillShell(`args ${template}`, { name }).text);
      const asWritten = ranIn(`args ${template}`);
      const want = names.map((name, at) =>
        filled[at]?.includes('NAME') === true ? asWritten : asWritten.replaceAll('NAME', () => name),
      );
      assert.deepEqual(ranIn(filled.join('\nprintf "\\n"\n')).split('\n'), want);
    }
  });
});

/** What a shell hands to a command, each argument in brackets. */
function ranIn(command: string): string {
  const define = 'args() { for one; do printf "[%s]" "$one"; done; }';
  const { stdout, stderr } = spawnSync('sh', ['-c', `${define}\n${command}`], { encoding: 'utf8' });
  assert.equal(stderr, '', command);
  return stdout;
}
