import type { Clock, MetricsWriter, Slicer } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { Log } from '../telemetry/log.ts';
import type { ActionSink } from './actions/action-sink.ts';
import { createActionsEndpoint } from './actions/actions-endpoint.ts';
import type { IngestEndpoint } from './endpoint.ts';
import type { OtlpConfig } from './otlp/config.ts';
import { createOtlpEndpoints } from './otlp/otlp-receiver.ts';
import { createRemoteWriteEndpoint } from './remote-write/remote-write-endpoint.ts';

export interface EndpointDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
  readonly slicer: Slicer;
  readonly writer: MetricsWriter;
  /** The section `otlp` of the configuration as it is now. */
  readonly otlp: () => OtlpConfig;
  readonly actions: () => Promise<ActionSink>;
}

/** Every path at which receivers take data: a new receiver adds its line here. */
export function createEndpoints(deps: EndpointDeps): readonly IngestEndpoint[] {
  return [createRemoteWriteEndpoint(deps), ...createOtlpEndpoints(deps), createActionsEndpoint(deps)];
}
