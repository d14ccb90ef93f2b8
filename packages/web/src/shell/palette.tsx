import { useMantineColorScheme } from '@mantine/core';
import { createSpotlight, Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import '@mantine/spotlight/styles.layer.css';
import {
  IconBan,
  IconBellOff,
  IconChartLine,
  IconClock,
  IconFileImport,
  IconKeyboard,
  IconLink,
  IconMoon,
  IconSearch,
  IconSun,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { fetchMetricNames } from '../api/prometheus.ts';
import { parseSpanMs, RANGE_PRESETS } from '../time/time-range.ts';
import { useTimeRange } from '../time/use-time-range.ts';
import { PAGES } from './pages.ts';
import { useShellState } from './shell-state.ts';
import { copyText } from '../design/copy-text.ts';

const [store, spotlight] = createSpotlight();

/** The command palette: every page, action and metric by name. `requests` counts how often it was asked for. */
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
      limit={SHOWN_MAX}
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

// A palette is filtered with each key; beyond this many names the editor's completion is the better way.
const METRICS_MAX = 5000;

/** What is drawn of a long list; the rest comes with the next letter typed. */
const SHOWN_MAX = 40;

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
    ...useDeeds(),
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
    ...useMetricActions(),
  ];
}

/** What one does, rather than where one goes. */
function useDeeds(): SpotlightActionData[] {
  const { t } = useTranslation();
  const navigate = useNavigate();
  return [
    {
      id: 'new-silence',
      label: t('palette.newSilence'),
      leftSection: <IconBellOff size={18} stroke={1.75} />,
      onClick: () => void navigate({ to: '/alerts/silences/new' }),
    },
    {
      id: 'ban',
      label: t('palette.ban'),
      leftSection: <IconBan size={18} stroke={1.75} />,
      onClick: () => void navigate({ to: '/guard/ban' }),
    },
    {
      id: 'import-dashboard',
      label: t('palette.importDashboard'),
      leftSection: <IconFileImport size={18} stroke={1.75} />,
      onClick: () => void navigate({ to: '/dashboards/import' }),
    },
    {
      id: 'copy-link',
      label: t('palette.copyLink'),
      leftSection: <IconLink size={18} stroke={1.75} />,
      onClick: () => void copyText(location.href),
    },
  ];
}

/** Every metric by its name, once they have come. */
function useMetricActions(): SpotlightActionData[] {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const names = useQuery({
    queryKey: ['metric-names'],
    queryFn: ({ signal }) => fetchMetricNames(METRICS_MAX, signal),
  });
  return (names.data ?? []).map((name) => ({
    id: `metric-${name}`,
    label: name,
    description: t('palette.metric'),
    leftSection: <IconChartLine size={18} stroke={1.75} />,
    onClick: () => void navigate({ to: '/explore', search: { expr: name } }),
  }));
}
