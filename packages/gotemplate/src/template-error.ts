/**
 * A template cannot be parsed or executed. The message is the one Go gives, position included, so that
 * operators who search for it find what others wrote about it. Every failure of this package that input
 * can cause is a `TemplateError`.
 */
export class TemplateError extends Error {
  /** Which step failed (`escape`: no context of HTML is sure); `limit` means that the template was stopped by a bound of `limits.ts`. */
  readonly reason: 'parse' | 'escape' | 'execute' | 'limit';
  readonly templateName: string;
  /** From 1. */
  readonly line: number;
  /** Bytes of UTF-8 before the place in its line, as Go counts: from 0. */
  readonly column: number;

  constructor(
    reason: TemplateError['reason'],
    message: string,
    place: { readonly templateName: string; readonly line: number; readonly column: number },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'TemplateError';
    this.reason = reason;
    this.templateName = place.templateName;
    this.line = place.line;
    this.column = place.column;
  }
}

/** Thrown by a function of a template; the interpreter adds the position and which function it was. */
export class CallError extends Error {
  override readonly name = 'CallError';
}

/** Thrown where a bound is passed; the interpreter adds the position. */
export class LimitError extends Error {
  override readonly name = 'LimitError';
}
