import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFixtureFiles, type Texts } from './containers-fixture.ts';
import { CGROUPS_BELOW_MAX, findProcesses, PIDS_KEPT_MAX } from './processes.ts';

const find = (texts: Texts): ReturnType<typeof findProcesses> =>
  findProcesses(createFixtureFiles(texts), '/c');

test('processes of the group and of those below it count; odd lines do not', () => {
  const found = find({ '/c/cgroup.procs': '7\nx\n-1\n\n', '/c/a/b/cgroup.procs': '8\n0\n' });
  assert.deepEqual(found, { pids: [7, 8], count: 3 });
});

test('a group without processes lives; one without files is gone', () => {
  assert.deepEqual(find({ '/c/cgroup.procs': '' }), { pids: [], count: 0 });
  // A threaded group does not tell its processes.
  assert.deepEqual(find({ '/c/cgroup.events': 'populated 1\n' }), { pids: [], count: 0 });
  assert.equal(find({}), undefined);
});

test('numbers are kept up to their limit, and all processes count', () => {
  const lines = (count: number): string => Array.from({ length: count }, (_, i) => i + 1).join('\n');
  assert.equal(find({ '/c/cgroup.procs': lines(PIDS_KEPT_MAX) })?.pids.length, PIDS_KEPT_MAX);
  const beyond = find({ '/c/cgroup.procs': lines(PIDS_KEPT_MAX + 1) });
  assert.equal(beyond?.pids.length, PIDS_KEPT_MAX);
  assert.equal(beyond?.count, PIDS_KEPT_MAX + 1);
});

test('groups below are read up to their limit, the group itself among them', () => {
  const below = (count: number): Texts =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`/c/${i}/cgroup.procs`, `${i + 1}\n`]));
  const countOf = (count: number): number | undefined =>
    find({ '/c/cgroup.procs': '', ...below(count) })?.count;
  assert.equal(countOf(CGROUPS_BELOW_MAX - 1), CGROUPS_BELOW_MAX - 1);
  assert.equal(countOf(CGROUPS_BELOW_MAX), CGROUPS_BELOW_MAX - 1);
});
