import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError, UnavailableError } from '@vedette/model';
import { compressSnappy } from '../../lib/snappy.ts';
import {
  createScene,
  NOW_MS,
  requestV1,
  requestV2,
  writtenOf,
  type Pairs,
  type SeriesText,
} from './remote-write-fixture.ts';

const UP: Pairs = [
  ['__name__', 'up'],
  ['job', 'node'],
];
const ONE: readonly SeriesText[] = [{ labels: UP, samples: [{ timestampMs: 5, value: 1.5 }] }];

const ENCODE = { v1: requestV1, v2: requestV2 } as const;
const VERSIONS = ['v1', 'v2'] as const;

test('a sample arrives by either version, and the answer has no body', async () => {
  for (const version of VERSIONS) {
    const { send, store } = createScene();
    const answer = await send(version, ENCODE[version](ONE));
    assert.equal(answer.status, 204);
    assert.equal(answer.body, undefined);
    assert.deepEqual(store.rows, [['up{job="node"}', 5, 1.5]]);
  }
});

test('2.0 is told what was written, 1.0 is not', async () => {
  const { send } = createScene();
  assert.deepEqual(writtenOf(await send('v2', requestV2(ONE))), ['1', '0', '0']);
  assert.deepEqual(writtenOf(await send('v1', requestV1(ONE))), [undefined, undefined, undefined]);
});

test('headers decide the message, and what is neither is 415', async () => {
  const check = async (contentType: string | undefined, encoding: string | undefined, want: number) => {
    const { send } = createScene();
    const headers = { 'content-type': contentType, 'content-encoding': encoding };
    const answer = await send('v1', requestV1(ONE), headers);
    assert.equal(answer.status, want, `${contentType} ${encoding}`);
    if (want === 415) assert.match(String(answer.body), /^cannot take content/);
  };
  await check('application/x-protobuf', 'snappy', 204);
  await check('application/x-protobuf; proto=prometheus.WriteRequest', 'Snappy', 204);
  await check('Application/X-Protobuf;proto="prometheus.WriteRequest"', 'snappy', 204);
  await check('application/x-protobuf;charset=utf-8', 'snappy', 204);
  await check(undefined, undefined, 204);
  await check('application/x-protobuf', undefined, 204);
  await check('application/x-protobuf;proto=io.prometheus.write.v3.Request', 'snappy', 415);
  for (const type of ['application/json', 'image/png', 'application/x-www-form-urlencoded', 'text/plain'])
    await check(type, 'snappy', 415);
  for (const encoding of ['gzip', 'deflate', 'zstd', 'identity', 'snappy, gzip'])
    await check('application/x-protobuf', encoding, 415);
});

test('damage anywhere stores nothing', async () => {
  for (const version of VERSIONS) {
    const { send, sendPacked, store } = createScene();
    const message = ENCODE[version](ONE);
    const packed = compressSnappy(message);
    const refused = { name: InputError.name, code: 'VED_BODY_INVALID' };
    await assert.rejects(sendPacked(version, Buffer.from('0'.repeat(9))), refused);
    await assert.rejects(sendPacked(version, packed.subarray(0, -1)), refused);
    await assert.rejects(sendPacked(version, new Uint8Array(0)), refused);
    await assert.rejects(send(version, message.subarray(0, -1)), refused);
    await assert.rejects(send(version, Buffer.concat([message, Buffer.from([0x2a, 5, 1])])), refused);
    assert.equal(store.batchCount, 0);
  }
});

test('a message that is called the other version is refused, and no silent success', async () => {
  const { send, store } = createScene();
  const refused = (called: string, actual: string): object => ({
    code: 'VED_BODY_INVALID',
    message: new RegExp(`as version ${called}: it has series of version ${actual}`),
  });
  await assert.rejects(send('v2', ENCODE.v1(ONE)), refused('2.0', '1.0'));
  await assert.rejects(send('v1', ENCODE.v2(ONE)), refused('1.0', '2.0'));
  assert.equal(store.batchCount, 0);
});

