/**
 * `GET /guard/feed`: decisions as server-sent events, one `FeedMessage` each, as they are made.
 *
 *     id: 7f3c…:42
 *     data: {"type":"delta","seq":42,"put":[…],"drop":[]}
 *
 * The `id` says what a reader holds after this event, so that `Last-Event-ID` resumes there. Hence `hello`, pieces of a
 * snapshot but the last, and settings have none: a reader that breaks off among them begins with a snapshot.
 */
import type { FeedMessage } from '@vedette/sdk';
import type { DecisionFeed, GuardService } from '../../respond/index.ts';
import { errorAnswer, headerOf, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import type { FeedFollowers, FollowerPlace } from './feed-followers.ts';

export interface FeedRouteDeps {
  readonly guard: () => Promise<GuardService>;
  readonly followers: FeedFollowers;
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // nginx would hold events back to fill its buffers.
  'x-accel-buffering': 'no',
  // Else the socket stays open after the end, idle, and a stopping server waits for it.
  connection: 'close',
};

/** An epoch is a UUID; a sequence number has at most 16 digits. */
const LAST_EVENT_ID = /^([\x21-\x39\x3b-\x7e]{1,64}):(\d{1,16})$/;

export function feedRoute(deps: FeedRouteDeps): Route {
  return {
    surface: 'guard',
    methods: ['GET'],
    path: '/guard/feed',
    access: 'bouncer',
    errors: 'json',
    handle: async (request) => await follow(deps, request),
  };
}

async function follow({ guard, followers }: FeedRouteDeps, request: HttpRequest): Promise<HttpAnswer> {
  const { feed } = await guard();
  const place = followers.enter(request);
  if (place === undefined) {
    const full = errorAnswer(
      503,
      'unavailable',
      'cannot follow the decisions: as many followers as the limit FEED_FOLLOWERS_MAX are here, or the server stops; try again later',
    );
    return { ...full, headers: { ...full.headers, 'retry-after': '5' } };
  }
  const body = events(feed, sinceOf(request), place);
  return { status: 200, headers: HEADERS, isLive: true, cutSignal: place.cutSignal, body };
}

/** What cannot be read is as good as nothing: the snapshot is right for everybody. */
function sinceOf({ headers }: HttpRequest): { readonly epoch: string; readonly seq: number } | undefined {
  const match = LAST_EVENT_ID.exec(headerOf(headers, 'last-event-id') ?? '');
  const seq = Number(match?.[2]);
  return match === null || !Number.isSafeInteger(seq) ? undefined : { epoch: match[1] ?? '', seq };
}

async function* events(
  feed: DecisionFeed,
  since: ReturnType<typeof sinceOf>,
  { signal, recheck, leave }: FollowerPlace,
): AsyncGenerator<string> {
  let epoch = feed.epoch;
  try {
    for await (const message of feed.follow(since, signal)) {
      if (!recheck()) return;
      if (message.type === 'hello') epoch = message.epoch;
      yield eventOf(message, epoch);
    }
  } catch (error) {
    // Leaving ends the feed as it likes; anything else breaks the answer off, and the reader comes again.
    if (!signal.aborted) throw error;
  } finally {
    leave();
  }
}

/** JSON has no line ends of its own, so one line is one event. */
function eventOf(message: FeedMessage, epoch: string): string {
  const isHeld =
    message.type === 'delta' || message.type === 'digest' || (message.type === 'snapshot' && message.isLast);
  return `${isHeld ? `id: ${epoch}:${message.seq}\n` : ''}data: ${JSON.stringify(message)}\n\n`;
}
