import type { AlertSummary } from '@vedette/api';
import { NativeSelect, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { fetchAlertGroups } from '../api/alertmanager.ts';
import { useManagedAlerts } from '../api/use-alertmanager.ts';
import { fetchAlerts } from '../api/vedette.ts';
import { Fault } from '../design/fault.tsx';
import { Empty, Panel } from '../design/panel.tsx';
import { useSteadyOrder } from '../design/use-steady-order.ts';
import { useLiveAlerts, useLiveHealth } from '../live/use-live.ts';
import type { MatcherDraft } from '../silences/matchers.ts';
import { useNow } from '../time/use-now.ts';
import { AlertGroupCard } from './alert-group-card.tsx';
import css from './alerts.module.css';
import { BY_NAME, groupAlerts, groupLabelsOf, groupLabelsOfRoutes, type AlertGroup } from './group-alerts.ts';
import { labelTestOf } from './label-test.ts';
import { joinAlerts, type ShownAlert } from './shown-alerts.ts';

/** Without the live socket the list is asked for this often. */
const POLL_MS = 15_000;

/** A single alert stands open where there are few groups: of many one reads the lines first. */
const OPEN_GROUPS_MAX = 12;

export interface AlertListProps {
  /** Words that an alert must contain. */
  readonly filter: string;
  /** Only alerts that this receiver is told of. */
  readonly receiver: string | undefined;
  /** Only alerts with these labels; empty: all. */
  readonly matchers: readonly MatcherDraft[];
  /** The label to group by; absent: as the routes do. */
  readonly group: string | undefined;
  readonly onGroup: (label: string | undefined) => void;
}

/** Active alerts in groups, the worst first. */
export function AlertList({ filter, receiver, matchers, group, onGroup }: AlertListProps) {
  const { t } = useTranslation();
  const { alerts, fault, retry } = useShownAlerts(receiver, matchers);
  const routed = useRouteLabels();
  const by = useMemo(() => (group === undefined ? routed : [group]), [group, routed]);
  const groups = useMemo(
    () => (alerts === undefined || by === undefined ? undefined : groupAlerts(alerts, { filter, by })),
    [alerts, by, filter],
  );
  if (fault !== undefined) return <Fault message={fault} onRetry={retry} />;
  if (alerts === undefined || groups === undefined) return <Skeleton height={240} />;
  if (groups.length > 0)
    return (
      <>
        <GroupBy alerts={alerts} routed={routed ?? BY_NAME} group={group} onGroup={onGroup} />
        <Groups groups={groups} />
      </>
    );
  const isNarrowed = receiver !== undefined || matchers.length > 0;
  return (
    <Panel title={t('alerts.alerts')}>
      {isNarrowed && <Empty title={t('alerts.noneNarrowed')} />}
      {!isNarrowed && filter === '' && (
        <Empty title={t('alerts.none')} text={t('alerts.noneText')} code={RULE_LINES} />
      )}
      {!isNarrowed && filter !== '' && <Empty title={t('alerts.noMatch', { filter })} />}
    </Panel>
  );
}

const RULE_LINES = `# vedette.yml
rule_files: [rules/*.yml]`;

function Groups({ groups }: { readonly groups: readonly AlertGroup<ShownAlert>[] }) {
  // One clock for all rows.
  const nowMs = useNow(5000);
  const { ordered, holder } = useSteadyOrder(groups, ({ key }) => key);
  return (
    <div className={css.groups} {...holder}>
      {ordered.map((group) => (
        <AlertGroupCard
          key={group.key}
          group={group}
          nowMs={nowMs}
          opensAlone={groups.length <= OPEN_GROUPS_MAX}
        />
      ))}
    </div>
  );
}

interface GroupByProps {
  readonly alerts: readonly ShownAlert[];
  readonly routed: readonly string[];
  readonly group: string | undefined;
  readonly onGroup: (label: string | undefined) => void;
}

function GroupBy({ alerts, routed, group, onGroup }: GroupByProps) {
  const { t } = useTranslation();
  const beginning = routed.join(', ');
  const chosen = group === undefined || group === beginning ? '' : group;
  const offered = new Set(['alertname', ...groupLabelsOf(alerts), ...(chosen === '' ? [] : [chosen])]);
  offered.delete(beginning);
  return (
    <NativeSelect
      className={css.groupBy}
      label={t('alerts.groupBy')}
      value={chosen}
      onChange={(event) => onGroup(event.currentTarget.value === '' ? undefined : event.currentTarget.value)}
      data={[{ value: '', label: beginning }, ...offered]}
    />
  );
}

interface ShownAlerts {
  readonly alerts: readonly ShownAlert[] | undefined;
  readonly fault: string | undefined;
  readonly retry: () => Promise<unknown>;
}

/** Alerts with what the alert stage knows of them, narrowed; `undefined` until they are known. */
function useShownAlerts(receiver: string | undefined, matchers: readonly MatcherDraft[]): ShownAlerts {
  const isNarrowed = receiver !== undefined || matchers.length > 0;
  const summaries = useAlerts();
  const managed = useManagedAlerts(isNarrowed ? { receiver, matchers } : {});
  const test = useQuery({
    queryKey: ['label-test', matchers],
    queryFn: () => labelTestOf(matchers),
    staleTime: Infinity,
    retry: false,
    enabled: isNarrowed,
  });
  const alerts = useMemo(() => {
    if (summaries === undefined) return undefined;
    const joined = joinAlerts(summaries, managed.data ?? []);
    if (!isNarrowed) return joined;
    if (managed.data === undefined || test.data === undefined) return undefined;
    // Of pending ones the alert stage knows nothing, nor anybody whom they will be told to.
    const isPendingWanted = ({ state, labels }: ShownAlert): boolean =>
      state === 'pending' && receiver === undefined && test.data(labels);
    return joined.filter((alert) => alert.managed !== undefined || isPendingWanted(alert));
  }, [summaries, managed.data, isNarrowed, test.data, receiver]);
  const error = managed.data === undefined ? (managed.error ?? test.error) : test.error;
  const retry = async (): Promise<unknown> => await Promise.all([managed.refetch(), test.refetch()]);
  return { alerts, fault: isNarrowed ? error?.message : undefined, retry };
}

/** As long as the page lives it begins the same way: groups do not change under the eyes. */
function useRouteLabels(): readonly string[] | undefined {
  const groups = useQuery({
    queryKey: ['alert-group-labels'],
    // Never fails: asked again after a fault it would have no answer meanwhile, and the list would go from the screen.
    queryFn: async ({ signal }) =>
      await fetchAlertGroups(signal).then(groupLabelsOfRoutes, () => {
        signal.throwIfAborted();
        return BY_NAME;
      }),
    staleTime: Infinity,
  });
  return groups.data;
}

function useAlerts(): readonly AlertSummary[] | undefined {
  const live = useLiveAlerts();
  const { kind } = useLiveHealth();
  const isDown = kind === 'offline' || kind === 'refused';
  const polled = useQuery({
    queryKey: ['alerts'],
    queryFn: ({ signal }) => fetchAlerts(signal),
    enabled: isDown,
    refetchInterval: POLL_MS,
  });
  return isDown ? (polled.data ?? live) : live;
}
