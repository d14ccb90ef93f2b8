/** A generated query as a tree of texts, so that a failing one can be cut down. */
export interface Node {
  readonly type: 'vector' | 'scalar';
  /** Text with a hole for each child: `['sum(', ')']`. */
  readonly texts: readonly string[];
  readonly children: readonly Node[];
  /** The order of its series is told by the query. */
  readonly isOrdered?: boolean;
}

export function leaf(type: Node['type'], text: string): Node {
  return { type, texts: [text], children: [] };
}

export function printNode({ texts, children }: Node): string {
  return texts.map((text, i) => (i === 0 ? text : printChild(children[i - 1]) + text)).join('');
}

function printChild(child: Node | undefined): string {
  if (child === undefined) throw new Error('a node has a child for each hole');
  return printNode(child);
}

/** Smaller trees of the same type: each descendant of that type alone, then each child cut down. */
export function* smaller(node: Node): Generator<Node> {
  for (const inner of descendants(node)) if (inner.type === node.type) yield inner;
  for (const [i, child] of node.children.entries()) {
    for (const simpler of SIMPLEST[child.type])
      if (printNode(child) !== printNode(simpler)) yield withChild(node, i, simpler);
    for (const cut of smaller(child)) yield withChild(node, i, cut);
  }
}

const SIMPLEST: Readonly<Record<Node['type'], readonly Node[]>> = {
  vector: [leaf('vector', 'single'), leaf('vector', 'g'), leaf('vector', 'c_total')],
  scalar: [leaf('scalar', '1')],
};

function* descendants(node: Node): Generator<Node> {
  for (const child of node.children) {
    yield child;
    yield* descendants(child);
  }
}

function withChild(node: Node, at: number, child: Node): Node {
  return { ...node, children: node.children.map((own, i) => (i === at ? child : own)) };
}
