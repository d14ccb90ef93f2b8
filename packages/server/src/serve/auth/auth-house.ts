/** Accounts, tokens, sessions and the audit log, put together. */
import type { Clock, Files, Random } from '@vedette/model';
import * as os from 'node:os';
import type { StateStore } from '../../store/state/port.ts';
import type { Log } from '../../telemetry/log.ts';
import type { ServerConfig } from '../config.ts';
import { baseOf } from '../http/external-url.ts';
import type { HttpAnswer, HttpRequest, Route } from '../http/route.ts';
import type { AccessGuard } from './access-guard.ts';
import { accountRoutes } from './accounts/account-routes.ts';
import type { ScryptCost } from './accounts/passwords.ts';
import { audit } from './audit/audited.ts';
import { AuditLog, type NewAuditEntry } from './audit/audit-log.ts';
import { auditRoute } from './audit/audit-routes.ts';
import { Identities } from './identities.ts';
import { oidcRoutes } from './oidc/oidc-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { tokenRoutes } from './tokens/token-routes.ts';

export interface AuthHouseDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly log: Log;
  readonly state?: Pick<StateStore, 'documents' | 'logs'>;
  /** For tests, which have no time for the real one. */
  readonly scryptCost?: ScryptCost;
}

export class AuthHouse {
  readonly identities: Identities;
  readonly #deps: AuthHouseDeps;
  readonly #config: ServerConfig;
  readonly #auditLog: AuditLog;

  /** Does no I/O before `load`. */
  constructor(deps: AuthHouseDeps, config: ServerConfig) {
    this.#deps = deps;
    this.#config = config;
    const log = deps.log.child('accounts');
    this.identities = new Identities(
      { ...deps, log, documents: deps.state?.documents },
      { isEnabled: config.accounts === 'enabled' || config.oidc !== undefined, scryptCost: deps.scryptCost },
    );
    this.#auditLog = new AuditLog({ clock: deps.clock, log, logs: deps.state?.logs });
  }

  async load(): Promise<void> {
    await this.identities.load();
    this.#auditLog.start();
  }

  routes(guard: AccessGuard): readonly Route[] {
    const { identities } = this;
    const { oidc } = this.#config;
    const deps = { ...this.#deps, guard, identities, oidcName: oidc?.name };
    return [
      ...sessionRoutes(deps),
      ...accountRoutes(deps),
      ...tokenRoutes(deps),
      auditRoute(this.#auditLog),
      ...(oidc === undefined ? [] : oidcRoutes(deps, { oidc, externalUrl: this.#config.external_url })),
    ];
  }

  /** Writes down a request that would change something, whatever came of it. */
  async audit(route: Route, request: HttpRequest, answer: HttpAnswer): Promise<void> {
    await audit(this.#auditLog, route, request, answer);
  }

  /** Writes down what a surface knows of a request that the request itself does not say. Does not reject. */
  async record(entry: NewAuditEntry): Promise<void> {
    await this.#auditLog.record(entry);
  }

  /** `address`: the first one listened on, which is where people go when there is no `external_url`. */
  setupLink(address: string): string | undefined {
    if (!this.identities.isSetupNeeded) return undefined;
    const base = this.#config.external_url ?? reachable(address);
    return `${baseOf(base)}/setup#k=${this.identities.setup.create()}`;
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    this.identities.close();
    await this.#auditLog.close();
  }
}

/** A wildcard is no address to go to; the name of this machine is. */
function reachable(address: string): string {
  return address.replace(
    /^(http:\/\/)(?:0\.0\.0\.0|\[::\])(?=:)/,
    (_, scheme: string) => scheme + os.hostname(),
  );
}
