import { jsonAnswer, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { withQueryErrors } from './query-errors.ts';

/** The language without its evaluation. Both throw `InputError` for what cannot be understood. */
export interface ExpressionsView {
  /** The expression as upstream lays it out: in lines of at most 100 characters. */
  format(text: string): string;
  /** Its tree, as upstream's API writes it. */
  describe(text: string): unknown;
}

export interface ExpressionRoutesDeps {
  readonly expressions: ExpressionsView;
}

/** Expressions laid out anew, and taken apart: what query builders and editors ask for. */
export function expressionRoutes({ expressions }: ExpressionRoutesDeps): readonly Route[] {
  const route = (path: string, dataOf: (text: string) => unknown): Route => ({
    surface: 'prometheus-api',
    methods: ['GET', 'POST'],
    path,
    access: 'viewer',
    errors: 'json',
    handle: (request) => answer(request, dataOf),
  });
  return [
    route('/api/v1/format_query', (text) => expressions.format(text)),
    route('/api/v1/parse_query', (text) => expressions.describe(text)),
  ];
}

async function answer({ form }: HttpRequest, dataOf: (text: string) => unknown): Promise<HttpAnswer> {
  const data = await withQueryErrors(async () => dataOf(form.get('query') ?? ''));
  return jsonAnswer(200, { status: 'success', data });
}
