import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  expireSilence,
  fetchManagedAlerts,
  fetchSilence,
  previewSilence,
  saveSilence,
} from './alertmanager.ts';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

const sent: Sent[] = [];
let answer: () => Response;

beforeEach(() => {
  sent.length = 0;
  vi.stubGlobal('document', { baseURI: 'http://host.test/prefix/' });
  vi.stubGlobal('location', { origin: 'http://host.test' });
  vi.stubGlobal('fetch', async (address: string, { method = 'GET', body }: RequestInit) => {
    const { pathname, search } = new URL(address);
    const text = typeof body === 'string' ? (JSON.parse(body) as unknown) : undefined;
    sent.push({ method, path: decodeURIComponent(pathname + search), body: text });
    return await Promise.resolve(answer());
  });
});
afterEach(() => vi.unstubAllGlobals());

const signal = new AbortController().signal;
const start = Date.UTC(2026, 10, 21, 10);

test('a silence is read with its comparisons as people write them, and sent back as it was', async () => {
  const matchers = [
    { name: 'a', value: '1', isRegex: false, isEqual: true },
    { name: 'b', value: '2', isRegex: false, isEqual: false },
    { name: 'c', value: '3', isRegex: true, isEqual: true },
    { name: 'd', value: '4', isRegex: true, isEqual: false },
  ];
  const times = { startsAt: '2026-11-21T10:00:00.000Z', endsAt: '2026-11-21T11:00:00.250Z' };
  const texts = { createdBy: 'me', comment: 'why' };
  answer = () => Response.json({ id: 'x', status: { state: 'active' }, matchers, ...times, ...texts });
  const { state, ...silence } = await fetchSilence('x', signal);
  expect(state).toBe('active');
  expect(silence.matchers.map(({ op }) => op)).toEqual(['=', '!=', '=~', '!~']);
  expect([silence.startsAtMs, silence.endsAtMs]).toEqual([start, start + 3_600_250]);
  answer = () => Response.json({ silenceID: 'y' });
  expect(await saveSilence(silence)).toBe('y');
  expect(sent[1]).toEqual({
    method: 'POST',
    path: '/prefix/api/v2/silences',
    body: { id: 'x', matchers, ...times, ...texts },
  });
});

test('a receiver is asked for by its name, though the server takes a pattern', async () => {
  answer = () => Response.json([]);
  await fetchManagedAlerts(
    { receiver: 'a.b (c)|d', matchers: [{ name: 'x', op: '=~', value: '"y"' }] },
    signal,
  );
  expect(sent[0]?.path).toBe(String.raw`/prefix/api/v2/alerts?filter=x=~"\"y\""&receiver=a\.b+\(c\)\|d`);
});

test('an end has no body, and a preview takes the conditions alone', async () => {
  answer = () => new Response('');
  await expireSilence('x/y');
  expect(sent[0]).toEqual({ method: 'DELETE', path: '/prefix/api/v2/silence/x/y', body: undefined });
  answer = () => Response.json({ matchedCount: 0 });
  await previewSilence([{ name: 'a', op: '!~', value: 'b' }], signal);
  expect(sent[1]?.body).toEqual({ matchers: [{ name: 'a', value: 'b', isRegex: true, isEqual: false }] });
});

test("the server's reason is shown, in whichever of Alertmanager's shapes it comes", async () => {
  const check = async (body: unknown, status: number, want: string): Promise<void> => {
    answer = () => Response.json(body, { status });
    await expect(expireSilence('x')).rejects.toMatchObject({ message: want, status });
  };
  await check('silence not found', 404, 'silence not found');
  await check({ code: 602, message: 'comment in body is required' }, 422, 'comment in body is required');
  await check({ error: 'role is too low' }, 403, 'role is too low');
  await check(null, 500, 'cannot answer: status 500');
});
