import * as path from 'node:path';
import { parseSync, Visitor, type Node } from 'oxc-parser';

/** What the checks want to know of one TypeScript file. */
export interface SourceFile {
  /** Relative to the project, `/` separated. */
  readonly file: string;
  readonly text: string;
  readonly lineCount: number;
  readonly imports: readonly { readonly target: string; readonly line: number }[];
  readonly functions: readonly { readonly line: number; readonly lineCount: number }[];
  /** Calls and constructions by their written name: `Date.now`, `setTimeout`, `new Date` (without arguments). */
  readonly calls: readonly { readonly name: string; readonly line: number }[];
  /** Object literals that declare a route: they have `methods`, a `path` and a `handle`. */
  readonly routes: readonly { readonly line: number; readonly keys: readonly string[] }[];
}

/** Parses one file; syntax errors are left to `tsc`. */
export function parseSourceFile(file: string, text: string): SourceFile {
  const lineStarts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
  const lineOf = (offset: number): number => lineStarts.findLastIndex((start) => start <= offset) + 1;
  const functions: { line: number; lineCount: number }[] = [];
  const calls: { name: string; line: number }[] = [];
  const routes: { line: number; keys: string[] }[] = [];
  const result = parseSync(file, text);
  const addFunction = (node: { start: number; end: number }): void => {
    const line = lineOf(node.start);
    functions.push({ line, lineCount: lineOf(node.end) - line + 1 });
  };
  const addCall = (name: string | undefined, start: number): void => {
    if (name !== undefined) calls.push({ name, line: lineOf(start) });
  };
  new Visitor({
    FunctionDeclaration: addFunction,
    FunctionExpression: addFunction,
    ArrowFunctionExpression: addFunction,
    CallExpression: (node) => addCall(nameOf(node.callee), node.start),
    NewExpression: (node) =>
      addCall(node.arguments.length === 0 ? `new ${nameOf(node.callee)}` : undefined, node.start),
    ObjectExpression: (node) => {
      const keys = node.properties.flatMap((property) =>
        property.type === 'Property' && property.key.type === 'Identifier' ? [property.key.name] : [],
      );
      if (['methods', 'path', 'handle'].every((key) => keys.includes(key)))
        routes.push({ line: lineOf(node.start), keys });
    },
  }).visit(result.program);
  const { staticImports, staticExports, dynamicImports } = result.module;
  const requests = [
    ...staticImports.map(({ moduleRequest }) => moduleRequest),
    ...staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => (moduleRequest === null ? [] : [moduleRequest])),
    ),
  ].map(({ value, start }) => ({ specifier: value, start }));
  for (const { moduleRequest } of dynamicImports) {
    const written = text.slice(moduleRequest.start, moduleRequest.end);
    if (/^'[^']*'$/.test(written))
      requests.push({ specifier: written.slice(1, -1), start: moduleRequest.start });
  }
  const imports = requests.map(({ specifier, start }) => ({
    target: resolveSpecifier(file, specifier),
    line: lineOf(start),
  }));
  return {
    file,
    text,
    lineCount: lineStarts.length - (text.endsWith('\n') ? 1 : 0),
    imports,
    functions,
    calls,
    routes,
  };
}

/** Relative specifiers become files of the tree; all others stay as written. */
function resolveSpecifier(file: string, specifier: string): string {
  return specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : specifier;
}

function nameOf(node: Node): string | undefined {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'MemberExpression' && node.property.type === 'Identifier' && !node.computed) {
    const object = nameOf(node.object);
    return object === undefined ? undefined : `${object}.${node.property.name}`;
  }
  return undefined;
}
