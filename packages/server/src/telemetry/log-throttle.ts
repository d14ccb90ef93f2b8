import type { Clock } from '@vedette/model';

// A fault that comes with every scrape says enough in three lines; what it hides is counted. One
// minute: an operator who looks now still sees a line of every fault that lasts.
const LINES_PER_WINDOW_MAX = 3;
const WINDOW_MS = 60_000;

// Messages are constant sentences, so kinds are as many as the code has; this bounds a mistake.
const KINDS_MAX = 1000;

interface Kind {
  lineCount: number;
  droppedCount: number;
}

/**
 * Lets the first lines of a kind through, then drops and counts until the window ends, and reports
 * the count then, also when the fault never comes again.
 */
export class LogThrottle {
  readonly #clock: Clock;
  readonly #onWindowEnd: (kind: string, droppedCount: number) => void;
  readonly #kinds = new Map<string, Kind>();

  /** `onWindowEnd` is told of each kind that lost lines, with their number. */
  constructor(deps: { clock: Clock }, onWindowEnd: (kind: string, droppedCount: number) => void) {
    this.#clock = deps.clock;
    this.#onWindowEnd = onWindowEnd;
  }

  /** Whether a line of this kind is to be written now; `false` counts it as dropped. */
  admits(kind: string): boolean {
    let known = this.#kinds.get(kind);
    if (known === undefined) {
      if (this.#kinds.size >= KINDS_MAX) return true;
      known = { lineCount: 0, droppedCount: 0 };
      this.#kinds.set(kind, known);
      this.#clock.setTimer(WINDOW_MS, () => this.#close(kind));
    }
    if (known.lineCount < LINES_PER_WINDOW_MAX) {
      known.lineCount++;
      return true;
    }
    known.droppedCount++;
    return false;
  }

  /** Ends every window now: before the process exits. */
  flush(): void {
    for (const kind of this.#kinds.keys()) this.#close(kind);
  }

  #close(kind: string): void {
    const known = this.#kinds.get(kind);
    this.#kinds.delete(kind);
    if (known !== undefined && known.droppedCount > 0) this.#onWindowEnd(kind, known.droppedCount);
  }
}
