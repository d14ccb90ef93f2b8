/**
 * Resources: what an assistant, or a person beside it, takes into a conversation by its address.
 *
 * `vedette://overview`, `vedette://promql-help`, `vedette://runbooks/{id}`, `vedette://alerts/{fingerprint}/analysis`. They are
 * read anew each time; what is longer than an answer may be is cut at a line, or, being JSON, refused with what to do. The
 * overview has fewer alerts instead.
 * Each reading stands in the audit log like the call of a tool.
 */
import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  ResourceTemplate,
  type McpServer,
} from '@modelcontextprotocol/server';
import { labelsToRecord } from '@vedette/model';
import { apiErrorOf } from '../../prometheus-api/api-error.ts';
import { statusSummaryOf } from '../../vedette-api/summaries.ts';
import type { McpDeps } from '../mcp-deps.ts';
import type { McpAsker } from '../mcp-endpoint.ts';
import { clean, cleanValue } from '../clean-text.ts';
import { listedAlertsOf, type ListedAlert } from '../native/alert-states.ts';
import { startToolDeadline } from '../tool-runner.ts';
import { auditReading } from './audit-reading.ts';
import { firingFingerprints, runbookIds } from './completions.ts';
import { PROMQL_HELP } from './promql-help.ts';

// The list is for people who pick one; completion finds the rest.
const RUNBOOKS_LISTED_MAX = 500;

// Of the overview: the list of alerts has the rest.
const ALERTS_SHOWN_MAX = 50;

// Of their annotations: one that tells a story must not push out the other alerts.
const OVERVIEW_CHARS_MAX = 1000;

interface Reading {
  readonly deps: McpDeps;
  readonly asker: McpAsker;
}

interface ResourceText {
  readonly mimeType: 'text/markdown' | 'application/json';
  readonly text: string;
}

export function attachResources(server: McpServer, deps: McpDeps, asker: McpAsker): void {
  const reading: Reading = { deps, asker };
  server.registerResource(
    'promql-help',
    'vedette://promql-help',
    {
      title: 'PromQL in short',
      description: 'Selectors, ranges, rates and aggregations, and the mistakes that are made most.',
      mimeType: 'text/markdown',
    },
    (uri, { mcpReq }) =>
      readResource(reading, { uri, signal: mcpReq.signal }, () => ({
        mimeType: 'text/markdown',
        text: PROMQL_HELP,
      })),
  );
  server.registerResource(
    'overview',
    'vedette://overview',
    {
      title: 'Overview',
      description: 'Health of everything watched, now, and the alerts, the most urgent first, as JSON.',
      mimeType: 'application/json',
    },
    (uri, { mcpReq }) => readResource(reading, { uri, signal: mcpReq.signal }, () => overviewOf(deps)),
  );
  attachRunbooks(server, reading);
  attachAnalyses(server, reading);
}

function attachRunbooks(server: McpServer, reading: Reading): void {
  const { deps } = reading;
  const { library } = deps;
  if (library === undefined) return;
  const mimeType = 'text/markdown';
  const list = async () => {
    const all = (await library()).all().slice(0, RUNBOOKS_LISTED_MAX);
    return {
      resources: all.map(({ id, title }) => ({
        uri: `vedette://runbooks/${encodeURIComponent(id)}`,
        name: id,
        title: clean(title),
        mimeType,
      })),
    };
  };
  server.registerResource(
    'runbook',
    new ResourceTemplate('vedette://runbooks/{id}', { list, complete: { id: runbookIds(deps) } }),
    {
      title: 'Runbook',
      description: 'What an alert means, whom it hurts, how to find the cause, and what to do.',
      mimeType,
    },
    (uri, { id }, { mcpReq }) =>
      readResource(reading, { uri, signal: mcpReq.signal }, async () => {
        const runbook = (await library()).find(decoded(one(id)));
        return runbook && { mimeType, text: runbook.markdown };
      }),
  );
}

