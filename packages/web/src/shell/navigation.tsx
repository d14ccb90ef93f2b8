import { ActionIcon, Menu, Tooltip, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import {
  IconCheck,
  IconDeviceDesktop,
  IconDots,
  IconKeyboard,
  IconMoon,
  IconSearch,
  IconSettings,
  IconSun,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { changeLanguage, LANGUAGES, type Language } from '../i18n/i18n.ts';
import { useFiringAlerts } from '../live/use-live.ts';
import { PAGES } from './pages.ts';
import css from './shell.module.css';
import { useShellState } from './shell-state.ts';

/** Left rail; 56 px of icons on a tablet, a bar of five at the bottom of a phone. One element, three shapes. */
export function Navigation() {
  const { t } = useTranslation();
  const { openPalette } = useShellState();
  const firing = useFiringAlerts()?.length ?? 0;
  return (
    <nav className={css.rail} aria-label={t('nav.title')}>
      <Link to="/" className={css.brand} aria-label="Vedette">
        <Mark />
        <span className={css.railText}>Vedette</span>
      </Link>
      <UnstyledButton className={css.search} onClick={openPalette} aria-label={t('palette.open')}>
        <IconSearch size={16} />
        <span className={css.railText}>{t('palette.search')}</span>
        <kbd className={css.searchKey}>Ctrl K</kbd>
      </UnstyledButton>
      <ul className={css.navList}>
        {PAGES.map(({ id, to, icon: Icon }) => (
          <li key={id}>
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
        <li className={css.more}>
          <SettingsMenu>
            <UnstyledButton className={css.navLink}>
              <IconDots size={18} aria-hidden="true" />
              <span className={css.navText}>{t('nav.more')}</span>
            </UnstyledButton>
          </SettingsMenu>
        </li>
      </ul>
      <RailFoot />
    </nav>
  );
}

function RailFoot() {
  const { t } = useTranslation();
  const { openShortcuts } = useShellState();
  return (
    <div className={css.railFoot}>
      <SettingsMenu>
        <ActionIcon size={32} aria-label={t('settings.title')}>
          <IconSettings size={18} stroke={1.75} />
        </ActionIcon>
      </SettingsMenu>
      <Tooltip label={t('shortcuts.title')} position="right">
        <ActionIcon size={32} aria-label={t('shortcuts.title')} onClick={openShortcuts}>
          <IconKeyboard size={18} stroke={1.75} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

const SCHEMES = [
  { id: 'auto', icon: IconDeviceDesktop },
  { id: 'light', icon: IconSun },
  { id: 'dark', icon: IconMoon },
] as const;

/** Colours and language: kept in this browser only. */
function SettingsMenu({ children }: { readonly children: ReactNode }) {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="top-start" width={200} shadow="md">
      <Menu.Target>{children}</Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('settings.colours')}</Menu.Label>
        {SCHEMES.map(({ id, icon: Icon }) => (
          <Menu.Item
            key={id}
            leftSection={<Icon size={16} />}
            rightSection={
              colorScheme === id ? <IconCheck size={14} aria-label={t('settings.chosen')} /> : null
            }
            onClick={() => setColorScheme(id)}
          >
            {t(`settings.${id}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{t('settings.language')}</Menu.Label>
        {(Object.keys(LANGUAGES) as Language[]).map((language) => (
          <Menu.Item
            key={language}
            lang={language}
            rightSection={
              i18n.language === language ? <IconCheck size={14} aria-label={t('settings.chosen')} /> : null
            }
            onClick={() => void changeLanguage(i18n, language)}
          >
            {LANGUAGES[language]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
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
