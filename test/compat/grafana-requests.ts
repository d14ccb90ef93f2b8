import assert from 'node:assert/strict';

/**
 * The requests of Grafana's Prometheus data source, written down from what its sources say that it sends
 * (pkg/promlib, packages/grafana-prometheus, ngalert's proxy; seen in 2026). Grafana itself is not run here.
 */
export interface RecordedRequest {
  /** What a user of Grafana does when it is sent. */
  readonly when: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** The body of a POST, the query of a GET. A name may come twice. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** 200 unless named. */
  readonly status?: number;
  /** False where 2.42 does not have the endpoint, or our own metrics are part of the answer. */
  readonly isLikeTheirs: boolean;
  /** Asserts content, of the `data` of the answer. */
  readonly check: (data: unknown) => void;
}

interface Result {
  readonly resultType: string;
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly value?: readonly [number, string];
    readonly values?: readonly (readonly [number, string])[];
  }[];
}

const hasLength =
  (want: number) =>
  (data: unknown): void => {
    assert.ok(Array.isArray(data));
    assert.equal(data.length, want);
  };

const includes =
  (...want: readonly string[]) =>
  (data: unknown): void => {
    assert.ok(Array.isArray(data));
    for (const one of want) assert.ok(data.includes(one), one);
  };

const equals =
  (want: unknown) =>
  (data: unknown): void =>
    assert.deepEqual(data, want);

const hasSeries =
  (resultType: 'vector' | 'matrix', count: number, pointsMin = 1) =>
  (data: unknown): void => {
    const { resultType: type, result } = data as Result;
    assert.deepEqual([type, result.length], [resultType, count]);
    for (const { value, values } of result) assert.ok((values ?? [value]).length >= pointsMin);
  };

/** `formatTime` of its client: seconds with as many decimals as there are. */
const seconds = (ms: number): string => String(ms / 1000);

type Fields = RecordedRequest['fields'];

interface Times {
  /** The newest sample. */
  readonly lastMs: number;
}

export function recordedRequests({ lastMs }: Times): readonly RecordedRequest[] {
  return [
    ...settingUp(),
    ...panels(lastMs),
    ...editor(lastMs),
    ...meanings(lastMs),
    ...variables(lastMs),
    ...exemplars(lastMs),
    ...mistakes(lastMs),
  ];
}

const get = (when: string, path: string, fields: Fields, rest: Rest): RecordedRequest => ({
  when,
  method: 'GET',
  path,
  fields,
  isLikeTheirs: true,
  ...rest,
});

type Rest = Pick<RecordedRequest, 'check'> & Partial<RecordedRequest>;

const post = (when: string, path: string, fields: Fields, rest: Rest): RecordedRequest => ({
  ...get(when, path, fields, rest),
  method: 'POST',
});

/** Save and test: the health check, then the guess at what this is. */
function settingUp(): RecordedRequest[] {
  const two = equals({ resultType: 'scalar', result: [4, '2'] });
  const health: Fields = [
    ['query', '1+1'],
    ['time', '4'],
  ];
  return [
    post('save and test', '/api/v1/query', health, { check: two }),
    get('save and test, HTTP method GET', '/api/v1/query', health, { check: two }),
    post('save and test, with a query timeout', '/api/v1/query', [...health, ['timeout', '60s']], {
      check: two,
    }),
    get('heuristics: Prometheus or Mimir, and which version', '/api/v1/status/buildinfo', [], {
      isLikeTheirs: false,
      check: (data) => {
        const info = data as Record<string, string>;
        assert.match(info['version'] ?? '', /^3\.\d+\.\d+$/);
        assert.equal('features' in info, false, 'with features, Grafana takes it for Mimir');
        assert.equal('application' in info, false);
      },
    }),
  ];
}