function attachAnalyses(server: McpServer, reading: Reading): void {
  const { deps } = reading;
  const { analysis } = deps;
  if (analysis === undefined) return;
  const mimeType = 'application/json';
  server.registerResource(
    'alert-analysis',
    new ResourceTemplate('vedette://alerts/{fingerprint}/analysis', {
      list: undefined,
      complete: { fingerprint: firingFingerprints(deps) },
    }),
    {
      title: 'Analysis of an alert',
      description:
        'The report of the monitor agent on a firing alert, whole: severity, what changed, what is related, next steps.',
      mimeType,
    },
    (uri, { fingerprint }, { mcpReq }) =>
      readResource(reading, { uri, signal: mcpReq.signal }, async (signal) => {
        const target = { kind: 'alert', fingerprint: decoded(one(fingerprint)) } as const;
        const report = await (await analysis()).analyse(target, signal);
        return report && { mimeType, text: jsonOf(report, Infinity) };
      }),
  );
}

/** With as many alerts as have room: in the storm in which it is asked most it must not be refused. */
async function overviewOf(deps: McpDeps): Promise<ResourceText> {
  const status = statusSummaryOf(deps);
  const listed = await listedAlertsOf(deps, status.nowMs);
  const alerts = listed.filter(({ state }) => state !== 'resolved').map(alertJson);
  let shown = alerts.slice(0, ALERTS_SHOWN_MAX);
  for (;;) {
    const overview = { ...status, alerts: shown, alertsTotal: alerts.length };
    const text = jsonOf(overview, OVERVIEW_CHARS_MAX);
    if (shown.length === 0 || Buffer.byteLength(text) <= deps.config.answer_bytes_max)
      return { mimeType: 'application/json', text };
    shown = shown.slice(0, Math.floor(shown.length / 2));
  }
}

function alertJson({ labels, annotations, ...alert }: ListedAlert): object {
  return { ...alert, labels: labelsToRecord(labels), annotations: labelsToRecord(annotations) };
}

/** Texts of monitored systems without what nobody sees, names of labels as well. */
function jsonOf(value: object, charsMax: number): string {
  return JSON.stringify(cleanValue(value, charsMax), undefined, 1);
}

/** Within the deadline and the size of answers; faults in words that help to ask again. */
async function readResource(
  { deps, asker }: Reading,
  { uri, signal }: { readonly uri: URL; readonly signal: AbortSignal },
  read: (signal: AbortSignal) => ResourceText | undefined | Promise<ResourceText | undefined>,
) {
  using deadline = startToolDeadline(deps, { signal, advice: 'ask again' });
  let status = 400;
  try {
    const found = await read(deadline.signal);
    if (found === undefined) throw new ResourceNotFoundError(uri.href);
    status = 200;
    return contentsOf(uri, withinBudget(found, deps.config.answer_bytes_max));
  } catch (error) {
    throw protocolErrorOf(deps, deadline.signal.aborted ? deadline.signal.reason : error);
  } finally {
    await auditReading(deps, asker, { uri: uri.href, status });
  }
}

function protocolErrorOf({ log }: McpDeps, error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error;
  const known = apiErrorOf(error);
  if (known !== undefined) return new ProtocolError(ProtocolErrorCode.InternalError, clean(known.message));
  log.error('an MCP resource cannot be read', { error });
  return new ProtocolError(ProtocolErrorCode.InternalError, 'the server made a mistake; its log tells more');
}

function withinBudget({ mimeType, text }: ResourceText, bytesMax: number): ResourceText {
  const bytes = Buffer.byteLength(text);
  if (bytes <= bytesMax) return { mimeType, text };
  if (mimeType === 'application/json')
    throw new ProtocolError(
      ProtocolErrorCode.InternalError,
      `cannot answer whole: ${bytes} bytes of JSON, the limit is ${bytesMax} (mcp.answer_bytes_max); ask a tool, which shortens`,
    );
  const note = `\n\n(Cut: ${bytesMax} of ${bytes} bytes, mcp.answer_bytes_max.)`;
  const kept = Buffer.from(text).subarray(0, bytesMax - Buffer.byteLength(note));
  const whole = kept.subarray(0, Math.max(0, kept.lastIndexOf('\n')));
  return { mimeType, text: whole.toString('utf8') + note };
}

function contentsOf({ href }: URL, { mimeType, text }: ResourceText) {
  return { contents: [{ uri: href, mimeType, text }] };
}

/** Of a template's variable. */
function one(value: string | string[] | undefined): string {
  return (typeof value === 'string' ? value : value?.[0]) ?? '';
}

/** What does not decode names nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
