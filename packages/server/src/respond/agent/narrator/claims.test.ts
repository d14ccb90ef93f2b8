import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportFixture } from '../report-fixture.ts';
import { checkClaims, CLAIMS_MAX, parseAnswer } from './claims.ts';

const findings = [{ id: 't1', text: 'series | value\n{instance="api-7:9100"} | 4711\nlimit 2.5 GiB' }];

function stands(text: string, evidence: readonly string[] = ['e1']): boolean {
  const { claims } = checkClaims([{ text, evidence: [...evidence] }], { report: reportFixture(), findings });
  return claims.length === 1;
}

test('a claim stands on evidence that exists', () => {
  assert.ok(stands('Requests fail.'));
  assert.ok(stands('It is P1.', ['report']));
  assert.ok(!stands('Requests fail.', []));
  assert.ok(!stands('Requests fail.', ['e9']));
  assert.ok(!stands('Requests fail.', ['e1', 'e9']));
  assert.ok(!stands('Requests fail.', ['t2']));
});

test('numbers, times, names and quotes of a claim stand in the report', () => {
  for (const text of [
    '32 % of requests fail, 320 times as many as before (0.1 %).',
    'The error ratio is 0.32 (e1) at 120 requests per second [e2].',
    'It began at 09:58 UTC and fires since 10:00.',
    'On 2026-11-21 at 10:00:00 api-2:9100 began to fail.',
    'The query `job:errors:ratio` shows it; "A third of all requests fails".',
    'It fires for 1 minute; P1 with 75 points.',
    '1 of 3 targets, 0.001→0.32.',
  ])
    assert.ok(stands(text), text);
  for (const text of [
    '57 % of requests fail.',
    'It began at 08:12 UTC.',
    'api-9:9100 fails.',
    'It is P2.',
    'The query `up == 0` shows it.',
    'See https://evil.example/x for more.',
    'The disk has 12.5 GiB left.',
    '0.001→0.48',
    'It fails ４２ times.',
  ])
    assert.ok(!stands(text), text);
});

test('what a tool found counts for the claims that name it', () => {
  assert.ok(stands('api-7:9100 shows 4711.', ['t1']));
  assert.ok(stands('api-7:9100 shows 4,711 beside 32 %, of 2.5 GiB.', ['e1', 't1']));
  assert.ok(!stands('api-7:9100 shows 4711.', ['e1']));
});

test('endless claims, endless lists and empty ones are dropped, and counted', () => {
  const facts = { report: reportFixture(), findings };
  assert.ok(!stands('x'.repeat(701)));
  const [one] = reportFixture().evidence;
  assert.ok(one !== undefined);
  const report = reportFixture({ evidence: Array.from({ length: 21 }, (_, i) => ({ ...one, id: `e${i}` })) });
  const all = [{ text: 'Requests fail.', evidence: report.evidence.map(({ id }) => id) }];
  assert.equal(checkClaims(all, { report, findings }).claims.length, 0);
  assert.ok(!stands(' \u200B\n '));
  const many = Array.from({ length: CLAIMS_MAX + 5 }, () => ({
    text: 'Requests fail.',
    evidence: ['e1', 'e1'],
  }));
  const { claims, droppedCount } = checkClaims(many, facts);
  assert.deepEqual([claims.length, droppedCount, claims[0]?.evidence], [CLAIMS_MAX, 5, ['e1']]);
  assert.deepEqual(checkClaims([], facts), { claims: [], droppedCount: 0 });
});

test('an answer of thousands of claims is not read to its end, and each is counted', () => {
  const claim = { text: 'It fails 987654321 times.', evidence: ['e1'] };
  const late = { text: 'Requests fail.', evidence: ['e1'] };
  const claims = [...Array.from({ length: 20_000 }, () => claim), late];
  const checked = checkClaims(claims, { report: reportFixture(), findings });
  assert.deepEqual(checked, { claims: [], droppedCount: 20_001 });
});

test('a word of thousands of dots and stars is read in one pass', () => {
  const noise = { id: 't1', text: `1${'*.'.repeat(200_000)}x 4711` };
  const facts = { report: reportFixture(), findings: [noise] };
  const { claims } = checkClaims([{ text: 'It shows 4711.', evidence: ['t1'] }], facts);
  assert.equal(claims.length, 1);
});

test('characters that nobody sees do not reach the page', () => {
  const { claims } = checkClaims([{ text: 'Requests\u202E\u0007 fail\u{E0041}.\n', evidence: ['e1'] }], {
    report: reportFixture(),
    findings,
  });
  assert.equal(claims[0]?.text, 'Requests� fail.');
});

test('the answer is found between words and marks of code, and nowhere else', () => {
  const claims = [{ text: 'a', evidence: ['e1'] }];
  const json = JSON.stringify({ text: 'ignored', claims });
  assert.deepEqual(parseAnswer(json), claims);
  assert.deepEqual(parseAnswer(`Here it is:\n\`\`\`json\n${json}\n\`\`\`\nBye`), claims);
  const own = JSON.stringify({ claims });
  assert.deepEqual(parseAnswer(`<think>{instance="a"}? ${own.slice(0, 9)} no.</think>\n${own}`), claims);
  for (const bad of [
    '',
    '{}',
    '{"claims":{}}',
    '{"claims":[{"text":1,"evidence":[]}]}',
    json.slice(0, -2),
    `${own} {"claims": nothing}`,
    '{ "claims"'.repeat(50_000),
    '<html>',
    '}{',
  ])
    assert.equal(parseAnswer(bad), undefined, bad);
});

test('numbers of a tool with commas are numbers; fractions, powers and Roman ones are checked, too', () => {
  const stand = (text: string): boolean => {
    const report = reportFixture();
    const findings = [{ id: 't1', text: 'rows: 1,500 and 2,345,678.5; ids 77,88' }];
    return checkClaims([{ text, evidence: ['t1'] }], { report, findings }).claims.length === 1;
  };
  for (const text of ['1500 rows', '1.5k rows', '1,500 rows', '2345678.5', '77 and 88'])
    assert.ok(stand(text), text);
  for (const text of ['½ of it', '10⁶ of them', 'step Ⅳ', '9 million']) assert.ok(!stand(text), text);
});

test('addresses, ids and how long the analysis took are no facts of the alert', () => {
  const report = reportFixture({
    id: '00000000000000aa-8811',
    tookMs: 8822,
    links: [{ label: 'Explore', url: '/explore?from=8833' }],
  });
  const facts = { report, findings };
  for (const number of ['8811', '8822', '8833']) {
    const claims = [{ text: `It fails ${number} times.`, evidence: ['report'] }];
    assert.equal(checkClaims(claims, facts).claims.length, 0, number);
  }
});
