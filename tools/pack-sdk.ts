/**
 * `npm run pack:sdk [-- --out DIR]`: the package `@vedette/sdk` as applications install it.
 *
 * In the workspace the SDK is its sources; Node strips types nowhere below `node_modules`, so what is published is
 * JavaScript with declarations: `tsc` writes it, and the entries of `exports` are turned from sources to what became of
 * them. `publint` then reads the result as a package manager would; any message fails. `npm pack` makes the file.
 *
 * Prints the name of the file; exits 1 with what is wrong.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { publint } from 'publint';

const root = path.resolve(import.meta.dirname, '..');
const sdk = path.join(root, 'packages/sdk');
const dist = path.join(sdk, 'dist');
const { values } = parseArgs({ options: { out: { type: 'string', default: dist } } });

interface Manifest {
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

build();
const problems = await findProblems();
for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log(pack(path.resolve(values.out)));
process.exitCode = problems.length === 0 ? 0 : 1;

function build(): void {
  rmSync(dist, { recursive: true, force: true });
  run('tsc', ['-p', path.join(sdk, 'tsconfig.build.json')]);
  const manifest = JSON.parse(readFileSync(path.join(sdk, 'package.json'), 'utf8')) as Manifest;
  writeFileSync(path.join(dist, 'package.json'), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`);
  for (const file of ['README.md', 'LICENSE'])
    cpSync(path.join(file === 'LICENSE' ? root : sdk, file), path.join(dist, file));
}

/** Without what only the workspace needs. */
function publishedManifest(manifest: Manifest): Record<string, unknown> {
  const { private: _private, devDependencies: _devDependencies, ...published } = manifest;
  const exports = Object.fromEntries(
    Object.entries(manifest.exports).map(([name, source]) => {
      const file = source.replace(/^\.\/src\//, './').replace(/\.ts$/, '');
      return [name, { types: `${file}.d.ts`, default: `${file}.js` }];
    }),
  );
  return { ...published, exports, files: ['**/*.js', '**/*.d.ts'], sideEffects: false };
}

async function findProblems(): Promise<string[]> {
  const { messages } = await publint({ pkgDir: dist, strict: true, pack: false });
  return messages.map(
    ({ type, code, path: at, args }) =>
      `publint: ${type} ${code} at ${at.join('.')}: ${JSON.stringify(args)}`,
  );
}

function pack(out: string): string {
  mkdirSync(out, { recursive: true });
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', out], dist)) as {
    filename: string;
  }[];
  return path.join(out, packed?.filename ?? '');
}

function run(command: string, args: readonly string[], cwd = root): string {
  const bin = path.join(root, 'node_modules/.bin');
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}` };
  return execFileSync(command, [...args], {
    cwd,
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}
