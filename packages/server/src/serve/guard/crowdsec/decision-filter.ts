/** Which decisions a bouncer asks for, by the parameters of CrowdSec's local API. Those we do not know are passed over, as there. */
import { parseIp, parseIpRange, type IpRange, type LiveDecision } from '@vedette/sdk';
import { badData } from '../../prometheus-api/api-error.ts';
import { findIpRange, isWithin } from '../ip-range.ts';
import { LAPI_ORIGIN, lapiScenarioOf, lapiScopeOf, lapiTypeOf } from './lapi-decision.ts';

export interface DecisionFilter {
  /** Equal for questions that mean the same. */
  readonly text: string;
  matches(decision: LiveDecision): boolean;
}

/** Lists in a parameter; a bouncer has a handful of each. */
const WORDS_MAX = 100;

/** Bouncers know addresses and networks; bans of users are for those who ask for their scope. */
const SCOPES_DEFAULT = ['ip', 'range'];

/** Of `/v1/decisions/stream`. Throws `ApiError` for a list that is too long. */
export function streamFilterOf(query: URLSearchParams): DecisionFilter {
  const wordsOf = (name: string): readonly string[] => listOf(query, name);
  const asked = wordsOf('scopes').map((scope) => scope.toLowerCase());
  const scopes = asked.length === 0 ? SCOPES_DEFAULT : asked;
  const [origins, wanted, unwanted] = ['origins', 'scenarios_containing', 'scenarios_not_containing'].map(
    wordsOf,
  );
  return {
    text: JSON.stringify([scopes, origins, wanted, unwanted]),
    matches: (decision) =>
      lapiTypeOf(decision) !== undefined &&
      scopes.includes(lapiScopeOf(decision).toLowerCase()) &&
      isOfOrigin(origins ?? []) &&
      hasScenario(decision, wanted ?? [], unwanted ?? []),
  };
}

/** Of `/v1/decisions`. Throws `ApiError` for an address or network that is none. */
export function queryFilterOf(query: URLSearchParams): Pick<DecisionFilter, 'matches'> {
  const network = networkParameter(query);
  const shouldContain = query.get('contains') !== 'false';
  const scopes = [...listOf(query, 'scope'), ...listOf(query, 'scopes')].map((scope) => scope.toLowerCase());
  const [value, type] = [query.get('value'), query.get('type')];
  const [origins, wanted, unwanted] = ['origins', 'scenarios_containing', 'scenarios_not_containing'].map(
    (name) => listOf(query, name),
  );
  const isNarrow = network !== undefined || value !== null;
  return {
    matches: (decision) =>
      lapiTypeOf(decision) !== undefined &&
      (type === null || type === '' || type === lapiTypeOf(decision)) &&
      (scopes.length === 0
        ? isNarrow || SCOPES_DEFAULT.includes(decision.scope)
        : scopes.includes(lapiScopeOf(decision).toLowerCase())) &&
      (value === null || value === '' || value === decision.subject) &&
      isOfOrigin(origins ?? []) &&
      hasScenario(decision, wanted ?? [], unwanted ?? []) &&
      (network === undefined || isAbout(decision, network, shouldContain)),
  };
}

/** The network that `ip` or `range` asks about. */
function networkParameter(query: URLSearchParams): IpRange | undefined {
  const [ip, range] = [query.get('ip') ?? '', query.get('range') ?? ''];
  if (ip !== '') {
    const address = parseIp(ip);
    if (address !== undefined) return { ip: address, prefix: address.bitCount };
    throw badData(`ip must be an IP address; got ${JSON.stringify(ip.slice(0, 80))}`);
  }
  if (range === '') return undefined;
  const network = findIpRange(range);
  if (network !== undefined) return network;
  throw badData(`range must be a network such as 203.0.113.0/24; got ${JSON.stringify(range.slice(0, 80))}`);
}

/** The decision's network contains the one asked about, or lies in it. */
function isAbout({ scope, subject }: LiveDecision, network: IpRange, shouldContain: boolean): boolean {
  const own = scope === 'ip' || scope === 'range' ? parseIpRange(subject) : undefined;
  if (own === undefined) return false;
  return shouldContain ? isWithin(network, own) : isWithin(own, network);
}

function isOfOrigin(origins: readonly string[]): boolean {
  return origins.length === 0 || origins.includes(LAPI_ORIGIN);
}

function hasScenario(
  decision: LiveDecision,
  wanted: readonly string[],
  unwanted: readonly string[],
): boolean {
  const scenario = lapiScenarioOf(decision).toLowerCase();
  const contains = (word: string): boolean => scenario.includes(word.toLowerCase());
  return (wanted.length === 0 || wanted.some(contains)) && !unwanted.some(contains);
}

/** Words with commas between them. */
function listOf(query: URLSearchParams, name: string): readonly string[] {
  const words = (query.get(name) ?? '').split(',').filter((word) => word !== '');
  if (words.length > WORDS_MAX)
    throw badData(`${name} must have at most ${WORDS_MAX} words; got ${words.length}`);
  return words;
}
