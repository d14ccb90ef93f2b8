import type { Lifetime } from './vedette-process.ts';

/** Runs a task of a tool, and what it wants done at the end, the last one first. */
export async function runWithLifetime<T>(task: (lifetime: Lifetime) => Promise<T>): Promise<T> {
  const ends: (() => unknown)[] = [];
  const after: Lifetime['after'] = (end) => {
    if (end !== undefined) ends.push(end as () => unknown);
  };
  try {
    return await task({ after });
  } finally {
    for (const end of ends.reverse()) await end();
  }
}
