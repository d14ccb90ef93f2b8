/** `POST /api/vedette/guard/backtest`: whom policies would have refused, before they are put in force. */
import { guardBacktestRequest, type GuardBacktestJson } from '@vedette/api';
import type { Clock } from '@vedette/model';
import { z } from 'zod';
import { validate } from '../../config/validate.ts';
import { valueSource } from '../../config/value-source.ts';
import { policyConfigs, type PolicyConfig } from '../../detect/index.ts';
import type { BacktestReport } from '../../simulate/index.ts';
import { jsonAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { badData } from '../prometheus-api/api-error.ts';

/** Satisfied by the composition root, which knows stored actions and the policies in force. */
export interface PolicyBacktest {
  /** Rejects when another one runs, at a limit, and with the signal's reason. */
  run(request: PolicyBacktestRequest, signal: AbortSignal): Promise<BacktestReport>;
}

export interface PolicyBacktestRequest {
  readonly policies: readonly PolicyConfig[];
  /** Inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  readonly subjectsMax: number;
}

export interface BacktestRouteDeps {
  readonly clock: Clock;
  readonly backtest: () => Promise<PolicyBacktest>;
}

/** 50 policies, each with ten steps and a hundred patterns, written at length. */
const BODY_BYTES_MAX = 512 * 1024;

/** Of a body whose every key is wrong; the first ones say what it is. */
const FAULTS_SHOWN_MAX = 20;

const EXAMPLE = '{"policies":[{"name":"actions-per-minute","mode":"enforce"}],"range":{"lastMs":604800000}}';

export function backtestRoute({ clock, backtest }: BacktestRouteDeps): Route {
  return {
    surface: 'vedette-api',
    methods: ['POST'],
    path: '/api/vedette/guard/backtest',
    access: 'operator',
    bodyBytesMax: BODY_BYTES_MAX,
    errors: 'json',
    handle: async (request) => {
      const asked = requestOf(request, clock.nowMs());
      const report = await (await backtest()).run(asked, request.signal);
      return jsonAnswer(200, jsonOf(report));
    },
  };
}

function requestOf({ body }: HttpRequest, nowMs: number): PolicyBacktestRequest {
  const { policies, range, limit } = parseBody(body);
  const { fromMs, toMs } =
    'lastMs' in range ? { fromMs: Math.max(0, nowMs - range.lastMs), toMs: nowMs } : range;
  return { policies: policiesIn(policies), fromMs, toMs, subjectsMax: limit };
}

function parseBody(body: Uint8Array): z.output<typeof guardBacktestRequest> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw badData(`cannot read the body: want JSON such as ${EXAMPLE}`);
  }
  const read = guardBacktestRequest.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw badData(
    `cannot read the body: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}; want JSON such as ${EXAMPLE}`,
  );
}

/** By the schema of the configuration, in its words. */
function policiesIn(policies: readonly unknown[]): readonly PolicyConfig[] {
  const { value, faults } = validate(valueSource({ policies }), z.object({ policies: policyConfigs }));
  if (value !== undefined) return value.policies;
  const shown = faults
    .slice(0, FAULTS_SHOWN_MAX)
    .map(({ path, message, help }) => `${path}: ${message}${help === undefined ? '' : ` (${help})`}`);
  const more = faults.length > shown.length ? `; and ${faults.length - shown.length} more` : '';
  throw badData(`cannot backtest the policies: ${shown.join('; ')}${more}`);
}

function jsonOf(report: BacktestReport): GuardBacktestJson {
  const { candidate, inForce, subjects, remarks } = report;
  return {
    ...report,
    candidate: { ...candidate, trips: [...candidate.trips] },
    inForce: { ...inForce, trips: [...inForce.trips] },
    subjects: [...subjects],
    remarks: [...remarks],
  };
}
