/**
 * Runbooks as skills (SEP-2640): a folder with a `SKILL.md` whose front matter tells a host when to read it.
 *
 * 1. A skill's name is the runbook's id in the letters that names of skills may have: `HighErrorRate` becomes
 *    `high-error-rate`; what would be taken already gets a number, in the order of ids.
 * 2. An entry with its digest is made once for each version of a runbook, when it is first asked for.
 * 3. A runbook that makes no valid skill is left out, and the log says why, once.
 */
import type { McpServer } from '@modelcontextprotocol/server';
import {
  skillEntry,
  SkillsExtension,
  type Skill,
  type SkillSource,
} from '@modelcontextprotocol/server/ext/skills';
import type { Runbook, RunbookLibrary } from '../../../respond/index.ts';
import type { McpDeps } from '../mcp-deps.ts';
import type { McpAsker } from '../mcp-endpoint.ts';
import { clean } from '../clean-text.ts';
import { auditReading } from './audit-reading.ts';

const BASE = 'skill://runbooks';

// Of the extension: lower-case letters, digits, single hyphens.
const NAME_CHARS_MAX = 64;

// Of the extension; ours are a sentence.
const DESCRIPTION_CHARS_MAX = 1024;

// Each entry is 500 B: a page is some 12,000 tokens at the most.
const PAGE_SKILLS_MAX = 100;

interface BuiltSkill {
  readonly skill: Skill;
  readonly text: string;
}

export function createRunbookSkills(
  deps: Pick<McpDeps, 'log' | 'audit'>,
  library: () => Promise<RunbookLibrary>,
): (server: McpServer, asker: McpAsker) => void {
  const shelf = new SkillShelf(deps, library);
  const onWarning = ({ path, message }: { readonly path: string; readonly message: string }): void =>
    deps.log.warn('a runbook makes no good skill', { path, message });
  return (server, asker) => {
    const onRead = (uri: string, status: number): Promise<void> => auditReading(deps, asker, { uri, status });
    new SkillsExtension({ source: sourceOf(shelf, onRead), baseUri: BASE, onWarning }).attach(server);
  };
}

function sourceOf(shelf: SkillShelf, onRead: (uri: string, status: number) => Promise<void>): SkillSource {
  return {
    list: async ({ cursor }) => {
      const names = [...(await shelf.byName()).keys()].toSorted();
      const rest = cursor === undefined ? names : names.filter((name) => name > cursor);
      const page = rest.slice(0, PAGE_SKILLS_MAX);
      const built = await Promise.all(page.map((name) => shelf.find(name)));
      const skills = built.flatMap((one) => (one === undefined ? [] : [one.skill]));
      const last = page.at(-1);
      return rest.length > page.length && last !== undefined ? { skills, nextCursor: last } : { skills };
    },
    get: async (uri) => (await shelf.findByUri(uri))?.skill,
    read: async (uri) => {
      const found = await shelf.findByUri(uri);
      await onRead(uri, found === undefined ? 404 : 200);
      return found && { text: found.text, mimeType: 'text/markdown' };
    },
  };
}

/** All runbooks by the names of their skills, with what was made of them. */
class SkillShelf {
  readonly #deps: Pick<McpDeps, 'log'>;
  readonly #library: () => Promise<RunbookLibrary>;
  #all: readonly Runbook[] | undefined;
  #byName: ReadonlyMap<string, Runbook> = new Map();
  readonly #built = new WeakMap<Runbook, Promise<BuiltSkill | undefined>>();

  constructor(deps: Pick<McpDeps, 'log'>, library: () => Promise<RunbookLibrary>) {
    this.#deps = deps;
    this.#library = library;
  }

  async byName(): Promise<ReadonlyMap<string, Runbook>> {
    const all = (await this.#library()).all();
    if (all === this.#all) return this.#byName;
    this.#byName = namedSkills(all);
    this.#all = all;
    return this.#byName;
  }

  async find(name: string): Promise<BuiltSkill | undefined> {
    const runbook = (await this.byName()).get(name);
    if (runbook === undefined) return undefined;
    const known = this.#built.get(runbook);
    if (known !== undefined) return await known;
    const building = this.#build(name, runbook);
    this.#built.set(runbook, building);
    return await building;
  }

  async findByUri(uri: string): Promise<BuiltSkill | undefined> {
    const name = /^skill:\/\/runbooks\/([a-z\d-]+)\/SKILL\.md$/.exec(uri)?.[1];
    return name === undefined ? undefined : await this.find(name);
  }

  async #build(name: string, runbook: Runbook): Promise<BuiltSkill | undefined> {
    const text = skillTextOf(name, runbook);
    try {
      return { skill: await skillEntry(name, { 'SKILL.md': text }, { baseUri: BASE }), text };
    } catch (error) {
      this.#deps.log.warn('a runbook makes no skill', { file: runbook.file, error });
      return undefined;
    }
  }
}

/** Names of skills for runbooks sorted by id; the same for the same ids. */
export function namedSkills(all: readonly Runbook[]): ReadonlyMap<string, Runbook> {
  const named = new Map<string, Runbook>();
  for (const runbook of all) {
    const base = skillNameOf(runbook.id);
    let name = base;
    for (let n = 2; named.has(name); n++) name = numbered(base, n);
    named.set(name, runbook);
  }
  return named;
}

function numbered(base: string, n: number): string {
  const end = `-${n}`;
  // Two hyphens in succession no name may have.
  return base.slice(0, NAME_CHARS_MAX - end.length).replace(/-$/, '') + end;
}

/** `HighCPUUsage` → `high-cpu-usage`. */
export function skillNameOf(id: string): string {
  const words = id
    .replaceAll(/([a-z\d])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/g, '-');
  return words.slice(0, NAME_CHARS_MAX).replaceAll(/^-+|-+$/g, '') || 'runbook';
}

function skillTextOf(name: string, { id, title, match, owner, severity, markdown }: Runbook): string {
  const alerts = match.alertnames.length === 0 ? id : match.alertnames.join(', ');
  const description = `What to do about the alert ${alerts}: ${title}. Use when it fires, or when somebody asks about it.`;
  const metadata = [
    ['runbook', id],
    ...(owner === undefined ? [] : [['owner', owner]]),
    ...(severity === undefined ? [] : [['severity', severity]]),
  ];
  return [
    '---',
    `name: ${name}`,
    `description: ${quoted(description, DESCRIPTION_CHARS_MAX)}`,
    'metadata:',
    ...metadata.map(([key = '', value = '']) => `  ${key}: ${quoted(value, DESCRIPTION_CHARS_MAX)}`),
    '---',
    '',
    markdown,
  ].join('\n');
}

/** YAML reads JSON's strings. */
function quoted(text: string, charsMax: number): string {
  const line = clean(text).replaceAll(/\s+/g, ' ').trim();
  return JSON.stringify(line.length <= charsMax ? line : `${line.slice(0, charsMax - 1).toWellFormed()}…`);
}
