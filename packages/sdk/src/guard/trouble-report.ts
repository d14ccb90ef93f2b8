/** Tells of each trouble when it begins, once, however often it is met before it ends. */
export class TroubleReport {
  readonly #tell: ((error: Error) => void) | undefined;
  readonly #begun = new Set<string>();

  constructor(tell: ((error: Error) => void) | undefined) {
    this.#tell = tell;
  }

  begin(topic: string, text: string, cause?: unknown): void {
    if (this.#begun.has(topic)) return;
    this.#begun.add(topic);
    const reason = cause instanceof Error ? `: ${cause.message}` : '';
    try {
      this.#tell?.(new Error(`guard ${text}${reason}`, { cause }));
    } catch {
      // Whoever listens must not stop the guard; there is nobody left to tell.
    }
  }

  end(topic: string): void {
    this.#begun.delete(topic);
  }
}
