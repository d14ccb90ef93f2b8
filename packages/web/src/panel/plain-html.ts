import type { Block, Span } from '../runbook/markdown.ts';

/**
 * HTML of text panels, when it is plain formatting: paragraphs, headings, lists, emphasis, links, code.
 *
 * 1. The text is cut into tags and words. A tag that is not in the lists below makes the whole plain no
 *    longer, and the caller shows the source instead.
 * 2. Tags that begin a line (p, div, h1…, li, br) cut blocks; the others nest spans.
 *
 * The result is the tree that Markdown becomes, never markup: attributes are dropped but `href`, which
 * the view's own rule for addresses has already passed. Styles, scripts and pictures do not exist here.
 */
export function plainHtmlBlocks(html: string, isSafe: (href: string) => boolean): Block[] | undefined {
  const builder = new BlockBuilder(isSafe);
  let rest = html.slice(0, CHARACTERS_MAX).replaceAll(/<!--.*?-->/gs, '');
  while (rest !== '') {
    const at = rest.indexOf('<');
    if (at < 0) break;
    const match = TAG.exec(rest.slice(at));
    if (match === null || at + match[0].length === 0) return undefined;
    builder.addText(decoded(rest.slice(0, at)));
    const [whole, slash = '', name = '', attributes = ''] = match;
    if (!builder.addTag(name.toLowerCase(), slash !== '', attributes)) return undefined;
    rest = rest.slice(at + whole.length);
  }
  builder.addText(decoded(rest));
  return builder.finish();
}

/** As long as Markdown may be. */
const CHARACTERS_MAX = 200_000;

/** Emphasis within emphasis; deeper nesting is not plain. */
const DEPTH_MAX = 16;

const TAG = /^<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s[^<>]*)?)\/?>/;

const LINES = new Set(['p', 'div', 'center', 'br', 'ul', 'ol', 'li', 'section', 'pre']);
const SPANS: Readonly<Record<string, 'strong' | 'emphasis' | 'code' | 'plain' | 'link'>> = {
  b: 'strong',
  strong: 'strong',
  i: 'emphasis',
  em: 'emphasis',
  code: 'code',
  span: 'plain',
  small: 'plain',
  u: 'plain',
  font: 'plain',
  a: 'link',
};

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
};

function decoded(text: string): string {
  return text.replaceAll(/&(#\d{1,7}|[a-z]{2,6});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = Number(name.slice(1));
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

interface OpenSpan {
  readonly name: string;
  readonly href: string;
  readonly spans: Span[];
}

class BlockBuilder {
  readonly #isSafe: (href: string) => boolean;
  readonly #blocks: Block[] = [];
  #open: OpenSpan[] = [];
  #line: Span[] = [];
  #heading = 0;
  #isEntry = false;

  constructor(isSafe: (href: string) => boolean) {
    this.#isSafe = isSafe;
  }

  addText(text: string): void {
    const single = text.replaceAll(/[ \t\r\n]+/g, ' ');
    const target = this.#open.at(-1)?.spans ?? this.#line;
    if (single !== '' && !(single === ' ' && target.length === 0))
      target.push({ kind: 'text', text: single });
  }

  /** Whether the tag is plain. */
  addTag(name: string, isClosing: boolean, attributes: string): boolean {
    if (/\bon[a-z]+\s*=/i.test(attributes)) return false;
    const level = /^h([1-6])$/.exec(name)?.[1];
    if (level !== undefined || LINES.has(name) || name === 'hr') {
      this.#endLine();
      this.#heading = isClosing ? 0 : Number(level ?? 0);
      this.#isEntry = name === 'li' && !isClosing;
      if (name === 'hr') this.#blocks.push({ kind: 'rule' });
      return true;
    }
    if (!Object.hasOwn(SPANS, name)) return false;
    if (isClosing) this.#closeSpan(name);
    else if (this.#open.length >= DEPTH_MAX) return false;
    else this.#open.push({ name, href: hrefOf(attributes), spans: [] });
    return true;
  }

  finish(): Block[] {
    this.#endLine();
    return this.#blocks;
  }

  #closeSpan(name: string): void {
    if (!this.#open.some((span) => span.name === name)) return;
    for (let span = this.#open.pop(); span !== undefined; span = this.#open.pop()) {
      const target = this.#open.at(-1)?.spans ?? this.#line;
      target.push(...this.#spansOf(span));
      if (span.name === name) return;
    }
  }

  #spansOf({ name, href, spans }: OpenSpan): Span[] {
    const kind = SPANS[name];
    if (kind === 'strong' || kind === 'emphasis') return [{ kind, spans }];
    if (kind === 'code') return [{ kind, text: textOf(spans) }];
    return kind === 'link' && this.#isSafe(href) ? [{ kind, href, spans }] : spans;
  }

  #endLine(): void {
    while (this.#open.length > 0) this.#closeSpan(this.#open.at(-1)?.name ?? '');
    const spans = this.#line;
    this.#line = [];
    if (textOf(spans).trim() === '') return;
    if (this.#heading > 0) this.#blocks.push({ kind: 'heading', level: this.#heading, spans });
    else if (this.#isEntry) this.#addEntry([{ kind: 'paragraph', spans }]);
    else this.#blocks.push({ kind: 'paragraph', spans });
  }

  #addEntry(entry: readonly Block[]): void {
    const last = this.#blocks.at(-1);
    if (last?.kind === 'list')
      this.#blocks[this.#blocks.length - 1] = { ...last, entries: [...last.entries, entry] };
    else this.#blocks.push({ kind: 'list', isOrdered: false, entries: [entry] });
  }
}

function hrefOf(attributes: string): string {
  const [, double, single, bare] = /\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i.exec(attributes) ?? [];
  return decoded(double ?? single ?? bare ?? '');
}

function textOf(spans: readonly Span[]): string {
  return spans.map((span) => ('text' in span ? span.text : textOf(span.spans))).join('');
}
