/**
 * One synchronous walk over a template's tree: text, branches, loops and calls of other templates. What is
 * inside of actions is computed by the `Evaluator`. `break` and `continue` travel as return values.
 */
import type { BranchNode, ListNode, Node, TemplateNode, TemplateTree } from './ast.ts';
import { type CallAnswer, Evaluator } from './evaluator.ts';
import { formatValue, NO_FLAGS, sortedKeys } from './format-value.ts';
import { sprint } from './fmt.ts';
import { type Meter, TextSink } from './meter.ts';
import type { Template } from './parse.ts';
import { quoteGo } from './quote.ts';
import { LimitError, TemplateError } from './template-error.ts';
import { type FunctionTable, type GoValue, basicOf, indirect, isTruthy, typeNameOf } from './value.ts';

interface InterpreterDeps {
  readonly template: Template;
  readonly functions: FunctionTable;
  readonly meter: Meter;
  readonly answers: readonly CallAnswer[];
}

/** How a list ended: at its end, or by a jump that the loop around it takes. */
type Outcome = 'done' | 'break' | 'continue';

export class Interpreter {
  readonly #deps: InterpreterDeps;
  readonly #sink: TextSink;
  readonly #evaluator: Evaluator;
  readonly #root: TemplateTree;
  #templateDepth = 0;

  /** Executes the definition `name`. */
  constructor(deps: InterpreterDeps, name: string) {
    this.#deps = deps;
    this.#sink = new TextSink(deps.meter);
    const root = deps.template.trees.get(name);
    if (root === undefined) {
      const place = { templateName: name, line: 1, column: 0 };
      throw new TemplateError(
        'execute',
        `template: no template ${quoteGo(name)} associated with template ${quoteGo(deps.template.name)}`,
        place,
      );
    }
    this.#root = root;
    this.#evaluator = new Evaluator(deps, root);
  }

  run(dot: GoValue): string {
    try {
      this.#evaluator.inTemplate(this.#root, dot, () => this.#list(dot, this.#root.root));
      return this.#sink.text;
    } catch (error) {
      if (error instanceof LimitError) this.#evaluator.failLimit(error);
      throw error;
    }
  }

  #list(dot: GoValue, list: ListNode): Outcome {
    for (const node of list.nodes) {
      const outcome = this.#walk(dot, node);
      if (outcome !== 'done') return outcome;
    }
    return 'done';
  }

  #walk(dot: GoValue, node: Node): Outcome {
    this.#evaluator.at(node);
    switch (node.kind) {
      case 'text':
        this.#sink.write(node.text);
        return 'done';
      case 'action': {
        const value = this.#evaluator.pipeline(dot, node.pipe);
        if (node.pipe.variables.length > 0) return 'done';
        this.#evaluator.at(node);
        this.#print(value);
        return 'done';
      }
      case 'if':
      case 'with':
        return this.#evaluator.scoped(() => this.#condition(dot, node));
      case 'range':
        return this.#evaluator.scoped(() => this.#range(dot, node));
      case 'template':
        this.#template(dot, node);
        return 'done';
      case 'break':
      case 'continue':
        return node.kind;
    }
  }

  #print(value: GoValue): void {
    if (value === undefined) return this.#sink.write('<no value>');
    if (typeof value === 'object' && value.kind === 'function') {
      this.#evaluator.fail(`can't print function of type ${typeNameOf(value)}`);
    }
    return formatValue(this.#sink, indirect(value), NO_FLAGS);
  }

  #condition(dot: GoValue, node: BranchNode): Outcome {
    const value = this.#evaluator.pipeline(dot, node.pipe);
    if (isTruthy(value)) return this.#list(node.kind === 'with' ? value : dot, node.list);
    return node.elseList === undefined ? 'done' : this.#list(dot, node.elseList);
  }

  #range(dot: GoValue, node: BranchNode): Outcome {
    const container = this.#evaluator.pipeline(dot, node.pipe);
    let isEmpty = true;
    for (const [index, element] of this.#elements(container, node)) {
      isEmpty = false;
      this.#deps.meter.addSteps(1);
      const outcome = this.#evaluator.scoped(() => this.#turn(node, index, element));
      if (outcome === 'break') break;
    }
    return isEmpty && node.elseList !== undefined ? this.#list(dot, node.elseList) : 'done';
  }

  #turn(node: BranchNode, index: GoValue, element: GoValue): Outcome {
    const [first, second] = node.pipe.variables;
    if (first !== undefined && node.pipe.isAssignment) {
      this.#evaluator.assign(first, second === undefined ? element : index);
      if (second !== undefined) this.#evaluator.assign(second, element);
    } else if (first !== undefined) {
      // The pipeline declared one or two variables: they are the newest.
      this.#evaluator.setNewest(1, element);
      if (second !== undefined) this.#evaluator.setNewest(2, index);
    }
    return this.#list(element, node.list);
  }

  *#elements(container: GoValue, node: BranchNode): Generator<[index: GoValue, element: GoValue]> {
    const basic = basicOf(container);
    if (basic === undefined) return;
    if (typeof basic === 'bigint') {
      if (node.pipe.variables.length > 1) {
        this.#evaluator.fail(`can't use ${basic} to iterate over more than one variable`);
      }
      for (let i = 0n; i < basic; i++) yield [i, i];
    } else if (typeof basic === 'object' && basic.kind === 'slice') {
      for (const [i, element] of basic.elements.entries()) yield [BigInt(i), element];
    } else if (typeof basic === 'object' && basic.kind === 'map') {
      this.#deps.meter.addSteps(basic.entries.size);
      for (const key of sortedKeys(basic)) yield [key, basic.entries.get(key)];
    } else {
      this.#evaluator.fail(`range can't iterate over ${sprint([indirect(container)], this.#deps.meter)}`);
    }
  }

  #template(dot: GoValue, node: TemplateNode): void {
    const tree = this.#deps.template.trees.get(node.name);
    if (tree === undefined) this.#evaluator.fail(`template ${quoteGo(node.name)} not defined`);
    const { templateDepthMax } = this.#deps.meter.limits;
    if (this.#templateDepth >= templateDepthMax) {
      throw new LimitError(`exceeded maximum template depth (${templateDepthMax})`);
    }
    const argument = node.pipe === undefined ? undefined : this.#evaluator.pipeline(dot, node.pipe);
    this.#templateDepth++;
    this.#evaluator.enter();
    this.#evaluator.inTemplate(tree, argument, () => this.#list(argument, tree.root));
    this.#evaluator.leave();
    this.#templateDepth--;
  }
}
