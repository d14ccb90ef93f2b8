/**
 * Turns template text into trees, one for each `define` and `block` and one for the text itself.
 *
 * Recursive descent over the tokens of `lex.ts` with two tokens of look-ahead. Go checks while parsing
 * that functions exist, variables are declared, and `break` stands in a `range`; so does this, with the
 * same words. Nesting is bounded by NESTING_MAX, so that no text can exhaust the stack here or later.
 *
 * Understood is the language of Go 1.23 (`else with`, `range 3`) but complex numbers and range over functions.
 */
import type { EndNode, ListNode, Node, PipeNode, TemplateTree } from './ast.ts';
import { nodeText } from './ast.ts';
import { BUILTINS } from './builtins.ts';
import { NESTING_MAX, TEMPLATE_CHARACTERS_MAX } from './limits.ts';
import { PipelineParser } from './parse-pipeline.ts';
import { quoteGo } from './quote.ts';
import { TemplateError } from './template-error.ts';
import { TokenStream } from './token-stream.ts';

/** A parsed text with everything it defines. Immutable; may be executed any number of times, also at once. */
export interface Template {
  readonly name: string;
  /** By name; the text itself is among them under the template's name. */
  readonly trees: ReadonlyMap<string, TemplateTree>;
}

export interface ParseOptions {
  /** Names that may be called besides the builtins; a call of another is a parse error. */
  readonly functionNames: Iterable<string>;
  /** Definitions that the new text can use and redefine; `base` itself stays as it is. */
  readonly base?: Template | undefined;
}

/**
 * Parses `text` as the template `name`. Throws `TemplateError` with Go's message and the place.
 *
 *     parseTemplate('greeting', 'Hello {{ .Name }}', { functionNames: [] })
 */
export function parseTemplate(name: string, text: string, options: ParseOptions): Template {
  if (text.length > TEMPLATE_CHARACTERS_MAX) {
    const message = `template: ${name}:1: template has ${text.length} characters, limit is ${TEMPLATE_CHARACTERS_MAX}`;
    throw new TemplateError('limit', message, { templateName: name, line: 1, column: 0 });
  }
  const trees = new Map<string, TemplateTree>();
  const functionNames = new Set([...BUILTINS.keys(), ...options.functionNames]);
  const root = new Parser({ name, text, functionNames, trees }).parseText();
  addTree(trees, { name, sourceName: name, source: text, root });
  const all = new Map(options.base?.trees);
  for (const tree of trees.values()) {
    // An empty text does not replace a definition of its name.
    if (!all.has(tree.name) || !isEmpty(tree.root)) all.set(tree.name, tree);
  }
  return { name, trees: all };
}

/** False when the name is already defined by a tree that says something, and so does this one. */
function addTree(trees: Map<string, TemplateTree>, tree: TemplateTree): boolean {
  const existing = trees.get(tree.name);
  if (existing === undefined || isEmpty(existing.root)) trees.set(tree.name, tree);
  else if (!isEmpty(tree.root)) return false;
  return true;
}

function isEmpty(list: ListNode): boolean {
  return list.nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
}

interface ParserDeps {
  readonly name: string;
  readonly text: string;
  readonly functionNames: ReadonlySet<string>;
  readonly trees: Map<string, TemplateTree>;
}

class Parser {
  readonly #deps: ParserDeps;
  readonly #tokens: TokenStream;
  readonly #pipelines: PipelineParser;
  #variables: string[] = ['$'];
  #rangeDepth = 0;
  #nesting = 0;

  constructor(deps: ParserDeps) {
    this.#deps = deps;
    this.#tokens = new TokenStream(deps.name, deps.text);
    this.#pipelines = new PipelineParser(this.#tokens, deps.functionNames);
  }

