import type { AlertSummary, StatusSummary } from '@vedette/api';
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react';
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
  const client = useContext(LiveContext);
  const [state, setState] = useState(UNHEARD);
  const text = request === undefined ? '' : JSON.stringify(request);
  useEffect(() => {
    if (client === undefined || text === '') return;
    const subscription = client.subscribe(JSON.parse(text) as LiveRequest, setState);
    return () => subscription.close();
  }, [client, text]);
  return state;
}

export function useLiveHealth(): LiveHealth {
  const client = useContext(LiveContext);
  return useSyncExternalStore(
    (onChange) => client?.onHealth(onChange) ?? (() => undefined),
    () => client?.health ?? CONNECTING,
  );
}

const CONNECTING: LiveHealth = { kind: 'connecting' };

export function useLiveStatus(): StatusSummary | undefined {
  const { value } = useLive({ topic: 'status', params: {} });
  return value?.topic === 'status' ? value.status : undefined;
}

/** Alerts that somebody should look at, firing ones. Severity `none` is for those that fire by design (Watchdog). */
export function useFiringAlerts(): readonly AlertSummary[] | undefined {
  return useLiveAlerts()?.filter(({ state, severity }) => state === 'firing' && severity !== 'none');
}

export function useLiveAlerts(): readonly AlertSummary[] | undefined {
  const { value } = useLive({ topic: 'alerts', params: {} });
  return value?.topic === 'alerts' ? value.alerts : undefined;
}
