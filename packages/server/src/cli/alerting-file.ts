import * as path from 'node:path';
import { InputError } from '@vedette/model';
import type { AlertmanagerConfig } from '../alert/config/config.ts';
import { findUnsupported } from '../alert/config/support.ts';
import type { MatcherMode } from '../alert/matchers/parse.ts';
import { parseAlertmanagerConfig } from '../config/alertmanager-config.ts';
import { ConfigError, type ConfigFault } from '../config/fault.ts';
import { readText } from '../config/load.ts';
import { UsageError, type CliIo } from './command.ts';

/** Alertmanager's own names of the modes. */
const MODES: Readonly<Record<string, MatcherMode>> = {
  'utf8-strict-mode': 'utf8-strict',
  'classic-mode': 'classic',
};

export interface AlertingFile {
  readonly config: AlertmanagerConfig;
  /** What is valid and not carried out by this version. */
  readonly unsupported: readonly ConfigFault[];
  readonly text: string;
}

/**
 * Reads and checks an alertmanager.yml, as the operator named it. Throws `ConfigError` with every fault, or
 * `InputError` (VED_CONFIG_INVALID) when the file cannot be read.
 */
export async function loadAlertingFile(
  file: string,
  { workingDirectory }: Pick<CliIo, 'workingDirectory'>,
  mode?: MatcherMode,
): Promise<AlertingFile> {
  const absolute = path.resolve(workingDirectory, file);
  const text = await readText(absolute).catch((error: unknown): never => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError('VED_CONFIG_INVALID', `cannot read "${file}": ${reason}; name an alertmanager.yml`, {
      cause: error,
    });
  });
  const { config, faults, source } = parseAlertmanagerConfig(text, {
    file,
    path: absolute,
    extensions: false,
    mode,
  });
  if (config === undefined) throw new ConfigError(faults, () => text);
  const unsupported = findUnsupported(config).map((part) => source.faultAt(part.path, part.message));
  return { config, unsupported, text };
}

/** `--enable-feature` of Alertmanager, as far as it is about matchers. */
export function matcherModeOf(features: readonly string[]): MatcherMode | undefined {
  const modes = features
    .flatMap((text) => text.split(','))
    .map((name) => {
      const mode = MODES[name];
      if (mode !== undefined) return mode;
      throw new UsageError(`--enable-feature must be one of ${Object.keys(MODES).join(', ')}; got "${name}"`);
    });
  if (new Set(modes).size > 1)
    throw new UsageError('cannot enable both classic-mode and utf8-strict-mode at the same time');
  return modes[0];
}
