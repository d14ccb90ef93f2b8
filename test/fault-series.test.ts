/**
 * Many more new series than the limit, into the real program: those that are known go on being stored, who is refused
 * is told which job, metric and label fill the limit, and others are answered meanwhile.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from './support/remote-write-body.ts';
import { until } from './support/until.ts';
import { startVedette, type VedetteProcess } from './support/vedette-process.ts';

const LIMIT = 2000;
const PER_REQUEST = 1000;
const REQUESTS = 20;
/** The store looks at its limits every few seconds; a busy machine takes longer. */
const WAIT_MS_MAX = 60_000;

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function write(vedette: VedetteProcess, body: Uint8Array<ArrayBuffer>): Promise<Answer> {
  const response = await vedette.get('/api/v1/write', {
    method: 'POST',
    headers: REMOTE_WRITE_HEADERS,
    body,
  });
  return { status: response.status, text: await response.text() };
}

async function numberOf(vedette: VedetteProcess, query: string): Promise<number> {
  const { data } = await vedette.json<{ data: { result: { value: [number, string] }[] } }>(
    `/api/v1/query?query=${encodeURIComponent(query)}`,
  );
  return Number(data.result[0]?.value[1]);
}

test('ten times as many new series as a job may have: known ones are stored, the culprit is named, others are answered', async (t) => {
  const vedette = await startVedette(t, {
    config: `packs: { host: false }\nstorage: { metrics: { series_max_per_job: ${LIMIT} } }\n`,
    args: ['--no-host'],
  });
  const nowMs = Date.now();
  const known = (value: number): Parameters<typeof remoteWriteBody>[0][number] => ({
    labels: { __name__: 'known', job: 'flood' },
    samples: [[nowMs - 100_000 + value * 1000, value]],
  });
  const other = remoteWriteBody([{ labels: { __name__: 'calm', job: 'calm' }, samples: [[nowMs, 1]] }]);
  assert.equal((await write(vedette, remoteWriteBody([known(0)]))).status, 204);
  assert.equal((await write(vedette, other)).status, 204);

  // All at once; whoever asks meanwhile is answered before the last of them.
  let answered = 0;
  let answeredBeforeEnd = 0;
  const flood = Array.from({ length: REQUESTS }, async (_, request) => {
    const series = Array.from({ length: PER_REQUEST }, (__, i) => ({
      labels: { __name__: 'requests_total', job: 'flood', trace: `${request}-${i}` },
      samples: [[nowMs, i]] as [number, number][],
    }));
    const answer = await write(vedette, remoteWriteBody(series));
    answered++;
    return answer;
  });
  for (let i = 0; i < 3; i++) {
    assert.equal((await vedette.get('/-/ready')).status, 200);
    assert.equal(await numberOf(vedette, 'calm'), 1);
    if (answered < REQUESTS) answeredBeforeEnd++;
  }
  const answers = await Promise.all(flood);
  t.diagnostic(`${answeredBeforeEnd} of 3 rounds of questions were answered before the last write`);

  const refused = answers.filter(({ status }) => status !== 204);
  assert.ok(refused.length >= REQUESTS - LIMIT / PER_REQUEST, `${refused.length} were refused`);
  for (const { status, text } of refused) {
    assert.equal(status, 400, text);
    assert.match(text, /job "flood"/);
    assert.match(text, /series_max_per_job/);
    assert.ok(text.length < 3000);
  }
  assert.equal(await numberOf(vedette, 'count({job="flood"})'), LIMIT);
  // A known series beside new ones, in one request.
  const mixed = [known(50), { ...known(50), labels: { __name__: 'late', job: 'flood' } }];
  const { status, text } = await write(vedette, remoteWriteBody(mixed));
  assert.equal(status, 400);
  assert.match(text, /requests_total|trace/, 'metric or label that fill the limit');
  assert.equal(await numberOf(vedette, 'known'), 50);
  assert.equal((await write(vedette, other)).status, 204);
  await until(
    'the problem on the page',
    async () => {
      const { problems } = await vedette.json<{ problems: readonly string[] }>('/api/status');
      return /job "flood"/.test(problems.join()) || undefined;
    },
    WAIT_MS_MAX,
  );
  assert.ok(!/"level":"error"/.test(vedette.stderr()), vedette.stderr());
});
