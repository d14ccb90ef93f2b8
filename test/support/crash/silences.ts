import type { SeededRandom } from '@vedette/model';
import type { VedetteProcess } from '../vedette-process.ts';
import type { Faults } from './check.ts';

const HOUR_MS = 3_600_000;

/** At work at a time: each is looked up at every start. */
const SILENCES_MAX = 40;

interface ApiSilence {
  readonly id: string;
  readonly comment: string;
  readonly createdBy: string;
  readonly status: { readonly state: 'active' | 'pending' | 'expired' };
}

type State = Pick<ApiSilence, 'comment'> & { readonly isExpired: boolean };

/** What is known of one silence: what was acknowledged last, and the change that was under way when the process died. */
interface Known {
  acknowledged: State;
  open: State | undefined;
}

/**
 * An operator who makes, edits and expires silences, one change at a time, until the process is gone.
 *
 * 1. An acknowledged change is there after the kill. One that was under way is there or not, and stays so.
 * 2. Nothing is there that nobody asked for: of those without an id, at most the one under way.
 */
export class SilenceLoad {
  readonly #random: SeededRandom;
  readonly #known = new Map<string, Known>();
  /** Comments of creations whose answer never came. */
  readonly #unanswered = new Set<string>();
  #made = 0;
  changes = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  async run(vedette: VedetteProcess, isOver: () => boolean): Promise<void> {
    try {
      while (!isOver()) {
        await this.#change(vedette);
        this.changes++;
      }
    } catch (error) {
      if (error instanceof RefusedError) throw error;
      // Killed meanwhile; what was under way stays open.
    }
  }

  /** After a start. */
  async check(vedette: VedetteProcess, faults: Faults): Promise<void> {
    const found = new Map<string, ApiSilence>();
    for (const one of await vedette.json<readonly ApiSilence[]>('/api/v2/silences')) {
      if (found.has(one.id)) faults.add(`silence ${one.id} is there twice`);
      found.set(one.id, one);
    }
    for (const [id, known] of this.#known) this.#checkOne(id, known, found.get(id), faults);
    for (const { id, comment } of found.values()) {
      if (this.#known.has(id)) continue;
      if (!this.#unanswered.delete(comment)) faults.add(`silence ${id} (${comment}) was never asked for`);
      this.#known.set(id, { acknowledged: stateOf(found.get(id)), open: undefined });
    }
    this.#unanswered.clear();
  }

  #checkOne(id: string, known: Known, found: ApiSilence | undefined, faults: Faults): void {
    const is = stateOf(found);
    const wanted = [known.acknowledged, ...(known.open === undefined ? [] : [known.open])];
    if (found === undefined || !wanted.some((one) => isSame(one, is)))
      faults.add(
        `silence ${id}: is ${JSON.stringify(is)}, want ${wanted.map((one) => JSON.stringify(one)).join(' or ')}`,
      );
    known.acknowledged = is;
    known.open = undefined;
  }

  async #change(vedette: VedetteProcess): Promise<void> {
    const live = [...this.#known].filter(([, { acknowledged }]) => !acknowledged.isExpired);
    const one = live[Math.floor(this.#random.float() * live.length)];
    const kind = this.#random.float();
    if (one === undefined || (kind < 0.4 && live.length < SILENCES_MAX)) await this.#create(vedette);
    else if (kind < 0.7) await this.#edit(vedette, ...one);
    else await this.#expire(vedette, ...one);
  }

  async #create(vedette: VedetteProcess): Promise<void> {
    const comment = `made ${++this.#made}`;
    this.#unanswered.add(comment);
    const id = await post(vedette, { comment });
    this.#unanswered.delete(comment);
    this.#known.set(id, { acknowledged: { comment, isExpired: false }, open: undefined });
  }

  async #edit(vedette: VedetteProcess, id: string, known: Known): Promise<void> {
    const comment = `edited ${++this.#made}`;
    known.open = { comment, isExpired: false };
    const now = await vedette.json<ApiSilence & { readonly startsAt: string }>(`/api/v2/silence/${id}`);
    const after = await post(vedette, { id, comment, startsAt: now.startsAt });
    if (after !== id) throw new RefusedError(`an edit in place made silence ${after} of ${id}`);
    known.acknowledged = known.open;
    known.open = undefined;
  }

  async #expire(vedette: VedetteProcess, id: string, known: Known): Promise<void> {
    known.open = { ...known.acknowledged, isExpired: true };
    const response = await vedette.get(`/api/v2/silence/${id}`, { method: 'DELETE' });
    if (!response.ok) throw new RefusedError(`expiring ${id}: ${response.status} ${await response.text()}`);
    known.acknowledged = known.open;
    known.open = undefined;
  }
}

/** The server lives and says no: a fault, not a kill. */
class RefusedError extends Error {}

async function post(vedette: VedetteProcess, more: Readonly<Record<string, string>>): Promise<string> {
  const nowMs = Date.now();
  const body = {
    matchers: [{ name: 'alertname', value: 'nobody', isRegex: false, isEqual: true }],
    startsAt: new Date(nowMs).toISOString(),
    endsAt: new Date(nowMs + HOUR_MS).toISOString(),
    createdBy: 'crash',
    ...more,
  };
  const headers = { 'content-type': 'application/json' };
  const response = await vedette.get('/api/v2/silences', {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new RefusedError(`a silence: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { readonly silenceID: string }).silenceID;
}

function stateOf(found: ApiSilence | undefined): State {
  return { comment: found?.comment ?? 'absent', isExpired: found?.status.state === 'expired' };
}

function isSame(a: State, b: State): boolean {
  return a.comment === b.comment && a.isExpired === b.isExpired;
}
