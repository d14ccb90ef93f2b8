import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSourceFile, FILE_LINES_MAX, FUNCTION_LINES_MAX } from './tidy/checks.ts';
import { parseSourceFile } from './tidy/source-file.ts';

/** Findings of a file that would stand at `file`, as `line: message`. */
function findings(file: string, text: string): string[] {
  return checkSourceFile(parseSourceFile(file, text)).map(({ line, message }) => `${line}: ${message}`);
}

function refuses(file: string, text: string, wanted: RegExp): void {
  const found = findings(file, text);
  assert.equal(found.length, 1, found.join('\n'));
  assert.match(found[0] ?? '', wanted);
}

test('an import against the table is refused', () => {
  const here = 'packages/server/src/store/metrics/x.ts';
  refuses(
    here,
    "import { a } from '../../detect/index.ts';\n",
    /^1: forbidden import: "server\/store" must not import "server\/detect"/,
  );
  refuses(
    'packages/tsdb/src/x.ts',
    "\nexport { a } from '@vedette/promql';\n",
    /^2: forbidden import: "tsdb" must not import "promql"/,
  );
  refuses(
    'packages/sdk/src/x.ts',
    "import type { Labels } from '@vedette/model';\n",
    /"sdk" must not import "model"; it may import: nothing/,
  );
  refuses(
    'packages/web/src/x.tsx',
    "const engine = await import('@vedette/promql');\n",
    /"web" must not import "promql"/,
  );
  refuses(
    'packages/server/src/nowhere/x.ts',
    "import { a } from '../lib/a.ts';\n",
    /area "server\/nowhere" is not in the import table/,
  );
});

test('allowed imports pass', () => {
  assert.deepEqual(
    findings(
      'packages/server/src/detect/rules/x.ts',
      "import { a } from '../../query/metrics/port.ts';\nimport fs from 'node:fs';\nimport { z } from 'zod';\n",
    ),
    [],
  );
  assert.deepEqual(
    findings('packages/web/src/x.tsx', "import { parse } from '@vedette/promql/parser';\n"),
    [],
  );
  assert.deepEqual(
    findings('packages/server/src/compose.ts', "import { a } from './store/metrics/embedded.ts';\n"),
    [],
  );
  assert.deepEqual(
    findings('packages/server/src/config/schema.ts', "import { a } from '../alert/config.ts';\n"),
    [],
  );
});

test('a stage is entered by its door alone', () => {
  refuses(
    'packages/server/src/detect/x.ts',
    "import { a } from '../query/metrics/embedded.ts';\n",
    /is inside the stage "server\/query"; enter it by its index.ts or port.ts/,
  );
});

test('a function over the limit is refused, one at the limit passes', () => {
  const functionOf = (lines: number): string =>
    `export function f(): void {\n${'  f();\n'.repeat(lines - 2)}}\n`;
  assert.deepEqual(findings('packages/model/src/x.ts', functionOf(FUNCTION_LINES_MAX)), []);
  refuses(
    'packages/model/src/x.ts',
    functionOf(FUNCTION_LINES_MAX + 1),
    /^1: function of 71 lines, at most 70/,
  );
  refuses(
    'packages/model/src/x.ts',
    `const f = (): void => {\n${'  f();\n'.repeat(FUNCTION_LINES_MAX)}};\n`,
    /function of 72 lines/,
  );
  refuses(
    'packages/model/src/x.ts',
    `class A {\n  m(): void {\n${'    f();\n'.repeat(FUNCTION_LINES_MAX)}  }\n}\n`,
    /^2: function of 72 lines/,
  );
});

test('a file over the limit is refused unless it is a table', () => {
  const lines = 'export type A = 1;\n'.repeat(FILE_LINES_MAX);
  assert.deepEqual(findings('packages/model/src/x.ts', lines), []);
  refuses('packages/model/src/x.ts', `${lines}export type B = 1;\n`, /file of 601 lines/);
  assert.deepEqual(findings('packages/model/src/x.ts', `/** Table of units. */\n${lines}`), []);
});

test('a route without a role is refused', () => {
  const file = 'packages/server/src/serve/x.ts';
  refuses(
    file,
    "export const routes = [\n  { methods: ['GET'], path: '/x', handle },\n];\n",
    /^2: route without a role/,
  );
  assert.deepEqual(
    findings(file, "export const routes = [{ methods: ['GET'], path: '/x', access: 'viewer', handle }];\n"),
    [],
  );
});

test("the machine's time and randomness are met in lib only", () => {
  const text = 'export const a = Date.now();\n';
  refuses('packages/tsdb/src/x.ts', text, /"Date.now" reads the machine/);
  refuses('packages/server/src/alert/x.ts', 'setTimeout(f, 1);\n', /"setTimeout" reads the machine/);
  refuses('packages/server/src/alert/x.ts', 'const d = new Date();\n', /"new Date" reads the machine/);
  assert.deepEqual(findings('packages/server/src/alert/x.ts', 'const d = new Date(nowMs);\n'), []);
  assert.deepEqual(findings('packages/server/src/lib/x.ts', text), []);
});

test('vague folders and nameless notes are refused', () => {
  refuses('packages/server/src/lib/utils/x.ts', '', /a folder named for nothing/);
  refuses('packages/model/src/x.ts', '// TODO later\n', /does not enter main/);
  refuses('packages/model/src/x.ts', '/* a */\n// FIXME(ann): x\n', /^2: "FIXME" does not enter main/);
  assert.deepEqual(
    findings('packages/model/src/x.ts', '// TODO(ann): drop with schema 2; wrong once 0.3 is out\n'),
    [],
  );
});

test('a language model is reached from one folder, and never by its bare name', () => {
  const home = 'packages/server/src/respond/agent/narrator/x.ts';
  const load = "import { generateText } from 'ai';\n";
  assert.deepEqual(findings(home, load), []);
  assert.deepEqual(findings('packages/server/src/serve/x.ts', "const model = 'x';\n"), []);
  refuses('packages/server/src/serve/x.ts', load, /^1: "ai" stays in respond\/agent\/narrator/);
  refuses(home, "import { gateway } from '@ai-sdk/gateway';\n", /^1: "@ai-sdk\/gateway" stays/);
  refuses(home, `${load}generateText({ model: 'maker/name' });\n`, /^2: the bare name of a model/);
});
