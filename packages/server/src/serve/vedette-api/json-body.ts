import type { z } from 'zod';
import type { HttpRequest } from '../http/route.ts';
import { badData } from '../prometheus-api/api-error.ts';

/** The body of a request to our own API, checked. Throws `ApiError` (bad_data) that shows `example`. */
export function bodyOf<T>({ body }: HttpRequest, schema: z.ZodType<T>, example: string): T {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw badData(`cannot read the body: want JSON such as ${example}`);
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw badData(
    `cannot read the body: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}; want JSON such as ${example}`,
  );
}
