/**
 * Reads a YAML document by hand, node by node, so that every fault carries its line and column and all
 * faults of a file are reported at once. Aliases and merge keys (`<<`) are followed; scalars are taken
 * as they are written (`expr: 1` is the text "1"), as Go's decoder does for string fields.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
} from 'yaml';

export interface YamlFault {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export type YamlNode = Node | null | undefined;

/** Merge keys may nest; real files use one level. */
const MERGE_DEPTH_MAX = 10;

export class YamlReader {
  readonly faults: YamlFault[] = [];
  /** The first document's content; `undefined` when the text is empty or cannot be parsed. */
  readonly root: YamlNode;
  readonly documentCount: number;
  readonly #lines = new LineCounter();
  readonly #document: Document | undefined;

  constructor(text: string) {
    // Duplicate keys and broken syntax are the parser's findings; merging is ours, as it needs positions.
    const parsed = parseAllDocuments(text, { lineCounter: this.#lines, prettyErrors: false });
    const documents = Array.isArray(parsed) ? (parsed as Document[]) : [];
    this.documentCount = documents.length;
    this.#document = documents[0];
    for (const error of this.#document?.errors ?? []) {
      this.#addFault(error.pos[0], `yaml: ${error.message}`);
      // Where the parser lost its way; what it says of the rest is an echo.
      if (error.code !== 'DUPLICATE_KEY') break;
    }
    this.root = this.faults.length === 0 ? this.#document?.contents : undefined;
  }

  addFault(node: YamlNode, message: string): void {
    this.#addFault(node?.range?.[0] ?? 0, message);
  }

  /** The fields of a mapping; a field that is not `known` is a fault. `undefined` when it is no mapping. */
  fields(node: YamlNode, what: string, known: readonly string[]): Map<string, YamlNode> | undefined {
    const fields = this.entries(node, what);
    if (fields === undefined) return undefined;
    for (const [name, { key }] of fields) {
      if (known.includes(name)) continue;
      const near = known.find((candidate) => isNear(candidate, name));
      const hint = near === undefined ? `; known are ${known.join(', ')}` : `; did you mean "${near}"?`;
      this.addFault(key, `field ${name} not found in ${what}${hint}`);
    }
    return new Map([...fields].map(([name, { value }]) => [name, value]));
  }

  /** Keys and values of a mapping, merge keys followed. */
  entries(
    node: YamlNode,
    what: string,
    depth = 0,
  ): Map<string, { key: YamlNode; value: YamlNode }> | undefined {
    const map = this.resolve(node);
    if (map === null || map === undefined || (isScalar(map) && map.value === null)) return new Map();
    if (!isMap(map)) {
      this.addFault(node, `${what} must be a mapping of fields`);
      return undefined;
    }
    const own = new Map<string, { key: YamlNode; value: YamlNode }>();
    const merged: [string, { key: YamlNode; value: YamlNode }][] = [];
    for (const pair of map.items) {
      const key = pair.key as YamlNode;
      const value = pair.value as YamlNode;
      const name = this.#scalarText(this.resolve(key));
      if (name === undefined) this.addFault(key, `${what} has a key that is no text`);
      else if (name === '<<' && depth < MERGE_DEPTH_MAX) {
        merged.push(...(this.entries(value, what, depth + 1) ?? []));
      } else own.set(name, { key, value });
    }
    for (const [name, entry] of merged) if (!own.has(name)) own.set(name, entry);
    return own;
  }

  /** The elements of a list; absent and null are empty. */
  elements(node: YamlNode, what: string): readonly YamlNode[] {
    const list = this.resolve(node);
    if (list === null || list === undefined || (isScalar(list) && list.value === null)) return [];
    if (isSeq(list)) return list.items as YamlNode[];
    this.addFault(node, `${what} must be a list`);
    return [];
  }

  /** The text of a scalar as written; the empty text when absent or null. */
  text(node: YamlNode, what: string): string {
    const scalar = this.resolve(node);
    if (scalar === null || scalar === undefined) return '';
    const text = this.#scalarText(scalar);
    if (text === undefined) this.addFault(node, `${what} must be a text`);
    return text ?? '';
  }

  resolve(node: YamlNode): YamlNode {
    return isAlias(node) && this.#document !== undefined ? node.resolve(this.#document) : node;
  }

  #scalarText(node: YamlNode): string | undefined {
    if (!isScalar(node)) return undefined;
    if (typeof node.value === 'string') return node.value;
    return node.value === null ? '' : node.source;
  }

  #addFault(offset: number, message: string): void {
    const { line, col } = this.#lines.linePos(offset);
    this.faults.push({ line, column: col, message });
  }
}

/** One letter too many, too few, or other: what fingers do. */
function isNear(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return Math.max(a.length, b.length) - start - end <= 1;
}
