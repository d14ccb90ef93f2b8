import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { analysisReport, analysisSummary } from '@vedette/api';
import { UnavailableError } from '@vedette/model';
import { z } from 'zod';
import type { AnalyseOptions, AnalysisDesk } from '../../respond/index.ts';
import { reportFixture } from '../../respond/agent/report-fixture.ts';
import { startTestServer } from '../test-server.ts';

const REPORT = reportFixture();

/** Knows one alert, and has an old report on another one. */
class FakeDesk implements AnalysisDesk {
  readonly asked: { fingerprint: string; options: AnalyseOptions | undefined }[] = [];

  analyse: AnalysisDesk['analyse'] = (target, _signal, options) => {
    if (target.kind === 'group') return Promise.reject(new Error('not asked here'));
    this.asked.push({ fingerprint: target.fingerprint, options });
    if (target.fingerprint === 'busy')
      return Promise.reject(new UnavailableError('VED_AGENT_BUSY', 'cannot analyse: 8 wait, the limit'));
    return Promise.resolve(target.fingerprint === 'known' ? REPORT : undefined);
  };
  find: AnalysisDesk['find'] = (fingerprint) => Promise.resolve(fingerprint === 'old' ? REPORT : undefined);
  report: AnalysisDesk['report'] = (id) => Promise.resolve(id === REPORT.id ? REPORT : undefined);
  recent: AnalysisDesk['recent'] = (limit) =>
    Promise.resolve(
      Array.from({ length: Math.min(limit, 3) }, () => ({
        id: REPORT.id,
        fingerprint: REPORT.subject.fingerprint,
        name: REPORT.subject.name,
        priority: REPORT.severity.priority,
        headline: REPORT.headline,
        createdAtMs: REPORT.createdAtMs,
      })),
    );
  onReport: AnalysisDesk['onReport'] = () => () => undefined;
}

async function start(t: TestContext) {
  const desk = new FakeDesk();
  const server = await startTestServer({ analysis: () => Promise.resolve(desk) });
  t.after(() => server.close());
  const get = async (path: string) => {
    const response = await fetch(`${server.address}/api/vedette/${path}`);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { desk, get };
}

test('an alert is analysed, by default with what was found lately', async (t) => {
  const { desk, get } = await start(t);
  const { status, text } = await get('alerts/known/analysis');
  assert.equal(status, 200);
  assert.deepEqual(analysisReport.parse(JSON.parse(text)), REPORT);
  await get('alerts/known/analysis?fresh=1');
  assert.deepEqual(
    desk.asked.map(({ options }) => options?.isFresh),
    [false, true],
  );
});

test('a report is told as Markdown or text when that is asked for', async (t) => {
  const { desk, get } = await start(t);
  const markdown = await get('alerts/known/analysis?format=markdown');
  assert.equal(markdown.headers.get('content-type'), 'text/markdown; charset=utf-8');
  assert.match(markdown.text, /^## .+\n\n\*\*/);
  const text = await get(`analyses/${REPORT.id}?format=text`);
  assert.equal(text.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.ok(text.text.includes(REPORT.headline) && !text.text.includes('**'), text.text);
  for (const { text: told } of [markdown, text]) assert.match(told, /https?:\/\/\S+\/alerts\/analysis\//);
  const other = await get('alerts/known/analysis?format=pdf');
  assert.equal(other.status, 400);
  assert.match(other.text, /format must be json, markdown or text; got \\"pdf\\"/);
  assert.equal(desk.asked.length, 1, 'nothing is analysed for a form that is none');
});

test('an alert that is gone has its last analysis', async (t) => {
  const { get } = await start(t);
  const { status, text } = await get('alerts/old/analysis');
  assert.equal(status, 200);
  assert.deepEqual(JSON.parse(text), REPORT);
});

test('an alert that nobody knows is told so, with where to look', async (t) => {
  const { get } = await start(t);
  const { status, text } = await get('alerts/none%22%0a/analysis');
  assert.equal(status, 404);
  assert.match(text, /cannot analyse alert .*none.*\/api\/v2\/alerts lists those that are known/);
});

test('a desk with too much to do says when to come again', async (t) => {
  const { get } = await start(t);
  const { status, headers } = await get('alerts/busy/analysis');
  assert.equal(status, 503);
  assert.equal(headers.get('retry-after'), '1');
});

test('analyses are listed and found by id', async (t) => {
  const { get } = await start(t);
  const list = z.array(analysisSummary).parse(JSON.parse((await get('analyses?limit=2')).text));
  assert.equal(list.length, 2);
  const { text } = await get(`analyses/${list[0]?.id}`);
  assert.deepEqual(JSON.parse(text), REPORT);
  const unknown = await get('analyses/nothing');
  assert.equal(unknown.status, 404);
  assert.match(unknown.text, /cannot find analysis/);
});

test('parameters that mean nothing are refused', async (t) => {
  const { get } = await start(t);
  const check = async (path: string, words: RegExp): Promise<void> => {
    const { status, text } = await get(path);
    assert.equal(status, 400, path);
    assert.match(text, words);
  };
  await check('alerts/known/analysis?fresh=maybe', /fresh must be 1 or 0; got .*maybe/);
  await check('analyses?limit=0', /limit must be a whole number from 1 to 1000; got \\?"0\\?"/);
  await check('analyses?limit=1001', /limit must be a whole number from 1 to 1000; got \\?"1001\\?"/);
  await check('analyses?limit=x', /limit must be a whole number from 1 to 1000; got \\?"x\\?"/);
});

test('the schema of an analysis is published', async (t) => {
  const { get } = await start(t);
  const { status, text } = await get('analysis.schema.json');
  assert.equal(status, 200);
  const shape = z
    .object({ type: z.literal('object'), required: z.array(z.string()) })
    .parse(JSON.parse(text));
  assert.ok(shape.required.includes('evidence'));
});
