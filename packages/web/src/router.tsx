import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { basePath } from './api/http.ts';
import { connectSearch } from './connect/search.ts';
import { dashboardSearch, dashboardsSearch } from './dashboards/search.ts';
import { addressOfHashLink } from './hash-link.ts';
import { withPageTexts } from './i18n/i18n.ts';
import { OverviewPage } from './overview/overview-page.tsx';
import {
  alertsSearch,
  banSearch,
  exploreSearch,
  exploreSearchOfGraphLink,
  guardSearch,
  keepTimeRange,
  newSilenceSearch,
  parseSearch,
  silenceSearch,
  stringifySearch,
  targetsSearch,
  timeRangeSearch,
} from './search.ts';
import { settingsSearch } from './settings/search.ts';
import { NotFound } from './shell/not-found.tsx';
import { PageFault } from './shell/page-fault.tsx';
import { Shell } from './shell/shell.tsx';

const rootRoute = createRootRoute({
  validateSearch: timeRangeSearch,
  search: { middlewares: [({ search, next }) => keepTimeRange(search, next(search))] },
  component: Shell,
  notFoundComponent: NotFound,
});

const overviewRoute = createRoute({ getParentRoute: () => rootRoute, path: '/', component: OverviewPage });

const exploreRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/explore',
  validateSearch: exploreSearch,
  component: lazyRouteComponent(() => withPageTexts(import('./explore/explore-page.tsx')), 'ExplorePage'),
});

const alertsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/alerts',
  validateSearch: alertsSearch,
  component: lazyRouteComponent(() => withPageTexts(import('./alerts/alerts-page.tsx')), 'AlertsPage'),
});

// Below /alerts, so that the navigation shows where one is.
const newSilenceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/alerts/silences/new',
  validateSearch: newSilenceSearch,
  component: lazyRouteComponent(
    () => withPageTexts(import('./silences/new-silence-page.tsx')),
    'NewSilencePage',
  ),
});

const silenceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/alerts/silences/$id',
  validateSearch: silenceSearch,
  component: lazyRouteComponent(() => withPageTexts(import('./silences/silence-page.tsx')), 'SilencePage'),
});

const analysisRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/alerts/analysis/$fingerprint',
  component: lazyRouteComponent(() => withPageTexts(import('./analysis/analysis-page.tsx')), 'AnalysisPage'),
});

const guardRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/guard',
  validateSearch: guardSearch,
  component: lazyRouteComponent(() => withPageTexts(import('./guard/guard-page.tsx')), 'GuardPage'),
});

const decisionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/guard/decisions/$id',
  component: lazyRouteComponent(() => withPageTexts(import('./guard/decision-page.tsx')), 'DecisionPage'),
});

const banRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/guard/ban',
  validateSearch: banSearch,
  component: lazyRouteComponent(() => withPageTexts(import('./guard/ban-page.tsx')), 'BanPage'),
});

const dashboardsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/dashboards',
  validateSearch: dashboardsSearch,
  component: lazyRouteComponent(
    () => withPageTexts(import('./dashboards/dashboards-page.tsx')),
    'DashboardsPage',
  ),
});

const importRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/dashboards/import',
  component: lazyRouteComponent(() => withPageTexts(import('./dashboards/import-page.tsx')), 'ImportPage'),
});

const dashboardRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/dashboards/$uid',
  validateSearch: dashboardSearch,
  component: lazyRouteComponent(
    () => withPageTexts(import('./dashboards/dashboard-page.tsx')),
    'DashboardPage',
  ),
});

const connectRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/connect',
  validateSearch: connectSearch,
  component: lazyRouteComponent(() => withPageTexts(import('./connect/connect-page.tsx')), 'ConnectPage'),
});

const settingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/settings/$section',
  validateSearch: settingsSearch,
  component: lazyRouteComponent(() => withPageTexts(import('./settings/settings-page.tsx')), 'SettingsPage'),
});

/** Where the one-time link leads that the server prints. */
const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/setup',
  component: lazyRouteComponent(() => withPageTexts(import('./account/setup-page.tsx')), 'SetupPage'),
});

const targetsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/targets',
  validateSearch: targetsSearch,
  component: lazyRouteComponent(() => withPageTexts(import('./targets/targets-page.tsx')), 'TargetsPage'),
});

const runbookRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/runbook/$name',
  component: lazyRouteComponent(() => withPageTexts(import('./runbook/runbook-page.tsx')), 'RunbookPage'),
});

/** Prometheus' link to an expression. */
const graphRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/graph',
  beforeLoad: ({ location }) => {
    redirect({
      to: '/explore',
      search: exploreSearchOfGraphLink(parseSearch(location.searchStr)),
      replace: true,
      throw: true,
    });
  },
});

const routeTree = rootRoute.addChildren([
  overviewRoute,
  dashboardsRoute,
  importRoute,
  dashboardRoute,
  exploreRoute,
  alertsRoute,
  newSilenceRoute,
  silenceRoute,
  analysisRoute,
  guardRoute,
  decisionRoute,
  banRoute,
  targetsRoute,
  connectRoute,
  settingsRoute,
  setupRoute,
  runbookRoute,
  graphRoute,
]);

export function createAppRouter() {
  const first = addressOfHashLink(location.hash);
  if (first !== undefined) history.replaceState(null, '', basePath() + first);
  const router = createRouter({
    routeTree,
    basepath: basePath() || '/',
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultErrorComponent: PageFault,
    scrollRestoration: true,
  });
  // A link pasted over the address of an open page changes the hash alone: nothing is loaded anew.
  window.addEventListener('hashchange', () => {
    const next = addressOfHashLink(location.hash);
    if (next !== undefined) router.history.replace(basePath() + next);
  });
  return router;
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
