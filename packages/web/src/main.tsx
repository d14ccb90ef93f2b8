import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { I18nextProvider } from 'react-i18next';
import { isRetried, retryDelayMs } from './api/retry.ts';
import { startI18n } from './i18n/i18n.ts';
import { applyDensity } from './lib/density.ts';
import { browserClock, browserRandom } from './lib/browser-clock.ts';
import { openBrowserSocket } from './live/browser-socket.ts';
import { LiveClient } from './live/live-client.ts';
import { pollLive } from './live/poll-live.ts';
import { LiveContext } from './live/use-live.ts';
import { watchInstall } from './pwa/install.ts';
import { registerServiceWorker } from './pwa/register.ts';
import { keepSnapshots, recallSnapshot } from './pwa/snapshot-store.ts';
import { createAppRouter } from './router.tsx';
import './theme/mantine-styles.ts';
import './theme/global.css';
import { cssVariables, theme } from './theme/theme.ts';

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
document.addEventListener('visibilitychange', () => live.setHidden(document.hidden));
window.addEventListener('online', () => live.reconnectNow());

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: isRetried,
      retryDelay: retryDelayMs,
      staleTime: 5000,
    },
  },
});

applyDensity();
registerServiceWorker();
watchInstall();
const i18n = await startI18n();
const router = createAppRouter();
const root = document.getElementById('root');
if (root !== null)
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
  );
