import type {
  Account,
  AccountChange,
  AccountCreate,
  ApiToken,
  AuditEntry,
  CardinalityReport,
  CreatedToken,
  PasswordChange,
  ReceiverSummary,
  ReceiverTestResult,
  ServerState,
  SetupRequest,
  TokenCreate,
} from '@vedette/api';
import { fetchJson, jsonBody, send } from './http.ts';

/** The parts of the API that the settings, the setup and the page Connect speak with. */
const ROOT = '/api/vedette';

export async function setUp(request: SetupRequest): Promise<void> {
  await send(`${ROOT}/setup`, { method: 'POST', ...jsonBody(request) });
}

export async function fetchAccounts(signal: AbortSignal): Promise<readonly Account[]> {
  return (await fetchJson(`${ROOT}/accounts`, { signal })) as readonly Account[];
}

export async function createAccount(request: AccountCreate): Promise<void> {
  await send(`${ROOT}/accounts`, { method: 'POST', ...jsonBody(request) });
}

export interface AccountOrder {
  readonly name: string;
  readonly change: AccountChange;
}

export async function changeAccount({ name, change }: AccountOrder): Promise<void> {
  await send(`${ROOT}/accounts/${encodeURIComponent(name)}`, { method: 'PUT', ...jsonBody(change) });
}

export async function deleteAccount(name: string): Promise<void> {
  await send(`${ROOT}/accounts/${encodeURIComponent(name)}`, { method: 'DELETE' });
}

/** One's own. */
export async function changePassword(request: PasswordChange): Promise<void> {
  await send(`${ROOT}/account/password`, { method: 'POST', ...jsonBody(request) });
}

export async function fetchTokens(signal: AbortSignal): Promise<readonly ApiToken[]> {
  return (await fetchJson(`${ROOT}/tokens`, { signal })) as readonly ApiToken[];
}

export type TokenDraft = TokenCreate;

export async function createToken(request: TokenDraft): Promise<CreatedToken> {
  return (await fetchJson(`${ROOT}/tokens`, { method: 'POST', ...jsonBody(request) })) as CreatedToken;
}

export async function revokeToken(id: string): Promise<void> {
  await send(`${ROOT}/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' });
}

export interface AuditWants {
  readonly actor: string;
  readonly action: string;
  /** Number of the entry before which to go on. */
  readonly before: number | undefined;
}

/** Entries asked for at once: two screens. */
export const AUDIT_PAGE = 50;

export async function fetchAudit(wants: AuditWants, signal: AbortSignal): Promise<readonly AuditEntry[]> {
  const params = new URLSearchParams({ limit: String(AUDIT_PAGE) });
  for (const name of ['actor', 'action'] as const) if (wants[name] !== '') params.set(name, wants[name]);
  if (wants.before !== undefined) params.set('before', String(wants.before));
  return (await fetchJson(`${ROOT}/audit?${params}`, { signal })) as readonly AuditEntry[];
}

export async function fetchReceivers(signal: AbortSignal): Promise<readonly ReceiverSummary[]> {
  return (await fetchJson(`${ROOT}/receivers`, { signal })) as readonly ReceiverSummary[];
}

export interface ReceiverTestOrder {
  readonly receiver: string;
  readonly integration: string;
  readonly index: number;
}

export async function testReceiver({ receiver, ...channel }: ReceiverTestOrder): Promise<ReceiverTestResult> {
  const path = `${ROOT}/receivers/${encodeURIComponent(receiver)}/test`;
  return (await fetchJson(path, { method: 'POST', ...jsonBody(channel) })) as ReceiverTestResult;
}

export async function fetchServerState(signal: AbortSignal): Promise<ServerState> {
  return (await fetchJson(`${ROOT}/server`, { signal })) as ServerState;
}

export interface CardinalityWants {
  readonly job: string;
  readonly metric: string;
  readonly limit: number;
}

export async function fetchCardinality(
  { job, metric, limit }: CardinalityWants,
  signal: AbortSignal,
): Promise<CardinalityReport> {
  const params = new URLSearchParams({ limit: String(limit) });
  if (job !== '') params.set('job', job);
  if (metric !== '') params.set('metric', metric);
  return (await fetchJson(`${ROOT}/cardinality?${params}`, { signal })) as CardinalityReport;
}

/** One of Prometheus' status pages: `flags`, `buildinfo`, `config`. */
export async function fetchStatus(
  page: 'flags' | 'buildinfo' | 'config',
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const { data } = (await fetchJson(`/api/v1/status/${page}`, { signal })) as {
    data: Readonly<Record<string, string>>;
  };
  return data;
}
