/**
 * What group robots of Feishu and DingTalk say: status 200 whatever happened, and a number in the body that
 * counts. The numbers are partly undocumented and differ between sources, so the words beside them are asked,
 * too, and what is not known is final and told as it came: an unknown number is never taken for a delivery.
 */
import { z } from 'zod';
import { resultOf, type ChannelAnswer } from './channel-http.ts';
import type { FailureCategory, SendResult } from './receiver.ts';

export interface RobotCodes {
  /** `Feishu`, in errors. */
  readonly service: string;
  /** Names of the number and of the words in the body, the first that is there. */
  readonly codeKeys: readonly string[];
  readonly textKeys: readonly string[];
  /** Too many messages; `waitMs` is how long the robot then refuses all. */
  readonly rateLimited: { readonly codes: readonly number[]; readonly waitMs: number };
  /** Of the moment. */
  readonly passing: readonly number[];
  /** Signature, address, key words, token: somebody has to change the configuration. */
  readonly unauthorised: readonly number[];
}

/** What is shown of the words. */
const TEXT_CHARS_MAX = 300;

const body = z.record(z.string(), z.unknown());

export function robotResultOf(answer: ChannelAnswer, codes: RobotCodes, nowMs: number): SendResult {
  const said = bodyOf(answer.text);
  const code = findOf(said, codes.codeKeys, (value) => typeof value === 'number');
  const text = findOf(said, codes.textKeys, (value) => typeof value === 'string') ?? '';
  const byStatus = resultOf(answer, nowMs);
  // Some refusals have a status and a number; the number says more.
  if (byStatus.kind === 'failed' && (byStatus.isRetriable || code === undefined || code === 0))
    return byStatus;
  if (code === undefined) {
    const error = `cannot read the answer of ${codes.service}: want JSON with "${codes.codeKeys[0]}"`;
    return { kind: 'failed', isRetriable: true, category: 'other', error, answer: byStatus.answer };
  }
  if (code === 0) return { kind: 'delivered', answer: byStatus.answer };
  const error = `error ${code} from ${codes.service}: ${text.slice(0, TEXT_CHARS_MAX) || 'no reason given'}`;
  return { kind: 'failed', error, answer: byStatus.answer, ...judged(codes, code, text) };
}

interface Judged {
  readonly isRetriable: boolean;
  readonly category: FailureCategory;
  readonly retryAfterMs?: number;
}

const TOO_MANY = /too (?:many|fast)|frequen|rate limit|exceed \d+ times|限流|频率|太快/i;

function judged(codes: RobotCodes, code: number, text: string): Judged {
  if (codes.unauthorised.includes(code)) return { isRetriable: false, category: 'authError' };
  if (codes.rateLimited.codes.includes(code) || TOO_MANY.test(text))
    return { isRetriable: true, category: 'rateLimited', retryAfterMs: codes.rateLimited.waitMs };
  if (codes.passing.includes(code)) return { isRetriable: true, category: 'serverError' };
  return { isRetriable: false, category: 'clientError' };
}

function bodyOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return body.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

function findOf<T>(
  said: Readonly<Record<string, unknown>>,
  keys: readonly string[],
  isRight: (value: unknown) => value is T,
): T | undefined {
  return keys.map((key) => said[key]).find(isRight);
}
