import type { FakeAnswer } from './fake-answers.ts';
import type { FakeScene } from './fake-state.ts';

/** Invented dashboards with one of everything that a page of them shows. What is stored is forgotten at once. */
export function fakeDashboardAnswer(path: string, body: string, scene: FakeScene): FakeAnswer | undefined {
  const root = '/api/vedette/dashboards';
  if (path === root)
    return json(
      body === ''
        ? scene === 'fresh'
          ? []
          : ENTRIES.map(({ dashboard: _dashboard, ...entry }) => entry)
        : ENTRIES[0],
    );
  if (!path.startsWith(`${root}/`)) return undefined;
  const [uid, part] = path.slice(root.length + 1).split('/');
  const found = ENTRIES.find((entry) => entry.uid === uid);
  if (found === undefined)
    return { status: 404, text: JSON.stringify({ error: `cannot find dashboard "${uid ?? ''}"` }) };
  if (part === 'versions') return json(VERSIONS);
  if (body !== '')
    return {
      status: 409,
      text: JSON.stringify({ error: 'cannot save dashboard: version 4 is newer; got version 3' }),
    };
  return json(found);
}

const VERSIONS = [
  { version: 3, atMs: Date.now() - 3_600_000, by: 'ada', message: 'Thresholds as in the contract' },
  { version: 2, atMs: Date.now() - 90_000_000, by: 'grace', message: '' },
  { version: 1, atMs: Date.now() - 400_000_000, by: 'ada', message: 'Imported' },
];

const target = (expr: string, legendFormat = '', more: object = {}): object => ({
  refId: 'A',
  expr,
  legendFormat,
  ...more,
});

const REQUESTS = 'sum by (route) (rate(http_requests_total[$__rate_interval]))';

const SHOP = {
  uid: 'shop',
  title: 'Shop',
  description: 'Requests, errors and machines of the shop.',
  tags: ['shop', 'http'],
  schemaVersion: 41,
  time: { from: 'now-15m', to: 'now' },
  timezone: 'browser',
  templating: {
    list: [
      {
        type: 'query',
        name: 'job',
        label: 'Job',
        query: 'label_values(up, job)',
        multi: true,
        includeAll: true,
        refresh: 1,
        current: { value: ['$__all'] },
      },
      { type: 'custom', name: 'percentile', query: '50,90,99', current: { value: '90' } },
      { type: 'textbox', name: 'route', query: '/api', current: { value: '/api' } },
      { type: 'interval', name: 'window', query: '1m,5m,1h', current: { value: '5m' } },
    ],
  },
  links: [{ type: 'link', title: 'Runbook', url: '/runbook/TargetDown' }],
  panels: [
    stat(1, 'Requests per second', 0, 'reqps'),
    stat(2, 'Error ratio', 6, 'percentunit'),
    stat(3, 'Targets up', 12, 'none'),
    { ...stat(4, 'Cannot be asked', 18, 'none'), targets: [target('sum(rate(http_requests_total[5m])')] },
    {
      id: 5,
      type: 'timeseries',
      title: 'Requests of $job',
      description: 'Answered requests by route.',
      gridPos: { x: 0, y: 4, w: 12, h: 9 },
      targets: [target(REQUESTS, '{{route}}')],
      fieldConfig: { defaults: { unit: 'reqps', custom: { fillOpacity: 10 } }, overrides: [] },
      options: { legend: { displayMode: 'table', calcs: ['mean', 'max'] } },
    },
    {
      id: 6,
      type: 'timeseries',
      title: 'A day before',
      timeShift: '1d',
      gridPos: { x: 12, y: 4, w: 12, h: 9 },
      targets: [target(REQUESTS, '{{route}}')],
      fieldConfig: { defaults: { unit: 'reqps' }, overrides: [] },
    },
    { id: 7, type: 'row', title: 'Machines', gridPos: { x: 0, y: 13, w: 24, h: 1 } },
    {
      id: 8,
      type: 'table',
      title: 'Targets',
      gridPos: { x: 0, y: 14, w: 12, h: 8 },
      targets: [target('up', '', { format: 'table', instant: true, range: false })],
    },
    {
      id: 9,
      type: 'text',
      title: 'Note',
      gridPos: { x: 12, y: 14, w: 12, h: 4 },
      options: { mode: 'markdown', content: '**Call Ada** before you restart `$job`.' },
    },
    { id: 12, type: 'geomap', title: 'Map', gridPos: { x: 12, y: 18, w: 12, h: 4 }, targets: [] },
    {
      id: 10,
      type: 'row',
      title: 'Closed',
      collapsed: true,
      gridPos: { x: 0, y: 22, w: 24, h: 1 },
      panels: [
        {
          id: 11,
          type: 'timeseries',
          title: 'Load',
          gridPos: { x: 0, y: 23, w: 24, h: 8 },
          targets: [target('node_load1')],
        },
      ],
    },
  ],
};

function stat(id: number, title: string, x: number, unit: string): object {
  return {
    id,
    type: 'stat',
    title,
    gridPos: { x, y: 0, w: 6, h: 4 },
    targets: [target('sum(rate(http_requests_total[5m]))')],
    fieldConfig: { defaults: { unit }, overrides: [] },
  };
}

const entry = (uid: string, title: string, description: string, more: object) => ({
  uid,
  title,
  description,
  tags: [],
  origin: 'shipped',
  version: 0,
  panelCount: 12,
  updatedAtMs: null,
  updatedBy: null,
  dashboard: { ...SHOP, uid, title },
  ...more,
});

const ENTRIES = [
  entry('host', 'Host', 'CPU, memory, disks and network of a machine.', { tags: ['machines'] }),
  entry('api-performance', 'API performance', 'Latency by route, slow routes, errors by status.', {
    tags: ['http', 'slo'],
    origin: 'edited',
    version: 3,
    updatedAtMs: Date.now() - 7_200_000,
    updatedBy: 'grace',
  }),
  entry('shop', SHOP.title, SHOP.description, {
    tags: SHOP.tags,
    origin: 'stored',
    version: 3,
    updatedAtMs: Date.now() - 3_600_000,
    updatedBy: 'ada',
    dashboard: SHOP,
  }),
];

function json(body: unknown): FakeAnswer {
  return { text: JSON.stringify(body) };
}
