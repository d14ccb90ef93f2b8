import type { Clock, MetricsWriter, Slicer } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { Log } from '../telemetry/log.ts';
import type { IngestEndpoint } from './endpoint.ts';

export interface EndpointDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
  readonly slicer: Slicer;
  readonly writer: MetricsWriter;
}

/** Every path at which receivers take data: a new receiver adds its line here. */
export function createEndpoints(_deps: EndpointDeps): readonly IngestEndpoint[] {
  return [];
}
