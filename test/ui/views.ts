/** Every route of the UI, for the gate; what lies behind a click is in the journeys. */
export interface View {
  readonly name: string;
  readonly path: string;
  /** A complaint of the console that belongs to the view: a refusal that it shows. */
  readonly expected?: RegExp;
}

const SECTIONS = [
  'accounts',
  'tokens',
  'receivers',
  'audit',
  'storage',
  'cardinality',
  'status',
  'device',
] as const;

/** Those of `dashboards/*.json`. */
const DASHBOARDS = [
  'overview',
  'host',
  'application',
  'api',
  'jobs',
  'behaviour',
  'alerts',
  'server',
] as const;

/** Of the ways in, those built differently from one another: they share one page. */
const WAYS = ['node', 'otlp', 'scrape', 'guard', 'assistants', 'tools'] as const;

export const VIEWS: readonly View[] = [
  { name: 'overview', path: '/' },
  { name: 'dashboards', path: '/dashboards' },
  ...DASHBOARDS.map((uid) => ({ name: `dashboard-${uid}`, path: `/dashboards/vedette-${uid}` })),
  { name: 'dashboards-import', path: '/dashboards/import' },
  {
    name: 'explore',
    path: `/explore?expr=${encodeURIComponent('sum by (route) (rate(http_requests_total[1m]))')}`,
  },
  { name: 'explore-table', path: '/explore?expr=up&view=table' },
  {
    name: 'explore-explain',
    path: `/explore?expr=${encodeURIComponent('sum by (route) (rate(http_requests_total[1m])) > 0.1')}&view=explain`,
  },
  { name: 'alerts', path: '/alerts' },
  { name: 'analysis-none', path: '/alerts/analysis/00000000', expected: /status of 404/ },
  { name: 'silences', path: '/alerts?view=silences' },
  { name: 'rules', path: '/alerts?view=rules' },
  { name: 'notifications', path: '/alerts?view=notifications' },
  { name: 'silence-new', path: '/alerts/silences/new' },
  { name: 'guard', path: '/guard' },
  { name: 'guard-subjects', path: '/guard?view=subjects' },
  { name: 'guard-reviews', path: '/guard?view=reviews' },
  { name: 'guard-appeals', path: '/guard?view=appeals' },
  { name: 'guard-backtest', path: '/guard?view=backtest' },
  { name: 'guard-policies', path: '/guard?view=policies' },
  { name: 'guard-ban', path: '/guard/ban' },
  { name: 'targets', path: '/targets' },
  { name: 'sources', path: '/targets?view=sources' },
  ...WAYS.map((way) => ({ name: `connect-${way}`, path: `/connect?way=${way}` })),
  ...SECTIONS.map((section) => ({ name: `settings-${section}`, path: `/settings/${section}` })),
  { name: 'runbook', path: '/runbook/TargetDown' },
  { name: 'not-found', path: '/nowhere' },
];
