import { z } from 'zod';
import type { DecisionView, GuardService } from '../../../respond/index.ts';
import { uiPath } from '../../../lib/ui-path.ts';
import type { McpDeps } from '../mcp-deps.ts';
import { isoOf } from '../times.ts';
import type { McpTool, ToolCall, ToolSection } from '../tool.ts';
import { agoOf, limitArgument } from './arguments.ts';
import {
  assertMaySeePersons,
  createSubjectNames,
  maySeePersons,
  scopeArgument,
  subjectArgument,
  subjectOf,
} from './guard-subject.ts';

const ROWS_DEFAULT = 30;

// About the budget of an answer at its greatest, with short rows.
const ROWS_MAX = 500;

const input = z.strictObject({
  subject: subjectArgument.optional().describe('Decisions about this one; for operators'),
  scope: scopeArgument,
  state: z
    .enum(['live', 'review', 'near', 'all'])
    .default('live')
    .describe(
      'live: in force; review: waiting for a person; near: who is near a threshold; all: past ones, too',
    ),
  limit: limitArgument(ROWS_DEFAULT, ROWS_MAX),
});

type Arguments = z.output<typeof input>;
type Names = ReturnType<typeof createSubjectNames>;

export function guardStatusTool(deps: McpDeps, guard: () => Promise<GuardService>): McpTool<typeof input> {
  const names = createSubjectNames(deps.random);
  return {
    name: 'guard_status',
    title: 'Guard status',
    description:
      'The guard against abusive users: policies with mode and brake, decisions in force, reviews, subjects near a threshold. Who is meant is for operators; others see pseudonyms.',
    input,
    access: 'read',
    run: async (args, call) => {
      const service = await guard();
      if (args.subject !== undefined) return await aboutSubject(service, args.subject, args, call);
      const live = service.live();
      const policies = service.policies();
      const held = policies.filter(({ tripped }) => tripped !== undefined);
      const counted = COUNTED[args.state];
      const list = await listOf(deps, service, { args, call, names });
      return {
        summary: [
          ...(counted === undefined ? [] : [`${totalOf(list)} ${counted}`]),
          `${live.length} decisions in force`,
          `${policies.length} policies, ${held.length} stopped by the brake`,
        ].join('; '),
        sections: [...list, policiesOf(policies), countsOf(live)],
        links: [{ label: 'Guard', path: uiPath(['guard'], { view: VIEWS[args.state] }) }],
      };
    },
  };
}

/** Of lists that may be empty: what then is not there. */
const COUNTED: Readonly<Partial<Record<Arguments['state'], string>>> = {
  review: 'decisions wait for a person',
  near: 'subjects are watched near a threshold',
};

function totalOf(sections: readonly ToolSection[]): number {
  return sections.reduce((sum, one) => sum + (one.kind === 'table' ? (one.total ?? one.rows.length) : 0), 0);
}

const VIEWS: Readonly<Record<Arguments['state'], string>> = {
  live: 'decisions',
  all: 'decisions',
  review: 'reviews',
  near: 'subjects',
};

async function aboutSubject(
  service: GuardService,
  subject: string,
  args: Arguments,
  { caller, nowMs }: ToolCall,
) {
  assertMaySeePersons(caller, 'decisions about a subject');
  const key = subjectOf(args.scope, subject);
  const views = await service.decisions({
    subject: key,
    limit: args.limit,
    ...(args.state === 'live' ? { isLive: true } : {}),
  });
  const holding = service.holding(key);
  return {
    summary:
      holding === undefined
        ? `nothing holds for this subject now; ${views.length} decisions listed`
        : `${holding.kind} holds for this subject; ${views.length} decisions listed`,
    sections: [decisionsTable(views, { nameOf: ({ decision }) => decision.subject, nowMs })],
    ...(args.state === 'live' ? { hint: 'state=all shows past decisions, too' } : {}),
    links: [
      { label: 'Subject', path: uiPath(['guard'], { view: 'decisions', show: 'all', q: key.subject }) },
    ],
  };
}