/** Panels, with start and end on multiples of the step in the time zone of the dashboard. */
function panels(lastMs: number): RecordedRequest[] {
  const aligned = (stepMs: number, offsetSeconds = 0): number =>
    Math.floor((lastMs + offsetSeconds * 1000) / stepMs) * stepMs - offsetSeconds * 1000;
  const range = (query: string, stepMs: number, offsetSeconds = 0): Fields => {
    const endMs = aligned(stepMs, offsetSeconds);
    return [
      ['end', seconds(endMs)],
      ['query', query],
      ['start', seconds(endMs - stepMs * 20)],
      ['step', seconds(stepMs)],
    ];
  };
  const NEPAL = 5 * 3600 + 45 * 60;
  const rate = 'sum by (path) (rate(requests_total{job=~"shop"}[1m0s]))';
  const path = '/api/v1/query_range';
  return [
    post('a graph, $__rate_interval', path, range(rate, 15_000), { check: hasSeries('matrix', 2, 20) }),
    get('a graph, HTTP method GET', path, range(rate, 15_000), { check: hasSeries('matrix', 2, 20) }),
    post('a graph in Kathmandu, a step of 7 minutes', path, range('temperature', 420_000, NEPAL), {
      check: hasSeries('matrix', 3),
    }),
    post('a graph west of Greenwich', path, range('temperature', 60_000, -12_600), {
      check: hasSeries('matrix', 3, 20),
    }),
    post('a graph with a step below a second', path, range('up{job="shop"}', 250), {
      check: hasSeries('matrix', 1, 20),
    }),
    post('a heat map', path, range('sum by (le) (increase(latency_seconds_bucket[30s]))', 30_000), {
      check: hasSeries('matrix', 4, 20),
    }),
    post('annotations', path, range('changes(requests_total{code="500"}[1m]) > 0', 60_000), {
      check: hasSeries('matrix', 2),
    }),
    post('a graph without series', path, range('nobody{a="b"}', 15_000), { check: hasSeries('matrix', 0) }),
    post('a range of $__range', path, range('max_over_time(temperature{zone=""}[1800s])', 60_000), {
      check: hasSeries('matrix', 1),
    }),
    post(
      'a stat or table panel',
      '/api/v1/query',
      [
        ['query', 'topk(2, requests_total)'],
        ['time', seconds(lastMs + 123)],
      ],
      { check: hasSeries('vector', 2) },
    ),
  ];
}

const LIMIT: Fields = [['limit', '40000']];
const match = (selector: string): Fields => [['match[]', selector]];

/** Whole minutes, so that answers may be cached. */
const editorTimes = (lastMs: number): Fields => [
  ['start', String(Math.floor((lastMs - 1_800_000) / 60_000) * 60)],
  ['end', String(Math.ceil(lastMs / 60_000) * 60)],
];

/** Code editor and builder: what names and values there are. */
function editor(lastMs: number): RecordedRequest[] {
  const times = editorTimes(lastMs);
  return [
    get('all metrics', '/api/v1/label/__name__/values', [...LIMIT, ...times], {
      isLikeTheirs: false,
      check: includes('requests_total', 'temperature', 'latency_seconds_bucket'),
    }),
    get(
      'values of a label of a metric',
      '/api/v1/label/code/values',
      [...LIMIT, ...times, ...match('requests_total')],
      { check: equals(['200', '500']) },
    ),
    get(
      'values of a label under the chosen filters',
      '/api/v1/label/path/values',
      [...times, ...match('{__name__="requests_total",code=~"5..|x"}')],
      { check: equals(['/', '/cart']) },
    ),
    get('values of a label with a dot', '/api/v1/label/U__service_2e_name/values', times, {
      isLikeTheirs: false,
      check: equals(['größe', 'shop']),
    }),
    get('values of a label with an escaped underscore', '/api/v1/label/U__build__id/values', times, {
      isLikeTheirs: false,
      check: equals(['b1']),
    }),
    post('names of labels', '/api/v1/labels', [...LIMIT, ...times, ...match('requests_total')], {
      check: equals(['__name__', 'code', 'instance', 'job', 'path']),
    }),
    post(
      'names of labels of several queries',
      '/api/v1/labels',
      [...times, ...match('requests_total'), ...match('temperature')],
      { check: equals(['__name__', 'code', 'instance', 'job', 'path', 'zone']) },
    ),
    get('names of labels, HTTP method GET', '/api/v1/labels', [...times, ...match('up{job="shop"}')], {
      check: equals(['__name__', 'instance', 'job']),
    }),
  ];
}

