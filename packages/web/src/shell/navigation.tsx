import { IconDots, IconKeyboard, IconSearch, IconSettings } from '@tabler/icons-react';
import { Link, useLocation } from '@tanstack/react-router';
import { cloneElement, Suspense, useRef, type ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import design from '../design/design.module.css';
import { IconButton } from '../design/icon-button.tsx';
import { untilCalm } from '../lib/calm.ts';
import { useFiringCount } from '../live/use-live.ts';
import { PAGES, PAGES_UNDER_MORE } from './pages.ts';
import css from './shell.module.css';
import { useShellState } from './shell-state.ts';
import { noting, UNTOUCHED, type Held, type OpenerProps } from './take-over.ts';
import { part } from '../lib/part.ts';

const SettingsMenu = part(async () => {
  await untilCalm();
  return (await import('./settings-menu.tsx')).SettingsMenu;
});

/** Left rail; 56 px of icons on a tablet, a bar at the bottom of a phone. One element, three shapes. */
export function Navigation() {
  const { t } = useTranslation();
  const { openPalette } = useShellState();
  const firing = useFiringCount();
  return (
    <nav className={css.rail} aria-label={t('nav.title')}>
      <Link to="/" className={css.brand} aria-label="Vedette">
        <Mark />
        <span className={css.railText}>Vedette</span>
      </Link>
      <button type="button" className={css.search} onClick={openPalette} aria-keyshortcuts="Control+K">
        <IconSearch size={16} aria-hidden="true" />
        <span className={css.navText}>{t('shell.search')}</span>
        <kbd className={css.searchKey}>Ctrl K</kbd>
      </button>
      <ul className={css.navList}>
        {PAGES.map(({ id, to, icon: Icon }) => (
          <li key={id} className={UNDER_MORE.has(id) ? css.underMore : undefined}>
            <Link to={to} className={css.navLink} activeOptions={{ exact: to === '/', includeSearch: false }}>
              <Icon size={18} stroke={1.75} aria-hidden="true" />
              <span className={css.navText}>{t(`nav.${id}`)}</span>
              {id === 'alerts' && firing > 0 && (
                <span className={css.navCount} aria-label={t('nav.firing', { count: firing })}>
                  {firing}
                </span>
              )}
            </Link>
          </li>
        ))}
        <More />
      </ul>
      <RailFoot />
    </nav>
  );
}

const UNDER_MORE: ReadonlySet<string> = new Set(PAGES_UNDER_MORE.map(({ id }) => id));

/** The last entry of a phone's bar: the other pages, the search, and what is set. */
function More() {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const isHere = PAGES_UNDER_MORE.some(({ to }) => pathname === to || pathname.startsWith(`${to}/`));
  return (
    <li className={css.more}>
      <Settings hasPages>
        <button type="button" className={css.navLink} data-status={isHere ? 'active' : undefined}>
          <IconDots size={18} aria-hidden="true" />
          <span className={css.navText}>{t('nav.more')}</span>
        </button>
      </Settings>
    </li>
  );
}

function RailFoot() {
  const { t } = useTranslation();
  const { openShortcuts } = useShellState();
  return (
    <div className={css.railFoot}>
      <Settings>
        <button
          type="button"
          className={`${design.iconButton} ${css.railButton}`}
          aria-label={t('settings.title')}
        >
          <IconSettings size={18} stroke={1.75} />
        </button>
      </Settings>
      <IconButton label={t('shortcuts.title')} size={32} tipSide="right" onClick={openShortcuts}>
        <IconKeyboard size={18} stroke={1.75} />
      </IconButton>
    </div>
  );
}

/** The menu comes after the first screen; a press before that opens it when it is there. */
function Settings({
  hasPages = false,
  children,
}: {
  readonly hasPages?: boolean;
  readonly children: ReactElement<OpenerProps>;
}) {
  const held = useRef<Held>({ ...UNTOUCHED });
  return (
    <Suspense fallback={cloneElement(children, noting(held))}>
      <SettingsMenu hasPages={hasPages} held={held}>
        {children}
      </SettingsMenu>
    </Suspense>
  );
}

/** The sentry's mark: a V that points where one looks. */
function Mark() {
  return (
    <svg width="24" height="24" viewBox="0 0 24 24" aria-hidden="true">
      <rect width="24" height="24" rx="6" fill="var(--v-accent)" />
      <path
        d="M6.5 7.5 12 17.5l5.5-10"
        fill="none"
        stroke="var(--v-on-accent)"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
