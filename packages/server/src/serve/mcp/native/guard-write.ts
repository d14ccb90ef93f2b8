import { z } from 'zod';
import type { GuardService, Reviewer } from '../../../respond/index.ts';
import { uiPath } from '../../../lib/ui-path.ts';
import { namedBy } from '../../guard/decision-routes.ts';
import { invalidParameter } from '../../prometheus-api/api-error.ts';
import { isoOf, readDuration } from '../times.ts';
import type { McpTool, ToolCall, ToolResult } from '../tool.ts';
import { notFound, wordArgument } from './arguments.ts';
import { scopeArgument, subjectArgument, subjectOf } from './guard-subject.ts';

// A month. For ever is a decision of an administrator, in the UI.
const BAN_MS_MAX = 30 * 86_400_000;

// Of one subject at one time there are never more (`HOLDS_PER_SUBJECT_MAX`).
const LIFTED_MAX = 32;

// A paragraph.
const REASON_CHARS_MAX = 1000;

const input = z.strictObject({
  action: z
    .enum(['ban', 'unban', 'extend', 'approve'])
    .describe(
      'ban: subject, duration; unban: subject or id; extend: id, duration from now; approve (was right): id',
    ),
  subject: subjectArgument.optional(),
  scope: scopeArgument,
  id: wordArgument.optional().describe('Of a decision'),
  kind: z.enum(['refuse', 'challenge', 'slow']).optional().describe('Of a ban; default refuse'),
  duration: wordArgument.optional().describe('As 2h; at most 30d'),
  reason: z.string().min(1).max(REASON_CHARS_MAX).describe('Why; stays in the record'),
});

type Arguments = z.output<typeof input>;

export function guardWriteTool(guard: () => Promise<GuardService>): McpTool<typeof input> {
  return {
    name: 'guard_write',
    title: 'Ban or unban',
    description:
      'Bans a subject for a time, ends or prolongs decisions, or confirms one. People feel it at once.',
    input,
    access: 'write',
    isDestructive: true,
    run: async (args, call) => {
      const { caller } = call;
      const by = namedBy({ caller, role: caller.role }, { reason: args.reason });
      const service = await guard();
      switch (args.action) {
        case 'ban':
          return await ban(service, args, by, call);
        case 'unban':
          return await unban(service, args, by);
        case 'extend': {
          const id = await knownId(service, args);
          const untilMs = call.nowMs + durationOf(args);
          await service.extend(id, untilMs, by);
          return resultOf(`decision ${id} holds until ${isoOf(untilMs)}`, id);
        }
        case 'approve': {
          const id = await knownId(service, args);
          await service.approve(id, by);
          return resultOf(`decision ${id} is confirmed`, id);
        }
      }
    },
  };
}

async function ban(
  service: GuardService,
  args: Arguments,
  by: Reviewer,
  { nowMs }: ToolCall,
): Promise<ToolResult> {
  if (args.id !== undefined) throw invalidParameter('id', 'belongs to extend, approve and unban');
  const key = subjectOf(args.scope, subjectIn(args));
  const untilMs = nowMs + durationOf(args);
  const { kind } = args;
  const { id } = await service.ban({ ...key, untilMs, ...by, ...(kind === undefined ? {} : { kind }) });
  return resultOf(`decision ${id}: ${kind ?? 'refuse'} until ${isoOf(untilMs)}`, id);
}

async function unban(service: GuardService, args: Arguments, by: Reviewer): Promise<ToolResult> {
  if (args.duration !== undefined) throw invalidParameter('duration', 'belongs to ban and extend');
  if (args.id !== undefined) {
    const id = await knownId(service, args);
    await service.lift(id, by);
    return resultOf(`decision ${id} is lifted`, id);
  }
  const key = subjectOf(args.scope, subjectIn(args));
  const views = await service.decisions({ subject: key, isLive: true, limit: LIFTED_MAX });
  if (views.length === 0)
    throw notFound(
      `nothing holds for this subject in scope ${args.scope}; guard_status with subject and state=all shows what did`,
    );
  const ids = views.map(({ decision }) => decision.id);
  for (const id of ids) await service.lift(id, by);
  return resultOf(`${ids.length} decisions are lifted: ${ids.join(', ')}`, ids.join(' '));
}

function subjectIn({ subject }: Arguments): string {
  if (subject !== undefined) return subject;
  throw invalidParameter('subject', 'is missing');
}

function durationOf({ duration }: Arguments): number {
  if (duration === undefined) throw invalidParameter('duration', 'is missing: for how long? such as 2h');
  return readDuration('duration', duration, BAN_MS_MAX);
}

async function knownId(service: GuardService, { id, subject }: Arguments): Promise<string> {
  if (id === undefined) throw invalidParameter('id', 'is missing: which decision? guard_status lists them');
  if (subject !== undefined) throw invalidParameter('subject', 'want either subject or id');
  if ((await service.find(id)) !== undefined) return id;
  throw notFound(`no decision has the id ${JSON.stringify(id)}; guard_status lists them`);
}

function resultOf(summary: string, id: string): ToolResult {
  const [first = ''] = id.split(' ');
  return { summary, target: id, links: [{ label: 'Decision', path: uiPath(['guard', 'decisions', first]) }] };
}
