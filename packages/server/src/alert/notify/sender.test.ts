import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { DiskFiles } from '../../lib/disk-files.ts';
import { Secret } from '../../lib/secret.ts';
import { attempt, revealed } from './sender.ts';
import { TemplateFault } from './texts.ts';

const never = new AbortController().signal;
const clockOf = (): VirtualClock => new VirtualClock({ startMs: 0 });

test('what an attempt returns is its result, and its timer goes', async () => {
  const clock = clockOf();
  const result = await attempt(clock, { timeoutMs: 1000, signal: never }, () =>
    Promise.resolve({ kind: 'delivered' }),
  );
  assert.deepEqual([result, clock.pendingTimerCount], [{ kind: 'delivered' }, 0]);
});

test('what is thrown is a failure: texts are final, all else may pass', async () => {
  const check = async (error: unknown, want: string): Promise<void> => {
    // oxlint-disable-next-line typescript/only-throw-error -- Libraries do throw other things.
    const result = await attempt(clockOf(), { timeoutMs: 0, signal: never }, () => Promise.reject(error));
    assert.ok(result.kind === 'failed');
    assert.equal(`${result.isRetriable} ${result.category} ${result.error}`, want);
  };
  await check(new TemplateFault('cannot fill it'), 'false other cannot fill it');
  await check(new Error('connection reset'), 'true network connection reset');
  await check('a text', 'true network a text');
});

test('an attempt ends at its own limit, which its signal tells', async () => {
  const clock = clockOf();
  const sending = attempt(clock, { timeoutMs: 2000, signal: never }, untilAborted);
  await clock.advance(1999);
  assert.equal(clock.pendingTimerCount, 1);
  await clock.advance(1);
  const result = await sending;
  assert.ok(result.kind === 'failed' && result.isRetriable && result.category === 'deadline');
  assert.equal(result.error, 'no answer within 2000 ms');
});

test('without a limit of its own it ends with the deadline from outside', async () => {
  const clock = clockOf();
  const deadline = new AbortController();
  const sending = attempt(clock, { timeoutMs: 0, signal: deadline.signal }, untilAborted);
  assert.equal(clock.pendingTimerCount, 0);
  deadline.abort(new Error('the next flush is due'));
  const result = await sending;
  assert.ok(result.kind === 'failed' && result.isRetriable && result.category === 'deadline');
  assert.equal(result.error, 'the next flush is due');
});

test('a secret comes from where it stands; its file is read each time, without blanks around it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'vedette-secret-'));
  const file = join(directory, 'secret');
  const files = new DiskFiles();
  try {
    writeFileSync(file, ' first\n');
    assert.equal(await revealed(files, undefined, file), 'first');
    writeFileSync(file, 'sécond\r\n');
    assert.equal(await revealed(files, undefined, file), 'sécond');
    assert.equal(await revealed(files, new Secret(' inline '), file), ' inline ');
    assert.equal(await revealed(files, undefined, ''), '');
    assert.equal(await revealed(files, undefined, undefined), '');
    await assert.rejects(revealed(files, undefined, join(directory, 'missing')), /ENOENT/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

async function untilAborted(signal: AbortSignal): Promise<never> {
  return await new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}
