import type { Clock } from '@vedette/model';
import {
  EXPOSITION_CONTENT_TYPES,
  exposeMetrics,
  expositionFormatOf,
  type MetricsRegistry,
} from '@vedette/sdk';
import { headerOf, textAnswer, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';

export interface ManagementDeps {
  readonly clock: Clock;
  readonly registry: Pick<MetricsRegistry, 'read'>;
  readonly isReady: () => boolean;
  /**
   * Loads the configuration again; rejects with what is wrong with it, and the old one goes on. Resolves with the keys that
   * wait for a restart.
   */
  readonly reload: () => Promise<readonly string[]>;
  /** What the probes say when all is well, in place of our sentences. */
  readonly probeText?: string;
}

/** Probes, our own metrics, reload. There is no `/-/quit`: a process is stopped by its signal. */
export function managementRoutes(deps: ManagementDeps): readonly Route[] {
  const route = (
    methods: Route['methods'],
    path: string,
    access: Route['access'],
    handle: Route['handle'],
  ): Route => ({ surface: 'management', methods, path, access, errors: 'text', handle });
  return [
    route(['GET', 'HEAD'], '/-/healthy', 'open', () =>
      textAnswer(200, deps.probeText ?? 'Vedette is Healthy.\n'),
    ),
    route(['GET', 'HEAD'], '/-/ready', 'open', () => readiness(deps)),
    route(['GET', 'HEAD'], '/health', 'open', () => textAnswer(200, 'OK\n')),
    route(['POST', 'PUT'], '/-/reload', 'admin', () => reload(deps)),
    route(['GET'], '/metrics', 'viewer', (request) => metrics(deps, request)),
  ];
}

function readiness({ isReady, probeText }: ManagementDeps): HttpAnswer {
  return isReady()
    ? textAnswer(200, probeText ?? 'Vedette is Ready.\n')
    : textAnswer(503, 'Service Unavailable\n');
}

async function reload(deps: ManagementDeps): Promise<HttpAnswer> {
  try {
    const waiting = await deps.reload();
    // Prometheus says nothing, and clients look at the status.
    const text = `reloaded; these keys wait for a restart: ${waiting.join(', ')}\n`;
    return textAnswer(200, waiting.length === 0 ? '' : text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return textAnswer(500, `failed to reload config: ${reason}\n`);
  }
}

function metrics({ clock, registry }: ManagementDeps, { headers }: HttpRequest): HttpAnswer {
  const format = expositionFormatOf(headerOf(headers, 'accept'));
  return {
    status: 200,
    headers: { 'content-type': EXPOSITION_CONTENT_TYPES[format] },
    body: inSlices(clock, exposeMetrics(registry, format)),
  };
}

async function* inSlices(clock: Clock, pieces: Iterable<string>): AsyncGenerator<string> {
  for (const piece of pieces) {
    yield piece;
    await clock.yield();
  }
}