test('a bomb is refused at the limit of the content, before memory is taken', async () => {
  const { sendPacked } = createScene();
  // Announces 32 MiB and one byte.
  const bomb = Uint8Array.of(0x81, 0x80, 0x80, 0x10, 0);
  await assert.rejects(sendPacked('v1', bomb), { code: 'VED_BODY_TOO_LARGE', message: /limit is 33554432/ });
});

test('a request without series is taken', async () => {
  for (const version of VERSIONS) {
    const { send, store } = createScene();
    assert.equal((await send(version, ENCODE[version]([]))).status, 204);
    assert.equal(store.batchCount, 0);
  }
});

test('series without a valid label set are refused with a reason, the others stored and counted', async () => {
  const check = async (labels: Pairs, want: RegExp, versions: readonly ('v1' | 'v2')[] = VERSIONS) => {
    for (const version of versions) {
      const { send, store, exposed } = createScene();
      const bad: SeriesText = {
        labels,
        samples: [
          { timestampMs: 1, value: 1 },
          { timestampMs: 2, value: 1 },
        ],
      };
      const answer = await send(version, ENCODE[version]([bad, ...ONE]));
      assert.equal(answer.status, 400, String(want));
      assert.match(String(answer.body), want);
      assert.equal(store.rows.length, 1);
      if (version === 'v2') assert.deepEqual(writtenOf(answer), ['1', '0', '0']);
      assert.match(
        exposed(),
        /vedette_remote_write_refused_total\{reason="(invalid-labels|label-limit)"\} 2\n/,
      );
    }
  };
  await check(
    [['job', 'x']],
    /^cannot store series \{job="x"\}: the metric name \(__name__\) is missing or empty\n$/,
  );
  await check(
    [
      ['__name__', ''],
      ['job', 'x'],
    ],
    /missing or empty/,
  );
  await check([], /missing or empty/);
  await check(
    [
      ['', 'x'],
      ['__name__', 'up'],
    ],
    /a label name is empty/,
  );
  await check(
    [
      ['__name__', 'up'],
      ['a', '1'],
      ['a', '2'],
    ],
    /label name "a" stands twice/,
  );
  await check(
    [
      ['__name__', 'up'],
      ['a', ''],
      ['a', ''],
    ],
    /label name "a" stands twice/,
  );
  await check(
    [
      ['__name__', 'up'],
      ['a'.repeat(1025), '1'],
    ],
    /a label name has 1025 bytes, the limit is 1024/,
  );
  await check(
    [
      ['__name__', 'up'],
      ['a', '1'.repeat(8193)],
    ],
    /the value of label "a" has 8193 bytes, the limit is 8192/,
  );
  const many = Array.from({ length: 128 }, (_, i): [string, string] => [
    `l${String(i).padStart(3, '0')}`,
    'v',
  ]);
  await check([['__name__', 'up'], ...many], /labels/);
  const wide = many.slice(0, 10).map(([name]): [string, string] => [name, 'v'.repeat(2000)]);
  await check([['__name__', 'up'], ...wide], /its labels have more than 16384 bytes/);
  await check(
    [
      ['job', 'x'],
      ['__name__', 'up'],
    ],
    /label names are not sorted/,
    ['v2'],
  );
});

test('what is at a limit is taken', async () => {
  const many = Array.from({ length: 127 }, (_, i): [string, string] => [
    `l${String(i).padStart(3, '0')}`,
    'v',
  ]);
  const labelSets: Pairs[] = [
    [
      ['__name__', 'up'],
      ['a'.repeat(1024), '1'],
    ],
    [
      ['__name__', 'up'],
      ['a', '1'.repeat(8192)],
    ],
    [['__name__', 'up'], ...many],
  ];
  for (const version of VERSIONS) {
    const { send, store } = createScene();
    const series = labelSets.map((labels) => ({ labels, samples: [{ timestampMs: 1, value: 1 }] }));
    assert.equal((await send(version, ENCODE[version](series))).status, 204);
    assert.equal(store.rows.length, 3);
  }
});