/** The editor's series, what metrics mean, and expressions laid out or taken apart. */
function meanings(lastMs: number): RecordedRequest[] {
  const times = editorTimes(lastMs);
  return [
    post('series of a selector', '/api/v1/series', [...times, ...match('requests_total'), ...LIMIT], {
      check: hasLength(4),
    }),
    post(
      'series of everything that has a label',
      '/api/v1/series',
      [...times, ...match('{zone!=""}'), ...LIMIT],
      { check: hasLength(2) },
    ),
    get('metadata', '/api/v1/metadata', [], {
      isLikeTheirs: false,
      check: (data) => {
        const families = data as Record<string, { type: string; help: string; unit: string }[]>;
        const [first] = families['vedette_http_requests_total'] ?? [];
        assert.equal(first?.type, 'counter');
        assert.ok((first.help ?? '').length > 0);
      },
    }),
    get('metadata of one metric', '/api/v1/metadata', [['metric', 'nobody']], { check: equals({}) }),
    get(
      'metadata with a limit',
      '/api/v1/metadata',
      [
        ['limit', '1'],
        ['limit_per_metric', '1'],
      ],
      {
        isLikeTheirs: false,
        check: (data) => assert.equal(Object.keys(data as object).length, 1),
      },
    ),
    get(
      'format query',
      '/api/v1/format_query',
      [['query', 'sum(rate(requests_total{job="shop"}[1m]))by(path)']],
      { check: equals('sum by (path) (rate(requests_total{job="shop"}[1m]))') },
    ),
    post('parse query, as Perses asks', '/api/v1/parse_query', [['query', 'sum(up)']], {
      isLikeTheirs: false,
      check: (data) => assert.equal((data as { type: string }).type, 'aggregation'),
    }),
  ];
}

/** Variables of dashboards. Their regular expressions are applied by Grafana, not sent. */
function variables(lastMs: number): RecordedRequest[] {
  const times: Fields = [
    ['start', String(Math.floor((lastMs - 1_800_000) / 1000))],
    ['end', String(Math.ceil(lastMs / 1000))],
  ];
  return [
    get(
      'label_values(requests_total{job=~"$job"}, path) with everything chosen',
      '/api/v1/label/path/values',
      [['match[]', 'requests_total{job=~".*"}'], ...times],
      { check: equals(['/', '/cart']) },
    ),
    get(
      'label_values(path) with two jobs chosen',
      '/api/v1/label/path/values',
      [['match[]', '{job=~"(shop|a\\\\.b)"}'], ...times],
      { check: equals(['/', '/cart']) },
    ),
    get('metrics(requests)', '/api/v1/label/__name__/values', times, {
      isLikeTheirs: false,
      check: includes('requests_total'),
    }),
    post('label_names()', '/api/v1/labels', times, { isLikeTheirs: false, check: includes('zone', 'le') }),
    post(
      'query_result(…)',
      '/api/v1/query',
      [
        ['query', 'sort_desc(sum by (code) (requests_total))'],
        ['time', String(Math.ceil(lastMs / 1000))],
      ],
      { check: hasSeries('vector', 2) },
    ),
    post('a series query', '/api/v1/series', [['match[]', 'temperature'], ...times], { check: hasLength(3) }),
  ];
}

function exemplars(lastMs: number): RecordedRequest[] {
  const path = '/api/v1/query_exemplars';
  return [
    // Milliseconds where the API has seconds: the years 58,000 and beyond must do.
    get(
      'does it have exemplars?',
      path,
      [
        ['query', 'test'],
        ['start', String(lastMs - 1_800_000)],
        ['end', String(lastMs)],
      ],
      { check: equals([]) },
    ),
    post(
      'a graph with exemplars',
      path,
      [
        ['end', seconds(lastMs)],
        ['query', 'histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[1m0s])))'],
        ['start', seconds(lastMs - 600_000)],
      ],
      { check: hasLength(4) },
    ),
  ];
}

/** Grafana asks again by GET after a 400 or 405, so what is wrong comes twice. */
function mistakes(lastMs: number): RecordedRequest[] {
  const wrong: Fields = [
    ['query', 'sum('],
    ['time', seconds(lastMs)],
  ];
  const isNothing = (data: unknown): void => assert.equal(data, undefined);
  return [
    post('a half-written query', '/api/v1/query', wrong, { status: 400, check: isNothing }),
    get('a half-written query, again', '/api/v1/query', wrong, { status: 400, check: isNothing }),
    post('series of a half-written selector', '/api/v1/series', [['match[]', 'up{']], {
      status: 400,
      check: isNothing,
    }),
    post(
      'a query that fails while it runs',
      '/api/v1/query',
      [
        ['query', 'label_replace(up, "a", "b", "c", "((")'],
        ['time', seconds(lastMs)],
      ],
      { status: 422, check: isNothing },
    ),
    post(
      'more points than a series may have',
      '/api/v1/query_range',
      [
        ['query', 'up'],
        ['start', '0'],
        ['end', '11001'],
        ['step', '1'],
      ],
      { status: 400, check: isNothing },
    ),
  ];
}
