/**
 * Black box: the monitor agent over samples that were pushed and a rule that fires. What its report names, what it says
 * when there is nothing to report on, and that what was listed once is found after the process was killed.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import {
  analysisReport,
  analysisSummary,
  type AnalysisReport,
  type AnalysisSummary,
} from '../packages/api/src/index.ts';
import { labelsOf } from '../packages/model/src/index.ts';
import { writeSamples, type WrittenSample } from './support/remote-write.ts';
import { until } from './support/until.ts';
import { startVedette, temporaryDirectory, type VedetteProcess } from './support/vedette-process.ts';

const MINUTE_MS = 60_000;
const STEP_MS = 15_000;
// Enough of before to know what was usual.
const HISTORY_MS = 100 * MINUTE_MS;
const BROKEN_MS = 12 * MINUTE_MS;

const CONFIG = `
rule_files: [rules.yml]
agent: { runbooks: [books] }
`;

const RULES = `
groups:
  - name: queue
    interval: 1s
    rules:
      - alert: QueueLong
        expr: queue_length > 100
        labels: { severity: critical }
        annotations: { summary: "The queue of {{ $labels.instance }} is long" }
`;

const RUNBOOK = `---
title: Queue too long
match: { alertname: [QueueLong] }
severity: critical
---

# QueueLong

## Meaning

Work waits.

## Impact

Answers are late.

## Diagnosis

1. How long is it?

   \`\`\`promql
   queue_length{instance="INSTANCE"}
   \`\`\`

## Mitigation

- Start another worker.
`;

/** Two workers: the queue of one grows since its database went away. */
function historyUntil(nowMs: number): readonly WrittenSample[] {
  const samples: WrittenSample[] = [];
  const put = (labels: Readonly<Record<string, string>>, timestampMs: number, value: number): void =>
    void samples.push({ labels: labelsOf(labels), timestampMs, value });
  let written = 0;
  for (let ms = nowMs - HISTORY_MS; ms <= nowMs; ms += STEP_MS) {
    const isBroken = ms > nowMs - BROKEN_MS;
    const wobble = (ms / STEP_MS) % 3;
    written += isBroken ? 4000 : 100 + wobble;
    for (const instance of ['w-1:80', 'w-2:80']) {
      const isBad = isBroken && instance === 'w-1:80';
      put({ __name__: 'queue_length', job: 'worker', instance }, ms, (isBad ? 900 : 20) + wobble);
      put({ __name__: 'up', job: 'worker', instance }, ms, 1);
      put({ __name__: 'steady', job: 'worker', instance }, ms, 50 + wobble);
    }
    put({ __name__: 'log_bytes_total', job: 'worker', instance: 'w-1:80' }, ms, written);
    put({ __name__: 'up', job: 'db', instance: 'db-1:5432' }, ms, isBroken ? 0 : 1);
  }
  return samples;
}

function writeConfig(directory: string): string {
  mkdirSync(path.join(directory, 'books'));
  writeFileSync(path.join(directory, 'books/QueueLong.md'), RUNBOOK);
  writeFileSync(path.join(directory, 'rules.yml'), RULES);
  const file = path.join(directory, 'vedette.yml');
  writeFileSync(file, CONFIG);
  return file;
}

async function listed(vedette: VedetteProcess): Promise<readonly AnalysisSummary[]> {
  return analysisSummary.array().parse(await vedette.json('/api/vedette/analyses'));
}

async function reportAt(vedette: VedetteProcess, where: string): Promise<AnalysisReport> {
  const answer = await vedette.get(`/api/vedette/${where}`);
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return analysisReport.parse(JSON.parse(text));
}

