import { labelsFromPairs, METRIC_NAME, type Labels } from '@vedette/model';
import type { OtlpConfig } from './config.ts';
import { OTLP_LIMITS } from './limits.ts';
import { findLabelName } from './names.ts';
import type { Attributes, ScopeMetrics } from './otlp-metrics.ts';

/** What all series of one resource and scope have in common. */
export interface CommonLabels {
  /** Flat pairs that count where the point has no such label: promoted attributes of the resource. */
  readonly defaults: readonly string[];
  /** Flat pairs that win over the point's: scope, job, instance. */
  readonly fixed: readonly string[];
}

/** Label names remembered; attributes come from source code, so that there are few. Beyond, all are forgotten. */
const NAMES_REMEMBERED_MAX = 10_000;

const IDENTIFYING: ReadonlySet<string> = new Set([
  'service.namespace',
  'service.name',
  'service.instance.id',
]);

/**
 * Turns attributes into labels.
 *
 * 1. The attributes of the point, in the order of their keys; those whose names become the same are joined by `;`.
 * 2. Promoted attributes of the resource, where the point has none of that name.
 * 3. The scope's name, version, schema and attributes as `otel_scope_…`, when they are asked for.
 * 4. `job` is `service.namespace/service.name`, `instance` is `service.instance.id`.
 *
 * A fault is a sentence for the sender: the point cannot become a series.
 */
export class SeriesLabels {
  readonly #config: OtlpConfig;
  readonly #names = new Map<string, string | undefined>();
  readonly #promoted: ReadonlySet<string>;
  readonly #ignored: ReadonlySet<string>;

  constructor(config: OtlpConfig) {
    this.#config = config;
    this.#promoted = new Set(config.promote_resource_attributes);
    this.#ignored = new Set(config.ignore_resource_attributes);
  }

  common(resource: Attributes, scope: ScopeMetrics): CommonLabels {
    const defaults: string[] = [];
    for (const [key, value] of pairsOf(resource)) {
      const name = this.#isPromoted(key) ? this.#nameOf(key) : undefined;
      if (name !== undefined) defaults.push(name, value);
    }
    const fixed = [...this.#scopeLabels(scope), ...identityOf(resource)];
    return { defaults, fixed };
  }

  /** The labels of a point without a metric name, or a fault. */
  of(common: CommonLabels, attributes: Attributes): Labels | string {
    const found = new Map<string, string>();
    const fault = this.#addAttributes(found, attributes);
    if (fault !== undefined) return fault;
    for (const [name, value] of pairsOf(common.defaults)) if (!found.has(name)) found.set(name, value);
    for (const [name, value] of pairsOf(common.fixed)) found.set(name, value);
    found.delete(METRIC_NAME);
    return findLabelFault(found) ?? labelsFromPairs(found);
  }

  /** The labels of a resource's `target_info`, without the name; `undefined` when it would say nothing. */
  findInfo(resource: Attributes): Labels | undefined {
    const rest = pairsOf(resource).filter(([key]) => !IDENTIFYING.has(key));
    const identity = identityOf(resource);
    if (rest.length === 0 || identity.length === 0) return undefined;
    const attributes = this.#config.keep_identifying_resource_attributes ? resource : rest.flat();
    const labels = this.of({ defaults: [], fixed: identity }, attributes);
    return typeof labels === 'string' ? undefined : labels;
  }

  #isPromoted(key: string): boolean {
    return this.#config.promote_all_resource_attributes ? !this.#ignored.has(key) : this.#promoted.has(key);
  }

  #scopeLabels({ name, version, schemaUrl, attributes }: ScopeMetrics): string[] {
    if (!this.#config.promote_scope_metadata || name === '') return [];
    const labels: string[] = [];
    for (const [key, value] of pairsOf(attributes)) {
      const label = this.#nameOf(`otel_scope_${key}`);
      if (label !== undefined) labels.push(label, value);
    }
    return [
      ...labels,
      'otel_scope_name',
      name,
      'otel_scope_version',
      version,
      'otel_scope_schema_url',
      schemaUrl,
    ];
  }

  /** In the order of the wire, and only when two names meet once more in the order of the keys. */
  #addAttributes(found: Map<string, string>, attributes: Attributes): string | undefined {
    let hasMet = false;
    for (let i = 0; i < attributes.length; i += 2) {
      const key = attributes[i] ?? '';
      const name = this.#nameOf(key);
      if (name === undefined) return `the attribute ${JSON.stringify(key)} leaves no label name`;
      hasMet ||= found.has(name);
      found.set(name, attributes[i + 1] ?? '');
    }
    if (hasMet) this.#joinAttributes(found, attributes);
    return undefined;
  }

  #joinAttributes(found: Map<string, string>, attributes: Attributes): void {
    found.clear();
    for (const [key, value] of pairsOf(attributes).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
      const name = this.#nameOf(key) ?? '';
      const before = found.get(name);
      found.set(name, before === undefined ? value : `${before};${value}`);
    }
  }

  #nameOf(key: string): string | undefined {
    if (this.#names.has(key)) return this.#names.get(key);
    const name = findLabelName(key, this.#config);
    if (this.#names.size >= NAMES_REMEMBERED_MAX) this.#names.clear();
    // A key as long as a body would be remembered for good.
    if (key.length <= OTLP_LIMITS.nameBytesMax) this.#names.set(key, name);
    return name;
  }
}

/** `job` and `instance`, as far as the resource tells them. */
function identityOf(resource: Attributes): string[] {
  const found = new Map(pairsOf(resource));
  const name = found.get('service.name');
  const namespace = found.get('service.namespace');
  const instance = found.get('service.instance.id');
  return [
    ...(name === undefined ? [] : ['job', namespace === undefined ? name : `${namespace}/${name}`]),
    ...(instance === undefined ? [] : ['instance', instance]),
  ];
}

function pairsOf(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i] ?? '', flat[i + 1] ?? '']);
  return pairs;
}

function findLabelFault(labels: ReadonlyMap<string, string>): string | undefined {
  const { labelCountMax, nameBytesMax, valueBytesMax } = OTLP_LIMITS;
  if (labels.size > labelCountMax) return `${labels.size} labels, limit is ${labelCountMax}`;
  for (const [name, value] of labels) {
    if (isLonger(name, nameBytesMax))
      return `a label name of ${name.length} characters, limit is ${nameBytesMax} bytes`;
    if (isLonger(value, valueBytesMax))
      return `a value of ${value.length} characters in label ${JSON.stringify(name)}, limit is ${valueBytesMax} bytes`;
  }
  return undefined;
}

function isLonger(text: string, bytesMax: number): boolean {
  return text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax;
}
