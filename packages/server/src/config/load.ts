import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { FatalError, InputError } from '@vedette/model';
import { parseMetricSelector } from '@vedette/promql/parser';
import {
  DEFAULT_ALERTMANAGER,
  findUnsupported,
  shownAlertmanagerConfig,
  withoutNulls,
} from '../alert/config/config.ts';
import { findScrapeFaults } from '../ingest/scrape/config.ts';
import { findNotifyFaults } from '../respond/agent/notify/config.ts';
import { ConfigError, type ConfigFault } from './fault.ts';
import { includeFile } from './included-file.ts';
import { printConfig } from './print-config.ts';
import { applyProfile, type ProfileName, type ProfileSetting } from './profile.ts';
import { configSchemaFor, type Config } from './schema.ts';
import { validate } from './validate.ts';
import { CONFIG_BYTES_MAX, parseYamlSource, type YamlSource } from './yaml-source.ts';

export type { Config } from './schema.ts';

export interface LoadConfigOptions {
  /** Values for `${NAME}`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The file as the operator wrote it, for messages. */
  readonly shownAs: string;
  /** Defaults in place of ours where the file says nothing. */
  readonly profile?: ProfileName | undefined;
}

/** A configuration in its two forms. */
export interface LoadedConfig {
  readonly config: Config;
  /** The file that `alertmanager` names, absolute; `undefined` when it stands inline. Names in it are relative to it. */
  readonly alertmanagerFile: string | undefined;
  /** To be shown: YAML with the defaults, without a secret. */
  readonly yaml: string;
  /** What the profile sets, as far as the file does not. */
  readonly profileSettings: readonly ProfileSetting[];
}

/**
 * Reads, parses and checks the configuration file; without one, the defaults. Throws `ConfigError`
 * with every fault at once, or `FatalError` (VED_CONFIG_INVALID) when the file cannot be read.
 */
export async function loadConfig(
  file: string | undefined,
  options: LoadConfigOptions,
): Promise<LoadedConfig> {
  const text = file === undefined ? '' : await readConfigText(file, options.shownAs);
  const outer = parseYamlSource(options.shownAs, text, { variables: options.env });
  const {
    source: written,
    texts,
    file: alertmanagerFile,
  } = await includeFile(outer, {
    key: 'alertmanager',
    directory: configDirectory(file, process.cwd()),
    read: readText,
  });
  const { source, settings } = belowFile(withAlerting(written, alertmanagerFile), options.profile);
  const schema = configSchemaFor({
    extensions: alertmanagerFile === undefined,
    directory: configDirectory(alertmanagerFile ?? file, process.cwd()),
  });
  const { value, faults } = validate(source, schema);
  const all = value === undefined ? faults : crossFaultsOf(source, value);
  if (value === undefined || all.length > 0) throw new ConfigError(all, (name) => texts.get(name));
  return {
    config: value,
    alertmanagerFile,
    yaml: printConfig(source, schema, { alertmanager: shownAlertmanagerConfig(value.alertmanager) }),
    profileSettings: settings,
  };
}

/**
 * Keys without a value count as not written, as in Prometheus and Alertmanager: the prometheus.yml that is shipped
 * there has two of them. Who says nothing of routes has those that we ship; a file that says nothing of them is cut
 * off or the wrong one.
 */
function withAlerting(source: YamlSource, alertmanagerFile: string | undefined): YamlSource {
  const value = withoutNulls(source.value) as Readonly<Record<string, unknown>> | null | undefined;
  if (typeof value !== 'object' || value === null || !('alertmanager' in value)) return { ...source, value };
  const { alertmanager: written } = value;
  const isInline = typeof written === 'object' && written !== null && !Array.isArray(written);
  const isUsual =
    alertmanagerFile === undefined && isInline && !('route' in written) && !('receivers' in written);
  return {
    ...source,
    value: { ...value, alertmanager: isUsual ? { ...DEFAULT_ALERTMANAGER, ...written } : written },
  };
}

/** The file with the defaults of a profile below what it says. */
function belowFile(
  source: YamlSource,
  profile: ProfileName | undefined,
): { readonly source: YamlSource; readonly settings: readonly ProfileSetting[] } {
  if (profile === undefined || source.faults.length > 0) return { source, settings: [] };
  const { value, settings } = applyProfile(source.value, profile);
  return { source: { ...source, value }, settings };
}

/** Faults between two parts of the file. */
function crossFaultsOf(source: YamlSource, config: Config): ConfigFault[] {
  return [
    ...findScrapeFaults(config.global, config.scrape_configs),
    ...findSelectorFaults(config.storage.metrics),
    ...findNotifyFaults(config.agent, config.alertmanager.receivers),
    ...findUnsupported(config.alertmanager).map((part) => ({
      ...part,
      path: ['alertmanager', ...part.path],
    })),
  ].map(({ path: where, message }) => source.faultAt(where, message));
}

/** Selectors of retention rules are PromQL, which the schema of the store does not know. */
function findSelectorFaults(
  metrics: Config['storage']['metrics'],
): { readonly path: readonly (string | number)[]; readonly message: string }[] {
  if (metrics.engine === 'prometheus') return [];
  return metrics.retention_rules.flatMap(({ match }, i) => {
    try {
      parseMetricSelector(match);
      return [];
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return [{ path: ['storage', 'metrics', 'retention_rules', i, 'match'], message: error.message }];
    }
  });
}

async function readConfigText(file: string, shownAs: string): Promise<string> {
  try {
    return await readText(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FatalError(
      'VED_CONFIG_INVALID',
      `cannot read configuration "${shownAs}": ${reason}; name a vedette.yml or prometheus.yml with --config, or start without one`,
      { cause: error },
    );
  }
}

/** A text file within the limit; the message of what is thrown is the reason alone. */
export async function readText(file: string): Promise<string> {
  try {
    const stats = await stat(file);
    // A pipe may never end, a device never begin; and a reload must find the text again.
    if (!stats.isFile())
      throw new Error(`it is ${stats.isDirectory() ? 'a directory' : 'a pipe or device'}, want a file`);
    if (stats.size > CONFIG_BYTES_MAX)
      throw new Error(`got ${stats.size} bytes, want at most ${CONFIG_BYTES_MAX} (CONFIG_BYTES_MAX)`);
    const bytes = await readFile(file);
    if (!isUtf8(bytes) || bytes.includes(0)) throw new Error('it is not a text in UTF-8');
    return bytes.toString('utf8');
  } catch (error) {
    throw new Error(reasonOf(error), { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES') return 'this user may not read it';
  return error.message;
}

/** Folder that relative names in the configuration are relative to. */
export function configDirectory(file: string | undefined, workingDirectory: string): string {
  return file === undefined ? workingDirectory : path.dirname(file);
}
