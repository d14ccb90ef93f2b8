import * as path from 'node:path';
import { InputError, type FileEntry, type Labels, type Timer } from '@vedette/model';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { targetGroup } from '../../../lib/discovery-config.ts';
import {
  targetLabelsOf,
  type DiscoveryDeps,
  type DiscoveryOptions,
  type TargetDiscovery,
} from './discovery.ts';

export interface FileDiscoveryPlan {
  readonly kind: 'file';
  readonly patterns: readonly string[];
  readonly refreshMs: number;
}

/**
 * Targets from files. The disk port tells no modification times, so files are read again every few
 * seconds and compared by their bytes; only a changed one is parsed. A broken file is reported once and
 * its last good targets stay; a removed file takes its targets along.
 */
export class FileDiscovery implements TargetDiscovery {
  readonly isLocal = true;
  readonly #deps: DiscoveryDeps;
  readonly #plan: FileDiscoveryPlan;
  readonly #directory: string;
  readonly #known = new Map<string, KnownFile>();
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(deps: DiscoveryDeps, plan: FileDiscoveryPlan, options: Pick<DiscoveryOptions, 'directory'>) {
    this.#deps = deps;
    this.#plan = plan;
    this.#directory = options.directory;
  }

  targets(): readonly Labels[] {
    return [...this.#known.values()].flatMap((file) => file.targets);
  }

  async refresh(): Promise<boolean> {
    let hasChanged = false;
    const found = new Map<string, FileEntry>();
    for (const pattern of this.#plan.patterns)
      for (const [file, entry] of await this.#filesOf(pattern)) found.set(file, entry);
    for (const file of this.#known.keys())
      if (!found.has(file)) hasChanged = this.#known.delete(file) || hasChanged;
    for (const [file, entry] of found) hasChanged = (await this.#refreshFile(file, entry)) || hasChanged;
    return hasChanged;
  }

  start(onChange: () => void): void {
    if (this.#timer !== undefined || this.#isStopped) return;
    const periodMs = Math.min(this.#plan.refreshMs, POLL_MS);
    const look = (): void =>
      void this.refresh().then((hasChanged) => {
        if (this.#isStopped) return;
        if (hasChanged) onChange();
        this.#timer = this.#deps.clock.setTimer(periodMs, look);
      });
    this.#timer = this.#deps.clock.setTimer(periodMs, look);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  async #filesOf(pattern: string): Promise<[file: string, entry: FileEntry][]> {
    const full = path.resolve(this.#directory, pattern);
    const directory = path.dirname(full);
    const [head = '', tail] = path.basename(full).split('*');
    const isWanted = (name: string): boolean =>
      tail === undefined
        ? name === head
        : name.length >= head.length + tail.length && name.startsWith(head) && name.endsWith(tail);
    try {
      const entries = await this.#deps.files.list(directory);
      return entries
        .filter((entry) => entry.kind === 'file' && isWanted(entry.name))
        .map((entry) => [path.join(directory, entry.name), entry]);
    } catch (error) {
      this.#report(directory, error);
      // What cannot be listed now may be there still.
      return [...this.#known]
        .filter(([file]) => path.dirname(file) === directory)
        .map(([file, { entry }]) => [file, entry]);
    }
  }

  async #refreshFile(file: string, entry: FileEntry): Promise<boolean> {
    const known = this.#known.get(file);
    try {
      assertSize(file, entry.sizeBytes);
      const bytes = Buffer.from(await this.#deps.files.read(file));
      if (known !== undefined && bytes.equals(known.bytes)) return false;
      // Noted before it is parsed, so that a broken file is reported once, not at every look.
      this.#known.set(file, { bytes, entry, targets: known?.targets ?? [] });
      this.#known.set(file, { bytes, entry, targets: parseTargets(file, bytes) });
      return true;
    } catch (error) {
      this.#report(file, error);
      return false;
    }
  }

  #report(file: string, error: unknown): void {
    this.#deps.metrics.discoveryFailures.inc(1, 'file');
    this.#deps.log.warn('discovery file cannot be used; its last good targets stay', { file, error });
  }
}

interface KnownFile {
  readonly bytes: Buffer;
  readonly entry: FileEntry;
  readonly targets: readonly Labels[];
}

/** How soon a change is seen. */
const POLL_MS = 5000;

/** Parsing holds the event loop: 8 MiB of JSON (about 50,000 targets) take some 60 ms, YAML is 30 times slower. */
const JSON_BYTES_MAX = 8 * 1024 * 1024;
const YAML_BYTES_MAX = 1024 * 1024;

function isJson(file: string): boolean {
  return /\.json$/i.test(file);
}

function assertSize(file: string, sizeBytes: number): void {
  const bytesMax = isJson(file) ? JSON_BYTES_MAX : YAML_BYTES_MAX;
  if (sizeBytes > bytesMax)
    throw new InputError(
      'VED_SCRAPE_FAILED',
      `cannot read targets of "${file}": got ${sizeBytes} bytes, want at most ${bytesMax}; split it${isJson(file) ? '' : ' or write it as JSON'}`,
    );
}

function parseTargets(file: string, bytes: Buffer): Labels[] {
  const text = bytes.toString('utf8');
  let content: unknown;
  try {
    content = isJson(file) ? JSON.parse(text) : parseYaml(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError('VED_SCRAPE_FAILED', `cannot parse "${file}": ${reason}`, { cause: error });
  }
  const result = z.array(targetGroup).safeParse(content ?? []);
  if (!result.success)
    throw new InputError('VED_SCRAPE_FAILED', `cannot use "${file}": ${z.prettifyError(result.error)}`);
  return result.data.flatMap((group) => targetLabelsOf(group, [['__meta_filepath', file]]));
}
