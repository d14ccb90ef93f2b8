/**
 * A channel to people that is well for hours and then, for minutes, one of the things channels are. It outlives the
 * processes that send; what it took, people have read.
 */
import type { Clock, SeededRandom } from '@vedette/model';
import type {
  FailureCategory,
  Notification,
  Receiver,
  SendResult,
} from '../../packages/server/src/alert/notify/receiver.ts';
import type { Fate } from './memory-state.ts';
import { pick, SECOND_MS, type ChannelSpec } from './world.ts';

const MOODS = [
  'well',
  'refuses for now',
  'refuses for good',
  'asks for patience',
  'hangs',
  'slow',
  // It takes the message, and the sender never learns.
  'loses answers',
  'hangs after taking',
] as const;

export type Mood = (typeof MOODS)[number];

/** Longest Retry-After. */
export const PATIENCE_MS_MAX = 90 * SECOND_MS;

export class Channel {
  readonly spec: ChannelSpec;
  readonly #random: SeededRandom;
  readonly #onTaken: (channel: Channel, notification: Notification) => void;
  mood: Mood = 'well';

  constructor(
    spec: ChannelSpec,
    random: SeededRandom,
    onTaken: (channel: Channel, notification: Notification) => void,
  ) {
    this.spec = spec;
    this.#random = random;
    this.#onTaken = onTaken;
  }

  get key(): string {
    return `${this.spec.receiver}/channel/${this.spec.index}`;
  }

  changeMood(): void {
    this.mood = this.mood === 'well' ? pick(this.#random, MOODS) : 'well';
  }

  /** The sender of one process. */
  receiverOf(clock: Clock, fate: Fate): Receiver {
    const { receiver: name, index, sendsResolved } = this.spec;
    return {
      name,
      integration: 'channel',
      index,
      sendsResolved,
      send: async (notification, signal) => {
        await fate.pass('before send');
        const result = await this.#answer(notification, { clock, signal, isDead: () => fate.isDead });
        await fate.pass('after send');
        return result;
      },
    };
  }

  async #answer(
    notification: Notification,
    { clock, signal, isDead }: { clock: Clock; signal: AbortSignal; isDead: () => boolean },
  ): Promise<SendResult> {
    const take = (): SendResult => {
      if (!isDead()) this.#onTaken(this, notification);
      return { kind: 'delivered' };
    };
    const { mood } = this;
    try {
      switch (mood) {
        case 'well':
          await clock.sleep(this.#random.float() * SECOND_MS, signal);
          return take();
        case 'slow':
          await clock.sleep((5 + this.#random.float() * 40) * SECOND_MS, signal);
          return take();
        case 'refuses for now':
          return failed('serverError');
        case 'refuses for good':
          return { ...failed('clientError'), isRetriable: false };
        case 'asks for patience':
          return { ...failed('rateLimited'), retryAfterMs: this.#random.float() * PATIENCE_MS_MAX };
        case 'loses answers':
          take();
          return failed('network');
        case 'hangs after taking':
          take();
          return await hang(signal);
        case 'hangs':
          return await hang(signal);
      }
    } catch {
      return failed('deadline');
    }
  }
}

type Failure = SendResult & { readonly kind: 'failed' };

function failed(category: FailureCategory): Failure {
  return { kind: 'failed', isRetriable: true, category, error: category };
}

async function hang(signal: AbortSignal): Promise<Failure> {
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  return failed('deadline');
}
