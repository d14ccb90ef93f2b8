/**
 * Sends reports to those who are to get them by themselves.
 *
 * 1. A report that nobody asked for comes from the desk. Each tier that has its priority makes a notice of it, unless its
 *    receiver was told lately about one of the alerts' groups by one that is as urgent. It takes the place of a less
 *    urgent one that still waits: of its groups always, of any other where no more may wait.
 * 2. The notice waits as long as its tier says, and is then looked at again: alerts that ended are not told, nor are those
 *    that are inhibited, silenced, or within the quiet hours of all their routes; nor is anything beyond the brake.
 * 3. It is written down that it is being sent, and then it is: once for each report and receiver, whatever
 *    happens to the process. What waits survives a restart; what was being sent when a process was killed does not come
 *    again, and the log says so.
 *
 * The routes are not touched: they tell of the alerts as if there was no agent.
 */
import type { AnalysisReport } from '@vedette/api';
import {
  bug,
  NO_LABELS,
  UnavailableError,
  type Clock,
  type Labels,
  type Random,
  type Timer,
} from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import { isResolvedAt, type Alert, type AlertPipeline } from '../../../alert/index.ts';
import type { StateStore } from '../../../store/state/port.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { AnalysisDesk, ReportNews } from '../port.ts';
import type { NotifySettings, NotifyTier } from './config.ts';
import { DELIVERY_MS_MAX, deliverToChannel } from './deliver.ts';
import { noticeKeyOf, rankOf, type Notice } from './notice.ts';
import { HOUR_MS, NoticeBook } from './notice-book.ts';
import { createNotifyMetrics, type HeldBackReason, type NotifyMetrics } from './notify-metrics.ts';

// Reports that wait, at 20 to 60 kB each 6 MB: a storm of more than these is told by its digest and the page.
export const WAITING_MAX = 100;

// Reports under way at a time: a receiver whose channel is down holds its place for ten minutes, and others must get theirs.
const SENDING_MAX = 16;
// P3 and P4 may have half of them, as of what is sent within an hour: a flood of them keeps no P1 waiting.
const SENDING_LATER_MAX = SENDING_MAX / 2;

// P3 and P4 wait whether their alerts end by themselves: most that do so do it within these minutes.
const WAIT_LATER_MS = 600_000;

// What waited longer, because the server was off, tells of another hour.
const STALE_MS = HOUR_MS;

// Groups of one report: of an alert those of the routes that it takes.
const GROUP_KEYS_MAX = 50;

export interface ReportNotifierDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
  readonly state: Pick<StateStore, 'documents'>;
  readonly desk: Pick<AnalysisDesk, 'onReport'>;
  readonly alerts: Pick<AlertPipeline, 'find' | 'mutesOf' | 'groups' | 'receiversOf' | 'channelsOf' | 'tell'>;
  /** Where links lead; without a slash at the end. */
  readonly externalUrl: string;
}

export interface ReportNotifier {
  /** Reads what waits, and begins to listen. After the alerts have started. */
  start(): Promise<void>;
  /** Ends what is under way; what waits is sent after the next start. Before the alerts stop. */
  stop(): Promise<void>;
  /** From now on; what waits for a receiver or a tier that is gone is let go. */
  apply(settings: NotifySettings): void;
  /** For a privacy request: lets go of what speaks of somebody. */
  forget(speaks: (value: unknown) => boolean): Promise<void>;
}

export function createReportNotifier(deps: ReportNotifierDeps, settings: NotifySettings): ReportNotifier {
  return new Notifier({ ...deps, log: deps.log.child('agent') }, settings);
}

/** Alerts of a report that are to be told, and the first of their groups that is not quiet. */
interface Audience {
  readonly alerts: readonly Alert[];
  readonly groupKey: string;
  readonly groupLabels: Labels;
}

class Notifier implements ReportNotifier {
  readonly #deps: ReportNotifierDeps;
  readonly #book: NoticeBook;
  readonly #metrics: NotifyMetrics;
  readonly #stopping = new AbortController();
  readonly #sending = new Map<string, Promise<void>>();
  #settings: NotifySettings;
  #timer: Timer | undefined;
  #changing: Promise<void> = Promise.resolve();
  #unsubscribe: () => void = () => undefined;
  /** By the brake, since the last message. */
  #heldBackCount = 0;

