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
export async function startWithUi(t: Lifetime, options: VedetteOptions = {}): Promise<VedetteProcess> {
  const vedette = await startVedette(t, { config: '', ...options });
  await until(
    'the UI to be built',
    async () => ((await (await vedette.get('/')).text()).includes('id="root"') ? true : undefined),
    BUILD_MS_MAX,
  );
  return vedette;
}

/** Asks the server to take over a body. */
export async function postJson(vedette: VedetteProcess, path: string, body: unknown): Promise<Response> {
  return await vedette.get(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
