import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parse,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Scalar,
  type YAMLParseError,
} from 'yaml';
import type { ConfigFault } from './fault.ts';

/** Steps from the top of a document: keys and indexes. */
export type ConfigPath = readonly (string | number)[];

/** A YAML file that remembers where everything stands, so that a later check can point at it. */
export interface YamlSource {
  readonly file: string;
  readonly text: string;
  /** Plain values; `undefined` when the text is not YAML. An empty file is an empty object. */
  readonly value: unknown;
  /** Texts of `value` that came, wholly or in part, from `${VARIABLES}`: they may be secrets wherever they stand. */
  readonly variableTexts: ReadonlySet<string>;
  /** Faults of the YAML itself and of `${VARIABLES}`. */
  readonly faults: readonly ConfigFault[];
  /** The fault at a path; the nearest existing parent when nothing stands there. `part` marks the key instead of the value. */
  faultAt(
    path: ConfigPath,
    message: string,
    options?: { part?: 'key'; help?: string | undefined },
  ): ConfigFault;
}

export interface YamlOptions {
  /** Values for `${NAME}`; `undefined` leaves them as they are (rule files, other people's formats). */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /**
   * `text`: every scalar is the text that was written, so that `0123` keeps its zero; an empty one is null, and `<<`
   * merges. For formats whose readers decide by the field what a scalar means. Not together with `variables`.
   */
  readonly scalars?: 'text' | undefined;
}

// A configuration of a thousand targets is about 100 kB; far beyond that somebody named the wrong file.
export const CONFIG_BYTES_MAX = 16 * 1024 * 1024;

/** Parses one file. Never throws for what the file contains. */
export function parseYamlSource(file: string, text: string, options: YamlOptions = {}): YamlSource {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    uniqueKeys: true,
    // Its warnings would go to stderr past the log; what they warn of fails the schema.
    logLevel: 'error',
    ...(options.scalars === 'text' ? { schema: 'failsafe', merge: true } : {}),
  });
  if (options.scalars === 'text') nullEmptyScalars(document);
  const faults: ConfigFault[] = firstBreakOf(document.errors).map((error) => {
    const position = lineCounter.linePos(error.pos[0]);
    return {
      file,
      line: position.line,
      column: position.col,
      width: error.pos[1] - error.pos[0],
      path: '',
      message: `not valid YAML: ${yamlReasonOf(error)}`,
      help: undefined,
    };
  });
  const faultOn = (node: Node | undefined, path: ConfigPath, message: string, help?: string): ConfigFault => {
    const range = node?.range ?? [0, 1, 1];
    const position = lineCounter.linePos(range[0]);
    return {
      file,
      line: position.line,
      column: position.col,
      width: isScalar(node) ? range[1] - range[0] : 1,
      path: formatConfigPath(path),
      message,
      help,
    };
  };
  const variableTexts = new Set<string>();
  if (faults.length === 0 && options.variables !== undefined)
    faults.push(...replaceVariables(document, { variables: options.variables, variableTexts, faultOn }));
  const value =
    faults.length > 0
      ? undefined
      : plainValueOf(document, (message) => faults.push(faultOn(undefined, [], message)));
  return {
    file,
    text,
    value,
    variableTexts,
    faults,
    faultAt: (path, message, { part, help } = {}) =>
      faultOn(findNode(document, path, part === 'key'), path, message, help),
  };
}

/** What stands for nothing, without quotes. */
const NOTHING = /^(?:~|null|Null|NULL)?$/;

function nullEmptyScalars(document: Document): void {
  visit(document, {
    Scalar: (key, node: Scalar) => {
      if (key === 'key' || node.type !== 'PLAIN') return;
      if (typeof node.value !== 'string' || NOTHING.test(node.value)) node.value = null;
    },
  });
}

/** Up to the first place where the parser lost its way: what it says of the rest is an echo. Repeated keys mislead nobody. */
function firstBreakOf(errors: readonly YAMLParseError[]): readonly YAMLParseError[] {
  const at = errors.findIndex(({ code }) => code !== 'DUPLICATE_KEY');
  return at < 0 ? errors : errors.slice(0, at + 1);
}

/**
 * Resolving aliases is where a small file could become a huge value; the parser stops at 100 for each anchor. An
 * alias within what it names makes an endless one, which the parser takes.
 */
