/** Answers cut and bent at random: every one is read, or refused with the one kind of error, and never takes long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError, SeededRandom } from '@vedette/model';
import { JsonCursor } from './json-cursor.ts';

const SEED = Number(process.env['VEDETTE_SEED'] ?? 3);
const ROUNDS = 5000;
const SAMPLE = Buffer.from(
  JSON.stringify({
    status: 'success',
    data: {
      resultType: 'matrix',
      result: [
        {
          metric: { a: 'é"\\' },
          values: [
            [1.5, '1e3'],
            [2, 'NaN'],
          ],
          histograms: [[1, { count: '1' }]],
        },
      ],
      stats: { samples: { totalQueryableSamples: 3 } },
    },
    warnings: ['w'],
  }),
);

function bend(random: SeededRandom): Buffer {
  const bent = Buffer.from(SAMPLE);
  const changes = 1 + Math.floor(random.float() * 4);
  for (let i = 0; i < changes; i++)
    bent[Math.floor(random.float() * bent.length)] = Math.floor(random.float() * 256);
  return random.float() < 0.3 ? bent.subarray(0, Math.floor(random.float() * bent.length)) : bent;
}

function walk(cursor: JsonCursor): void {
  if (cursor.isNext('object')) {
    cursor.enterObject();
    while (cursor.nextKey() !== undefined) walk(cursor);
  } else if (cursor.isNext('array')) {
    cursor.enterArray();
    while (cursor.nextElement()) walk(cursor);
  } else if (cursor.isNext('string')) cursor.readString();
  else cursor.skip();
}

test(`bent JSON is read or refused (seed ${SEED})`, () => {
  const random = new SeededRandom(SEED);
  let refused = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = bend(random);
    for (const read of [walk, (cursor: JsonCursor) => cursor.readValue()])
      try {
        read(new JsonCursor(bytes));
      } catch (error) {
        assert.ok(error instanceof InputError, `seed ${SEED}, round ${round}: ${String(error)}`);
        refused++;
      }
  }
  assert.ok(refused > ROUNDS / 10 && refused < 2 * ROUNDS, `${refused} refused`);
});
