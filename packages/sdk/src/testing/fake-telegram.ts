/** Telegram's Bot API on 127.0.0.1: says yes to every method and remembers the call. Give `url` as `apiRoot`. */
import { serveFake } from './http-fake.ts';

export interface FakeTelegram {
  readonly url: string;
  /** Calls in order, such as `sendMessage` with its fields. */
  readonly calls: readonly { readonly method: string; readonly fields: unknown }[];
  /** The next call is answered with this status. */
  failNext(status: number): void;
  readonly close: () => Promise<void>;
}

/** Starts it; close it when done. */
export async function fakeTelegram(): Promise<FakeTelegram> {
  const calls: { method: string; fields: unknown }[] = [];
  const failures: number[] = [];
  const { url, close } = await serveFake(({ path, body }) => {
    const failure = failures.shift();
    if (failure !== undefined)
      return { status: failure, body: { ok: false, error_code: failure, description: 'scripted failure' } };
    calls.push({ method: path.split('/').at(-1) ?? '', fields: body });
    return { status: 200, body: { ok: true, result: true } };
  });
  return { url, calls, failNext: (status) => void failures.push(status), close };
}
