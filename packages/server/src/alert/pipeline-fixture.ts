/** For tests: a whole pipeline in virtual time, on a state store in memory or on disk, with receivers that note what they hear. */
import { labelsOf, labelValueOf, SeededRandom, VirtualClock } from '@vedette/model';
import { createMetricsRegistry, exposeMetrics } from '@vedette/sdk';
import { openStateStore } from '../store/state/embedded.ts';
import { INSTANT_SYNCS } from '../store/state/instant-syncs-fixture.ts';
import type { StateStore } from '../store/state/port.ts';
import { SILENT_LOG } from '../telemetry/log.ts';
import type { AlertPost } from './alert.ts';
import type { Notification, Receiver, SendResult } from './notify/receiver.ts';
import { createAlertPipeline, type AlertPipeline, type AlertSetup } from './pipeline.ts';

const SECOND_MS = 1000;

export interface Told {
  readonly atMs: number;
  readonly receiver: string;
  readonly notification: Notification;
}

export class PipelineWorld {
  readonly clock: VirtualClock;
  readonly state: StateStore;
  readonly metrics = createMetricsRegistry();
  readonly told: Told[] = [];
  /** What receivers answer. */
  answer: (notification: Notification) => Promise<SendResult> = () => Promise.resolve({ kind: 'delivered' });
  pipeline: AlertPipeline;

  constructor(
    setupFor: (world: PipelineWorld) => AlertSetup,
    { startMs = 0, path = ':memory:', seed = 1, log = SILENT_LOG } = {},
  ) {
    this.clock = new VirtualClock({ startMs, settle: settleFully });
    this.state = openStateStore({ clock: this.clock, log: SILENT_LOG, syncs: INSTANT_SYNCS }, { path });
    const random = new SeededRandom(seed);
    const { clock, state, metrics } = this;
    this.pipeline = createAlertPipeline({ clock, state, metrics, random, log }, setupFor(this));
  }

  receiver(name: string, more: Partial<Pick<Receiver, 'integration' | 'sendsResolved'>> = {}): Receiver {
    return {
      name,
      integration: 'webhook',
      index: 0,
      sendsResolved: true,
      ...more,
      send: async (notification) => {
        this.told.push({ atMs: this.clock.nowMs(), receiver: name, notification });
        return await this.answer(notification);
      },
    };
  }

  /** One alert per text: labels as `name=value name=value`, after `-` one that is over. */
  async post(...texts: string[]): Promise<void> {
    const nowMs = this.clock.nowMs();
    await this.pipeline.post(
      texts.map((text): AlertPost => {
        const pairs = text
          .replace(/^-/, '')
          .split(' ')
          .map((pair) => pair.split('='));
        return {
          status: text.startsWith('-') ? 'resolved' : 'firing',
          labels: labelsOf(Object.fromEntries(pairs) as Record<string, string>),
          annotations: labelsOf({}),
          startsAtMs: nowMs,
          endsAtMs: nowMs,
          generatorUrl: '',
        };
      }),
    );
  }

  async advanceSeconds(seconds: number): Promise<void> {
    await this.clock.advance(seconds * SECOND_MS);
  }

  /** `30s ops A,-B`: what was told since the last call, alerts by name, ends with a minus. */
  take(): string[] {
    return this.told.splice(0).map(({ atMs, receiver, notification }) => {
      const marks = notification.alerts.map(
        ({ labels, endsAt }) => `${endsAt === undefined ? '' : '-'}${labelValueOf(labels, 'alertname')}`,
      );
      return `${atMs / SECOND_MS}s ${receiver} ${marks.join(',')}`;
    });
  }

  /** Alerts that were left out, by reason. */
  suppressed(reason: string): number {
    const text = [...exposeMetrics(this.metrics, 'prometheus')].join('');
    const pattern = new RegExp(`vedette_notifications_suppressed_total\\{reason="${reason}"\\} (\\d+)`);
    return Number(pattern.exec(text)?.[1] ?? 0);
  }

  async close(): Promise<void> {
    await this.pipeline.stop();
    await this.state.close();
  }
}

/** The store is synchronous behind its promises: one turn of the event loop lets all of them pass. */
function settleFully(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
