/**
 * Random trees and label sets, asked of Alertmanager's own `amtool config routes test` and of ours.
 * `VEDETTE_SEED` takes another seed, `VEDETTE_ROUTES` more questions (each takes a process, about 25 ms).
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { labelsOf, SeededRandom } from '@vedette/model';
import { stringify } from 'yaml';
import { parseMatchers } from '../matchers/parse.ts';
import { printRoutes } from './print-routes.ts';
import { compileRoutes, matchRoutes, type RouteConfig } from './route.ts';

const SEED = Number(process.env['VEDETTE_SEED'] ?? 20_261_121);
// 30 questions over 6 trees are about 2 s.
const QUESTIONS = Number(process.env['VEDETTE_ROUTES'] ?? 30);
const QUESTIONS_PER_TREE = 5;

const AMTOOL = 'amtool';

const run = promisify(execFile);

function hasAmtool(): boolean {
  try {
    execFileSync(AMTOOL, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const skip = hasAmtool() || process.env['VEDETTE_PEERS'] === 'required' ? false : 'amtool is not installed';

interface Raw {
  receiver?: string;
  match?: Record<string, string>;
  match_re?: Record<string, string>;
  matchers?: string[];
  continue?: boolean;
  routes?: Raw[];
}

const NAMES = ['a', 'b', 'c'];
const VALUES = ['x', 'y', 'xy', 'z'];
const PATTERNS = ['x', 'x|y', 'x.*', '.+', '.*', '(x|z)', '[xy]+', '^x$'];

class Generator {
  readonly #random: SeededRandom;

  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
  }

  pick<T>(all: readonly T[]): T {
    return all[Math.floor(this.#random.float() * all.length)]!;
  }

  chance(ratio: number): boolean {
    return this.#random.float() < ratio;
  }

  tree(): Raw {
    return { receiver: 'r0', routes: this.#children(3) };
  }

  labels(): Record<string, string> {
    return Object.fromEntries(NAMES.filter(() => this.chance(0.7)).map((name) => [name, this.pick(VALUES)]));
  }

  #children(depth: number): Raw[] {
    const count = Math.floor(this.#random.float() * (depth + 1));
    return Array.from({ length: count }, () => this.#node(depth - 1));
  }

  #node(depth: number): Raw {
    const raw: Raw = {};
    if (this.chance(0.7)) raw.receiver = `r${Math.floor(this.#random.float() * 6)}`;
    if (this.chance(0.3)) raw.match = { [this.pick(NAMES)]: this.pick(VALUES) };
    if (this.chance(0.3)) raw.match_re = { [this.pick(NAMES)]: this.pick(PATTERNS) };
    if (this.chance(0.7)) raw.matchers = [this.#matcher(), ...(this.chance(0.2) ? [this.#matcher()] : [])];
    if (this.chance(0.4)) raw.continue = true;
    const routes = depth > 0 ? this.#children(depth) : [];
    if (routes.length > 0) raw.routes = routes;
    return raw;
  }

  #matcher(): string {
    const op = this.pick(['=', '!=', '=~', '!~']);
    const value = this.pick(op.includes('~') ? PATTERNS : [...VALUES, '']);
    return `${this.pick(NAMES)}${op}"${value}"`;
  }
}

function configOf(raw: Raw): RouteConfig {
  return {
    receiver: raw.receiver ?? '',
    match: raw.match ?? {},
    match_re: raw.match_re ?? {},
    matchers: (raw.matchers ?? []).flatMap((text) => parseMatchers(text).matchers),
    labels: {},
    mute_time_intervals: [],
    active_time_intervals: [],
    continue: raw.continue ?? false,
    routes: (raw.routes ?? []).map(configOf),
  };
}

test('random trees route as in amtool, and are drawn alike', { skip }, async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-routes-'));
  const generator = new Generator(SEED);
  const receivers = Array.from({ length: 6 }, (_, i) => ({ name: `r${i}` }));
  try {
    for (let asked = 0; asked < QUESTIONS; asked += QUESTIONS_PER_TREE) {
      const raw = generator.tree();
      const yaml = stringify({ route: raw, receivers });
      const file = path.join(directory, 'am.yml');
      writeFileSync(file, yaml);
      const root = compileRoutes(configOf(raw));
      const drawn = await run(AMTOOL, ['config', 'routes', 'show', '--config.file', file]);
      assert.equal(
        drawn.stdout.trim(),
        `Routing tree:\n${printRoutes(root)}`.trim(),
        `seed ${SEED}\n${yaml}`,
      );
      const questions = Array.from({ length: QUESTIONS_PER_TREE }, () => generator.labels());
      for (const labels of questions) {
        const args = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
        const { stdout } = await run(AMTOOL, ['config', 'routes', 'test', '--config.file', file, ...args]);
        const got = matchRoutes(root, labelsOf(labels)).map(({ receiver }) => receiver);
        assert.equal(got.join(','), stdout.trim(), `seed ${SEED}, ${args.join(' ')}\n${yaml}`);
      }
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
