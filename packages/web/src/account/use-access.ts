import type { Role } from '@vedette/api';
import type { Timer } from '@vedette/model';
import { useQueryClient, type Query } from '@tanstack/react-query';
import { useContext, useEffect, useRef, useState } from 'react';
import { RequestError } from '../api/http.ts';
import { browserClock } from '../lib/browser-clock.ts';
import { LiveContext, useLiveHealth } from '../live/use-live.ts';
import { accessChangeOf, isRoleEnough, type AccessChange } from './access-change.ts';
import { useSession } from './use-session.ts';

/**
 * Notices that access changed while the page is open, by what the server says itself: a live connection
 * closed with 4401 or 4403, or a question answered with 401 or 403. Then it is asked once who one is, at
 * most every 5 s, and the answer decides what is shown: nothing is loaded anew, nothing goes round. What
 * one may not see any more is dropped.
 */
const ASK_AGAIN_AFTER_MS = 5000;

export type Access = AccessChange & { readonly acknowledge: () => void };

export function useAccess(): Access {
  const session = useSession();
  const role = session.data?.role ?? undefined;
  const [before, setBefore] = useState<Role>();
  useAskOnRefusal(role);
  // What rises is what is remembered: the first answer, a sign-in, a promotion.
  if (role !== undefined && (before === undefined || (role !== before && isRoleEnough(role, before))))
    setBefore(role);
  const change = accessChangeOf(session.data, before);
  useForgetOnLoss(change.kind, role);
  useReconnectOnChange(role);
  return { ...change, acknowledge: () => setBefore(role) };
}

function useAskOnRefusal(role: Role | undefined): void {
  const queries = useQueryClient();
  const { kind } = useLiveHealth();
  const askedAtMs = useRef(-Infinity);
  // A refusal before a sign-in says nothing about one that comes after it.
  useEffect(() => {
    askedAtMs.current = -Infinity;
  }, [role]);
  useEffect(() => {
    let later: Timer | undefined;
    const ask = (): void => {
      later?.cancel();
      const nowMs = browserClock.monotonicMs();
      const waitMs = askedAtMs.current + ASK_AGAIN_AFTER_MS - nowMs;
      if (waitMs > 0) {
        later = browserClock.setTimer(waitMs, ask);
        return;
      }
      askedAtMs.current = nowMs;
      void queries.invalidateQueries({ queryKey: ['session'] });
    };
    if (kind === 'refused') ask();
    const stopQueries = queries.getQueryCache().subscribe(({ type, query }) => {
      if (type === 'updated' && isRefused(query)) ask();
    });
    const stopMutations = queries.getMutationCache().subscribe(({ type, mutation }) => {
      if (type === 'updated' && isRefusal(mutation?.state.error)) ask();
    });
    return () => {
      later?.cancel();
      stopQueries();
      stopMutations();
    };
  }, [queries, kind]);
}

function isRefused({ queryKey, state }: Query): boolean {
  return queryKey[0] !== 'session' && isRefusal(state.error);
}

function isRefusal(fault: unknown): boolean {
  return fault instanceof RequestError && (fault.status === 401 || fault.status === 403);
}

/** What came while one might see more goes from the screen and from memory; what one may see is asked for anew. */
function useForgetOnLoss(kind: AccessChange['kind'], role: Role | undefined): void {
  const queries = useQueryClient();
  const live = useContext(LiveContext);
  useEffect(() => {
    if (kind !== 'lost' && kind !== 'lowered') return;
    live?.forget();
    const others = { predicate: ({ queryKey }: Query) => queryKey[0] !== 'session' };
    if (kind === 'lost') queries.removeQueries(others);
    else void queries.resetQueries(others);
  }, [queries, live, kind, role]);
}

/** The live connection is refused until there is another role; the same one would only meet it again. */
function useReconnectOnChange(role: Role | undefined): void {
  const live = useContext(LiveContext);
  const known = useRef(role);
  useEffect(() => {
    if (known.current !== undefined && role !== undefined && known.current !== role) live?.reconnectNow();
    known.current = role;
  }, [live, role]);
}
