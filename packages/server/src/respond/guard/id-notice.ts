/**
 * Says when ids are not what `guard.ids` promises, once for each setting. With `pseudonym` somebody's configuration
 * counts on no raw id being stored here; an application (or a script) that sends them must not go unnoticed. With
 * `plain` it is told what that means. No line has an id in it.
 */
import type { ActionCount } from '@vedette/sdk';
import type { Log } from '../../telemetry/log.ts';
import type { GuardSettings } from './config.ts';

/** `u`, the kid, 128 bits in base64url: as the SDK makes them. A plain id that looks so by chance is passed over. */
const PSEUDONYM = /^u[a-z0-9]{1,8}_[\w-]{22}$/;

export class IdNotice {
  readonly #log: Log;
  #ids: GuardSettings['ids'] | undefined;
  #isTold = false;

  constructor(log: Log, ids: GuardSettings['ids']) {
    this.#log = log;
    this.expect(ids);
  }

  expect(ids: GuardSettings['ids']): void {
    if (ids === this.#ids) return;
    this.#ids = ids;
    this.#isTold = false;
    if (ids === 'plain')
      this.#log.info(
        'guard.ids is plain: the ids of users are stored here as they are, in actions, decisions and Redis; pseudonym keeps them in the application',
      );
  }

  /** Looks at the first user among them: those of one batch come from one application. */
  see(actions: readonly Pick<ActionCount, 'scope' | 'subject'>[]): void {
    if (this.#isTold) return;
    const user = actions.find(({ scope }) => scope === 'user');
    if (user === undefined || PSEUDONYM.test(user.subject) === (this.#ids === 'pseudonym')) return;
    this.#isTold = true;
    this.#log.warn(
      this.#ids === 'pseudonym'
        ? 'an application sends plain ids, and guard.ids is pseudonym: give it keys, or set guard.ids to plain; its ids are stored as they come'
        : 'an application sends pseudonyms, and guard.ids is plain: programs that look for plain ids will not find its decisions; let both say the same',
    );
  }
}
