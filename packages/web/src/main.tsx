import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { startTransition, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { I18nextProvider } from 'react-i18next';
import { isRetried, retryDelayMs } from './api/retry.ts';
import { startI18n } from './i18n/i18n.ts';
import { applyDensity } from './lib/density.ts';
import { untilCalm, watchCalm } from './lib/calm.ts';
import { browserClock, browserRandom } from './lib/browser-clock.ts';
import { openBrowserSocket } from './live/browser-socket.ts';
import { LiveClient } from './live/live-client.ts';
import { pollLive } from './live/poll-live.ts';
import { askAgainOnReturn } from './live/ask-again.ts';
import { ALERTS, LiveContext, STATUS } from './live/use-live.ts';
import { askEarly } from './overview/ask-early.ts';
import { watchInstall } from './pwa/install.ts';
import { registerServiceWorker } from './pwa/register.ts';
import { keepSnapshots, recallSnapshot } from './pwa/snapshot-store.ts';
import { createAppRouter } from './router.tsx';
import './theme/mantine-styles.ts';
import './theme/global.css';
import { cssVariables, theme } from './theme/theme.ts';

/** Of drawing the first screen on a slow phone. */
const EARLY_MS = 10_000;

/** The composition root: everything that lives as long as the page is made here, and nowhere else. */
const live = new LiveClient({
  clock: browserClock,
  random: browserRandom,
  openSocket: openBrowserSocket,
  requestFrame: (task) => requestAnimationFrame(task),
  poll: pollLive,
  recall: recallSnapshot,
});
keepSnapshots(live);
// The server is asked while the page is still being drawn: what every screen has, and the rest for as long as it takes
// those who show it to ask, too.
live.subscribe(ALERTS, () => undefined);
forgetLater([live.subscribe(STATUS, () => undefined)]);
document.addEventListener('visibilitychange', () => live.setHidden(document.hidden));
window.addEventListener('online', () => live.reconnectNow());

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: isRetried,
      retryDelay: retryDelayMs,
      staleTime: 5000,
      // A browser without a network still reaches a server on this machine, and what its worker has kept.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});
askAgainOnReturn(live, queries);

applyDensity();
watchCalm();
void untilCalm().then(registerServiceWorker);
watchInstall();
void start();

function forgetLater(subscriptions: ReturnType<typeof askEarly>): void {
  browserClock.setTimer(EARLY_MS, () => subscriptions.forEach((subscription) => subscription.close()));
}

/**
 * Draws the page. Not awaited by this module: the code of the other pages imports from the one that holds it, and would
 * wait for its end.
 */
async function start(): Promise<void> {
  const i18n = await startI18n();
  const router = createAppRouter();
  if (router.matchRoutes(router.latestLocation).at(-1)?.routeId === '/') {
    // Matched before it is drawn: what the router changes afterwards is drawn at one go, without slices.
    await router.load();
    forgetLater(askEarly(live, { t: i18n.t, search: router.state.location.search }));
  }
  const root = document.getElementById('root');
  if (root !== null)
    // In slices of a few milliseconds: between them the page answers, and what the server says is heard.
    startTransition(() =>
      createRoot(root).render(
        <StrictMode>
          <I18nextProvider i18n={i18n}>
            <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
              <QueryClientProvider client={queries}>
                <LiveContext value={live}>
                  <RouterProvider router={router} />
                </LiveContext>
              </QueryClientProvider>
            </MantineProvider>
          </I18nextProvider>
        </StrictMode>,
      ),
    );
}
