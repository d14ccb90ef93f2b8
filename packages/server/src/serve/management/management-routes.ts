import type { MetricsRegistry } from '@vedette/sdk';
import { headerOf, textAnswer, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import {
  OPENMETRICS_TYPE,
  openMetricsExposition,
  prefersOpenMetrics,
  TEXT_TYPE,
  textExposition,
} from './exposition.ts';

export interface ManagementDeps {
  readonly registry: MetricsRegistry;
  readonly isReady: () => boolean;
  /** Loads the configuration again; rejects with what is wrong with it, and the old one goes on. */
  readonly reload: () => Promise<void>;
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
    route(['GET', 'HEAD'], '/-/healthy', 'open', () => textAnswer(200, 'Vedette is Healthy.\n')),
    route(['GET', 'HEAD'], '/-/ready', 'open', () => readiness(deps)),
    route(['GET', 'HEAD'], '/health', 'open', () => textAnswer(200, 'OK\n')),
    route(['POST', 'PUT'], '/-/reload', 'admin', () => reload(deps)),
    route(['GET'], '/metrics', 'viewer', (request) => metrics(deps, request)),
  ];
}

function readiness({ isReady }: ManagementDeps): HttpAnswer {
  return isReady() ? textAnswer(200, 'Vedette is Ready.\n') : textAnswer(503, 'Service Unavailable\n');
}

async function reload(deps: ManagementDeps): Promise<HttpAnswer> {
  try {
    await deps.reload();
    return textAnswer(200, '');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return textAnswer(500, `failed to reload config: ${reason}\n`);
  }
}

function metrics({ registry }: ManagementDeps, { headers }: HttpRequest): HttpAnswer {
  const isOpenMetrics = prefersOpenMetrics(headerOf(headers, 'accept') ?? '');
  const families = registry.collect();
  return {
    status: 200,
    headers: { 'content-type': isOpenMetrics ? OPENMETRICS_TYPE : TEXT_TYPE },
    body: isOpenMetrics ? openMetricsExposition(families) : textExposition(families),
  };
}