test('labels of 1.0 are sorted, as upstream does', async () => {
  const { send, store } = createScene();
  const labels: Pairs = [
    ['z', '1'],
    ['job', 'x'],
    ['__name__', 'up'],
    ['aé', '2'],
  ];
  assert.equal(
    (await send('v1', requestV1([{ labels, samples: [{ timestampMs: 1, value: 1 }] }]))).status,
    204,
  );
  assert.deepEqual(store.rows, [['up{"aé"="2", job="x", z="1"}', 1, 1]]);
});

test('names may hold any text, values too; empty labels are none', async () => {
  for (const version of VERSIONS) {
    const { send, store } = createScene();
    const labels: Pairs = [
      ['__name__', 'a.b c'],
      ['empty', ''],
      ['job.name', 'x\ny'],
      ['région', '🌍'],
    ];
    assert.equal(
      (await send(version, ENCODE[version]([{ labels, samples: [{ timestampMs: 1, value: 1 }] }]))).status,
      204,
    );
    assert.deepEqual(store.rows, [['{"a.b c", "job.name"="x\\ny", "région"="🌍"}', 1, 1]]);
  }
});

test('names and values that are not UTF-8 are refused', async () => {
  for (const version of VERSIONS)
    for (const [text, want] of [
      ['nÀ', /a label name is not UTF-8/],
      ['vÀ', /the value of label "k" is not UTF-8/],
    ] as const) {
      const { send } = createScene();
      const labels: Pairs = [['__name__', 'up'], text === 'nÀ' ? [text, 'x'] : ['k', text]];
      const message = Buffer.from(ENCODE[version]([{ labels, samples: [{ timestampMs: 1, value: 1 }] }]));
      const at = message.indexOf(0xc3);
      message[at + 1] = 0x20;
      const answer = await send(version, message);
      assert.equal(answer.status, 400);
      assert.match(String(answer.body), want);
    }
});

test('references beyond the symbols, or not in pairs, refuse their series alone', async () => {
  const { send, store } = createScene();
  const message = Buffer.from(requestV2([{ labels: UP, samples: [{ timestampMs: 1, value: 1 }] }, ...ONE]));
  // The packed references of the first series: 1, 2, 3, 4.
  const at = message.indexOf(Buffer.from([0x0a, 4, 1, 2, 3, 4]));
  message[at + 5] = 5;
  const answer = await send('v2', message);
  assert.equal(answer.status, 400);
  assert.match(String(answer.body), /symbol 5 is out of range: the request has 5/);
  assert.equal(store.rows.length, 1);
});

test('samples out of time open their series again, so that the store decides', async () => {
  for (const version of VERSIONS) {
    const { send, store } = createScene();
    const samples = [7, 9, 9, 8].map((timestampMs, value) => ({ timestampMs, value }));
    await send(version, ENCODE[version]([{ labels: UP, samples }]));
    assert.deepEqual(
      store.rows.map(([, timestampMs, value]) => [timestampMs, value]),
      [
        [7, 0],
        [9, 1],
        [9, 2],
        [8, 3],
      ],
    );
  }
});

test('special values arrive as they are, staleness markers as flags', async () => {
  for (const version of VERSIONS) {
    const { send, store } = createScene();
    const values = [NaN, Infinity, -Infinity, -0, 0, 1e-320, 'stale'] as const;
    const samples = values.map((value, i) => ({ timestampMs: i - 3, value }));
    assert.equal((await send(version, ENCODE[version]([{ labels: UP, samples }]))).status, 204);
    assert.deepEqual(
      store.rows.map(([, timestampMs, value]) => [timestampMs, value]),
      values.map((value, i) => [i - 3, value]),
    );
  }
});

