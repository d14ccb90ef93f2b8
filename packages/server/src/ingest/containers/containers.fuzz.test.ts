/** Feeds the collector with damaged files of the kernel: it may not throw, hang, complain or write what is no number. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import {
  cgroupTexts,
  createContainersFixture,
  createFixtureFiles,
  DOCKER,
  KUBE,
  KUBELET,
  MACHINE,
  processTexts,
  type Texts,
} from './containers-fixture.ts';

const ROUNDS = 300;
const SEED = Number(process.env['VEDETTE_SEED'] ?? 1);

const WHOLE: Texts = {
  ...MACHINE,
  ...KUBELET,
  ...cgroupTexts(DOCKER, 3),
  ...processTexts(3),
  ...cgroupTexts(KUBE, 4),
  ...processTexts(4),
};

const JUNK = [
  '',
  ' ',
  '\n',
  ':',
  '=',
  '-1',
  '\u0000',
  '18446744073709551616',
  'é',
  'max',
  'total=',
  '1e999',
  '\uffff',
];

function damage(text: string, random: SeededRandom): string {
  const below = (limit: number): number => Math.floor(random.float() * limit);
  let damaged = text;
  for (let i = below(4); i > 0; i--) {
    const start = below(damaged.length + 1);
    damaged = damaged.slice(0, start) + (JUNK[below(JUNK.length)] ?? '') + damaged.slice(start + below(6));
  }
  return random.float() < 0.2 ? damaged.slice(0, below(damaged.length + 1)) : damaged;
}

test(`damaged and missing files break no round (seed ${SEED})`, async () => {
  const random = new SeededRandom(SEED);
  const texts: Texts = {};
  const { clock, writer, words, collector } = createContainersFixture(createFixtureFiles(texts), {
    enabled: true,
  });
  collector.start();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [path, text] of Object.entries(WHOLE)) {
      if (random.float() < 0.05) delete texts[path];
      else texts[path] = damage(text, random);
    }
    texts['/sys/fs/cgroup/cgroup.controllers'] = '';
    await clock.advance(5000);
    for (const [series, value] of writer.batches.at(-1) ?? [])
      assert.ok(value === 'stale' || Number.isFinite(value), `round ${round}: ${series} is ${value}`);
  }
  await collector.stop();
  assert.ok(writer.batches.length >= ROUNDS, `${writer.batches.length} rounds`);
  assert.deepEqual(words, ['containers are not watched: this machine has no cgroup v2']);
});
