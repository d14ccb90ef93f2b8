import * as path from 'node:path';
import {
  alertmanagerConfig,
  withoutNulls,
  type AlertmanagerConfig,
  type AlertmanagerSchemaOptions,
} from '../alert/config/config.ts';
import type { ConfigFault } from './fault.ts';
import { validate } from './validate.ts';
import { parseYamlSource, type YamlSource } from './yaml-source.ts';

export interface AlertmanagerFileOptions extends Pick<AlertmanagerSchemaOptions, 'extensions' | 'mode'> {
  /** As faults name it. */
  readonly file: string;
  /** Absolute; relative names in it start at its folder. */
  readonly path: string;
}

/** Either the configuration, or every fault at its place; the source is there for faults found later. */
export type ParsedAlertmanagerConfig = { readonly source: YamlSource } & (
  | { readonly config: AlertmanagerConfig; readonly faults: readonly [] }
  | { readonly config: undefined; readonly faults: readonly ConfigFault[] }
);

/** Reads the text of an alertmanager.yml. Variables are not replaced in it. Never throws for what it contains. */
export function parseAlertmanagerConfig(
  text: string,
  options: AlertmanagerFileOptions,
): ParsedAlertmanagerConfig {
  const { file, extensions, mode } = options;
  const source = parseYamlSource(file, text, { scalars: 'text' });
  const schema = alertmanagerConfig({ extensions, mode, directory: path.dirname(options.path) });
  const { value, faults } = validate({ ...source, value: withoutNulls(source.value) }, schema);
  return value === undefined ? { source, config: undefined, faults } : { source, config: value, faults: [] };
}
