/** The ways in that the server takes today, the commonest first. */
export const WAYS = [
  'node',
  'otlp',
  'scrape',
  'remote-write',
  'node-exporter',
  'compose',
  'guard',
  'alertmanager',
  'grafana',
  'assistants',
  'tools',
] as const;
export type WayId = (typeof WAYS)[number];

/** How the first data of a way shows itself; some ways read here and send nothing. */
export type Arrival =
  /** A target of ours, with this job where it is known. */
  | { readonly kind: 'target'; readonly job: string | undefined }
  /** A job that sends by itself: no target has it. */
  | { readonly kind: 'push' }
  | { readonly kind: 'alerts' }
  | { readonly kind: 'none' };

export const ARRIVALS: Readonly<Record<WayId, Arrival>> = {
  node: { kind: 'target', job: undefined },
  otlp: { kind: 'push' },
  scrape: { kind: 'target', job: undefined },
  'remote-write': { kind: 'push' },
  'node-exporter': { kind: 'target', job: 'node-exporter' },
  compose: { kind: 'push' },
  guard: { kind: 'none' },
  alertmanager: { kind: 'alerts' },
  grafana: { kind: 'none' },
  assistants: { kind: 'none' },
  tools: { kind: 'none' },
};
