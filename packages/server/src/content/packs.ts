/**
 * The content that ships beside the program: rule files in `rules/`, runbooks in `runbooks/`.
 *
 * A pack is a rule file with a switch in the configuration. Runbooks are Markdown files named like the alert
 * they are for; they are listed once and read when somebody asks. Names come from outside (a link in a
 * message), therefore they are looked up in the list and never become part of a path unseen.
 */
import { type Files, FatalError, InputError } from '@vedette/model';
import type { PacksConfig } from './config.ts';

/** A runbook is some screens of text; the longest shipped one has 2 kB. */
const RUNBOOK_BYTES_MAX = 262_144;

/** The packs, each with the rule file of its name below `rules/`, with hyphens. The type has every key once, so none is forgotten. */
const PACKS: Readonly<Record<keyof PacksConfig, true>> = {
  host: true,
  containers: true,
  http: true,
  redis: true,
  database: true,
  llm: true,
  cost: true,
  logs: true,
  security: true,
  queue: true,
  sandbox: true,
  user_behavior: true,
};

export interface Runbook {
  readonly alertName: string;
  readonly markdown: string;
}

/** What is switched on. Safe for concurrent use. */
export interface ContentPacks {
  /** Paths of rule files to evaluate besides the operator's own, sorted. */
  readonly ruleFiles: readonly string[];
  /** Alerts that have a runbook, sorted. */
  readonly runbookNames: readonly string[];
  /** The runbook of an alert. Rejects with `InputError` when the file is larger than 256 KiB. */
  findRunbook(alertName: string): Promise<Runbook | undefined>;
}

/**
 * Finds the shipped content below `directory`, the folder that holds `rules/` and `runbooks/`. Rejects with
 * `FatalError` when the file of a pack that is on is missing.
 */
export async function loadContentPacks(
  deps: { readonly files: Files },
  options: { readonly directory: string; readonly config: PacksConfig },
): Promise<ContentPacks> {
  const { directory, config } = options;
  const ruleFiles = await findRuleFiles(deps.files, `${directory}/rules`, config);
  const entries = await deps.files.list(`${directory}/runbooks`);
  const runbooks = new Map(
    entries
      .filter((entry) => entry.kind === 'file' && entry.name.endsWith('.md'))
      .map((entry) => [entry.name.slice(0, -'.md'.length), entry] as const),
  );
  return {
    ruleFiles,
    runbookNames: [...runbooks.keys()],
    findRunbook: async (alertName) => {
      const entry = runbooks.get(alertName);
      if (entry === undefined) return undefined;
      const file = `${directory}/runbooks/${entry.name}`;
      assertSize(file, entry.sizeBytes);
      return { alertName, markdown: new TextDecoder().decode(await deps.files.read(file)) };
    },
  };
}

async function findRuleFiles(
  files: Files,
  directory: string,
  config: PacksConfig,
): Promise<readonly string[]> {
  const found = new Set((await files.list(directory)).map((entry) => entry.name));
  const wanted = Object.keys(PACKS).filter((pack) => config[pack as keyof PacksConfig] === true);
  for (const pack of wanted) {
    if (found.has(fileOf(pack))) continue;
    throw new FatalError(
      'VED_RULES_INVALID',
      `cannot load pack "${pack}": file "${directory}/${fileOf(pack)}" is missing; install Vedette again or set packs.${pack}: false`,
    );
  }
  return wanted.map((pack) => `${directory}/${fileOf(pack)}`).sort();
}

function fileOf(pack: string): string {
  return `${pack.replaceAll('_', '-')}.yml`;
}

function assertSize(file: string, sizeBytes: number): void {
  if (sizeBytes <= RUNBOOK_BYTES_MAX) return;
  throw new InputError(
    'VED_CONFIG_INVALID',
    `cannot read runbook "${file}": it has ${sizeBytes} bytes, limit is ${RUNBOOK_BYTES_MAX}; move details to pages of their own`,
  );
}
