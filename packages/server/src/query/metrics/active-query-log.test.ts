import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryFiles, SeededRandom, VirtualClock } from '@vedette/model';
import { SILENT_LOG, type Log, type LogFields } from '../../telemetry/log.ts';
import { ActiveQueryLog } from './active-query-log.ts';
import type { QueryQuestion } from './query-record.ts';

const PATH = 'data/queries.active';

const question = (expr: string): QueryQuestion => ({
  kind: 'instant',
  expr,
  startMs: 5,
  endMs: 5,
  stepMs: 0,
  source: { kind: 'rules', client: '' },
});

interface Opened {
  readonly active: ActiveQueryLog;
  readonly clock: VirtualClock;
  readonly lines: { message: string; fields: LogFields }[];
}

async function open(files: MemoryFiles): Promise<Opened> {
  const lines: Opened['lines'] = [];
  const log: Log = {
    ...SILENT_LOG,
    warn: (message, fields) => void lines.push({ message, fields: fields ?? {} }),
  };
  const clock = new VirtualClock({ startMs: 1000 });
  return { active: await ActiveQueryLog.open({ files, clock, log }, 'data'), clock, lines };
}

async function withDirectory(): Promise<MemoryFiles> {
  const files = new MemoryFiles(new SeededRandom(1));
  await files.makeDirectory('data');
  return files;
}

async function write(files: MemoryFiles, text: string): Promise<void> {
  const appender = await files.openAppender(PATH);
  await appender.append(new TextEncoder().encode(text));
  await appender.close();
}

test('what ran when the process died is told at the next start, once', async () => {
  const files = await withDirectory();
  const { active, clock } = await open(files);
  active.begin(question('sum(up)'));
  const ended = active.begin(question('up'));
  await clock.advance(500);
  ended();
  await clock.advance(0);
  const after = files.restart('process');
  const { lines } = await open(after);
  assert.deepEqual(lines, [
    {
      message: 'this query was running when the process last died',
      fields: {
        atMs: 1000,
        kind: 'instant',
        expr: 'sum(up)',
        startMs: 5,
        endMs: 5,
        stepMs: 0,
        source: 'rules',
      },
    },
  ]);
  assert.deepEqual((await open(after)).lines, []);
});

test('a query that ends in time, and a clean stop, leave no file', async () => {
  const files = await withDirectory();
  const { active, clock } = await open(files);
  const ended = active.begin(question('up'));
  await clock.advance(499);
  ended();
  await clock.advance(1000);
  assert.deepEqual(files.paths, []);
  assert.equal(clock.pendingTimerCount, 0);
  active.begin(question('up'));
  await clock.advance(500);
  assert.deepEqual(files.paths, [PATH]);
  await active.close();
  assert.deepEqual(files.paths, []);
});

test('torn lines and those of others are passed over', async () => {
  const files = await withDirectory();
  await write(files, 'x\n{"id":1,"expr":"up"}\n[]\nnull\n{"id":2,"expr":5}\n{"id":3,"expr":"do');
  const { lines } = await open(files);
  assert.deepEqual(
    lines.map(({ fields }) => fields),
    [{ expr: 'up' }],
  );
  await write(files, '\u0000'.repeat(1_000_000));
  assert.deepEqual((await open(files)).lines, []);
});

test('the file is begun anew when it grew, with the queries that run', async () => {
  const files = await withDirectory();
  const { active, clock } = await open(files);
  active.begin(question('forever'));
  await clock.advance(500);
  for (let i = 0; i < 70; i++) {
    const ended = active.begin(question('y'.repeat(4000)));
    await clock.advance(500);
    ended();
    await clock.advance(0);
  }
  const size = (await files.read(PATH)).length;
  assert.ok(size < 100_000, `${size} bytes`);
  const { lines } = await open(files.restart('process'));
  assert.deepEqual(
    lines.map(({ fields }) => fields['expr']),
    ['forever'],
  );
});

test('a disk that refuses is told once, and queries go on', async () => {
  const files = await withDirectory();
  const { active, clock, lines } = await open(files);
  files.capacityBytes = 10;
  for (let i = 0; i < 3; i++) {
    const ended = active.begin(question('up'));
    await clock.advance(500);
    ended();
  }
  await clock.advance(0);
  assert.deepEqual(
    lines.map(({ message }) => message),
    ['running queries cannot be written down: after a crash nobody knows them'],
  );
  await active.close();
});
