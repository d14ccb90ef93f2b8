import { z } from 'zod';
import { labelsToRecord } from '@vedette/model';
import type { AlertIdentity, Runbook, RunbookLibrary, RunbookMatch } from '../../../respond/index.ts';
import { findNearest } from '../../../lib/nearest.ts';
import { runbookPath } from '../../../lib/ui-path.ts';
import { invalidParameter } from '../../prometheus-api/api-error.ts';
import type { McpDeps } from '../mcp-deps.ts';
import type { McpTool, ToolResult } from '../tool.ts';
import { findAlert } from './alert-states.ts';
import { limitArgument, matchArgument, notFound, readLabels, wordArgument } from './arguments.ts';

type Library = () => Promise<RunbookLibrary>;

const ROWS_DEFAULT = 20;

// About the budget of an answer at its greatest, with short rows.
const ROWS_MAX = 200;

const searchInput = z.strictObject({
  alert: wordArgument.optional().describe('alertname or fingerprint: its runbooks'),
  labels: matchArgument('With alert: labels it has,'),
  text: wordArgument.optional().describe('Words in title or text'),
  limit: limitArgument(ROWS_DEFAULT, ROWS_MAX),
});

export function runbooksSearchTool(deps: McpDeps, library: Library): McpTool<typeof searchInput> {
  return {
    name: 'runbooks_search',
    title: 'Search runbooks',
    description: 'Runbooks for an alert, or with some words; all without arguments. runbook_get reads one.',
    input: searchInput,
    access: 'read',
    run: async ({ alert, labels, text, limit }) => {
      if (alert === undefined && labels !== undefined) throw invalidParameter('labels', 'go with alert');
      if (alert !== undefined && text !== undefined)
        throw invalidParameter('text', 'want either alert or text');
      const books = await library();
      const found: readonly Pick<RunbookMatch, 'runbook' | 'why'>[] =
        alert !== undefined
          ? books.match(identityOf(deps, alert, labels))
          : text !== undefined
            ? books.search(text)
            : books.all().map((runbook) => ({ runbook, why: [] }));
      return {
        summary: `${found.length} runbooks`,
        sections: [
          {
            kind: 'table',
            title: 'Runbooks',
            columns: ['id', 'title', 'severity', 'owner', 'why'],
            rows: found
              .slice(0, limit)
              .map(({ runbook, why }) => [
                runbook.id,
                runbook.title,
                runbook.severity ?? null,
                runbook.owner ?? null,
                why.join('; ') || null,
              ]),
            total: found.length,
          },
        ],
        ...(found.length === 0 ? { hint: 'without arguments all runbooks are listed' } : {}),
      };
    },
  };
}

/** An alert that is there brings its labels and annotations; else what was said of it. */
function identityOf(deps: McpDeps, alert: string, labels: string | undefined): AlertIdentity {
  const known = findAlert(deps, alert);
  if (known !== undefined)
    return { labels: labelsToRecord(known.labels), annotations: labelsToRecord(known.annotations) };
  const said = labels === undefined ? {} : labelsToRecord(readLabels('labels', labels));
  return { labels: { ...said, alertname: alert }, annotations: {} };
}

const getInput = z.strictObject({
  id: wordArgument.describe('From runbooks_search; an alertname mostly does'),
});

export function runbookGetTool(library: Library): McpTool<typeof getInput> {
  return {
    name: 'runbook_get',
    title: 'Read a runbook',
    description: 'A runbook: meaning, impact, diagnosis, mitigation.',
    input: getInput,
    access: 'read',
    run: async ({ id }) => {
      return resultOf(runbookIn(await library(), id));
    },
  };
}

/** Throws `ApiError` with the nearest there is. */
export function runbookIn(books: Pick<RunbookLibrary, 'all' | 'find'>, id: string): Runbook {
  const runbook = books.find(id);
  if (runbook !== undefined) return runbook;
  const nearest = findNearest(
    id,
    books.all().map((one) => one.id),
  );
  const meant = nearest === undefined ? '' : `; did you mean ${JSON.stringify(nearest)}?`;
  throw notFound(`no runbook has the id ${JSON.stringify(id)}${meant}; runbooks_search lists them`);
}

function resultOf({ id, title, owner, severity, reviewed, links, markdown, origin }: Runbook): ToolResult {
  const facts = [
    `title: ${title}`,
    ...(severity === undefined ? [] : [`severity: ${severity}`]),
    ...(owner === undefined ? [] : [`owner: ${owner}`]),
    ...(reviewed === undefined ? [] : [`reviewed: ${reviewed}`]),
    ...links.map((one) => `see: ${one.title} ${one.url}`),
  ];
  return {
    summary: `${origin} runbook`,
    sections: [
      // What operators wrote for their own people, as trusted as the configuration beside which it stands.
      { kind: 'text', isOurs: true, text: `${facts.join('\n')}\n\n${markdown}` },
    ],
    links: [{ label: 'Runbook', path: runbookPath(id) }],
  };
}
