import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { WriteStream } from 'node:tty';
import { Writable } from 'node:stream';
import { VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { createLog, type LogOptions } from './create-log.ts';
import type { Log } from './log.ts';

interface Setup {
  readonly log: Log;
  readonly clock: VirtualClock;
  readonly flush: () => void;
  readonly text: () => string;
  readonly counts: () => Record<string, number>;
}

function setUp(options: Partial<LogOptions> = {}, isTerminal = false): Setup {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk.toString());
      done();
    },
  });
  const { getColorDepth } = Object.getOwnPropertyDescriptors(WriteStream.prototype);
  Object.defineProperties(stream, { isTTY: { value: isTerminal }, getColorDepth });
  const clock = new VirtualClock({ startMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6) });
  const metrics = createMetricsRegistry();
  const { log, flush } = createLog(
    { clock, metrics, stream: stream as unknown as NodeJS.WriteStream },
    { format: 'json', level: 'debug', ...options },
  );
  const counts = (): Record<string, number> =>
    Object.fromEntries(
      metrics
        .collect()
        .filter((family) => family.name.startsWith('vedette_log_'))
        .flatMap((family) => family.samples.map((sample) => [sample.labels[1] ?? 'dropped', sample.value])),
    );
  return { log, clock, flush, text: () => chunks.join(''), counts };
}

const failure = new Error('cannot scrape "api"', { cause: new Error('connect ECONNREFUSED') });

test('a JSON line has time, level, area, message and fields, and an error with its causes', () => {
  const { log, text } = setUp();
  log.child('scrape').child('pool').info('target is up', { target: 'a:1', tries: 2 });
  log.error('target is down', { error: failure });
  const [first, second] = text()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(first, {
    level: 'info',
    time: '2026-01-02T03:04:05.006Z',
    area: 'scrape.pool',
    target: 'a:1',
    tries: 2,
    msg: 'target is up',
  });
  const error = second!['error'] as { message: string; cause: { message: string } };
  assert.equal(error.message, 'cannot scrape "api"');
  assert.equal(error.cause.message, 'connect ECONNREFUSED');
});

test('lines below the level are neither written nor counted', () => {
  const { log, text, counts } = setUp({ level: 'warn' });
  log.debug('no');
  log.info('no');
  log.warn('yes');
  assert.equal(text().trim().split('\n').length, 1);
  assert.deepEqual(counts(), { warn: 1, dropped: 0 });
});

test('a repeated warning is written three times, then its number is told', async () => {
  const { log, clock, text, counts } = setUp();
  const scrape = log.child('scrape');
  for (let i = 0; i < 10; i++) scrape.warn('target is down', { i });
  log.warn('target is down');
  assert.equal(text().trim().split('\n').length, 4);
  await clock.advance(60_000);
  const last = JSON.parse(text().trim().split('\n').at(-1)!) as Record<string, unknown>;
  assert.equal(last['msg'], 'target is down (7 more dropped)');
  assert.equal(last['area'], 'scrape');
  assert.equal(last['level'], 'warn');
  assert.deepEqual(counts(), { warn: 5, dropped: 7 });
});

test('information is never throttled', () => {
  const { log, text } = setUp();
  for (let i = 0; i < 10; i++) log.info('reloaded');
  assert.equal(text().trim().split('\n').length, 10);
});

test('flush tells what throttling hides', () => {
  const { log, flush, text } = setUp();
  for (let i = 0; i < 4; i++) log.error('disk is full');
  flush();
  assert.match(text(), /disk is full \(1 more dropped\)/);
});

test('pretty lines are for people: time, level, area, message, fields, causes', () => {
  const { log, text } = setUp({ format: 'pretty' });
  log.child('scrape').warn('target is down', { target: 'a:1', reason: 'no "route"', error: failure });
  assert.equal(
    text(),
    '03:04:05.006 WARN  scrape: target is down target=a:1 reason="no \\"route\\"" ' +
      'error="cannot scrape \\"api\\": connect ECONNREFUSED"\n',
  );
});

test('a stack is shown for errors alone', () => {
  const { log, text } = setUp({ format: 'pretty' });
  log.error('stopped', { error: failure });
  const [, ...stack] = text().trimEnd().split('\n');
  assert.ok(stack.length > 0 && stack.every((line) => line.startsWith('    at ')));
});

test('no field can write control characters to the terminal', () => {
  const { log, text } = setUp({ format: 'pretty' });
  log.info('got', { name: '\u001B[2Jx\n', error: 'plain text' });
  assert.equal(text(), '03:04:05.006 INFO  got name="\\u001b[2Jx\\n" error="plain text"\n');
});

test('colours are used on a terminal only, and not under NO_COLOR', () => {
  const kept = { ...process.env };
  const write = (isTerminal: boolean): string => {
    const { log, text } = setUp({ format: 'pretty' }, isTerminal);
    log.info('hello');
    return text();
  };
  try {
    for (const name of ['NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS', 'CI']) delete process.env[name];
    process.env['TERM'] = 'xterm-256color';
    const coloured = write(true);
    assert.notEqual(coloured, stripVTControlCharacters(coloured));
    const plain = write(false);
    assert.equal(plain, stripVTControlCharacters(coloured));
    process.env['NO_COLOR'] = '1';
    assert.equal(write(true), plain);
  } finally {
    process.env = kept;
  }
});
