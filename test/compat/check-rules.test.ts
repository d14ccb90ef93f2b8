/**
 * `vedette check rules` and Debian's `promtool check rules` on every file of the shared rule tests, good and bad:
 * the same verdict and the same number of rules. Where 2.42 is older than the format that we follow, the file is
 * listed with its reason.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { PEERS, projectRoot, skipWithout } from '../support/peers.ts';
import { runVedette } from '../support/vedette-process.ts';

const directory = path.join(
  process.env['VEDETTE_SHARED'] ?? path.join(projectRoot, '../shared'),
  'prometheus-rule-tests',
);
const skip = skipWithout(PEERS.promtool, directory);

interface Verdict {
  readonly isFine: boolean;
  /** Of a file that is fine; `undefined` too when promtool tells of rules that stand there twice instead. */
  readonly ruleCount: number | undefined;
}

/** What we accept and 2.42 does not; each would be a difference if it were the other way round, too. */
const ACCEPTED_SINCE_3: Readonly<Record<string, string>> = {
  'rulefmt/utf-8_lname.good.yaml': 'any UTF-8 text is a label name since 3.0',
  'rulefmt/legacy_validation_annotation.bad.yaml':
    'any UTF-8 text is the name of an annotation since 3.0; this file is bad only under the old validation, which is not offered',
};

/** Rules in files of which promtool tells only how many stand there twice; counted by hand. */
const WITH_DUPLICATES: Readonly<Record<string, number>> = {
  'rules_duplicates.yml': 5,
  'rulefmt/test.yaml': 6,
  'rulefmt/test_aliases.yaml': 8,
};

async function theirVerdict(file: string): Promise<Verdict> {
  return await new Promise((resolve) => {
    execFile(PEERS.promtool, ['check', 'rules', file], (error, stdout) => {
      const count = /SUCCESS: (\d+) rules found/.exec(stdout)?.[1];
      resolve({ isFine: error === null, ruleCount: count === undefined ? undefined : Number(count) });
    });
  });
}

test('promtool and we agree on every rule file', { skip }, async (t) => {
  const files = globSync('**/*.{yml,yaml}', { cwd: directory }).sort();
  assert.ok(files.length >= 33, `${files.length} files`);
  const { stdout } = await runVedette(t, [
    'check',
    'rules',
    '--json',
    ...files.map((file) => path.join(directory, file)),
  ]);
  const ours = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { file: string; isFine: boolean; text: string });
  assert.equal(ours.length, files.length);
  const met = new Set<string>();
  for (const [i, file] of files.entries()) {
    const own = ours[i];
    assert.equal(own?.file, path.join(directory, file));
    const theirs = await theirVerdict(path.join(directory, file));
    if (file in ACCEPTED_SINCE_3) {
      assert.deepEqual([theirs.isFine, own.isFine], [false, true], file);
      met.add(file);
      continue;
    }
    assert.equal(own.isFine, theirs.isFine, `${file}: ${own.text}`);
    if (!own.isFine) continue;
    const ruleCount = Number(/^(\d+) rules in \d+ groups$/.exec(own.text)?.[1]);
    assert.equal(ruleCount, theirs.ruleCount ?? WITH_DUPLICATES[file], `${file}: ${own.text}`);
  }
  assert.deepEqual([...met].sort(), Object.keys(ACCEPTED_SINCE_3).sort());
});
