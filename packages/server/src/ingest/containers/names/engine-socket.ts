/**
 * Asks Docker's or Podman's API, over its socket, what containers are called. Both answer the same paths.
 *
 * One request names a group of containers (`/containers/json` with a filter of ids), so that an answer stays
 * small on a machine with hundreds. Where the answer knows the image by a digest alone (its tag went on to a
 * newer one), the container itself is asked for the name it was made from. Every answer is bounded, and the
 * caller's signal ends everything. The engine gets questions only; nothing here changes anything.
 */
import type { IncomingMessage } from 'node:http';
import { InputError, UnavailableError } from '@vedette/model';
import { z } from 'zod';
import { factOf, type ContainerFacts } from './facts.ts';
import { http } from '../../../lib/node-http.ts';

// One container is 2 to 10 kB of JSON, its labels the most of it; parsing 1 MiB takes about 4 ms.
export const ENGINE_ANSWER_BYTES_MAX = 1_048_576;

// As many fit the answer at 32 kB each.
export const ENGINE_GROUP_MAX = 32;

/** Answers by the container's 64 digits; without those the engine does not know. */
export type EngineAnswer = ReadonlyMap<string, ContainerFacts>;

/** One engine. Safe to ask again at any time; no connection is kept. */
export interface Engine {
  /** For messages. */
  readonly socketPath: string;
  /**
   * Facts of these containers. Rejects with `UnavailableError` when nobody answers, `InputError` when what
   * comes is no answer or too large a one, and with the signal's reason when it aborts.
   */
  describe(containerIds: readonly string[], signal: AbortSignal): Promise<EngineAnswer>;
}

const listed = z.object({
  Id: z.string(),
  Names: z.array(z.string()).nullish(),
  Image: z.string().nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
});
type Listed = z.output<typeof listed>;

const inspected = z.object({ Config: z.object({ Image: z.string() }) });

const DIGEST = /^(?:sha256:)?[0-9a-f]{12,64}$/;

interface EngineOptions {
  readonly socketPath: string;
  /** No socket there, or no right to use it: the engine knows nothing, instead of an error. */
  readonly isOptional: boolean;
  /** The engine's labels to keep. */
  readonly labelNames: readonly string[];
}

export function createEngine({ socketPath, isOptional, labelNames }: EngineOptions): Engine {
  const describe = async (containerIds: readonly string[], signal: AbortSignal): Promise<EngineAnswer> => {
    const facts = new Map<string, ContainerFacts>();
    for (let start = 0; start < containerIds.length; start += ENGINE_GROUP_MAX) {
      const wanted = containerIds.slice(start, start + ENGINE_GROUP_MAX);
      const filters = encodeURIComponent(JSON.stringify({ id: wanted }));
      const answer = await getJson({ socketPath, path: `/containers/json?all=1&filters=${filters}` }, signal);
      if (!Array.isArray(answer)) throw notAnAnswer(socketPath, 'want a list of containers');
      for (const one of answer.map((element) => listed.safeParse(element).data)) {
        if (one === undefined || !wanted.includes(one.Id)) continue;
        const image = await findImage(socketPath, one, signal);
        facts.set(one.Id, factsOf(one, image, labelNames));
      }
    }
    return facts;
  };
  return {
    socketPath,
    describe: async (containerIds, signal) => {
      try {
        return await describe(containerIds, signal);
      } catch (error) {
        if (isOptional && isClosedToUs(error)) return new Map();
        throw error;
      }
    },
  };
}

function isClosedToUs(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'ENOENT' || code === 'EACCES';
}

async function findImage(socketPath: string, { Id, Image }: Listed, signal: AbortSignal): Promise<string> {
  if (Image === null || Image === undefined || !DIGEST.test(Image)) return Image ?? '';
  try {
    const answer = await getJson({ socketPath, path: `/containers/${Id}/json` }, signal);
    return inspected.safeParse(answer).data?.Config.Image ?? Image;
  } catch (error) {
    // It ended since it was listed (404): no reason to leave the others without names.
    if (error instanceof InputError) return Image;
    throw error;
  }
}

function factsOf({ Names, Labels }: Listed, image: string, labelNames: readonly string[]): ContainerFacts {
  const labels = Labels ?? {};
  const labelOf = (name: string): string => (Object.hasOwn(labels, name) ? factOf(labels[name]) : '');
  return {
    // A container that others link to has further names, of the form /other/alias.
    name: factOf(Names?.find((name) => name.lastIndexOf('/') <= 0)?.replace('/', '')),
    image: factOf(image),
    pod: labelOf('io.kubernetes.pod.name'),
    namespace: labelOf('io.kubernetes.pod.namespace'),
    container: labelOf('io.kubernetes.container.name'),
    labels: Object.fromEntries(labelNames.map((name) => [name, labelOf(name)])),
  };
}

async function getJson(
  options: { readonly socketPath: string; readonly path: string },
  signal: AbortSignal,
): Promise<unknown> {
  const { socketPath } = options;
  try {
    const body = await readBody(await open(options, signal), socketPath);
    return JSON.parse(body) as unknown;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof InputError) throw error;
    if (error instanceof SyntaxError) throw notAnAnswer(socketPath, error.message);
    throw new UnavailableError('VED_ENGINE_FAILED', `cannot ask the engine at "${socketPath}"`, {
      cause: error,
    });
  }
}

function open(
  options: { readonly socketPath: string; readonly path: string },
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = http.request({ ...options, host: 'localhost', agent: false, signal });
    request.on('response', resolve);
    request.on('error', reject);
    request.end();
  });
}

async function readBody(response: IncomingMessage, socketPath: string): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  // Leaving the loop destroys the response, and with it the connection.
  for await (const piece of response as AsyncIterable<Buffer>) {
    length += piece.length;
    if (response.statusCode !== 200) throw notAnAnswer(socketPath, `HTTP status ${response.statusCode}`);
    if (length > ENGINE_ANSWER_BYTES_MAX)
      throw notAnAnswer(socketPath, `more than ENGINE_ANSWER_BYTES_MAX, ${ENGINE_ANSWER_BYTES_MAX} bytes`);
    pieces.push(piece);
  }
  if (response.statusCode !== 200) throw notAnAnswer(socketPath, `HTTP status ${response.statusCode}`);
  return Buffer.concat(pieces).toString('utf8');
}

function notAnAnswer(socketPath: string, reason: string): InputError {
  return new InputError(
    'VED_ENGINE_FAILED',
    `cannot use the answer of the engine at "${socketPath}": ${reason}`,
  );
}