  parseText(): ListNode {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#tokens.peek();
      if (token.kind === 'eof') return { kind: 'list', index: 0, nodes };
      const node = token.kind === 'leftDelimiter' ? this.#actionOrDefinition() : this.#textOrAction();
      if (node === undefined) continue;
      if (node.kind === 'end' || node.kind === 'else') this.#tokens.fail(`unexpected ${nodeText(node)}`);
      else nodes.push(node);
    }
  }

  /** Definitions are allowed at the top only; they leave no node. */
  #actionOrDefinition(): Node | EndNode | undefined {
    const delimiter = this.#tokens.next();
    const token = this.#tokens.peekNonSpace();
    if (token.kind !== 'keyword' || token.text !== 'define') return this.#action(delimiter.line);
    this.#tokens.next();
    const context = 'define clause';
    const nameToken = this.#tokens.nextNonSpace();
    if (nameToken.kind !== 'string' && nameToken.kind !== 'rawString')
      this.#tokens.unexpected(nameToken, context);
    const name = this.#tokens.unquote(nameToken);
    this.#tokens.expect('rightDelimiter', context);
    this.#define(name, context);
    return undefined;
  }

  /** The body of a `define` or `block`, which sees no variable but `$`. */
  #define(name: string, context: string): void {
    const outer = { variables: this.#variables, rangeDepth: this.#rangeDepth };
    this.#variables = ['$'];
    this.#rangeDepth = 0;
    const { list, end } = this.#nested(() => this.#list());
    if (end.kind !== 'end') this.#tokens.fail(`unexpected ${nodeText(end)} in ${context}`);
    this.#variables = outer.variables;
    this.#rangeDepth = outer.rangeDepth;
    const tree = { name, sourceName: this.#deps.name, source: this.#deps.text, root: list };
    if (!addTree(this.#deps.trees, tree)) {
      this.#tokens.fail(`template: multiple definition of template ${quoteGo(name)}`);
    }
  }

  #list(): { list: ListNode; end: EndNode } {
    const nodes: Node[] = [];
    const index = this.#tokens.peekNonSpace().index;
    while (this.#tokens.peekNonSpace().kind !== 'eof') {
      const node = this.#textOrAction();
      if (node.kind === 'end' || node.kind === 'else')
        return { list: { kind: 'list', index, nodes }, end: node };
      nodes.push(node);
    }
    return this.#tokens.fail('unexpected EOF');
  }

  #textOrAction(): Node | EndNode {
    const token = this.#tokens.nextNonSpace();
    if (token.kind === 'text') return { kind: 'text', index: token.index, text: token.text };
    if (token.kind !== 'leftDelimiter') return this.#tokens.unexpected(token, 'input');
    return this.#action(token.line);
  }

  #action(line: number): Node | EndNode {
    this.#tokens.actionLine = line;
    const token = this.#tokens.peekNonSpace();
    const node = token.kind === 'keyword' ? this.#keyword() : this.#pipelineAction();
    this.#tokens.actionLine = 0;
    return node;
  }

  #pipelineAction(): Node {
    const { index } = this.#tokens.peekNonSpace();
    // Variables declared here live until the end of the list around it.
    return { kind: 'action', index, pipe: this.#pipeline('command') };
  }

  #keyword(): Node | EndNode {
    const token = this.#tokens.nextNonSpace();
    switch (token.text) {
      case 'if':
      case 'with':
      case 'range':
        return this.#branch(token.text);
      case 'else':
        return this.#else();
      case 'end':
        return { kind: 'end', index: this.#tokens.expect('rightDelimiter', 'end').index };
      case 'break':
      case 'continue':
        return this.#jump(token.text, token.index);
      case 'template':
        return this.#template();
      case 'block':
        return this.#block();
      default:
        return this.#tokens.unexpected(token, 'command');
    }
  }

  #branch(kind: 'if' | 'with' | 'range'): Node {
    return this.#nested(() => {
      const variablesLength = this.#variables.length;
      const pipe = this.#pipeline(kind);
      if (kind === 'range') this.#rangeDepth++;
      const { list, end } = this.#list();
      if (kind === 'range') this.#rangeDepth--;
      const elseList = end.kind === 'else' ? this.#elseList(kind) : undefined;
      this.#variables.length = variablesLength;
      return { kind, index: pipe.index, pipe, list, elseList };
    });
  }

  /** What follows `else`: a list, or for `else if` and `else with` a list of that one branch. */
  #elseList(kind: 'if' | 'with' | 'range'): ListNode {
    const token = this.#tokens.peek();
    if (kind !== 'range' && token.kind === 'keyword' && token.text === kind) {
      this.#tokens.next();
      const branch = this.#branch(kind);
      return { kind: 'list', index: branch.index, nodes: [branch] };
    }
    const { list, end } = this.#list();
    if (end.kind !== 'end') this.#tokens.fail(`expected end; found ${nodeText(end)}`);
    return list;
  }

  #else(): EndNode {
    const token = this.#tokens.peekNonSpace();
    if (token.kind === 'keyword' && (token.text === 'if' || token.text === 'with')) {
      return { kind: 'else', index: token.index };
    }
    return { kind: 'else', index: this.#tokens.expect('rightDelimiter', 'else').index };
  }

  #jump(kind: 'break' | 'continue', index: number): Node {
    const token = this.#tokens.nextNonSpace();
    if (token.kind !== 'rightDelimiter') this.#tokens.unexpected(token, `{{${kind}}}`);
    if (this.#rangeDepth === 0) this.#tokens.fail(`{{${kind}}} outside {{range}}`);
    return { kind, index };
  }

  #template(): Node {
    const context = 'template clause';
    const token = this.#tokens.nextNonSpace();
    const name = this.#templateName(token, context);
    if (this.#tokens.peekNonSpace().kind === 'rightDelimiter') {
      this.#tokens.next();
      return { kind: 'template', index: token.index, name, pipe: undefined };
    }
    return { kind: 'template', index: token.index, name, pipe: this.#pipeline(context) };
  }

  /** `block` defines a template and calls it at once. */
  #block(): Node {
    const context = 'block clause';
    const token = this.#tokens.nextNonSpace();
    const name = this.#templateName(token, context);
    const pipe = this.#pipeline(context);
    this.#define(name, context);
    return { kind: 'template', index: token.index, name, pipe };
  }

  #templateName(token: ReturnType<TokenStream['next']>, context: string): string {
    if (token.kind === 'string' || token.kind === 'rawString') return this.#tokens.unquote(token);
    return this.#tokens.unexpected(token, context);
  }

  #pipeline(context: string): PipeNode {
    return this.#pipelines.parse({ context, end: 'rightDelimiter', variables: this.#variables });
  }

  #nested<T>(parse: () => T): T {
    this.#nesting++;
    if (this.#nesting > NESTING_MAX) this.#tokens.failLimit(`blocks are nested deeper than ${NESTING_MAX}`);
    const result = parse();
    this.#nesting--;
    return result;
  }
}
