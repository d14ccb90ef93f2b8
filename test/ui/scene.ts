/** A server with its pages built, for a test that looks at them. */
import { until } from '../support/until.ts';
import {
  startVedette,
  type Lifetime,
  type VedetteOptions,
  type VedetteProcess,
} from '../support/vedette-process.ts';

/** Where the sources changed since the last build, the server builds beside serving; that takes a while. */
const BUILD_MS_MAX = 90_000;

/** Resolves when the pages can be opened. */
export async function startWithUi(
  t: Lifetime,
  options: VedetteOptions & { readonly prefix?: string } = {},
): Promise<VedetteProcess> {
  const { prefix = '', ...rest } = options;
  const vedette = await startVedette(t, { config: '', ...rest });
  await until(
    'the UI to be built',
    async () => ((await (await vedette.get(`${prefix}/`)).text()).includes('id="root"') ? true : undefined),
    BUILD_MS_MAX,
  );
  return vedette;
}

/** What a program sends by remote write is ours to choose; a list of lines in the text format is the short way. */
export async function postJson(vedette: VedetteProcess, path: string, body: unknown): Promise<Response> {
  return await vedette.get(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
