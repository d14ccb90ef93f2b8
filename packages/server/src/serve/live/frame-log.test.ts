import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIVE_LIMITS } from '@vedette/api';
import { createTestClock } from '../test-server.ts';
import { FrameLog, FRAMES_CHARS_MAX, RESUME_MS } from './frame-log.ts';

test('frames are kept for those who resume, in order, until they are too old', async () => {
  const clock = createTestClock();
  const log = new FrameLog(clock);
  const firstSeq = log.seq;
  for (const json of ['1', '2', '3']) log.push('delta', json);
  assert.deepEqual(
    log.since(firstSeq)?.map(({ json }) => json),
    ['1', '2', '3'],
  );
  assert.deepEqual(log.since(log.seq), []);
  assert.equal(log.since(log.seq + 1), undefined);
  await clock.advance(RESUME_MS + 1);
  log.push('delta', '4');
  assert.equal(log.since(firstSeq), undefined);
  assert.equal(log.since(log.seq - 1)?.length, 1);
});

test('what is kept for who resumes is what a connection would be sent', () => {
  assert.equal(FRAMES_CHARS_MAX, LIVE_LIMITS.bufferedBytesPause);
});

test('no more than FRAMES_CHARS_MAX is kept: who is further behind gets a snap', () => {
  const log = new FrameLog(createTestClock());
  const firstSeq = log.seq;
  const half = 'x'.repeat(FRAMES_CHARS_MAX / 2);
  log.push('snap', half);
  log.push('snap', half);
  assert.equal(log.since(firstSeq)?.length, 2, 'at the limit');
  log.push('delta', 'x');
  assert.equal(log.since(firstSeq), undefined);
  assert.equal(log.since(firstSeq + 1)?.length, 2, 'the oldest is gone');
  log.push('snap', 'x'.repeat(FRAMES_CHARS_MAX + 1));
  assert.equal(log.since(log.seq - 1), undefined, 'one alone can be too much');
  assert.deepEqual(log.since(log.seq), []);
  log.push('delta', 'x');
  assert.equal(log.since(log.seq - 1)?.length, 1, 'and leaves nothing behind in the count');
});