test('a limit of series is told with its culprit, in both versions', async () => {
  const { store, send } = createScene();
  const detail = 'job "api" has 9 active series, the limit is 9; label "user" has 9 values';
  store.refusals = [{ reason: 'series-limit', count: 1, example: 'up{user="1"}', detail }];
  for (const version of ['v1', 'v2'] as const) {
    const answer = await send(version, ENCODE[version](ONE));
    assert.equal(answer.status, 400);
    assert.equal(
      answer.body,
      `cannot store 1 of series such as up{user="1"}: over a limit of active series: ${detail}\n`,
    );
  }
});

test('what the store refuses is told in words, and the headers never say more than was kept', async () => {
  const { send, store, exposed } = createScene();
  store.refusals = [{ reason: 'out-of-order', count: 1, example: 'up{job="node"}' }];
  const answer = await send(
    'v2',
    requestV2([...ONE, { labels: [['__name__', 'b']], samples: [{ timestampMs: 1, value: 1 }] }]),
  );
  assert.equal(answer.status, 400);
  assert.match(
    String(answer.body),
    /^cannot store 1 of series such as up\{job="node"\}: out of order, older/,
  );
  assert.deepEqual(writtenOf(answer), ['1', '0', '0']);
  assert.match(exposed(), /vedette_remote_write_refused_total\{reason="out-of-order"\} 1\n/);
});

test('only the first reasons are told', async () => {
  const { send } = createScene();
  const bad = Array.from({ length: 8 }, (_, i) => ({
    labels: [['job', String(i)]] as Pairs,
    samples: [{ timestampMs: 1, value: 1 }],
  }));
  const lines = String((await send('v2', requestV2(bad))).body)
    .trimEnd()
    .split('\n');
  assert.equal(lines.length, 6);
  assert.match(lines[5] ?? '', /^and 3 more/);
});

test('a store that is full is a moment to wait, not a fault of the sender', async () => {
  const { send, store, exposed } = createScene();
  store.isFull = true;
  await assert.rejects(send('v2', requestV2(ONE)), UnavailableError);
  assert.match(exposed(), /requests_total\{version="v2",outcome="busy"\} 1/);
});

test('exemplars without a time have that of the sample before, or of the request', async () => {
  for (const version of VERSIONS) {
    const { send, store } = createScene();
    const exemplars = [
      {
        labels: [
          ['trace_id', 'a'],
          ['span_id', 'b'],
        ] as Pairs,
        value: 2,
      },
      { labels: [], value: 3, timestampMs: 4 },
    ];
    const alone: SeriesText = { labels: [['__name__', 'alone']], exemplars: [{ labels: [], value: NaN }] };
    const answer = await send(version, ENCODE[version]([{ ...ONE[0]!, exemplars }, alone]));
    assert.equal(answer.status, 204);
    // In 1.0 exemplars stand before histograms and behind samples, in 2.0 behind both.
    assert.deepEqual(store.exemplars, [
      ['up{job="node"}', '{span_id="b", trace_id="a"}', 2, 5],
      ['up{job="node"}', '{}', 3, 4],
      ['alone', '{}', NaN, NOW_MS],
    ]);
    if (version === 'v2') assert.deepEqual(writtenOf(answer), ['1', '0', '3']);
  }
});

test('exemplars that cannot be stored fail requests of 2.0 alone', async () => {
  const labels = Array.from({ length: 33 }, (_, i): [string, string] => [`l${i}`, 'v']);
  const series: SeriesText = { ...ONE[0]!, exemplars: [{ labels, value: 1, timestampMs: 1 }] };
  for (const version of VERSIONS) {
    const { send, store } = createScene();
    assert.equal((await send(version, ENCODE[version]([series]))).status, version === 'v1' ? 204 : 400);
    assert.equal(store.rows.length, 1);
    assert.equal(store.exemplars.length, 0);
    store.refusals = [{ reason: 'invalid-exemplar', count: 1, example: 'up' }];
    assert.equal((await send(version, ENCODE[version](ONE))).status, version === 'v1' ? 204 : 400);
  }
});

