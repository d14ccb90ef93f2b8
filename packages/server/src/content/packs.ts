/**
 * The rules that ship beside the program, in `rules/`. A pack is a rule file with a switch in the configuration. What
 * lies in `runbooks/` is read in `respond/runbook`.
 */
import { type Files, FatalError } from '@vedette/model';
import type { PacksConfig } from './config.ts';

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

/** What is switched on. Safe for concurrent use. */
export interface ContentPacks {
  /** Paths of rule files to evaluate besides the operator's own, sorted. */
  readonly ruleFiles: readonly string[];
}

/**
 * Finds the shipped content below `directory`, the folder that holds `rules/`. Rejects with
 * `FatalError` when the file of a pack that is on is missing.
 */
export async function loadContentPacks(
  deps: { readonly files: Files },
  options: { readonly directory: string; readonly config: PacksConfig },
): Promise<ContentPacks> {
  const { directory, config } = options;
  return { ruleFiles: await findRuleFiles(deps.files, `${directory}/rules`, config) };
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
