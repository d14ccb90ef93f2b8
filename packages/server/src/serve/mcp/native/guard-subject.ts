/** Who an argument means, and what of it this caller may see. */
import type { Random } from '@vedette/model';
import { SUBJECT_SCOPES, type SubjectKey } from '@vedette/sdk';
import { z } from 'zod';
import type { Caller } from '../../auth/caller.ts';
import { hasRole } from '../../auth/roles.ts';
import { findIpRange } from '../../guard/ip-range.ts';
import { Pseudonyms } from '../../guard/pseudonyms.ts';
import { readSubject } from '../../guard/subject-text.ts';
import { ApiError, invalidParameter } from '../../prometheus-api/api-error.ts';
import { wordArgument } from './arguments.ts';

export const subjectArgument = wordArgument.describe('User id, address, network, session or key');
export const scopeArgument = z.enum(SUBJECT_SCOPES).default('user').describe('What subject is');

/** In the spelling in which decisions are kept. */
export function subjectOf(scope: SubjectKey['scope'], text: string): SubjectKey {
  const reading = readSubject(scope, text);
  if (reading.kind === 'fault') throw invalidParameter('subject', reading.reason);
  if (scope !== 'range' || findIpRange(reading.key.subject) !== undefined) return reading.key;
  throw invalidParameter(
    'subject',
    `must be a network such as 203.0.113.0/24; got ${JSON.stringify(text.slice(0, 80))}`,
  );
}

/** As in the API: decisions about persons are for those who may change them. */
export function maySeePersons({ role }: Caller): boolean {
  return role !== undefined && hasRole(role, 'operator');
}

export function assertMaySeePersons(caller: Caller, what: string): void {
  if (maySeePersons(caller)) return;
  throw new ApiError(
    'bad_data',
    `cannot show ${what}: role "${caller.role ?? 'none'}" is too low, want "operator"; without it policies and counts are shown, and subjects under pseudonyms`,
  );
}

/** The name of a subject for this caller: itself, or a pseudonym that tells two apart until the server ends. */
export function createSubjectNames(
  random: Pick<Random, 'fill'>,
): (key: SubjectKey, caller: Caller) => string {
  const pseudonyms = new Pseudonyms(random);
  return (key, caller) => (maySeePersons(caller) ? key.subject : pseudonyms.of(key));
}