function plainValueOf(document: Document, report: (message: string) => void): unknown {
  try {
    const value = (document.toJS() as unknown) ?? {};
    if (!isEndless(value)) return value;
    report('not valid YAML: an alias stands within what it names');
    return undefined;
  } catch (error) {
    report(`not valid YAML: ${yamlReasonOf(error)}`);
    return undefined;
  }
}

/** `open` holds what lies around the value, `done` what was looked through already. */
function isEndless(value: unknown, open: Set<unknown> = new Set(), done: Set<unknown> = new Set()): boolean {
  if (typeof value !== 'object' || value === null || done.has(value)) return false;
  if (open.has(value)) return true;
  open.add(value);
  const isFound = Object.values(value).some((one) => isEndless(one, open, done));
  open.delete(value);
  done.add(value);
  return isFound;
}

/** The parser's words, but for those about itself. */
function yamlReasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (/call stack/i.test(message)) return 'it is nested too deeply';
  if (/multiple documents/i.test(message))
    return 'it has several documents; leave one and remove the "---" line';
  return message;
}

/** `scrape_configs[0].job_name`. */
export function formatConfigPath(path: ConfigPath): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
}

function findNode(document: Document, path: ConfigPath, wantKey: boolean): Node | undefined {
  let node: Node | undefined = document.contents ?? undefined;
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const isLast = depth === path.length - 1;
    let next: Node | undefined;
    if (isMap(node)) {
      const pair = node.items.find(
        (candidate) => isScalar(candidate.key) && String(candidate.key.value) === String(step),
      );
      if (
        pair !== undefined &&
        isScalar(pair.key) &&
        ((isLast && wantKey) || pair.value === null || isEmptyScalar(pair.value))
      )
        return pair.key;
      next = pair?.value as Node | undefined;
    } else if (isSeq(node) && typeof step === 'number') next = node.items[step] as Node | undefined;
    if (next === undefined) return markOf(node);
    node = next;
  }
  return markOf(node);
}

/** A missing key is pointed at through the first key of its map: a map as a whole has no good mark. */
function markOf(node: Node | undefined): Node | undefined {
  if (isCollection(node) && isMap(node) && isScalar(node.items[0]?.key)) return node.items[0].key;
  return node;
}

function isEmptyScalar(node: unknown): boolean {
  return isScalar(node) && node.value === null;
}

const VARIABLE = /\$(\$|\{([A-Za-z_][A-Za-z0-9_]*)\})/g;

/** Blocks whose texts have `${name}` of their own: groups of regular expressions. */
const OWN_DOLLARS = new Set([
  'relabel_configs',
  'metric_relabel_configs',
  'alert_relabel_configs',
  'write_relabel_configs',
]);

/**
 * Replaces `${NAME}` in values (`$$` is a literal `$` before `{`), after parsing, so that a value can never add
 * keys or lines. An unquoted value is read again as YAML: `port: ${PORT}` is a number.
 */
function replaceVariables(
  document: Document,
  {
    variables,
    variableTexts,
    faultOn,
  }: {
    readonly variables: Readonly<Record<string, string | undefined>>;
    /** Gets the texts that result. */
    readonly variableTexts: Set<string>;
    readonly faultOn: (node: Node, path: ConfigPath, message: string, help?: string) => ConfigFault;
  },
): ConfigFault[] {
  const faults: ConfigFault[] = [];
  visit(document, {
    Pair: (_, pair) =>
      isScalar(pair.key) && OWN_DOLLARS.has(String(pair.key.value)) ? visit.SKIP : undefined,
    Scalar: (key, node: Scalar) => {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      let hasVariable = false;
      const replaced = node.value.replace(VARIABLE, (whole, dollar: string, name: string | undefined) => {
        hasVariable ||= name !== undefined;
        if (name === undefined) return dollar === '$' ? '$' : whole;
        const value = variables[name];
        if (value === undefined)
          faults.push(
            faultOn(
              node,
              [],
              `environment variable "${name}" is not set`,
              'set it, or write $${…} for a literal text',
            ),
          );
        return value ?? '';
      });
      node.value = node.type === 'PLAIN' ? (parse(replaced, { schema: 'core' }) as unknown) : replaced;
      if (typeof node.value === 'object' && node.value !== null) node.value = replaced;
      if (hasVariable) variableTexts.add(String(node.value));
    },
  });
  return faults;
}
