/** When an answer is too long to be read, its series are counted: the model then knows what it asked for, and how to ask for less. */
import type { ExecutionError } from '@vedette/model';
import type { ToolResult } from '../tool.ts';
import type { Asker } from './ask.ts';

/** Labels that most series have; one question each. */
const USUAL_LABELS = ['__name__', 'job', 'instance', 'namespace', 'pod'] as const;

/** Rejects with the error itself when the engine cannot count either: it is about loading, then. */
export async function describeUnread(
  asker: Asker,
  { expr, atMs, error }: { readonly expr: string; readonly atMs: number; readonly error: ExecutionError },
): Promise<ToolResult> {
  const count = async (question: string): Promise<number> => {
    const { series } = await asker.query({ expr: question, at: atMs, keep: 1 });
    return Number(series[0]?.points[0]?.[1] ?? 0);
  };
  const total = await count(`count(\n${expr}\n)`).catch(() => Promise.reject(error));
  const counts = await Promise.all(
    USUAL_LABELS.map(async (label) => ({
      label,
      count: await count(`count(count by (${label}) (\n${expr}\n))`).catch(() => 0),
    })),
  );
  const told = counts.filter((one) => one.count > 1).toSorted((a, b) => b.count - a.count);
  return {
    summary: `${total} series, too many to be shown: ${error.message}`,
    sections: [
      {
        kind: 'table',
        title: 'Values per label',
        columns: ['label', 'values'],
        rows: told.map(({ label, count }) => [label, count]),
      },
    ],
    hint: narrowHint(expr, told.findLast(({ label }) => label !== '__name__')?.label),
  };
}

// A hint repeats a short expression; a long one is known to whoever wrote it.
const HINT_EXPR_CHARS_MAX = 200;

export function narrowHint(query: string, label: string | undefined): string {
  const shown = query.length <= HINT_EXPR_CHARS_MAX ? query.trim() : '…';
  const grouped = label === undefined ? '' : `, or sum by (${label}) (${shown})`;
  return `ask for topk(10, ${shown})${grouped}, or narrow the selector`;
}
