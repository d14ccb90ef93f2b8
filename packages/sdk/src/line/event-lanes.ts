/**
 * The bounded queue between LINE's webhook, which wants its answer at once, and the bot's handlers.
 *
 * 1. A lane per user: events of one user are worked on in order, those of several users side by side, `concurrency` at
 *    once. One event of a lane is at work at a time; two where a processing lock refuses the second, which it could not
 *    if the second waited.
 * 2. Lanes that have something to do stand in line; a lane goes to its end after each event. Who floods waits behind
 *    everybody else.
 * 3. A lane is short. What a flooding user sends beyond it is dropped and counted, since LINE would only send it again.
 *    When the whole queue is full the webhook is refused instead: LINE may then deliver it again.
 */

/** Events that wait for handlers, all users together; an event is 1 to 5 kB. */
export const WAITING_EVENTS_MAX = 2000;

// What a person can press while a slow handler works; the guard refuses long before a lane of 20 is worked off.
export const LANE_EVENTS_MAX = 20;

export interface EventLanesOptions<Task> {
  readonly concurrency: number;
  /** Events of one lane at work at once. */
  readonly laneConcurrency: 1 | 2;
  /** Must not reject. */
  readonly work: (task: Task) => Promise<void>;
}

interface Lane<Task> {
  readonly key: string;
  readonly tasks: Task[];
  workingCount: number;
  /** Stands in line; never twice. */
  isReady: boolean;
}

export class EventLanes<Task> {
  readonly #lanes = new Map<string, Lane<Task>>();
  /** Lanes that have something to do and may, the next one first. */
  readonly #ready: Lane<Task>[] = [];
  readonly #options: EventLanesOptions<Task>;
  readonly #idleWaiters: (() => void)[] = [];
  #waitingCount = 0;
  #workingCount = 0;
  #droppedCount = 0;

  constructor(options: EventLanesOptions<Task>) {
    this.#options = options;
  }

  get waitingCount(): number {
    return this.#waitingCount;
  }

  get droppedCount(): number {
    return this.#droppedCount;
  }

  /** Users who have something here; 0 at rest says that nothing was left behind. */
  get laneCount(): number {
    return this.#lanes.size;
  }

  hasRoomFor(count: number): boolean {
    return this.#waitingCount + count <= WAITING_EVENTS_MAX;
  }

  /** Work begins when the caller has returned. A task that its lane has no room for is dropped and counted. */
  push(key: string, task: Task): void {
    const lane = this.#lanes.get(key) ?? { key, tasks: [], workingCount: 0, isReady: false };
    if (lane.tasks.length >= LANE_EVENTS_MAX) {
      this.#droppedCount++;
      return;
    }
    this.#lanes.set(key, lane);
    lane.tasks.push(task);
    this.#waitingCount++;
    this.#standInLine(lane);
    queueMicrotask(() => this.#start());
  }

  /** Resolves when nothing waits and nothing is worked on. */
  async idle(): Promise<void> {
    if (this.#waitingCount + this.#workingCount === 0) return;
    await new Promise<void>((resolve) => void this.#idleWaiters.push(resolve));
  }

  #standInLine(lane: Lane<Task>): void {
    const mayWork = lane.workingCount < this.#options.laneConcurrency;
    if (lane.isReady || lane.tasks.length === 0 || !mayWork) return;
    lane.isReady = true;
    this.#ready.push(lane);
  }

  #start(): void {
    while (this.#workingCount < this.#options.concurrency) {
      const lane = this.#ready.shift();
      const task = lane?.tasks.shift();
      if (lane === undefined || task === undefined) return;
      lane.isReady = false;
      lane.workingCount++;
      this.#waitingCount--;
      this.#workingCount++;
      this.#standInLine(lane);
      void this.#options.work(task).finally(() => this.#finish(lane));
    }
  }

  #finish(lane: Lane<Task>): void {
    lane.workingCount--;
    this.#workingCount--;
    if (lane.workingCount === 0 && lane.tasks.length === 0) this.#lanes.delete(lane.key);
    else this.#standInLine(lane);
    this.#start();
    if (this.#waitingCount + this.#workingCount > 0) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }
}
