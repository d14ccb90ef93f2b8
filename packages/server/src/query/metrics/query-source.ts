import type { PromQuery, QueryOptions } from './port.ts';

/**
 * Who asks: turns are shared out between sources, and the log of slow queries names them.
 *
 * - `rules`: rule evaluation and what belongs to it; has places of its own, and reads past the result cache.
 * - `ui`: our own pages, one source per session.
 * - `api`: every other client, by itself.
 */
export interface QuerySource {
  readonly kind: 'rules' | 'ui' | 'api';
  /** Tells sources of one kind apart: an address, a session. Goes to logs, so nothing secret; never to labels of metrics. */
  readonly client: string;
}

export const RULES_SOURCE: QuerySource = { kind: 'rules', client: '' };

/** Callers that do not say who they are, together. */
export const UNKNOWN_SOURCE: QuerySource = { kind: 'api', client: '' };

/** `api 10.0.0.7`. */
export function formatSource({ kind, client }: QuerySource): string {
  return client === '' ? kind : `${kind} ${client}`;
}

/** The same port, all of whose queries are of one source. */
export function askedBy(query: PromQuery, source: QuerySource): PromQuery {
  const from = <T extends { readonly options?: QueryOptions | undefined }>(request: T): T => ({
    ...request,
    options: { ...request.options, source },
  });
  return {
    instant: (request, signal) => query.instant(from(request), signal),
    range: (request, signal) => query.range(from(request), signal),
    series: (request, signal) => query.series(request, signal),
    labelNames: (request, signal) => query.labelNames(request, signal),
    labelValues: (name, request, signal) => query.labelValues(name, request, signal),
    metadata: (family, signal) => query.metadata(family, signal),
    exemplars: (expr, range, signal) => query.exemplars(expr, range, signal),
  };
}