async function listOf(
  { guardWatch }: McpDeps,
  service: GuardService,
  asked: {
    readonly args: Arguments;
    readonly call: ToolCall;
    readonly names: Names;
  },
): Promise<readonly ToolSection[]> {
  const { args, call, names } = asked;
  const { nowMs } = call;
  const nameOf = ({ decision }: DecisionView): string => names(decision, call.caller);
  switch (args.state) {
    case 'live': {
      const views = await service.decisions({ isLive: true, limit: args.limit });
      const hasReasons = maySeePersons(call.caller);
      return [decisionsTable(views, { nameOf, nowMs, total: service.live().length, hasReasons })];
    }
    case 'all': {
      assertMaySeePersons(call.caller, 'past decisions');
      const views = await service.decisions({ limit: args.limit });
      return [decisionsTable(views, { nameOf, nowMs })];
    }
    case 'review': {
      assertMaySeePersons(call.caller, 'reviews');
      const views = await service.reviews();
      return [decisionsTable(views.slice(0, args.limit), { nameOf, nowMs, total: views.length })];
    }
    case 'near':
      return guardWatch === undefined
        ? []
        : [nearTable((await guardWatch()).watch(nowMs), args, call, names)];
  }
}

interface Shown {
  readonly nameOf: (view: DecisionView) => string;
  readonly nowMs: number;
  /** How many there are; absent: these. */
  readonly total?: number;
  readonly hasReasons?: boolean;
}

function decisionsTable(
  views: readonly DecisionView[],
  { nameOf, nowMs, total = views.length, hasReasons = true }: Shown,
): ToolSection {
  return {
    kind: 'table',
    title: 'Decisions',
    columns: [
      'id',
      'scope',
      'subject',
      'kind',
      'grade',
      'state',
      'until',
      'made',
      'policy',
      'mode',
      'reason',
    ],
    rows: views.map((view) => {
      const { decision, grade, untilMs, state } = view;
      return [
        decision.id,
        decision.scope,
        nameOf(view),
        decision.kind,
        grade,
        state,
        untilMs === null ? 'for ever' : isoOf(untilMs),
        `${agoOf(decision.madeAtMs, nowMs)} ago`,
        decision.policy,
        decision.mode,
        // A person writes names into reasons.
        hasReasons ? decision.reason : null,
      ];
    }),
    total,
  };
}

type Watch = ReturnType<Awaited<ReturnType<NonNullable<McpDeps['guardWatch']>>>['watch']>;

function nearTable(
  { subjects }: Watch,
  { limit }: Arguments,
  { caller }: ToolCall,
  names: Names,
): ToolSection {
  return {
    kind: 'table',
    title: 'Near a threshold',
    columns: ['scope', 'subject', 'policy', 'value', 'of threshold', 'actions', 'top actions'],
    rows: subjects
      .slice(0, limit)
      .map((one) => [
        one.scope,
        names(one, caller),
        one.policy,
        one.value,
        `${Math.round(one.ratio * 100)} %`,
        one.actionCount,
        one.topActions.map(({ action, count }) => `${action} ${count}`).join(', ') || null,
      ]),
    total: subjects.length,
  };
}

function policiesOf(policies: ReturnType<GuardService['policies']>): ToolSection {
  return {
    kind: 'table',
    title: 'Policies',
    columns: [
      'policy',
      'mode',
      'configured',
      'decisions',
      'enforced',
      'precision',
      'brake',
      'stopped because',
    ],
    rows: policies.map(
      ({ name, mode, configuredMode, decisionCount, enforcedCount, precision, brake, tripped }) => [
        name,
        mode,
        configuredMode,
        decisionCount,
        enforcedCount,
        precision ?? null,
        `${brake.usedCount} of ${brake.allowedCount}`,
        tripped?.reason ?? null,
      ],
    ),
  };
}

function countsOf(live: ReturnType<GuardService['live']>): ToolSection {
  const counts = new Map<string, number>();
  for (const { policy, kind, grade } of live) {
    const key = [policy, kind, grade].join(' ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return {
    kind: 'table',
    title: 'In force by policy, kind and grade',
    columns: ['policy, kind, grade', 'decisions'],
    rows: [...counts].toSorted((a, b) => b[1] - a[1]),
  };
}
