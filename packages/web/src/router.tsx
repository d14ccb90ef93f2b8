import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { basePath } from './api/http.ts';
import { OverviewPage } from './overview/overview-page.tsx';
import {
  alertsSearch,
  exploreSearch,
  exploreSearchOfGraphLink,
  keepTimeRange,
  parseSearch,
  stringifySearch,
  targetsSearch,
  timeRangeSearch,
} from './search.ts';
import { NotFound } from './shell/not-found.tsx';
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
  component: lazyRouteComponent(() => import('./explore/explore-page.tsx'), 'ExplorePage'),
});

const alertsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/alerts',
  validateSearch: alertsSearch,
  component: lazyRouteComponent(() => import('./alerts/alerts-page.tsx'), 'AlertsPage'),
});

const targetsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/targets',
  validateSearch: targetsSearch,
  component: lazyRouteComponent(() => import('./targets/targets-page.tsx'), 'TargetsPage'),
});

const runbookRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/runbook/$name',
  component: lazyRouteComponent(() => import('./runbook/runbook-page.tsx'), 'RunbookPage'),
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
  exploreRoute,
  alertsRoute,
  targetsRoute,
  runbookRoute,
  graphRoute,
]);

export function createAppRouter() {
  return createRouter({
    routeTree,
    basepath: basePath() || '/',
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
