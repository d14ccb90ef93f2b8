/** Notifications on devices: the desk is made when the first device or notification comes, the library with the first message. */
import type { Clock, Random } from '@vedette/model';
import type { PushDesk } from './alert/index.ts';
import { attempt } from './alert/notify/sender.ts';
import type { PushView } from './serve/index.ts';
import type { StateStore } from './store/state/port.ts';

/** A test that is not taken by then says so. */
const TEST_MS_MAX = 15_000;

/** A device that is off needs no test later. */
const TEST_TTL_SECONDS = 60;

export function createPush(
  deps: { readonly clock: Clock; readonly random: Random; readonly state: StateStore },
  externalUrl: string,
): PushView {
  let desk: Promise<PushDesk> | undefined;
  let roleOf: Parameters<PushView['useRoles']>[0] | undefined;
  const open = async (): Promise<PushDesk> => {
    const { PushDesk: Desk } = await import('./alert/notify/web-push/push-desk.ts');
    return new Desk(roleOf === undefined ? deps : { ...deps, roleOf }, { isAnyEndpointAllowed: false });
  };
  return {
    desk: () => (desk ??= open()),
    useRoles: (asked) => (roleOf = asked),
    sendTest: async (device, signal) => {
      const { contactOf, messageFor, pushTo } = await import('./alert/notify/web-push/web-push.ts');
      const opened = await (desk ??= open());
      const message = { title: 'Vedette', body: device.device, tag: 'test', path: '/', isUrgent: false };
      const text = await messageFor(opened, { device, message, notificationId: undefined });
      return await attempt(deps.clock, { timeoutMs: TEST_MS_MAX, signal }, (ending) =>
        pushTo(opened, device, text, {
          ttlSeconds: TEST_TTL_SECONDS,
          signal: ending,
          nowMs: deps.clock.nowMs(),
          contact: contactOf(externalUrl),
        }),
      );
    },
  };
}
