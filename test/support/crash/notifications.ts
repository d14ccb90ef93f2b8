import type { Hook } from '../alerting-scene.ts';
import { until } from '../until.ts';
import type { VedetteProcess } from '../vedette-process.ts';
import type { Faults } from './check.ts';

interface LogEntry {
  readonly id: string;
  readonly outcome: string;
}

/** The most a page of the history shows. */
const ENTRIES = 1000;

/**
 * What receivers were told against what the notification log says.
 *
 * 1. A log entry that the API has shown stays.
 * 2. A notification comes again only from another process than the one that sent it, only while the log did not say
 *    that it was delivered, and under the same key.
 * 3. What the log calls delivered has arrived.
 * 4. Once all is quiet, the last thing told of every alert is how it is: none was lost.
 */
export class NotificationCheck {
  readonly #hook: Hook;
  readonly #shown = new Map<string, LogEntry>();
  /** Of each key, the round that it came in last. */
  readonly #roundOf = new Map<string, number>();
  #lookedAt = 0;
  repeats = 0;

  constructor(hook: Hook) {
    this.#hook = hook;
  }

  get count(): number {
    return this.#roundOf.size;
  }

  /** Reads the log while the process lives; an answer that does not come says nothing. */
  async look(vedette: VedetteProcess): Promise<void> {
    for (const entry of await entriesOf(vedette))
      if (entry.outcome === 'delivered') this.#shown.set(entry.id, entry);
  }

  /** After a kill: judges what came in the round. */
  judge(round: number, faults: Faults): void {
    for (const { key, status } of this.#hook.messages.slice(this.#lookedAt)) {
      const before = this.#roundOf.get(key);
      if (before === round) faults.add(`notification ${key} (${status}) came twice from one process`);
      if (before !== undefined) this.repeats++;
      this.#roundOf.set(key, round);
    }
    this.#lookedAt = this.#hook.messages.length;
  }

  /** After a start: what was shown is there, and will not be sent again. */
  async check(vedette: VedetteProcess, faults: Faults): Promise<void> {
    const entries = await entriesOf(vedette);
    const ids = new Set(entries.map(({ id }) => id));
    if (entries.length < ENTRIES)
      for (const id of this.#shown.keys())
        if (!ids.has(id)) faults.add(`notification log: ${id}, shown as delivered, is gone`);
    if (ids.size !== entries.length) faults.add('notification log: an id is there twice');
    const arrived = new Set(this.#hook.messages.map(({ key }) => key));
    for (const { id, outcome } of entries)
      if (outcome === 'delivered' && !arrived.has(id))
        faults.add(`notification ${id} is logged and never arrived`);
  }

  /** A notification that the log had called delivered before the kill must not have come again since. */
  checkRepeats(shownBefore: ReadonlySet<string>, from: number, faults: Faults): void {
    for (const { key } of this.#hook.messages.slice(from))
      if (shownBefore.has(key))
        faults.add(`notification ${key} came again though it was logged as delivered`);
  }

  get shownIds(): ReadonlySet<string> {
    return new Set(this.#shown.keys());
  }

  /** Waits until the last thing told of every alert is what holds. */
  async settle(firing: ReadonlyMap<string, boolean>): Promise<void> {
    for (const [name, isFiring] of firing)
      await until(`${name} told as ${isFiring ? 'firing' : 'resolved'}`, () => {
        const last = this.#hook.messages.findLast(({ alerts }) =>
          alerts.some(({ labels }) => labels['alertname'] === name),
        );
        // One that never fired is not told of.
        const told = last === undefined ? 'resolved' : last.status;
        return told === (isFiring ? 'firing' : 'resolved') ? true : undefined;
      });
  }
}

async function entriesOf(vedette: VedetteProcess): Promise<readonly LogEntry[]> {
  return await vedette.json<readonly LogEntry[]>(`/api/vedette/notifications?limit=${ENTRIES}`);
}
