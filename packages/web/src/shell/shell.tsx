import { Outlet, useSearch } from '@tanstack/react-router';
import { Suspense, useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAccess } from '../account/use-access.ts';
import { OfflineBanner } from '../pwa/offline-banner.tsx';
import { UpdateNotice } from '../pwa/update-notice.tsx';
import { Navigation } from './navigation.tsx';
import { ShellContext, type ShellState } from './shell-state.ts';
import css from './shell.module.css';
import { SessionFault } from './session-fault.tsx';
import { SignIn } from './sign-in.tsx';
import { useBrowserBar } from '../theme/use-browser-bar.ts';
import { showZone, storedZone } from '../time/zone.ts';
import { useShortcuts } from './use-shortcuts.ts';
import { part } from '../lib/part.ts';

const Palette = part(async () => (await import('./palette.tsx')).Palette);

const Shortcuts = part(async () => (await import('./shortcuts.tsx')).Shortcuts);

/** Everything around the pages: navigation, sign-in, palette, shortcuts. */
export function Shell() {
  const { t } = useTranslation();
  const [isTimeOpen, setIsTimeOpen] = useState(false);
  const [areShortcutsOpen, setAreShortcutsOpen] = useState(false);
  // The palette's code is fetched when it is first asked for; each request counts one up.
  const [paletteRequests, setPaletteRequests] = useState(0);
  const openPalette = useCallback(() => setPaletteRequests((count) => count + 1), []);
  const openShortcuts = useCallback(() => setAreShortcutsOpen(true), []);
  const state = useMemo<ShellState>(
    () => ({ isTimeOpen, setIsTimeOpen, openPalette, openShortcuts }),
    [isTimeOpen, openPalette, openShortcuts],
  );
  useShortcuts(state);
  useBrowserBar();
  const access = useAccess();
  const zone = useSearch({ strict: false }).tz ?? storedZone();
  showZone(zone);
  return (
    <ShellContext value={state}>
      <a className={css.skip} href="#content">
        {t('shell.skip')}
      </a>
      <div className={css.shell}>
        <Navigation />
        <div className={css.page}>
          <OfflineBanner />
          <UpdateNotice />
          <SignIn access={access} />
          <SessionFault />
          {/* Another zone changes every time on the page: it is made anew. */}
          <Suspense key={zone}>{access.kind !== 'lost' && <Outlet />}</Suspense>
        </div>
      </div>
      {areShortcutsOpen && (
        <Suspense>
          <Shortcuts onClose={() => setAreShortcutsOpen(false)} />
        </Suspense>
      )}
      {paletteRequests > 0 && (
        <Suspense>
          <Palette requests={paletteRequests} />
        </Suspense>
      )}
    </ShellContext>
  );
}
