import { useMantineColorScheme } from '@mantine/core';
import { createSpotlight, Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import '@mantine/spotlight/styles.layer.css';
import { IconClock, IconKeyboard, IconMoon, IconSearch, IconSun } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { parseSpanMs, RANGE_PRESETS } from '../time/time-range.ts';
import { useTimeRange } from '../time/use-time-range.ts';
import { PAGES } from './pages.ts';
import { useShellState } from './shell-state.ts';

const [store, spotlight] = createSpotlight();

/** The command palette: every page and action by name. `requests` counts how often it was asked for. */
export function Palette({ requests }: { readonly requests: number }) {
  const { t } = useTranslation();
  const actions = useActions();
  useEffect(() => spotlight.open(), [requests]);
  return (
    <Spotlight
      store={store}
      actions={actions}
      shortcut={null}
      highlightQuery
      scrollable
      maxHeight={420}
      attributes={{ content: { 'aria-label': t('palette.open') } }}
      nothingFound={t('palette.nothing')}
      searchProps={{
        leftSection: <IconSearch size={16} />,
        placeholder: t('palette.search'),
        'aria-label': t('palette.search'),
      }}
    />
  );
}

function useActions(): SpotlightActionData[] {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { setRange } = useTimeRange();
  const { setColorScheme } = useMantineColorScheme();
  const { openShortcuts } = useShellState();
  const pages = PAGES.map(({ id, to, key, icon: Icon }) => ({
    id,
    label: t(`nav.${id}`),
    description: t(`palette.${id}`),
    leftSection: <Icon size={18} stroke={1.75} />,
    rightSection: <kbd>{`g ${key}`}</kbd>,
    onClick: () => void navigate({ to }),
  }));
  const ranges = RANGE_PRESETS.map((preset) => ({
    id: `range-${preset}`,
    label: `${t('time.last')} ${preset}`,
    leftSection: <IconClock size={18} stroke={1.75} />,
    onClick: () => setRange({ kind: 'relative', spanMs: parseSpanMs(preset) ?? 0 }),
  }));
  const settings = [
    { id: 'light', icon: IconSun, run: () => setColorScheme('light') },
    { id: 'dark', icon: IconMoon, run: () => setColorScheme('dark') },
  ] as const;
  return [
    ...pages,
    ...ranges,
    ...settings.map(({ id, icon: Icon, run }) => ({
      id,
      label: `${t('settings.colours')}: ${t(`settings.${id}`)}`,
      leftSection: <Icon size={18} stroke={1.75} />,
      onClick: run,
    })),
    {
      id: 'shortcuts',
      label: t('shortcuts.title'),
      leftSection: <IconKeyboard size={18} />,
      rightSection: <kbd>?</kbd>,
      onClick: openShortcuts,
    },
  ];
}
