/** For tests: a narrator with a virtual clock beside a scripted model. */
import { MemoryFiles, SeededRandom, VirtualClock } from '@vedette/model';
import { createMetricsRegistry, type MetricsRegistry } from '@vedette/sdk';
import { SILENT_LOG } from '../../../telemetry/log.ts';
import type { ReadOnlyTool } from '../port.ts';
import { modelConfig } from './config.ts';
import type { z } from 'zod';
import { ModelNarrator, type NarratorRecord } from './narrator.ts';

export interface NarratorWorld {
  readonly narrator: ModelNarrator;
  readonly clock: VirtualClock;
  readonly files: MemoryFiles;
  readonly records: readonly NarratorRecord[];
  /** Fields of warnings in the log. */
  readonly warnings: readonly unknown[];
  /** Names and arguments of the tools that were really called. */
  readonly calls: readonly { readonly name: string; readonly args: unknown }[];
  /** `told 1`, …: what is not 0. */
  outcomes(): Record<string, number>;
  /** Sums over the labels. */
  metric(name: string): number;
}

export function narratorFixture(
  config: Partial<z.input<typeof modelConfig>> | 'off',
  options: { readonly tools?: Readonly<Record<string, string>>; readonly secrets?: readonly string[] } = {},
): NarratorWorld {
  const clock = new VirtualClock({ startMs: Date.parse('2026-11-21T10:01:00Z') });
  const files = new MemoryFiles(new SeededRandom(2));
  const registry = createMetricsRegistry();
  const records: NarratorRecord[] = [];
  const warnings: unknown[] = [];
  const calls: { name: string; args: unknown }[] = [];
  const parsed =
    config === 'off' ? undefined : modelConfig.parse({ provider: 'ollama', name: 'scripted', ...config });
  const tools = Object.entries(options.tools ?? {}).map(([name, text]): ReadOnlyTool => ({
    name,
    description: `Gives ${name}.`,
    inputSchema: { type: 'object', properties: { query: { type: 'string' } }, additionalProperties: false },
    call: (args) => {
      calls.push({ name, args });
      return Promise.resolve(text);
    },
  }));
  const narrator = new ModelNarrator(
    {
      clock,
      random: new SeededRandom(1),
      files,
      log: { ...SILENT_LOG, warn: (_, fields) => void warnings.push(fields) },
      registry,
      fetch: globalThis.fetch,
      tools: () => Promise.resolve(tools),
      audit: (record) => records.push(record),
      secrets: () => options.secrets ?? [],
    },
    { config: () => parsed, directory: '/etc/vedette' },
  );
  const samples = (name: string) => samplesOf(registry, name);
  return {
    narrator,
    clock,
    files,
    records,
    warnings,
    calls,
    outcomes: () =>
      Object.fromEntries(samples('vedette_agent_narratives_total').map(({ label, value }) => [label, value])),
    metric: (name) => samples(name).reduce((sum, { value }) => sum + value, 0),
  };
}

function samplesOf(
  registry: MetricsRegistry,
  name: string,
): { readonly label: string; readonly value: number }[] {
  const family = registry.collect().find((one) => one.name === name);
  return (family?.samples ?? []).map(({ labels, value }) => ({
    label: labels[1] ?? '',
    value,
  }));
}
