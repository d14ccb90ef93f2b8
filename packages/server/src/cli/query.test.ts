import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test, type TestContext } from 'node:test';
import { runCli } from './run.ts';

/** A server that answers every POST with one body and remembers the forms. */
async function serve(
  t: TestContext,
  status: number,
  body: string,
): Promise<{ url: string; forms: string[] }> {
  const forms: string[] = [];
  const server = createServer((request, response) => {
    let form = '';
    request.setEncoding('utf8').on('data', (part: string) => (form += part));
    request.on('end', () => {
      forms.push(`${request.url} ${form}`);
      response.writeHead(status).end(body);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => void server.close());
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, forms };
}

async function run(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    env: {},
    workingDirectory: '/',
  });
  return { code, out, err };
}

test('an instant vector prints as a table', async (t) => {
  const body = {
    status: 'success',
    data: {
      resultType: 'vector',
      result: [
        { metric: { __name__: 'up', job: 'node' }, value: [1, '1'] },
        { metric: { job: 'x' }, value: [1, '+Inf'] },
      ],
    },
  };
  const { url, forms } = await serve(t, 200, JSON.stringify(body));
  const { code, out } = await run(['query', '--url', url, '--time', '10.5', 'up']);
  assert.equal(code, 0);
  assert.equal(out, 'up{job="node"}  1\n{job="x"}       +Inf\n');
  assert.deepEqual(forms, ['/api/v1/query query=up&time=10.5']);
});

test('a range prints a sparkline and the last value', async (t) => {
  const values = [0, 1, 2, 3].map((i) => [i * 60, String(i)]);
  const { url, forms } = await serve(
    t,
    200,
    JSON.stringify({
      status: 'success',
      data: { resultType: 'matrix', result: [{ metric: { __name__: 'x' }, values }] },
    }),
  );
  const { code, out } = await run(['query', '--url', url, '--time', '3600', '--range', '1h', 'x']);
  assert.equal(code, 0);
  assert.equal(out, `x  ▁${' '.repeat(12)}▃${' '.repeat(12)}▆${' '.repeat(12)}█  3\n`);
  assert.deepEqual(forms, ['/api/v1/query_range query=x&start=0&end=3600&step=60']);
});

test('an error of the server is told in its words, with exit code 1', async (t) => {
  const { url } = await serve(
    t,
    400,
    JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'parse error' }),
  );
  assert.deepEqual(await run(['query', '--url', url, 'x(']), {
    code: 1,
    out: '',
    err: 'cannot evaluate the query: parse error\n',
  });
});

test('an answer that is not from Prometheus says so', async (t) => {
  const { url } = await serve(t, 200, '<html>');
  const { code, err } = await run(['query', '--url', url, 'x']);
  assert.equal(code, 1);
  assert.match(err, /got HTTP 200 and no Prometheus JSON/);
});

test('a server that is not there gives exit code 3 and the remedy', async () => {
  const { code, err } = await run(['query', '--url', 'http://127.0.0.1:1', 'x']);
  assert.equal(code, 3);
  assert.match(err, /cannot reach http:\/\/127\.0\.0\.1:1: .*vedette start/);
});

test('wrong usage gives exit code 2 and a suggestion', async () => {
  const check = async (args: readonly string[], wanted: RegExp): Promise<void> => {
    const { code, err } = await run(args);
    assert.equal(code, 2);
    assert.match(err, wanted);
  };
  await check(['query'], /an expression is missing/);
  await check(['query', '--rang', '1h', 'x'], /unknown option "--rang"; did you mean "--range"\?/);
  await check(['query', '--range', '1 hour', 'x'], /--range must be a duration/);
  await check(['query', '--time', 'yesterday', 'x'], /--time must be RFC 3339/);
  await check(['qeury', 'x'], /unknown command "qeury"; did you mean "query"\?/);
});

test('help is short and has examples', async () => {
  for (const args of [['--help'], ['query', '--help'], ['version', '--help'], ['help', 'query']]) {
    const { code, out } = await run(args);
    assert.equal(code, 0);
    assert.ok(out.split('\n').length <= 40);
    assert.match(out, /Examples:/);
  }
});

test('an answer of something else than a Prometheus is not printed, and nothing breaks', async (t) => {
  const success = (data: string): string => `{"status":"success","data":${data}}`;
  const bodies = [
    '',
    'null',
    '[]',
    '<html>',
    '{"status":"success"}',
    '{"status":"error"}',
    success('{"resultType":"vector","result":[null]}'),
    success('{"resultType":"scalar","result":null}'),
    success('{"resultType":"matrix","result":[{"metric":{},"values":[null]}]}'),
    success('{"resultType":"vector","result":[{"metric":{"a":1},"value":[1,"1"]}]}'),
    `{"status":"success","warnings":5,"data":{"resultType":"vector","result":[]}}`,
  ];
  for (const body of bodies) {
    const { url } = await serve(t, 200, body);
    const { code, out, err } = await run(['query', '--url', url, 'x']);
    assert.deepEqual([code, out], [1, ''], body);
    assert.match(err, /^cannot read the answer of http:\S+: got HTTP 200 and no Prometheus JSON/, body);
  }
});

test('words of the server cannot move the cursor', async (t) => {
  const { url } = await serve(t, 400, '{"status":"error","error":"\\u001b[2Jgone"}');
  assert.equal((await run(['query', '--url', url, 'x'])).err, 'cannot evaluate the query: \uFFFD[2Jgone\n');
});

test('what no command understands is wrong usage, and says what it was', async () => {
  const check = async (args: readonly string[], want: RegExp): Promise<void> => {
    const { code, err } = await run(args);
    assert.equal(code, 2, args.join(' '));
    assert.match(err, want);
  };
  await check(['strat'], /unknown command "strat"; did you mean "start"\?/);
  await check(['help', 'nope'], /unknown command "nope"/);
  await check(['version', 'extra'], /unexpected argument "extra"/);
  await check(['doctor', 'extra'], /unexpected argument "extra"/);
  await check(['start', 'extra'], /unexpected argument "extra"/);
  await check(['start', '--data', ''], /cannot use --data "": it is empty/);
  await check(['start', '--config', ''], /cannot use --config "": it is empty/);
  await check(['query', '--url', 'ftp://x', 'up'], /--url must be a URL such as http/);
});
