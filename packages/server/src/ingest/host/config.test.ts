import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostConfig, hostOptionsOf } from './config.ts';

test('nothing is needed: the defaults are those of node_exporter, every 2 s', () => {
  const config = hostConfig.parse(undefined);
  assert.equal(config.enabled, true);
  assert.equal(config.interval, 2000);
  assert.ok(config.mount_points_exclude.test('/var/lib/docker/overlay2/x'));
  assert.ok(!config.mount_points_exclude.test('/var/lib/docker'));
  assert.ok(config.fs_types_exclude.test('cgroup2') && !config.fs_types_exclude.test('tmpfs'));
  assert.ok(config.disk_devices_exclude.test('nvme0n1p1') && !config.disk_devices_exclude.test('nvme0n1'));
  assert.ok(config.net_devices_exclude.test('lo') && !config.net_devices_exclude.test('lo0'));
  assert.equal(hostOptionsOf(config).disabled?.size, 0);
});

test('collectors are switched off by name', () => {
  const options = hostOptionsOf(hostConfig.parse({ collectors: { dmi: false, cpu: true }, interval: '5s' }));
  assert.deepEqual([...(options.disabled ?? [])], ['dmi']);
  assert.equal(options.intervalMs, 5000);
});

test('what cannot be used is an error that says what is wanted', () => {
  const check = (input: unknown, want: RegExp): void => {
    const { error } = hostConfig.safeParse(input);
    assert.match(error?.message ?? 'accepted', want);
  };
  check({ interval: '500ms' }, /must be at least 1s/);
  check({ interval: 'soon' }, /must be a duration such as 30s or 5m; got \\"soon\\"/);
  check({ collectors: { cpus: false } }, /cpus/);
  check({ net_devices_exclude: '(' }, /must be a regular expression/);
  check({ intervall: '2s' }, /intervall/);
});
