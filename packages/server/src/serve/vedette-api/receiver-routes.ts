/** Receivers as people look after them: where each leads, how its last message ended, and a test on demand. */
import { receiverTestRequest, type ReceiverSummary, type ReceiverTestResult } from '@vedette/api';
import type { Clock } from '@vedette/model';
import type { AttemptPage, AttemptQuery, SendResult } from '../../alert/index.ts';
import { actorOf } from '../auth/caller.ts';
import { errorAnswer, jsonAnswer, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { ApiError } from '../prometheus-api/api-error.ts';
import { TokenBucket } from '../live/token-bucket.ts';
import { jsonBodyOf } from '../http/json-body.ts';

/** One channel, named as in the configuration. */
export interface ChannelAddress {
  readonly receiver: string;
  readonly integration: string;
  readonly index: number;
}

export interface ChannelTest {
  readonly result: SendResult;
  readonly tookMs: number;
  /** What was sent, secrets hidden. */
  readonly message: string | undefined;
}

/** The receivers of the configuration in use. */
export interface ReceiversView {
  /** In the order of the file, without what is known of their attempts. */
  list(): readonly {
    readonly name: string;
    readonly isRouted: boolean;
    readonly channels: readonly {
      readonly integration: string;
      readonly index: number;
      readonly place: string | undefined;
      readonly isTestable: boolean;
    }[];
  }[];
  attempts(query: AttemptQuery): Promise<AttemptPage>;
  /** Sends a marked test alert once. `undefined`: no such channel is configured. */
  test(
    asked: { readonly channel: ChannelAddress; readonly actor: string },
    signal: AbortSignal,
  ): Promise<ChannelTest | undefined>;
}

export interface ReceiverRoutesDeps {
  readonly clock: Clock;
  readonly receivers: ReceiversView;
}

// Enough to go through the channels of a receiver; a page that repeats must not fill people's rooms.
export const RECEIVER_TESTS_PER_MINUTE_MAX = 10;

// The history is read backwards, in slices; what lies further back is found by its own page.
const ATTEMPTS_LOOKED_AT_MAX = 1000;

// The beginning of a message is what people recognise it by; a mail with its style sheet is far longer.
const MESSAGE_CHARS_MAX = 8000;

export function receiverRoutes(deps: ReceiverRoutesDeps): readonly Route[] {
  const { clock } = deps;
  const tests = new TokenBucket(clock, {
    perSecond: RECEIVER_TESTS_PER_MINUTE_MAX / 60,
    burst: RECEIVER_TESTS_PER_MINUTE_MAX,
  });
  const common = { surface: 'vedette-api', errors: 'json' } as const;
  return [
    {
      ...common,
      methods: ['GET'],
      path: '/api/vedette/receivers',
      access: 'viewer',
      handle: async () => jsonAnswer(200, await summaries(deps)),
    },
    {
      ...common,
      methods: ['POST'],
      path: '/api/vedette/receivers/:name/test',
      access: 'operator',
      handle: (request) => test(deps, tests, request),
    },
  ];
}

async function summaries({ receivers }: ReceiverRoutesDeps): Promise<ReceiverSummary[]> {
  const { attempts } = await receivers.attempts({ limit: ATTEMPTS_LOOKED_AT_MAX });
  return receivers.list().map(({ name, isRouted, channels }) => ({
    name,
    isRouted,
    channels: channels.map(({ place, ...channel }) => {
      const last = attempts.find(
        ({ receiver, integration, index }) =>
          receiver === name && integration === channel.integration && index === channel.index,
      );
      const lastAttempt = last && { atMs: last.atMs, outcome: last.outcome, error: last.error };
      return { ...channel, place: place ?? null, lastAttempt: lastAttempt ?? null };
    }),
  }));
}

async function test(
  { receivers }: ReceiverRoutesDeps,
  tests: TokenBucket,
  request: HttpRequest,
): Promise<HttpAnswer> {
  const asked = jsonBodyOf(request, receiverTestRequest, '{"integration":"webhook","index":0}');
  const channel: ChannelAddress = { receiver: request.params['name'] ?? '', ...asked };
  assertTestable(receivers, channel);
  if (!tests.take())
    return errorAnswer(
      429,
      'too_many_requests',
      `cannot send a test: ${RECEIVER_TESTS_PER_MINUTE_MAX} were sent within a minute, the limit; wait a few seconds`,
    );
  const sent = await receivers.test({ channel, actor: actorOf(request) }, request.signal);
  if (sent === undefined) throw unknownChannel(channel);
  const detail = `${asked.integration} ${asked.index}: ${sent.result.kind}`;
  return { ...jsonAnswer(200, resultJson(sent)), audit: { target: channel.receiver, detail } };
}

function assertTestable(receivers: ReceiversView, asked: ChannelAddress): void {
  const found = receivers
    .list()
    .find(({ name }) => name === asked.receiver)
    ?.channels.find(({ integration, index }) => integration === asked.integration && index === asked.index);
  if (found === undefined) throw unknownChannel(asked);
  if (!found.isTestable)
    throw new ApiError(
      'bad_data',
      `cannot test channel ${asked.integration} of receiver ${JSON.stringify(asked.receiver)}: it acts instead of telling somebody`,
    );
}

function unknownChannel({ receiver, integration, index }: ChannelAddress): ApiError {
  return new ApiError(
    'not_found',
    `cannot test receiver ${JSON.stringify(receiver)}: it has no channel ${integration} with index ${index}; GET /api/vedette/receivers lists them`,
  );
}

function resultJson({ result, tookMs, message }: ChannelTest): ReceiverTestResult {
  return {
    outcome: result.kind,
    tookMs: Math.round(tookMs),
    error: result.kind === 'failed' ? result.error : null,
    answer: result.answer === undefined ? null : { ...result.answer },
    message: message === undefined ? null : message.slice(0, MESSAGE_CHARS_MAX).toWellFormed(),
  };
}
