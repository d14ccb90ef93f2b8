import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '@vedette/model';
import type { Log, LogFields } from '../../../telemetry/log.ts';
import {
  exampleAlert,
  exampleNotification,
  preparedNotification,
  receiverContract,
} from '../receiver.contract.ts';
import { createLogSender } from './log.ts';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

function recordingLog(lines: Line[]): Log {
  const write =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ level, message, fields });
  const log: Log = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => log,
  };
  return log;
}

const OPTIONS = { name: 'ops', index: 0, config: { send_resolved: true } };

receiverContract('log', async (run) => {
  const lines: Line[] = [];
  await run({
    receiver: createLogSender({ log: recordingLog(lines) }, OPTIONS),
    arrivedCount: () => lines.length,
    breakOff: undefined,
  });
});

async function lineOf(more: Parameters<typeof exampleNotification>[0]): Promise<Line> {
  const lines: Line[] = [];
  const receiver = createLogSender({ log: recordingLog(lines) }, OPTIONS);
  await receiver.send(exampleNotification(more), new AbortController().signal);
  assert.equal(lines.length, 1);
  return lines[0]!;
}

test('a line names the alerts with their summaries', async () => {
  const { level, message, fields } = await lineOf({});
  assert.deepEqual([level, message], ['warn', 'alerts are firing']);
  assert.equal(fields['alerts'], '{alertname="A", job="api"}: A is bad');
});

test('a long list is cut with the number of the rest', async () => {
  const alerts = Array.from({ length: 7 }, (_, i) => exampleAlert(`A${i}`));
  const text = String((await lineOf({ alerts })).fields['alerts']);
  assert.match(text, /A4.*; and 2 more$/);
  assert.doesNotMatch(text, /A5/);
});

test('resolutions and alerts for information are no warnings', async () => {
  assert.equal((await lineOf({ status: 'resolved' })).level, 'info');
  const watchdog = {
    ...exampleAlert('Watchdog'),
    labels: labelsOf({ alertname: 'Watchdog', severity: 'none' }),
  };
  assert.equal((await lineOf({ alerts: [watchdog] })).level, 'info');
  assert.equal((await lineOf({ alerts: [watchdog, exampleAlert('B')] })).level, 'warn');
});

test('a prepared message is one line, which is no warning', async () => {
  const { level, message, fields } = await lineOf(preparedNotification());
  assert.deepEqual([level, message, fields['report']], ['info', 'a report on alerts', 'P1 critical: A']);
});