  constructor(deps: ReportNotifierDeps, settings: NotifySettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.#book = new NoticeBook(deps);
    this.#metrics = createNotifyMetrics(deps.metrics);
  }

  async start(): Promise<void> {
    await this.#book.load();
    await this.#settleInterrupted();
    this.#unsubscribe = this.#deps.desk.onReport((news) => {
      void this.#inTurn(() => this.#take(news));
    });
    this.#arm();
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#stopping.abort(new UnavailableError('VED_STATE_UNAVAILABLE', 'the server stops'));
    this.#timer?.cancel();
    await this.#changing;
    await Promise.all(this.#sending.values());
  }

  apply(settings: NotifySettings): void {
    this.#settings = settings;
  }

  async forget(speaks: (value: unknown) => boolean): Promise<void> {
    await this.#inTurn(() => this.#book.forget(speaks));
  }

  /** What a killed process was sending: it may have arrived, so it does not come again. */
  async #settleInterrupted(): Promise<void> {
    for (const notice of this.#book.all()) {
      if (notice.state !== 'sending') continue;
      const { receiver, reportId, priority } = notice;
      this.#deps.log.warn('the server ended while a report was being sent; it may not have arrived', {
        receiver,
        reportId,
        priority,
      });
      this.#metrics.sent('failed');
      await this.#book.put({ ...notice, state: 'failed', report: null });
    }
  }

  async #take({ report, cause, isUpdate }: ReportNews): Promise<void> {
    await this.#book.collect();
    if (isUpdate) return await this.#renew(report);
    if (cause !== 'automatic' || report.subject.state !== 'firing') return;
    for (const tier of this.#settings.notify)
      if (tier.priorities.includes(report.severity.priority)) await this.#put(report, tier);
    this.#arm();
  }

  /** What was added to a report that still waits is sent with it. */
  async #renew(report: AnalysisReport): Promise<void> {
    for (const notice of this.#book.all())
      if (notice.state === 'waiting' && notice.reportId === report.id)
        await this.#book.put({ ...notice, report });
  }

  async #put(report: AnalysisReport, tier: NotifyTier): Promise<void> {
    const { receiver, repeat: repeatMs } = tier;
    const { priority } = report.severity;
    const groupKeys = this.#groupKeysOf(report);
    const recent = this.#book.recent(receiver, groupKeys);
    if (recent.some((other) => rankOf(other) <= rankOf({ priority })))
      return this.#holdBack('repeated', report, receiver);
    const replaced = recent.filter(({ state }) => state === 'waiting');
    const isFull = this.#waiting().length - replaced.length >= WAITING_MAX;
    const displaced = isFull ? this.#leastUrgentBelow(priority) : undefined;
    if (isFull && displaced === undefined) return this.#holdBack('queue', report, receiver);
    const nowMs = this.#deps.clock.nowMs();
    const notice: Notice = {
      key: noticeKeyOf(report.id, receiver),
      reportId: report.id,
      receiver,
      groupKeys: [...groupKeys],
      priority,
      state: 'waiting',
      createdAtMs: nowMs,
      dueMs: nowMs + (tier.wait ?? (isUrgent({ priority }) ? 0 : WAIT_LATER_MS)),
      sentAtMs: null,
      repeatMs,
      settled: [],
      report,
    };
    if (!(await this.#book.put(notice))) return this.#holdBack('storage', report, receiver);
    if (displaced?.report != null) await this.#drop(displaced, displaced.report, 'queue');
    if (replaced.length > 0) await this.#book.remove(replaced.map(({ key }) => key));
  }

  /** Of those that wait and are less urgent than this, the last one of the least urgent. */
  #leastUrgentBelow(priority: Notice['priority']): Notice | undefined {
    const waiting = this.#waiting().filter((notice) => rankOf(notice) > rankOf({ priority }));
    return waiting.sort((a, b) => rankOf(a) - rankOf(b)).at(-1);
  }

  #groupKeysOf({ subject }: AnalysisReport): readonly string[] {
    const wanted = new Set([subject.fingerprint, ...subject.fingerprints]);
    const keys = this.#deps.alerts
      .groups()
      .filter(({ alerts }) => alerts.some(({ fingerprint }) => wanted.has(fingerprint)))
      .map(({ key }) => key);
    // Without a group yet, the alerts themselves are what must not be told twice.
    return keys.length > 0 ? keys.slice(0, GROUP_KEYS_MAX) : [`alert ${subject.fingerprint}`];
  }

  #holdBack(reason: HeldBackReason, { id, severity }: AnalysisReport, receiver: string): void {
    this.#metrics.heldBack(reason);
    const fields = { reason, receiver, reportId: id, priority: severity.priority };
    if (reason === 'brake' || reason === 'queue')
      this.#deps.log.warn('a report is not sent; it is on the page of the alert', fields);
    else this.#deps.log.debug('a report is not sent', fields);
  }

  /** One timer for the first that is due. */
  #arm(): void {
    this.#timer?.cancel();
    if (this.#stopping.signal.aborted) return;
    const dueMs = this.#waiting().find((notice) => this.#hasPlaceFor(notice))?.dueMs;
    if (dueMs === undefined) return;
    const waitMs = Math.max(0, dueMs - this.#deps.clock.nowMs());
    // A clock that is set back must not make it wait for days.
    this.#timer = this.#deps.clock.setTimer(Math.min(waitMs, HOUR_MS), () => {
      void this.#inTurn(() => this.#sendDue());
    });
  }

  #hasPlaceFor(notice: Notice): boolean {
    return this.#sending.size < (isUrgent(notice) ? SENDING_MAX : SENDING_LATER_MAX);
  }

  /** In the order in which they are due; of those of one moment the more urgent first. */
  #waiting(): readonly Notice[] {
    return this.#book
      .all()
      .filter(({ state }) => state === 'waiting')
      .sort((a, b) => a.dueMs - b.dueMs || rankOf(a) - rankOf(b) || a.createdAtMs - b.createdAtMs);
  }

  async #sendDue(): Promise<void> {
    const nowMs = this.#deps.clock.nowMs();
    for (const notice of this.#waiting()) {
      if (notice.dueMs > nowMs || this.#stopping.signal.aborted) break;
      if (this.#hasPlaceFor(notice)) await this.#begin(notice);
    }
    this.#arm();
  }

  async #begin(notice: Notice): Promise<void> {
    const { report, receiver } = notice;
    if (report === null) return bug('a notice that waits must have its report');
    const channels = this.#deps.alerts
      .channelsOf(receiver)
      .filter((channel) => !notice.settled.includes(channel));
    const isWanted = channels.length > 0 && this.#hasTierFor(notice);
    const audience = isWanted ? this.#audienceOf(notice, report) : 'receiver';
    if (typeof audience === 'string') return await this.#drop(notice, report, audience);
    const sentAtMs = notice.sentAtMs ?? this.#deps.clock.nowMs();
    const begun: Notice = { ...notice, state: 'sending', sentAtMs };
    if (!(await this.#book.put(begun))) return await this.#drop(notice, report, 'storage');
    const sending = this.#send(begun, { report, audience, channels })
      .catch(async (error: unknown) => {
        this.#deps.log.error('a report cannot be sent', { error, receiver });
        await this.#inTurn(() => this.#settle({ ...begun, state: 'failed', report: null }));
      })
      .finally(() => {
        this.#sending.delete(notice.key);
        this.#arm();
      });
    this.#sending.set(notice.key, sending);
  }

  /** As it stands now: a reload may have taken it away. */
  #hasTierFor({ receiver, priority }: Notice): boolean {
    return this.#settings.notify.some(
      (tier) => tier.receiver === receiver && tier.priorities.includes(priority),
    );
  }

  async #drop(notice: Notice, report: AnalysisReport, reason: HeldBackReason): Promise<void> {
    if (reason === 'brake') this.#heldBackCount++;
    this.#holdBack(reason, report, notice.receiver);
    await this.#book.remove([notice.key]);
  }

  /** Whom it still concerns, or why nobody. */
  #audienceOf(notice: Notice, { subject }: AnalysisReport): Audience | HeldBackReason {
    const { alerts, clock } = this.#deps;
    const nowMs = clock.nowMs();
    if (notice.dueMs + STALE_MS < nowMs) return 'stale';
    const firing = [...new Set([subject.fingerprint, ...subject.fingerprints])]
      .flatMap((fingerprint) => alerts.find(fingerprint) ?? [])
      .filter((alert) => !isResolvedAt(alert, nowMs));
    if (firing.length === 0) return 'resolved';
    const heard = firing.filter((alert) => {
      const { inhibitedBy, silencedBy } = alerts.mutesOf(alert);
      return inhibitedBy.length === 0 && silencedBy.length === 0;
    });
    const told = new Set(heard.map(({ fingerprint }) => fingerprint));
    const groups = alerts
      .groups()
      .filter((group) => group.alerts.some(({ fingerprint }) => told.has(fingerprint)));
    const open = groups.find(({ mutedBy }) => mutedBy.length === 0);
    if (heard.length === 0 || (open === undefined && groups.length > 0)) return 'muted';
    if (this.#isBraked(notice)) return 'brake';
    // Alerts in a flush have an end when they are over, and these are not.
    const shown = heard.map((alert) => ({ ...alert, endsAt: undefined }));
    return { alerts: shown, groupKey: open?.key ?? '{}:{}', groupLabels: open?.labels ?? NO_LABELS };
  }

  #isBraked({ priority, sentAtMs }: Notice): boolean {
    // It was counted when it was begun before the restart.
    if (sentAtMs !== null) return false;
    const max = this.#settings.notify_max_per_hour;
    return this.#book.countSentLately() >= (isUrgent({ priority }) ? max : Math.floor(max / 2));
  }

  async #send(
    notice: Notice,
    what: {
      readonly report: AnalysisReport;
      readonly audience: Audience;
      readonly channels: readonly string[];
    },
  ): Promise<void> {
    const { report, audience, channels } = what;
    const { clock, random, alerts, externalUrl } = this.#deps;
    const heldBackCount = this.#heldBackCount;
    this.#heldBackCount = 0;
    const { preparedReport } = await import('../render/prepared-report.ts');
    const isFollowUp = audience.alerts.some(({ labels }) =>
      alerts.receiversOf(labels).includes(notice.receiver),
    );
    const prepared = preparedReport(report, { externalUrl, isFollowUp, heldBackCount });
    const deadlineMs = clock.monotonicMs() + DELIVERY_MS_MAX;
    const outcomes = await Promise.all(
      channels.map(async (channel) => {
        const message = { channel, id: notice.key, ...audience, prepared };
        const tell = alerts.tell.bind(alerts);
        const work = { notice: message, deadlineMs };
        return {
          channel,
          outcome: await deliverToChannel({ clock, random, tell }, work, this.#stopping.signal),
        };
      }),
    );
    await this.#inTurn(() => this.#end(notice, outcomes));
  }

  async #end(
    notice: Notice,
    outcomes: readonly {
      readonly channel: string;
      readonly outcome: 'delivered' | 'failed' | 'interrupted';
    }[],
  ): Promise<void> {
    const settled = [
      ...notice.settled,
      ...outcomes.filter(({ outcome }) => outcome !== 'interrupted').map(({ channel }) => channel),
    ];
    if (outcomes.some(({ outcome }) => outcome === 'interrupted')) {
      // Surely refused so far: the next start goes on with the channels that are left.
      await this.#settle({ ...notice, state: 'waiting', dueMs: this.#deps.clock.nowMs(), settled });
      return;
    }
    const isTold = outcomes.some(({ outcome }) => outcome === 'delivered');
    this.#metrics.sent(isTold ? 'delivered' : 'failed');
    if (!isTold) {
      const { receiver, reportId, priority } = notice;
      this.#deps.log.warn('a report reached no channel of its receiver; the history of attempts has why', {
        receiver,
        reportId,
        priority,
      });
    }
    await this.#settle({ ...notice, state: isTold ? 'told' : 'failed', settled, report: null });
  }

  /** What was forgotten while it was sent, for a privacy request, is not written again. */
  async #settle(notice: Notice): Promise<void> {
    if (this.#book.find(notice.key) !== undefined) await this.#book.put(notice);
  }

  /** Changes come one after the other; a fault of ours in one is logged and does not end the others. */
  async #inTurn(change: () => Promise<void>): Promise<void> {
    this.#changing = this.#changing.then(change).catch((error: unknown) => {
      this.#deps.log.error('a report cannot be sent on', { error });
    });
    await this.#changing;
  }
}

function isUrgent(notice: Pick<Notice, 'priority'>): boolean {
  return rankOf(notice) <= 2;
}