function assertNamesWhatHappened(report: AnalysisReport): void {
  assert.equal(report.subject.name, 'QueueLong');
  assert.equal(report.subject.expr, 'queue_length > 100');
  assert.deepEqual(report.subject.annotations, { summary: 'The queue of w-1:80 is long' });
  assert.ok(['P1', 'P2'].includes(report.severity.priority), report.severity.priority);
  const points = report.severity.reasons.map((one) => one.points);
  assert.equal(
    points.reduce((sum, one) => sum + one, 0),
    report.severity.score,
  );
  assert.equal(report.change?.direction, 'up');
  assert.ok((report.change.now ?? 0) >= 900 && (report.change.before ?? 0) < 30, report.change.text);
  assert.match(report.headline, /^P[12]: QueueLong on w-1:80, .*queue_length is 90\d, was 2\d/);
  assert.deepEqual(report.blastRadius.targets, { affected: ['w-1:80'], down: [], total: 2 });
  const related = report.relatedSeries.map(({ metric, direction }) => `${metric} ${direction}`);
  assert.ok(related.includes('log_bytes_total up'), related.join());
  assert.ok(!related.some((one) => one.startsWith('steady')), related.join());
  assert.deepEqual(
    report.runbooks.map(({ title }) => title),
    ['Queue too long'],
  );
  const queries = report.nextSteps.map(({ query }) => query);
  assert.ok(queries.includes('queue_length{instance="w-1:80"}'), JSON.stringify(report.nextSteps));
  assert.ok(report.nextSteps.some(({ text }) => text.includes('db-1:5432')));
  assert.ok(report.evidence.some(({ kind, text }) => kind === 'target' && text.includes('db-1:5432')));
}

test('what fires is analysed by itself, names what happened, and is found after a SIGKILL once it was listed', async (t) => {
  const directory = temporaryDirectory(t);
  const dataDirectory = temporaryDirectory(t);
  const options = { dataDirectory, args: ['--no-host', '--config', writeConfig(directory)] };
  const first = await startVedette(t, options);
  await writeSamples(first.url, historyUntil(Date.now()));
  const summary = await until('the report', async () => (await listed(first))[0]);
  first.kill('SIGKILL');
  await first.exited();

  const second = await startVedette(t, options);
  assert.deepEqual(
    (await listed(second)).find(({ id }) => id === summary.id),
    summary,
  );
  const report = await reportAt(second, `analyses/${summary.id}`);
  assert.equal(report.headline, summary.headline);
  assertNamesWhatHappened(report);
});

test('an alert that another server posted is analysed without a rule, and anew when that is asked for', async (t) => {
  const vedette = await startVedette(t, { args: ['--no-host'], config: 'agent: { automatic: false }\n' });
  const alert = { labels: { alertname: 'Elsewhere', severity: 'high', instance: '"}) or vector(1) #<b>' } };
  const posted = await vedette.get('/api/v2/alerts', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify([alert]),
  });
  assert.equal(posted.status, 200);
  const [known] = await vedette.json<{ readonly fingerprint: string }[]>('/api/v2/alerts');
  assert.ok(known !== undefined);
  const own = `alerts/${known.fingerprint}/analysis`;

  const report = await reportAt(vedette, own);
  assert.equal(report.subject.labels['instance'], alert.labels.instance);
  assert.equal(report.change, null);
  assert.match(report.gaps.find(({ what }) => what === 'what changed')?.why ?? '', /came from elsewhere/);
  assert.deepEqual(report.suspects, []);
  assert.equal((await reportAt(vedette, own)).id, report.id, 'a young report is handed out again');
  const fresh = await reportAt(vedette, `${own}?fresh=1`);
  assert.notEqual(fresh.id, report.id);
  assert.deepEqual(
    (await listed(vedette)).map(({ id }) => id),
    [fresh.id, report.id],
  );
  assert.equal((await vedette.json<unknown[]>('/api/vedette/analyses?limit=1')).length, 1);
});

test('questions about what is not there say what to do', async (t) => {
  const vedette = await startVedette(t, { args: ['--no-host'] });
  const check = async (where: string, status: number, says: RegExp): Promise<void> => {
    const answer = await vedette.get(`/api/vedette/${where}`);
    const text = await answer.text();
    assert.equal(answer.status, status, text);
    assert.match(text, says);
  };
  await check(
    'alerts/0123456789abcdef/analysis',
    404,
    /no alert with this fingerprint is known.*\/api\/v2\/alerts/,
  );
  await check('alerts/0123456789abcdef/analysis?fresh=maybe', 400, /fresh must be 1 or 0; got \\"maybe\\"/);
  await check('analyses/none', 404, /cannot find analysis \\"none\\".*\/api\/vedette\/analyses/);
  await check('analyses?limit=0', 400, /limit must be a whole number from 1 to 1000; got \\"0\\"/);
  await check('analyses?limit=all', 400, /limit must be a whole number.*got \\"all\\"/);
  assert.deepEqual(await listed(vedette), []);
});
