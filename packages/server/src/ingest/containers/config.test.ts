import assert from 'node:assert/strict';
import { test } from 'node:test';
import { containersConfig, containerOptionsOf } from './config.ts';
import { engineLabels } from './watched-containers.ts';

test('nothing is needed: containers are watched once there is one, every 5 s', () => {
  const options = containerOptionsOf(containersConfig.parse(undefined));
  assert.deepEqual(options, {
    intervalMs: 5000,
    waitsForContainer: true,
    socket: 'auto',
    withServices: false,
    labelNames: [],
    containersMax: 500,
    seriesMax: 50_000,
  });
  assert.equal(containerOptionsOf(containersConfig.parse({ enabled: true })).waitsForContainer, false);
});

test('what cannot be used is an error that says what is wanted', () => {
  const check = (input: unknown, want: RegExp): void =>
    assert.match(containersConfig.safeParse(input).error?.message ?? 'accepted', want);
  check({ enabled: 'yes' }, /enabled/);
  check({ interval: '999ms' }, /must be at least 1s/);
  check({ socket: 'docker.sock' }, /must be auto, none or the absolute path of a socket/);
  check({ labels: [''] }, /labels/);
  check({ labels: Array.from({ length: 33 }, (_, i) => `l${i}`) }, /labels/);
  check({ container_limit: 0 }, /container_limit/);
  check({ series_limit: 99 }, /series_limit/);
  check({ limits: {} }, /limits/);
});

test('labels of the engine become label names; of two that come out alike the first stays', () => {
  assert.deepEqual(
    [...engineLabels(['com.docker.compose.service', 'a-b', 'a.b', 'é'])],
    [
      ['container_label_com_docker_compose_service', 'com.docker.compose.service'],
      ['container_label_a_b', 'a-b'],
      ['container_label__', 'é'],
    ],
  );
});
