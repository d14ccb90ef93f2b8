import { Menu, useMantineColorScheme } from '@mantine/core';
import {
  IconCheck,
  IconDeviceDesktop,
  IconLogin2,
  IconLogout,
  IconMoon,
  IconSearch,
  IconSettings,
  IconSun,
} from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import {
  cloneElement,
  Suspense,
  useContext,
  useRef,
  useState,
  type ReactElement,
  type RefObject,
} from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../account/use-session.ts';
import { signOut } from '../api/vedette.ts';
import { changeLanguage, LANGUAGES, type Language } from '../i18n/i18n.ts';
import { LiveContext } from '../live/use-live.ts';
import { PAGES_UNDER_MORE } from './pages.ts';
import css from './shell.module.css';
import { useShellState } from './shell-state.ts';
import { useTakeOver, type Held, type OpenerProps } from './take-over.ts';
import { part } from '../lib/part.ts';

const SignInDialog = part(async () => (await import('./sign-in-dialog.tsx')).SignInDialog);

const SCHEMES = [
  { id: 'auto', icon: IconDeviceDesktop },
  { id: 'light', icon: IconSun },
  { id: 'dark', icon: IconMoon },
] as const;

export interface SettingsMenuProps {
  /** Whether it also leads to the search and the pages that a phone's bar has no room for. */
  readonly hasPages: boolean;
  /** What happened to the button before the menu was there. */
  readonly held: RefObject<Held>;
  readonly children: ReactElement<OpenerProps>;
}

/** Who is signed in, the way to all settings, colours and language. */
export function SettingsMenu({ hasPages, held, children }: SettingsMenuProps) {
  const { t } = useTranslation();
  const [isOpen, setIsOpen] = useState(false);
  const target = useRef<HTMLButtonElement>(null);
  useTakeOver(held, target, () => setIsOpen(true));
  const [isSigningIn, setIsSigningIn] = useState(false);
  const ways = useSession().data?.ways;
  const navigate = useNavigate();
  return (
    <>
      <Menu
        opened={isOpen}
        onChange={setIsOpen}
        position="top-start"
        width={220}
        shadow="md"
        // A child of the navigation, and without an element of its own for the focus: both are faults to axe.
        withinPortal={false}
        withInitialFocusPlaceholder={false}
      >
        <Menu.Target>{cloneElement(children, { ref: target })}</Menu.Target>
        <Menu.Dropdown className={css.menu}>
          {hasPages && <MorePages />}
          <Who onSignIn={() => setIsSigningIn(true)} />
          <Menu.Item
            leftSection={<IconSettings size={16} />}
            onClick={() => void navigate({ to: '/settings/$section', params: { section: 'device' } })}
          >
            {t('account.all')}
          </Menu.Item>
          <Menu.Divider />
          <Colours />
          <Menu.Divider />
          <Languages />
        </Menu.Dropdown>
      </Menu>
      {isSigningIn && ways !== undefined && (
        <Suspense>
          <SignInDialog ways={ways} onClose={() => setIsSigningIn(false)} />
        </Suspense>
      )}
    </>
  );
}

function MorePages() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { openPalette } = useShellState();
  return (
    <>
      {PAGES_UNDER_MORE.map(({ id, to, icon: Icon }) => (
        <Menu.Item key={id} leftSection={<Icon size={16} />} onClick={() => void navigate({ to })}>
          {t(`nav.${id}`)}
        </Menu.Item>
      ))}
      <Menu.Item leftSection={<IconSearch size={16} />} onClick={openPalette}>
        {t('shell.search')}
      </Menu.Item>
      <Menu.Divider />
    </>
  );
}

/** Nothing on localhost, where nobody signs in. */
function Who({ onSignIn }: { readonly onSignIn: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const live = useContext(LiveContext);
  const session = useSession().data;
  if (session === undefined) return null;
  const { role, account, isTokenRequired, ways } = session;
  const hasWays = ways.password || ways.token || ways.oidc !== null;
  const leave = async (): Promise<void> => {
    await signOut();
    await queries.invalidateQueries({ queryKey: ['session'] });
    live?.reconnectNow();
  };
  if (role === null || !isTokenRequired)
    return hasWays ? (
      <Menu.Item leftSection={<IconLogin2 size={16} />} onClick={onSignIn}>
        {t('signIn.submit')}
      </Menu.Item>
    ) : null;
  return (
    <>
      <Menu.Label>
        {t('account.signedInAs', {
          name: account ?? t('account.byToken'),
          role: t(`account.role.${role}`),
        })}
      </Menu.Label>
      <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave()}>
        {t('signIn.signOut')}
      </Menu.Item>
    </>
  );
}

function Colours() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <>
      <Menu.Label>{t('settings.colours')}</Menu.Label>
      {SCHEMES.map(({ id, icon: Icon }) => (
        <Menu.Item
          key={id}
          leftSection={<Icon size={16} />}
          rightSection={colorScheme === id ? <IconCheck size={14} aria-label={t('settings.chosen')} /> : null}
          onClick={() => setColorScheme(id)}
        >
          {t(`settings.${id}`)}
        </Menu.Item>
      ))}
    </>
  );
}

function Languages() {
  const { t, i18n } = useTranslation();
  return (
    <>
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
    </>
  );
}
