import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import { FatalError } from '@vedette/model';
import { loadConfig, type Config } from './load.ts';
import { parseProfileName, type ProfileName } from './profile.ts';

/** Options of `vedette start`, in the form of `util.parseArgs`. */
export const START_OPTIONS = {
  config: { type: 'string' },
  listen: { type: 'string' },
  data: { type: 'string' },
  profile: { type: 'string' },
  'no-host': { type: 'boolean' },
  log: { type: 'string' },
} as const;

export interface StartFlags {
  readonly config?: string | undefined;
  readonly listen?: string | undefined;
  readonly data?: string | undefined;
  readonly profile?: string | undefined;
  readonly 'no-host'?: boolean | undefined;
  readonly log?: string | undefined;
}

/** Everything a start is decided by: flags first, then the environment, then the file, then defaults. */
export interface StartSettings {
  /** Absolute; `undefined` without a file. */
  readonly configFile: string | undefined;
  readonly config: Config;
  /** The set of defaults below the file; `undefined`: the usual ones. */
  readonly profile: ProfileName | undefined;
  /** Absolute; `undefined` when the routing of alerts stands inline. */
  readonly alertmanagerFile: string | undefined;
  /** The file as YAML to be shown: with the defaults, without a secret. */
  readonly configYaml: string;
  /** Absolute. */
  readonly dataDirectory: string;
  readonly isHostWatched: boolean;
  readonly areContainersWatched: boolean;
  readonly logFormat: 'json' | 'pretty';
}

export interface StartEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
}

/** Read when neither flag nor environment name a file, if it is there. */
const USUAL_CONFIG_FILE = 'vedette.yml';

/** Loads the configuration file and settles every start option; throws `ConfigError` or `FatalError` with the remedy. */
export async function loadStartSettings(
  flags: StartFlags,
  { env, workingDirectory }: StartEnvironment,
): Promise<StartSettings> {
  const named = chosen('--config', flags.config, env['VEDETTE_CONFIG']);
  const configFile =
    named === undefined ? await findUsualConfig(workingDirectory) : path.resolve(workingDirectory, named);
  const shownAs = named ?? USUAL_CONFIG_FILE;
  const profileText = chosen('--profile', flags.profile, env['VEDETTE_PROFILE']);
  const profile = profileText === undefined ? undefined : parseProfileName(profileText);
  const { config, alertmanagerFile, yaml } = await loadConfig(configFile, { env, shownAs, profile });
  const listen = parseListen(chosen('--listen', flags.listen, env['VEDETTE_LISTEN']));
  return {
    configFile,
    // Flag and environment win over the file; listeners of the file then do not apply.
    config:
      listen === undefined
        ? config
        : { ...config, server: { ...config.server, listen, listeners: undefined } },
    profile,
    alertmanagerFile,
    configYaml: yaml,
    dataDirectory: path.resolve(
      workingDirectory,
      chosen('--data', flags.data, env['VEDETTE_DATA']) ?? 'data',
    ),
    isHostWatched: flags['no-host'] !== true && config.host.enabled,
    areContainersWatched: flags['no-host'] !== true && config.containers.enabled !== false,
    logFormat:
      parseChoice('--log', flags.log, ['json', 'pretty']) ?? (process.stderr.isTTY ? 'pretty' : 'json'),
  };
}

/** The flag, else the variable; an empty variable counts as not set, which is what compose files make of a missing one. */
function chosen(option: string, flag: string | undefined, variable: string | undefined): string | undefined {
  if (flag === '')
    throw new FatalError(
      'VED_CONFIG_INVALID',
      `cannot use ${option} "": it is empty; give it a value or leave it out`,
    );
  return flag ?? (variable === '' ? undefined : variable);
}

async function findUsualConfig(workingDirectory: string): Promise<string | undefined> {
  const file = path.join(workingDirectory, USUAL_CONFIG_FILE);
  return (await stat(file).then(
    () => true,
    () => false,
  ))
    ? file
    : undefined;
}

/** `HOST:PORT`, `[::1]:PORT`, `:PORT` or `PORT`; port 0 takes a free one. */
function parseListen(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const match = /^(?:(\[[^\]]+\]|[^:]*):)?(\d{1,5})$/.exec(text);
  if (match === null || Number(match[2]) > 65_535) {
    throw new FatalError(
      'VED_CONFIG_INVALID',
      `cannot listen on "${text}": want HOST:PORT such as 127.0.0.1:8080, with a port up to 65535`,
    );
  }
  return `${match[1] === undefined || match[1] === '' ? '127.0.0.1' : match[1]}:${match[2]}`;
}

function parseChoice<T extends string>(
  option: string,
  text: string | undefined,
  choices: readonly T[],
): T | undefined {
  if (text === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined)
    throw new FatalError(
      'VED_CONFIG_INVALID',
      `cannot use ${option} "${text}": want ${choices.join(' or ')}`,
    );
  return choice;
}
