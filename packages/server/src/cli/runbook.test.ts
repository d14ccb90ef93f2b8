import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { runCli } from './run.ts';

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Place {
  readonly directory: string;
  /** Runs `vedette …` there. */
  readonly run: (...args: readonly string[]) => Promise<Ended>;
  readonly read: (name: string) => string;
}

function placeWith(t: TestContext, files: Readonly<Record<string, string>>): Place {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-runbook-'));
  t.after(() => rmSync(directory, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    writeFileSync(path.join(directory, name), text);
  }
  return {
    directory,
    run: async (...args) => {
      let out = '';
      let err = '';
      const code = await runCli(args, {
        out: (text) => void (out += text),
        err: (text) => void (err += text),
        env: {},
        workingDirectory: directory,
      });
      return { code, out, err };
    },
    read: (name) => readFileSync(path.join(directory, name), 'utf8'),
  };
}

const RULES = `groups:
  - name: g
    rules:
      - record: a
        expr: up
      - alert: DiskFull
        expr: node_filesystem_free_bytes{fstype!="tmpfs"} < 1
        labels: { severity: error, team: storage }
        annotations:
          description: "# {{ $labels.mountpoint }} of {{ $labels.instance }} has {{ $value | humanize }} left."
`;

suite('vedette runbook new', () => {
  test('writes what the rule says, and what is still to be written', async (t) => {
    const { run, read, directory } = placeWith(t, { 'rules.yml': RULES });
    assert.deepEqual(await run('runbook', 'new', 'DiskFull', '--rules', 'rules.yml'), {
      code: 0,
      out: 'runbooks/DiskFull.md: written; fill it in, then run: vedette check runbooks runbooks/DiskFull.md\n',
      err: '',
    });
    const text = read('runbooks/DiskFull.md');
    assert.match(
      text,
      /^---\ntitle: Disk full\nmatch:\n {2}alertname:\n {4}- DiskFull\nseverity: error\nowner: storage\nreviewed: \d{4}-\d\d-\d\d\n---\n\n# DiskFull\n\n## Meaning\n\n\\# MOUNTPOINT of INSTANCE has VALUE left\.\n/,
    );
    assert.ok(
      text.includes('   ```promql\n   node_filesystem_free_bytes{fstype!="tmpfs"} < 1\n   ```\n'),
      text,
    );
    const impact = text.split('\n').findIndex((line) => line.startsWith('TO BE WRITTEN: who')) + 1;
    const { code, out } = await run('check', 'runbooks', 'runbooks');
    assert.equal(code, 0);
    assert.ok(
      out.startsWith(
        `runbooks: 1 runbook, 2 warnings\nwarning: runbooks/DiskFull.md:${impact}:1: is still to be written\n`,
      ),
      out,
    );
    assert.equal(
      (await run('runbook', 'match', '--dir', 'runbooks', '--labels', 'alertname=DiskFull')).out,
      `DiskFull (own): named for this alert\n  ${directory}/runbooks/DiskFull.md\n`,
    );
  });

  test('writes one without a rule, for an alert of another name', async (t) => {
    const { run, read } = placeWith(t, {});
    assert.equal(
      (await run('runbook', 'new', 'web-errors', '--dir', 'ops/books', '--for-alert', 'HighErrorRate')).code,
      0,
    );
    assert.match(
      read('ops/books/web-errors.md'),
      /^---\ntitle: Web errors\nmatch:\n {2}alertname:\n {4}- HighErrorRate\nseverity: warning\n/,
    );
  });

  test('never writes over a file, nor out of its folder', async (t) => {
    const { run, read, directory } = placeWith(t, { 'runbooks/A.md': 'mine' });
    assert.deepEqual(await run('runbook', 'new', 'A'), {
      code: 1,
      out: '',
      err: 'cannot write "runbooks/A.md": it is there already\n',
    });
    assert.equal(read('runbooks/A.md'), 'mine');
    for (const name of ['../b', '/tmp/b', '', 'a b', '.b', 'b\n'])
      assert.equal((await run('runbook', 'new', name)).code, 2, name);
    assert.equal(existsSync(path.join(directory, 'b.md')), false);
  });

  test('says what it wants', async (t) => {
    const { run } = placeWith(t, { 'rules.yml': RULES, 'bad.yml': 'groups: 1' });
    const check = async (args: readonly string[], code: number, want: RegExp): Promise<void> => {
      const ended = await run('runbook', 'new', ...args);
      assert.equal(ended.code, code);
      assert.match(ended.err, want);
    };
    await check([], 2, /want one name; got none/);
    await check(['A', 'B'], 2, /want one name; got "B" as well/);
    await check(
      ['DiskFul', '--rules', 'rules.yml'],
      2,
      /cannot find alert "DiskFul" in rules\.yml; did you mean "DiskFull"\?/,
    );
    await check(['A', '--rules', 'bad.yml'], 2, /bad\.yml:1:9: /);
    await check(['A', '--for-alert', ' '], 2, /--for-alert: want the name of an alert; got " "/);
  });
});

suite('vedette runbook match', () => {
  test('needs no server, and tells why', async (t) => {
    const { run } = placeWith(t, {});
    const { code, out } = await run(
      'runbook',
      'match',
      '--labels',
      '{alertname="HostDiskAlmostFull", mountpoint="/my, data"}',
      '--steps',
    );
    assert.equal(code, 0);
    assert.match(
      out,
      /^HostDiskAlmostFull \(shipped\): named for this alert\n {2}\/.*runbooks\/HostDiskAlmostFull\.md\n/,
    );
    assert.ok(out.includes("\n    du -xh --max-depth=2 '/my, data' | sort -h | tail -n 20\n"), out);
    const byUrl = await run(
      'runbook',
      'match',
      '--annotations',
      'runbook_url=https://x.example.org/hostdiskalmostfull/',
    );
    assert.match(byUrl.out, /^HostDiskAlmostFull \(shipped\): its runbook_url names it\n/);
  });

  test('reads alerts in the forms that people have', async (t) => {
    const alert = { labels: { alertname: 'HighLatency', job: 'a' }, annotations: { summary: 's' } };
    const { run } = placeWith(t, {
      'one.json': JSON.stringify(alert),
      'list.json': JSON.stringify([alert, { labels: { alertname: 'Nope' } }]),
      'webhook.json': JSON.stringify({ version: '4', alerts: [alert] }),
      'api.json': JSON.stringify({ status: 'success', data: { alerts: [alert] } }),
    });
    for (const name of ['one.json', 'webhook.json', 'api.json']) {
      const { code, out } = await run('runbook', 'match', '--alert', name, '--json');
      assert.equal(code, 0);
      const { labels, matches } = JSON.parse(out) as {
        labels: object;
        matches: readonly { id: string; why: readonly string[] }[];
      };
      assert.deepEqual(labels, alert.labels);
      assert.deepEqual(
        matches.map(({ id, why }) => [id, why]),
        [['HighLatency', ['named for this alert']]],
      );
    }
    const list = await run('runbook', 'match', '--alert', 'list.json');
    assert.equal(list.code, 1);
    assert.match(
      list.out,
      /^HighLatency:\nHighLatency \(shipped\): .*\n.*\nNope:\nno runbook fits; write one: /,
    );
  });

  test('says what is wrong with what it was given', async (t) => {
    const { run } = placeWith(t, {
      'x.json': '{',
      'n.json': '{"labels":{"a":1}}',
      'e.json': '[]',
      't.json': '"text"',
      'own/Bad.md': '---\n',
    });
    const check = async (args: readonly string[], code: number, want: RegExp): Promise<void> => {
      const ended = await run('runbook', 'match', ...args);
      assert.match(ended.err, want);
      assert.equal(ended.code, code);
    };
    await check([], 2, /want --labels alertname=NAME,… or --alert FILE/);
    await check(['--labels', 'a=b,c'], 2, /--labels: want NAME=VALUE with commas between; got "c"/);
    await check(['--labels', 'a="b'], 2, /--labels: want NAME=VALUE with commas between; got "a="b"/);
    await check(['--labels', 'a=b', '--alert', 'x.json'], 2, /want either --alert or --labels/);
    await check(['--alert', 'x.json'], 1, /cannot read alerts from "x\.json": /);
    await check(['--alert', 'nowhere.json'], 1, /cannot read alerts from "nowhere\.json": ENOENT/);
    await check(['--alert', 'n.json'], 1, /label "a" must be a text/);
    await check(['--alert', 'e.json'], 1, /there is none in it/);
    await check(['--alert', 't.json'], 1, /want an object with labels/);
    await check(
      ['--labels', 'alertname=HighLatency', '--dir', 'own'],
      0,
      /Bad\.md" is left out: 1:1: front matter is not closed/,
    );
  });

  test('knows no other verb', async (t) => {
    const { run } = placeWith(t, {});
    assert.match((await run('runbook', 'mtach')).err, /want "new" or "match"; got "mtach"/);
    assert.match((await run('runbook')).err, /got nothing/);
  });
});

suite('vedette check runbooks', () => {
  test('tells all faults and warnings of all files at once', async (t) => {
    const { run } = placeWith(t, {
      'own/A.md': '---\nsevrity: x\nreviewed: no\n---\n',
      'own/B.md':
        '---\nreviewed: 2020-01-01\n---\n## Meaning\nM\n## Impact\nI\n## Diagnosis\nD\n## Mitigation\nM\n',
      'own/sub/b.md': '',
    });
    const { code, err } = await run('check', 'runbooks', 'own');
    assert.equal(code, 1);
    const lines = err.trimEnd().split('\n');
    assert.deepEqual(lines.slice(0, 3), [
      'own/A.md:2:1: unknown key "sevrity"; did you mean "severity"?',
      'own/A.md:3:11: reviewed must be a date such as 2026-11-01; got "no"',
      'own/sub/b.md:1:1: "own/B.md" has its id, "b"',
    ]);
    assert.match(lines[3] ?? '', /^warning: own\/B\.md:2:1: reviewed \d+ days ago, more than 180: /);
    assert.equal(lines[4], 'warning: own/sub/b.md:1:1: section "Meaning" is missing');
  });

  test('a fault is one line, whatever its file is called', async (t) => {
    const { run } = placeWith(t, { 'books/A\nB.md:1:1: forged.md': '# A', 'books/C.md': '---\n' });
    assert.equal(
      (await run('check', 'runbooks', 'books')).err,
      'books/A B.md:1:1: forged.md:1:1: the file\'s name must be letters, digits, _ . - before .md; got "A B.md:1:1: forged"; or say id: in front matter\n' +
        'books/C.md:1:1: front matter is not closed; want a line --- after it\n',
    );
  });

  const WHOLE = '## Meaning\nM\n## Impact\nI\n## Diagnosis\nD\n## Mitigation\nM\n';

  test('finds one id in two arguments, and not in one file that is named twice', async (t) => {
    const { run } = placeWith(t, { 'a/A.md': WHOLE, 'b/c.md': `---\nid: a\n---\n${WHOLE}` });
    const twice = await run('check', 'runbooks', 'a/A.md', 'b/c.md');
    assert.equal(twice.err, 'b/c.md:1:1: "a/A.md" has its id, "a"\n');
    assert.equal(twice.code, 1);
    const same = await run('check', 'runbooks', 'a/A.md', 'a', './a/A.md');
    assert.equal(same.err, '');
    assert.equal(same.code, 0);
  });

  test('warns of a link to a runbook that is not there', async (t) => {
    const { run } = placeWith(t, {
      'a/A.md': [
        '---\ntitle: A\n---\n',
        WHOLE,
        '[shipped](HighErrorRate.md#impact), [beside](../b/B.md), [other argument](C.md) and `[code](no.md)`\n',
        '[gone](../b/Gone.md), [renamed](../b/D.md#x "title"), [elsewhere](https://example.org/no.md), [ours](/docs/no.md)\n',
        '[r]: none.md\n',
        '```sh\n[code](no.md)\n```\n',
      ].join(''),
      'b/B.md': WHOLE,
      'b/D.md': `---\nid: e\n---\n${WHOLE}`,
      'c/C.md': WHOLE,
    });
    const { code, out } = await run('check', 'runbooks', 'a', 'c');
    assert.equal(code, 0);
    assert.equal(
      out,
      [
        'a: 1 runbook, 3 warnings',
        'warning: a/A.md:13:1: the link to ../b/Gone.md leads nowhere: no runbook has the id "Gone", and no file is there',
        'warning: a/A.md:13:1: the link to ../b/D.md leads nowhere: a link names the id of a runbook, and this one has the id "e"; write e.md',
        'warning: a/A.md:14:1: the link to none.md leads nowhere: no runbook has the id "none", and no file is there',
        'c: 1 runbook, nothing to say',
        '',
      ].join('\n'),
    );
  });

  test('takes files and folders, and says when there is nothing', async (t) => {
    const { run, directory } = placeWith(t, { 'a/A.md': '# A', 'a/bin.md': '\u0000' });
    writeFileSync(path.join(directory, 'a/bin.md'), Uint8Array.of(0xc3, 0x28));
    const one = await run('check', 'runbooks', 'a/A.md', '--json');
    assert.equal(one.code, 0);
    assert.match(
      one.out,
      /^\{"file":"a\/A\.md","isFine":true,"text":"1 runbook, 4 warnings\\nwarning: a\/A\.md:1:1: section/,
    );
    assert.equal((await run('check', 'runbooks', 'a/bin.md')).err, 'a/bin.md: it is not text in UTF-8\n');
    assert.equal(
      (await run('check', 'runbooks', 'nowhere')).err,
      'cannot check "nowhere": no Markdown is there\n',
    );
    assert.equal((await run('check', 'runbooks')).code, 2);
  });
});
