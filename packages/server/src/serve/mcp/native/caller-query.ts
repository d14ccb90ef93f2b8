/** Queries of assistants: on behalf of their caller, with limits of their own, since a model tries what a person would not. */
import { ExecutionError, type QueryResult } from '@vedette/model';
import { askedBy } from '../../../query/metrics/index.ts';
import type { PromQuery, QueryOptions } from '../../../query/metrics/port.ts';
import { actorOf } from '../../auth/caller.ts';
import { apiErrorOf, ApiError } from '../../prometheus-api/api-error.ts';
import { withQueryErrors } from '../../prometheus-api/query-errors.ts';
import type { ToolCall } from '../tool.ts';

const QUERY_LIMITS: QueryOptions = {
  // 32 MB: a day at five-minute steps of 7,000 series; a question that needs more wants an aggregation.
  samplesMax: 2_000_000,
  // Below the deadline of tools, so that the engine's words reach the model.
  timeoutMs: 20_000,
};

/** One turn among others for each caller, whatever its address. */
export function queryOf(query: PromQuery, { caller }: Pick<ToolCall, 'caller'>): PromQuery {
  const asked = askedBy(query, { kind: 'api', client: `mcp ${actorOf({ caller })}` });
  return {
    ...asked,
    instant: (request, signal) => asked.instant(limited(request), signal),
    range: (request, signal) => asked.range(limited(request), signal),
  };
}

function limited<T extends { readonly options?: QueryOptions | undefined }>(request: T): T {
  return { ...request, options: { ...QUERY_LIMITS, ...request.options } };
}

/** Errors of an expression that was the model's, with what to do. */
export async function answerTo(evaluate: () => Promise<QueryResult>): Promise<QueryResult> {
  try {
    return await withQueryErrors(evaluate);
  } catch (error) {
    if (!(error instanceof ExecutionError) || error.code !== 'VED_QUERY_TOO_LARGE') throw error;
    const known = apiErrorOf(error);
    throw new ApiError(
      known?.errorType ?? 'execution',
      `${error.message}; ask for fewer series (more labels in the selector, sum by, topk) or for a shorter range`,
      { cause: error },
    );
  }
}
