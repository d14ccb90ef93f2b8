/** The reason why a regular expression cannot be, as Go's `regexp` gives it for the same text. */
export function goRegexpReason(
  error: unknown,
  pattern: string,
  wrapped: (pattern: string) => string,
): string {
  const message = error instanceof Error ? error.message : String(error);
  const reason = /error parsing regexp: .*/s.exec(message)?.[0] ?? message;
  // Ours wraps the pattern in another way; faults that quote all of it quote the wrapping, too.
  return reason.replace(`^(?s:${pattern})$`, () => wrapped(pattern));
}
