import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { basePath } from '../api/http.ts';
import design from '../design/design.module.css';
import type { Block, Span } from './markdown.ts';
import { isWebUrl, linkedRunbookOf } from './runbook-name.ts';
import css from './runbook.module.css';

/** Shows a parsed runbook. Headings begin one level lower: the page's title is the first. */
export function MarkdownView({ blocks }: { readonly blocks: readonly Block[] }): ReactNode {
  return blocks.map((block, i) => <BlockView key={i} block={block} />);
}

function BlockView({ block }: { readonly block: Block }): ReactNode {
  switch (block.kind) {
    case 'heading': {
      const Heading = block.level <= 2 ? 'h2' : block.level === 3 ? 'h3' : 'h4';
      return (
        <Heading>
          <Spans spans={block.spans} />
        </Heading>
      );
    }
    case 'paragraph':
      return (
        <p>
          <Spans spans={block.spans} />
        </p>
      );
    case 'code':
      return (
        <pre className={design.code} tabIndex={0}>
          {block.text}
        </pre>
      );
    case 'list': {
      const List = block.isOrdered ? 'ol' : 'ul';
      return (
        <List>
          {block.entries.map((entry, i) => (
            <li key={i}>
              <MarkdownView blocks={entry} />
            </li>
          ))}
        </List>
      );
    }
    case 'quote':
      return (
        <blockquote>
          <MarkdownView blocks={block.blocks} />
        </blockquote>
      );
    case 'table':
      return <TableView block={block} />;
    case 'rule':
      return <hr />;
  }
}

function TableView({ block }: { readonly block: Extract<Block, { kind: 'table' }> }) {
  return (
    <div className={css.tableScroller} tabIndex={0}>
      <table className={css.table}>
        <thead>
          <tr>
            {block.head.map((cell, i) => (
              <th key={i} scope="col">
                <Spans spans={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {block.rows.map((row, i) => (
            <tr key={i}>
              {row.map((cell, j) => (
                <td key={j}>
                  <Spans spans={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Spans({ spans }: { readonly spans: readonly Span[] }): ReactNode {
  return spans.map((span, i) => <SpanView key={i} span={span} />);
}

function SpanView({ span }: { readonly span: Span }): ReactNode {
  switch (span.kind) {
    case 'text':
      return span.text;
    case 'code':
      return <code className={css.code}>{span.text}</code>;
    case 'strong':
      return (
        <strong>
          <Spans spans={span.spans} />
        </strong>
      );
    case 'emphasis':
      return (
        <em>
          <Spans spans={span.spans} />
        </em>
      );
    case 'link':
      return (
        <LinkView href={span.href}>
          <Spans spans={span.spans} />
        </LinkView>
      );
  }
}

/** The page's base is the whole UI: what a file says of its neighbours, or of our pages, is worked out here. */
function LinkView({ href, children }: { readonly href: string; readonly children: ReactNode }) {
  if (isWebUrl(href))
    return (
      <a href={href} rel="noreferrer" target="_blank">
        {children}
      </a>
    );
  const name = linkedRunbookOf(href);
  if (name !== undefined)
    return (
      <Link to="/runbook/$name" params={{ name }}>
        {children}
      </Link>
    );
  if (href.startsWith('/')) return <a href={basePath() + href}>{children}</a>;
  // Headings have no names to jump to, and other files are not served.
  return /^mailto:/i.test(href) ? <a href={href}>{children}</a> : children;
}
