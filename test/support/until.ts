/**
 * How long a black-box test waits for something that takes well under a second on an idle machine. With twenty programs
 * to two processors a start alone took 25 s. Whoever waits in vain fails later, not less.
 */
const PATIENCE_MS = 60_000;

/**
 * Asks again and again until the answer is not undefined; fails with `what` when patience ends. Real
 * processes have no virtual clock, so these tests poll; they never wait for a fixed time.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const deadlineMs = Date.now() + patienceMs;
  let lastError: unknown;
  while (Date.now() < deadlineMs) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
    } catch (error) {
      lastError = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`waited ${patienceMs} ms in vain for: ${what}`, { cause: lastError });
}
