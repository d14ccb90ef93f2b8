/** What the page of receivers asks: those of the configuration in use, and a test of one of their channels. */
import type { Clock, Files } from '@vedette/model';
import type { AlertmanagerConfig } from './alert/config/config.ts';
import { channelPlacesOf, type AlertPipeline } from './alert/index.ts';
import { createTestReceiver, type ReceiverDeps } from './compose-receivers.ts';
import type { ReceiversView } from './serve/index.ts';
import type { Log } from './telemetry/log.ts';

export interface ReceiverTestDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly log: Log;
  readonly externalUrl: string;
  readonly guard: ReceiverDeps['guard'];
  readonly push: ReceiverDeps['push'];
  readonly alerts: Pick<AlertPipeline, 'attempts' | 'test'>;
  /** The one in use. */
  readonly config: () => AlertmanagerConfig;
}

export function createReceiversView(deps: ReceiverTestDeps): ReceiversView {
  return {
    list: () => {
      const { receivers, route } = deps.config();
      const routed = routedNames(route);
      return receivers.map((receiver) => ({
        name: receiver.name,
        isRouted: routed.has(receiver.name),
        channels: channelPlacesOf(receiver),
      }));
    },
    attempts: (query) => deps.alerts.attempts(query),
    test: async ({ channel, actor }, signal) => {
      // A sender makes one message of a group, some a second one when the first is refused.
      const messages: string[] = [];
      const onMessage = (text: string): void => void messages.push(text);
      const receiver = await createTestReceiver({ ...deps, onMessage }, deps.config(), channel);
      if (receiver === undefined) return undefined;
      const outcome = await deps.alerts.test({ receiver, actor }, signal);
      return { ...outcome, message: messages.find((text) => text !== '') };
    },
  };
}

function routedNames(root: AlertmanagerConfig['route']): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = ({ receiver, routes }: AlertmanagerConfig['route']): void => {
    if (receiver !== undefined) names.add(receiver);
    for (const route of routes) visit(route);
  };
  visit(root);
  return names;
}