test('metadata of 1.0 comes by itself, by family', async () => {
  const { send, store } = createScene();
  const metadata = [
    { family: 'up', type: 2, help: 'Is it\nup?', unit: '' },
    { family: 'x_seconds', type: 3, help: '', unit: 'seconds' },
    { family: 'later', type: 99, help: '', unit: '' },
    { family: '', type: 1, help: 'nameless', unit: '' },
    { family: 'long', type: 1, help: 'x'.repeat(4097), unit: '' },
  ];
  assert.equal((await send('v1', requestV1([], metadata))).status, 204);
  assert.deepEqual(store.metadata, [
    { family: 'up', type: 'gauge', help: 'Is it\nup?', unit: '' },
    { family: 'x_seconds', type: 'histogram', help: '', unit: 'seconds' },
    { family: 'later', type: 'unknown', help: '', unit: '' },
  ]);
});

test('metadata of 2.0 stands in each series and is told once a family', async () => {
  const { send, store } = createScene();
  const of = (name: string, job: string, type: number): SeriesText => ({
    labels: [
      ['__name__', name],
      ['job', job],
    ],
    samples: [{ timestampMs: 1, value: 1 }],
    metadata: { type, help: `help of ${name}`, unit: 's' },
  });
  const series = [of('a_total', '1', 1), of('a_total', '2', 1), of('h_bucket', '1', 3), of('s_sum', '1', 5)];
  assert.equal(
    (
      await send(
        'v2',
        requestV2([...series, { ...of('n', '1', 0), metadata: { type: 0, help: '', unit: '' } }]),
      )
    ).status,
    204,
  );
  assert.deepEqual(
    store.metadata.map(({ family, type }) => [family, type]),
    [
      ['a_total', 'counter'],
      ['h', 'histogram'],
      ['s', 'summary'],
    ],
  );
});

test('metadata alone is welcome in 2.0, without a name it is not', async () => {
  const { send, store } = createScene();
  const metadata = { type: 1, help: 'h', unit: '' };
  assert.equal((await send('v2', requestV2([{ labels: [['__name__', 'orphan']], metadata }]))).status, 204);
  assert.deepEqual(store.metadata, [{ family: 'orphan', type: 'counter', help: 'h', unit: '' }]);
  assert.equal((await send('v2', requestV2([{ labels: [['job', 'x']], metadata }]))).status, 400);
});

test('starts come by sample, or for the whole series as drafts of 2.0 had it', async () => {
  const { send, store } = createScene();
  const series: SeriesText[] = [
    {
      labels: UP,
      samples: [
        { timestampMs: 5, value: 1, startMs: 2 },
        { timestampMs: 6, value: 2 },
      ],
    },
    { labels: [['__name__', 'b']], samples: [{ timestampMs: 5, value: 1 }], createdMs: 3 },
    { labels: [['__name__', 'h']], histograms: [{ timestampMs: 7, countInt: 0, startMs: 4 }] },
  ];
  assert.equal((await send('v2', requestV2(series))).status, 204);
  assert.deepEqual(store.startsMs, [2, 0, 3, 4]);
});

test('work is cut in slices, inside a single series too', async () => {
  for (const version of VERSIONS) {
    const { send, yields } = createScene();
    const samples = Array.from({ length: 2560 }, (_, i) => ({ timestampMs: i, value: i }));
    await send(version, ENCODE[version]([{ labels: UP, samples }]));
    assert.ok(yields() >= 20, String(yields()));
  }
});

test('no more is read at a time than there is memory for', async () => {
  const { sendPacked, send } = createScene();
  // 32 MiB of zero bytes: the first field is at fault, but by then it is unpacked.
  const zeros = compressSnappy(new Uint8Array(32 * 2 ** 20));
  const running = Array.from({ length: 5 }, () => sendPacked('v1', zeros));
  const outcomes = await Promise.allSettled(running);
  const codes = outcomes.map((outcome) =>
    outcome.status === 'rejected' ? (outcome.reason as InputError).code : '',
  );
  assert.deepEqual(codes, [...Array<string>(4).fill('VED_BODY_INVALID'), 'VED_INGEST_BUSY']);
  assert.equal((await send('v1', requestV1(ONE))).status, 204);
});
