import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import {
  createFixtureFiles,
  DOCKER,
  ID_A,
  ID_B,
  KUBE,
  NSPAWN,
  PODMAN,
  type Texts,
} from './containers-fixture.ts';
import { CGROUP_DEPTH_MAX, CGROUPS_WALKED_MAX, findContainers, hasCgroups } from './discovery.ts';

async function find(
  paths: readonly string[],
  overrides: { withServices?: boolean; containersMax?: number } = {},
): Promise<{ readonly paths: readonly string[]; readonly dropCount: number }> {
  const texts: Texts = {};
  for (const path of paths) texts[`/r${path}/cgroup.procs`] = '';
  let dropCount = 0;
  const slicer = new TimeSlicer(new VirtualClock({ startMs: 0 }));
  const found = await findContainers(
    { files: createFixtureFiles(texts), slicer, root: '/r' },
    { withServices: false, containersMax: 100, onDrop: () => dropCount++, ...overrides },
  );
  return { paths: found.map(({ path }) => path), dropCount };
}

test('containers of every engine are found, in the order of their paths', async () => {
  const paths = [PODMAN, DOCKER, KUBE, NSPAWN, '/init.scope', '/system.slice/nginx.service'];
  assert.deepEqual((await find(paths)).paths, [KUBE, NSPAWN, DOCKER, PODMAN]);
});

test('what runs inside of a container is not entered', async () => {
  assert.deepEqual((await find([`${DOCKER}/docker/${ID_B}`, `${NSPAWN}/payload`])).paths, [NSPAWN, DOCKER]);
});

test('services are found beside the containers inside of them', async () => {
  const { paths } = await find([PODMAN, '/system.slice/nginx.service'], { withServices: true });
  assert.deepEqual(paths, [
    '/system.slice/nginx.service',
    '/user.slice/user-1000.slice/user@1000.service',
    PODMAN,
  ]);
});

test('containers at the limit are kept, the one beyond is dropped and counted', async () => {
  assert.deepEqual(await find([DOCKER, KUBE], { containersMax: 2 }), { paths: [KUBE, DOCKER], dropCount: 0 });
  assert.deepEqual(await find([DOCKER, KUBE], { containersMax: 1 }), { paths: [KUBE], dropCount: 1 });
});

test('groups deeper than the limit are not walked', async () => {
  const at = (depth: number): string => `${'/x'.repeat(depth)}/docker-${ID_A}.scope`;
  assert.equal((await find([at(CGROUP_DEPTH_MAX)])).paths.length, 1);
  assert.equal((await find([at(CGROUP_DEPTH_MAX + 1)])).paths.length, 0);
});

test('the walk ends at its limit of groups', async () => {
  let asked = 0;
  const files = { ...createFixtureFiles({}), directories: () => (asked++, ['x', 'y']) };
  const slicer = new TimeSlicer(new VirtualClock({ startMs: 0 }));
  const options = { withServices: false, containersMax: 1, onDrop: () => undefined };
  assert.deepEqual(await findContainers({ files, slicer, root: '/r' }, options), []);
  assert.equal(asked, CGROUPS_WALKED_MAX);
});

test('a machine with cgroup v1 has no list of controllers at the root', () => {
  const has = (texts: Texts): boolean => hasCgroups(createFixtureFiles(texts), '/r');
  assert.equal(has({ '/r/memory/cgroup.procs': '' }), false);
  assert.equal(has({ '/r/cgroup.controllers': '\n' }), true);
});
