import type { Matcher } from '@vedette/model';
import { z } from 'zod';
import { silenceStateAt, type Silence } from '../../../alert/index.ts';
import { uiPath } from '../../../lib/ui-path.ts';
import { actorOf, type Caller } from '../../auth/caller.ts';
import { invalidParameter } from '../../prometheus-api/api-error.ts';
import type { McpDeps } from '../mcp-deps.ts';
import { isoOf, readDuration } from '../times.ts';
import type { McpTool, ToolCall, ToolResult } from '../tool.ts';
import { expressionArgument, notFound, readMatch, wordArgument } from './arguments.ts';
import { isSame, matchersText } from './silences-list.ts';

// A week: what should be quiet for longer is a matter for the configuration, or for a person.
const SILENCE_MS_MAX = 7 * 86_400_000;

// A paragraph.
const COMMENT_CHARS_MAX = 1000;

const input = z.strictObject({
  action: z.enum(['create', 'expire']).describe('create needs matchers, duration, comment; expire needs id'),
  matchers: expressionArgument
    .optional()
    .describe('As {alertname="X",env=~"dev.*"}; at least one = with a value'),
  duration: wordArgument.optional().describe('From now, as 2h; at most 7d'),
  comment: z.string().min(1).max(COMMENT_CHARS_MAX).optional().describe('Why, for people'),
  id: wordArgument.optional().describe('Of the silence to end'),
});

type Arguments = z.output<typeof input>;

export function silenceWriteTool(deps: McpDeps): McpTool<typeof input> {
  // Two equal requests at the same moment make one silence: the second looks when the first is done.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  };
  return {
    name: 'silence_write',
    title: 'Create or end a silence',
    description:
      'Mutes notifications about matching alerts, or ends a silence. The same create twice makes one silence. Preview first.',
    input,
    access: 'write',
    isIdempotent: true,
    isDestructive: true,
    run: (args, call) =>
      inTurn(() => {
        // Whoever went away while others had their turn was told that nothing came of it.
        call.signal.throwIfAborted();
        return args.action === 'create' ? create(deps, args, call) : expire(deps, args);
      }),
  };
}

async function create(deps: McpDeps, args: Arguments, { caller, nowMs }: ToolCall): Promise<ToolResult> {
  if (args.id !== undefined) throw invalidParameter('id', 'belongs to action=expire');
  const matchers = readMatch('matchers', needed('matchers', args.matchers));
  assertNarrow(matchers);
  const endsAtMs = nowMs + readDuration('duration', needed('duration', args.duration), SILENCE_MS_MAX);
  const comment = needed('comment', args.comment);
  const createdBy = authorOf(caller);
  const { silences } = deps.alerting;
  const known = silences
    .all()
    .find(
      (one) => one.createdBy === createdBy && isLive(one, nowMs) && hasSameMatchers(one.matchers, matchers),
    );
  if (known !== undefined && known.endsAtMs >= endsAtMs)
    return resultOf(known.id, `silence ${known.id} is there already, until ${isoOf(known.endsAtMs)}`, known);
  const draft = {
    matchers: known?.matchers ?? matchers,
    startsAtMs: known?.startsAtMs ?? nowMs,
    endsAtMs,
    createdBy,
    comment,
  };
  const id = await silences.set(known === undefined ? draft : { ...draft, id: known.id });
  const preview = await deps.insight.previewSilence(matchers);
  return resultOf(
    id,
    `${known === undefined ? 'created' : 'extended'} silence ${id} until ${isoOf(endsAtMs)}; it mutes ${preview.matchedCount} of ${preview.firingCount} firing alerts now`,
    draft,
  );
}

async function expire(deps: McpDeps, args: Arguments): Promise<ToolResult> {
  for (const name of ['matchers', 'duration', 'comment'] as const)
    if (args[name] !== undefined) throw invalidParameter(name, 'belongs to action=create');
  const id = needed('id', args.id);
  const known = deps.alerting.silences.get(id);
  if (known === undefined || !(await deps.alerting.silences.expire(id)))
    throw notFound(`no silence has the id ${JSON.stringify(id)}; silences_list shows those there are`);
  return resultOf(id, `silence ${id} has ended`, known);
}

function resultOf(
  id: string,
  summary: string,
  silence: Pick<Silence, 'matchers' | 'comment' | 'createdBy'>,
): ToolResult {
  const { comment, createdBy } = silence;
  return {
    summary,
    sections: [
      {
        kind: 'table',
        title: 'Silence',
        columns: ['matchers', 'by', 'comment'],
        rows: [[matchersText(silence), createdBy, comment]],
      },
    ],
    links: [{ label: 'Silence', path: uiPath(['alerts', 'silences', id]) }],
    target: id,
  };
}

function needed(name: keyof Arguments, text: string | undefined): string {
  if (text !== undefined && text.trim() !== '') return text;
  throw invalidParameter(name, 'is missing');
}

/** A pattern alone takes more than its author sees. */
function assertNarrow(matchers: readonly Matcher[]): void {
  if (matchers.some(({ op, value }) => op === '=' && value !== '')) return;
  throw invalidParameter(
    'matchers',
    'want at least one condition name="value" with a value beside patterns and negations; {alertname="X"} is one',
  );
}

/** Who has proven who they are is named so, as in Alertmanager's API; programs by their token. */
function authorOf(caller: Caller): string {
  return caller.kind === 'account' || caller.kind === 'oidc' ? caller.name : actorOf({ caller });
}

function isLive(silence: Silence, nowMs: number): boolean {
  return silenceStateAt(silence, nowMs) === 'active';
}

function hasSameMatchers(a: readonly Matcher[], b: readonly Matcher[]): boolean {
  const isCovered = (some: readonly Matcher[], by: readonly Matcher[]): boolean =>
    some.every((one) => by.some((other) => isSame(one, other)));
  return isCovered(a, b) && isCovered(b, a);
}
