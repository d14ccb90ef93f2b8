import type { AlertSummary, StatusSummary } from '@vedette/api';
import {
  createContext,
  startTransition,
  useCallback,
  useContext,
  useLayoutEffect,
  useState,
  useSyncExternalStore,
} from 'react';
import type { LiveClient, LiveHealth, LiveState } from './live-client.ts';
import type { LiveRequest } from './live-topic.ts';

/** The page's one live client. Given at the root; a component outside of it gets nothing live. */
export const LiveContext = createContext<LiveClient | undefined>(undefined);

const UNHEARD: LiveState = { value: undefined, error: undefined };

/**
 * The newest state of a subscription, kept while `request` says the same; `undefined` subscribes to
 * nothing. After a change of the request the old state stays until the new one's first frame.
 */
export function useLive(request: LiveRequest | undefined): LiveState {
  return useLivePart(request, whole);
}

/**
 * What one wants of a subscription: frames that leave it as it was draw nothing. `partOf` stays the same function.
 *
 * What is known already stands in the first picture, so that nothing below it moves. What comes later is drawn in slices
 * between which the page answers: no reader waits for a number.
 */
function useLivePart<Part>(request: LiveRequest | undefined, partOf: (state: LiveState) => Part): Part {
  const client = useContext(LiveContext);
  const [part, setPart] = useState(() =>
    partOf((request === undefined ? undefined : client?.stateOf(request)) ?? UNHEARD),
  );
  const text = request === undefined ? '' : JSON.stringify(request);
  useLayoutEffect(() => {
    if (client === undefined || text === '') return;
    const wanted = JSON.parse(text) as LiveRequest;
    const known = client.stateOf(wanted);
    // A chart is drawn after the words of the page.
    if (known !== undefined && wanted.topic !== 'query') setPart(() => partOf(known));
    const subscription = client.subscribe(wanted, (state) =>
      startTransition(() => setPart(() => partOf(state))),
    );
    return () => subscription.close();
  }, [client, text, partOf]);
  return part;
}

export function useLiveHealth(): LiveHealth {
  const client = useContext(LiveContext);
  return useSyncExternalStore(
    (onChange) => client?.onHealth(onChange) ?? (() => undefined),
    () => client?.health ?? CONNECTING,
  );
}

const CONNECTING: LiveHealth = { kind: 'connecting' };

/** What every screen has. */
export const STATUS: LiveRequest = { topic: 'status', params: {} };
export const ALERTS: LiveRequest = { topic: 'alerts', params: {} };

export function useLiveStatus(): StatusSummary | undefined {
  return useLivePart(STATUS, statusOf);
}

/** One word or number of the status. `partOf` stays the same function. */
export function useLiveStatusPart<Part extends string | number | undefined>(
  partOf: (status: StatusSummary) => Part,
): Part | undefined {
  const ofState = useCallback(
    (state: LiveState) => {
      const status = statusOf(state);
      return status === undefined ? undefined : partOf(status);
    },
    [partOf],
  );
  return useLivePart(STATUS, ofState);
}

/** Alerts that somebody should look at, firing ones. Severity `none` is for those that fire by design (Watchdog). */
export function useFiringAlerts(): readonly AlertSummary[] | undefined {
  return firingOf(useLiveAlerts());
}

/** How many there are of them; 0 until it is known. */
export function useFiringCount(): number {
  return useLivePart(ALERTS, firingCountOf);
}

export function useLiveAlerts(): readonly AlertSummary[] | undefined {
  return useLivePart(ALERTS, alertsOf);
}

function whole(state: LiveState): LiveState {
  return state;
}

function statusOf({ value }: LiveState): StatusSummary | undefined {
  return value?.topic === 'status' ? value.status : undefined;
}

function alertsOf({ value }: LiveState): readonly AlertSummary[] | undefined {
  return value?.topic === 'alerts' ? value.alerts : undefined;
}

function firingOf(alerts: readonly AlertSummary[] | undefined): readonly AlertSummary[] | undefined {
  return alerts?.filter(({ state, severity }) => state === 'firing' && severity !== 'none');
}

function firingCountOf(state: LiveState): number {
  return firingOf(alertsOf(state))?.length ?? 0;
}
