/** An expected refusal of what was asked about accounts, with its HTTP status. */
export class AuthError extends Error {
  readonly status: 400 | 401 | 403 | 404 | 409 | 410 | 429 | 503;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: AuthError['status'], message: string, retryAfterSeconds?: number) {
    super(message);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
