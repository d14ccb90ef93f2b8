/** Accounts without a server: for the command line, which works on the data directory while nothing else does. */
import type { Clock, Files, Random } from '@vedette/model';
import { openState } from './compose-storage.ts';
import type { StartSettings } from './config/start-settings.ts';
import { leaveSetupLink } from './serve/auth/accounts/setup-link.ts';
import { AuditLog, type NewAuditEntry } from './serve/auth/audit/audit-log.ts';
import { Identities } from './serve/auth/identities.ts';
import { lockDataDirectory } from './store/data-directory.ts';
import type { Log } from './telemetry/log.ts';

export interface OfflineAccounts {
  readonly identities: Identities;
  /** Writes down what was done. */
  readonly record: (entry: Pick<NewAuditEntry, 'action' | 'target' | 'detail'>) => Promise<void>;
  /** A key for the next start; see `SetupLink`. */
  readonly leaveSetupLink: () => Promise<string>;
  readonly close: () => Promise<void>;
}

/** Throws `FatalError` (VED_DATA_LOCKED) while a server runs on the directory. */
export async function openAccounts(
  deps: { readonly clock: Clock; readonly random: Random; readonly files: Files; readonly log: Log },
  settings: StartSettings,
): Promise<OfflineAccounts> {
  const lock = lockDataDirectory(settings.dataDirectory);
  try {
    const state = await openState(deps, settings);
    const identities = new Identities({ ...deps, documents: state.documents }, { isEnabled: true });
    await identities.load();
    const audit = new AuditLog({ ...deps, logs: state.logs });
    return {
      identities,
      record: (entry) =>
        audit.recordDurably({ ...entry, actor: 'local', address: 'command line', status: 200 }),
      leaveSetupLink: () => leaveSetupLink({ ...deps, documents: state.documents }),
      close: async () => {
        identities.close();
        await audit.close();
        await state.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
